"""DuckDB: the default engine. The only place that imports it."""

from __future__ import annotations

import contextlib
import re
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from memeci.engines.complaints import find_known_fault, suggest_remedy, summarise_complaint
from memeci.engines.engine import Progress
from memeci.engines.quoting import quote_name, quote_text
from memeci.engines.scanning import format_scan, format_struct
from memeci.engines.true_names import check_twins, read_json_types
from memeci.errors import ConfigError, DataError, InfraError, MemeciError, build_cut_off
from memeci.relation import ColumnType, FileFormat, Relation

__all__ = ["DuckDBEngine", "quote_name", "quote_text"]

_KINDS = (
    (re.compile(r"VARCHAR$"), "text"),
    (re.compile(r"U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$"), "integer"),
    (re.compile(r"(FLOAT|DOUBLE|DECIMAL.*)$"), "float"),
    (re.compile(r"BOOLEAN$"), "boolean"),
    (re.compile(r"JSON$"), "json"),
    (re.compile(r".*\[\d*\]$"), "list"),
    (re.compile(r"(STRUCT|MAP).*"), "struct"),
)


# What DuckDB makes of texts in JSON that look like it, alone or in lists.
_MOMENT = re.compile(r"^(DATE|TIME|TIMESTAMP|TIMESTAMP WITH TIME ZONE|UUID)(?=(\[\])*$)")

_JSON = frozenset({FileFormat.JSON_LINES, FileFormat.JSON_ARRAY})

ONE_THREAD_BYTES = 1_000_000
"""Size of the files, all together, up to which one thread reads them: handing such little work around costs more than it is."""

KEEP_BYTES = 8_000_000
"""Size up to which a text file is parsed once and kept: each look at one costs milliseconds, however few its rows."""

LEAST_MEMORY = 8_000_000
"""Bytes: with 2 MB not even one tiny file can be read, with 8 MB not always two."""


