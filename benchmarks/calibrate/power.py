"""False alarms and power of memeci's gate beside other rules, and the true power at the detectable effect it reports."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from benchmarks.calibrate.false_alarms import SHAPES
from benchmarks.calibrate.parallel import run_cases
from benchmarks.calibrate.rules import RULES
from benchmarks.calibrate.tables import format_rate, format_table, report_progress, write_table
from benchmarks.calibrate.worlds import Array, Data, Predictions, World, break_some, draw_data, draw_model, measure_pair
from memeci.decision import decide
from memeci.measurements import Measurements
from memeci.policy import Policy
from memeci.records import Outcome, Status

ALPHA = 0.05
OURS = "memeci (swap max-T)"
BATCH = 50
DETECTABLE_SETS = 300


def fails_memeci(m: Measurements) -> bool:
    return decide(m, Policy(alpha=ALPHA)).verdict.status is Status.FAIL


@dataclass(frozen=True)
class _Batch:
    """Some data sets of one world: those from ``first`` on."""

    name: str
    losses: tuple[float, float]
    first: int
    n: int


def main(n: int) -> None:
    contests = (("K = 2, balanced", (0.005, 0.025)), ("K = 3", (0.01, 0.05)))
    sections = [_compare_rules(name, losses, n) for name, losses in contests]
    sections.append(_check_detectable(min(n, DETECTABLE_SETS)))
    write_table("power", "Power beside other rules", "\n\n".join(sections))


def _compare_rules(name: str, losses: tuple[float, float], n: int) -> str:
    batches = [_Batch(name, losses, first, min(BATCH, n - first)) for first in range(0, n, BATCH)]
    fails = np.concatenate(list(run_cases(_try_rules, batches)))  # bool[data set, rule, change]
    limit = ALPHA + 2 * _error(ALPHA, n)
    rows = [[rule, *_format_rates(fails[:, r], fails[:, -1], limit)] for r, rule in enumerate((*RULES, OURS))]
    report_progress("\n".join(" ".join(row) for row in rows))
    return (
        f"## {name}, 3,000 examples, 10 metrics, 10 slices\n\n"
        f"Percent of {n:,} data sets that fail, nominal α = {ALPHA:.0%}, with two Monte-Carlo errors. Beside a power: how much larger\n"
        "memeci's is (all rules see the same data sets). In brackets stands the power of a rule whose own false alarms exceed\n"
        f"{100 * limit:.1f} %: it is bought with them.\n\n"
        + format_table(
            ["rule", "no change (false alarms)", f"−{100 * losses[0]:g} pp over all", f"−{100 * losses[1]:g} pp in one slice"], rows
        )
    )


def _format_rates(rule: Array, ours: Array, limit: float) -> list[str]:
    """Return what one rule found, bool[data set, change], beside what ours did; ``limit`` is for its false alarms."""
    n, rates = len(rule), rule.mean(0)
    cells = [f"{100 * rates[0]:.1f} ± {200 * _error(float(rates[0]), n):.1f}"]
    for column in range(1, rule.shape[1]):
        power, ahead = f"{100 * rates[column]:.1f}", ours[:, column].astype(float) - rule[:, column]
        if rates[0] > limit:
            cells.append(f"({power})")
        elif ahead.any():
            cells.append(f"{power}, {100 * ahead.mean():+.1f} ± {200 * ahead.std() / np.sqrt(n):.1f}".replace("-", "−"))
        else:
            cells.append(power)
    return cells


def _error(rate: float, n: int) -> float:
    return float(np.sqrt(rate * (1 - rate) / n))


def _try_rules(batch: _Batch) -> Array:
    """Return bool[data set, rule, change]: which rules fail, ours last, for no change and both losses."""
    world = replace(SHAPES[batch.name], n=3_000)
    fails = np.zeros((batch.n, len(RULES) + 1, 3), bool)
    rng = np.random.default_rng([7, batch.first])
    for i in range(batch.n):
        data = draw_data(rng, world)
        base, cand = draw_model(rng, data), draw_model(rng, data)
        for column, changed in enumerate(_alternatives(rng, data, cand, batch.losses)):
            m = measure_pair(data, base, changed, seed=batch.first + i)
            fails[i, :, column] = [*(rule(m, ALPHA, rng) for rule in RULES.values()), fails_memeci(m)]
    return fails


def _alternatives(rng: np.random.Generator, data: Data, cand: Predictions, losses: tuple[float, float]) -> list[Predictions]:
    everywhere: Array = np.ones(data.world.n, bool)
    accuracy = float((cand.label == data.label).mean())
    return [
        cand,
        break_some(rng, data, cand, everywhere, losses[0] / accuracy),
        break_some(rng, data, cand, data.slice == 0, losses[1] / accuracy),
    ]


@dataclass(frozen=True)
class _Promise:
    name: str
    size: int
    n: int


def _check_detectable(n: int) -> str:
    """Put in exactly the loss that the gate reports as detectable, and count how often that test fails."""
    sizes = (("K = 2, balanced", 1_000), ("K = 2, balanced", 10_000), ("K = 3", 3_000), ("K = 20", 3_000))
    promises = [_Promise(name, size, n) for name, size in sizes]
    rows = []
    for promise, (loss, found) in zip(promises, run_cases(_count_found, promises), strict=True):
        rows.append([promise.name, f"{promise.size:,}", f"{100 * loss:.2f}", format_rate(found, n)])
        report_progress(" ".join(rows[-1]))
    return (
        "## True power at the detectable effect\n\nA loss of accuracy of the size reported as detectable (mean of 40 evaluations without\n"
        f"a change; 110 tests share α = {ALPHA:.0%}), put in at random. Promised: 80 %. {n:,} data sets.\n\n"
        + format_table(["data", "N", "loss, pp", "found, %"], rows)
    )


def _count_found(promise: _Promise) -> tuple[float, int]:
    """Return the loss put in, and how often it was found."""
    world, rng = replace(SHAPES[promise.name], n=promise.size), np.random.default_rng(11)
    loss = _find_detectable(rng, world)
    return loss, sum(_finds(rng, world, loss, i) for i in range(promise.n))


def _find_detectable(rng: np.random.Generator, world: World) -> float:
    losses = []
    for i in range(40):
        data = draw_data(rng, world)
        decided = decide(measure_pair(data, draw_model(rng, data), draw_model(rng, data), seed=i), Policy(alpha=ALPHA))
        losses.append(decided.comparisons[0].detectable or 0.0)
    return float(np.mean(losses))


def _finds(rng: np.random.Generator, world: World, loss: float, seed: int) -> bool:
    data = draw_data(rng, world)
    base, cand = draw_model(rng, data), draw_model(rng, data)
    everywhere: Array = np.ones(world.n, bool)
    worse = break_some(rng, data, cand, everywhere, loss / float((cand.label == data.label).mean()))
    return decide(measure_pair(data, base, worse, seed=seed), Policy(alpha=ALPHA)).comparisons[0].outcome is Outcome.REGRESSED
