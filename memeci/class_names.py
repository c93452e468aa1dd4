"""How the ratio of one class is written, `recall[spam]`, and of every class, `recall[*]`: one grammar for metrics, gates and reports."""

from __future__ import annotations

EVERY = "*"


def name_class(ratio: str, label: str) -> str:
    """Return "recall[spam]"."""
    return f"{ratio}[{label}]"


def split_class(metric: str) -> tuple[str, str] | None:
    """Return ("recall", "spam") for "recall[spam]"; None for a metric of no class.

    >>> split_class("recall[[*]]")
    ('recall', '[*]')
    """
    ratio, bracket, rest = metric.partition("[")
    return (ratio, rest[:-1]) if ratio and bracket and len(rest) > 1 and rest.endswith("]") else None


def name_every_class(metric: str) -> str:
    """Return "recall[*]" for "recall[spam]"; any other name as it is."""
    parts = split_class(metric)
    return name_class(parts[0], EVERY) if parts else metric
