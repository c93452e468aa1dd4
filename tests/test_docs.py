"""What the documents say is what the program does: commands, options, links, exit codes."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import click
import pytest

from memeci.cli.group import COMMANDS

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])


def _list_options(name: str) -> set[str]:
    command: click.Command = importlib.import_module(COMMANDS[name][0]).command
    options = {flag for p in command.params if isinstance(p, click.Option) for flag in (*p.opts, *p.secondary_opts)}
    return options | {"--help", "-h"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_in_documents__exist_with_their_options(document: Path) -> None:
    wrong = []
    for line in re.findall(r"^(?:\$ )?.*?\bmemeci ([a-z][a-z-]+)([^\n`|)]*)", document.read_text(encoding="utf-8"), re.MULTILINE):
        name, rest = line
        if name not in COMMANDS:
            continue
        used = set(re.findall(r"(?<![\w-])(--[a-z][a-z-]+)", rest.split("#")[0].split("&&")[0]))
        wrong += [f"memeci {name} {flag}" for flag in used - _list_options(name)]
    assert not wrong


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents__lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", document.read_text(encoding="utf-8"))
    assert [target for target in targets if not (document.parent / target).exists()] == []


def test_readme__is_short_enough_to_be_read() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").split()) < 1500


def test_readme__lists_every_command() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if name not in text] == []


def test_both_readmes__have_the_same_sections() -> None:
    counts = [
        len(re.findall(r"^## ", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)) for name in ("README.md", "README.zh-CN.md")
    ]
    assert counts[0] == counts[1]


def test_help__says_what_each_command_does() -> None:
    for name in COMMANDS:
        command: click.Command = importlib.import_module(COMMANDS[name][0]).command
        assert command.help, name
        assert all(p.help for p in command.params if isinstance(p, click.Option)), name


DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))


def test_decisions__are_numbered_without_a_gap() -> None:
    assert [path.name[:4] for path in DECISIONS] == [f"{n:04d}" for n in range(1, len(DECISIONS) + 1)]
    assert [path.read_text("utf-8")[:8] for path in DECISIONS] == [f"# {path.name[:4]}: " for path in DECISIONS]


def test_decisions__name_tests_that_exist() -> None:
    files = list((ROOT / "tests").rglob("test_*.py"))
    known = {path.stem for path in files} | {name for path in files for name in re.findall(r"def (test_\w+)", path.read_text("utf-8"))}
    named = {name for path in DECISIONS for name in re.findall(r"\b(test_\w+)", path.read_text("utf-8"))}
    assert sorted(name for name in named if not any(one.startswith(name) for one in known)) == []
