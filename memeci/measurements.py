"""What `measuring` hands to `decision`: values, standard errors, and what may be swapped if nothing changed.

Neither side knows the other: `measuring` knows no test, `decision` knows no metric. This file is the seam between them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeAlias

import msgspec

from memeci.records import Direction, Pairing, Unit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SliceKey = tuple[tuple[str, "str | None"], ...]
"""Columns and their values, in the order of the configuration; empty means all examples."""

ALL: SliceKey = ()

# Names only: the configuration comes past here through `policy`, and `memeci init` needs no numpy.
Floats: TypeAlias = "NDArray[np.float64]"
Integers: TypeAlias = "NDArray[np.int64]"


class TestKey(msgspec.Struct, frozen=True):
    """One test: a metric on a slice."""

    __test__: ClassVar[bool] = False  # pytest takes every class called Test… for one of its own
    metric: str
    slice: SliceKey
    direction: Direction
    unit: Unit


class SwapBlock(msgspec.Struct, frozen=True):
    """Tests that share the same atoms: usually all metrics on one slice. Every test belongs to one block at most.

    tests    int64[J_b]       indices into ``Measurements.tests``
    atoms    int64[A_b]       indices into ``Swaps.count``
    effects  float64[A_b, J_b] what one item of the atom adds to delta in its forward orientation (minus that when swapped)
    run      int64[A_b]        None, or which single test each atom acts on, an index into ``tests``; effects are float64[A_b, 1] then
                               and an atom may occur again for another test: a thousand classes, each with atoms of its own
    """

    tests: Integers
    atoms: Integers
    effects: Floats
    run: Integers | None = None


class Swaps(msgspec.Struct, frozen=True):
    """The exchangeable atoms. Under "nothing changed" baseline and candidate of each item may be swapped, independently.

    An atom is a set of items with equal effect: the ``count`` discordant examples of a cell pair {(y,b,c), (y,c,b)}, or
    one unit (a group, or a hashed bundle of examples) with count 1. ``imbalance`` is forward minus backward items as
    observed, so that delta_j is about sum(imbalance * effect_j); a redraw is 2·Binomial(count, ½) − count.
    Effects are taken at the point where baseline and candidate are averaged, so their variance is the same after any swap.

    count, imbalance  int64[A]
    """

    count: Integers
    imbalance: Integers
    blocks: tuple[SwapBlock, ...]


class Measurements(msgspec.Struct, frozen=True):
    """All metric × slice tests of one evaluation. J tests; NaN in an array means "cannot be computed", see ``reasons``.

    baseline, candidate  float64[J]  values in the metric's own unit and sign
    delta      float64[J]  candidate − baseline
    se         float64[J]  delta-method standard error of delta; clustered by unit where there are groups. Without a
                           baseline that of the candidate's own value
    se_plus    float64[J]  the same with half a pseudo-flip right→wrong and half wrong→right added per class: larger, for
                           claims of safety. Equal to ``se`` where a metric has no such notion.
    se_fixed   float64[J]  the same of these very units, not of others that might have been drawn: for claims of loss. Differs
                           where units are unequal
    n          int64[J]    examples
    n_units    int64[J]    independent units: groups where given, else examples
    n_positive, n_negative int64[J]  examples per class for rank metrics; −1 where that means nothing
    reasons    str[J]      why a value cannot be computed; "" where it can
    swaps      None when nothing is paired (no baseline, or only its numbers)
    """

    tests: tuple[TestKey, ...]
    baseline: Floats
    candidate: Floats
    delta: Floats
    se: Floats
    se_plus: Floats
    se_fixed: Floats
    n: Integers
    n_units: Integers
    n_positive: Integers
    n_negative: Integers
    reasons: tuple[str, ...]
    pairing: Pairing
    swaps: Swaps | None
    grouped: bool = False
    seed: int = 0
    """From a digest of the data: the same predictions give the same verdict."""
    slack: Floats | None = None
    """float64[J]: how far delta (or a value without a baseline) may be from the exact one, where scores were put into bins; else 0."""
