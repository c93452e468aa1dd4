"""Text columns of a large file that can be read as they are: assumed from the first rows, confirmed by the scan of all of them."""

from __future__ import annotations

from collections.abc import Iterable

from memeci.engines.engine import Engine, LabelKind
from memeci.engines.quoting import quote_name
from memeci.relation import FileFormat, Input

MIN_ROWS = 1_000_000
"""Below, normalising every row costs less than another look at the file."""

FIRST_ROWS = 100_000
MAX_VALUES = 10_000
"""Combinations of values in the first rows; files with more are normalised row by row."""


def guess_plain_columns(engine: Engine, file: Input, kind: LabelKind) -> frozenset[str]:
    """Return the text columns among label, prediction and slices whose first values are what `canonical` would make of them anyway.

    None of them unless these columns have few values: then a scan can group by all of them, which confirms the guess.
    """
    columns = file.columns
    if file.relation.format is not FileFormat.PARQUET or kind.kind != "text":
        return frozenset()
    names = [name for name in dict.fromkeys([columns.label, columns.prediction, *columns.slices]) if name is not None]
    scan = engine.scan(file.relation)
    if not names or engine.fetch_rows(f"select count(*) from {scan}")[0][0] < MIN_ROWS:
        return frozenset()
    listed = ", ".join(f"cast({quote_name(name)} as varchar)" for name in names)
    rows = engine.fetch_rows(f"select distinct {listed} from (select * from {scan} limit {FIRST_ROWS}) limit {MAX_VALUES + 1}")
    if len(rows) > MAX_VALUES:
        return frozenset()
    texts = {name for name, column_kind in file.kinds.items() if column_kind == "text"}
    return frozenset(name for name, values in zip(names, zip(*rows, strict=True), strict=True) if name in texts and are_plain(values))


def are_plain(values: Iterable[str | None]) -> bool:
    """Return whether all values are canonical already."""
    return all(v is None or (v != "" and v.lower() not in {"true", "false"} and not v.endswith(".0")) for v in values)
