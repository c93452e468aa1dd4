"""Prediction files in every format, and the whole way from them to measurements: readers, DuckDB, tallies, metrics."""

from __future__ import annotations

import csv
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from memeci.config import ColumnsConfig, Config
from memeci.engines.digest import compute_digest
from memeci.engines.duckdb import DuckDBEngine
from memeci.engines.engine import Table
from memeci.engines.pairing import Pair
from memeci.engines.tallying import TallyPlan, build_tallies
from memeci.measurements import Measurements
from memeci.measuring.measure import measure
from memeci.metrics import METRICS, Metric
from memeci.metrics.selection import find_metric
from memeci.metrics.task import choose_positive, sort_labels
from memeci.pipeline.sides import Setup, load_baseline, load_candidate
from memeci.records import Task
from memeci.tallies import Tallies

Data = Mapping[str, Sequence[Any]]


def write_table(path: Path, data: Data) -> Path:
    """Write the columns to ``path``, in the format its suffix names."""
    data = {name: list(column) for name, column in data.items()}
    rows = [dict(zip(data, row, strict=True)) for row in zip(*data.values(), strict=True)]
    if path.suffix == ".parquet":
        pq.write_table(pa.table(data), path)
    elif path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(data)
            writer.writerows(zip(*data.values(), strict=True))
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    else:
        path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    return path


@dataclass(frozen=True)
class Measured:
    """What one evaluation measured. ``find`` gives the index of a test."""

    measurements: Measurements
    tallies: Tallies
    pair: Pair
    candidate: Table
    baseline: Table | None
    metrics: tuple[Metric, ...]
    digest: str

    def find(self, metric: str, **where: str | None) -> int:
        key = tuple(where.items())
        return next(j for j, test in enumerate(self.measurements.tests) if (test.metric, test.slice) == (metric, key))

    def value(self, metric: str, **where: str | None) -> float:
        return float(self.measurements.candidate[self.find(metric, **where)])

    def before(self, metric: str, **where: str | None) -> float:
        return float(self.measurements.baseline[self.find(metric, **where)])

    def reason(self, metric: str, **where: str | None) -> str:
        return self.measurements.reasons[self.find(metric, **where)]

    @property
    def slices(self) -> tuple[Any, ...]:
        return self.tallies.leaves.slices


def list_metrics(task: Task, *, without: Sequence[str] = ()) -> tuple[Metric, ...]:
    """Return every metric of the task."""
    return tuple(m for m in METRICS if task in m.tasks and m.name not in without)


@dataclass(frozen=True)
class Run:
    """How to measure two files: the settings a configuration would give. ``metrics`` are names; None means all of the task."""

    task: Task | None = None
    metrics: tuple[str | Metric, ...] | None = None
    slices: tuple[tuple[str, ...], ...] = ()
    min_slice_size: int = 1
    positive: str | None = None
    columns: ColumnsConfig = field(default_factory=ColumnsConfig)
    numbers: tuple[str, ...] = ()
    memory_limit: str | None = None

    def measure(self, folder: Path, candidate: Data | Path | str, baseline: Data | Path | str | None = None) -> Measured:
        """Measure tables (written as parquet below ``folder``) or files."""
        paths = [
            side if side is None or isinstance(side, (str, Path)) else write_table(folder / f"{name}.parquet", side)
            for name, side in (("candidate", candidate), ("baseline", baseline))
        ]
        with DuckDBEngine(memory_limit=self.memory_limit) as engine:
            return self._measure(engine, folder, str(paths[0]), None if paths[1] is None else str(paths[1]))

    def _measure(self, engine: DuckDBEngine, folder: Path, candidate: str, baseline: str | None) -> Measured:
        setup = Setup(_Config(task=self.task, columns=self.columns, slices=self.slices, numbers=self.numbers), {}, folder)
        table, task = load_candidate(engine, candidate, setup)
        before = load_baseline(engine, baseline, task, setup, released=False) if baseline is not None else None
        labels = sort_labels([*table.labels, *table.predictions, *(before.labels + before.predictions if before else ())])
        positive = choose_positive(labels, self.positive) if task is Task.BINARY else None
        metrics = self._choose(task)
        plan = TallyPlan(task, labels, positive, self.slices, self.min_slice_size, metrics)
        tallied = build_tallies(engine, table, before, plan)
        tallies, pair = tallied.tallies, tallied.pair
        return Measured(measure(tallies, metrics), tallies, pair, table, before, metrics, compute_digest(engine, table))

    def _choose(self, task: Task) -> tuple[Metric, ...]:
        if self.metrics is None:
            return list_metrics(task)
        found = [find_metric(m, task) if isinstance(m, str) else m for m in self.metrics]
        assert None not in found, self.metrics
        return tuple(m for m in found if m is not None)


class _Config(Config, frozen=True):
    numbers: tuple[str, ...] = ()

    @property
    def number_columns(self) -> tuple[str, ...]:
        return self.numbers


def split_table(data: Data, sizes: Sequence[int]) -> list[dict[str, list[Any]]]:
    """Return the rows in pieces of these sizes."""
    bounds = np.cumsum([0, *sizes])
    return [{name: list(column[a:b]) for name, column in data.items()} for a, b in itertools.pairwise(bounds)]


def shuffle_table(data: Data, rng: np.random.Generator) -> dict[str, list[Any]]:
    """Return the same rows in another order."""
    order = rng.permutation(len(next(iter(data.values()))))
    return {name: [column[i] for i in order] for name, column in data.items()}


__all__ = ["Data", "Measured", "Run", "list_metrics", "shuffle_table", "split_table", "write_table"]
