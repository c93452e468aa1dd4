"""Which part of the version a release raises, and why: read off the evaluation. Pure."""

from __future__ import annotations

import enum

import msgspec

from memeci.formatting import format_count
from memeci.records import DatasetChange, Evaluation, Outcome, Status
from memeci.registry.names import Part


class Bump(enum.Enum):
    """What the user asks for; AUTO derives the part from the evaluation."""

    AUTO = "auto"
    MAJOR = "major"
    MINOR = "minor"
    PATCH = "patch"


class Step(msgspec.Struct, frozen=True):
    """The part that is raised, and the reason as a sentence without its full stop."""

    part: Part
    reason: str


def choose_step(evaluation: Evaluation, bump: Bump) -> Step:
    """Return the part to raise: another set of labels or examples → major, a confirmed improvement → minor, else patch."""
    if bump is not Bump.AUTO:
        return Step(Part(bump.value), "asked for")
    change = evaluation.dataset.change
    if change is not None and (change.only_baseline or change.only_candidate or change.relabelled):
        return Step(Part.MAJOR, f"the dataset changed: {format_change(change)}")
    # A slice that improved while the whole did not is no better model.
    improved = [c.metric for c in evaluation.comparisons if c.gated and not c.slice and c.outcome is Outcome.IMPROVED]
    if improved and evaluation.verdict.status is not Status.FAIL:
        return Step(Part.MINOR, f"{', '.join(dict.fromkeys(improved))} improved beyond doubt")
    if evaluation.baseline is None:
        return Step(Part.PATCH, "nothing was compared")
    return Step(Part.PATCH, "no improvement beyond doubt")


def format_change(change: DatasetChange) -> str:
    """Return "12 examples added, 3 dropped, 1 relabelled"."""
    counts = ((change.only_candidate, "added"), (change.only_baseline, "dropped"), (change.relabelled, "relabelled"))
    parts = [f"{format_count(count)} {word}" for count, word in counts if count]
    return f"examples {', '.join(parts)}" if parts else "no example"
