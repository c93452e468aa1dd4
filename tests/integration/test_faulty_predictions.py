"""Each fault of a predictions file, through the whole command: exit code 2, what, why, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from memeci.cli import main

N = 60
HEADER = "id,label,prediction,score,review"


def _rows(**changed: dict[int, str]) -> list[list[str]]:
    """Return N correct examples, with the values of some columns changed at some rows."""
    names = HEADER.split(",")
    rows = [[f"e{i:02}", "ab"[i % 2], "ab"[i % 2], f"0.{i % 2 * 6 + 2}", "好"] for i in range(N)]
    for name, values in changed.items():
        for i, value in values.items():
            rows[i][names.index(name)] = value
    return rows


def _write(path: Path, rows: Sequence[Sequence[str]], header: str = HEADER) -> Path:
    path.write_text("\n".join([header, *(",".join(row) for row in rows)]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    _write(tmp_path / "base.csv", _rows())
    return tmp_path


def _evaluate(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["evaluate", "--no-meme", "--language", "en", "--baseline", "base.csv", *arguments])


def _refuse(*arguments: str) -> str:
    result = _evaluate(*arguments)
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    assert all(word in result.output for word in ("error: ", "why:   ", "next:  "))
    return result.output


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"id": {5: "e04"}}, 'has the id "e04" 2 times'),
        ({"score": {3: ""}}, "have no score"),
        ({"score": {3: "nan"}}, "score"),
        ({"score": {3: "high"}}, '"high", which is no number'),
        ({"label": {3: ""}}, "have no label"),
        ({"prediction": dict.fromkeys(range(N), "yes")}, "no prediction is one of the labels"),
    ],
)
def test_faulty_values__are_named_with_their_example(changed: dict[str, dict[int, str]], said: str, folder: Path) -> None:
    _write(folder / "p.csv", _rows(**changed))
    assert said in _refuse("p.csv")


def test_named_column_that_is_missing__says_which_line_named_it(folder: Path) -> None:
    (folder / "memeci.yml").write_text("model: m\ncolumns:\n  label: truth\n")
    output = _refuse("base.csv")
    assert 'base.csv has no column "truth".' in output
    assert "memeci.yml line 3" in output
    assert "columns.label: label" in output


def test_missing_slice__says_which_option_named_it(folder: Path) -> None:
    output = _refuse("base.csv", "--slice", "platform")
    assert 'base.csv has no column "platform".' in output
    assert "--slice" in output


def test_two_columns_for_one_part__name_both(folder: Path) -> None:
    _write(folder / "p.csv", _rows(), header="id,label,prediction,score,y_true")
    output = _refuse("p.csv")
    assert '"label" and "y_true"' in output


def test_file_without_examples__says_so(folder: Path) -> None:
    (folder / "empty.csv").touch()
    _write(folder / "header.csv", [])
    pq.write_table(pa.table({"id": [], "label": [], "prediction": []}), folder / "empty.parquet")
    assert "empty.csv is empty" in _refuse("empty.csv")
    assert "has column names but no rows" in _refuse("header.csv")
    assert "empty.parquet has no examples" in _refuse("empty.parquet")


def test_truncated_parquet_and_wrong_name__are_told_apart(folder: Path) -> None:
    pq.write_table(pa.table({"id": [str(i) for i in range(N)], "label": ["a"] * N, "prediction": ["a"] * N}), folder / "p.parquet")
    data = (folder / "p.parquet").read_bytes()
    (folder / "cut.parquet").write_bytes(data[:-10])
    (folder / "renamed.csv").write_bytes(data)
    assert "is a truncated parquet file" in _refuse("cut.parquet")
    assert "it holds parquet" in _refuse("renamed.csv")


def test_gbk_far_down_the_file__names_line_and_encoding(folder: Path) -> None:
    text = "id,label,prediction\n" + "".join(f"{i},label-of-this,label-of-this\n" for i in range(5000)) + "last,好,好\n"
    (folder / "p.csv").write_bytes(text.encode("gbk"))
    output = _refuse("p.csv")
    assert "Line: 5002" in output
    assert "iconv -f GB18030" in output


def test_damage_inside_a_parquet__is_no_bug_of_ours(folder: Path) -> None:
    columns = {"id": [f"example-{i * 7919 % 5000}" for i in range(5000)], "label": ["ab"[i % 2] for i in range(5000)]}
    pq.write_table(pa.table({**columns, "prediction": columns["label"]}), folder / "p.parquet", compression="none", use_dictionary=False)
    data = bytearray((folder / "p.parquet").read_bytes())
    data[4:3000] = b"\xff" * 2996
    (folder / "p.parquet").write_bytes(data)
    assert "p.parquet" in _refuse("p.parquet") or "could not be read" in _refuse("p.parquet")


def test_baseline_without_the_text_column__is_good_enough(folder: Path) -> None:
    (folder / "memeci.yml").write_text("model: m\ncolumns: {text: review}\n")
    _write(folder / "base.csv", [row[:4] for row in _rows()], header="id,label,prediction,score")
    _write(folder / "p.csv", _rows())
    result = _evaluate("p.csv")
    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("limit", ["10KB", "500 KB", "2MB", "0MB", "7.6MiB"])
def test_memory_that_suffices_for_no_file__is_said_to_be_too_little(folder: Path, limit: str) -> None:
    assert "too small" in _refuse("base.csv", "--memory-limit", limit)


def test_little_memory__suffices_for_little_data(folder: Path) -> None:
    assert _evaluate("base.csv", "--memory-limit", "64MB").exit_code == 0
