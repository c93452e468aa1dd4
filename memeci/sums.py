"""Sums of numbers by code, and shares of them. Knows no metric and no tally."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from memeci.measurements import Floats, Integers


def divide(numerator: Floats | float, denominator: Floats, otherwise: float = np.nan) -> Floats:
    """Return numerator / denominator elementwise, ``otherwise`` where the denominator is 0."""
    zero = np.equal(denominator, 0)
    if not zero.any():
        return np.asarray(np.divide(numerator, denominator))
    return np.where(zero, otherwise, np.divide(numerator, np.where(zero, 1.0, denominator)))


def sum_by(code: NDArray[np.integer[Any]], values: Floats, size: int) -> Floats:
    """Return float64[size]: the sums of ``values`` with each code 0 … size − 1."""
    # bincount of nothing counts in whole numbers
    return np.bincount(code, values, size).astype(np.float64, copy=False)


def sum_in_any_order(code: NDArray[np.integer[Any]], values: Floats, size: int) -> Floats:
    """Return the same sums to the last digit whatever the order of the rows: of values rounded to 2⁻⁵² / N of the largest."""
    largest = max(float(values.max(initial=0)), -float(values.min(initial=0))) * len(values)
    exponent = int(np.frexp(largest)[1]) - 52
    if not 0 < largest < np.inf or abs(exponent) > 1000:
        return sum_by(code, values, size)
    whole = values * np.ldexp(1.0, -exponent)
    sums: Floats = sum_by(code, np.rint(whole, out=whole), size) * np.ldexp(1.0, exponent)
    return sums


def sum_whole_by(code: NDArray[np.integer[Any]], values: Integers, size: int) -> Integers:
    """Return int64[size]: the same of whole numbers, exactly: the doubles that bincount adds hold them below 2⁵³."""
    return np.bincount(code, values, size).astype(np.int64)
