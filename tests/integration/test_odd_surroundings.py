"""Terminals that cannot show everything, names that are no text, a folder that is gone: an answer, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
ROWS = "id,label,prediction,平台\n" + "".join(f"{i},{'好坏'[i % 2]},{'好坏'[i % 2]},苹果\n" for i in range(40))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "p.csv").write_text(ROWS, encoding="utf-8")
    return tmp_path


def _run(folder: Path, *arguments: str | bytes, **environment: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "memeci", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        check=False,
    )
    said = done.stderr.decode("ascii", "replace")
    assert "Traceback" not in said
    return done.returncode, said


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "gbk"])
@pytest.mark.parametrize("arguments", [["evaluate", "p.csv", "--no-meme"], ["noise", "p.csv", "p.csv"], ["power"]], ids=lambda a: a[0])
def test_a_terminal_that_cannot_show_everything__shows_the_rest(folder: Path, arguments: list[str], encoding: str) -> None:
    assert _run(folder, *arguments, PYTHONIOENCODING=encoding)[0] == 0


@pytest.mark.parametrize("arguments", [[b"evaluate", b"p\xff.csv"], [b"evaluate", b"p.csv", b"-o", b"\xfe"], [b"meme", b"\xff"]])
def test_a_name_that_is_no_text__is_refused(folder: Path, arguments: list[bytes]) -> None:
    code, said = _run(folder, *arguments)
    assert code == 2
    assert "is not UTF-8" in said


def test_a_locale_that_takes_names_for_bytes__is_explained(folder: Path) -> None:
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    code, said = _run(folder, "evaluate", "p.csv", "--slice", "平台", **plain)
    assert (code, "PYTHONUTF8=1" in said) in {(2, True), (0, False)}


def test_a_folder_that_is_gone__is_said(folder: Path) -> None:
    script = f"mkdir gone && cd gone && rmdir ../gone && exec {sys.executable} -m memeci evaluate p.csv"
    done = subprocess.run(
        ["sh", "-c", script], cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, "the current folder is gone" in done.stderr) == (2, True)
