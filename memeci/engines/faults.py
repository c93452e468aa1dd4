"""What can be wrong with the values of one file: a condition to count, and the error that explains it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from memeci.engines.canonical import Canonical, NumberColumn
from memeci.engines.engine import Engine
from memeci.errors import DataError
from memeci.formatting import format_count, format_text
from memeci.relation import Relation

MAX_SHOWN = 60


class Where(msgspec.Struct, frozen=True):
    """A faulty value for the message: how many of how many, and the first one by id."""

    source: str
    count: int
    n: int
    id: str
    value: str

    @property
    def share(self) -> str:
        return f"{format_count(self.count)} of {format_count(self.n)} examples"


class Fault(msgspec.Struct, frozen=True):
    """``condition`` is SQL over the canonical columns (and raw_… for numbers); ``shown`` the column to quote."""

    condition: str
    shown: str
    explain: Callable[[Where], DataError]


def list_faults(canonical: Canonical) -> list[Fault]:
    """Return the faults these columns can have, in the order they are reported. Ids are looked at when they are joined."""
    numeric = {number.name for number in canonical.numbers}
    faults = [_empty(part) for part in ("label", "prediction") if part in canonical.expressions and part not in numeric]
    for number in canonical.numbers:
        faults += [_not_a_number(number), _missing_number(number), _not_finite(number)]
        if number.name == "weight":
            faults += [_negative_weight(number), _extreme_weight(number)]
    return faults


def explain_fault(engine: Engine, selected: str, fault: Fault, relation: Relation, count: int, n: int) -> DataError:
    """Return the error for a fault that was counted, with its first example."""
    rows = engine.fetch_rows(f"select id, cast({fault.shown} as varchar) from ({selected}) where {fault.condition} order by id limit 1")
    found_id, value = rows[0] if rows else (None, None)
    return fault.explain(Where(relation.name, count, n, _shorten(found_id), _shorten(value)))


def _shorten(value: str | None) -> str:
    return format_text("" if value is None else value, MAX_SHOWN)


def explain_missing_ids(name: str, count: int, n: int) -> DataError:
    """Return the error for examples without an id."""
    return DataError(
        f"{name}: {format_count(count)} of {format_count(n)} examples have no id.",
        "the two models are compared example by example, and an example is known by its id.",
        "fill the id column, or choose another with `columns.id` in memeci.yml.",
    )


def _empty(part: str) -> Fault:
    return Fault(
        f"{part} is null",
        part,
        lambda w: DataError(
            f"{w.source}: {w.share} have no {part} (the first is {w.id}).",
            f"an empty {part} can be neither right nor wrong.",
            f"fill it, drop these rows, or write a {part} of their own such as `none`.",
        ),
    )


def _not_a_number(number: NumberColumn) -> Fault:
    return Fault(
        f"raw_{number.name} is not null and {number.name} is null",
        f"raw_{number.name}",
        lambda w: DataError(
            f'{w.source}: the {number.title} of {w.id} is "{w.value}", which is no number.',
            f'column "{number.column}" mixes types: this happens in {w.share}.',
            f'write numbers only into "{number.column}", or choose another column in memeci.yml.',
        ),
    )


def _missing_number(number: NumberColumn) -> Fault:
    return Fault(
        f"raw_{number.name} is null",
        number.name,
        lambda w: DataError(
            f'{w.source}: {w.share} have no {number.title} in column "{number.column}" (the first is {w.id}).',
            "a mean over the rest would be a mean over other examples.",
            f"fill the column, drop these rows, or set `columns.{number.name}: null` in memeci.yml to do without it."
            if number.name in {"score", "weight"}
            else "fill the column, or drop these rows.",
        ),
    )


def _not_finite(number: NumberColumn) -> Fault:
    return Fault(
        f"isnan({number.name}) or isinf({number.name})",
        number.name,
        lambda w: DataError(
            f'{w.source}: the {number.title} of {w.id} is {w.value} (column "{number.column}", {w.share}).',
            "nothing can be compared with it."
            if number.name in {"label", "weight"}
            else "a model that gives NaN or infinity has usually diverged, or divides by zero.",
            "fill it, or drop these rows." if number.name in {"label", "weight"} else "find out why; then predict again.",
        ),
    )


def _extreme_weight(number: NumberColumn) -> Fault:
    return Fault(
        f"{number.name} > 1e100 or ({number.name} > 0 and {number.name} < 1e-100)",
        number.name,
        lambda w: DataError(
            f"{w.source}: the weight of {w.id} is {w.value} ({w.share} are as extreme).",
            "sums of such weights leave the range of floating-point numbers.",
            "divide all weights by the largest.",
        ),
    )


def _negative_weight(number: NumberColumn) -> Fault:
    return Fault(
        f"{number.name} < 0",
        number.name,
        lambda w: DataError(
            f"{w.source}: the weight of {w.id} is {w.value} ({w.share} are negative).",
            "a sample weight says how much an example counts: zero or more.",
            f'mend column "{number.column}", or choose another with `columns.weight`.',
        ),
    )
