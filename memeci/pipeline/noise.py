"""Noise: runs of the same code compared with one another, an A/A test of the user's own gate."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import msgspec
from msgspec.structs import replace

from memeci.decision import FlipRates, NoiseFloor, compute_noise_floor, count_flips
from memeci.errors import ConfigError
from memeci.pipeline.evaluate import Request, evaluate
from memeci.records import Evaluation, Unit

MAX_PAIRS = 45


class Noise(msgspec.Struct, frozen=True):
    """``flips`` counts the verdicts of the pairs as the gate stands; ``units`` says how a metric's values are shown."""

    floor: NoiseFloor
    flips: FlipRates
    units: dict[str, Unit]
    alpha: float


def measure_noise(request: Request, runs: Sequence[str]) -> Noise:
    """Compare every two of the runs (45 pairs, unless more runs need more) and return what moved.

    Raises ConfigError with fewer than two runs, and what `evaluate` raises.
    """
    if len(runs) < 2:
        raise ConfigError(
            "a noise floor needs two runs or more.",
            f"{len(runs)} prediction file was named; noise is how runs of the same code differ.",
            "train and predict again with another seed, then: memeci noise run1.csv run2.csv run3.csv",
        )
    records = {pair: _compare(request, runs[pair[0]], runs[pair[1]]) for pair in _choose_pairs(len(runs))}
    units = {c.metric: c.unit for record in records.values() for c in record.comparisons}
    return Noise(compute_noise_floor(_collect_values(records, len(runs))), count_flips(list(records.values())), units, request.config.alpha)


def _choose_pairs(n_runs: int) -> list[tuple[int, int]]:
    """Return all pairs, or MAX_PAIRS of them: neighbours first, so that every run takes part."""
    pairs = sorted(combinations(range(n_runs), 2), key=lambda pair: pair[1] - pair[0])
    return pairs[: max(MAX_PAIRS, n_runs - 1)]


def _collect_values(records: dict[tuple[int, int], Evaluation], n_runs: int) -> dict[str, list[float | None]]:
    """Return each metric's value over all examples, run by run."""
    values: dict[str, list[float | None]] = {}
    for run in range(n_runs):
        pair = next(pair for pair in records if run in pair)
        for c in records[pair].comparisons:
            if not c.slice:
                values.setdefault(c.metric, []).append(c.baseline if pair[0] == run else c.candidate)
    return values


def _compare(request: Request, baseline: str, candidate: str) -> Evaluation:
    return evaluate(replace(request, predictions=candidate, baseline=baseline, output_dir=None, picture=False)).record
