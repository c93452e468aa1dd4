"""What holds for every engine: formats, orders and ways to join make no difference, and each fault is explained in three lines."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from memeci import evaluate
from memeci.config import ColumnsConfig
from memeci.engines import pairing
from memeci.engines.duckdb import DuckDBEngine
from memeci.errors import ConfigError, DataError, MemeciError
from memeci.metrics.means import build_score_metric
from memeci.readers import open_predictions
from memeci.records import Direction, Evaluation, Task, Unit
from tests.builders.tables import Measured, Run, write_table
from tests.contracts.test_metrics import SLICES, TASKS, draw

N = 100
GOOD: dict[str, list[Any]] = {
    "id": [f"{i:03d}" for i in range(N)],
    "label": ["好评" if i % 3 else "差评" for i in range(N)],
    "prediction": ["好评" if i % 5 else "差评" for i in range(N)],
    "score": [(i % 10) / 10 for i in range(N)],
}
CLASSES: dict[str, list[Any]] = {
    "id": GOOD["id"],
    "label": ["abc"[i % 3] for i in range(N)],
    "prediction": ["abc"[i % 3 if i % 4 else 0] for i in range(N)],
    **{f"prob_{c}": [p] * N for c, p in (("a", 0.5), ("b", 0.3), ("c", 0.2))},
}
NAN = float("nan")
Change = Callable[[dict[str, list[Any]]], dict[str, list[Any]]]


def change(column: str, at: int, value: Any) -> Change:
    return lambda d: {**d, column: [*d.get(column, [1.0] * N)[:at], value, *d.get(column, [1.0] * N)[at + 1 :]]}


def fill(column: str, make: Callable[[Any], Any]) -> Change:
    return lambda d: {**d, column: [make(value) for value in d[column]]}


def drop(column: str) -> Change:
    return lambda d: {name: values for name, values in d.items() if name != column}


def same(d: dict[str, list[Any]]) -> dict[str, list[Any]]:
    return d


def run(folder: Path, candidate: Any, baseline: Any, suffix: str = ".csv", **settings: Any) -> Evaluation:
    """Evaluate two tables through files, as a user would."""
    paths = [
        d if isinstance(d, str) else str(write_table(folder / f"{name}{suffix}", d)) for name, d in (("new", candidate), ("old", baseline))
    ]
    return evaluate(paths[0], baseline=paths[1], **settings)


# ------ faults: what is done to the candidate, to the baseline, and the words the error must have

FAULTS: dict[str, tuple[Change, Change, list[str]]] = {
    "no label column in the baseline": (same, drop("label"), ["old", "no label column"]),
    "no prediction column in the baseline": (same, drop("prediction"), ["old", "no column for the prediction"]),
    "no label column at all": (
        drop("label"),
        drop("label"),
        ["new", "neither labels with predictions", "columns: {label:", "metrics: [{name:"],
    ),
    "no id column in the baseline": (same, drop("id"), ["old", "no id column", "row number"]),
    "no id column in the candidate": (drop("id"), same, ["new", "no id column"]),
    "no ids and other lengths": (drop("id"), lambda d: {k: v[:50] for k, v in drop("id")(d).items()}, ["100", "50", "neither has ids"]),
    "duplicate id in the candidate": (change("id", 5, "000"), same, ["new", '"000" 2 times', "columns.group"]),
    "duplicate id in the baseline": (same, change("id", 5, "000"), ["old", '"000" 2 times']),
    "duplicate id in both alike": (change("id", 5, "000"), change("id", 5, "000"), ['"000" 2 times']),
    "no common id": (fill("id", lambda x: "x" + x), same, ["no id in common", "x000", "--baseline none"]),
    "missing id": (change("id", 5, None), same, ["1 of 100 examples have no id"]),
    "missing label": (change("label", 5, None), same, ["1 of 100 examples have no label", "005"]),
    "missing prediction": (same, change("prediction", 5, None), ["old", "1 of 100 examples have no prediction"]),
    "other classes predicted": (fill("prediction", lambda x: x + "!"), same, ["no prediction is one of the labels", "好评!"]),
    "other classes in the baseline": (
        same,
        lambda d: fill("prediction", lambda x: "01"[x == "好评"])(fill("label", lambda x: "01"[x == "好评"])(d)),
        ["no prediction of", "old", "one of the labels"],
    ),
    "NaN score": (change("score", 5, NAN), same, ["the score of 005 is nan", "1 of 100"]),
    "NaN score in the baseline": (same, change("score", 5, NAN), ["old", "the score of 005 is nan"]),
    "infinite score": (change("score", 5, float("-inf")), same, ["the score of 005 is -inf"]),
    "missing score": (change("score", 5, None), same, ["1 of 100 examples have no score", "columns.score: null"]),
    "text among scores": (change("score", 5, "high"), same, ['the score of 005 is "high"', "mixes types"]),
    "negative weight": (change("weight", 5, -0.5), same, ["the weight of 005 is -0.5", "zero or more"]),
    "all weights zero": (lambda d: {**d, "weight": [0] * N}, same, ["all weights are 0"]),
}


NOT_IN_JSON = {"NaN score", "NaN score in the baseline", "infinite score"}


@pytest.mark.parametrize(
    ("fault", "suffix"),
    [(f, s) for f in FAULTS for s in (".csv", ".jsonl", ".json", ".parquet") if not (f in NOT_IN_JSON and s.startswith(".json"))],
)
def test_every_fault_is_explained(fault: str, suffix: str, tmp_path: Path) -> None:
    break_candidate, break_baseline, words = FAULTS[fault]
    candidate, baseline = break_candidate(GOOD), break_baseline(GOOD)
    if suffix == ".parquet" and "high" in candidate["score"]:
        candidate["score"] = [str(value) for value in candidate["score"]]
    with pytest.raises(MemeciError) as caught:
        run(tmp_path, candidate, baseline, suffix)
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert caught.value.why
    assert caught.value.next_step
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("side", ["new", "old"])
@pytest.mark.parametrize("metric", ["log_loss", "brier", "expected_calibration_error"])
@pytest.mark.parametrize("table", [GOOD, CLASSES], ids=["binary", "multiclass"])
def test_a_score_outside_0_to_1_is_refused_where_a_probability_is_needed(table: Any, metric: str, side: str, tmp_path: Path) -> None:
    wrong = fill("score" if "score" in table else "prob_a", lambda x: 100 * x)(table)
    with pytest.raises(DataError, match=f"{metric} needs probabilities, and the scores of .*{side}.csv run from 0"):
        run(tmp_path, wrong if side == "new" else table, wrong if side == "old" else table, metrics=[metric])


def test_a_score_outside_0_to_1_still_ranks(tmp_path: Path) -> None:
    record = run(tmp_path, fill("score", lambda x: 100 * x)(GOOD), GOOD)
    assert {c.metric for c in record.comparisons} == {"accuracy", "f1", "macro_f1", "mcc", "roc_auc", "average_precision"}
    assert "run from 0 to 90" in record.verdict.notes[0].en


def test_a_baseline_without_scores_leaves_default_metrics_out_and_says_so(tmp_path: Path) -> None:
    record = run(tmp_path, GOOD, drop("score")(GOOD))
    assert [c.metric for c in record.comparisons] == ["accuracy", "f1", "macro_f1", "mcc"]
    assert "roc_auc" in record.verdict.notes[0].en


def test_a_metric_asked_for_that_the_baseline_cannot_give_has_a_reason(tmp_path: Path) -> None:
    (comparison,) = run(tmp_path, GOOD, drop("score")(GOOD), metrics=["roc_auc"]).comparisons
    assert comparison.baseline is None
    assert comparison.candidate is not None
    assert "baseline" in comparison.reason


def test_classes_need_no_score_column_beside_their_probabilities(tmp_path: Path) -> None:
    record = run(tmp_path, CLASSES, CLASSES)
    assert {"log_loss", "brier", "expected_calibration_error", "roc_auc_ovr"} <= {c.metric for c in record.comparisons}


# ------ broken files


def _write_csv_lines(path: Path, at: int, line: str) -> None:
    lines = write_table(path, GOOD).read_text(encoding="utf-8").splitlines()
    lines[at] = line
    path.write_text("\n".join(lines), encoding="utf-8")


def _write_cut(path: Path, share: float) -> None:
    data = write_table(path, GOOD).read_bytes()
    path.write_bytes(data[: int(len(data) * share)])


def _write_damaged_parquet(path: Path) -> None:
    data = write_table(path, GOOD).read_bytes()
    path.write_bytes(data[:100] + b"\xff" * 200 + data[300:])


BROKEN: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "empty": (".csv", lambda p: p.touch()),
    "only names": (".csv", lambda p: p.write_text("id,label,prediction\n")),
    "a parquet without rows": (".parquet", lambda p: write_table(p, {name: [] for name in GOOD})),
    "a short row": (".csv", lambda p: _write_csv_lines(p, 50, "049,好评")),
    "a long row": (".csv", lambda p: _write_csv_lines(p, 50, "049,好评,好评,1,2,3")),
    "an open quote": (".csv", lambda p: _write_csv_lines(p, 50, '"049,好评,好评,1')),
    "cut parquet": (".parquet", lambda p: _write_cut(p, 0.5)),
    "cut JSON": (".json", lambda p: _write_cut(p, 0.5)),
    "cut JSON lines": (".jsonl", lambda p: _write_cut(p, 0.505)),
    "damaged parquet": (".parquet", _write_damaged_parquet),
}


@pytest.mark.parametrize("fault", list(BROKEN))
def test_a_broken_file_is_explained(fault: str, tmp_path: Path) -> None:
    suffix, write = BROKEN[fault]
    path = tmp_path / f"broken{suffix}"
    write(path)
    with pytest.raises(DataError) as caught:
        run(tmp_path, str(path), GOOD)
    assert "broken" in str(caught.value)
    assert caught.value.why
    assert caught.value.next_step


def test_a_memory_limit_that_is_none_is_explained() -> None:
    with pytest.raises(ConfigError, match="'much' is no memory limit"):
        DuckDBEngine(memory_limit="much")


# ------ the same in every format


def _measure(folder: Path, path: Path | Mapping[str, Any], **settings: Any) -> Measured:
    return Run(**settings).measure(folder, path)


LOOKS: dict[str, dict[str, list[Any]]] = {
    "ids with zeros": {"id": ["007", "7", "08"], "label": ["a", "b", "a"], "prediction": ["a", "b", "b"]},
    "whole numbers": {"id": ["a", "b", "c"], "label": [1, 0, 1], "prediction": [1, 1, 1]},
    "floats": {"id": ["a", "b", "c"], "label": [1.0, 0.0, 1.0], "prediction": [1.0, 1.0, 1.0]},
    "texts": {"id": ["a", "b", "c"], "label": ["1", "0", "1"], "prediction": ["1", "1", "1"]},
    "truth values": {"id": ["a", "b", "c"], "label": [True, False, True], "prediction": [True, True, True]},
    "truth as text": {"id": ["a", "b", "c"], "label": ["True", "FALSE", "true"], "prediction": ["true", "true", "true"]},
    "quotes and lines": {"id": ['a"b', "c\nd", "e,f"], "label": ['x"', "y\nz", "好,评"], "prediction": ['x"', "y\nz", 'x"']},
    "numbers to predict": {"id": ["a", "b", "c"], "label": [0.1, -2.5, 1e-7], "prediction": [0.5, 1.0, 3.25]},
    "dates for ids": {
        "id": ["2026-01-02", "2026-01-02T03:04:05Z", "12:30:00"],
        "label": ["a", "b", "a"],
        "prediction": ["a", "b", "b"],
    },
    "uuids for ids": {
        "id": ["9F1B3C5E-0000-4000-8000-00000000000A", "9f1b3c5e-0000-4000-8000-00000000000b", "x"],
        "label": ["a", "b", "a"],
        "prediction": ["a", "b", "b"],
    },
    "large whole ids": {
        "id": [9223372036854775807, 9007199254740993, 3],
        "label": ["a", "b", "a"],
        "prediction": ["a", "b", "b"],
    },
    "empty slices": {
        "id": ["a", "b", "c"],
        "label": ["a", "b", "a"],
        "prediction": ["a", "b", "b"],
        "平台": ["安卓", None, "2.0"],
    },
}


@pytest.mark.parametrize("look", list(LOOKS))
def test_the_dataset_is_the_same_in_every_format(look: str, tmp_path: Path) -> None:
    slices = (("平台",),) if "平台" in LOOKS[look] else ()
    measured = [
        Run(slices=slices).measure(tmp_path, write_table(tmp_path / f"a{s}", LOOKS[look])) for s in (".parquet", ".csv", ".jsonl", ".json")
    ]
    assert len({m.digest for m in measured}) == 1
    assert len({(m.candidate.labels, m.candidate.predictions, m.slices) for m in measured}) == 1
    for other in measured[1:]:
        np.testing.assert_array_equal(other.measurements.candidate, measured[0].measurements.candidate)


def test_one_label_in_four_looks_is_one_label(tmp_path: Path) -> None:
    looks = ("whole numbers", "floats", "texts")
    assert len({Run(task=Task.BINARY).measure(tmp_path, LOOKS[look]).digest for look in looks}) == 1
    assert len({Run().measure(tmp_path, LOOKS[look]).digest for look in ("truth values", "truth as text")}) == 1


def test_another_label_or_id_is_another_dataset(tmp_path: Path) -> None:
    digests = [
        Run().measure(tmp_path, d).digest
        for d in (GOOD, change("label", 4, "差评")(GOOD), change("id", 3, "x")(GOOD), change("score", 3, 0.5)(GOOD))
    ]
    assert len(set(digests)) == 3
    assert digests[0] == digests[3]


def test_a_mark_at_the_beginning_and_compression_change_nothing(tmp_path: Path) -> None:
    plain = write_table(tmp_path / "a.csv", GOOD).read_bytes()
    (tmp_path / "bom.csv").write_bytes(b"\xef\xbb\xbf" + plain)
    (tmp_path / "gz.csv.gz").write_bytes(gzip.compress(plain))
    lines = write_table(tmp_path / "a.jsonl", GOOD).read_bytes()
    (tmp_path / "bom.jsonl").write_bytes(b"\xef\xbb\xbf" + lines)
    codec = pa.Codec("zstd")
    (tmp_path / "zst.csv.zst").write_bytes(codec.compress(plain, asbytes=True))
    names = ("a.csv", "bom.csv", "gz.csv.gz", "zst.csv.zst", "a.jsonl", "bom.jsonl")
    assert len({Run().measure(tmp_path, tmp_path / name).digest for name in names}) == 1


def test_values_of_several_types_in_json_are_read_as_text(tmp_path: Path) -> None:
    rows = [{"id": 1, "label": "a", "prediction": 1}, {"id": "x", "label": 1, "prediction": 1}]
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    measured = Run().measure(tmp_path, tmp_path / "a.jsonl")
    assert measured.candidate.labels == ("1", "a")
    assert measured.value("accuracy") == 0.5


def test_nan_in_parquet_is_found_whatever_the_statistics_say(tmp_path: Path) -> None:
    for column in (change("score", 0, NAN)(GOOD)["score"], [NAN, *[1.0] * (N - 1)]):
        pq.write_table(pa.table({**GOOD, "score": column}), tmp_path / "a.parquet")
        with pytest.raises(DataError, match="the score of 000 is nan"):
            run(tmp_path, str(tmp_path / "a.parquet"), GOOD)


def test_a_float_label_that_is_nan_is_no_label(tmp_path: Path) -> None:
    table = {"id": ["a", "b", "c"], "label": [1.0, NAN, 0.0], "prediction": ["1", "1", "0"]}
    with pytest.raises(DataError, match="1 of 3 examples have no label"):
        Run(task=Task.BINARY).measure(tmp_path, table)


def test_lists_of_labels_may_be_lists_or_text(tmp_path: Path) -> None:
    lists = {"id": ["a", "b", "c"], "label": [["x", "y"], [], ["y"]], "prediction": [["y", "x", "x"], ["y"], []]}
    texts = {"id": ["a", "b", "c"], "label": ["x | y", None, "y"], "prediction": ["y|x|x", "y", None]}
    first = Run(task=Task.MULTILABEL).measure(tmp_path, lists)
    for suffix in (".csv", ".jsonl", ".parquet"):
        second = Run(task=Task.MULTILABEL).measure(tmp_path, write_table(tmp_path / f"t{suffix}", texts))
        assert second.digest == first.digest
        np.testing.assert_array_equal(second.measurements.candidate, first.measurements.candidate)
    assert first.value("subset_accuracy") == pytest.approx(1 / 3)


# ------ the ways to join


def _assert_same(a: Measured, b: Measured) -> None:
    for name in ("baseline", "candidate", "delta", "se", "se_plus", "n", "n_units", "n_positive", "n_negative"):
        np.testing.assert_array_equal(getattr(a.measurements, name), getattr(b.measurements, name), err_msg=name)
    assert a.measurements.tests == b.measurements.tests
    assert a.pair.overlap == b.pair.overlap


@TASKS
@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("share", [1.0, 0.97], ids=["same ids", "partial overlap"])
def test_a_pair_that_is_joined_anew_gives_the_same(task: Task, weighted: bool, share: float, tmp_path: Path, monkeypatch: Any) -> None:
    candidate, baseline = draw(task, np.random.default_rng(8), 1_500, weighted=weighted)
    candidate["group"] = [f"g{i % 400}" for i in range(1_500)]
    baseline = {name: values[: int(1_500 * share)] for name, values in baseline.items()}
    settings = Run(task=task, slices=SLICES)
    stored = settings.measure(tmp_path, candidate, baseline)
    assert stored.pair.stored
    monkeypatch.setattr(pairing, "MATERIALIZE_UP_TO", 10)
    joined = settings.measure(tmp_path, candidate, baseline)
    assert not joined.pair.stored
    _assert_same(stored, joined)


@TASKS
def test_a_baseline_that_was_relabelled_is_judged_by_todays_labels(task: Task, tmp_path: Path) -> None:
    candidate, baseline = draw(task, np.random.default_rng(9), 300)
    settings = Run(task=task)
    expected = settings.measure(tmp_path, candidate, baseline)
    relabelled = settings.measure(tmp_path, candidate, {**baseline, "label": [*baseline["label"][1:], baseline["label"][0]]})
    np.testing.assert_array_equal(relabelled.measurements.baseline, expected.measurements.baseline)
    assert relabelled.pair.overlap is not None
    assert relabelled.pair.overlap.relabelled > 0


@pytest.mark.parametrize("limit", [10, 2_000_000], ids=["joined anew", "stored"])
@pytest.mark.parametrize("sides", ["candidate", "baseline", "both"])
def test_a_duplicate_id_is_found_in_every_way_to_join(sides: str, limit: int, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(pairing, "MATERIALIZE_UP_TO", limit)
    double = change("id", 5, "000")
    candidate = double(GOOD) if sides != "baseline" else GOOD
    baseline = double(GOOD) if sides != "candidate" else GOOD
    for task in (Task.BINARY, Task.SCORES):
        settings = Run(task=task, metrics=() if task is Task.SCORES else None, numbers=("score",))
        with pytest.raises(DataError, match='has the id "000" 2 times'):
            settings.measure(tmp_path, candidate, baseline)


def test_groups_are_counted_among_common_examples_only(tmp_path: Path) -> None:
    candidate = {**GOOD, "group": [str(i // 2) for i in range(N)]}
    measured = Run(metrics=("accuracy",)).measure(tmp_path, candidate, {k: v[:98] for k, v in GOOD.items()})
    assert measured.measurements.n_units.tolist() == [49]


def test_row_numbers_pair_files_without_ids(tmp_path: Path) -> None:
    with_ids, without = Run().measure(tmp_path, GOOD, GOOD), Run().measure(tmp_path, drop("id")(GOOD), drop("id")(GOOD))
    np.testing.assert_allclose(without.measurements.candidate, with_ids.measurements.candidate, rtol=1e-12)


# ------ determinism and resources


def test_the_same_predictions_in_another_order_give_the_same_record(tmp_path: Path) -> None:
    rng = np.random.default_rng(12)
    candidate, baseline = draw(Task.BINARY, rng, 3_000, weighted=True)
    order = rng.permutation(3_000)
    first = run(tmp_path, candidate, baseline, ".parquet", slices=["平台", ["平台", "lang"]])
    second = run(
        tmp_path, {k: [v[i] for i in order] for k, v in candidate.items()}, baseline, ".parquet", slices=["平台", ["平台", "lang"]]
    )
    for field in Evaluation.__struct_fields__:
        if field != "provenance":
            assert getattr(first, field) == getattr(second, field), field


WRITE_LARGE = """
import sys
from pathlib import Path
import numpy as np, pyarrow as pa, pyarrow.parquet as pq

