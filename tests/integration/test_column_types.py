"""Columns of every type that parquet and JSON have, as labels, slices and ids: taken as the text they are, the same in every format."""

from __future__ import annotations

import datetime
import decimal
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.builders.commands import run_memeci

N = 80
DAY = datetime.date(2026, 1, 2)
MOMENT = datetime.datetime(2026, 1, 2, 3, 4, 5)

TYPES = {
    "date": (pa.array([DAY, DAY.replace(day=3)]), ["2026-01-02", "2026-01-03"]),
    "timestamp": (pa.array([MOMENT, MOMENT.replace(day=3)], pa.timestamp("ms")), ["2026-01-02 03:04:05", "2026-01-03 03:04:05"]),
    "zoned": (
        pa.array([MOMENT, MOMENT.replace(day=3)], pa.timestamp("us", tz="Asia/Shanghai")),
        ["2026-01-02 03:04:05+00", "2026-01-03 03:04:05+00"],
    ),
    "time": (pa.array([datetime.time(1), datetime.time(2)]), ["01:00:00", "02:00:00"]),
    "decimal": (pa.array([decimal.Decimal("1.00"), decimal.Decimal("2.00")]), ["1", "2"]),
    "struct": (pa.array([{"a": 1}, {"a": 2}]), ["{'a': 1}", "{'a': 2}"]),
    "bytes": (pa.array([b"abc", b"\xff"]), ["\\xFF", "abc"]),
    "enum": (pa.array(["x", "y"]).dictionary_encode(), ["x", "y"]),
    "uuid": (
        pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"\0" * 15 + b"\1", b"\0" * 15 + b"\2"], pa.binary(16))),
        ["00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002"],
    ),
}


def _repeat(column: pa.Array) -> pa.Array:
    return column.take(pa.array([i % 2 for i in range(N)]))


@pytest.mark.parametrize("name", TYPES)
def test_labels_of_any_type__are_the_text_they_are(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    column, labels = TYPES[name]
    pq.write_table(pa.table({"id": list(range(N)), "label": _repeat(column), "prediction": _repeat(column)}), tmp_path / "p.parquet")
    ran = run_memeci(tmp_path, "evaluate", "p.parquet", "--baseline", "p.parquet", "--no-meme")
    assert ran.code == 0, ran.err
    assert list(ran.record.dataset.labels) == labels


@pytest.mark.parametrize("name", TYPES)
def test_slices_of_any_type__are_the_text_they_are(tmp_path: Path, name: str) -> None:
    column, labels = TYPES[name]
    table = {"id": list(range(N)), "label": ["a", "b"] * (N // 2), "prediction": ["a", "b"] * (N // 2), "day": _repeat(column)}
    pq.write_table(pa.table(table), tmp_path / "p.parquet")
    ran = run_memeci(tmp_path, "evaluate", "p.parquet", "--no-meme", "--slice", "day")
    assert ran.code == 0, ran.err
    assert {c.slice["day"] for c in ran.record.comparisons if c.slice} == set(labels)


UNTOUCHED = ["2026-01-02", "2026-01-02T03:04:05Z", "03:04:05", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "007"]


@pytest.mark.parametrize("like", UNTOUCHED)
@pytest.mark.parametrize("suffix", [".jsonl", ".json"])
def test_texts_in_json_that_look_like_something_else__stay_as_they_are_written(tmp_path: Path, like: str, suffix: str) -> None:
    rows = [{"id": f"{like[:-2]}{i:02}", "label": like, "prediction": like, "day": like} for i in range(N)]
    text = "".join(json.dumps(row) + "\n" for row in rows) if suffix == ".jsonl" else json.dumps(rows)
    (tmp_path / f"p{suffix}").write_text(text, encoding="utf-8")
    csv = "id,label,prediction,day\n" + "".join(",".join(row.values()) + "\n" for row in rows)
    (tmp_path / "p.csv").write_text(csv, encoding="utf-8")
    ran = run_memeci(tmp_path, "evaluate", f"p{suffix}", "--baseline", "p.csv", "--no-meme", "--slice", "day", "--task", "multiclass")
    assert ran.code == 0, ran.err
    assert ran.record.dataset.labels == (like,)
    assert {c.slice["day"] for c in ran.record.comparisons if c.slice} == {like}
    assert ran.record.dataset.change is None


def test_a_moment_with_a_zone__reaches_a_metric_function_as_text(tmp_path: Path) -> None:
    moments = pa.array([MOMENT] * N, pa.timestamp("us", tz="UTC"))
    table = {"id": list(range(N)), "label": ["a", "b"] * (N // 2), "prediction": ["a", "b"] * (N // 2), "at": moments}
    pq.write_table(pa.table(table), tmp_path / "p.parquet")
    (tmp_path / "mine.py").write_text("def hour(example):\n    return float(example['at'][11:13])\n", encoding="utf-8")
    settings = "model: m\nmetrics: [{name: hour, function: 'mine:hour', direction: higher, unit: number}]\n"
    (tmp_path / "memeci.yml").write_text(settings, encoding="utf-8")
    ran = run_memeci(tmp_path, "evaluate", "p.parquet", "--no-meme")
    assert ran.code == 0, ran.err
    assert ran.record.comparisons[0].candidate == 3.0
