"""What an engine counts in one scan: small tables that add up; for ranks the scores themselves. `measuring` makes values of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from memeci.measurements import ALL, Floats, Integers, SliceKey

Codes = NDArray[np.int64]


class SliceSet(msgspec.Struct, frozen=True):
    """All slices by one choice of columns, e.g. every value of (platform,). ``columns`` is empty for "all examples".

    keys        the slices kept, S of them
    membership  int64[leaves]  index into ``keys`` per leaf; −1 where the slice was left out
    """

    columns: tuple[str, ...]
    keys: tuple[SliceKey, ...]
    membership: Codes


class Leaves(msgspec.Struct, frozen=True, dict=True):
    """The finest division of the data: one leaf per combination of all slice columns. Every tally counts by leaf.

    n        int64[leaves]  examples
    sets     "all examples" first, then the slice sets asked for
    n_groups int64 per slice, in the order of ``slices``, or None when there are no groups
    """

    n: Integers
    sets: tuple[SliceSet, ...]
    n_groups: Integers | None = None
    omitted: int = 0
    columns: tuple[str, ...] = ()
    values: tuple[tuple[str | None, ...], ...] = ()
    """One tuple per leaf, aligned with ``columns``."""

    def list_scopes(self, sets: Sequence[tuple[str, ...]]) -> set[str]:
        """Return "platform=ios", "platform=ios,lang=zh" … for every slice of these sets that has an example."""
        found = set()
        for wanted in sets:
            at = [self.columns.index(column) for column in wanted]
            rows = (row for row, n in zip(self.values, self.n, strict=True) if n)
            found |= {",".join(f"{column}={row[i]}" for column, i in zip(wanted, at, strict=True)) for row in rows}
        return found

    @cached_property
    def slices(self) -> tuple[SliceKey, ...]:
        return tuple(key for slice_set in self.sets for key in slice_set.keys)


class CellTally(msgspec.Struct, frozen=True):
    """Joint counts n[leaf, y, base, cand] in sparse form, R rows; codes index ``Tallies.labels``.

    Without a baseline ``base`` equals ``cand``. ``weight`` is the sum of weights, equal to ``n`` without weights.
    ``unit`` is None where examples are independent and unweighted: then counts alone decide.
    """

    leaf: Codes
    label: Codes
    base: Codes
    cand: Codes
    n: Integers
    weight: Floats
    unit: Codes | None = None


class MultilabelTally(msgspec.Struct, frozen=True):
    """Per leaf, unit and label: sums of weights of true positives, predictions and support, R rows.

    An example may count under several labels. ``n_labels`` is the number of labels known.
    """

    leaf: Codes
    unit: Codes
    label: Codes
    support: Floats
    base_true: Floats
    base_predicted: Floats
    cand_true: Floats
    cand_predicted: Floats


class MomentTally(msgspec.Struct, frozen=True):
    """Sums of terms per leaf and unit, R rows and T terms: of w, w·term(baseline), w·term(candidate).

    base, cand  float64[R, T]; ``terms`` gives their expressions
    """

    terms: tuple[str, ...]
    leaf: Codes
    unit: Codes
    weight: Floats
    base: Floats
    cand: Floats


class ScoreArrays(msgspec.Struct, frozen=True):
    """Examples themselves, as compact arrays: for statistics of ranks, which no finite table of sums gives exactly.

    leaf, unit  int[N];  label [N], 1 for positive and 0 for negative, or float64, the number to predict
    base, cand  float64[N]; ``weight`` None when all are 1
    base_label  where the label depends on the model (was the predicted class right?); None: the same as ``label``
    """

    leaf: NDArray[np.int32]
    unit: NDArray[Any]
    label: NDArray[Any]
    base: Floats
    cand: Floats
    weight: Floats | None = None
    base_label: NDArray[Any] | None = None


class Tallies(msgspec.Struct, frozen=True):
    """Everything `measuring` needs. ``n_units`` is how many units ``unit`` columns number; units are exact when few."""

    labels: tuple[str, ...]
    leaves: Leaves
    has_baseline: bool
    positive: int | None = None
    cells: CellTally | None = None
    multilabel: MultilabelTally | None = None
    moments: MomentTally | None = None
    units: UnitTotals | None = None
    scores: ScoreArrays | None = None
    class_scores: tuple[ScoreArrays, ...] = ()
    confidences: ScoreArrays | None = None
    n_units: int = 0
    weighted: bool = False
    grouped: bool = False


class UnitTotals(msgspec.Struct, frozen=True):
    """Weight of the examples per leaf and unit, R rows: their number where nothing is weighted. Given wherever some tally has units."""

    leaf: Codes
    unit: Codes
    weight: Floats


def build_leaves(
    columns: tuple[str, ...],
    values: tuple[tuple[str | None, ...], ...],
    n: Integers,
    slice_columns: tuple[tuple[str, ...], ...],
    min_size: int,
) -> Leaves:
    """Return the leaves with their slice sets.

    ``values`` has one tuple per leaf, aligned with ``columns``; ``slice_columns`` are the sets asked for. Slices with fewer
    than ``min_size`` examples are left out and counted in ``omitted``.
    """
    whole = SliceSet((), (ALL,), np.zeros(len(n), dtype=np.int64))
    sets = [whole]
    omitted = 0
    for wanted in slice_columns:
        positions = [columns.index(column) for column in wanted]
        sizes: dict[SliceKey, int] = {}
        keys_of_leaves = []
        for leaf, row in enumerate(values):
            key = tuple((columns[p], row[p]) for p in positions)
            keys_of_leaves.append(key)
            sizes[key] = sizes.get(key, 0) + int(n[leaf])
        kept = sorted((key for key, size in sizes.items() if size >= min_size), key=_slice_order)
        omitted += len(sizes) - len(kept)
        index = {key: i for i, key in enumerate(kept)}
        membership = np.array([index.get(key, -1) for key in keys_of_leaves], dtype=np.int64)
        sets.append(SliceSet(wanted, tuple(kept), membership))
    return Leaves(n, tuple(sets), omitted=omitted, columns=columns, values=values)


def _slice_order(key: SliceKey) -> tuple[tuple[bool, str], ...]:
    return tuple((value is None, value or "") for _, value in key)
