"""Metrics asked for by class (`recall[*]`) may be hundreds: which of them the tables show, and what is said of all at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from memeci.class_names import name_every_class
from memeci.formatting import format_count
from memeci.records import FAILING, Comparison, Evaluation
from memeci.report.order import rank_badness
from memeci.report.words import Phrases

MAX_CLASSES = 10
"""Classes of one ratio that a table shows; twice as many where more fail."""


def select_overall(record: Evaluation) -> list[Comparison]:
    """Return the comparisons on all examples, in the order of the record; of a ratio asked for by class the worst classes."""
    hidden = {id(c) for classes in _group_classes(record).values() for c in sorted(classes, key=rank_badness)[_limit(classes) :]}
    return [c for c in record.comparisons if not c.slice and id(c) not in hidden]


def format_hidden_classes(record: Evaluation, say: Phrases) -> str:
    """Return one line about what the table of all examples leaves out; "" where that is nothing."""
    n = sum(max(len(classes) - _limit(classes), 0) for classes in _group_classes(record).values())
    return f"… {say.joined('more_classes', n=format_count(n))}" if n else ""


def list_shared_demands(record: Evaluation) -> set[str]:
    """Return "recall[*]" of every ratio whose classes all have the same tolerance and floor: to be said once."""
    demands = {ratio: {(c.tolerance, c.minimum) for c in classes} for ratio, classes in _group_classes(record).items() if len(classes) > 1}
    return {ratio for ratio, different in demands.items() if len(different) == 1}


def _group_classes(record: Evaluation) -> dict[str, list[Comparison]]:
    groups: dict[str, list[Comparison]] = defaultdict(list)
    for c in record.comparisons:
        if not c.slice and (ratio := name_every_class(c.metric)) != c.metric:
            groups[ratio].append(c)
    return groups


def _limit(classes: Sequence[Comparison]) -> int:
    failing = sum(c.gated and c.outcome in FAILING for c in classes)
    return max(MAX_CLASSES, min(failing, 2 * MAX_CLASSES))