class DuckDBEngine:
    """One in-memory database with a memory limit; what does not fit spills to a temporary folder that is removed at the end."""

    def __init__(self, *, memory_limit: str | None = None, progress: Progress | None = None) -> None:
        duckdb = _load_duckdb()
        self._errors = duckdb.Error
        self._out_of_memory = duckdb.OutOfMemoryException
        self._connection = duckdb.connect(config={"threads": 1})
        self._sizes: dict[Relation, int] = {}
        self._progress = progress
        self.name = f"duckdb {duckdb.__version__}"
        self.memory_limit = memory_limit
        self._kept: dict[Relation, str] = {}
        self._texts: dict[Relation, str] = {}
        if memory_limit is not None:
            self._set_limit(memory_limit)
        self._spill = tempfile.TemporaryDirectory(prefix="memeci-")
        self.execute(f"set temp_directory = {quote_text(self._spill.name)}")
        self.execute("set enable_progress_bar = false")
        self.execute("set timezone = 'UTC'")  # a moment as text is the same on every machine

    def _set_limit(self, limit: str) -> None:
        size = _count_bytes(limit)
        if size is not None and size < LEAST_MEMORY:
            raise ConfigError(
                f"a memory limit of {limit} is too small.",
                f"the engine itself needs {LEAST_MEMORY // 1_000_000} MB before it reads anything.",
                "write a size such as `--memory-limit 2GB`.",
            )
        try:
            self._connection.execute(f"set memory_limit = {quote_text(limit)}")
        except self._errors as error:
            raise ConfigError(
                f"{limit!r} is no memory limit.", str(error).splitlines()[0], "write a size such as `--memory-limit 2GB`."
            ) from error

    def close(self) -> None:
        self._connection.close()
        self._spill.cleanup()

    def __enter__(self) -> DuckDBEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def describe(self, relation: Relation) -> tuple[ColumnType, ...]:
        if relation.compression == "gzip" and self.name.startswith("duckdb 1."):
            _check_gzip(relation)
        size = sum(path.stat().st_size for path in relation.paths)
        self._choose_threads(relation, size)
        if size <= KEEP_BYTES:
            self._keep(relation)
        try:
            rows = self._describe(self.scan(relation))
            if self._read_by_examples(relation, rows) or self._read_as_text(relation, rows):
                rows = self._describe(self.scan(relation))
            check_twins(relation, [name for name, _ in rows], self._fetch_plainly)
        except self._out_of_memory as error:
            raise self._explain(error) from error
        except self._errors as error:
            raise _unreadable(relation, error) from error
        return tuple(ColumnType(row[0], _kind(row[1])) for row in rows)

    def _choose_threads(self, relation: Relation, size: int) -> None:
        """Let DuckDB use all cores as soon as the files, each counted once, are not small together."""
        before = sum(self._sizes.values())
        self._sizes[relation] = size
        if before <= ONE_THREAD_BYTES < sum(self._sizes.values()):
            self._connection.execute("reset threads")

    def _keep(self, relation: Relation) -> None:
        """Keep a small text file as a table. One that cannot be read stays a file, and its fault is explained where it is met."""
        if relation.format is FileFormat.PARQUET or relation in self._kept or relation.compression != "none":
            return
        name = f"file_{len(self._kept)}"
        # No temporary table: another cursor would not see it.
        with contextlib.suppress(self._errors), _interruptible():
            self._connection.execute(f"create table {name} as select * from {self.scan(relation)}")
            if self._read_by_examples(relation, rows := self._describe(name)) or self._read_as_text(relation, rows):
                self._connection.execute(f"create or replace table {name} as select * from {self.scan(relation)}")
            self._kept[relation] = name

    def _describe(self, scan: str) -> list[tuple[str, str]]:
        return [(row[0], row[1]) for row in self._connection.execute(f"describe select * from {scan}").fetchall()]

    def _fetch_plainly(self, sql: str) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = self._connection.execute(sql).fetchall()
        return rows

    def _read_by_examples(self, relation: Relation, rows: Sequence[tuple[str, str]]) -> bool:
        """Return whether JSON objects were taken for maps, or for no objects at all; from now on their keys are columns."""
        taken_whole = len(rows) == 1 and rows[0][0] == "json" and rows[0][1].startswith(("MAP", "JSON"))
        if relation.format not in _JSON or relation in self._texts or not taken_whole:
            return False
        types = read_json_types(relation, self._fetch_plainly)
        if types:
            self._texts[relation] = format_struct(types)
        return bool(types)

    def _read_as_text(self, relation: Relation, rows: Sequence[tuple[str, str]]) -> bool:
        """Return whether texts of a JSON file were taken for dates or UUIDs; from now on they are read as they are written.

        An id "A0EE…" would lose its capitals, and 2024-01-01T10:00Z would be another text than in a CSV file.
        """
        if relation.format not in _JSON or relation in self._texts:
            return False
        types = [(name, _MOMENT.sub("VARCHAR", kind)) for name, kind in rows]
        if types == list(rows):
            return False
        self._texts[relation] = format_struct(types)
        return True

    def scan(self, relation: Relation) -> str:
        if relation in self._kept:
            return self._kept[relation]
        return format_scan(relation, self._texts.get(relation))

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        self._run(sql, parameters)

    def fetch_rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = self._run(sql, parameters).fetchall()
        return rows

    def fetch_columns(self, sql: str) -> dict[str, NDArray[Any]]:
        columns: dict[str, NDArray[Any]] = self._run(sql, ()).fetchnumpy()
        return columns

    def iterate_rows(self, relation: Relation) -> Iterator[dict[str, Any]]:
        # Python has no moment with a zone of its own: DuckDB would ask for a package.
        zoned = [quote_name(name) for name, kind in self._describe(self.scan(relation)) if kind == "TIMESTAMP WITH TIME ZONE"]
        changed = f" replace ({', '.join(f'cast({name} as varchar) as {name}' for name in zoned)})" if zoned else ""
        cursor = self._connection.cursor()
        cursor.execute(f"select *{changed} from {self.scan(relation)}")
        names = [column[0] for column in cursor.description]
        while rows := cursor.fetchmany(10_000):
            yield from (dict(zip(names, row, strict=True)) for row in rows)

    def write_parquet(self, sql: str, path: Path) -> None:
        self._run(f"copy ({sql}) to {quote_text(str(path))} (format parquet, compression zstd)", ())

    def _run(self, sql: str, parameters: Sequence[Any]) -> Any:
        stop = self._watch()
        try:
            return self._connection.execute(sql, parameters) if parameters else self._connection.execute(sql)
        except self._errors as error:
            raise self._explain(error) from error
        except RuntimeError as error:
            raise _to_interrupt(error) from error
        finally:
            stop()

    def _explain(self, error: Exception) -> MemeciError:
        known = find_known_fault(str(error))
        if known is not None:
            return known
        first = summarise_complaint(str(error))
        if isinstance(error, self._out_of_memory):
            limit = self.memory_limit or "the machine's"
            return InfraError(
                f"the evaluation does not fit into {limit} memory.",
                first,
                "raise the limit: `--memory-limit 8GB`, or free some disk space.",
            )
        # Without a class of its own: a library inside DuckDB tripped over the bytes, such as Thrift over a parquet page.
        classless = type(error) is self._errors
        if classless or re.match(r"(IO|HTTP|Invalid Input|Conversion|Serialization) Error", str(error)):
            return DataError("the predictions could not be read to the end.", first, suggest_remedy(str(error)))
        return InfraError("the engine failed.", first, "run it again; if it fails again, report it with this message.")

    def _watch(self) -> Any:
        """Report progress from a second on, from a thread of its own; return what ends it."""
        if self._progress is None:
            return lambda: None
        done = threading.Event()
        report = self._progress

        def poll() -> None:
            while not done.wait(0.5):
                percent = self._connection.query_progress()
                report("reading predictions", percent / 100 if percent >= 0 else None)

        thread = threading.Thread(target=poll, daemon=True)
        thread.start()

        def stop() -> None:
            done.set()
            thread.join()

        return stop


