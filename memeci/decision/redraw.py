"""Random redraws of swap counts, the same on every machine. Knows no test and no metric.

Built on PCG64's raw 64-bit stream, which numpy promises never to change (the streams of `Generator.binomial` and
`Generator.normal` may change with a release of numpy), so a verdict can be reproduced years later.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from memeci.measurements import Floats, Integers

WORD_BITS = 16
EXACT_COUNT = 256
"""Counts up to this are redrawn bit by bit; larger ones by a rounded normal, whose excess kurtosis is off by 2/count."""

_OF_BYTE: NDArray[np.uint8] = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).sum(1, dtype=np.uint8)
_POPCOUNT = np.add.outer(_OF_BYTE, _OF_BYTE).reshape(-1)
"""How many bits each word of 16 has."""


class Source:
    """A stream of random bits from a seed."""

    def __init__(self, seed: int) -> None:
        self._bits = np.random.PCG64(seed)

    def raw(self, n: int) -> NDArray[np.uint64]:
        return np.asarray(self._bits.random_raw(n) if n else np.empty(0, np.uint64), dtype="<u8")

    def signs(self, shape: tuple[int, int]) -> Floats:
        """Return −1 and +1, each with probability ½."""
        n = shape[0] * shape[1]
        bits = np.unpackbits(self.raw(-(-n // 64)).view(np.uint8), count=n)
        signs = bits.reshape(shape).astype(np.float64)
        signs *= 2.0
        signs -= 1.0
        return signs

    def words(self, shape: tuple[int, int]) -> NDArray[np.uint16]:
        """Return uniform 16-bit words."""
        n = shape[0] * shape[1]
        return self.raw(-(-n // 4)).view("<u2")[:n].reshape(shape)

    def numbers(self, n: int, limit: int) -> Integers:
        """Return ``n`` whole numbers from 0 to ``limit`` − 1, equally likely; the limit is a power of two, at most 2**16."""
        numbers: Integers = (self.words((1, n))[0] & (limit - 1)).astype(np.int64)
        return numbers

    def normals(self, shape: tuple[int, int]) -> Floats:
        """Return standard normals, by Box and Muller (1958) on 53-bit uniforms."""
        n = shape[0] * shape[1]
        half = -(-n // 2)
        uniform = ((self.raw(2 * half) >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
        radius = np.sqrt(-2.0 * np.log(uniform[:half]))
        angle = (2.0 * math.pi) * uniform[half:]
        return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[:n].reshape(shape)

    def chi_squares(self, degrees: int, n: int) -> Floats:
        """Return ``n`` chi-square variates divided by their degrees of freedom: mean 1."""
        normals = self.normals((degrees, n))
        return np.asarray((normals * normals).mean(0))


def redraw_imbalances(source: Source, count: Integers, n_draws: int) -> Floats:
    """Return float64[A, B]: 2·Binomial(count, ½) − count for each row, independently; whole numbers."""
    single = np.flatnonzero(count == 1)
    signs = source.signs((len(single), n_draws))
    if len(single) == len(count):
        return signs
    drawn = np.empty((len(count), n_draws))
    drawn[single] = signs
    few = np.flatnonzero((count != 1) & (count <= EXACT_COUNT))
    n_words = -(-count[few] // WORD_BITS)
    for words in sorted(set(n_words.tolist())):
        rows = few[n_words == words]
        drawn[rows] = 2.0 * _draw_binomials(source, count[rows], words, n_draws) - count[rows, None]
    many = np.flatnonzero(count > EXACT_COUNT)
    m = count[many, None].astype(np.float64)
    drawn[many] = np.clip(2.0 * np.rint((m + np.sqrt(m) * source.normals((len(many), n_draws))) / 2.0) - m, -m, m)
    return drawn


def _draw_binomials(source: Source, count: Integers, n_words: int, n_draws: int) -> NDArray[np.uint16]:
    heads = np.zeros((len(count), n_draws), np.uint16)
    for word in range(n_words):
        bits_left = np.clip(count - word * WORD_BITS, 0, WORD_BITS)
        mask = ((1 << bits_left) - 1).astype(np.uint16)
        heads += _POPCOUNT[source.words((len(count), n_draws)) & mask[:, None]]
    return heads
