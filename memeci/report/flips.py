"""What changed, in words: how many examples flipped, and in which slices. Names in them are text from outside: escape what is shown."""

from __future__ import annotations

from msgspec.structs import replace

from memeci.formatting import format_count, format_slice, format_value
from memeci.records import Evaluation, FlipExample, FlipKind, SliceShare, Status, Task, Unit
from memeci.report.order import select_flips, select_ungated_losses
from memeci.report.words import Phrases

TELLING_SHARE = 0.2
MAX_LINES = 3
MAX_NUMBER, MAX_READ = 10, 40
"""Characters of a number shown as it is, and of the longest that is read: a record may come from anybody."""


def title_flips(record: Evaluation) -> str:
    """Return the key of the title over the flips: what broke or got worse, unless at least as much was fixed or got better."""
    if record.flips is None or record.flips.broken <= record.flips.fixed:
        return "changed"
    return "flips" if record.flips.metric is None else "moved"


def name_sides(record: Evaluation) -> tuple[str, str]:
    """Return the keys of the heads over the values before and now: predictions, or what a metric is the mean of."""
    return ("was", "now") if record.flips is None or record.flips.metric is None else ("before", "after")


def list_examples(record: Evaluation, kind: FlipKind, limit: int) -> list[FlipExample]:
    """Return up to ``limit`` examples of one kind as tables show them: numbers with at most six digits."""
    found = select_flips(record, kind, limit)
    if record.flips is None or record.flips.metric is None or record.task is Task.MULTILABEL:
        return found
    return [replace(f, label=_shorten(f.label), baseline=_shorten(f.baseline), candidate=_shorten(f.candidate)) for f in found]


def _shorten(text: str) -> str:
    """Return "106.709658884" as "106.71"; what is short, or no number, as it is."""
    if not MAX_NUMBER < len(text) <= MAX_READ:
        return text
    try:
        return f"{float(text):.6g}"
    except ValueError:
        return text


def format_flip_counts(record: Evaluation, say: Phrases) -> str:
    """Return how many examples broke and were fixed. Where a number of each tells, of how many: a little is not broken."""
    if record.flips is None:
        return ""
    flips = record.flips
    if flips.metric is not None:
        common = record.dataset.n if record.dataset.change is None else record.dataset.change.common
        numbers = {"broken": flips.broken, "fixed": flips.fixed, "n": common}
        return say.joined("flip_counts_by", metric=flips.metric, **{name: format_count(n) for name, n in numbers.items()})
    key = "flip_counts_other" if flips.changed_wrong else "flip_counts"
    counts = {"broken": flips.broken, "fixed": flips.fixed, "other": flips.changed_wrong}
    return say.joined(key, **{name: format_count(n) for name, n in counts.items()})


def format_examples_shown(record: Evaluation, kind: FlipKind, shown: int, say: Phrases) -> str:
    """Return how many of the examples of a kind are listed."""
    if record.flips is None:
        return ""
    key, n = ("broken_examples", record.flips.broken) if kind is FlipKind.BROKEN else ("fixed_examples", record.flips.fixed)
    if record.flips.metric is None:
        return say.joined(key, n=shown, all=n)
    return say.joined(f"{key}_by", n=shown, all=format_count(n))


def format_ungated_losses(record: Evaluation, say: Phrases) -> list[list[str]]:
    """Return a warning for each slice that got worse behind the back of the gates, one line a language."""
    key, metric = _choose_words(record, "ungated"), record.flips.metric if record.flips else None
    losses = select_ungated_losses(record)[:MAX_LINES]
    return [say.sentences(key, metric=metric, columns=_name_slice(s), **_format_counts(s)) for s in losses]


def format_shares(record: Evaluation, say: Phrases) -> list[str]:
    """Return the slices that make most of the net loss, or of the net gain; then those that went the other way.

    Under a verdict that fails, those that got worse come first. What a warning says already is left out.
    """
    flips = record.flips
    if flips is None:
        return []
    warned = select_ungated_losses(record)
    parts = [s for s in flips.slices if s not in warned and s.share is not None and s.n < record.dataset.n]
    telling = sorted((s for s in parts if (s.share or 0.0) >= TELLING_SHARE), key=lambda s: -(s.share or 0.0))
    against = [s for s in parts if (s.share or 0.0) < 0]
    lost = flips.broken > flips.fixed
    made, opposed = ("share_line", "against_loss") if lost else ("share_line_gain", "against_gain")
    made, opposed = _choose_words(record, made), _choose_words(record, opposed)
    lines = [_format_share(s, made, say) for s in telling[:MAX_LINES]]
    others = [say.joined(opposed, **_format_counts(s)) for s in against[:MAX_LINES]]
    return others + lines if record.verdict.status is Status.FAIL and not lost else lines + others


def _format_share(s: SliceShare, key: str, say: Phrases) -> str:
    share = s.share or 0.0
    more_than_all = round(share, 3) > 1
    return say.joined(f"{key}_all" if more_than_all else key, share=format_value(share, Unit.RATE), **_format_counts(s))


def _choose_words(record: Evaluation, key: str) -> str:
    """Return the key of the words for labels, or of those for a number of each example."""
    return key if record.flips is None or record.flips.metric is None else f"{key}_by"


def _format_counts(s: SliceShare) -> dict[str, str]:
    return {"slice": format_slice(s.slice), "n": format_count(s.n), "broken": format_count(s.broken), "fixed": format_count(s.fixed)}


def _name_slice(s: SliceShare) -> str:
    """Return the columns as memeci.yml takes them: "platform", or "[platform, lang]" for both at once."""
    columns = ", ".join(s.slice)
    return f"[{columns}]" if len(s.slice) > 1 else columns
