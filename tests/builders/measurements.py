"""Reference measurements for the tests of `decision`, written from the formulas alone and sharing nothing with `memeci.metrics`.

Label metrics are functions of t, q, s (true positives, predicted, support, as proportions); their gradients give
influence values. Any other metric enters as per-example values whose mean is compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from memeci.measurements import ALL, Measurements, SliceKey, SwapBlock, Swaps, TestKey
from memeci.records import Direction, Pairing, Unit

Array = NDArray[np.float64]
Gradient = tuple[float, Array, Array]


def accuracy(t: Array, q: Array, s: Array) -> Gradient:
    return float(t.sum()), np.ones(len(t)), np.zeros(len(t))


def macro_f1(t: Array, q: Array, s: Array) -> Gradient:
    total = np.maximum(s + q, 1e-100)
    present = (s + q) > 0
    k = max(int(present.sum()), 1)
    return float((2 * t / total)[present].sum() / k), np.where(present, 2 / total, 0) / k, np.where(present, -2 * t / total**2, 0) / k


def macro_recall(t: Array, q: Array, s: Array) -> Gradient:
    present = s > 0
    k = max(int(present.sum()), 1)
    safe = np.maximum(s, 1e-300)
    return float((t / safe)[present].sum() / k), np.where(present, 1 / safe, 0) / k, np.zeros(len(t))


def error_rate(t: Array, q: Array, s: Array) -> Gradient:
    return 1 - float(t.sum()), -np.ones(len(t)), np.zeros(len(t))


def matthews(t: Array, q: Array, s: Array) -> Gradient:
    a, e, cq, cs = t.sum(), (s * q).sum(), 1 - (q**2).sum(), 1 - (s**2).sum()
    d = np.sqrt(max(cq * cs, 1e-300))
    value = (a - e) / d
    return float(value), np.full(len(t), 1 / d), -s / d + value * q / max(cq, 1e-300)


def per_class(name: str, k: int) -> Callable[[Array, Array, Array], Gradient]:
    def metric(t: Array, q: Array, s: Array) -> Gradient:
        unit = np.zeros(len(t))
        unit[k] = 1.0
        if name == "recall":
            return float(t[k] / max(s[k], 1e-300)), unit / max(s[k], 1e-300), 0 * unit
        if name == "precision":
            return float(t[k] / max(q[k], 1e-300)), unit / max(q[k], 1e-300), -unit * t[k] / max(q[k], 1e-300) ** 2
        total = max(s[k] + q[k], 1e-300)
        return float(2 * t[k] / total), unit * 2 / total, -unit * 2 * t[k] / total**2

    return metric


LABEL_METRICS: dict[str, Callable[[Array, Array, Array], Gradient]] = {
    "accuracy": accuracy,
    "macro_f1": macro_f1,
    "macro_recall": macro_recall,
    "mcc": matthews,
    "error_rate": error_rate,
}
LOWER = {"error_rate", "mae"}


class Labels:
    """Labels and two sets of predictions, coded 0 … K−1; optionally slices and groups."""

    def __init__(self, y: Array, base: Array, cand: Array, k: int, slices: Mapping[str, Array] | None = None, groups: Array | None = None):
        self.y, self.base, self.cand, self.k = (np.asarray(v).astype(np.int64) for v in (y, base, cand, k))
        self.k = int(k)
        self.slices, self.groups = slices or {}, groups

    def keys(self) -> list[tuple[SliceKey, NDArray[np.bool_]]]:
        found: list[tuple[SliceKey, NDArray[np.bool_]]] = [(ALL, np.ones(len(self.y), bool))]
        for column, values in self.slices.items():
            found += [(((column, str(v)),), values == v) for v in np.unique(values)]
        return found


def _gradient(metric: Callable[[Array, Array, Array], Gradient], y: Array, table: Array, k: int) -> tuple[float, Array]:
    """Return the value and G[y, c], the influence of predicting c for a y, from a K × K table of proportions."""
    value, dt, dq = metric(np.diag(table).copy(), table.sum(0), table.sum(1))
    return value, np.diag(dt) + dq[None, :]


def measure_labels(
    data: Labels, metrics: Mapping[str, Callable[[Array, Array, Array], Gradient]] | Sequence[str] = ("accuracy", "macro_f1"), seed: int = 0
) -> Measurements:
    """Return measurements of label metrics: swap atoms are discordant cell pairs, or whole groups where there are groups."""
    chosen = metrics if isinstance(metrics, Mapping) else {name: LABEL_METRICS[name] for name in metrics}
    k, keys = data.k, data.keys()
    pair = (data.y * k + np.minimum(data.base, data.cand)) * k + np.maximum(data.base, data.cand)
    for values in data.slices.values():
        _, codes = np.unique(values, return_inverse=True)
        pair = pair * (int(codes.max()) + 1) + codes
    flipped = data.base != data.cand
    atoms, first, member = np.unique(pair[flipped], return_index=True, return_inverse=True)
    rows = np.flatnonzero(flipped)[first]
    forward = np.where(data.base < data.cand, 1, -1)[flipped]
    if data.groups is None:
        count = np.bincount(member, minlength=len(atoms))
        imbalance = np.bincount(member, forward, minlength=len(atoms)).astype(np.int64)
    else:
        n_groups = int(data.groups.max()) + 1
        count, imbalance = np.ones(n_groups, np.int64), np.ones(n_groups, np.int64)
    tests, numbers, blocks = [], [], []
    for key, mask in keys:
        y, b, c, n = data.y[mask], data.base[mask], data.cand[mask], int(mask.sum())
        tables = [np.bincount(y * k + p, minlength=k * k).reshape(k, k) / n for p in (b, c)]
        effects = []
        for name, metric in chosen.items():
            (vb, gb), (vc, gc) = (_gradient(metric, y, table, k) for table in tables)
            _, gm = _gradient(metric, y, (tables[0] + tables[1]) / 2, k)
            psi, mid = gc[y, c] - gb[y, b], gm[y, c] - gm[y, b]
            psi = psi - (psi.mean() if data.groups is None else 0)
            wrong = (np.arange(k) + 1) % k
            right = gm[np.arange(k), np.arange(k)] - gm[np.arange(k), wrong]
            pseudo = float((right**2)[np.bincount(y, minlength=k) > 0].sum()) / n**2
            if data.groups is None:
                se2 = float((psi**2).sum()) / n**2
                low, high = np.minimum(data.base, data.cand)[rows], np.maximum(data.base, data.cand)[rows]
                effects.append((gm[data.y[rows], high] - gm[data.y[rows], low]) / n * mask[rows])
                units = n
            else:
                sums = np.bincount(data.groups[mask], mid, minlength=n_groups)
                size = np.bincount(data.groups[mask], minlength=n_groups)
                se2 = float(((sums - mid.mean() * size) ** 2).sum()) / n**2
                effects.append(sums / n)
                units = int((size > 0).sum())
            direction = Direction.LOWER if name in LOWER else Direction.HIGHER
            tests.append(TestKey(name, key, direction, Unit.RATE))
            numbers.append((vb, vc, vc - vb, np.sqrt(se2), np.sqrt(se2 + pseudo), n, units))
        matrix = np.stack(effects, axis=1)
        used = np.flatnonzero(np.abs(matrix).sum(1) > 0)
        j = len(chosen)
        blocks.append(SwapBlock(np.arange(len(tests) - j, len(tests)), used, np.ascontiguousarray(matrix[used])))
    return _assemble(tests, numbers, Swaps(count, imbalance, tuple(blocks)), seed, grouped=data.groups is not None)


def measure_means(
    base: Array,
    cand: Array,
    *,
    name: str = "score",
    slices: Mapping[str, Array] | None = None,
    groups: Array | None = None,
    n_units: int = 1024,
    seed: int = 0,
) -> Measurements:
    """Return measurements of a mean: swap atoms are examples, bundles of examples, or groups."""
    base, cand = np.asarray(base, float), np.asarray(cand, float)
    unit = groups if groups is not None else np.arange(len(base)) % n_units
    size = int(unit.max()) + 1
    tests, numbers, blocks = [], [], []
    keys: list[tuple[SliceKey, NDArray[np.bool_]]] = [(ALL, np.ones(len(base), bool))]
    for column, values in (slices or {}).items():
        keys += [(((column, str(v)),), values == v) for v in np.unique(values)]
    for key, mask in keys:
        d, n = (cand - base)[mask], int(mask.sum())
        sums = np.bincount(unit[mask], d, minlength=size)
        counts = np.bincount(unit[mask], minlength=size)
        centred = np.bincount(unit[mask], d - d.mean(), minlength=size) if groups is not None else d - d.mean()
        se = float(np.sqrt((centred**2).sum())) / n
        direction = Direction.LOWER if name in LOWER else Direction.HIGHER
        tests.append(TestKey(name, key, direction, Unit.NUMBER))
        units = int((counts > 0).sum()) if groups is not None else n
        numbers.append((base[mask].mean(), cand[mask].mean(), d.mean(), se, se, n, units))
        blocks.append(SwapBlock(np.array([len(tests) - 1]), np.arange(size), (sums / n)[:, None]))
    ones = np.ones(size, np.int64)
    return _assemble(tests, numbers, Swaps(ones, ones, tuple(blocks)), seed, grouped=groups is not None)


def measure_numbers(
    tests: Sequence[TestKey],
    baseline: Sequence[float],
    candidate: Sequence[float],
    *,
    se: float = float("nan"),
    n: int = 1000,
    pairing: Pairing,
) -> Measurements:
    """Return measurements without examples: nothing to swap."""
    b, c = np.array(baseline, float), np.array(candidate, float)
    numbers = [(x, y, y - x, se, se, n, n) for x, y in zip(b, c, strict=True)]
    return _assemble(list(tests), numbers, None, 0, pairing=pairing)


def _assemble(
    tests: list[TestKey],
    numbers: list[tuple[float, ...]],
    swaps: Swaps | None,
    seed: int,
    *,
    grouped: bool = False,
    pairing: Pairing = Pairing.PAIRED,
) -> Measurements:
    columns = [np.array(column, np.float64) for column in zip(*numbers, strict=True)]
    none = np.full(len(tests), -1)
    return Measurements(
        tests=tuple(tests),
        baseline=columns[0],
        candidate=columns[1],
        delta=columns[2],
        se=columns[3],
        se_plus=columns[4],
        se_fixed=columns[3],
        n=columns[5].astype(np.int64),
        n_units=columns[6].astype(np.int64),
        n_positive=none,
        n_negative=none,
        reasons=("",) * len(tests),
        pairing=pairing,
        swaps=swaps,
        grouped=grouped,
        seed=seed,
    )
