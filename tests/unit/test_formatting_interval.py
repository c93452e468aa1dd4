"""Intervals of numbers: both ends with the same decimals, three significant digits for the larger."""

from __future__ import annotations

import pytest

from memeci.formatting import format_interval
from memeci.records import Unit


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [
        (0.09704, 0.1292, "[+0.097, +0.129]"),
        (-9.2, -3.1, "[−9.20, −3.10]"),
        (-1234.5, 12.1, "[−1234, +12]"),
        (-0.000001, 0.5, "[0.000, +0.500]"),
        (0.0, 0.0, "[0, 0]"),
        (None, 0.1, "–"),
    ],
)
def test_interval_of_a_number__has_the_same_decimals_at_both_ends(low: float | None, high: float | None, shown: str) -> None:
    assert format_interval(low, high, Unit.NUMBER) == shown


def test_interval_of_a_rate__is_in_points() -> None:
    assert format_interval(-0.0512, -0.0129, Unit.RATE) == "[−5.1, −1.3]"
