"""False alarms and power of memeci's gate beside other rules, and the true power at the detectable effect it reports."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.calibrate.false_alarms import SHAPES
from benchmarks.calibrate.rules import RULES
from benchmarks.calibrate.tables import format_rate, format_table, report_progress, write_table
from benchmarks.calibrate.worlds import Array, Data, Predictions, World, break_some, draw_data, draw_model, measure_pair
from memeci.decision import decide
from memeci.measurements import Measurements
from memeci.policy import Policy
from memeci.records import Outcome, Status

ALPHA = 0.05
OURS = "memeci (swap max-T)"


def fails_memeci(m: Measurements) -> bool:
    return decide(m, Policy(alpha=ALPHA)).verdict.status is Status.FAIL


def main(n: int) -> None:
    sections = [_compare_rules(n, "K = 2, balanced", (0.005, 0.025)), _compare_rules(n, "K = 3", (0.01, 0.05))]
    sections.append(_check_detectable(n))
    write_table("power", "Power beside other rules", "\n\n".join(sections))


def _compare_rules(n: int, name: str, losses: tuple[float, float]) -> str:
    world = replace(SHAPES[name], n=3_000)
    rng = np.random.default_rng(7)
    hits = {rule: [0, 0, 0] for rule in (*RULES, OURS)}
    for i in range(n):
        data = draw_data(rng, world)
        base, cand = draw_model(rng, data), draw_model(rng, data)
        for column, changed in enumerate(_alternatives(rng, data, cand, losses)):
            m = measure_pair(data, base, changed, seed=i)
            for rule, fails in RULES.items():
                hits[rule][column] += fails(m, ALPHA, rng)
            hits[OURS][column] += fails_memeci(m)
    rows = [[rule, *(format_rate(count, n) for count in counts)] for rule, counts in hits.items()]
    report_progress("\n".join(" ".join(row) for row in rows))
    return (
        f"## {name}, 3,000 examples, 10 metrics, 10 slices\n\nPercent of {n:,} data sets that fail, nominal\n"
        f"α = {ALPHA:.0%}. A rule whose false alarms exceed α is no rival: its power is bought with them.\n\n"
        + format_table(
            ["rule", "no change (false alarms)", f"−{100 * losses[0]:g} pp over all", f"−{100 * losses[1]:g} pp in one slice"], rows
        )
    )


def _alternatives(rng: np.random.Generator, data: Data, cand: Predictions, losses: tuple[float, float]) -> list[Predictions]:
    everywhere: Array = np.ones(data.world.n, bool)
    accuracy = float((cand.label == data.label).mean())
    return [
        cand,
        break_some(rng, data, cand, everywhere, losses[0] / accuracy),
        break_some(rng, data, cand, data.slice == 0, losses[1] / accuracy),
    ]


def _check_detectable(n: int) -> str:
    """Put in exactly the loss that the gate reports as detectable, and count how often that test fails."""
    rows = []
    for name, size in (("K = 2, balanced", 1_000), ("K = 2, balanced", 10_000), ("K = 3", 3_000), ("K = 20", 3_000)):
        world = replace(SHAPES[name], n=size)
        rng = np.random.default_rng(11)
        loss = _find_detectable(rng, world)
        found = sum(_finds(rng, world, loss, i) for i in range(n))
        rows.append([name, f"{size:,}", f"{100 * loss:.2f}", format_rate(found, n)])
        report_progress(" ".join(rows[-1]))
    return (
        "## True power at the detectable effect\n\nA loss of accuracy of the size reported as detectable (mean of 40 evaluations without\n"
        f"a change; 110 tests share α = {ALPHA:.0%}), put in at random. Promised: 80 %.\n\n"
        + format_table(["data", "N", "loss, pp", "found, %"], rows)
    )


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
