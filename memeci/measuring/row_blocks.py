"""Long columns taken a few rows at a time: what is made of them stays in the processor's cache."""

from __future__ import annotations

from collections.abc import Iterator

ROWS_AT_ONCE = 1 << 15
"""Rows looked at together."""


def split_rows(stop: int, size: int = ROWS_AT_ONCE, *, start: int = 0) -> Iterator[slice]:
    """Return slices of ``size`` rows from ``start`` to ``stop``; the last may be shorter.

    >>> list(split_rows(5, 2))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    return (slice(first, min(first + size, stop)) for first in range(start, stop, size))
