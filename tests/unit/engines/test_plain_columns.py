"""Columns that are read as they are: only where that gives what normalising every row would give."""

from __future__ import annotations

from pathlib import Path

import pytest

from memeci.engines import plain
from tests.builders.tables import Run

LABELS = ["正面", "负面", "it's", "a"]


def _make(labels: list[str], n: int = 80) -> dict[str, list[object]]:
    column: list[object] = [labels[i % len(labels)] for i in range(n)]
    return {
        "id": [str(i) for i in range(n)],
        "label": column,
        "prediction": column[1:] + column[:1],
        "lang": [column[i // 2] for i in range(n)],
    }


@pytest.mark.parametrize("labels", [LABELS, ["True", "False"], ["1.0", "2.0"], ["1.0", "x"], ["true", "FALSE", "b"]])
def test_measurements__are_the_same_as_row_by_row(labels: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(slices=(("lang",),), metrics=("accuracy",))
    monkeypatch.setattr(plain, "MIN_ROWS", 1)
    at_once = run.measure(tmp_path, _make(labels), _make(labels))
    monkeypatch.setattr(plain, "MIN_ROWS", 10**9)
    row_by_row = run.measure(tmp_path, _make(labels), _make(labels))
    assert at_once.candidate.labels == row_by_row.candidate.labels
    assert at_once.slices == row_by_row.slices
    assert at_once.digest == row_by_row.digest
    assert at_once.measurements.candidate.tolist() == row_by_row.measurements.candidate.tolist()


@pytest.mark.parametrize("column", ["label", "prediction", "lang"])
def test_columns_that_only_begin_plain__are_read_row_by_row(column: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = _make(LABELS)
    data[column] = [*data[column][:-2], "TRUE", "7.0"]
    if column == "label":
        data["prediction"] = [*data["prediction"][:-2], "true", "7"]
    run = Run(slices=(("lang",),), metrics=("accuracy",))
    monkeypatch.setattr(plain, "MIN_ROWS", 1)
    monkeypatch.setattr(plain, "FIRST_ROWS", 40)
    guessed = run.measure(tmp_path, data, data)
    monkeypatch.setattr(plain, "MIN_ROWS", 10**9)
    row_by_row = run.measure(tmp_path, data, data)
    assert guessed.candidate.labels == row_by_row.candidate.labels
    assert guessed.candidate.predictions == row_by_row.candidate.predictions
    assert guessed.slices == row_by_row.slices
    assert guessed.measurements.candidate.tolist() == row_by_row.measurements.candidate.tolist()


@pytest.mark.parametrize(
    ("value", "expected"), [("a", True), (None, True), ("", False), ("True", False), ("false", False), ("1.0", False), ("1.5", True)]
)
def test_a_value_that_normalising_would_change__is_not_plain(value: str | None, expected: bool) -> None:
    assert plain.are_plain([value]) is expected
