"""The Python API, as a notebook or a test of somebody's own uses it."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

import memeci
from memeci.errors import DataError
from tests.integration.test_evaluate import make_predictions


def test_tables__are_compared_without_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    good, bad = (pa.table(make_predictions(wrong=wrong)) for wrong in (40, 120))
    evaluation = memeci.evaluate(bad, baseline=good, metrics=["accuracy"], language="en")
    assert not evaluation.passed
    assert "accuracy got worse" in str(evaluation)
    assert repr(evaluation).startswith("<memeci: fail. accuracy got worse")
    assert "<table" in evaluation._repr_html_()
    assert list(tmp_path.iterdir()) == []


def test_a_good_model__passes_in_an_assertion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    table = pa.table(make_predictions(wrong=40))
    assert memeci.evaluate(table, baseline=table).passed


def test_a_fault__is_an_exception_that_explains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match="repeat an id"):
        memeci.evaluate(pa.table({**make_predictions(n=4, wrong=1), "id": ["a", "a", "b", "c"]}), baseline="none")


def test_something_else__is_a_type_error() -> None:
    with pytest.raises(TypeError, match="expected a path or a table"):
        memeci.evaluate(42)
