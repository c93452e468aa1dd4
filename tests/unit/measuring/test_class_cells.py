"""Ratios of single classes, all at once: beside scikit-learn, sums over examples, and the general way one metric at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import f1_score, precision_score, recall_score

from memeci.decision.spread import compute_spread
from memeci.measurements import Measurements
from memeci.measuring.measure import measure
from memeci.metrics import CLASS_RATIOS
from memeci.metrics.averages import Macro, OfClass
from memeci.metrics.metric import LabelMetric
from memeci.tallies import CellTally, Tallies, build_leaves

Array = NDArray[Any]
REFERENCES = {"precision": precision_score, "recall": recall_score, "f1": f1_score}
K = 6


def _draw(n: int, k: int = K, seed: int = 0) -> tuple[Array, Array, Array]:
    """Return label, baseline and candidate; the last label never occurs, and some are rare."""
    rng = np.random.default_rng(seed)
    label = np.minimum(rng.geometric(0.4, n) - 1, k - 2)
    wrong = rng.integers(0, k - 1, (2, n))
    base, cand = (np.where(rng.random(n) < 0.8, label, one) for one in wrong)
    return label, base, cand


def _tally(label: Array, base: Array, cand: Array, leaf: Array, *, k: int = K, has_baseline: bool = True) -> Tallies:
    (leaves_of, *codes), n = np.unique(np.stack([leaf, label, base, cand]), axis=1, return_counts=True)
    values = tuple((str(i),) for i in range(int(leaf.max()) + 1))
    leaves = build_leaves(("part",), values, np.bincount(leaf), (("part",),), 1)
    return Tallies(
        tuple(f"label{i}" for i in range(k)),
        leaves,
        has_baseline,
        cells=CellTally(leaves_of, codes[0], codes[1], codes[2], n, n.astype(float)),
        positive=1,
    )


def _ask(names: tuple[str, ...] = tuple(CLASS_RATIOS), k: int = K) -> list[OfClass]:
    return [OfClass(CLASS_RATIOS[name], label=j, title=f"{name}[{j}]") for name in names for j in range(k)]


@pytest.mark.parametrize("name", REFERENCES)
def test_values__are_those_of_scikit_learn(name: str) -> None:
    label, base, cand = _draw(500)
    measured = measure(_tally(label, base, cand, np.zeros(500, int)), _ask((name,)))
    for values, predicted in ((measured.baseline, base), (measured.candidate, cand)):
        expected = REFERENCES[name](label, predicted, labels=range(K), average=None, zero_division=np.nan)
        np.testing.assert_allclose(values[:K], expected, atol=1e-12)


def test_class_that_never_occurs__has_no_recall_and_a_specificity_of_one() -> None:
    label, base, cand = _draw(300)
    measured = measure(_tally(label, base, cand, np.zeros(300, int)), _ask(("recall", "specificity")))
    assert np.isnan(measured.candidate[K - 1])
    assert measured.reasons[K - 1] == "the class never occurs among the labels"
    assert measured.candidate[2 * K - 1] == 1.0


@pytest.mark.parametrize("name", CLASS_RATIOS)
def test_errors__are_those_of_sums_over_examples(name: str) -> None:
    label, base, cand = _draw(400, seed=3)
    tallies = _tally(label, base, cand, np.zeros(400, int))
    measured = measure(tallies, _ask((name,)))
    spread = compute_spread(measured.swaps, len(measured.tests))
    for k in range(K - 1):
        marks = [np.stack([(label == k) & (p == k), p == k, label == k]).astype(float) for p in (base, cand)]
        sides = [_differentiate(name, mark.mean(1)) @ mark for mark in marks]
        assert measured.se[k] == pytest.approx(np.std(sides[1] - sides[0]) / 20, rel=1e-6)
        swapped = _differentiate(name, (marks[0].mean(1) + marks[1].mean(1)) / 2) @ (marks[1] - marks[0])
        assert spread.se0[k] == pytest.approx(np.sqrt((swapped**2).sum()) / 400, rel=1e-6)


def _differentiate(name: str, at: Array, step: float = 1e-6) -> Array:
    """Return the derivative by true, predicted and support shares, by finite differences."""
    return np.array([np.diff(CLASS_RATIOS[name].value(*(at[:, None] + np.outer(e, [-step, step]))))[0] / (2 * step) for e in np.eye(3)])


@pytest.mark.parametrize("has_baseline", [True, False])
@pytest.mark.parametrize(("n", "k"), [(1, 3), (60, 2), (900, 4), (900, 30)])
def test_all_classes_at_once__are_what_each_metric_is_alone(n: int, k: int, has_baseline: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    label, base, cand = _draw(n, k + 1, seed=n + k)
    leaf = np.random.default_rng(1).integers(0, 3, n)
    tallies = _tally(label, base if has_baseline else cand, cand, leaf, k=k + 1, has_baseline=has_baseline)
    positive = OfClass(CLASS_RATIOS["f1"])
    metrics: list[LabelMetric] = [*_ask(k=k + 1), positive, positive, Macro(CLASS_RATIOS["f1"])]
    at_once = measure(tallies, metrics)
    monkeypatch.setattr("memeci.measuring.label_cells.gather_ratios", lambda *_: [])
    alone = measure(tallies, metrics)
    assert _list_numbers(at_once).keys() == _list_numbers(alone).keys()
    for name, expected in _list_numbers(alone).items():
        np.testing.assert_allclose(_list_numbers(at_once)[name], expected, atol=1e-13, err_msg=name)
    assert at_once.reasons == alone.reasons


def _list_numbers(m: Measurements) -> dict[str, Array]:
    spread = compute_spread(m.swaps, len(m.tests))
    arrays = {name: getattr(m, name) for name in ("baseline", "candidate", "se", "se_plus")}
    return arrays | {"se0": spread.se0, "linear": spread.linear}
