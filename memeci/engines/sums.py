"""Sums of doubles that are the same in any order of rows, threads and files: counted in whole steps of a power of two."""

from __future__ import annotations

import math

# Steps of 2⁻⁹² of the largest value: 1e-27 of an outlier still counts, and 2³⁵ rows of it fit the 128 bits of a sum.
_BITS = 92


def build_sum(expression: str, largest: float | None) -> str:
    """Return SQL for the sum of ``expression``, a double, whose absolute values are at most ``largest``.

    Where that is unknown, infinite or NaN, the plain sum.
    """
    if largest is None or not math.isfinite(largest):
        return f"cast(sum({expression}) as double)"
    scale = math.ldexp(1.0, min(max(_BITS - math.frexp(largest)[1], -900), 900))
    return f"cast(sum(cast(({expression}) * {scale!r}::double as hugeint)) as double) / {scale!r}::double"