folder, n = Path(sys.argv[1]), 3_000_000
rng = np.random.default_rng(0)
ids = pa.array(np.char.add("example-with-a-long-id-", np.arange(n).astype(str)))
y = rng.integers(0, 5, n)
for name in ("new", "old"):
    p = np.where(rng.random(n) < 0.9, y, rng.integers(0, 5, n))
    table = {"id": ids, "label": y.astype(str), "prediction": p.astype(str), "latency": rng.gamma(2, 1, n)}
    pq.write_table(pa.table(table), folder / f"{name}.parquet")
"""


@pytest.mark.slow
def test_more_than_fits_into_memory_is_spilled_and_the_spill_removed(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "spill").mkdir()
    subprocess.run([sys.executable, "-c", WRITE_LARGE, str(tmp_path)], check=True)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "spill"))
    mean = build_score_metric("latency", "latency", Direction.LOWER, Unit.NUMBER)
    settings = Run(task=Task.MULTICLASS, metrics=("accuracy", "macro_f1", mean), numbers=("latency",), memory_limit="150MB")
    measured = settings.measure(tmp_path, tmp_path / "new.parquet", tmp_path / "old.parquet")
    assert measured.value("accuracy") == pytest.approx(0.92, abs=0.002)
    assert measured.value("latency") == pytest.approx(2, abs=0.01)
    assert list((tmp_path / "spill").iterdir()) == []


def test_an_engine_leaves_no_folder_behind(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    path = write_table(tmp_path / "a.parquet", GOOD)
    with DuckDBEngine() as engine:
        assert [c.name for c in engine.describe(open_predictions(path))] == list(GOOD)
    assert [p.name for p in tmp_path.iterdir()] == ["a.parquet"]


def test_a_folder_with_brackets_is_taken_literally(tmp_path: Path) -> None:
    (tmp_path / "v[1]*").mkdir()
    assert Run().measure(tmp_path, write_table(tmp_path / "v[1]*" / "a.csv", GOOD)).candidate.n == N


def test_a_column_may_have_any_name(tmp_path: Path) -> None:
    hostile = "x\"}{number:y}'; drop table pair; --"
    columns = ColumnsConfig(label=hostile)
    table = {"id": GOOD["id"], hostile: GOOD["label"], "prediction": GOOD["prediction"]}
    assert Run(columns=columns).measure(tmp_path, table).value("accuracy") == Run().measure(tmp_path, GOOD).value("accuracy")
