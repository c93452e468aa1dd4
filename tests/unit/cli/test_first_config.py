"""The first memeci.yml: what a survey of the columns suggests, and a text that loads again whatever the names are."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memeci.cli.starter.draft import draft_config, name_model
from memeci.cli.starter.look import Look, Number, find_numbers, find_positive_label, find_task, is_slice, match_columns
from memeci.config import Config, load_config
from memeci.config.setting import parse_yaml
from memeci.engines.survey import ColumnSurvey
from memeci.records import Direction, Task, Unit


def _column(kind: str = "text", n: int = 1000, n_distinct: int = 2, *, numeric: bool = False, fractional: bool = False) -> ColumnSurvey:
    return ColumnSurvey("c", kind, n, n_distinct, numeric, fractional)


def _load(text: str, folder: Path) -> Config:
    (folder / "memeci.yml").write_text(text, encoding="utf-8")
    return load_config(folder / "memeci.yml")


@pytest.mark.parametrize(
    ("label", "prediction", "task"),
    [
        (_column(), _column(n_distinct=1), Task.BINARY),
        (_column(n_distinct=10), _column(n_distinct=9), Task.MULTICLASS),
        (_column("float", 100, 90, numeric=True, fractional=True), _column("float", numeric=True, fractional=True), Task.REGRESSION),
        (_column(n_distinct=2, numeric=True), _column(n_distinct=99, numeric=True, fractional=True), Task.REGRESSION),
        (_column("list"), _column("list"), Task.MULTILABEL),
        (_column(n_distinct=900), None, None),
        (None, _column(), None),
    ],
)
def test_task__is_what_labels_and_predictions_suggest(label: ColumnSurvey, prediction: ColumnSurvey, task: Task | None) -> None:
    assert find_task(label, prediction) is task


def test_positive_label__is_where_scores_are_higher_else_where_words_say_so() -> None:
    assert find_positive_label(("a", "b"), [("b", 0.9), ("a", 0.2)]) == "b"
    assert find_positive_label(("0", "1"), []) == "1"
    assert find_positive_label(("toxic", "normal"), []) == "toxic"
    assert find_positive_label(("好评", "差评"), [("差评", 0.5), ("好评", 0.5)]) == "好评"
    assert find_positive_label(("a", "b"), [("b", None), ("a", None)]) is None


def test_slices__are_columns_with_a_few_values_and_enough_rows() -> None:
    assert is_slice(_column(n=1000, n_distinct=3))
    assert not is_slice(_column(n=80, n_distinct=3))
    assert not is_slice(_column(n=100_000, n_distinct=500))
    assert not is_slice(_column(n_distinct=1))
    assert not is_slice(_column("float", n_distinct=3, numeric=True, fractional=True))


def test_numbers_without_labels__become_metrics(tmp_path: Path) -> None:
    judge, latency = (ColumnSurvey(name, "float", 9, 5, True, True, 0.0, high) for name, high in (("judge: tone", 1.0), ("ms", 900.0)))
    constant = ColumnSurvey("constant", "float", 9, 1, True, False, 1.0, 1.0)
    numbers = find_numbers([judge, latency, constant], {"float"})
    assert numbers == (Number("judge: tone", Unit.RATE), Number("ms", Unit.NUMBER))
    config = _load(draft_config("m", "log.json", Look(task=Task.SCORES, numbers=numbers)), tmp_path)
    assert [(m.name, m.column, m.unit, m.direction) for m in config.metrics] == [
        ("judge: tone", "judge: tone", Unit.RATE, Direction.HIGHER),
        ("ms", "ms", Unit.NUMBER, Direction.LOWER),
    ]


def test_ambiguous_columns__are_written_with_their_doubt(tmp_path: Path) -> None:
    look = Look(columns=match_columns(["id", "label", "y_true", "pred"]), groups=("user_id",))
    text = draft_config("m", "p.csv", look)
    assert "  label: label  # or y_true?\n" in text
    assert "  # group: user_id  # if rows with the same user_id belong together\n" in text
    assert _load(text, tmp_path).columns.label == "label"


def test_no_predictions_yet__gives_a_file_to_fill_in(tmp_path: Path) -> None:
    config = _load(draft_config("m", None, Look()), tmp_path)
    assert (config.model, config.task) == ("m", None)
    assert str(config.predictions).endswith("out/predictions.csv")


@given(name=st.text(min_size=1), other=st.text(min_size=1))
def test_any_column_name__is_read_back_as_it_was(name: str, other: str) -> None:
    text = draft_config("m", None, Look(columns={"label": [name, other]}, positive_label=other, slices=(name,), groups=(other,)))
    settings = parse_yaml(text, "memeci.yml").value
    assert isinstance(settings, dict)
    columns, slices, positive = settings["columns"].value, settings["slices"].value, settings["positive_label"].value
    assert isinstance(columns, dict)
    assert isinstance(slices, list)
    assert (set(columns), columns["label"].value, slices[0].value, positive) == ({"label"}, name, name, other)


@pytest.mark.parametrize(
    ("folder", "model"), [("sentiment", "sentiment"), ("my model (v2)", "my-model-v2"), ("情感", "情感"), ("...", "model")]
)
def test_model__is_named_after_the_folder(folder: str, model: str) -> None:
    assert name_model(folder) == model
