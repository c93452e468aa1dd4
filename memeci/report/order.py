"""What a reader needs first: comparisons by how bad they are, flips by how telling, classes by their errors. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from memeci.headline import weigh_loss
from memeci.records import FAILING, Comparison, Confusion, Evaluation, FlipExample, FlipKind, Outcome, Reason, SliceShare, Status

SEVERITY = (
    *FAILING,
    Outcome.INCONCLUSIVE,
    Outcome.NO_EVIDENCE,
    Outcome.HELD,
    Outcome.MEASURED,
    Outcome.IMPROVED,
    Outcome.TOO_FEW,
)
RANK = {outcome: rank for rank, outcome in enumerate(SEVERITY)}


def sort_slices(record: Evaluation) -> list[Comparison]:
    """Return the comparisons on slices, worst first: by outcome, then by evidence, then by the loss beside its uncertainty."""
    return sorted((c for c in record.comparisons if c.slice), key=rank_badness)


def select_reasons(record: Evaluation, shown: Sequence[Comparison]) -> list[Reason]:
    """Return the verdict's reasons that no table shows: the sentence and the rows say the others already."""
    rows = {(c.metric, tuple(c.slice.items())) for c in shown}
    return [
        reason
        for reason in record.verdict.reasons
        if (reason.metric, tuple(reason.slice.items())) not in rows and reason.text.en not in record.verdict.sentence.en
    ]


def select_notable(record: Evaluation, limit: int) -> list[Comparison]:
    """Return the slices that a reader should see without unfolding anything, worst first: about ``limit``, more where more fail.

    That a slice improved is news only where the same metric did not improve on all examples.
    """
    risen = {c.metric for c in record.comparisons if not c.slice and c.outcome is Outcome.IMPROVED}
    failing, others = [], []
    for c in sort_slices(record):
        if c.gated and c.outcome in FAILING:
            failing.append(c)
        elif c.outcome in (*FAILING, Outcome.INCONCLUSIVE) or (c.outcome is Outcome.IMPROVED and c.metric not in risen):
            others.append(c)
    return [*failing[: 2 * limit], *others[: max(0, limit - len(failing))]]


def select_ungated_losses(record: Evaluation) -> list[SliceShare]:
    """Return the slices that surely got worse though no gate looked, under a verdict that does not fail: what it would hide."""
    if record.flips is None or record.verdict.status is Status.FAIL:
        return []
    gated = [c.slice for c in record.comparisons if c.gated]
    return [s for s in record.flips.slices if s.broken > s.fixed and s.p_adjusted is not None and s.slice not in gated]


def select_flips(record: Evaluation, kind: FlipKind, limit: int) -> list[FlipExample]:
    """Return up to ``limit`` flips of one kind, in the order of the record."""
    return [f for f in record.flips.examples if f.kind is kind][:limit] if record.flips else []


def rank_badness(comparison: Comparison) -> tuple[int, bool, float, float]:
    """Return what comparisons are sorted by, worst first."""
    evidence = comparison.p_value
    return RANK[comparison.outcome], not comparison.gated, 1.0 if evidence is None else evidence, -weigh_loss(comparison)


class MatrixCell(msgspec.Struct, frozen=True):
    """``share`` is the part of the true label's examples (candidate), ``change`` candidate − baseline in examples."""

    count: int
    share: float
    change: int | None


class Matrix(msgspec.Struct, frozen=True):
    """The confusion matrix of the classes with most errors: ``rows[t][p]`` by ``labels``; ``n_classes`` in all."""

    labels: tuple[str, ...]
    rows: tuple[tuple[MatrixCell, ...], ...]
    n_classes: int


def build_matrix(confusion: Confusion, limit: int) -> Matrix:
    """Return the matrix of the ``limit`` classes with most errors, in the order of the labels."""
    counts: dict[tuple[int, int], tuple[int, int]] = {(c.true, c.predicted): (c.baseline, c.candidate) for c in confusion.cells}
    totals: dict[int, int] = defaultdict(int)
    errors: dict[int, int] = defaultdict(int)
    for (true, predicted), (_, candidate) in counts.items():
        totals[true] += candidate
        if true != predicted:
            errors[true] += candidate
            errors[predicted] += candidate
    worst = sorted(range(len(confusion.labels)), key=lambda i: (-errors[i], i))[:limit]
    shown = sorted(worst)

    def cell(true: int, predicted: int) -> MatrixCell:
        baseline, candidate = counts.get((true, predicted), (0, 0))
        share = candidate / totals[true] if totals[true] else 0.0
        return MatrixCell(candidate, share, candidate - baseline if confusion.has_baseline else None)

    rows = tuple(tuple(cell(t, p) for p in shown) for t in shown)
    return Matrix(tuple(confusion.labels[i] for i in shown), rows, len(confusion.labels))
