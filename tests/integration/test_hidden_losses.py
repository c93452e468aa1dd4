"""Losses that hide: behind a large group, in another working point, on another scale. Each has an exact test that finds it."""

from __future__ import annotations

from collections.abc import Callable
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


def _flag_everything() -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    label = (np.arange(2_000) % 33 == 0).astype(int)
    before = np.where(np.arange(2_000) % 3 == 0, label, 0)
    return {"label": label, "prediction": before}, {"label": label, "prediction": np.ones(2_000, int)}, ["f1"]


def _flag_more_than_can_be_right() -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    label = (np.arange(5_000) < 1_000).astype(int)
    before, after = (np.arange(5_000) < 20), (np.arange(5_000) >= 500) & (np.arange(5_000) < 1_500)
    return {"label": label, "prediction": before.astype(int)}, {"label": label, "prediction": after.astype(int)}, ["precision"]


def _answer_on_another_scale(noise: float = 2.5, scale: float = 5.0) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    rng = np.random.default_rng(3)
    truth = rng.random(1_500)
    before = truth + rng.normal(0, 0.15, 1_500)
    after = scale * truth + rng.normal(0, noise, 1_500)
    return {"label": truth, "prediction": before}, {"label": truth, "prediction": after}, ["pearson"]


@pytest.mark.parametrize("world", [_flag_everything, _flag_more_than_can_be_right, _answer_on_another_scale])
def test_model_at_another_working_point__is_judged_by_the_change_itself(
    world: Callable[[], tuple[dict[str, Any], dict[str, Any], list[str]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Midway between the two models the gradient says little, or the opposite."""
    monkeypatch.chdir(tmp_path)
    before, after, metrics = world()
    ids = np.arange(len(before["label"]))
    (found,) = memeci.evaluate(pa.table({"id": ids, **after}), baseline=pa.table({"id": ids, **before}), metrics=metrics).comparisons
    assert found.outcome is Outcome.REGRESSED
    assert found.ci_high is not None
    assert found.delta is not None
    assert found.delta < found.ci_high < 0


def test_the_same_correlation_on_another_scale__is_no_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    before, after, metrics = _answer_on_another_scale(noise=0.75)
    ids = np.arange(len(before["label"]))
    evaluation = memeci.evaluate(pa.table({"id": ids, **after}), baseline=pa.table({"id": ids, **before}), metrics=metrics)
    assert evaluation.verdict.status is Status.PASS


@pytest.mark.parametrize(
    "extra", [{}, {"weight": 1 + np.arange(2_000) % 2.0}, {"group": np.arange(2_000) // 2}], ids=["plain", "weights", "groups"]
)
@pytest.mark.parametrize("mirrored", [False, True])
def test_one_predicted_positive__proves_nothing(
    extra: dict[str, Any], mirrored: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Precision of 0 in 1 has no spread of its own to be told by."""
    monkeypatch.chdir(tmp_path)
    place = np.arange(2_000)
    sides = [
        pa.table({"id": place, "label": (place < 100).astype(int), "prediction": flagged.astype(int), **extra})
        for flagged in (place < 101, place == 500)
    ]
    after, before = reversed(sides) if not mirrored else sides
    columns = {name: name for name in extra}
    (found,) = memeci.evaluate(after, baseline=before, metrics=["precision"], positive_label="1", columns=columns).comparisons
    assert found.outcome is Outcome.NO_EVIDENCE
