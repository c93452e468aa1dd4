"""Adds a column of numbers, computed elsewhere, to a relation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from memeci.engines.engine import Engine
from memeci.engines.quoting import quote_name
from memeci.relation import FileFormat, Relation


def append_numbers(engine: Engine, relation: Relation, name: str, numbers: Sequence[float], path: Path) -> Relation:
    """Return the relation with one more column, in the file's order, as a parquet file at ``path``."""
    engine.execute("create or replace temp table numbers as select unnest(?::double[]) as number", [list(numbers)])
    engine.write_parquet(f"select r.*, numbers.number as {quote_name(name)} from {engine.scan(relation)} r positional join numbers", path)
    return Relation(relation.name, (path,), FileFormat.PARQUET)
