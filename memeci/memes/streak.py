"""What the line of releases gives: the mascot's hair, the loaves on the kitchen shelf, and the latte at nine in a row."""

from __future__ import annotations

from memeci.records import Evaluation, Status

HAIR_MAX = 9
HAIR_START = 5
NINE = 9


def count_hair(evaluation: Evaluation) -> int:
    """Return the mascot's strands of hair, 0–9: one grows with every passing release, two fall with every failure."""
    hair = HAIR_START
    for status in (*(r.status for r in evaluation.history[-12:]), evaluation.verdict.status):
        hair = grow_hair(hair, status)
    return hair


def grow_hair(hair: int, status: Status) -> int:
    change = {Status.PASS: 1, Status.FAIL: -2}.get(status, 0)
    return max(0, min(HAIR_MAX, hair + change))


def count_streak(evaluation: Evaluation) -> int:
    """Return how many passing releases in a row end with this evaluation; 0 where it did not pass."""
    streak = 0
    for status in reversed([*(r.status for r in evaluation.history), evaluation.verdict.status]):
        if status is not Status.PASS:
            break
        streak += 1
    return streak


def is_ninth(evaluation: Evaluation) -> bool:
    """Tell whether this release completes nine in a row (九宫格)."""
    streak = count_streak(evaluation)
    return streak > 0 and streak % NINE == 0


def format_shelf(evaluation: Evaluation) -> str:
    """Return the kitchen shelf as three rows of text: a loaf for each passing release in a row, a dot for each to come."""
    streak = count_streak(evaluation)
    loaves = NINE if is_ninth(evaluation) else streak % NINE
    cells = ["🍞"] * loaves + ["·"] * (NINE - loaves)
    rows = ["  ".join(cells[i : i + 3]) for i in (0, 3, 6)]
    return "\n".join([*rows, "神经网络抹茶拿铁 🍵"] if loaves == NINE else rows)
