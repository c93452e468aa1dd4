"""Single examples for people to read: those that were fixed or broken. Everything fetched here is outside text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from memeci.engines.duckdb import quote_text
from memeci.engines.engine import Engine, Table
from memeci.engines.explaining import EXPLAINED, Changes
from memeci.engines.pairing import PAIR
from memeci.engines.tallying import Tallied
from memeci.records import FlipExample, FlipKind, SliceShare

MAX_BROKEN = 30
MAX_FIXED = 10
MAX_TEXT = 600
"""Characters of an example's text kept in the record."""


def fetch_flips(
    engine: Engine, tallied: Tallied, candidate: Table, shares: Sequence[SliceShare] = (), changes: Changes | None = None
) -> tuple[FlipExample, ...]:
    """Return examples that broke, then some that were fixed.

    Those of the hardest-hit slices (``shares``, as they come, where they went the same way) first, there the ones whose score moved
    furthest, then by id.
    Where the pair is not stored, they are the first few by id of each kind of change.
    """
    fields = _find_fields(candidate, shares, changes)
    chosen = {
        kind: _choose_ids(engine, tallied, kind, limit, _rank(_select_moved(shares, kind), fields))
        for kind, limit in ((FlipKind.BROKEN, MAX_BROKEN), (FlipKind.FIXED, MAX_FIXED))
    }
    ids = [i for found in chosen.values() for i in found]
    if not ids:
        return ()
    declared = {column: f"s{i}" for i, column in enumerate(candidate.columns.slices)}
    if tallied.pair.stored:
        now, before = _list_paired(engine, candidate, ids, list(declared.values()))
    else:
        now, before = _list_changed(engine, tallied, candidate, ids)
    others = _fetch_others(engine, ids, fields)
    return tuple(
        FlipExample(
            id=i,
            kind=kind,
            label=now[i]["label"],
            baseline=before[i],
            candidate=now[i]["prediction"],
            score=now[i]["score"],
            slice={column: now[i][name] for column, name in declared.items()} | others.get(i, {}),
            text=now[i]["txt"] if now[i]["txt"] is None else now[i]["txt"][:MAX_TEXT],
        )
        for kind, found in chosen.items()
        for i in found
    )


def _list_paired(
    engine: Engine, candidate: Table, ids: Sequence[str], slices: list[str]
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Return id → values now, and id → prediction before, from the stored pair; texts and slices from the file, where it has any."""
    score = "c_score" if candidate.columns.score is not None else "null"
    marks = ", ".join("?" for _ in ids)
    rows = engine.fetch_rows(f"select id, y, c_prediction, {score}, b_prediction from {PAIR} where id in ({marks})", list(ids))
    more = _fetch(engine, candidate, ids, ["txt", *slices]) if candidate.columns.text is not None or slices else {}
    now = {row[0]: {"label": row[1], "prediction": row[2], "score": row[3], **more.get(row[0], {"txt": None})} for row in rows}
    return now, {row[0]: row[4] for row in rows}


def _list_changed(
    engine: Engine, tallied: Tallied, candidate: Table, ids: Sequence[str]
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Return id → values now, and id → prediction before, from the cells that named the ids.

    The file is read again for what only it has: scores and texts.
    """
    asked = set(ids)
    chosen = {i: change for change in tallied.changed for i in change.ids if i in asked}
    leaves = [{f"s{i}": value for i, value in enumerate(values)} for values in tallied.tallies.leaves.values]
    more = _fetch(engine, candidate, ids, ["score", "txt"]) if candidate.columns.score or candidate.columns.text else {}
    nothing = {"score": None, "txt": None}
    now = {i: {"label": c.label, "prediction": c.now, **leaves[c.leaf], **more.get(i, nothing)} for i, c in chosen.items()}
    return now, {i: change.before for i, change in chosen.items()}


def _find_fields(candidate: Table, shares: Sequence[SliceShare], changes: Changes | None) -> dict[str, str]:
    """Return column → field: l.s0 … (table ``leaves``) of the declared ones, e.s0 … (``explained``) of others that are to blame."""
    blamed = {column for share in shares for column in share.slice}
    fields = {column: f"l.s{i}" for i, column in enumerate(candidate.columns.slices)}
    if changes is not None:
        fields |= {axis.column: f"e.{axis.field}" for axis in changes.axes if axis.column in blamed and not axis.declared}
    return fields


def _select_moved(shares: Sequence[SliceShare], kind: FlipKind) -> list[SliceShare]:
    """Return the slices that went the way of the examples: those that broke tell most where more broke than was fixed."""
    return [share for share in shares if (share.broken > share.fixed) == (kind is FlipKind.BROKEN)]


def _rank(shares: Sequence[SliceShare], fields: dict[str, str]) -> str:
    """Return SQL for the position of the first slice that an example is in; "" without slices."""

    def is_in(share: SliceShare) -> str:
        return " and ".join(
            f"{fields[column]} is not distinct from {'null' if value is None else quote_text(value)}"
            for column, value in share.slice.items()
        )

    cases = " ".join(f"when {is_in(share)} then {i}" for i, share in enumerate(shares))
    return f"case {cases} else {len(shares)} end" if cases else ""


def _choose_ids(engine: Engine, tallied: Tallied, kind: FlipKind, limit: int, rank: str) -> list[str]:
    if not tallied.pair.stored:
        right = "before" if kind is FlipKind.BROKEN else "now"
        return sorted(i for change in tallied.changed if getattr(change, right) == change.label for i in change.ids)[:limit]
    right, wrong = ("b_prediction", "c_prediction") if kind is FlipKind.BROKEN else ("c_prediction", "b_prediction")
    moved = "abs(c_score - b_score) desc, " if {"b_score", "c_score"} <= tallied.pair.columns else ""
    source, order = f"{PAIR} p", f"{moved}p.id"
    if rank:
        source += " join leaves l on p.leaf = l.leaf" + (f" join {EXPLAINED} e on p.id = e.id" if "e." in rank else "")
        order = f"{rank}, {order}"
    query = f"select p.id from {source} where p.{right} = p.y and p.{wrong} <> p.y order by {order} limit {limit}"
    return [row[0] for row in engine.fetch_rows(query)]


def _fetch_others(engine: Engine, ids: Sequence[str], fields: dict[str, str]) -> dict[str, dict[str, str | None]]:
    """Return id → {column: value} of the columns that nobody declared."""
    others = {column: field for column, field in fields.items() if field.startswith("e.")}
    if not others:
        return {}
    marks = ", ".join("?" for _ in ids)
    rows = engine.fetch_rows(f"select e.id, {', '.join(others.values())} from {EXPLAINED} e where e.id in ({marks})", list(ids))
    return {row[0]: dict(zip(others, row[1:], strict=True)) for row in rows}


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
