"""What holds for every metric: it agrees with scikit-learn or scipy to 1e-9, on all data and within slices, by the real path."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.stats
import sklearn.metrics as sk
from numpy.typing import NDArray

from memeci.measurements import SliceKey
from memeci.metrics import METRICS, Metric
from memeci.records import Task, Unit
from tests.builders.tables import Measured, Run, shuffle_table, split_table, write_table

Array = NDArray[Any]
LABELS = {Task.BINARY: ("差评", "好评"), Task.MULTICLASS: ("中性", "愤怒", "高兴", 'a "quote",\nand a line')}
SLICES = (("平台",), ("lang",), ("平台", "lang"))


@dataclass(frozen=True)
class Side:
    """One model's predictions of some rows, as a reference sees them. ``weight`` is None where there are none."""

    label: Array
    prediction: Array
    score: Array | None = None
    probabilities: Array | None = None
    labels: tuple[str, ...] = ()
    weight: Array | None = None

    @property
    def positive(self) -> Array:
        return (self.label == "好评").astype(int)

    @property
    def indicators(self) -> tuple[Array, Array]:
        def mark(column: Array) -> Array:
            return np.array([[label in row for label in self.labels] for row in column], dtype=int)

        return mark(self.label), mark(self.prediction)


Reference = Callable[[Side], float]


def _of_labels(function: Callable[..., float], **options: Any) -> Reference:
    return lambda s: float(function(s.label, s.prediction, sample_weight=s.weight, **options))


def _of_positive(function: Callable[..., float]) -> Reference:
    return _of_labels(function, pos_label="好评", zero_division=np.nan)


def _of_indicators(function: Callable[..., float], **options: Any) -> Reference:
    return lambda s: float(function(*s.indicators, sample_weight=s.weight, **options))


def _of_numbers(function: Callable[..., float]) -> Reference:
    return lambda s: float(function(s.label, s.prediction, sample_weight=s.weight))


def _specificity(s: Side) -> float:
    return float(sk.recall_score(s.label, s.prediction, pos_label="差评", sample_weight=s.weight, zero_division=np.nan))


def _expected_calibration_error(right: Array, score: Array, weight: Array | None) -> float:
    """Naeini 2015, bin by bin."""
    w = np.ones(len(right)) if weight is None else weight
    error = 0.0
    for i in range(15):
        inside = (score > i / 15) & (score <= (i + 1) / 15) | ((score == 0) & (i == 0))
        if w[inside].sum() > 0:
            error += (
                w[inside].sum() / w.sum() * abs(np.average(score[inside], weights=w[inside]) - np.average(right[inside], weights=w[inside]))
            )
    return error


def _smape(s: Side) -> float:
    size = np.abs(s.label) + np.abs(s.prediction)
    return float(np.average(np.where(size == 0, 0, 2 * np.abs(s.label - s.prediction) / np.where(size == 0, 1, size)), weights=s.weight))


def _weighted_pearson(s: Side) -> float:
    if s.weight is None:
        return float(scipy.stats.pearsonr(s.label, s.prediction).statistic)
    covariance = np.cov(s.label, s.prediction, aweights=s.weight)
    return float(covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1]))


def _spearman(s: Side) -> float:
    return float(scipy.stats.spearmanr(s.label, s.prediction).statistic) if s.weight is None else float("nan")


def _one_vs_rest_precision(s: Side) -> float:
    binary = np.array([s.label == label for label in s.labels]).T.astype(int)
    return float(sk.average_precision_score(binary, s.probabilities, average="macro", sample_weight=s.weight))


def _averages(of: Callable[..., Reference]) -> dict[str, Reference]:
    ratios = {"precision": sk.precision_score, "recall": sk.recall_score, "f1": sk.f1_score}
    return {
        f"{average}_{name}": of(function, average=average, zero_division=0.0)
        for name, function in ratios.items()
        for average in ("macro", "micro", "weighted")
    }


_BOTH: dict[str, Reference] = {
    "accuracy": _of_labels(sk.accuracy_score),
    "balanced_accuracy": _of_labels(sk.balanced_accuracy_score),
    **_averages(_of_labels),
    "mcc": _of_labels(sk.matthews_corrcoef),
    "cohen_kappa": _of_labels(sk.cohen_kappa_score),
}

