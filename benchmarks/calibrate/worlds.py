"""Worlds to draw evaluations from: two runs of equally good models, or one with a loss put in on purpose.

A score is signal + noise the models share + noise of their own; two models of one world are exchangeable, so whatever
a gate finds between them is a false alarm. Predictions become tallies in numpy, and tallies go through the real metrics.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from memeci.measurements import Measurements
from memeci.measuring.measure import measure
from memeci.metrics import METRICS, Metric
from memeci.metrics.probability import BRIER_BINARY
from memeci.records import Task
from memeci.tallies import CellTally, MomentTally, ScoreArrays, Tallies, UnitTotals, build_leaves

BINARY = ("accuracy", "balanced_accuracy", "precision", "recall", "f1", "mcc", "cohen_kappa", "roc_auc", "average_precision", "brier")
MULTICLASS = ("accuracy", "balanced_accuracy", "macro_f1", "macro_precision", "macro_recall")
MULTICLASS += ("weighted_f1", "weighted_precision", "micro_f1", "mcc", "cohen_kappa")
N_UNITS = 1_024

Array = NDArray[Any]


@dataclass(frozen=True)
class World:
    """``signal`` sets the accuracy and ``own`` the disagreement (share of the noise's variance that is a model's own).

    ``run_noise`` shifts a whole model, and ``floor_runs`` more runs tell how much; ``group_size`` 0: independent examples;
    ``pareto``: unequal groups of that mean size; ``icc`` is the part of the noise that a group shares.
    """

    n: int
    k: int = 2
    signal: float = 1.3
    own: float = 0.05
    positive_share: float = 0.5
    n_slices: int = 10
    group_size: int = 0
    pareto: bool = False
    icc: float = 0.3
    run_noise: float = 0.0
    floor_runs: int = 0


@dataclass(frozen=True)
class Data:
    """One test set: labels, slice and group codes, and the noise that all models share."""

    world: World
    label: Array
    slice: Array
    group: Array | None
    shared: Array


@dataclass(frozen=True)
class Predictions:
    label: Array
    score: Array


def draw_data(rng: np.random.Generator, world: World) -> Data:
    label = (rng.random(world.n) < world.positive_share).astype(np.int64) if world.k == 2 else rng.integers(0, world.k, world.n)
    group = _draw_groups(rng, world)
    shared = np.sqrt(1 - world.own) * _noise(rng, world, group)
    return Data(world, label, rng.integers(0, max(world.n_slices, 1), world.n), group, shared)


def draw_model(rng: np.random.Generator, data: Data) -> Predictions:
    """Return one run's predictions on the test set."""
    world, columns = data.world, data.shared.shape[1]
    noise = data.shared + np.sqrt(world.own) * _noise(rng, world, data.group)
    signal = world.signal + world.run_noise * rng.standard_normal()
    if columns == 1:
        score = signal * (2 * data.label - 1) + noise[:, 0] + np.log(world.positive_share / (1 - world.positive_share)) / (2 * world.signal)
        return Predictions((score > 0).astype(np.int64), 1 / (1 + np.exp(-2 * score)))
    scores = noise
    scores[np.arange(world.n), data.label] += signal
    return Predictions(scores.argmax(1), np.zeros(world.n))


def break_some(rng: np.random.Generator, data: Data, model: Predictions, where: Array, rate: float) -> Predictions:
    """Return the model with right predictions made wrong at ``rate`` per example of ``where``."""
    hit = where & (rng.random(len(data.label)) < rate) & (model.label == data.label)
    wrong = (data.label + rng.integers(1, data.world.k, len(data.label))) % data.world.k
    return Predictions(np.where(hit, wrong, model.label), np.where(hit, 1 - model.score, model.score))


def measure_pair(data: Data, base: Predictions, cand: Predictions, *, seed: int, metrics: tuple[str, ...] | None = None) -> Measurements:
    names = metrics or (BINARY if data.world.k == 2 else MULTICLASS)
    return measure(_tally(data, base, cand), choose_metrics(data.world.k, names), seed=seed)


