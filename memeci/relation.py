"""A set of prediction files and what their columns mean: what `readers` describe and `engines` scan. Data only."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from pathlib import Path

import msgspec


class FileFormat(enum.Enum):
    """The physical formats every engine scans. A reader for anything else turns it into one of these."""

    PARQUET = "parquet"
    DELIMITED = "delimited"
    JSON_LINES = "json_lines"
    JSON_ARRAY = "json_array"


class Relation(msgspec.Struct, frozen=True):
    """Files of one format with one schema, read as one table.

    ``name`` is what the user typed, for messages. A DELIMITED relation is read with every column as text: an id "007" and
    a label "1.0" stay what they are; types are given by the meaning of a column, not by its looks.
    """

    name: str
    paths: tuple[Path, ...]
    format: FileFormat
    delimiter: str = ","
    compression: str = "none"  # none, gzip, zstd
    columns: tuple[str, ...] = ()
    """Names in the first row of a DELIMITED relation, where a reader could see it: the engine then guesses nothing."""
    partitioned: bool = False
    """Folders below the one named are columns: platform=ios/part-0.parquet."""
    bom: bool = False
    """JSON lines with a byte-order mark, which DuckDB refuses unless told format = 'unstructured'."""


class ColumnType(msgspec.Struct, frozen=True):
    """One column as the file has it. ``kind`` is one of text, integer, float, boolean, list, struct, json, other.

    Dates, times, UUIDs and bytes are "other": what they are as text is compared.
    "json" is a column with values of several types, such as 1 and "a".
    """

    name: str
    kind: str


class Columns(msgspec.Struct, frozen=True):
    """Which column plays which part. None: the file has no such column.

    Without ``id`` the row number is the id. ``probabilities`` pairs a label with the column of its probability.
    """

    id: str | None = None
    label: str | None = None
    prediction: str | None = None
    score: str | None = None
    weight: str | None = None
    group: str | None = None
    text: str | None = None
    probabilities: tuple[tuple[str, str], ...] = ()
    slices: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    """Numeric columns asked for by ``scores`` metrics (a judge's score, latency …)."""


class Input(msgspec.Struct, frozen=True):
    """One side's file, opened: where it is, the columns it has, and which of them plays which part."""

    relation: Relation
    schema: tuple[ColumnType, ...]
    columns: Columns

    @property
    def name(self) -> str:
        return self.relation.name

    @property
    def kinds(self) -> dict[str, str]:
        """The kind of each column by its name."""
        return {column.name: column.kind for column in self.schema}


def find_twins(names: Iterable[str]) -> tuple[str, str] | None:
    """Return the first two names that are the same but for case, by which engines do not tell columns apart; None where all differ.

    Names without a letter do not count.

    >>> find_twins(["id", "Label", "label"])
    ('Label', 'label')
    """
    seen: dict[str, str] = {}
    for name in filter(None, names):
        if name.lower() in seen:
            return seen[name.lower()], name
        seen[name.lower()] = name
    return None
