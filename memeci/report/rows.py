"""Comparisons and facts as short strings, the same in every report. Names from outside stay raw: escape them where they are shown."""

from __future__ import annotations

import msgspec

from memeci.formatting import NOTHING, format_change, format_count, format_delta, format_interval, format_slice, format_value
from memeci.headline import find_headline
from memeci.records import BaselineKind, Comparison, Direction, Evaluation, Outcome, Pairing, Unit
from memeci.report.words import OUTCOME_EMOJI, PAIRING, WORDS, Phrases

SHORT_COMMIT = 10


class Row(msgspec.Struct, frozen=True):
    """One comparison. ``verdict`` is a line a language.

    ``metric``, ``slice`` and ``reason`` may hold text from outside; ``limits`` are what the gate demands.
    """

    outcome: Outcome
    metric: str
    slice: str
    n: str
    baseline: str
    candidate: str
    change: str
    interval: str
    emoji: str
    verdict: tuple[str, ...]
    limits: tuple[str, ...]
    reason: str
    gated: bool


def build_row(c: Comparison, say: Phrases) -> Row:
    """Return a comparison as strings in the asked language."""
    return Row(
        outcome=c.outcome,
        metric=c.metric,
        slice=format_slice(c.slice),
        n=format_count(c.n),
        baseline=format_value(c.baseline, c.unit),
        candidate=format_value(c.candidate, c.unit),
        change=format_change(c.delta, c.ci_low, c.ci_high, c.unit),
        interval=format_interval(c.ci_low, c.ci_high, c.unit),
        emoji=OUTCOME_EMOJI[c.outcome] if c.gated else "📏",
        verdict=tuple(say.outcome(c.outcome, c.direction) if c.gated else say.lines(WORDS["not_gated"])),
        limits=_build_limits(c, say),
        reason=c.reason,
        gated=c.gated,
    )


def _build_limits(c: Comparison, say: Phrases) -> tuple[str, ...]:
    parts = []
    if c.tolerance:
        parts.append(f"{say.word('tolerance')} {format_delta(c.tolerance, c.unit).lstrip('+')}")
    if c.minimum is not None:
        parts.append(f"{say.word('floor' if c.direction is Direction.HIGHER else 'ceiling')} {format_value(c.minimum, c.unit)}")
    return tuple(parts)


def format_commit(commit: str | None) -> str:
    return commit[:SHORT_COMMIT] if commit else ""


def format_candidate(record: Evaluation) -> str:
    """Return what is evaluated, as short as it stays clear: the commit, else the file; both where files are compared."""
    commit, source = format_commit(record.candidate.commit), _shorten_path(record.candidate.source)
    if record.baseline is not None and record.baseline.kind is BaselineKind.FILE and commit:
        return f"{source} @ {commit}"
    return commit or source


def format_baseline(record: Evaluation) -> str:
    """Return what it is compared with: the tag, else the file."""
    if record.baseline is None:
        return NOTHING
    return _shorten_path(record.baseline.name) if record.baseline.kind is BaselineKind.FILE else record.baseline.name


def _shorten_path(path: str) -> str:
    """Return the file name of an absolute path: the folders of a machine tell a reader nothing."""
    return path.rsplit("/", 1)[-1] or path if path.startswith("/") else path


def build_facts(record: Evaluation, say: Phrases) -> list[str]:
    """Return the short facts under the title: how many examples, groups, and how the two were compared."""
    facts = [f"{format_count(record.dataset.n)} {say.word('examples')}"]
    if record.dataset.n_groups is not None:
        facts.append(f"{format_count(record.dataset.n_groups)} {say.word('groups')}")
    if record.dataset.weighted:
        facts.append(say.word("weighted"))
    if record.decision.pairing is not Pairing.NONE:
        facts.append(say.pick(PAIRING[record.decision.pairing]))
    return facts


def build_visibility(record: Evaluation, say: Phrases) -> list[str]:
    """Return what this test set could see at all, one sentence a language; nothing where no test was made."""
    headline = find_headline(record.comparisons)
    if headline is None or headline.detectable is None:
        return []
    amount = format_delta(headline.detectable, headline.unit).lstrip("+")
    if amount in record.verdict.sentence.en:
        return []  # the sentence says it already
    values = {
        "n": format_count(record.dataset.n),
        "metric": headline.metric,
        "detectable": amount,
        "detectable_zh": amount.replace(" pp", " 个百分点"),  # as in the sentence of the verdict
    }
    if record.flips is None or record.flips.metric is not None or not record.dataset.n:
        return say.sentences("visible_plain", **values)
    changed = record.flips.fixed + record.flips.broken + record.flips.changed_wrong
    return say.sentences("visible", disagreement=format_value(changed / record.dataset.n, Unit.RATE), **values)


def build_dataset_change(record: Evaluation, say: Phrases) -> list[str]:
    change = record.dataset.change
    if change is None:
        return []
    numbers = {"common": change.common, "gone": change.only_baseline, "new": change.only_candidate, "relabelled": change.relabelled}
    return say.sentences("dataset_changed", **{k: format_count(v) for k, v in numbers.items()})
