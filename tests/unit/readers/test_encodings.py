"""Text that is not UTF-8 is named, with the command that mends it; a byte-order mark is no fault."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from memeci.errors import DataError
from memeci.readers import open_predictions

TABLE = "id,label,prediction\n1,好评,差评\n2,差评,差评\n"


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("gbk", "GB18030"),
        ("gb18030", "GB18030"),
        ("utf-16", "UTF-16"),
        ("utf-16-le", "UTF-16LE"),
        ("utf-16-be", "UTF-16BE"),
        ("utf-32", "UTF-32"),
    ],
)
def test_other_encodings__are_named_and_the_next_step_mends_them(encoding: str, named: str, tmp_path: Path) -> None:
    path = tmp_path / "preds.csv"
    path.write_bytes(TABLE.encode(encoding))
    with pytest.raises(DataError, match=f"is not UTF-8 but {named}") as caught:
        open_predictions(path)
    subprocess.run(["bash", "-c", caught.value.next_step], check=True)
    mended = tmp_path / "preds.utf8.csv"
    assert mended.read_text(encoding="utf-8-sig") == TABLE
    assert open_predictions(mended).delimiter == ","


def test_latin_1__says_which_line_and_byte(tmp_path: Path) -> None:
    path = tmp_path / "preds.csv"
    path.write_bytes(b"id,label\n1,ok\n2,caf" + b"\xe9\n")
    with pytest.raises(DataError) as caught:
        open_predictions(path)
    assert caught.value.what == f"{path} is not UTF-8."
    assert "line 3 holds the byte 0xe9" in caught.value.why


@pytest.mark.parametrize(
    ("name", "content"),
    [("p.csv", TABLE), ("p.json", '[{"id": 1}]'), ("p.jsonl", '{"id": 1}\n{"id": 2}\n')],
)
def test_byte_order_mark__is_accepted(name: str, content: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8-sig")
    assert open_predictions(path).paths == (path,)


def test_byte_order_mark_in_json_lines__is_told_to_the_engine(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text('{"id": 1}\n{"id": 2}\n', encoding="utf-8-sig")
    assert open_predictions(tmp_path / "p.jsonl").bom


def test_a_character_across_the_edge_of_what_is_read__is_no_fault(tmp_path: Path) -> None:
    for shift in range(3):
        path = tmp_path / f"p{shift}.csv"
        path.write_text("id,label\n" + "x" * shift + "评" * 60_000 + ",a\n1,b\n", encoding="utf-8")
        assert open_predictions(path).delimiter == ","


def test_binary__is_named_as_such(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_bytes(b"id,label\n1,\x00\x01\n")
    with pytest.raises(DataError, match="binary file"):
        open_predictions(path)
