"""Which labels occur in which slice: an *entry* is a pair of both, and a slice of few labels costs no more than those."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from memeci.metrics.runs import Runs, build_runs
from memeci.tallies import Codes


class Entries(msgspec.Struct, frozen=True):
    """The E pairs of slice and label that occur. ``place`` int64[S·K] gives the entry of slice · K + label, where it is one."""

    runs: Runs
    label: Codes
    place: Codes


def find_entries(n_slices: int, n_labels: int, keys: Sequence[Codes]) -> Entries:
    """Return the entries of all ``keys``, each slice · K + label.

    The first two labels are entries of every slice, occurring or not: so every slice has a label that is predicted most, and another.
    """
    occurs = np.zeros(n_slices * n_labels, dtype=bool)
    occurs.reshape(n_slices, n_labels)[:, :2] = True
    for key in {id(key): key for key in keys}.values():
        occurs[key] = True
    found = np.flatnonzero(occurs)
    place = np.zeros(len(occurs), dtype=np.int64)
    place[found] = np.arange(len(found))
    slices, label = np.divmod(found, max(n_labels, 1))
    return Entries(build_runs(slices, n_slices), label, place)
