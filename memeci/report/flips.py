"""What changed, in words: how many examples flipped, and in which slices. Names in them are text from outside: escape what is shown."""

from __future__ import annotations

from memeci.formatting import format_count, format_slice, format_value
from memeci.records import Evaluation, SliceShare, Status, Unit
from memeci.report.order import select_ungated_losses
from memeci.report.words import Phrases

TELLING_SHARE = 0.2
MAX_LINES = 3


def title_flips(record: Evaluation) -> str:
    """Return the key of the title over the flips: what broke, unless at least as much was fixed."""
    return "flips" if record.flips and record.flips.broken > record.flips.fixed else "changed"


def format_flip_counts(record: Evaluation, say: Phrases) -> str:
    if record.flips is None:
        return ""
    flips = record.flips
    key = "flip_counts_other" if flips.changed_wrong else "flip_counts"
    counts = {"broken": flips.broken, "fixed": flips.fixed, "other": flips.changed_wrong}
    return say.joined(key, **{name: format_count(n) for name, n in counts.items()})


def format_ungated_losses(record: Evaluation, say: Phrases) -> list[list[str]]:
    """Return a warning for each slice that got worse behind the back of the gates, one line a language."""
    return [say.sentences("ungated", columns=_name_slice(s), **_format_counts(s)) for s in select_ungated_losses(record)[:MAX_LINES]]


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
    lines = [_format_share(s, made, say) for s in telling[:MAX_LINES]]
    others = [say.joined(opposed, **_format_counts(s)) for s in against[:MAX_LINES]]
    return others + lines if record.verdict.status is Status.FAIL and not lost else lines + others


def _format_share(s: SliceShare, key: str, say: Phrases) -> str:
    share = s.share or 0.0
    more_than_all = round(share, 3) > 1
    return say.joined(f"{key}_all" if more_than_all else key, share=format_value(share, Unit.RATE), **_format_counts(s))


def _format_counts(s: SliceShare) -> dict[str, str]:
    return {"slice": format_slice(s.slice), "n": format_count(s.n), "broken": format_count(s.broken), "fixed": format_count(s.fixed)}


def _name_slice(s: SliceShare) -> str:
    """Return the columns as memeci.yml takes them: "platform", or "[platform, lang]" for both at once."""
    columns = ", ".join(s.slice)
    return f"[{columns}]" if len(s.slice) > 1 else columns
