"""Sums of doubles that are the same in any order of rows, threads and files: counted in whole steps of a power of two."""

from __future__ import annotations

import math

# A step of 2⁻⁶¹ of the largest value leaves the rounding of a sum far below that of doubles, and fits 64 bits.
_BITS = 61


def build_sum(expression: str, largest: float | None) -> str:
    """Return SQL for the sum of ``expression``, a double, whose absolute values are at most ``largest``.

    Where that is unknown, infinite or NaN, the plain sum.
    """
    if largest is None or not math.isfinite(largest):
        return f"cast(sum({expression}) as double)"
    scale = math.ldexp(1.0, min(max(_BITS - math.frexp(largest)[1], -900), 900))
    return f"cast(sum(cast(({expression}) * {scale!r}::double as bigint)) as double) / {scale!r}::double"
