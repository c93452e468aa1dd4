"""The exit code of `memeci ci` and `memeci evaluate` is the verdict's, whatever becomes of what they print and of the runner's files."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from memeci.cli.ci import BUMPS
from memeci.cli.group import LazyGroup
from memeci.cli.saying import VERDICT
from memeci.registry import Bump

ROOT = Path(__file__).parent.parent.parent
GITHUB = {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "o/r"}
GITLAB = {"GITLAB_CI": "true"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, wrong in (("good.csv", 9), ("bad.csv", 3)):
        rows = [f"{i},{i % 2},{(i + (i % wrong == 0)) % 2}" for i in range(400)]
        (tmp_path / name).write_text("\n".join(["id,label,prediction", *rows]))
    (tmp_path / "memeci.yml").write_text("model: m\nbaseline: good.csv\n")
    return tmp_path


def _run(folder: Path, line: str, predictions: str = "bad.csv", **environment: str) -> tuple[int, str]:
    """Run ``line`` in a shell, where $M stands for memeci; the exit code is memeci's own."""
    done = subprocess.run(
        ["bash", "-c", f"M='{sys.executable} -m memeci'; {line}; exit ${{PIPESTATUS[0]}}"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "MEMECI_PREDICTIONS": predictions, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("forge", [{}, GITHUB, GITLAB], ids=["none", "github", "gitlab"])
@pytest.mark.parametrize("redirect", ["| true", "2>&1 | true", ">/dev/full", "2>/dev/full", ">/dev/full 2>&1", ">&- 2>&-"])
def test_a_failed_gate__is_1_for_ci_wherever_its_words_go(folder: Path, redirect: str, forge: dict[str, str]) -> None:
    assert _run(folder, f"$M ci {redirect}", **forge)[0] == 1


@pytest.mark.parametrize("redirect", ["| true", ">/dev/full", "2>/dev/full"])
def test_a_pass__is_0_for_ci_wherever_its_words_go(folder: Path, redirect: str) -> None:
    assert _run(folder, f"$M ci {redirect}", "good.csv", **GITHUB)[0] == 0


@pytest.mark.parametrize("redirect", ["| true", "2>&1 | true", ">/dev/full", "2>/dev/full", "--json | true", "--json >/dev/full"])
def test_a_failed_gate__is_1_for_evaluate_too(folder: Path, redirect: str) -> None:
    assert _run(folder, f"$M evaluate --no-meme {redirect}", PYTHONUNBUFFERED="1")[0] == 1


def test_the_table__arrives_where_only_the_notes_are_lost(folder: Path) -> None:
    _run(folder, "$M evaluate --no-meme >table 2>/dev/full")
    assert "accuracy" in (folder / "table").read_text()


@pytest.mark.parametrize(("predictions", "code"), [("bad.csv", 1), ("good.csv", 0)])
@pytest.mark.parametrize("place", ["/dev/full", "/nonexistent/file", "/"])
@pytest.mark.parametrize("name", ["GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"])
def test_a_file_of_the_runner_that_cannot_be_written__is_a_note(folder: Path, name: str, place: str, predictions: str, code: int) -> None:
    other = {"GITHUB_STEP_SUMMARY": "GITHUB_OUTPUT", "GITHUB_OUTPUT": "GITHUB_STEP_SUMMARY"}[name]
    done, said = _run(folder, "$M ci", predictions, **GITHUB, **{name: place, other: str(folder / "kept")})
    assert done == code, said
    assert "Traceback" not in said
    assert f"note: {'the job summary' if 'SUMMARY' in name else 'the outputs for later steps'} could not be written: " in said
    assert (folder / "kept").read_text()


@pytest.mark.parametrize("name", ["evaluate", "ci", "history"])
@pytest.mark.parametrize("fault", [errno.EPIPE, errno.EBADF, errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("verdict", [None, 0, 1])
def test_a_fault_that_slipped_through__is_never_a_pass(name: str, fault: int, verdict: int | None) -> None:
    @click.command()
    @click.pass_context
    def breaking(ctx: click.Context) -> None:
        if verdict is not None:
            ctx.meta[VERDICT] = verdict
        raise OSError(fault, os.strerror(fault))

    class Group(LazyGroup):
        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
            return breaking

    code = CliRunner().invoke(Group("memeci"), [name]).exit_code
    without_reader = name == "history" and fault in {errno.EPIPE, errno.EBADF}
    assert code == (1 if verdict == 1 else 0 if without_reader else 3)


def test_a_bump_that_is_none__is_refused_before_anything_runs(folder: Path) -> None:
    code, said = _run(folder, "$M ci", "good.csv", MEMECI_MODE="release", MEMECI_BUMP="foo")
    assert (code, "'foo' is not one of" in said) == (2, True), said
    assert not (folder / ".memeci").exists()


def test_bumps__are_those_of_the_registry() -> None:
    assert [bump.value for bump in Bump] == BUMPS
