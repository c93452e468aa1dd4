"""Which findings fire on which curves; each threshold is met from both sides."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from memeci.diagnosis import diagnose_curve
from memeci.records import Curve

FALLING = tuple(2.0 * 0.9**i for i in range(12))


def curve(broke_at: dict[str, float] | None = None, **series: tuple[float | None, ...]) -> Curve:
    n = len(next(iter(series.values())))
    return Curve(tuple(float(i) for i in range(n)), dict(series), broke_at or {})


def kinds(subject: Curve) -> list[str]:
    return [finding.kind for finding in diagnose_curve(subject)]


def test_smooth_descent__is_learning() -> None:
    assert kinds(curve(loss=FALLING)) == ["learning"]


def test_nan__found_with_step_and_last_number() -> None:
    finding = diagnose_curve(curve({"loss": 12.0}, loss=(*FALLING, None)))[0]
    assert finding.kind == "loss_nan"
    assert (finding.numbers["step"], finding.numbers["last"]) == (12.0, FALLING[-1])


def test_a_gap_is_no_nan() -> None:
    assert "loss_nan" not in kinds(curve(loss=(*FALLING, None)))


def test_nan_from_the_first_step__found_without_a_last_number() -> None:
    assert diagnose_curve(curve({"loss": 0.0}, loss=(None, None)))[0].numbers["last"] is None


@pytest.mark.parametrize(("last", "exploded"), [(2.5, True), (1.9, False)])
def test_exploded__three_times_the_best_and_above_the_start(last: float, exploded: bool) -> None:
    assert ("loss_exploded" in kinds(curve(loss=(2.0, 1.0, 0.5, last)))) is exploded


@pytest.mark.parametrize(("last", "overfit"), [(0.56, True), (0.54, False)])
def test_overfitting__ten_percent_above_the_best_while_training_loss_falls(last: float, overfit: bool) -> None:
    validation = (1.0, 0.7, 0.5, 0.53, last)
    assert ("overfitting" in kinds(curve(loss=FALLING[:5], val_loss=validation))) is overfit


def test_validation_and_training_both_rise__is_no_overfitting() -> None:
    assert "overfitting" not in kinds(curve(loss=(1.0, 0.8, 0.6, 0.7, 0.8), val_loss=(1.0, 0.7, 0.5, 0.6, 0.7)))


def test_validation_falls_three_times_running__found() -> None:
    assert "validation_falling" in kinds(curve(loss=FALLING[:5], val_accuracy=(0.7, 0.8, 0.79, 0.78, 0.77)))


def test_validation_falls_twice__is_not_enough() -> None:
    assert "validation_falling" not in kinds(curve(loss=FALLING[:5], val_accuracy=(0.7, 0.78, 0.8, 0.79, 0.77)))


def test_accuracy_that_rises_is_not_read_as_a_loss() -> None:
    assert "validation_falling" not in kinds(curve(val_accuracy=(0.7, 0.75, 0.8, 0.85, 0.9)))


def test_learning_rate_unchanged_without_a_new_best__the_scheduler_did_nothing() -> None:
    validation = (0.7, 0.8, 0.79, 0.795, 0.79)
    assert "scheduler_idle" in kinds(curve(learning_rate=(1e-3,) * 5, val_accuracy=validation))
    assert "scheduler_idle" not in kinds(curve(learning_rate=(1e-3, 1e-3, 1e-3, 1e-4, 1e-4), val_accuracy=validation))


def test_noise_around_a_level__oscillates() -> None:
    rng = random.Random(1)
    assert "loss_oscillates" in kinds(curve(loss=tuple(1 + 0.3 * rng.random() for _ in range(40))))


def test_a_little_noise_on_a_steep_descent__does_not() -> None:
    rng = random.Random(1)
    assert "loss_oscillates" not in kinds(curve(loss=tuple(2 * 0.9**i * (1 + 0.02 * rng.random()) for i in range(40))))


@pytest.mark.parametrize("seed", range(20))
def test_pure_noise_rarely_looks_like_a_trend(seed: int) -> None:
    """Three steps running the wrong way happen once in 24 endings: among these 20, at most three times (see the next test)."""
    rng = random.Random(seed)
    subject = curve(val_accuracy=tuple(0.8 + 0.01 * rng.random() for _ in range(12)))
    assert set(kinds(subject)) <= {"validation_falling"}


def test_noise_is_accused_about_once_in_24() -> None:
    fired = 0
    for seed in range(2000):
        rng = random.Random(seed)
        fired += "validation_falling" in kinds(curve(val_accuracy=tuple(rng.random() for _ in range(8))))
    assert pytest.approx(fired, rel=0.35) == 2000 / 24


@pytest.mark.parametrize("subject", [Curve((), {}), curve(loss=(None, None)), curve(loss=(0.0, 0.0, 0.0)), curve(loss=(1.0,))])
def test_degenerate_curves__are_no_error(subject: Curve) -> None:
    diagnose_curve(subject)


@pytest.mark.shared
def test_a_run_that_overfits__found(shared_data: Path) -> None:
    from memeci.readers.curves import read_curve

    assert kinds(read_curve(shared_data / "evaltools/hf_trainer/ainna278_overfit_trainer_state.json")) == ["overfitting"]


@pytest.mark.shared
def test_a_run_that_learns__accused_of_nothing(shared_data: Path) -> None:
    from memeci.readers.curves import read_curve

    assert kinds(read_curve(shared_data / "evaltools/keras/brats_training_first14epochs.csv")) == ["learning"]
