"""What an engine can do, and what it gives back. Everything built on SQL is shared; an engine only runs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import msgspec
from numpy.typing import NDArray

from memeci.records import Task
from memeci.relation import Columns, ColumnType, Input, Relation

Progress = Callable[[str, float | None], None]
"""Called now and then with what is being done and the share done (0–1, None if unknown)."""


class Engine(Protocol):
    """Runs SQL over relations. ``name`` and version go into the record."""

    @property
    def name(self) -> str: ...

    def describe(self, relation: Relation) -> tuple[ColumnType, ...]:
        """Return the columns. Raises DataError where the files cannot be read as what they say they are."""
        ...

    def scan(self, relation: Relation) -> str:
        """Return a FROM item for the relation."""
        ...

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None: ...

    def fetch_rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]: ...

    def fetch_columns(self, sql: str) -> dict[str, NDArray[Any]]: ...

    def iterate_rows(self, relation: Relation) -> Iterator[dict[str, Any]]:
        """Yield each row as a dict of column → value, in the file's order, a bounded number at a time in memory."""
        ...

    def write_parquet(self, sql: str, path: Path) -> None: ...


class Table(msgspec.Struct, frozen=True):
    """One side, loaded and checked: a view in the engine with canonical columns.

    ``labels`` and ``predictions`` are the distinct values, sorted, for label tasks.
    """

    view: str
    file: Input
    kind: LabelKind
    n: int
    labels: tuple[str, ...]
    predictions: tuple[str, ...]
    score_range: tuple[float, float] | None = None
    """Of the score and of all probabilities."""
    label_centre: float = 0.0
    prediction_centre: float = 0.0
    """Near the mean of numbers to predict, and free of row order: sums of squares around it do not cancel."""
    largest_weight: float | None = None
    leaves: tuple[tuple[str | None, ...], ...] | None = None
    """The combinations of slice values, where the scan counted by them."""

    @property
    def name(self) -> str:
        return self.file.name

    @property
    def relation(self) -> Relation:
        return self.file.relation

    @property
    def columns(self) -> Columns:
        return self.file.columns

    @property
    def schema(self) -> tuple[ColumnType, ...]:
        return self.file.schema


class LabelKind(msgspec.Struct, frozen=True):
    """How labels are read: as "text", "number" or "list" (of texts, split at ``separator`` where the file has text)."""

    kind: str
    separator: str | None = None

    @classmethod
    def of(cls, task: Task) -> LabelKind:
        if task is Task.REGRESSION:
            return cls("number")
        return cls("list" if task is Task.MULTILABEL else "text")


class Overlap(msgspec.Struct, frozen=True):
    """Examples of both sides: in common, on one side only, and with another label in the baseline."""

    common: int
    only_baseline: int
    only_candidate: int
    relabelled: int

    @property
    def complete(self) -> bool:
        return self.only_baseline == 0 and self.only_candidate == 0

    @property
    def share(self) -> float:
        """Share of all examples, of either side, that are common and have kept their label."""
        total = self.common + self.only_baseline + self.only_candidate
        return (self.common - self.relabelled) / total if total else 0.0
