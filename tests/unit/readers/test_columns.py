"""Which column plays which part: the user's word first, common names after, and never a guess between two."""

from __future__ import annotations

import pytest

from memeci.config import ColumnsConfig
from memeci.errors import DataError
from memeci.readers import require_parts, resolve_columns
from memeci.readers.names import COMMON_NAMES, normalize_name
from memeci.relation import Columns, ColumnType

NOTHING = ColumnsConfig()


def _schema(*names: str, kind: str = "text") -> list[ColumnType]:
    return [ColumnType(name, kind) for name in names]


def _resolve(*names: str, wanted: ColumnsConfig = NOTHING, **more: object) -> Columns:
    return resolve_columns(_schema(*names), wanted, source="preds.csv", **more)  # type: ignore[arg-type]


def _refuse(*names: str, wanted: ColumnsConfig = NOTHING, **more: object) -> DataError:
    with pytest.raises(DataError) as caught:
        _resolve(*names, wanted=wanted, **more)
    return caught.value


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("id", "y_true", "y_pred", "score"), Columns("id", "y_true", "y_pred", "score")),
        (("ID", "Label", "Prediction", "Prob"), Columns("ID", "Label", "Prediction", "Prob")),
        (("编号", "标签", "预测", "得分"), Columns("编号", "标签", "预测", "得分")),
        (("example_id", "target", "predicted label"), Columns("example_id", "target", "predicted label")),
        (("uid", "gold", "pred", "confidence", "sample_weight"), Columns("uid", "gold", "pred", "confidence", "sample_weight")),
        (("idx", "truth", "y_hat", "group_id", "sentence"), Columns("idx", "truth", "y_hat", group="group_id", text="sentence")),
        (("platform", "user_id"), Columns()),
    ],
)
def test_common_names__are_found(names: tuple[str, ...], expected: Columns) -> None:
    assert _resolve(*names) == expected


def test_better_rank__wins_without_asking() -> None:
    assert _resolve("id", "idx", "label", "target").id == "id"
    assert _resolve("id", "idx", "label", "target").label == "label"


@pytest.mark.parametrize(
    ("names", "part"),
    [(("label", "y_true"), "label"), (("y_pred", "prediction"), "prediction"), (("score", "prob"), "score"), (("Label", "标签"), "label")],
)
def test_two_columns_of_one_rank__are_an_error_naming_both(names: tuple[str, ...], part: str) -> None:
    error = _refuse(*names)
    assert all(f'"{name}"' in error.what for name in names)
    assert f"columns.{part}: {names[0]}" in error.next_step


def test_named_column__ends_the_ambiguity() -> None:
    assert _resolve("label", "y_true", wanted=ColumnsConfig(label="y_true")).label == "y_true"


def test_column_with_a_named_part__plays_no_other_by_itself() -> None:
    columns = _resolve("id", "score", "y_pred", wanted=ColumnsConfig(label="score"))
    assert (columns.label, columns.score) == ("score", None)


def test_part_set_to_null__is_not_looked_for() -> None:
    assert _resolve("id", "text", wanted=ColumnsConfig(unused=frozenset({"text"}))).text is None


def test_missing_column__has_the_three_lines_of_the_style() -> None:
    error = _refuse(
        "id",
        "y_true",
        "y_pred",
        "score",
        wanted=ColumnsConfig(label="label"),
        places={"columns.label": "memeci.yml line 7"},
    )
    assert str(error).splitlines() == [
        'preds.csv has no column "label".',
        'why:   memeci.yml line 7 says the true label is in "label"; the file has: id, y_true, y_pred, score.',
        "next:  set `columns.label: y_true` in memeci.yml.",
    ]


def test_missing_slice__names_its_line_and_the_nearest_column() -> None:
    error = _refuse("id", "platform", slices=["platfrom"], places={"slices": "memeci.yml line 9"})
    assert error.what == 'preds.csv has no column "platfrom".'
    assert "memeci.yml line 9" in error.why
    assert "platform" in error.next_step


def test_required_part_without_a_column__lists_common_names_and_the_file() -> None:
    names = ("id", "foo", "bar")
    with pytest.raises(DataError) as caught:
        require_parts(_resolve(*names), ("id", "label"), _schema(*names), "preds.csv")
    error = caught.value
    assert error.what == "preds.csv has no column for the true label."
    assert "y_true" in error.why
    assert "id, foo, bar" in error.why


def test_probabilities__are_found_by_prefix_with_their_labels() -> None:
    columns = _resolve("id", "y_true", "prob_cat", "prob_dog", "Prob_mouse")
    assert columns.probabilities == (("cat", "prob_cat"), ("dog", "prob_dog"), ("mouse", "Prob_mouse"))


def test_one_column_with_a_prefix__is_no_family() -> None:
    assert _resolve("id", "y_true", "prob_cat").probabilities == ()


def test_probabilities_by_pattern_and_by_mapping__agree() -> None:
    names = ("id", "p(猫)", "p(狗)")
    by_pattern = _resolve(*names, wanted=ColumnsConfig(probabilities="p(*)"))
    by_mapping = _resolve(*names, wanted=ColumnsConfig(probabilities={"猫": "p(猫)", "狗": "p(狗)"}))
    assert by_pattern.probabilities == by_mapping.probabilities == (("猫", "p(猫)"), ("狗", "p(狗)"))


def test_pattern_that_matches_nothing__is_an_error() -> None:
    assert 'no column like "prob_*"' in _refuse("id", "y_true", wanted=ColumnsConfig(probabilities="prob_*")).what


def test_very_wide_file__is_listed_in_part() -> None:
    assert "and 480 more" in _refuse(*(f"c{i}" for i in range(500)), wanted=ColumnsConfig(label="x")).why


def test_common_names__are_normalized_and_belong_to_one_part() -> None:
    every = [name for ranks in COMMON_NAMES.values() for rank in ranks for name in rank]
    assert every == [normalize_name(name) for name in every]
    assert len(every) == len(set(every))


def test_doubtful_prefixes__count_for_fractions_only() -> None:
    names = ("id", "p_name", "p_city")
    assert _resolve(*names).probabilities == ()
    typed = resolve_columns(_schema("p_cat", "p_dog", kind="float"), NOTHING, source="preds.parquet")
    assert typed.probabilities == (("cat", "p_cat"), ("dog", "p_dog"))
