"""A repository that git cannot open is not the same as none: the gate must not pass because nothing is found to compare with."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders.commands import run_memeci

ROWS = "id,label,prediction\n" + "".join(f"{i},{'ab'[i % 2]},{'ab'[i % 2]}\n" for i in range(40))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    (tmp_path / "below").mkdir()
    for place in (tmp_path, tmp_path / "below"):
        (place / "p.csv").write_text(ROWS, encoding="utf-8")
    return tmp_path


def _lose_head(git: Path) -> None:
    (git / "HEAD").unlink()


def _garble_head(git: Path) -> None:
    (git / "HEAD").write_bytes(b"\0\xff")


def _garble_settings(git: Path) -> None:
    (git / "config").write_text("[[[", encoding="ascii")


def _belong_elsewhere(git: Path) -> None:
    shutil.rmtree(git)
    git.write_text("gitdir: /nowhere/at/all\n", encoding="ascii")


@pytest.mark.parametrize("break_it", [_lose_head, _garble_head, _garble_settings, _belong_elsewhere])
@pytest.mark.parametrize("where", [".", "below"])
def test_a_repository_that_git_cannot_open__is_no_reason_to_pass(folder: Path, break_it: Callable[[Path], None], where: str) -> None:
    break_it(folder / ".git")
    ran = run_memeci(folder / where, "evaluate", "p.csv", "--no-meme")
    assert ran.code == 3
    assert "git" in ran.err
    assert "next:  " in ran.err
    assert "Traceback" not in ran.err


def test_no_repository_at_all__is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(ROWS, encoding="utf-8")
    assert run_memeci(tmp_path, "evaluate", "p.csv", "--no-meme").code == 0


@pytest.mark.parametrize("prepare", [["commit", "--allow-empty", "--quiet", "-m", "x"], ["checkout", "--quiet", "--orphan", "new"]])
def test_an_odd_but_sound_repository__works(folder: Path, prepare: list[str]) -> None:
    subprocess.run(["git", "-C", str(folder), *prepare], check=True)
    assert run_memeci(folder, "evaluate", "p.csv", "--no-meme").code == 0