REFERENCES: Mapping[Task, Mapping[str, Reference]] = {
    Task.BINARY: {
        **_BOTH,
        "precision": _of_positive(sk.precision_score),
        "recall": _of_positive(sk.recall_score),
        "f1": _of_positive(sk.f1_score),
        "specificity": _specificity,
        "false_positive_rate": lambda s: 1 - _specificity(s),
        "false_negative_rate": lambda s: 1 - _of_positive(sk.recall_score)(s),
        "roc_auc": lambda s: float(sk.roc_auc_score(s.positive, s.score, sample_weight=s.weight)),
        "average_precision": lambda s: float(sk.average_precision_score(s.positive, s.score, sample_weight=s.weight)),
        "log_loss": lambda s: float(sk.log_loss(s.positive, s.score, sample_weight=s.weight, labels=[0, 1])),
        "brier": lambda s: float(sk.brier_score_loss(s.positive, s.score, sample_weight=s.weight)),
        "expected_calibration_error": lambda s: _expected_calibration_error(s.positive, s.score, s.weight),
    },
    Task.MULTICLASS: {
        **_BOTH,
        "roc_auc_ovr": lambda s: float(
            sk.roc_auc_score(s.label, s.probabilities, multi_class="ovr", labels=list(s.labels), sample_weight=s.weight)
        ),
        "average_precision_ovr": _one_vs_rest_precision,
        "log_loss": lambda s: float(sk.log_loss(s.label, s.probabilities, labels=list(s.labels), sample_weight=s.weight)),
        "brier": lambda s: float(sk.brier_score_loss(s.label, s.probabilities, labels=list(s.labels), sample_weight=s.weight)),
        "expected_calibration_error": lambda s: _expected_calibration_error(s.label == s.prediction, s.probabilities.max(axis=1), s.weight),
    },
    Task.MULTILABEL: {
        **_averages(_of_indicators),
        "hamming_loss": _of_indicators(sk.hamming_loss),
        "subset_accuracy": _of_indicators(sk.accuracy_score),
    },
    Task.REGRESSION: {
        "mae": _of_numbers(sk.mean_absolute_error),
        "rmse": _of_numbers(sk.root_mean_squared_error),
        "median_absolute_error": _of_numbers(sk.median_absolute_error),
        "r2": _of_numbers(sk.r2_score),
        "mape": _of_numbers(sk.mean_absolute_percentage_error),
        "smape": _smape,
        "pearson": _weighted_pearson,
        "spearman": _spearman,
    },
}
TASKS = pytest.mark.parametrize("task", list(REFERENCES), ids=lambda task: task.value)
WEIGHTS = pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])


def test_every_metric_has_an_independent_reference() -> None:
    assert {(task, m.name) for m in METRICS for task in m.tasks} == {(task, name) for task in REFERENCES for name in REFERENCES[task]}


@pytest.mark.parametrize("metric", METRICS, ids=lambda m: m.name)
def test_a_metric_says_what_it_is(metric: Metric) -> None:
    assert re.fullmatch(r"[a-z0-9_]+", metric.name)
    assert metric.undefined
    assert metric.kind in {"label", "moment", "rank", "array"}
    assert isinstance(metric.unit, Unit)


def test_no_two_metrics_of_a_task_share_a_name() -> None:
    for task in Task:
        names = [m.name for m in METRICS if task in m.tasks]
        assert len(names) == len(set(names))


# ------ random predictions of every task

Table = dict[str, list[Any]]


def draw(task: Task, rng: np.random.Generator, n: int = 600, *, weighted: bool = False) -> tuple[Table, Table]:
    """Return candidate and baseline predictions with ties, NULL and Chinese slices, and perhaps weights (some of them 0)."""
    table: Table = {
        "id": [f"{i:04d}" for i in range(n)],
        "平台": rng.choice(np.array(["安卓", "苹果", None], dtype=object), n).tolist(),
        "lang": rng.choice(["zh", "en"], n).tolist(),
    }
    if weighted:
        table["weight"] = np.where(rng.random(n) < 0.1, 0.0, rng.gamma(2, 1, n)).tolist()
    labels, first, second = _DRAWS[task](rng, n)
    return {**table, "label": labels, **first}, {"id": table["id"], "label": labels, **second}


def _draw_binary(rng: np.random.Generator, n: int) -> tuple[list[Any], Table, Table]:
    truth = (rng.random(n) < 0.4).astype(int)

    def predict(shift: float) -> Table:
        score = np.clip(rng.normal(0.4 + shift * truth, 0.25), 0, 1).round(2)
        return {"prediction": [LABELS[Task.BINARY][int(s > 0.5)] for s in score], "score": score.tolist()}

    return [LABELS[Task.BINARY][t] for t in truth], predict(0.3), predict(0.2)


def _draw_multiclass(rng: np.random.Generator, n: int) -> tuple[list[Any], Table, Table]:
    names = LABELS[Task.MULTICLASS]
    truth = rng.choice(len(names), n, p=[0.5, 0.3, 0.15, 0.05])

    def predict(strength: float) -> Table:
        logits = rng.normal(size=(n, len(names))).round(1) + strength * np.eye(len(names))[truth]
        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        return {"prediction": [names[i] for i in p.argmax(axis=1)], **{f"prob_{name}": p[:, i].tolist() for i, name in enumerate(names)}}

    return [names[t] for t in truth], predict(1.5), predict(1.0)


