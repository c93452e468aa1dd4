"""Single examples for people to read: those that were fixed or broken. Everything fetched here is outside text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from memeci.engines.engine import Engine, Table
from memeci.engines.pairing import PAIR
from memeci.engines.tallying import Tallied
from memeci.records import FlipExample, FlipKind

MAX_BROKEN = 30
MAX_FIXED = 10
MAX_TEXT = 600
"""Characters of an example's text kept in the record."""


def fetch_flips(engine: Engine, tallied: Tallied, candidate: Table, baseline: Table) -> tuple[FlipExample, ...]:
    """Return examples that broke, then some that were fixed: the ones whose score moved furthest first, then by id.

    Where the pair is not stored, they are the first few by id of each kind of change.
    """
    chosen = {
        kind: _choose_ids(engine, tallied, kind, limit) for kind, limit in ((FlipKind.BROKEN, MAX_BROKEN), (FlipKind.FIXED, MAX_FIXED))
    }
    ids = [i for found in chosen.values() for i in found]
    if not ids:
        return ()
    names = [f"s{i}" for i in range(len(candidate.columns.slices))]
    now = _fetch(engine, candidate, ids, ["label", "prediction", "score", "txt", *names])
    before = _fetch(engine, baseline, ids, ["prediction"])
    return tuple(
        FlipExample(
            id=i,
            kind=kind,
            label=now[i]["label"],
            baseline=before[i]["prediction"],
            candidate=now[i]["prediction"],
            score=now[i]["score"],
            slice={column: now[i][f"s{k}"] for k, column in enumerate(candidate.columns.slices)},
            text=now[i]["txt"] if now[i]["txt"] is None else now[i]["txt"][:MAX_TEXT],
        )
        for kind, found in chosen.items()
        for i in found
    )


def _choose_ids(engine: Engine, tallied: Tallied, kind: FlipKind, limit: int) -> list[str]:
    if not tallied.pair.stored:
        position = 1 if kind is FlipKind.BROKEN else 2
        return sorted(i for key, ids in tallied.changed.items() if key[0] == key[position] for i in ids)[:limit]
    right, wrong = ("b_prediction", "c_prediction") if kind is FlipKind.BROKEN else ("c_prediction", "b_prediction")
    moved = "abs(c_score - b_score) desc, " if {"b_score", "c_score"} <= tallied.pair.columns else ""
    query = f"select id from {PAIR} where {right} = y and {wrong} <> y order by {moved}id limit {limit}"
    return [row[0] for row in engine.fetch_rows(query)]


def _fetch(engine: Engine, table: Table, ids: Sequence[str], names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return id → {name: value}; None for what the table has no column for."""
    has = {
        "label": table.columns.label,
        "prediction": table.columns.prediction,
        "score": table.columns.score,
        "txt": table.columns.text,
    }
    listed = ", ".join(name if has.get(name, True) else f"null as {name}" for name in names)
    marks = ", ".join("?" for _ in ids)
    rows = engine.fetch_rows(f"select id, {listed} from {table.view} where id in ({marks})", list(ids))
    return {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows}
