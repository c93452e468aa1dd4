"""Odd names of columns mean the same in every format: twins are refused, and a column without a name is in nobody's way."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.builders.commands import Ran, run_memeci

N = 60
TRUTH = ["xy"[i % 2] for i in range(N)]
WRONG = ["yx"[i % 2] for i in range(N)]
IDS = [f"e{i}" for i in range(N)]
FORMATS = ("p.csv", "p.jsonl", "p.json", "p.parquet", "p.jsonl.zst", "p.csv.zst", "p.csv.gz")

Column = tuple[str, Sequence[object]]


def write(folder: Path, name: str, columns: Sequence[Column]) -> str:
    plain = folder / name.removesuffix(".zst").removesuffix(".gz")
    names, values = [name for name, _ in columns], [list(column) for _, column in columns]
    if plain.suffix == ".parquet":
        pq.write_table(pa.Table.from_arrays([pa.array(v) for v in values], names=names), plain)
    elif plain.suffix == ".csv":
        plain.write_text("\n".join(",".join(map(str, row)) for row in (names, *zip(*values, strict=True))) + "\n")
    else:
        rows = [
            f"{{{', '.join(f'{json.dumps(n)}: {json.dumps(v)}' for n, v in zip(names, row, strict=True))}}}"
            for row in zip(*values, strict=True)
        ]
        plain.write_text("\n".join(rows) + "\n" if plain.suffix == ".jsonl" else f"[{','.join(rows)}]")
    if name.endswith(".zst"):
        subprocess.run(["zstd", "-q", "--rm", str(plain)], check=True)
    if name.endswith(".gz"):
        subprocess.run(["gzip", str(plain)], check=True)
    return name


def evaluate(folder: Path, name: str) -> Ran:
    return run_memeci(folder, "evaluate", name, "--no-meme", "--baseline", "none")


def accuracy(ran: Ran) -> float | None:
    assert ran.code == 0, ran.err
    return next(c.candidate for c in ran.record.comparisons if c.metric == "accuracy" and not c.slice)


@pytest.mark.parametrize("twins", [(("prediction", TRUTH), ("Prediction", WRONG)), (("Prediction", WRONG), ("prediction", TRUTH))])
@pytest.mark.parametrize("name", FORMATS)
def test_names_that_differ_in_case_only__are_refused(name: str, twins: Sequence[Column], tmp_path: Path) -> None:
    ran = evaluate(tmp_path, write(tmp_path, name, [("id", IDS), ("label", TRUTH), *twins]))
    assert ran.code == 2
    assert f"{name} has two columns " in ran.err
    assert "which differ in case only" in ran.err


@pytest.mark.parametrize("name", ["p.csv", "p.parquet", "p.csv.zst"])
def test_two_columns_of_one_name__are_refused(name: str, tmp_path: Path) -> None:
    ran = evaluate(tmp_path, write(tmp_path, name, [("id", IDS), ("label", TRUTH), ("prediction", TRUTH), ("prediction", WRONG)]))
    assert ran.code == 2
    assert f'{name} has two columns "prediction".' in ran.err


@pytest.mark.parametrize("name", ["p.jsonl", "p.json", "p.jsonl.zst"])
def test_a_key_twice_in_one_object__is_refused_by_name(name: str, tmp_path: Path) -> None:
    ran = evaluate(tmp_path, write(tmp_path, name, [("id", IDS), ("label", TRUTH), ("prediction", TRUTH), ("prediction", WRONG)]))
    assert ran.code == 2
    assert f'{name} has an example with the key "prediction" twice.' in ran.err


def test_a_twin_in_a_few_examples__is_refused(tmp_path: Path) -> None:
    rows = [{"id": i, "label": "x", ("prediction" if i < N - 1 else "Prediction"): "x"} for i in range(N)]
    (tmp_path / "p.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert 'two columns "Prediction" and "prediction"' in evaluate(tmp_path, "p.jsonl").err


def test_twins_inside_a_nested_value__are_none(tmp_path: Path) -> None:
    nested = pa.array([{"label": "q", "a": {"Label": 1, "label_1": 2}}] * N)
    pq.write_table(pa.table({"id": IDS, "more": nested, "label": TRUTH, "label_1": WRONG, "prediction": TRUTH}), tmp_path / "p.parquet")
    assert accuracy(evaluate(tmp_path, "p.parquet")) == 1


@pytest.mark.parametrize("name", FORMATS)
def test_names_that_only_look_renamed__are_no_twins(name: str, tmp_path: Path) -> None:
    columns: list[Column] = [("id", IDS), ("label", TRUTH), ("prediction", TRUTH), ("prediction_1", WRONG)]
    assert accuracy(evaluate(tmp_path, write(tmp_path, name, columns))) == 1


@pytest.mark.parametrize("name", FORMATS)
def test_a_column_without_a_name__is_passed_over(name: str, tmp_path: Path) -> None:
    columns: list[Column] = [("", range(N)), ("id", IDS), ("label", TRUTH), ("prediction", TRUTH), ("score", [0.5] * N)]
    assert accuracy(evaluate(tmp_path, write(tmp_path, name, columns))) == 1


@pytest.mark.parametrize("name", ["p.jsonl", "p.json"])
def test_objects_wider_than_a_map__are_columns_all_the_same(name: str, tmp_path: Path) -> None:
    labels = [i % 2 for i in range(N)]
    columns: list[Column] = [("id", range(N)), ("label", labels), ("prediction", labels), *((f"f{i}", range(N)) for i in range(300))]
    assert accuracy(evaluate(tmp_path, write(tmp_path, name, columns))) == 1


def test_classes_that_differ_in_case_only__can_be_released_and_compared_with(tmp_path: Path) -> None:
    labels = ["aA"[i % 2] for i in range(N)]
    columns: list[Column] = [
        ("id", IDS),
        ("label", labels),
        ("prediction", labels),
        ("up", [0.5] * N),
        ("low", [0.5] * N),
        ("Label", TRUTH),
    ]
    write(tmp_path, "p.csv", [*columns[:1], ("y_true", labels), *columns[2:]])
    (tmp_path / "memeci.yml").write_text("columns: {label: y_true, probabilities: {A: up, a: low}}\nslices: [Label]\npredictions: p.csv\n")
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "x"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    assert run_memeci(tmp_path, "evaluate", "--no-meme").code == 0
    released = run_memeci(tmp_path, "release")
    assert released.code == 0, released.err
    again = run_memeci(tmp_path, "evaluate", "--no-meme")
    assert again.code == 0, again.err
