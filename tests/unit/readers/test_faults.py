"""Each broken or foreign file gets its own message: what it is, and what to do."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

from memeci.errors import DataError
from memeci.readers import open_predictions


def _refuse(path: Path | str) -> DataError:
    with pytest.raises(DataError) as caught:
        open_predictions(path)
    return caught.value


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    path = tmp_path / "preds.parquet"
    pq.write_table(pa.table({"id": range(1000), "label": ["a"] * 1000}), path)
    return path


def test_truncated_parquet__says_so_with_its_size(parquet: Path) -> None:
    data = parquet.read_bytes()
    parquet.write_bytes(data[: len(data) // 2])
    error = _refuse(parquet)
    assert error.what == f"{parquet} is a truncated parquet file."
    assert f"({len(data) // 2:,} bytes)" in error.why


def test_parquet_with_its_middle_lost__says_so(parquet: Path) -> None:
    data = parquet.read_bytes()
    parquet.write_bytes(data[:8] + data[-8:])
    assert "its footer should be" in _refuse(parquet).why


def test_gzipped_parquet__is_unpacked_by_the_next_step(parquet: Path) -> None:
    packed = parquet.with_name("preds.parquet.gz")
    packed.write_bytes(gzip.compress(parquet.read_bytes()))
    parquet.unlink()
    subprocess.run(["bash", "-c", _refuse(packed).next_step], check=True)
    assert open_predictions(parquet).paths == (parquet,)


def test_damaged_gzip__says_so(tmp_path: Path) -> None:
    path = tmp_path / "preds.csv.gz"
    data = bytearray(gzip.compress(b"id,label\n" + os.urandom(3000).hex().encode()))
    data[20:60] = b"\xff" * 40
    path.write_bytes(data)
    assert _refuse(path).what == f"{path} cannot be decompressed."


def test_gzip_of_nothing__is_empty(tmp_path: Path) -> None:
    path = tmp_path / "preds.csv.gz"
    path.write_bytes(gzip.compress(b""))
    assert "is empty" in _refuse(path).what


def test_name_that_hides_the_compression__is_renamed_by_the_next_step(tmp_path: Path) -> None:
    path = tmp_path / "my preds.csv"
    path.write_bytes(gzip.compress(b"id,label\n1,a\n"))
    subprocess.run(["bash", "-c", _refuse(path).next_step], check=True)
    assert open_predictions(tmp_path / "my preds.csv.gz").compression == "gzip"


def test_name_that_invents_a_compression__is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "preds.csv.gz"
    path.write_text("id,label\n1,a\n")
    assert "is not compressed, though its name says gzip" in _refuse(path).what


def _excel() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return buffer.getvalue()


def _feather() -> bytes:
    buffer = io.BytesIO()
    pyarrow.feather.write_feather(pa.table({"a": [1]}), buffer)
    return buffer.getvalue()


def _numpy() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "named"),
    [
        ("p.parquet", b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 12\n", "a pointer of Git LFS"),
        ("p.csv", b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 12\n", "a pointer of Git LFS"),
        ("p.csv.dvc", b"outs:\n- md5: ab\n  path: p.csv\n", "a pointer of DVC"),
        ("p.csv", b"\n<!DOCTYPE html><html><body>Sign in</body></html>", "a web page"),
        ("p.xlsx", _excel(), "an Excel workbook"),
        ("p.csv", _excel(), "an Excel workbook"),
        ("p.feather", _feather(), "an Arrow (Feather) file"),
        ("p.npy", _numpy(), "a NumPy array"),
        ("p.pkl", pickle.dumps({"a": 1}), "a Python pickle"),
        ("p.csv", b"BZh91AY&SY", "compressed with bzip2"),
    ],
)
def test_foreign_files__are_named_with_a_next_step(name: str, content: bytes, named: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    error = _refuse(path)
    assert named in error.what
    assert error.next_step


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("p.json", "[]", "has no examples"),
        ("p.json", "[1, 2]", "is not an array of objects"),
        ("p.json", '[{"id": 1}, {"id": ', "is truncated JSON"),
        ("p.json", '{\n  "id": {"0": 1},\n  "label": {"0": 2}\n}\n', "is one JSON object, not a list of examples"),
        ("p.json", '{"id": {"0": 1}, "label": {"0": 2}}', "is one JSON object, not a list of examples"),
        ("p.jsonl", "{'id': 1}\n{'id': 2}\n", "is not valid JSON"),
    ],
)
def test_json_of_another_shape__is_explained(name: str, content: str, what: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(content)
    assert what in _refuse(path).what


def test_large_pretty_printed_object__is_explained_though_only_its_head_is_read(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text('{\n  "id": [\n' + "    1,\n" * 30_000 + "    1\n  ]\n}\n")
    assert "is one JSON object" in _refuse(path).what


def test_missing_file__names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "predictions.csv").write_text("id,label\n1,a\n")
    error = _refuse(tmp_path / "prediction.csv")
    assert error.what == f"{tmp_path}/prediction.csv does not exist."
    assert "predictions.csv" in error.why


def test_missing_folder__is_named(tmp_path: Path) -> None:
    assert f"there is no folder {tmp_path}/out" in _refuse(tmp_path / "out" / "p.csv").why


def test_glob_without_a_match__is_an_error(tmp_path: Path) -> None:
    assert "no file matches" in _refuse(f"{tmp_path}/*.csv").what


def test_folder_without_data__lists_what_it_has(tmp_path: Path) -> None:
    (tmp_path / "model.pt").write_bytes(b"x")
    error = _refuse(tmp_path)
    assert "holds no predictions" in error.what
    assert "model.pt" in error.why


def test_address__is_no_file() -> None:
    assert "is an address" in _refuse("s3://bucket/preds.parquet").what


def test_device__is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    assert "is not a file" in _refuse(tmp_path / "pipe.csv").what


def test_mixed_formats_in_a_folder__name_both_files(tmp_path: Path, parquet: Path) -> None:
    (tmp_path / "preds.csv").write_text("id,label\n1,a\n")
    error = _refuse(tmp_path)
    assert "mixes formats" in error.what
    assert "preds.csv is delimited" in error.why
    assert "preds.parquet is parquet" in error.why


def test_mixed_delimiters_in_a_folder__are_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,label\n1,a\n")
    (tmp_path / "b.csv").write_text("id;label\n1;a\n")
    assert "differ in delimiter" in _refuse(tmp_path).why


def test_literal_brackets_in_a_name__are_no_glob(tmp_path: Path) -> None:
    path = tmp_path / "preds[1].csv"
    path.write_text("id,label\n1,a\n")
    assert open_predictions(path).paths == (path,)


def test_large_files__are_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    path.write_text("id,label\n1,a\n")
    os.truncate(path, 1 << 40)  # A sparse terabyte of NUL: reading it would not end.
    with pytest.raises(DataError):
        open_predictions(path)


@pytest.mark.parametrize("spec", ["out", "out/*.csv", "out/p3.csv"])
@pytest.mark.parametrize(
    ("target", "next_step"),
    [
        ("../.git/annex/objects/xx/yy/KEY.csv", "git annex get out/p3.csv"),
        ("../.dvc/cache/files/md5/xx/yy", "dvc pull out/p3.csv"),
        ("/nowhere/at/all", "rm out/p3.csv"),
        ("p3.csv", "rm out/p3.csv"),
    ],
)
def test_link_that_leads_nowhere__is_no_shard_to_leave_out(
    spec: str, target: str, next_step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "out"
    folder.mkdir()
    for i in range(3):
        (folder / f"p{i}.csv").write_text(f"id,label,prediction\n{i},a,a\n")
    (folder / "p3.csv").symlink_to(target)
    with pytest.raises(DataError) as caught:
        open_predictions(spec)
    assert "out/p3.csv" in caught.value.what
    if spec != "out/p3.csv" or target != "p3.csv":  # Alone, a link to itself has words of its own.
        assert caught.value.what == "out/p3.csv is a link that leads nowhere."
        assert next_step in caught.value.next_step


def test_link_to_a_partition_that_is_gone__is_refused(tmp_path: Path) -> None:
    (tmp_path / "platform=ios").mkdir()
    (tmp_path / "platform=ios" / "p.csv").write_text("id,label,prediction\n1,a,a\n")
    (tmp_path / "platform=web").symlink_to("gone")
    with pytest.raises(DataError, match="platform=web is a link that leads nowhere"):
        open_predictions(tmp_path)


def test_other_links_that_lead_nowhere__are_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("id,label,prediction\n1,a,a\n")
    for name in ("latest", "log.txt", ".hidden.csv", "_old.csv"):
        (tmp_path / name).symlink_to("gone")
    assert open_predictions(tmp_path).paths == (tmp_path / "p.csv",)
