"""The standard errors and swap effects of every metric, against the jackknife and against swapping for real."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec.structs import asdict, replace

from memeci.measurements import Measurements
from memeci.measuring.measure import measure
from memeci.records import Task
from memeci.tallies import CellTally, MomentTally, MultilabelTally, ScoreArrays, Tallies, UnitTotals
from tests.builders.tables import Measured, Run
from tests.contracts.test_metrics import TASKS, draw

# The jackknife is inconsistent for a median (Miller 1974): it has a test of its own. Spearman has no weights.
NO_JACKKNIFE = {"median_absolute_error"}
NO_WEIGHTS = {"spearman"}
# One example more in a bin may turn the sign of its excess.
KINKED = {"expected_calibration_error"}
N_GROUPS = 60


def _draw(task: Task, n: int, *, weighted: bool = False, grouped: bool = False) -> tuple[Any, Any]:
    rng = np.random.default_rng(11)
    candidate, baseline = draw(task, rng, n, weighted=weighted)
    if task is Task.REGRESSION:
        candidate["label"][0] = baseline["label"][0] = 1.0  # beside a MAPE of 1e16 nothing else would show
    if grouped:
        candidate["group"] = [f"用户{g}" for g in rng.integers(0, N_GROUPS, n)]
    return candidate, baseline


def _measure(task: Task, folder: Path, n: int, *, weighted: bool = False, grouped: bool = False) -> Measured:
    return Run(task=task).measure(folder, *_draw(task, n, weighted=weighted, grouped=grouped))


def _exchange(candidate: Any, baseline: Any) -> tuple[Any, Any]:
    """Return the two with each example's predictions exchanged or not by the toss of a coin: nothing changed, by construction."""
    heads = np.random.default_rng(6).random(len(candidate["id"])) < 0.5
    own = [name for name in candidate if name.startswith(("prediction", "score", "prob_"))]
    first = {name: [b if h else c for h, c, b in zip(heads, candidate[name], baseline[name], strict=True)] for name in own}
    second = {name: [c if h else b for h, c, b in zip(heads, candidate[name], baseline[name], strict=True)] for name in own}
    return {**candidate, **first}, {**baseline, **second}


def _map_rows(tallies: Tallies, change: Callable[[Any], Any]) -> Tallies:
    """Return the tallies with ``change`` applied to each table that has units."""
    names = ("cells", "multilabel", "moments", "units", "scores", "confidences")
    changed = {name: change(getattr(tallies, name)) for name in names if getattr(tallies, name) is not None}
    return replace(tallies, **changed, class_scores=tuple(change(arrays) for arrays in tallies.class_scores))


_SUMS = {
    CellTally: ("weight",),
    MultilabelTally: ("support", "base_true", "base_predicted", "cand_true", "cand_predicted"),
    MomentTally: ("weight", "base", "cand"),
    ScoreArrays: ("weight",),
    UnitTotals: ("weight",),
}


def _weigh_unit(tallies: Tallies, unit: int, factor: float) -> Tallies:
    """Return the tallies with the weight of one unit times ``factor``."""

    def weigh(table: Any) -> Any:
        factors = np.where(table.unit == unit, factor, 1.0)
        return replace(table, **{name: (getattr(table, name).T * factors).T for name in _SUMS[type(table)]})

    return _map_rows(tallies, weigh)


def _leave_out_unit(tallies: Tallies, unit: int) -> Tallies:
    def leave_out(table: Any) -> Any:
        keep = table.unit != unit
        return replace(table, **{name: v[keep] for name, v in asdict(table).items() if isinstance(v, np.ndarray)})

    return _map_rows(tallies, leave_out)


def _swap_unit(tallies: Tallies, unit: int) -> Tallies:
    """Return the tallies with baseline and candidate of one unit exchanged."""
    pairs = {
        CellTally: (("base", "cand"),),
        MultilabelTally: (("base_true", "cand_true"), ("base_predicted", "cand_predicted")),
        MomentTally: (("base", "cand"),),
        ScoreArrays: (("base", "cand"), ("base_label", "label")),
        UnitTotals: (),
    }

    def swap(table: Any) -> Any:
        rows = table.unit == unit
        changes = {}
        for first, second in pairs[type(table)]:
            a, b = getattr(table, first), getattr(table, second)
            if a is not None:
                condition = rows if a.ndim == 1 else rows[:, None]
                changes |= {first: np.where(condition, b, a), second: np.where(condition, a, b)}
        return replace(table, **changes)

    return _map_rows(tallies, swap)


