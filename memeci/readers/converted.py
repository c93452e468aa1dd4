"""Rows that a reader took out of a tool's own format, written as JSON lines into a folder that goes when the program ends."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from memeci.errors import DataError
from memeci.readers.probe import Probe
from memeci.readers.reader import Layout, Opened
from memeci.relation import FileFormat

MAX_BYTES = 1 << 30
MAX_CLASSES = 50

Row = dict[str, Any]


def convert(probe: Probe, tool: str, read_rows: Callable[[], Iterable[Row]]) -> Opened:
    """Write what ``read_rows`` yields and return the new file. Raises DataError if the tool's file is broken or has no example.

    A value is text, number, boolean or null; NaN becomes null. Where "target" holds a few classes, it and "prediction" keep
    these names and are found as label and prediction; where answers are free text, which only the tool's scores can judge,
    they are called "expected_answer" and "model_answer".
    """
    rows: list[Row] = []
    try:
        rows.extend(read_rows())
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, EOFError, OSError) as error:
        raise DataError(
            f"{probe.path} cannot be read as {tool}.",
            f"it begins like one, but: {str(error)[:200]} (examples read before: {len(rows):,}).",
            "let the tool write it again, or write the predictions as CSV or JSON lines.",
        ) from None
    if not rows:
        raise DataError(f"{probe.path} has no examples.", f"it is {tool} without samples.", "let the tool log its samples.")
    return Opened(_write_rows(rows, probe.path.name), Layout(FileFormat.JSON_LINES))


def _write_rows(rows: Sequence[Row], name: str) -> Path:
    import tempfile

    path = Path(tempfile.mkdtemp(dir=_folder())) / f"{name}.jsonl"
    names = {} if has_classes(rows) else {"target": "expected_answer", "prediction": "model_answer"}
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            json.dump({names.get(key, key): _finite(value) for key, value in row.items()}, file, ensure_ascii=False)
            file.write("\n")
    return path


def has_classes(rows: Sequence[Row]) -> bool:
    """Return whether the targets are classes: few, and each met twice on average. The same for every model on one dataset."""
    targets = {row.get("target") for row in rows} - {None}
    return 0 < len(targets) <= min(MAX_CLASSES, len(rows) // 2)


def open_text(probe: Probe) -> IO[str]:
    """Return the whole file as text, decompressed."""
    if probe.compression == "gzip":
        import gzip

        return gzip.open(probe.path, "rt", encoding="utf-8-sig")
    return probe.path.open(encoding="utf-8-sig")


def read_document(probe: Probe) -> Any:
    """Return the JSON document in the file, which is read whole. Raises ValueError if it is larger than MAX_BYTES."""
    with open_text(probe) as file:
        text = file.read(MAX_BYTES + 1)
    if len(text) > MAX_BYTES:
        raise ValueError(f"it is larger than {MAX_BYTES >> 20} MiB")
    return json.loads(text)


def join_text(value: Any) -> str | None:
    """Return a text as it is, a list of texts joined, a chat as its last message; None for nothing."""
    if isinstance(value, Mapping):
        return join_text(value.get("content") or value.get("text"))
    if isinstance(value, list):
        if value and isinstance(value[-1], Mapping) and "role" in value[-1]:
            return join_text(value[-1])
        return ", ".join(filter(None, map(join_text, value))) or None
    return None if value is None else str(value)


def list_numbers(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, float | None]]:
    """Yield (name, number) of what is a number or a boolean; mappings inside become name_key."""
    for name, value in values.items():
        if isinstance(value, (bool, int, float)):
            yield f"{prefix}{name}", float(value)
        elif isinstance(value, Mapping):
            yield from list_numbers(value, f"{prefix}{name}_")


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


@functools.cache
def _folder() -> str:
    import atexit
    import shutil
    import tempfile

    folder = tempfile.mkdtemp(prefix="memeci-read-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
