"""Do the intervals hold the truth? Each bound family-wise: at most α of evaluations have any bound on the wrong side."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from benchmarks.calibrate.false_alarms import SHAPES
from benchmarks.calibrate.parallel import run_cases
from benchmarks.calibrate.tables import format_rate, format_table, report_progress, write_table
from benchmarks.calibrate.worlds import Array, World, break_some, draw_data, draw_model, measure_pair
from memeci.decision import decide
from memeci.policy import Policy

ALPHA = 0.05
METRICS = ("accuracy", "balanced_accuracy")
CASES = (("K = 2, balanced", 300), ("K = 2, balanced", 3_000), ("K = 2, 99.5 % accurate", 1_000), ("K = 3", 1_000), ("K = 20", 3_000))
# Two models that agree on everything but the loss: a handful of flips, all to one side.
SAME_MODEL = World(300, own=0.0)


@dataclass(frozen=True)
class _Case:
    name: str
    world: World
    loss: float
    n: int


def main(n: int) -> None:
    cases = [_Case(name, replace(SHAPES[name], n=size, n_slices=0), loss, n) for name, size in CASES for loss in (0.0, 0.02)]
    same = [replace(SAME_MODEL, n=size, n_slices=0) for size in (300, 1_000)]
    cases += [_Case("K = 2, the same model but for the loss", world, loss, n) for world in same for loss in (0.002, 0.005, 0.01)]
    rows = []
    for case, (low, high) in zip(cases, run_cases(_count_misses, cases), strict=True):
        rows.append([case.name, f"{case.world.n:,}", f"{100 * case.loss:g} pp", format_rate(low, n), format_rate(high, n)])
        report_progress(" ".join(rows[-1]))
    text = (
        f"Percent of {n:,} data sets where the true change of accuracy or of balanced accuracy lies below the interval (the claim of\n"
        f"safety is wrong) or above it (the claim of loss is wrong); at most α = {ALPHA:.0%} each.\n\n"
        + format_table(["data", "N", "true loss", "truth below", "truth above"], rows)
    )
    write_table("coverage", "Coverage of the intervals", text)


def _count_misses(case: _Case) -> tuple[int, int]:
    world, loss, n = case.world, case.loss, case.n
    rng = np.random.default_rng(3)
    truth = -loss * _accuracy(rng, world)  # classes are equally frequent and equally hard: both metrics fall alike
    low = high = 0
    everywhere: Array = np.ones(world.n, bool)
    for i in range(n):
        data = draw_data(rng, world)
        base, cand = draw_model(rng, data), draw_model(rng, data)
        m = measure_pair(data, base, break_some(rng, data, cand, everywhere, loss), seed=i, metrics=METRICS)
        decided = decide(m, Policy(alpha=ALPHA))
        low += any(c.ci_low is not None and truth < c.ci_low - 1e-12 for c in decided.comparisons)
        high += any(c.ci_high is not None and truth > c.ci_high + 1e-12 for c in decided.comparisons)
    return low, high


def _accuracy(rng: np.random.Generator, world: World) -> float:
    data = draw_data(rng, replace(world, n=400_000))
    return float((draw_model(rng, data).label == data.label).mean())
