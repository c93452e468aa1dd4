"""From the outcomes of all tests to the one verdict. Knows outcomes, not numbers."""

from __future__ import annotations

from collections.abc import Sequence

from memeci.decision import sentences
from memeci.decision.outcome import MIN_GROUPS, is_proven
from memeci.headline import find_headline, weigh_loss
from memeci.policy import OnInconclusive, Policy, Rule
from memeci.records import FAILING, Comparison, DecisionInfo, Outcome, Pairing, Reason, Status, Text, Verdict

_EXEMPT_FROM_PROOF = {Outcome.TOO_FEW, Outcome.MEASURED}


def build_verdict(
    comparisons: Sequence[Comparison], rules: Sequence[Rule], info: DecisionInfo, *, grouped: bool = False, notes: tuple[Text, ...] = ()
) -> Verdict:
    """Return the verdict over all gated tests; ``rules`` are those of the comparisons, one each."""
    gated = [(c, rule) for c, rule in zip(comparisons, rules, strict=True) if c.gated]
    failed = sorted((c for c, rule in gated if _fails(c, rule)), key=_severity)
    doubtful = sorted((c for c, _ in gated if c.outcome is Outcome.INCONCLUSIVE and c not in failed), key=_severity)
    reasons = tuple(_build_reason(c) for c in (*failed, *doubtful))
    status = _find_status(failed, doubtful, [c for c, _ in gated], info.pairing)
    sentence = _build_sentence(status, comparisons, reasons, len(failed), info)
    return Verdict(status, sentence, reasons, (*_collect_notes(comparisons, info, grouped=grouped), *notes))


def is_failure(verdict: Verdict, policy: Policy) -> bool:
    """Return whether the run must leave with exit code 1."""
    asked = verdict.status is Status.INCONCLUSIVE and policy.on_inconclusive is OnInconclusive.FAIL
    return verdict.status is Status.FAIL or asked


def _fails(c: Comparison, rule: Rule) -> bool:
    if c.outcome in FAILING:
        return True
    return rule is Rule.REQUIRE_PROOF and c.outcome not in _EXEMPT_FROM_PROOF and not is_proven(c.outcome)


def _severity(c: Comparison) -> tuple[int, bool, float, float]:
    """Sort key: the worst kind first, the whole before its slices (in the order of the configuration), the surest first."""
    kind = FAILING.index(c.outcome) if c.outcome in FAILING else len(FAILING)
    return kind, bool(c.slice), 1.0 if c.p_adjusted is None else c.p_adjusted, -weigh_loss(c) if c.slice else 0.0


def _find_status(failed: list[Comparison], doubtful: list[Comparison], gated: list[Comparison], pairing: Pairing) -> Status:
    if failed:
        return Status.FAIL
    if pairing is Pairing.NONE:
        return Status.NO_BASELINE
    nothing_decided = bool(gated) and all(c.outcome is Outcome.TOO_FEW for c in gated)
    return Status.INCONCLUSIVE if doubtful or nothing_decided else Status.PASS


def _build_reason(c: Comparison) -> Reason:
    return Reason(outcome=c.outcome, text=_describe(c), metric=c.metric, slice=c.slice)


def _describe(c: Comparison) -> Text:
    if c.outcome in {Outcome.REGRESSED, Outcome.INCONCLUSIVE} and c.ci_low is None:
        return sentences.describe_without_error(c)
    if c.outcome not in FAILING and c.outcome is not Outcome.INCONCLUSIVE:
        return sentences.describe_unproven(c)
    return sentences.describe_comparison(c)


def _build_sentence(
    status: Status, comparisons: Sequence[Comparison], reasons: tuple[Reason, ...], n_failed: int, info: DecisionInfo
) -> Text:
    n = max((c.n for c in comparisons), default=0)
    if status is Status.FAIL:
        return sentences.describe_failure(reasons[0].text, n_failed - 1)
    if status is Status.NO_BASELINE:
        return sentences.describe_no_baseline(len({c.metric for c in comparisons}), n)
    if status is Status.INCONCLUSIVE:
        if not reasons:
            return sentences.describe_nothing_decided(n)
        doubt = next(c for c in comparisons if c.metric == reasons[0].metric and c.slice == reasons[0].slice)
        return sentences.describe_inconclusive(reasons[0].text, doubt)
    if _is_identical(comparisons):
        return sentences.describe_identical(n)
    return sentences.describe_pass(info, n, _find_best(comparisons), find_headline(comparisons))


def _find_best(comparisons: Sequence[Comparison]) -> Comparison | None:
    better = [c for c in comparisons if c.gated and c.outcome is Outcome.IMPROVED]
    return min(better, key=lambda c: bool(c.slice), default=None)


def _is_identical(comparisons: Sequence[Comparison]) -> bool:
    """Every change is zero, and surely so: no example moved anywhere."""
    known = [c for c in comparisons if c.delta is not None]
    return bool(known) and all(c.delta == 0 and c.p_value == 1.0 for c in known)


def _collect_notes(comparisons: Sequence[Comparison], info: DecisionInfo, *, grouped: bool) -> tuple[Text, ...]:
    fallback = sentences.note_pairing(info.pairing)
    notes = [] if fallback is None else [fallback]
    if grouped and any(not c.slice and c.n_units < MIN_GROUPS for c in comparisons):
        notes.append(sentences.note_few_groups())
    if info.noise_floor:
        notes.append(sentences.note_noise_floor())
    return tuple(notes)
