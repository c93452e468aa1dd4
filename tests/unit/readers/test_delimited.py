"""Delimited text: the delimiter is found, and what is no table says why."""

from __future__ import annotations

import subprocess
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


def test_a_note_of_excel__is_told_apart_from_column_names(tmp_path: Path) -> None:
    error = _open(tmp_path, "\ufeffsep=;\r\nid;y_true;y_pred\r\n1;a;a\r\n")
    assert "Excel's note of its delimiter" in error.what
    assert error.next_step.startswith("sed -i 1d ")


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


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("id,label,prediction\n1,a,a\n2,b\n3,a,b\n", "line 3 has 2 values, the first line has 3."),
        ("id,label,prediction\n1,a,a\n\n3,a,b,c\n", "line 4 has 4 values, the first line has 3."),
        ('id,label\n1,"a\nb"\n2\n', "line 4 has 1 values, the first line has 2."),
        ("My report\n\nid,label,prediction\n1,a,a\n", "line 3 has 3 values, the first line has 1."),
        ('id,label\n1,"a\n2,b\n', "line 2 is not valid CSV."),
        ('id,label\n1,a\n2,"b"c\n', "line 3 is not valid CSV."),
        ("ID,label,id\n1,a,2\n", 'has two columns "ID" and "id", which differ in case only.'),
        ("id,label\r\n1,a\n2,b\r\n", "mixes line ends of Windows and Unix."),
    ],
)
def test_rows_that_do_not_fit__are_named_by_their_line(text: str, what: str, tmp_path: Path) -> None:
    assert _open(tmp_path, text).what == f"{tmp_path}/preds.csv {what}"


def test_mixed_line_ends__are_mended_by_the_next_step(tmp_path: Path) -> None:
    error = _open(tmp_path, 'id,label\r\n1,a\n2,"b\n"\r\n')
    subprocess.run(["bash", "-c", error.next_step], check=True)
    assert open_predictions(tmp_path / "preds.csv").columns == ("id", "label")


def test_line_ends_inside_quotes__are_no_mixture(tmp_path: Path) -> None:
    path = tmp_path / "preds.csv"
    path.write_bytes(b'id,label\r\n1,"a\nb"\r\n')
    assert open_predictions(path).columns == ("id", "label")


def test_names__are_told_to_the_engine_without_blanks_around(tmp_path: Path) -> None:
    path = tmp_path / "preds.csv"
    path.write_text(', label ,"the\nscore"\n0,a,1\n')
    assert open_predictions(path).columns == ("column0", "label", "the\nscore")


def test_parts_with_other_columns__are_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,label\n1,a\n")
    (tmp_path / "b.csv").write_text("label,id\na,2\n")
    with pytest.raises(DataError, match="mixes formats") as caught:
        open_predictions(tmp_path)
    assert "a.csv has the columns id, label" in caught.value.why