def _list_units(tallies: Tallies) -> Any:
    return np.unique(tallies.units.unit[tallies.units.weight > 0])


def _differentiate(tallies: Tallies, metrics: Any, step: float = 1e-4) -> Any:
    """Return float64[U, J]: the derivative of each delta by the (relative) weight of each unit."""
    return np.array(
        [
            (measure(_weigh_unit(tallies, u, 1 + step), metrics).delta - measure(_weigh_unit(tallies, u, 1 - step), metrics).delta)
            / (2 * step)
            for u in _list_units(tallies)
        ]
    )


def _jackknife(tallies: Tallies, metrics: Any) -> Any:
    """Return the leave-one-unit-out standard error of each delta."""
    left_out = np.array([measure(_leave_out_unit(tallies, u), metrics).delta for u in _list_units(tallies)])
    n = len(left_out)
    return np.sqrt((n - 1) / n * ((left_out - left_out.mean(axis=0)) ** 2).sum(axis=0))


def _assert_errors(measured: Measured, expected: Any, *, rel: float, without: set[str]) -> None:
    for j, metric in enumerate(measured.metrics):
        if metric.name not in without:
            assert measured.measurements.se[j] == pytest.approx(expected[j], rel=rel), metric.name


@TASKS
@pytest.mark.parametrize("grouped", [False, True], ids=["examples", "groups"])
def test_the_standard_error_is_that_of_the_infinitesimal_jackknife(task: Task, grouped: bool, tmp_path: Path) -> None:
    """Efron 1982: the derivatives by weight are the influence; unequal weights and groups of unequal size included."""
    measured = _measure(task, tmp_path, 240 if grouped else 60, weighted=True, grouped=grouped)
    slopes = _differentiate(measured.tallies, measured.metrics)
    n = len(slopes)
    _assert_errors(measured, np.sqrt(n / (n - 1) * (slopes**2).sum(axis=0)), rel=1e-4, without=NO_JACKKNIFE | NO_WEIGHTS)


@TASKS
def test_the_standard_error_is_near_that_of_leaving_one_group_out(task: Task, tmp_path: Path) -> None:
    measured = _measure(task, tmp_path, 900, grouped=True)
    _assert_errors(measured, _jackknife(measured.tallies, measured.metrics), rel=0.15, without=NO_JACKKNIFE)


@pytest.mark.parametrize("task", [Task.BINARY, Task.MULTICLASS], ids=lambda task: task.value)
def test_the_standard_error_of_cells_is_that_of_their_examples(task: Task, tmp_path: Path) -> None:
    """Without weights and groups the counts alone decide; with all weights 1 each example is a unit."""
    candidate, baseline = draw(task, np.random.default_rng(2), 800)
    cells = Run(task=task).measure(tmp_path, candidate, baseline).measurements
    units = Run(task=task).measure(tmp_path, {**candidate, "weight": [1.0] * 800}, baseline).measurements
    np.testing.assert_allclose(units.candidate, cells.candidate, rtol=1e-12)
    labels = [j for j, test in enumerate(cells.tests) if test.metric in {"accuracy", "macro_f1", "mcc", "cohen_kappa", "balanced_accuracy"}]
    np.testing.assert_allclose(units.se[labels], cells.se[labels] * np.sqrt(800 / 799), rtol=1e-9)


def test_the_standard_error_of_spearman_is_that_of_the_jackknife(tmp_path: Path) -> None:
    measured = _measure(Task.REGRESSION, tmp_path, 180)
    metric = next(m for m in measured.metrics if m.name == "spearman")
    expected = _jackknife(measured.tallies, [metric])[0]
    assert measured.measurements.se[measured.find("spearman")] == pytest.approx(expected, rel=0.03)


