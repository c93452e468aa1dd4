"""What columns are called in the files themselves. DuckDB tells names apart without regard to case, renames the second of two
alike, and cannot name a column "": a table that has such names is refused, or read by what its examples hold."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from memeci.engines.scanning import format_files, format_first_rows, format_objects
from memeci.errors import build_twin_columns
from memeci.relation import FileFormat, Relation, find_twins

Fetch = Callable[[str], list[tuple[Any, ...]]]
"""Runs SQL and returns its rows."""

_RENAMED = re.compile(r"(.*)_[0-9]+", re.DOTALL)


def check_twins(relation: Relation, names: Sequence[str], fetch: Fetch) -> None:
    """Raise DataError where a file has two columns of one name, or of names that differ in case only.

    ``names`` are those DuckDB gave. The files are asked only where one looks like a second column renamed (label_1 beside label).
    """
    known = {name.lower() for name in names}
    if not any((match := _RENAMED.fullmatch(name)) and match[1].lower() in known for name in names):
        return
    for listed in _list_names(relation, fetch):
        twins = find_twins(listed)
        if twins is not None:
            raise build_twin_columns(relation.name, *twins)


def read_json_types(relation: Relation, fetch: Fetch) -> list[tuple[str, str]]:
    """Return (name, SQL type) of every column of a JSON relation, from all of its examples; nothing where they are no objects.

    For objects that DuckDB takes for maps: those with an empty key, which is left out, and wide ones with values of one type.
    """
    found = fetch(f"select json_group_structure(json) from {format_objects(relation)}")[0][0]
    structure = json.loads(found) if found else None
    if not isinstance(structure, dict):
        return []
    twins = find_twins(structure)
    if twins is not None:
        raise build_twin_columns(relation.name, *twins)
    return [(name, _format_type(kind)) for name, kind in structure.items() if name]


def _list_names(relation: Relation, fetch: Fetch) -> Iterator[list[str]]:
    """Yield the column names of each file; of all together for JSON, where each example has its own."""
    if relation.format is FileFormat.PARQUET:
        by_file: dict[str, list[tuple[str, int]]] = {}
        for file, name, children in fetch(f"select file_name, name, num_children from parquet_schema({format_files(relation)})"):
            by_file.setdefault(file, []).append((name, children or 0))
        yield from (_list_top_level(elements) for elements in by_file.values())
    elif relation.format is FileFormat.DELIMITED:
        yield list(
            relation.columns or [name or "" for row in fetch(f"select * from {format_first_rows(relation)} limit 1") for name in row]
        )
    else:
        yield sorted(row[0] for row in fetch(f"select distinct unnest(json_keys(json)) from {format_objects(relation)}"))


def _list_top_level(elements: Sequence[tuple[str, int]]) -> list[str]:
    """Return the columns from a parquet schema: (name, number of children) depth first, the root before all."""
    names = []
    inside = 0
    for name, children in elements[1:]:
        if inside:
            inside += children - 1
        else:
            names.append(name)
            inside = children
    return names


def _format_type(structure: Any) -> str:
    """Return the SQL type for one of DuckDB's JSON structures: "UBIGINT", ["VARCHAR"] or {"a": …}."""
    if isinstance(structure, str):
        return "JSON" if structure == "NULL" else structure
    plain_list = isinstance(structure, list) and len(structure) == 1 and isinstance(structure[0], str) and structure[0] != "NULL"
    return f"{structure[0]}[]" if plain_list else "JSON"
