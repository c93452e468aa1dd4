"""Paths that no system takes, numbers that no integer holds, options that do not exist: exit code 2, and what to do next."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from memeci.cli import main
from memeci.readers.curves import MAX_BYTES

LONG = "x" * 5000
DEEP = "d/" * 2500
ROWS = [{"id": i, "label": "ab"[i % 2], "prediction": "ab"[i % 2]} for i in range(40)]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    return tmp_path


def _refuse(*arguments: str) -> str:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    assert [line[:7] for line in result.stderr.splitlines() if not line.startswith(" ")] == ["error: ", "why:   ", "next:  "]
    return result.stderr


@pytest.mark.parametrize("path", [LONG, DEEP + "p.csv", "file/p.csv"])
@pytest.mark.parametrize(
    "command",
    [
        ["evaluate"],
        ["evaluate", "p.jsonl", "--baseline"],
        ["init"],
        ["noise", "p.jsonl"],
        ["meme"],
        ["meme", "--curve"],
        ["meme", "--caption", "x", "--theme"],
        ["publish"],
        ["power", "--record"],
    ],
)
def test_a_path_that_cannot_be__is_refused_in_short(command: list[str], path: str) -> None:
    assert len(_refuse(*command, path)) < 900


@pytest.mark.parametrize("path", [LONG, DEEP, "file", "file/below", "/dev/null", "/dev/null/below"])
def test_an_output_folder_that_cannot_be__is_refused_before_the_command_runs(folder: Path, path: str) -> None:
    (folder / "memeci.yml").write_text("model: m\npredictions: p.jsonl\ncommand: touch ran\n", encoding="utf-8")
    assert "the results cannot be written to" in _refuse("evaluate", "--output-dir", path)
    assert not (folder / "ran").exists()


def test_predictions_with_a_nul_in_their_name__are_refused() -> None:
    assert "NUL character" in _refuse("evaluate", "a\0b")


# Nothing is forbidden to root, until it gives its capabilities away.
POWERLESS = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []


@pytest.mark.skipif(bool(POWERLESS) and shutil.which("setpriv") is None, reason="root without setpriv cannot forbid itself anything")
def test_no_permission__is_said(folder: Path) -> None:
    def refuse(*arguments: str) -> str:
        command = [*POWERLESS, sys.executable, "-m", "memeci", "evaluate", "p.jsonl", *arguments]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 2
        return done.stderr

    (folder / "closed").mkdir(0o500)
    assert "Permission denied" in refuse("-o", "closed/here")
    (folder / "p.jsonl").chmod(0)
    assert "Permission denied" in refuse()


@pytest.mark.parametrize("key", ["predictions", "output_dir", "theme", "baseline", "model", "command"])
def test_a_nul_in_memeci_yml__is_refused_with_its_line(folder: Path, key: str) -> None:
    settings = {"model": "m", "predictions": "p.jsonl", key: '"a\\0b"'}
    (folder / "memeci.yml").write_text("".join(f"{name}: {value}\n" for name, value in settings.items()), encoding="utf-8")
    assert f"memeci.yml line {list(settings).index(key) + 1}: `{key}` cannot be used." in _refuse("evaluate")


def test_an_integer_of_5000_digits__is_an_id_like_any_other(folder: Path) -> None:
    digits = "9" * 5000
    (folder / "p.jsonl").write_text(
        f'{{"id": {digits}, "label": "a", "prediction": "a"}}\n' + "".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8"
    )
    assert CliRunner().invoke(main, ["evaluate", "p.jsonl", "--no-meme"]).exit_code == 0


def test_an_integer_of_5000_digits__is_no_schema_version(folder: Path) -> None:
    (folder / "record.json").write_text(f'{{"kind": "evaluation", "schema_version": {"9" * 5000}}}', encoding="utf-8")
    _refuse("meme", "record.json")
    _refuse("publish", ".")


def test_json_that_nests_too_deep__is_refused(folder: Path) -> None:
    (folder / "deep.jsonl").write_text('{"id": ' + "[" * 20_000 + "]" * 20_000 + "}\n", encoding="utf-8")
    assert "nests too deep" in _refuse("evaluate", "deep.jsonl")
    assert "nests too deep" in _refuse("meme", "--curve", "deep.jsonl")


def test_a_training_log_without_an_end__is_refused(folder: Path) -> None:
    with (folder / "log.csv").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    assert "is too large" in _refuse("meme", "--curve", "log.csv")
    assert "is too large" in _refuse("meme", "--curve", "/dev/zero")


def test_a_record_without_an_end__is_refused() -> None:
    assert "no record has more" in _refuse("meme", "/dev/zero")


@pytest.mark.parametrize(
    "arguments",
    [["evaluate", "--nonsense"], ["nonsense"], ["evaluate", "a", "b"], ["meme", "--language", "fr"], ["docker-tag", "--decode"]],
)
def test_an_option_that_does_not_exist__is_told_in_three_lines(arguments: list[str]) -> None:
    said = _refuse(*arguments)
    assert "why:   usage: memeci" in said
    assert "--help" in said
