"""What a reader opens, the engine reads: every format, compression, mark and delimiter gives the same rows."""

from __future__ import annotations

import gzip
import json
import subprocess
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from memeci.config import ColumnsConfig
from memeci.engines.duckdb import DuckDBEngine
from memeci.engines.quoting import quote_name
from memeci.errors import DataError
from memeci.readers import open_predictions, resolve_columns

ROWS = [("007", "好评", "1.0", "很快，好吃\n量大"), ("008", "差,评", "1", 'said "no"'), ("009", "true", "x", "")]
NAMES = ("编号", "标签", "预测", "文本")


def _as_text(delimiter: str) -> str:
    quoted = ['"' + f'"{delimiter}"'.join(value.replace('"', '""') for value in row) + '"' for row in (NAMES, *ROWS)]
    return "\n".join(quoted) + "\n"


def _as_objects() -> list[dict[str, str]]:
    return [dict(zip(NAMES, row, strict=True)) for row in ROWS]


def _write(folder: Path, name: str) -> Path:
    path = folder / name
    if ".parquet" in name:
        pq.write_table(pa.table({n: list(c) for n, c in zip(NAMES, zip(*ROWS, strict=True), strict=True)}), path)
        return path
    if ".json" in name:
        lines = "\n".join(json.dumps(o, ensure_ascii=False) for o in _as_objects()) + "\n"
        text = lines if "lines" in name else json.dumps(_as_objects(), indent=2, ensure_ascii=False)
    else:
        text = _as_text("\t" if ".tsv" in name else ";" if "semicolon" in name else ",")
    data = (text.replace("\n", "\r\n") if "windows" in name else text).encode("utf-8-sig" if "bom" in name else "utf-8")
    if name.endswith(".zst"):
        plain = path.with_suffix("")
        plain.write_bytes(data)
        subprocess.run(["zstd", "-q", "--rm", str(plain)], check=True)
    else:
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def _read(path: Path) -> list[tuple[str, ...]]:
    relation = open_predictions(path)
    with DuckDBEngine() as engine:
        columns = resolve_columns(engine.describe(relation), ColumnsConfig(), source=relation.name)
        chosen = (columns.id, columns.label, columns.prediction, columns.text)
        named = ", ".join(f"coalesce({quote_name(name)}::varchar, '')" for name in chosen if name)
        query = f"select {named} from {engine.scan(relation)} order by 1"  # noqa: S608
        return [tuple(row) for row in engine.fetch_rows(query)]


@pytest.mark.parametrize(
    "name",
    [
        "p.parquet",
        "p.csv",
        "bom.csv",
        "semicolon.csv",
        "p.tsv",
        "p.csv.gz",
        "bom.tsv.gz",
        "p.csv.zst",
        "p.json",
        "bom.json",
        "p.json.gz",
        "p.json.zst",
        "lines.json",
        "lines.jsonl",
        "bom-lines.jsonl",
        "lines.jsonl.gz",
        "bom-lines.jsonl.gz",
        "lines.jsonl.zst",
    ],
)
def test_same_rows__whatever_the_file(name: str, tmp_path: Path) -> None:
    assert _read(_write(tmp_path, name)) == [tuple(row) for row in ROWS]


def test_windows_line_ends__are_no_part_of_a_value(tmp_path: Path) -> None:
    assert [row[:3] for row in _read(_write(tmp_path, "windows.csv"))] == [row[:3] for row in ROWS]


def test_folder_of_parts__is_one_table(tmp_path: Path) -> None:
    for i, part in enumerate((ROWS[:1], ROWS[1:])):
        (tmp_path / f"part-{i}.csv").write_text("id,label\n" + "".join(f"{row[0]},x\n" for row in part))
    assert [row[0] for row in _read(tmp_path)] == ["007", "008", "009"]


@pytest.mark.parametrize("name", ["part.csv", "part.parquet", "part.jsonl"])
@pytest.mark.parametrize("pattern", ["", "/*/part.*", "/**/*"])
def test_folders_that_carry_a_column__give_it(name: str, pattern: str, tmp_path: Path) -> None:
    base = tmp_path / "run=3"
    for value in ("a", "b"):
        (base / f"label={value}").mkdir(parents=True)
        part = base / f"label={value}" / name
        if name.endswith("parquet"):
            pq.write_table(pa.table({"id": [f"{value}1"]}), part)
        else:
            part.write_text(f'{{"id": "{value}1"}}\n' if name.endswith("jsonl") else f"id,x\n{value}1,\n")
    assert _read(Path(f"{base}{pattern}")) == [("a1", "a"), ("b1", "b")]


def test_folders_above__are_places_and_no_columns(tmp_path: Path) -> None:
    folder = tmp_path / "label=wrong"
    folder.mkdir()
    (folder / "p.csv").write_text("id,label\n1,right\n")
    assert _read(folder / "p.csv") == _read(folder) == [("1", "right")]


def test_file_name_with_glob_characters_and_quotes__is_read_literally(tmp_path: Path) -> None:
    path = tmp_path / "it's [v1]*.csv"
    path.write_text("id,label\n1,a\n")
    (tmp_path / "it's 1x.csv").write_text("id,label\n2,b\n")
    assert _read(path) == [("1", "a")]


def test_blank_lines_and_unnamed_columns__lose_no_row(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("\n,id,label\n0,007,a\n\n1,#8,b\n\n")
    assert _read(path) == [("#8", "b"), ("007", "a")]


def test_row_that_does_not_fit_far_down__is_named_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("id,label\n" + "".join(f"{i},some label\n" for i in range(9000)) + "9000\n")
    with pytest.raises(DataError) as caught:
        _read(path)
    assert "9002" in caught.value.why


@pytest.mark.shared
def test_real_files__have_their_rows(shared_data: Path) -> None:
    counts = {"waimai/lr_char12_C1.csv": 3592, "waimai/lr_char12_C1.parquet": 3592, "evaltools/lm_eval/samples_*.jsonl": 185}
    for pattern, n in counts.items():
        assert len(_read(next(shared_data.glob(pattern)))) == n
