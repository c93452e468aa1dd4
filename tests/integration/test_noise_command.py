"""`memeci noise` on runs of the same code, from the first look to an evaluation that uses the floor."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from memeci.records import Status
from tests.builders.commands import run_memeci
from tests.builders.tables import write_table


def _write_run(path: Path, seed: int, *, accuracy: float) -> None:
    """1,000 examples; which are right depends on the run, and so does how many."""
    rng = np.random.default_rng(seed)
    labels = [str(i % 2) for i in range(1_000)]
    right = rng.random(1_000) < accuracy
    predictions = [label if ok else str(1 - int(label)) for label, ok in zip(labels, right, strict=True)]
    write_table(path, {"id": [f"e{i}" for i in range(1_000)], "label": labels, "prediction": predictions})


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    for i, accuracy in enumerate((0.90, 0.94, 0.87, 0.92, 0.89)):
        _write_run(tmp_path / f"run{i}.csv", i, accuracy=accuracy)
    return tmp_path


RUNS = [f"run{i}.csv" for i in range(5)]


def test_runs_that_differ__show_the_floor_and_how_often_the_gate_flips(runs: Path) -> None:
    ran = run_memeci(runs, "noise", *RUNS)
    assert ran.code == 0
    assert "5 runs of the same code" in ran.out
    assert "of 10 comparisons where nothing changed but the run" in ran.out


def test_saved_floor__is_in_the_record_with_its_runs(runs: Path) -> None:
    assert run_memeci(runs, "evaluate", "run0.csv", "--baseline", "none").code == 0
    assert run_memeci(runs, "noise", *RUNS, "--save").code == 0
    record = run_memeci(runs, "noise", *RUNS, "--save").record
    assert record.noise_runs == 5
    assert 0.01 < record.noise["accuracy"] < 0.05
    assert record.verdict.status is Status.NO_BASELINE


def test_save_without_an_evaluation__says_what_to_type(runs: Path) -> None:
    ran = run_memeci(runs, "noise", "run0.csv", "run1.csv", "--save")
    assert ran.code == 2
    assert "memeci evaluate, then memeci noise --save again" in ran.err


def test_one_run__is_no_noise(runs: Path) -> None:
    ran = run_memeci(runs, "noise", "run0.csv")
    assert ran.code == 2
    assert "a noise floor needs two runs or more" in ran.err


def test_released_floor__keeps_a_retrained_model_from_failing(runs: Path) -> None:
    """Run 2 is surely worse than run 1 as a model, and no worse than runs of that code are."""
    from tests.builders.repository import RepoBuilder

    repo = RepoBuilder(runs)
    repo.commit(message="start")
    assert run_memeci(runs, "evaluate", "run1.csv", "--baseline", "none").code == 0
    assert run_memeci(runs, "noise", *RUNS, "--save").code == 0
    assert run_memeci(runs, "release").code == 0
    ran = run_memeci(runs, "evaluate", "run2.csv")
    assert ran.record.noise_runs == 5
    assert ran.record.decision.noise_floor
    assert (ran.code, ran.outcome("accuracy") == "regressed") == (0, False)
    assert run_memeci(runs, "evaluate", "run2.csv", "--baseline", "run1.csv").code == 1


def test_two_runs__are_too_few_for_a_tolerance(runs: Path) -> None:
    ran = run_memeci(runs, "noise", "run0.csv", "run1.csv")
    assert ran.code == 0
    assert "2 runs are too few to say which tolerance holds" in ran.out
    accuracy = next(line for line in ran.out.splitlines() if "accuracy" in line)
    assert [cell.strip() for cell in accuracy.split("│")][3] == "–"


def test_runs_that_have_nothing_in_common__name_no_tolerance_that_allows_everything(runs: Path) -> None:
    _write_run(runs / "bad.csv", 9, accuracy=0.1)
    ran = run_memeci(runs, "noise", "run0.csv", "run1.csv", "bad.csv")
    assert "these runs differ too much" in ran.out
