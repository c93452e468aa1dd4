"""Which forge a repository lives on, and which workflow files go where."""

from __future__ import annotations

import enum
import json
import re
import shlex
from importlib import resources
from pathlib import Path

from memeci.errors import ConfigError


class ForgeName(enum.Enum):
    GITHUB = "github"
    GITLAB = "gitlab"
    NONE = "none"


class Contributors(enum.Enum):
    """Who opens pull requests: with forks, the half that may write must not run the code of the half that may not."""

    MEMBERS = "members"
    FORKS = "forks"


# Template -> name in .github/workflows. All templates here are copies of those in ci-templates/, which a test compares.
_GITHUB = {
    Contributors.MEMBERS: {"memeci.yml": "memeci.yml"},
    Contributors.FORKS: {"memeci-evaluate.yml": "memeci.yml", "memeci-publish.yml": "memeci-publish.yml"},
}
_ACTION = "- uses: memeci/memeci@v0\n"
_SCRIPT = "  script:\n"
_OUTPUT_PATH = re.compile(r"(?<=: )\.memeci/\S+|(?<=\[)\.memeci/(?=\])")


def find_root(folder: Path) -> Path:
    """Return the top of the repository that holds ``folder``; ``folder`` itself outside of one."""
    from memeci.registry.repository import open_repository

    opened = open_repository(folder, None)
    return opened.top if opened is not None else folder.resolve()


def find_forge(root: Path) -> ForgeName:
    """Return the forge that the remotes' addresses name, else the one whose files are there."""
    from memeci.registry.repository import open_repository

    opened = open_repository(root, None)
    settings = opened.settings if opened is not None else ()
    addresses = " ".join(value or "" for key, value in settings if re.fullmatch(r"remote\..*\.url", key)).lower()
    for forge in (ForgeName.GITHUB, ForgeName.GITLAB):
        if forge.value in addresses:
            return forge
    if (root / ".gitlab-ci.yml").exists():
        return ForgeName.GITLAB
    return ForgeName.GITHUB if (root / ".github").is_dir() else ForgeName.NONE


def read_workflows(forge: ForgeName, contributors: Contributors, root: Path, below: str) -> dict[Path, str]:
    """Return path and text of each workflow file. ``below`` is the folder of memeci.yml under ``root``, "." for the top itself.

    A .gitlab-ci.yml that exists is the user's: ours goes beside it, to be included. Raises ConfigError for what has no template.
    """
    if contributors is Contributors.FORKS and (forge is not ForgeName.GITHUB or below != "."):
        raise ConfigError(
            "--forks cannot be written here.",
            "the pair of workflows is for GitHub, with memeci.yml at the top of the repository.",
            "run it there, or without --forks.",
        )
    if forge is not ForgeName.NONE:
        _check_folder(below)
    if forge is ForgeName.GITHUB:
        folder = root / ".github" / "workflows"
        return {folder / name: _place_github(_read(forge, file), below) for file, name in _GITHUB[contributors].items()}
    if forge is ForgeName.GITLAB:
        own = root / ".gitlab-ci.yml"
        path = root / ".gitlab" / "memeci.yml" if own.exists() else own
        return {path: _place_gitlab(_read(forge, "memeci.yml"), below)}
    return {}


def _check_folder(below: str) -> None:
    """Raise ConfigError for a name that would break the lines of a workflow, or be an expression there."""
    if not below.isprintable() or "${{" in below:
        raise ConfigError(
            f"the folder {json.dumps(below)} cannot stand in a workflow.",
            "line breaks and other invisible characters break its lines; ${{ begins an expression.",
            "give the folder another name.",
        )


def _place_github(text: str, below: str) -> str:
    if below == ".":
        return text
    return text.replace(_ACTION, f"{_ACTION}        with: {{working-directory: {_quote(below)}}}\n")


def _place_gitlab(text: str, below: str) -> str:
    if below == ".":
        return text
    entered = text.replace(_SCRIPT, f"{_SCRIPT}    - {_quote(f'cd {shlex.quote(below)}')}\n")
    return _OUTPUT_PATH.sub(lambda found: _quote(f"{below}/{found[0]}"), entered)


def _quote(value: str) -> str:
    """Return a YAML scalar in double quotes: of printable text, JSON's form is one."""
    return json.dumps(value, ensure_ascii=False)


def _read(forge: ForgeName, file: str) -> str:
    return resources.files("memeci.cli.starter").joinpath(forge.value, file).read_text(encoding="utf-8")