def _draw_multilabel(rng: np.random.Generator, n: int) -> tuple[list[Any], Table, Table]:
    names = np.array(["价格", "口味", "服务", "rare"])
    truth = rng.random((n, 4)) < [0.5, 0.3, 0.2, 0.02]

    def name(marks: Array) -> list[list[str]]:
        return [names[row].tolist() for row in marks]

    return name(truth), {"prediction": name(truth ^ (rng.random((n, 4)) < 0.15))}, {"prediction": name(truth ^ (rng.random((n, 4)) < 0.2))}


def _draw_regression(rng: np.random.Generator, n: int) -> tuple[list[Any], Table, Table]:
    truth = rng.normal(50, 20, n).round(1)
    truth[0] = 0.0  # MAPE and SMAPE divide by it
    first, second = (truth + rng.normal(0, 8, n)).round(1), (truth + rng.normal(2, 12, n)).round(1)
    return truth.tolist(), {"prediction": first.tolist()}, {"prediction": second.tolist()}


_DRAWS = {
    Task.BINARY: _draw_binary,
    Task.MULTICLASS: _draw_multiclass,
    Task.MULTILABEL: _draw_multilabel,
    Task.REGRESSION: _draw_regression,
}


def pick(task: Task, table: Mapping[str, Sequence[Any]], candidate: Mapping[str, Sequence[Any]], key: SliceKey = ()) -> Side:
    """Return the reference's view of one model on one slice; slices and weights are the candidate's."""
    n = len(table["id"])
    inside = np.array([all(candidate[column][i] == value for column, value in key) for i in range(n)])
    # Weight 0 means "left out", which is how the references are asked, too.
    weight = np.array(candidate["weight"]) if "weight" in candidate else None
    rows = np.flatnonzero(inside if weight is None else inside & (weight > 0))

    def column(name: str) -> Array:
        values = np.empty(n, dtype=object)
        values[:] = list(table[name])
        return values[rows] if task is Task.MULTILABEL else np.array(table[name])[rows]

    names = LABELS.get(task) or tuple(sorted({x for side in (table["label"], table["prediction"]) for row in side for x in _as_list(row)}))
    names = tuple(sorted(names))
    has = "prob_" + names[0] in table if names else False
    return Side(
        label=column("label"),
        prediction=column("prediction"),
        score=np.array(table["score"])[rows] if "score" in table else None,
        probabilities=np.array([table[f"prob_{name}"] for name in names]).T[rows] if has else None,
        labels=names,
        weight=None if weight is None else weight[rows],
    )


def _as_list(value: Any) -> list[str]:
    return value if isinstance(value, list) else []


def assert_agrees(task: Task, measured: Measured, candidate: Table, baseline: Table) -> None:
    checked = 0
    for key in measured.slices:
        for metric in measured.metrics:
            for table, found in ((candidate, measured.value), (baseline, measured.before)):
                expected = REFERENCES[task][metric.name](pick(task, table, candidate, key))
                value = found(metric.name, **dict(key))
                assert value == pytest.approx(expected, rel=1e-9, abs=1e-9, nan_ok=True), (metric.name, key)
                assert bool(measured.reason(metric.name, **dict(key))) == np.isnan(expected)
                checked += 1
    assert checked == 2 * len(measured.metrics) * (1 + 3 + 2 + 6)


@TASKS
@WEIGHTS
def test_every_metric_agrees_with_its_reference_on_every_slice(task: Task, weighted: bool, tmp_path: Path) -> None:
    candidate, baseline = draw(task, np.random.default_rng(7), weighted=weighted)
    measured = Run(task=task, slices=SLICES).measure(tmp_path, candidate, baseline)
    assert_agrees(task, measured, candidate, baseline)


@TASKS
@WEIGHTS
def test_files_split_and_shuffled_anywhere_give_the_same_to_the_last_digit(task: Task, weighted: bool, tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    candidate, baseline = draw(task, rng, 2_500, weighted=weighted)  # more than there are units
    run = Run(task=task, slices=SLICES)
    whole = run.measure(tmp_path, candidate, baseline)
    (tmp_path / "parts").mkdir()
    for i, part in enumerate(split_table(shuffle_table(candidate, rng), (1, 700, 0, 1_799))):
        if part["id"]:
            write_table(tmp_path / "parts" / f"{i}.parquet", part)
    parts = run.measure(tmp_path, tmp_path / "parts", shuffle_table(baseline, rng))
    assert parts.digest == whole.digest
    a, b = whole.measurements, parts.measurements
    for name in ("baseline", "candidate", "delta", "se", "se_plus", "n", "n_units", "n_positive", "n_negative"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), err_msg=name)
    assert a.tests == b.tests
    for first, second in zip(a.swaps.blocks, b.swaps.blocks, strict=True):
        np.testing.assert_array_equal(first.effects, second.effects)
