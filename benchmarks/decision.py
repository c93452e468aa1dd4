"""How long a whole decision takes, beside a bootstrap of one metric. Run: python -m benchmarks.decision

CPU seconds of one thread (set OPENBLAS_NUM_THREADS=1). `measure` turns joint cells into values
and influence for every metric and slice, `decide` is the decision. A thousand labels come in two shapes: three ratios of
every class in 7 slices, and 11 metrics in 2,021 slices.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from memeci.__main__ import GC_THRESHOLD
from memeci.decision import decide
from memeci.measurements import Measurements
from memeci.measuring.measure import measure
from memeci.metrics import CLASS_RATIOS, METRICS, Metric
from memeci.metrics.averages import OfClass
from memeci.policy import Policy
from memeci.tallies import CellTally, Tallies, build_leaves

LABEL_METRICS = ("accuracy", "balanced_accuracy", "macro_precision", "macro_recall", "macro_f1", "weighted_precision")
LABEL_METRICS += ("weighted_recall", "weighted_f1", "mcc", "cohen_kappa", "micro_f1")
OVERALL_METRICS = LABEL_METRICS[:7]
CLASS_METRICS = ("precision", "recall", "f1")


@dataclass(frozen=True)
class Case:
    """``columns`` holds the number of values of each slice column. ``by_class``: seven metrics, and three of every class."""

    n: int
    k: int
    columns: tuple[int, ...]
    by_class: bool = False
    disagreement: float = 0.05

    def list_metrics(self) -> list[Metric]:
        if not self.by_class:
            return [m for m in METRICS if m.name in LABEL_METRICS]
        classes = [OfClass(CLASS_RATIOS[name], label=j, title=f"{name}[{j}]") for name in CLASS_METRICS for j in range(self.k)]
        return [*(m for m in METRICS if m.name in OVERALL_METRICS), *classes]


CASES = (
    Case(10_000, 20, (8, 10, 14)),
    Case(1_000_000, 20, (6, 20, 40)),
    Case(10_000_000, 20, (6, 20, 40)),
    Case(10_000_000, 1_000, (6,), by_class=True),
    Case(10_000_000, 1_000, (10, 110, 1_900)),
)


def draw(case: Case, seed: int = 0) -> tuple[Any, Any, Any, Any]:
    """Return leaf, label, baseline and candidate of two models that differ by chance alone."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, case.k, case.n)
    base = np.where(rng.random(case.n) < 0.85, y, rng.integers(0, case.k, case.n))
    flip = rng.random(case.n) < case.disagreement
    cand = np.where(flip, np.where(base == y, rng.integers(0, case.k, case.n), y), base)
    swap = rng.random(case.n) < 0.5
    leaf = np.zeros(case.n, np.int64)
    for size in case.columns:
        leaf = leaf * size + np.minimum(rng.geometric(min(4.0 / size, 0.5), case.n) - 1, size - 1)
    return leaf, y, np.where(swap, cand, base), np.where(swap, base, cand)


def tally(case: Case, leaf: Any, y: Any, base: Any, cand: Any) -> Tallies:
    leaves, leaf = np.unique(leaf, return_inverse=True)
    keys, n = np.unique(((leaf * case.k + y) * case.k + base) * case.k + cand, return_counts=True)
    cells = [keys // case.k**3, keys // case.k**2 % case.k, keys // case.k % case.k, keys % case.k]
    names = tuple(f"column{i}" for i in range(len(case.columns)))
    values, rest = [], leaves
    for size in reversed(case.columns):
        values.append([str(v) for v in rest % size])
        rest = rest // size
    table = build_leaves(names, tuple(zip(*reversed(values), strict=True)), np.bincount(leaf), tuple((name,) for name in names), 30)
    labels = tuple(f"label{i}" for i in range(case.k))
    return Tallies(labels, table, True, cells=CellTally(*cells, n, n.astype(float)))


def time_best(action: Callable[[], Any], repeats: int = 5) -> tuple[float, Any]:
    """Return the shortest CPU time in seconds, and the last result."""
    best, result = float("inf"), None
    for _ in range(repeats):
        start = time.process_time()
        result = action()
        best = min(best, time.process_time() - start)
    return best, result


def estimate_bootstrap(y: Any, base: Any, cand: Any, n_resamples: int) -> float:
    """Return the seconds that scipy.stats.bootstrap needs for the change of macro-F1 alone, 10,000 resamples, from a few of them."""
    from scipy.stats import bootstrap
    from sklearn.metrics import f1_score

    def change(y: Any, base: Any, cand: Any) -> float:
        return float(f1_score(y, cand, average="macro") - f1_score(y, base, average="macro"))

    start = time.process_time()
    bootstrap((y, base, cand), change, paired=True, vectorized=False, n_resamples=n_resamples, method="percentile", rng=1)
    return (time.process_time() - start) * 10_000 / n_resamples


def main() -> None:
    gc.set_threshold(GC_THRESHOLD)  # as the command does
    print("CPU seconds, one thread; bootstrap: scipy.stats.bootstrap of macro-F1 alone, extrapolated from a few of 10,000 resamples")
    print(f"{'examples':>11} {'labels':>7} {'tests':>7} {'atoms':>8} {'measure':>9} {'decide':>9} {'bootstrap':>10} {'ratio':>9}")
    for case in CASES:
        leaf, y, base, cand = draw(case)
        tallies = tally(case, leaf, y, base, cand)
        metrics = case.list_metrics()
        measure_s, measured = time_best(lambda tallies=tallies, metrics=metrics: measure(tallies, metrics, seed=1))
        decide_s, _ = time_best(lambda measured=measured: decide(measured, Policy()))
        shape = f"{case.n:>11,} {case.k:>7,} {len(measured.tests):>7,} {_count_atoms(measured):>8,}"
        slow_s = estimate_bootstrap(y, base, cand, 20 if case.n <= 10_000 else 2) if case.n <= 1_000_000 else float("nan")
        print(f"{shape} {measure_s:>9.3f} {decide_s:>9.3f} {slow_s:>10,.0f} {slow_s / (measure_s + decide_s):>9,.0f}", flush=True)


def _count_atoms(measured: Measurements) -> int:
    return 0 if measured.swaps is None else len(measured.swaps.count)


if __name__ == "__main__":
    main()
