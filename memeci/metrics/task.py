"""What kind of predictions these are, and which label is the positive one: found from the data where nobody says."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from memeci.errors import ConfigError
from memeci.records import Task

_POSITIVE_ENGLISH = ("1", "1.0", "true", "yes", "y", "positive", "pos", "+", "spam", "toxic", "sarcastic")
_POSITIVE_CHINESE = ("正", "正面", "正向", "积极", "好评", "推荐", "满意", "喜欢", "阳性", "是", "讽刺")
_NEGATIVE_ENGLISH = ("0", "0.0", "-1", "-1.0", "false", "no", "n", "negative", "neg", "-", "ham", "normal")
_NEGATIVE_CHINESE = ("负", "负面", "负向", "消极", "差评", "不推荐", "不满意", "不喜欢", "阴性", "否", "非讽刺")
POSITIVE_NAMES = frozenset((*_POSITIVE_ENGLISH, *_POSITIVE_CHINESE))
NEGATIVE_NAMES = frozenset((*_NEGATIVE_ENGLISH, *_NEGATIVE_CHINESE))


class Signs(msgspec.Struct, frozen=True):
    """What a first look shows. ``fractional`` says that some value is no whole number."""

    has_label: bool
    has_prediction: bool
    lists: bool = False
    numeric: bool = False
    fractional: bool = False


def detect_task(signs: Signs, n_labels: int = 2) -> Task:
    """Return the task. Numbers that are not all whole are something to predict closely; anything else is a class."""
    if not (signs.has_label and signs.has_prediction):
        return Task.SCORES
    if signs.lists:
        return Task.MULTILABEL
    if signs.numeric and signs.fractional:
        return Task.REGRESSION
    return Task.BINARY if n_labels <= 2 else Task.MULTICLASS


def sort_labels(labels: Sequence[str]) -> tuple[str, ...]:
    """Return the labels as people list them: whole numbers by size, all else by code point."""
    try:
        return tuple(sorted(set(labels), key=lambda label: (int(label), label)))
    except ValueError:
        return tuple(sorted(set(labels)))


def choose_positive(labels: Sequence[str], configured: str | None) -> str | None:
    """Return the positive one of at most two sorted labels: as configured, by a common name, else the last.

    A single label that names a negative leaves none. Raises ConfigError if the configured one does not occur.
    """
    if configured is not None:
        if configured not in labels:
            raise ConfigError(
                f"the positive label {configured!r} does not occur.",
                f"the labels are: {', '.join(labels[:20])}.",
                "set `positive_label` to one of them.",
            )
        return configured
    for label in labels:
        if label.lower() in POSITIVE_NAMES:
            return label
    rest = [label for label in labels if label.lower() not in NEGATIVE_NAMES]
    return rest[-1] if rest else None


def is_positive_guessed(labels: Sequence[str], configured: str | None) -> bool:
    """Return whether the choice fell back on sort order."""
    names = {label.lower() for label in labels}
    return configured is None and not names & (POSITIVE_NAMES | NEGATIVE_NAMES)
