"""Single examples for people to read: those that were fixed or broken, or moved furthest. Everything fetched here is outside text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from memeci.engines.engine import Engine, Table
from memeci.engines.explaining import EXPLAINED, Changes
from memeci.engines.movement import MAX_BROKEN, MovedExample, Movement, Moves, format_shown
from memeci.engines.pairing import PAIR
from memeci.engines.quoting import quote_text
from memeci.engines.tallying import Tallied
from memeci.records import FlipExample, FlipKind, SliceShare

MAX_FIXED = 10
MAX_TEXT = 600
"""Characters of an example's text kept in the record."""


def fetch_flips(
    engine: Engine,
    tallied: Tallied,
    candidate: Table,
    moves: Moves,
    shares: Sequence[SliceShare] = (),
    changes: Changes | None = None,
) -> tuple[FlipExample, ...]:
    """Return examples that broke, then some that were fixed; by a number, those that got worse and those that got better.

    Those of the hardest-hit slices (``shares``, as they come, where they went the same way) first, there the ones that moved
    furthest, then by id.
    Where the pair is not stored, they are the first few by id of each kind of change; by a number those of ``moves``.
    """
    movement, fields = moves.movement, _find_fields(candidate, shares, changes)
    chosen: dict[FlipKind, list[str]] = {}
    kept: dict[str, MovedExample] = {}
    for kind, limit in ((FlipKind.BROKEN, MAX_BROKEN), (FlipKind.FIXED, MAX_FIXED)):
        towards = _select_moved(shares, kind)
        if tallied.pair.stored:
            chosen[kind] = _choose_ids(engine, movement, kind, limit, _rank(towards, fields))
        else:
            kept |= {example.id: example for example in _list_kept(tallied, towards, moves, kind)[:limit]}
            chosen[kind] = [example.id for example in kept.values() if example.kind is kind]
    ids = [i for found in chosen.values() for i in found]
    if not ids:
        return ()
    declared = {column: f"s{i}" for i, column in enumerate(candidate.columns.slices)}
    scored = candidate.columns.score is not None and movement.metric is None
    if tallied.pair.stored:
        now, before = _list_paired(engine, candidate, ids, list(declared.values()), movement, scored)
    else:
        now, before = _list_changed(engine, tallied, candidate, kept, scored)
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
    engine: Engine, candidate: Table, ids: Sequence[str], slices: list[str], movement: Movement, scored: bool
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Return id → values now, and id → prediction before, from the stored pair; texts and slices from the file, where it has any."""
    score = "c_score" if scored else "null"
    marks = ", ".join("?" for _ in ids)
    rows = engine.fetch_rows(f"select id, {score}, {', '.join(movement.shown)} from {PAIR} where id in ({marks})", list(ids))
    more = _fetch(engine, candidate, ids, ["txt", *slices]) if candidate.columns.text is not None or slices else {}
    now, earlier = {}, {}
    for i, certainty, *shown in rows:
        label, before, prediction = map(format_shown, shown)
        now[i] = {"label": label, "prediction": prediction, "score": certainty, **more.get(i, {"txt": None})}
        earlier[i] = before
    return now, earlier


def _list_changed(
    engine: Engine, tallied: Tallied, candidate: Table, chosen: dict[str, MovedExample], scored: bool
) -> tuple[dict[str, dict[str, Any]], dict[str, str]]:
    """Return id → values now, and id → prediction before, from the counts that named the ids.

    The file is read again for what only it has: scores and texts.
    """
    leaves = [{f"s{i}": value for i, value in enumerate(values)} for values in tallied.tallies.leaves.values]
    names = [*(["score"] if scored else []), "txt"]
    more = _fetch(engine, candidate, list(chosen), names) if scored or candidate.columns.text else {}
    nothing = {"score": None, "txt": None}
    now = {i: {"label": e.label, "prediction": e.now, **leaves[e.leaf], **nothing, **more.get(i, {})} for i, e in chosen.items()}
    return now, {i: example.before for i, example in chosen.items()}


def _list_kept(tallied: Tallied, shares: Sequence[SliceShare], moves: Moves, kind: FlipKind) -> list[MovedExample]:
    """Return the examples of a kind that the only scan of the pair kept, in the order people should read them."""
    if moves.movement.metric is not None:
        leaves = tallied.tallies.leaves
        slices = [dict(zip(leaves.columns, values, strict=True)) for values in leaves.values]
        ranks = [next((i for i, share in enumerate(shares) if share.slice.items() <= here.items()), len(shares)) for here in slices]
        return sorted((e for e in moves.examples if e.kind is kind), key=lambda e: (ranks[e.leaf], -e.distance, e.id))
    right = "before" if kind is FlipKind.BROKEN else "now"
    found = (change for change in tallied.changed if getattr(change, right) == change.label)
    return sorted((MovedExample(kind, c.leaf, i, c.label, c.before, c.now) for c in found for i in c.ids), key=lambda e: e.id)


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


def _choose_ids(engine: Engine, movement: Movement, kind: FlipKind, limit: int, rank: str) -> list[str]:
    furthest = f"{movement.distance} desc, " if movement.distance else ""
    source, order = f"{PAIR} p", f"{furthest}p.id"
    if rank:
        source += " join leaves l on p.leaf = l.leaf" + (f" join {EXPLAINED} e on p.id = e.id" if "e." in rank else "")
        order = f"{rank}, {order}"
    query = f"select p.id from {source} where {movement.get(kind)} order by {order} limit {limit}"
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
