"""One line about a release, and the line of lines that a record carries. Pure."""

from __future__ import annotations

from memeci.records import Evaluation, ReleaseSummary

HISTORY_LIMIT = 100


def summarise(evaluation: Evaluation, version: str) -> ReleaseSummary:
    """Return one line about a release: its metrics on all examples, its verdict, when and on which commit."""
    metrics = {comparison.metric: comparison.candidate for comparison in evaluation.comparisons if not comparison.slice}
    commit, created_at = evaluation.candidate.commit, evaluation.provenance.created_at
    return ReleaseSummary(version, evaluation.verdict.status, metrics, commit, created_at)


def extend_history(evaluation: Evaluation, version: str) -> tuple[ReleaseSummary, ...]:
    """Return the history up to and including this release, oldest first, at most HISTORY_LIMIT long."""
    return (*evaluation.history, summarise(evaluation, version))[-HISTORY_LIMIT:]
