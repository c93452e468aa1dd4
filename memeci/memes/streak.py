"""What the line of releases gives: the mascot's hair, the loaves on the kitchen shelf, and the latte at nine in a row."""

from __future__ import annotations

from collections.abc import Sequence

from memeci.records import Evaluation, Status

HAIR_MAX = 9
HAIR_START = 5
NINE = 9


def list_statuses(evaluation: Evaluation) -> list[Status]:
    """Return the verdicts of the line, oldest first, this evaluation last."""
    return [*(release.status for release in evaluation.history), evaluation.verdict.status]


def count_hair(evaluation: Evaluation) -> int:
    """Return the mascot's strands of hair, 0–9: one grows with every passing release, two fall with every failure."""
    hair = HAIR_START
    for status in list_statuses(evaluation)[-13:]:
        hair = grow_hair(hair, status)
    return hair


def grow_hair(hair: int, status: Status) -> int:
    change = {Status.PASS: 1, Status.FAIL: -2}.get(status, 0)
    return max(0, min(HAIR_MAX, hair + change))


def count_run(statuses: Sequence[Status]) -> int:
    """Return the passes since the last failure. An inconclusive release, or the first of all, neither adds nor breaks."""
    run = 0
    for status in reversed(statuses):
        if status is Status.FAIL:
            break
        run += status is Status.PASS
    return run


def count_streak(evaluation: Evaluation) -> int:
    """Return how many passing releases in a row there are with this evaluation."""
    return count_run(list_statuses(evaluation))


def is_ninth(evaluation: Evaluation) -> bool:
    """Tell whether this release completes nine in a row (九宫格)."""
    return evaluation.verdict.status is Status.PASS and count_streak(evaluation) % NINE == 0


def format_shelf(statuses: Sequence[Status]) -> str:
    """Return the kitchen shelf as three rows of text: a loaf for each passing release in a row, a dot for each to come.

    ``statuses`` are verdicts of releases, oldest first. Nine loaves come with a latte.
    """
    run = count_run(statuses)
    loaves = run % NINE or (NINE if run else 0)
    cells = ["🍞"] * loaves + ["·"] * (NINE - loaves)
    rows = ["  ".join(cells[i : i + 3]) for i in (0, 3, 6)]
    return "\n".join([*rows, "神经网络抹茶拿铁 🍵"] if loaves == NINE else rows)
