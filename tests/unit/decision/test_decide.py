"""decide(): every outcome, on data small enough to see why."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace
from scipy import stats

from memeci.decision import Decided, decide, decide_incomparable, is_failure
from memeci.measurements import ALL, Measurements, TestKey
from memeci.policy import Gate, OnInconclusive, Policy, Rule, Tolerance
from memeci.records import Comparison, Direction, Outcome, Pairing, Status, Text, Unit
from tests.builders.measurements import Labels, measure_labels, measure_means, measure_numbers

ACCURACY = TestKey("accuracy", ALL, Direction.HIGHER, Unit.RATE)
LOSS = TestKey("log_loss", ALL, Direction.LOWER, Unit.NUMBER)


def _flips(n: int, fixed: int, broken: int, *, seed: int = 1) -> Measurements:
    """Binary labels, 80 % right before; the first ``fixed`` wrong ones become right, the first ``broken`` right ones wrong."""
    y = np.arange(n) % 2
    base = np.where(np.arange(n) < n // 5, 1 - y, y)
    cand = base.copy()
    cand[:fixed] = y[:fixed]
    cand[n - broken :] = 1 - y[n - broken :]
    return measure_labels(Labels(y, base, cand, 2), ("accuracy",), seed=seed)


def _gate(tolerance: float = 0.0, **more: object) -> Policy:
    return Policy(gates={("accuracy", ""): Gate(Tolerance(absolute=tolerance), **more)})  # type: ignore[arg-type]


def _only(decided: Decided) -> Comparison:
    assert len(decided.comparisons) == 1
    return decided.comparisons[0]


def test_sure_loss__fails_with_number_interval_and_p() -> None:
    decided = decide(_flips(1000, 2, 40), Policy())
    assert Outcome.REGRESSED is _only(decided).outcome
    assert Status.FAIL is decided.verdict.status
    assert decided.verdict.sentence.en.startswith("accuracy got worse: −3.8 pp [−5.")
    assert "1,000 examples (p < 0.001)" in decided.verdict.sentence.en
    assert "变差了" in decided.verdict.sentence.zh
    assert "个百分点" in decided.verdict.sentence.zh


def test_few_flips__are_no_proof_of_safety() -> None:
    """Of 300 examples a true loss breaks each with some chance, and nothing is fixed: how often does the truth lie below the interval?

    The chance is exact, from the interval of every possible count; a redraw of k flips alone cannot say, as it ends at √k.
    """
    n, alpha = 300, 0.05
    lows = [_only(decide(_flips(n, 0, broken), Policy(alpha=alpha))).ci_low for broken in range(40)]
    for loss in np.linspace(0.002, 0.06, 30):
        missed = sum(stats.binom.pmf(broken, n, loss) for broken, low in enumerate(lows) if low is not None and -loss < low)
        assert missed < 0.1, loss


def test_no_flip_at_all__is_not_within_a_tolerance_of_half_an_example() -> None:
    assert _only(decide(_flips(300, 0, 0), _gate(0.0015))).outcome is not Outcome.HELD
    assert _only(decide(_flips(3000, 0, 0), _gate(0.01))).outcome is Outcome.HELD


def test_small_loss_without_tolerance__passes_and_says_what_it_could_have_seen() -> None:
    decided = decide(_flips(1000, 20, 24), Policy())
    assert Outcome.NO_EVIDENCE is _only(decided).outcome
    assert Status.PASS is decided.verdict.status
    assert "would have been found four times out of five" in decided.verdict.sentence.en


def test_loss_beyond_declared_tolerance_but_unsure__is_inconclusive() -> None:
    decided = decide(_flips(1000, 20, 34), _gate(0.01))
    assert Status.INCONCLUSIVE is decided.verdict.status
    assert not is_failure(decided.verdict, _gate(0.01))
    assert is_failure(decided.verdict, Policy(on_inconclusive=OnInconclusive.FAIL))


def test_sure_loss_within_tolerance__does_not_fail() -> None:
    assert Outcome.REGRESSED is _only(decide(_flips(10_000, 0, 40), Policy())).outcome
    assert Outcome.HELD is _only(decide(_flips(10_000, 0, 40), _gate(0.01))).outcome


def test_strict__fails_only_when_the_loss_surely_exceeds_the_tolerance() -> None:
    loss = _flips(1000, 0, 20)
    assert Outcome.REGRESSED is _only(decide(loss, _gate(0.015))).outcome
    assert Outcome.INCONCLUSIVE is _only(decide(loss, _gate(0.015, rule=Rule.STRICT))).outcome
    assert Outcome.REGRESSED is _only(decide(_flips(1000, 0, 60), _gate(0.015, rule=Rule.STRICT))).outcome


def test_require_proof__fails_what_is_not_shown_to_hold() -> None:
    policy = _gate(0.01, rule=Rule.REQUIRE_PROOF)
    unproven = decide(_flips(300, 9, 9), policy)
    assert (_only(unproven).outcome, unproven.verdict.status) == (Outcome.NO_EVIDENCE, Status.FAIL)
    assert "not proven to hold within −1.0 pp" in unproven.verdict.sentence.en
    assert Status.PASS is decide(_flips(10_000, 20, 20), policy).verdict.status


def test_improvement__is_named() -> None:
    decided = decide(_flips(1000, 40, 2), Policy())
    assert Outcome.IMPROVED is _only(decided).outcome
    assert "got better: +3.8 pp" in decided.verdict.sentence.en


def test_identical_predictions__pass_with_p_one() -> None:
    decided = decide(_flips(1000, 0, 0), Policy())
    assert (_only(decided).p_value, _only(decided).p_adjusted) == (1.0, 1.0)
    assert decided.verdict.sentence.en.startswith("Nothing changed: on all 1,000 examples")


def test_one_flip_on_identical_predictions__is_no_evidence() -> None:
    assert Outcome.NO_EVIDENCE is _only(decide(_flips(1000, 0, 1), Policy())).outcome


def test_too_few_examples__never_fails() -> None:
    decided = decide(_flips(20, 0, 16), Policy())
    assert Outcome.TOO_FEW is _only(decided).outcome
    assert Status.INCONCLUSIVE is decided.verdict.status
    assert decided.verdict.sentence.en == "Too few examples to decide anything: 20."
    assert _only(decided).reason == "only 20 of at least 30 examples"


def test_too_few_positives__never_fails() -> None:
    measured = replace(_flips(1000, 0, 60), n_positive=np.array([9]), n_negative=np.array([991]))
    assert _only(decide(measured, Policy())).reason == "only 9 of at least 10 positive examples"


def test_floor__fails_whatever_the_change() -> None:
    decided = decide(_flips(1000, 0, 0), _gate(minimum=0.85))
    assert Outcome.BELOW_FLOOR is _only(decided).outcome
    assert decided.verdict.sentence.en == "accuracy is 80.0%, below the floor of 85.0%."
    assert Status.PASS is decide(_flips(1000, 0, 0), _gate(minimum=0.80)).verdict.status


def test_no_baseline__measures_and_still_holds_the_floor() -> None:
    measured = measure_numbers([ACCURACY], [float("nan")], [0.79], pairing=Pairing.NONE)
    decided = decide(measured, Policy())
    assert (_only(decided).outcome, decided.verdict.status) == (Outcome.MEASURED, Status.NO_BASELINE)
    assert decided.verdict.sentence.zh == "还没有可比较的基线：已在 1,000 条样本上测量 1 个指标。"
    assert Status.FAIL is decide(measured, _gate(minimum=0.80)).verdict.status


@pytest.mark.parametrize(("baseline", "candidate", "side"), [(float("nan"), 0.8, "baseline"), (0.8, float("nan"), "candidate")])
def test_missing_on_one_side__fails_closed(baseline: float, candidate: float, side: str) -> None:
    decided = decide(measure_numbers([ACCURACY], [baseline], [candidate], pairing=Pairing.PAIRED), Policy())
    assert (_only(decided).outcome, decided.verdict.status) == (Outcome.MISSING, Status.FAIL)
    assert f"cannot be computed for the {side}" in decided.verdict.sentence.en


def test_missing_in_a_slice__is_too_few() -> None:
    """A rare class is not predicted once in many small slices: failing closed there failed 45 % of unchanged models."""
    in_slice = replace(ACCURACY, slice=(("platform", "ios"),))
    assert _only(decide(measure_numbers([in_slice], [0.8], [float("nan")], pairing=Pairing.PAIRED), Policy())).outcome is Outcome.TOO_FEW


def test_class_of_all_classes_that_one_side_never_predicts__is_too_few_unless_it_has_a_gate() -> None:
    """Of thirty rare classes some one is not predicted once by chance: failing closed there failed a quarter of unchanged models."""
    one = measure_numbers([replace(ACCURACY, metric="precision[rare]")], [0.5], [float("nan")], pairing=Pairing.PAIRED)
    for gates in ({}, {("precision[*]", ""): Gate()}):
        assert _only(decide(one, Policy(gates=gates))).outcome is Outcome.TOO_FEW
    assert _only(decide(one, Policy(gates={("precision[rare]", ""): Gate()}))).outcome is Outcome.MISSING


def test_floor_of_all_classes__asks_nothing_of_one_without_examples() -> None:
    alone = measure_numbers([replace(ACCURACY, metric="recall[odd]")], [float("nan")], [float("nan")], pairing=Pairing.NONE)
    for name, status in (("recall[*]", Status.NO_BASELINE), ("recall[odd]", Status.FAIL)):
        assert decide(alone, Policy(gates={(name, ""): Gate(minimum=0.6)})).verdict.status is status


def test_missing_on_both_sides__is_too_few_not_a_failure() -> None:
    nan = float("nan")
    assert Outcome.TOO_FEW is _only(decide(measure_numbers([ACCURACY], [nan], [nan], pairing=Pairing.PAIRED), Policy())).outcome


def test_unpaired__decides_by_the_standard_error_and_says_so() -> None:
    measured = measure_numbers([ACCURACY], [0.90], [0.85], se=0.01, pairing=Pairing.UNPAIRED)
    decided = decide(measured, Policy())
    assert Outcome.REGRESSED is _only(decided).outcome
    assert decided.verdict.notes[0].en.startswith("Unpaired")
    assert Outcome.NO_EVIDENCE is _only(decide(replace(measured, delta=np.array([-0.01])), Policy())).outcome


def test_metrics_only__fails_by_declared_tolerance_alone() -> None:
    measured = measure_numbers([ACCURACY], [0.90], [0.88], pairing=Pairing.METRICS_ONLY)
    assert Outcome.INCONCLUSIVE is _only(decide(measured, Policy())).outcome
    decided = decide(measured, _gate(0.01))
    assert Outcome.REGRESSED is _only(decided).outcome
    assert "no error bar exists" in decided.verdict.sentence.en
    assert Outcome.NO_EVIDENCE is _only(decide(measured, _gate(0.02))).outcome


def test_metric_a_metrics_file_does_not_have__is_measured() -> None:
    measured = measure_numbers([ACCURACY, LOSS], [0.90, float("nan")], [0.90, 0.3], pairing=Pairing.METRICS_ONLY)
    assert [c.outcome for c in decide(measured, Policy()).comparisons] == [Outcome.NO_EVIDENCE, Outcome.MEASURED]


def test_lower_is_better__a_rise_is_the_loss_and_signs_stay() -> None:
    rng = np.random.default_rng(0)
    base = rng.random(2000)
    decided = decide(measure_means(base, base + 0.05 + rng.normal(0, 0.1, 2000), name="mae"), Policy())
    only = _only(decided)
    assert Outcome.REGRESSED is only.outcome
    assert only.delta is not None
    assert only.ci_low is not None
    assert only.ci_high is not None
    assert 0 < only.ci_low < only.delta < only.ci_high


def test_ungated_metric__is_shown_and_cannot_fail() -> None:
    decided = decide(_flips(1000, 2, 40), Policy(ungated=frozenset({"accuracy"})))
    assert (_only(decided).outcome, _only(decided).gated) == (Outcome.REGRESSED, False)
    assert (decided.verdict.status, decided.info.n_tests) == (Status.PASS, 0)


def test_relative_tolerance__is_taken_of_the_baseline() -> None:
    policy = Policy(gates={("accuracy", ""): Gate(Tolerance(relative=0.05))})
    assert _only(decide(_flips(1000, 0, 20), policy)).tolerance == pytest.approx(0.04)


def test_slice_inherits_tolerance_but_not_floor() -> None:
    policy = _gate(0.01, minimum=0.8)
    gate = policy.gate("accuracy", (("platform", "ios"),))
    assert (gate.tolerance.absolute, gate.minimum) == (0.01, None)


def test_few_groups__decide_nothing_and_say_so() -> None:
    rng = np.random.default_rng(0)
    groups = np.arange(900) % 9
    decided = decide(measure_means(rng.random(900), rng.random(900) - 0.5, groups=groups), Policy())
    assert Outcome.TOO_FEW is _only(decided).outcome
    assert decided.verdict.notes[0].en.startswith("Fewer than 10 groups")


def test_noise_floor__asks_more_of_a_loss_and_says_which_question() -> None:
    loss = _flips(1000, 2, 40)
    decided = decide(loss, replace(Policy(), noise={"accuracy": 0.02}, noise_runs=5))
    assert Outcome.REGRESSED is not _only(decided).outcome
    assert decided.info.noise_floor
    assert decided.verdict.notes[0].en.startswith("Asked of the code")


def test_same_measurements__same_decision() -> None:
    assert decide(_flips(1000, 10, 24), Policy()) == decide(_flips(1000, 10, 24), Policy())


def test_incomparable__fails_closed_with_the_reason_given() -> None:
    why = Text("The data set changed.", "数据集变了。")
    decided = decide_incomparable(_flips(1000, 0, 0), Policy(), why)
    assert (_only(decided).outcome, decided.verdict.status) == (Outcome.INCOMPARABLE, Status.FAIL)
    assert why == decided.verdict.sentence


def test_slices_and_metrics_together__name_the_worst_first() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 4000)
    platform = np.where(rng.random(4000) < 0.2, "ios", "web")
    base = np.where(rng.random(4000) < 0.85, y, 1 - y)
    cand = np.where((platform == "ios") & (rng.random(4000) < 0.2), 1 - y, base)
    decided = decide(measure_labels(Labels(y, base, cand, 2, {"platform": platform}), ("accuracy", "macro_f1")), Policy())
    failed = {(c.metric, c.slice.get("platform")) for c in decided.comparisons if c.outcome is Outcome.REGRESSED}
    assert {("accuracy", "ios"), ("accuracy", None), ("macro_f1", "ios"), ("macro_f1", None)} == failed
    assert decided.verdict.sentence.en.endswith("3 more gates failed.")


@pytest.mark.parametrize("seed", range(12))
def test_regressed__is_an_adjusted_p_of_alpha_is_an_interval_below_zero(seed: int) -> None:
    """Of tests over all examples, which weigh more, and of those of slices alike."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, 600)
    platform = rng.choice(["ios", "web", "tv"], 600)
    base = np.where(rng.random(600) < 0.85, y, 1 - y)
    cand = np.where(rng.random(600) < 0.02 + 0.05 * (platform == "ios"), 1 - y, base)
    decided = decide(
        measure_labels(Labels(y, base, cand, 2, {"platform": platform}), ("accuracy", "macro_f1"), seed=seed), Policy(alpha=0.2)
    )
    for c in decided.comparisons:
        assert c.p_adjusted is not None
        assert c.ci_high is not None
        assert (c.outcome is Outcome.REGRESSED) == (c.p_adjusted <= 0.2) == (c.ci_high < 0), c
    assert seed > 0 or {c.outcome is Outcome.REGRESSED for c in decided.comparisons} == {True, False}, "the first shows both"


def test_first_order_statistic__one_flip_can_never_be_significant() -> None:
    """Macro-F1 moves a little more than its first-order effect; were delta itself compared, one flip would beat every redraw."""
    y = np.arange(400) % 2
    cand = y.copy()
    cand[0] = 1
    decided = decide(measure_labels(Labels(y, y, cand, 2), ("accuracy", "macro_f1", "mcc")), Policy(alpha=0.05))
    assert all(c.outcome is Outcome.NO_EVIDENCE and c.p_value is not None and c.p_value > 0.4 for c in decided.comparisons)
