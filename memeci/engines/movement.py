"""What got worse and what got better, example by example: by labels right or wrong, else by a metric's number of every example.

The one place that knows how a move looks in SQL; counts by slice, single examples and undeclared columns all ask it.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from memeci.engines.engine import Engine, Table
from memeci.engines.pairing import PAIR
from memeci.engines.tallying import Tallied
from memeci.engines.terms import TermSide, mentions_only
from memeci.measurements import Integers
from memeci.metrics.metric import ExampleNumber
from memeci.records import Direction, FlipKind

ROUNDING = 1e-9
"""A move below this part of the number itself is none: |0.3 − 0.2| and |0.4 − 0.3| are not the same in floating point."""

MAX_BROKEN = 30
"""Examples of a kind that a record shows at most; of those that were fixed fewer: `examples.MAX_FIXED`."""

MAX_KEPT = 20_000
"""Examples of each kind kept by the only scan there is where the pair is not stored; of a slice at least one."""


class Movement(msgspec.Struct, frozen=True):
    """SQL over the columns of the pair. ``metric`` None: by labels.

    worse, better  conditions; neither holds for a tie
    distance       how far an example moved, "" where nothing says; for numbers a double
    numbers        the baseline's number and the candidate's, None by labels
    shown          what people see: the truth, before and now
    """

    metric: str | None
    worse: str
    better: str
    distance: str
    numbers: tuple[str, str] | None
    shown: tuple[str, str, str]

    def get(self, kind: FlipKind) -> str:
        return self.worse if kind is FlipKind.BROKEN else self.better


class MovedExample(msgspec.Struct, frozen=True):
    """An example that got worse or better, and how far; its values as text."""

    kind: FlipKind
    leaf: int
    id: str
    label: str
    before: str
    now: str
    distance: float = 0.0


class Moves(msgspec.Struct, frozen=True):
    """What moved: ``by_leaf`` counts what got better (fixed) and what got worse (broken), int64[leaves] each; None by labels, whose
    cells the tallies have counted.

    ``examples`` are those furthest moved of every leaf where the pair is not stored; else they are asked of the pair.
    """

    movement: Movement
    by_leaf: tuple[Integers, Integers] | None = None
    examples: tuple[MovedExample, ...] = ()


def build_label_movement(columns: frozenset[str]) -> Movement:
    """Return what broke and what was fixed: right before and wrong now, and the other way round."""
    return Movement(
        metric=None,
        worse="b_prediction = y and c_prediction <> y",
        better="c_prediction = y and b_prediction <> y",
        distance="abs(c_score - b_score)" if {"b_score", "c_score"} <= columns else "",
        numbers=None,
        shown=("y", "b_prediction", "c_prediction"),
    )


def build_number_movement(metric: str, number: ExampleNumber, candidate: Table) -> Movement:
    """Return what moved by a number of every example, and which way: shown are the numbers, or the predictions they are of."""
    before, now = (f"cast(({side.fill(number.term)}) as double)" for side in _list_sides(candidate))
    loss = f"({before} - {now})" if number.direction is Direction.HIGHER else f"({now} - {before})"
    # A NaN would be larger than anything.
    moved = f"not isnan({loss}) and abs({loss}) > {ROUNDING} * greatest(abs({before}), abs({now}))"
    predicted = "{number:" not in number.term
    return Movement(
        metric=metric,
        worse=f"({moved} and {loss} > 0)",
        better=f"({moved} and {loss} < 0)",
        distance=f"abs({loss})",
        numbers=(before, now),
        shown=("y", "b_prediction", "c_prediction") if predicted else ("null", before, now),
    )


def is_known(term: str, candidate: Table, columns: frozenset[str]) -> bool:
    """Return whether both sides have the columns of a term."""
    return all(mentions_only(side.fill(term), columns) for side in _list_sides(candidate))


def _list_sides(candidate: Table) -> list[TermSide]:
    return [TermSide(prefix, candidate.columns.numbers) for prefix in ("b", "c")]


def count_moves(engine: Engine, tallied: Tallied, movement: Movement) -> Moves:
    """Return what moved by slice, from one scan; by labels from none."""
    if movement.metric is None:
        return Moves(movement)
    label, before, now = movement.shown
    n_leaves = len(tallied.tallies.leaves.n)
    fields = f"{{'at': -({movement.distance}), 'id': id, 'label': {label}, 'before': {before}, 'now': {now}}}"
    kinds = (FlipKind.FIXED, FlipKind.BROKEN)
    columns = [f"count(*) filter (where {movement.get(kind)})" for kind in kinds]
    if not tallied.pair.stored:
        limit = max(1, min(MAX_BROKEN, MAX_KEPT // n_leaves))
        columns += [f"min({fields}, {limit}) filter (where {movement.get(kind)})" for kind in kinds]
    counts = {kind: np.zeros(n_leaves, dtype=np.int64) for kind in kinds}
    examples: list[MovedExample] = []
    for leaf, *row in engine.fetch_rows(f"select leaf, {', '.join(columns)} from {PAIR} group by leaf"):
        for kind, count in zip(kinds, row[:2], strict=True):
            counts[kind][leaf] = count
        for kind, found in zip(kinds, row[2:], strict=False):
            examples += [_build_example(kind, leaf, example) for example in found or ()]
    return Moves(movement, (counts[FlipKind.FIXED], counts[FlipKind.BROKEN]), tuple(examples))


def _build_example(kind: FlipKind, leaf: int, found: dict[str, Any]) -> MovedExample:
    label, before, now = (format_shown(found[name]) for name in ("label", "before", "now"))
    return MovedExample(kind, leaf, found["id"], label, before, now, -found["at"])


def format_shown(value: Any) -> str:
    """Return a truth, prediction or number as text: a number as the shortest that is the same one, several labels in a row.

    >>> format_shown(4.0), format_shown(0.1), format_shown(["a", "b"]), format_shown(None)
    ('4', '0.1', 'a, b', '')
    """
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    if isinstance(value, list):
        return ", ".join(value)
    return "" if value is None else str(value)
