"""Weights, groups and slices are the candidate's and hold for both sides: where the baseline's say otherwise, a note says so."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.builders.commands import Ran, run_memeci
from tests.builders.tables import write_table

N = 60
IDS = [f"e{i:02}" for i in range(N)]
LABELS = ["ab"[i % 2] for i in range(N)]
WEIGHTS = [1.0 + i % 3 for i in range(N)]
GROUPS = [f"u{i // 3}" for i in range(N)]
PLATFORMS = ["ios" if i < N // 2 else "web" for i in range(N)]


def _write(path: Path, **columns: list[object]) -> Path:
    return write_table(path, {"id": IDS, "label": LABELS, "prediction": LABELS, **columns})


def _changed(values: list[object], new: object, count: int = 2) -> list[object]:
    return [new] * count + values[count:]


def _notes(folder: Path, *arguments: str) -> list[str]:
    ran = run_memeci(folder, "evaluate", "now.csv", "--no-meme", "--slice", "platform", *arguments)
    assert ran.code == 0, ran.err
    return [note.en for note in ran.record.verdict.notes if "baseline" in note.en]


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
def test_the_same_weights_groups_and_slices__leave_no_note(tmp_path: Path, suffix: str) -> None:
    columns = {"weight": list(WEIGHTS), "group": list(GROUPS), "platform": list(PLATFORMS)}
    _write(tmp_path / "now.csv", **columns)
    _write(tmp_path / f"old{suffix}", **columns)
    assert not _notes(tmp_path, "--baseline", f"old{suffix}")


def test_other_values__are_counted_column_by_column(tmp_path: Path) -> None:
    _write(tmp_path / "old.csv", weight=list(WEIGHTS), group=list(GROUPS), platform=list(PLATFORMS))
    _write(
        tmp_path / "now.csv",
        weight=_changed(list(WEIGHTS), 7.5, 1),
        group=_changed(list(GROUPS), "someone", 2),
        platform=_changed(list(PLATFORMS), "web", 3),
    )
    assert _notes(tmp_path, "--baseline", "old.csv") == [
        '1 example has another weight ("weight") than in the baseline; the candidate\'s is used for both sides.',
        '2 examples have another group ("group") than in the baseline; the candidate\'s is used for both sides.',
        '3 examples have another slice ("platform") than in the baseline; the candidate\'s is used for both sides.',
    ]


def test_weights_that_the_baseline_does_not_have__are_said(tmp_path: Path) -> None:
    _write(tmp_path / "old.csv", platform=list(PLATFORMS))
    _write(tmp_path / "now.csv", weight=list(WEIGHTS), platform=list(PLATFORMS))
    assert _notes(tmp_path, "--baseline", "old.csv") == [
        'The baseline has no weight column; the candidate\'s "weight" is used for both sides.'
    ]


def test_weights_that_are_gone__are_said(tmp_path: Path) -> None:
    _write(tmp_path / "old.csv", sample_weight=list(WEIGHTS), platform=list(PLATFORMS))
    _write(tmp_path / "now.csv", platform=list(PLATFORMS))
    said = ["The baseline has a weight column and the candidate has none: both sides are counted without."]
    assert _notes(tmp_path, "--baseline", "old.csv") == said


def test_weights_nobody_wants__are_no_news(tmp_path: Path) -> None:
    _write(tmp_path / "old.csv", weight=list(WEIGHTS), platform=list(PLATFORMS))
    _write(tmp_path / "now.csv", weight=_changed(list(WEIGHTS), 9.0), platform=list(PLATFORMS))
    (tmp_path / "memeci.yml").write_text("model: m\ncolumns: {weight: null}\n", encoding="utf-8")
    assert not _notes(tmp_path, "--baseline", "old.csv")


def test_a_release__remembers_its_weights_and_groups_whatever_they_were_called(tmp_path: Path) -> None:
    for command in (["init", "--quiet"], ["commit", "--allow-empty", "--quiet", "-m", "x"]):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    (tmp_path / "memeci.yml").write_text("model: m\ncolumns: {weight: importance, group: user}\n", encoding="utf-8")
    columns = {"importance": list(WEIGHTS), "user": list(GROUPS), "platform": list(PLATFORMS)}
    _write(tmp_path / "now.csv", **columns)
    assert not _notes(tmp_path)
    released: Ran = run_memeci(tmp_path, "release")
    assert released.code == 0, released.err
    assert not _notes(tmp_path)
    _write(tmp_path / "now.csv", **{**columns, "importance": _changed(list(WEIGHTS), 0.0, 5)})
    (said,) = _notes(tmp_path)
    assert said.startswith('5 examples have another weight ("importance")')