def choose_metrics(k: int, names: tuple[str, ...]) -> list[Metric]:
    task = Task.BINARY if k == 2 else Task.MULTICLASS
    return [metric for name in names for metric in METRICS if metric.name == name and task in metric.tasks]


def _draw_groups(rng: np.random.Generator, world: World) -> Array | None:
    if not world.group_size:
        return None
    n_groups = world.n // world.group_size
    if not world.pareto:
        return np.arange(world.n) % n_groups
    size = rng.pareto(1.5, n_groups) + 1
    return rng.choice(n_groups, world.n, p=size / size.sum())


def _noise(rng: np.random.Generator, world: World, group: Array | None) -> Array:
    columns = 1 if world.k == 2 else world.k
    own = rng.standard_normal((world.n, columns))
    if group is None:
        return own
    by_group = rng.standard_normal((int(group.max()) + 1, columns))[group]
    return np.sqrt(world.icc) * by_group + np.sqrt(1 - world.icc) * own


def _tally(data: Data, base: Predictions, cand: Predictions) -> Tallies:
    k, leaf = data.world.k, data.slice
    unit = data.group if data.group is not None else np.arange(data.world.n) % N_UNITS
    size = int(unit.max()) + 1
    codes = [leaf, data.label, base.label, cand.label] + ([unit] if data.group is not None else [])
    cells, n = _count(codes)
    leaves = build_leaves(
        ("slice",), tuple((str(v),) for v in range(max(data.world.n_slices, 1))), np.bincount(leaf), _slice_sets(data), 30
    )
    groups = None if data.group is None else _count_groups(data)
    by_unit, unit_n = _count([leaf, unit])
    unit_code = None if data.group is None else cells[4]
    return Tallies(
        labels=tuple(str(v) for v in range(k)),
        leaves=msgspec.structs.replace(leaves, n_groups=groups),
        has_baseline=True,
        positive=1 if k == 2 else None,
        cells=CellTally(cells[0], cells[1], cells[2], cells[3], n, n.astype(float), unit_code),
        moments=_sum_moments(data, base, cand, unit, size) if k == 2 else None,
        units=UnitTotals(by_unit[0], by_unit[1], unit_n.astype(float)),
        scores=_collect_scores(data, base, cand, unit) if k == 2 else None,
        n_units=size,
        grouped=data.group is not None,
    )


def _slice_sets(data: Data) -> tuple[tuple[str, ...], ...]:
    return (("slice",),) if data.world.n_slices else ()


def _count(codes: list[Array]) -> tuple[list[Array], Array]:
    sizes = [int(code.max()) + 1 for code in codes]
    keys, n = np.unique(np.ravel_multi_index(codes, sizes), return_counts=True)  # type: ignore[call-overload]
    return [np.asarray(c) for c in np.unravel_index(keys, sizes)], n


def _count_groups(data: Data) -> Array:
    assert data.group is not None
    whole = [len(np.unique(data.group))]
    if not data.world.n_slices:
        return np.array(whole)
    kept = [s for s in range(data.world.n_slices) if (data.slice == s).sum() >= 30]
    return np.array(whole + [len(np.unique(data.group[data.slice == s])) for s in kept])


def _sum_moments(data: Data, base: Predictions, cand: Predictions, unit: Array, size: int) -> MomentTally:
    flat = data.slice * size + unit
    keys, row = np.unique(flat, return_inverse=True)
    sums = [np.bincount(row, (model.score - data.label) ** 2)[:, None] for model in (base, cand)]
    n = np.bincount(row)
    return MomentTally((BRIER_BINARY.term,), keys // size, keys % size, n.astype(float), sums[0], sums[1])


def _collect_scores(data: Data, base: Predictions, cand: Predictions, unit: Array) -> ScoreArrays:
    return ScoreArrays(data.slice.astype(np.int32), unit.astype(np.int32), data.label.astype(float), base.score, cand.score)
