"""Delimited text: the delimiter is found, and what is no table says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from memeci.errors import DataError
from memeci.readers import open_predictions
from memeci.readers.delimited import find_delimiter


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("id,y\n1,a\n", ","),
        ("id\ty\n1\ta,b\n", "\t"),
        ("id;y;s\n1;a;0,5\n", ";"),
        ("id|y\n1|a\n", "|"),
        ('"id, really",y\n1,"a;b;c"\n', ","),
        ('id;text\n1;"a,b\nc,d"\n', ";"),
        ("id\ttext, with commas, many\n1\tx\n", "\t"),
        ("y\n1\n", ","),
        ("id,y\r1,a\r", ","),
    ],
)
def test_delimiter__is_what_splits_both_rows_alike(text: str, delimiter: str) -> None:
    assert find_delimiter(text) == delimiter


def test_tsv_with_one_column__stays_tabs() -> None:
    assert find_delimiter("y\n1\n", promised="\t") == "\t"


def _open(tmp_path: Path, text: str, name: str = "preds.csv") -> DataError:
    path = tmp_path / name
    path.write_bytes(text.encode())
    with pytest.raises(DataError) as caught:
        open_predictions(path)
    return caught.value


def test_header_alone__has_no_rows(tmp_path: Path) -> None:
    error = _open(tmp_path, "id,label,prediction\n")
    assert error.what == f"{tmp_path}/preds.csv has column names but no rows."
    assert "id, label, prediction" in error.why


def test_numbers_in_the_first_line__are_no_column_names(tmp_path: Path) -> None:
    assert "has no line of column names" in _open(tmp_path, "1,0,0.5\n2,1,0.7\n").what


def test_doubled_column__is_named(tmp_path: Path) -> None:
    assert 'two columns "label"' in _open(tmp_path, "id,label,label\n1,a,b\n").what


def test_blank_file__is_empty(tmp_path: Path) -> None:
    assert "is empty" in _open(tmp_path, " \n\n  \n").what


def test_endless_first_line__is_no_table(tmp_path: Path) -> None:
    assert "is not a table" in _open(tmp_path, "x" * 100_000).what


def test_unnamed_index_column_of_pandas__is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "preds.csv"
    path.write_text(",y_true,y_pred\n0,a,b\n1,a,a\n")
    assert open_predictions(path).delimiter == ","


def test_long_rows__are_judged_by_what_was_read(tmp_path: Path) -> None:
    path = tmp_path / "preds.tsv"
    path.write_text("id\ttext\ty\n1\t" + "长" * 90_000 + "\ta\n2\tb\tc\n", encoding="utf-8")
    assert open_predictions(path).delimiter == "\t"
