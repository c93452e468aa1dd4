"""What DuckDB is told about files: which function reads them, with which settings. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from memeci.engines.quoting import quote_name, quote_text
from memeci.relation import FileFormat, Relation


def format_scan(relation: Relation, types: str | None = None) -> str:
    """Return a FROM item for the relation; ``types`` are those of a JSON file's columns where DuckDB shall not find them itself."""
    common = f"union_by_name = true, hive_partitioning = {str(relation.partitioned).lower()}"
    if relation.format is FileFormat.PARQUET:
        # Parquet statistics leave NaN out; unless told, DuckDB believes them and does not find any (duckdb issue 25521).
        return f"read_parquet({format_files(relation)}, {common}, can_have_nan = true)"
    if relation.format is FileFormat.DELIMITED:
        # Left to itself, DuckDB skips lines it takes for notes, and takes a row for the names if that fits better.
        columns = format_struct((column, "VARCHAR") for column in relation.columns)
        guess = f"auto_detect = false, columns = {columns}" if relation.columns else "all_varchar = true"
        return _format_delimited(relation, f"{guess}, header = true, {common}")
    guess = "sample_size = -1" if types is None else f"columns = {types}"
    return f"read_json({format_files(relation)}, {_format_json(relation)}, {common}, {guess})"


def format_first_rows(relation: Relation) -> str:
    """Return a FROM item whose first row holds the column names of a DELIMITED relation."""
    return _format_delimited(relation, "all_varchar = true, header = false, null_padding = true")


def format_objects(relation: Relation) -> str:
    """Return a FROM item for a JSON relation with one column ``json``: each example as it is written."""
    return f"read_json_objects({format_files(relation)}, {_format_json(relation)})"


def format_files(relation: Relation) -> str:
    return "[" + ", ".join(quote_text(_literal_path(path)) for path in relation.paths) + "]"


def format_struct(types: Iterable[tuple[str, str]]) -> str:
    """Return names and types as the readers' ``columns`` take them."""
    return "{" + ", ".join(f"{quote_name(name)}: {quote_text(kind)}" for name, kind in types) + "}"


def _format_delimited(relation: Relation, settings: str) -> str:
    return (
        f"read_csv({format_files(relation)}, {settings}, delim = {quote_text(relation.delimiter)}, quote = '\"',"
        f" escape = '\"',{_format_compression(relation)} max_line_size = 33554432, buffer_size = 33554432, strict_mode = true)"
    )


def _format_json(relation: Relation) -> str:
    layout = "newline_delimited" if relation.format is FileFormat.JSON_LINES else "array"
    return f"format = '{'unstructured' if relation.bom else layout}',{_format_compression(relation)} maximum_object_size = 33554432"


def _format_compression(relation: Relation) -> str:
    # DuckDB 1 and 2 have other words for "none".
    return "" if relation.compression == "none" else f" compression = {quote_text(relation.compression)},"


def _literal_path(path: Path) -> str:
    """Return the path with glob characters taken literally: a folder may be called [v1]."""
    return re.sub(r"([*?\[])", r"[\1]", str(path))
