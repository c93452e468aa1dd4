"""Losses that sit in few places: found, whatever else lies around them. Each has an exact test of its own that finds it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import memeci
from memeci.records import Outcome, Status

GIANT, N_SMALL, SIZE = 2_400, 60, 20


def _group_column() -> np.ndarray[Any, Any]:
    return np.r_[np.zeros(GIANT, int), 1 + np.arange(N_SMALL * SIZE) // SIZE]


def _lose_in_the_small_groups(kind: str, rng: np.random.Generator) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two thirds of the examples are one group in which nothing changed; nearly every other group got worse."""
    group = _group_column()
    n = len(group)
    hit = (group > 0) & (rng.random(n) < 0.3)
    common = {"id": np.arange(n), "group": group}
    label = np.arange(n) % 2
    if kind == "labels":
        right = rng.random(n) < 0.9
        before, after = np.where(right, label, 1 - label), np.where(right & ~hit, label, 1 - label)
        return {**common, "label": label, "prediction": before}, {**common, "label": label, "prediction": after}
    if kind == "scores":
        score = rng.normal(4, 0.5, n)
        return {**common, "judge": score}, {**common, "judge": score - hit}
    truth = rng.normal(0, 10, n)
    error = rng.normal(0, 1, n)
    return (
        {**common, "label": truth, "prediction": truth + error},
        {**common, "label": truth, "prediction": truth + error + np.where(hit, 4 * np.sign(error), 0)},
    )


@pytest.mark.parametrize(
    ("kind", "metrics"),
    [
        ("labels", ["accuracy", "macro_f1", "mcc"]),
        ("scores", [{"name": "judge", "column": "judge", "direction": "higher"}]),
        ("regression", ["mae", "rmse", "r2"]),
    ],
)
def test_large_group_that_did_not_change__hides_no_loss_of_the_others(
    kind: str, metrics: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before, after = (pa.table(side) for side in _lose_in_the_small_groups(kind, np.random.default_rng(1)))
    evaluation = memeci.evaluate(after, baseline=before, metrics=metrics, columns={"group": "group"})
    assert evaluation.dataset.n_groups == N_SMALL + 1
    assert {c.metric: c.outcome for c in evaluation.comparisons} == dict.fromkeys(
        (c.metric for c in evaluation.comparisons), Outcome.REGRESSED
    )


def test_large_weight_that_did_not_change__hides_no_loss_of_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    label = np.arange(2_000) % 2
    weight = np.r_[10_000.0, np.ones(1_999)]
    common = {"id": np.arange(2_000), "label": label, "weight": weight}
    before = pa.table({**common, "prediction": label})
    after = pa.table({**common, "prediction": np.where(np.arange(2_000) % 33 == 32, 1 - label, label)})
    evaluation = memeci.evaluate(after, baseline=before, metrics=["accuracy"], columns={"weight": "weight"})
    assert evaluation.dataset.weighted
    assert evaluation.verdict.status is Status.FAIL


def test_large_group_that_did_not_change__leaves_the_interval_wide_where_safety_is_claimed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What other groups of this kind would show, nobody knows: the interval's safe end says so."""
    monkeypatch.chdir(tmp_path)
    before, after = (pa.table(side) for side in _lose_in_the_small_groups("labels", np.random.default_rng(1)))
    (found,) = memeci.evaluate(after, baseline=before, metrics=["accuracy"], columns={"group": "group"}).comparisons
    assert found.delta is not None
    assert found.ci_low is not None
    assert found.ci_high is not None
    assert found.delta - found.ci_low > 2 * (found.ci_high - found.delta) > 0 > found.ci_high