def test_the_standard_error_of_a_median_is_that_of_the_bootstrap(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    n = 2_000
    label = rng.normal(0, 10, n)
    sides = [label + rng.normal(0, scale, n) for scale in (5.0, 6.0)]
    tables = [{"id": [str(i) for i in range(n)], "label": label.tolist(), "prediction": side.tolist()} for side in sides]
    measured = Run(metrics=("median_absolute_error",)).measure(tmp_path, *tables)
    errors = np.abs(np.array(sides) - label)
    draws = [np.median(errors[:, rows], axis=1) for rows in rng.integers(0, n, (1_000, n))]
    assert measured.measurements.se[0] == pytest.approx(np.std([a - b for a, b in draws]), rel=0.15)


def _sum_effects(m: Measurements) -> Any:
    total = np.zeros(len(m.tests))
    for block in m.swaps.blocks:
        total[block.tests] += m.swaps.imbalance[block.atoms] @ block.effects
    return total


EXACT = {"accuracy", "micro_f1", "micro_precision", "micro_recall", "hamming_loss", "subset_accuracy", "log_loss", "brier", "mae", "mape"}


@TASKS
@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
def test_swap_effects_add_up_to_delta(task: Task, weighted: bool, tmp_path: Path) -> None:
    measured = _measure(task, tmp_path, 1_000, weighted=weighted)
    m = measured.measurements
    total = _sum_effects(m)
    for j, test in enumerate(m.tests):
        if not np.isnan(m.delta[j]):
            exact = test.metric in EXACT and not (task is Task.MULTILABEL and test.metric.startswith("micro"))
            assert total[j] == pytest.approx(m.delta[j], rel=1e-9 if exact else 0.05, abs=1e-12), test.metric


@TASKS
def test_swapping_a_unit_changes_delta_by_twice_its_effect(task: Task, tmp_path: Path) -> None:
    measured = Run(task=task).measure(tmp_path, *_exchange(*_draw(task, 1_000, weighted=True)))
    m, tallies = measured.measurements, measured.tallies
    effects = np.zeros((tallies.n_units, len(m.tests)))
    for block in m.swaps.blocks:
        effects[np.ix_(block.atoms - (len(m.swaps.count) - tallies.n_units), block.tests)] = block.effects
    units = np.random.default_rng(1).choice(_list_units(tallies), 60, replace=False)
    real = np.array([(m.delta - measure(_swap_unit(tallies, u), measured.metrics).delta) / 2 for u in units])
    for j, test in enumerate(m.tests):
        if test.metric not in NO_JACKKNIFE | NO_WEIGHTS | KINKED:
            assert np.corrcoef(real[:, j], effects[units, j])[0, 1] > 0.97, test.metric
            assert effects[units, j].std() == pytest.approx(real[:, j].std(), rel=0.1), test.metric


@TASKS
def test_two_equal_models_have_no_change_and_no_error(task: Task, tmp_path: Path) -> None:
    candidate, _ = draw(task, np.random.default_rng(4), 300)
    m = Run(task=task).measure(tmp_path, candidate, {k: v for k, v in candidate.items() if k not in {"平台", "lang"}}).measurements
    np.testing.assert_array_equal(m.delta, 0.0)
    np.testing.assert_allclose(m.se, 0.0, atol=1e-15)


@pytest.mark.parametrize("n_right", [480, 495, 505, 520])
def test_median_beside_a_step__may_be_on_the_other_side(n_right: int, tmp_path: Path) -> None:
    """Of 1,000 errors about half are 0 and the others 1: another draw has the other median, and the error bar knows."""
    label = np.arange(1_000.0)
    side = label + (np.arange(1_000) >= n_right)
    table = {"id": [str(i) for i in range(1_000)], "label": label.tolist(), "prediction": side.tolist()}
    exact = {**table, "prediction": (label + 0.5 + np.arange(1_000) * 1e-5).tolist()}
    error = Run(metrics=("median_absolute_error",)).measure(tmp_path, exact, table).measurements.se[0]
    assert 0.35 < error < 1.2
