"""Compressed files that were cut anywhere: always refused, and always as what they are."""

from __future__ import annotations

import gzip
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from memeci.engines.duckdb import DuckDBEngine
from memeci.errors import DataError
from memeci.readers import open_predictions
from memeci.readers.zstd_frames import is_whole

RNG = random.Random(1)
LONG = "id,label,prediction,x\n" + "".join(f"{i},a,b,{RNG.random()}\n" for i in range(40_000))
SHORT = LONG[:2000].rpartition("\n")[0] + "\n"
needs_zstd = pytest.mark.skipif(shutil.which("zstd") is None, reason="needs the zstd program")


def _read_all(path: Path) -> int:
    relation = open_predictions(path)
    with DuckDBEngine() as engine:
        engine.describe(relation)
        return int(engine.fetch_rows(f"select count(*) from {engine.scan(relation)} where x is not null")[0][0])  # noqa: S608 - a scan of our own


@pytest.mark.parametrize("text", [SHORT, LONG], ids=["short", "long"])
@pytest.mark.parametrize("left", [0.02, 0.5, 0.999])
def test_a_gzip_file_that_was_cut__is_said_to_be(tmp_path: Path, text: str, left: float) -> None:
    data = gzip.compress(text.encode())
    path = tmp_path / "p.csv.gz"
    path.write_bytes(data[: max(20, int(len(data) * left))])
    with pytest.raises(DataError, match=r"p\.csv\.gz is cut off"):
        _read_all(path)


def _compress(path: Path, *options: str) -> bytes:
    return subprocess.run(["zstd", "--quiet", "--stdout", *options, str(path)], check=True, capture_output=True).stdout


@needs_zstd
@pytest.mark.parametrize("options", [(), ("--no-check",), ("-1", "--long=27"), ("-19", "--single-thread"), ("--no-content-size",)])
@pytest.mark.parametrize("text", [SHORT, LONG, "", "x" * 3_000_000], ids=["short", "long", "empty", "repeated"])
def test_a_zstd_file__is_whole_and_no_part_of_it_is(tmp_path: Path, text: str, options: tuple[str, ...]) -> None:
    path = tmp_path / "p.csv"
    path.write_text(text, encoding="utf-8")
    data = _compress(path, *options)
    for part, whole in [(data, True), (data + data, True), (data + b"more", False), *((data[:cut], False) for cut in _cuts(len(data)))]:
        path.write_bytes(part)
        assert is_whole(path) is whole, len(part)


def _cuts(size: int) -> list[int]:
    return sorted({*range(min(size, 40)), *range(0, size, max(1, size // 97)), *range(max(0, size - 12), size)})


@needs_zstd
def test_a_zstd_file_that_was_cut__is_said_to_be(tmp_path: Path) -> None:
    source, path = tmp_path / "p.csv", tmp_path / "p.csv.zst"
    source.write_text(LONG, encoding="utf-8")
    path.write_bytes(_compress(source))
    assert _read_all(path) == 40_000
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(DataError, match=r"p\.csv\.zst is cut off"):
        _read_all(path)
