"""The footer guard against pyarrow's own reading of the same files, and against damaged and boastful ones."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from memeci.errors import DataError
from memeci.registry.parquet_footer import check_predictions, read_footer


@pytest.mark.parametrize("compression", ["none", "snappy", "zstd"])
@pytest.mark.parametrize("n", [0, 1, 1000])
def test_rows_and_size__are_what_pyarrow_reads(tmp_path: Path, compression: str, n: int) -> None:
    path = tmp_path / "p.parquet"
    table = pa.table({"id": [f"例{i}" for i in range(n)], "score": [i / 7 for i in range(n)], "ok": [True] * n})
    pq.write_table(table, path, compression=compression, row_group_size=100)
    metadata = pq.read_metadata(path)
    footer = read_footer(path)
    assert (metadata.num_rows, sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))) == (
        footer.rows,
        footer.unpacked,
    )
    check_predictions(path, n, "x")


def test_another_number_of_rows_than_the_record_says__is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    pq.write_table(pa.table({"id": ["a", "b"]}), path)
    with pytest.raises(DataError, match="cannot be used") as caught:
        check_predictions(path, 3, "sentiment@v1.0.0")
    assert "2 rows, its record is about 3 examples" in caught.value.why


def test_a_bomb__is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    pq.write_table(pa.table({"id": ["\0" * 200_000_000]}), path, compression="zstd", use_dictionary=False)
    assert path.stat().st_size < 100_000
    with pytest.raises(DataError) as caught:
        check_predictions(path, 1, "x")
    assert "would unpack to 200,0" in caught.value.why


def test_no_damage__gets_through_or_crashes(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    pq.write_table(pa.table({"id": ["a", "b"], "score": [0.5, 0.25]}), path)
    whole = path.read_bytes()
    rng = random.Random(0)
    for _ in range(2000):
        damaged = bytearray(whole[: rng.randrange(len(whole))] if rng.random() < 0.3 else whole)
        for _ in range(rng.randrange(4)):
            if damaged:
                damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        path.write_bytes(damaged)
        try:
            check_predictions(path, 2, "x")
        except DataError:
            continue


@pytest.mark.parametrize(
    "content", [b"", b"PAR1", b"PAR1\xff\xff\xff\xffPAR1", b"PAR1" + b"\x0c" * 100 + b"\x64\0\0\0PAR1", b"id,label\n" * 9]
)
def test_what_is_no_parquet__is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "p").write_bytes(content)
    with pytest.raises(DataError, match="cannot be used"):
        check_predictions(tmp_path / "p", 2, "x")
