"""A/A: how often does a gate fail between two runs of equally good models? Whole product: real metrics, then the decision."""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec
import numpy as np

from benchmarks.calibrate.parallel import run_cases
from benchmarks.calibrate.tables import format_rate, format_table, report_progress, write_table
from benchmarks.calibrate.worlds import Data, World, draw_data, draw_model, measure_pair
from memeci.decision import NoiseFloor, compute_noise_floor, decide
from memeci.policy import Gate, Policy, Tolerance
from memeci.records import Comparison, Outcome, Status

SHAPES = {
    "K = 2, balanced": World(0),
    "K = 2, 5 % positive": World(0, positive_share=0.05, signal=1.1),
    "K = 2, 99.5 % accurate": World(0, signal=2.6, own=0.1),
    "K = 3": World(0, 3, signal=2.2),
    "K = 20": World(0, 20, signal=3.3),
    "K = 2, groups of 10": World(0, group_size=10),
    "K = 2, Pareto groups": World(0, group_size=10, pareto=True),
}
SIZES = (300, 1_000, 3_000, 10_000)
ALPHAS = (0.01, 0.05)
N_RUNS = 5


@dataclass
class Tally:
    """Data sets, those that fail at each alpha, and those that warn at 1 %."""

    n: int = 0
    failed: tuple[int, int] = (0, 0)
    warned: int = 0

    def row(self, name: str, size: int) -> list[str]:
        return [name, f"{size:,}", *(format_rate(failed, self.n) for failed in self.failed), format_rate(self.warned, self.n)]


def count_false_alarms(world: World, n: int, seed: int, policy: Policy | None = None) -> Tally:
    """Return how often ``n`` data sets fail. With ``floor_runs`` a noise floor is learnt from as many more runs on the same test set."""
    rng, tally = np.random.default_rng(seed), Tally(n)
    for i in range(n):
        data = draw_data(rng, world)
        measured = measure_pair(data, draw_model(rng, data), draw_model(rng, data), seed=i)
        demanded = policy or Policy()
        if world.floor_runs:
            floor = _learn_floor(rng, data, i)
            demanded = msgspec.structs.replace(demanded, noise=floor.sigma, noise_runs=floor.runs)
        decided = decide(measured, demanded)
        fails = [any(_fails(c, alpha) for c in decided.comparisons) for alpha in ALPHAS]
        assert fails[0] == (decided.verdict.status is Status.FAIL)
        tally.failed = (tally.failed[0] + fails[0], tally.failed[1] + fails[1])
        tally.warned += decided.verdict.status is Status.INCONCLUSIVE
    return tally


def _fails(c: Comparison, alpha: float) -> bool:
    """The default rule at another alpha, from the adjusted p-value."""
    if c.p_adjusted is None or c.delta is None or c.outcome is Outcome.TOO_FEW:
        return False
    loss = -c.delta if c.direction.value.startswith("higher") else c.delta
    return c.p_adjusted <= alpha and loss > c.tolerance


def _learn_floor(rng: np.random.Generator, data: Data, seed: int) -> NoiseFloor:
    runs: dict[str, list[float | None]] = {}
    for _ in range(data.world.floor_runs):
        model = draw_model(rng, data)
        measured = measure_pair(data, model, model, seed=seed)
        for j, test in enumerate(measured.tests):
            if not test.slice:
                runs.setdefault(test.metric, []).append(float(measured.candidate[j]))
    return compute_noise_floor(runs)


@dataclass(frozen=True)
class Setting:
    """One row of a table: ``n`` data sets of a world."""

    label: str
    world: World
    n: int
    seed: int
    policy: Policy


def main(n: int) -> None:
    large = Setting("K = 20 (a quarter of the data sets)", replace(SHAPES["K = 20"], n=100_000), n // 4, 9, Policy())
    settings = [large]  # the longest first, so that no process waits for it in the end
    for name, shape in SHAPES.items():
        for size in SIZES[1:3] if shape.group_size else SIZES:
            settings.append(Setting(name, replace(shape, n=size), n, size, Policy()))
    rows = _list_rows(settings)
    rows = [*rows[1:], rows[0]]
    header = ["data", "N", "fails, α = 1 %", "fails, α = 5 %", "warns, α = 1 %"]
    error = [3 * 100 * (a * (1 - a) / n) ** 0.5 for a in ALPHAS]
    text = (
        f"Percent of {n:,} data sets where two equally good models get a failing verdict: 10 metrics (for two classes with ROC-AUC,\n"
        f"average precision and Brier score), all examples and 10 slices, 110 tests at once, no tolerance. Three Monte-Carlo errors:\n"
        f"{error[0]:.1f} and {error[1]:.1f} points.\n\n" + format_table(header, rows)
    )
    write_table("false-alarms", "False alarms of a whole evaluation", text)


def main_noise(n: int) -> None:
    """Tolerance, SE⁺, noise floor and the family-wise critical value together."""
    policies = {
        "no tolerance": Policy(),
        "tolerance 0.5 pp": Policy(gates={(m, ""): Gate(Tolerance(absolute=0.005)) for m in ("accuracy", "f1", "mcc", "roc_auc")}),
    }
    settings = []
    for size, run_noise in ((1_000, 0.05), (3_000, 0.03), (10_000, 0.02), (10_000, 0.05)):
        world = replace(SHAPES["K = 2, balanced"], n=size, run_noise=run_noise, n_slices=5)
        for name, policy in policies.items():
            for has_floor in (False, True):
                label = f"{name}, {'floor of five runs' if has_floor else 'no floor'}, noise {run_noise * 17:.1f} pp"
                settings.append(Setting(label, replace(world, floor_runs=N_RUNS if has_floor else 0), n, size, policy))
    rows = _list_rows(settings)
    text = (
        f"Percent of {n:,} data sets where two runs of the same code, which differ as whole models, get a failing verdict (10 metrics,\n"
        "all examples and 5 slices). The noise is the standard deviation of accuracy between runs.\n\n"
        + format_table(["gate", "N", "fails, α = 1 %", "fails, α = 5 %", "warns, α = 1 %"], rows)
    )
    write_table("noise-floor", "Retrained models: false alarms with and without a noise floor", text)


def _list_rows(settings: list[Setting]) -> list[list[str]]:
    rows = []
    for setting, tally in zip(settings, run_cases(_count_setting, settings), strict=True):
        rows.append(tally.row(setting.label, setting.world.n))
        report_progress(" ".join(rows[-1]))
    return rows


def _count_setting(setting: Setting) -> Tally:
    return count_false_alarms(setting.world, setting.n, setting.seed, setting.policy)