def _load_duckdb() -> Any:
    """Return DuckDB's compiled module: all we use is in it, and the package around it takes several times as long to load."""
    try:
        import _duckdb
    except ImportError:  # it had another name before DuckDB 1.4
        import duckdb

        return duckdb
    return _duckdb


def _to_interrupt(error: RuntimeError) -> BaseException:
    """DuckDB catches Ctrl-C in its own way: "Query interrupted"."""
    return KeyboardInterrupt() if "interrupt" in str(error).lower() else error


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise _to_interrupt(error) from error


def _kind(type_name: str) -> str:
    for pattern, kind in _KINDS:
        if pattern.match(type_name):
            return kind
    return "other"


def _count_bytes(limit: str) -> float | None:
    """Return what a size like 2GB or 512MiB is in bytes; None where it is no size."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT])(i?)B", limit, re.ASCII | re.IGNORECASE)
    return float(match[1]) * (1024 if match[3] else 1000) ** (1 + "KMGT".index(match[2].upper())) if match else None


def _check_gzip(relation: Relation) -> None:
    """Raise DataError where a gzip file is cut off: DuckDB 1 reads it quietly up to there."""
    import gzip
    import zlib

    for path in relation.paths:
        try:
            with gzip.open(path) as file:
                while file.read(1 << 20):
                    pass
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise build_cut_off(str(path), "gzip") from error


def _unreadable(relation: Relation, error: Exception) -> DataError:
    known = find_known_fault(str(error))
    if known is not None:
        return known
    first = summarise_complaint(str(error))
    if relation.format is FileFormat.PARQUET:
        return DataError(f"{relation.name} is a damaged parquet file.", first, "write it again; was the job that wrote it cut off?")
    return DataError(f"{relation.name} could not be read.", first, suggest_remedy(str(error)))
