"""JSON lines: one object a line, one line an example."""

from __future__ import annotations

import json
from typing import Any

from memeci.errors import DataError
from memeci.readers.probe import Probe
from memeci.readers.reader import Layout, Opened
from memeci.relation import FileFormat

SUFFIXES = (".jsonl", ".ndjson", ".json")


class JsonLinesReader:
    name = "json_lines"
    title = "JSON lines"
    suffixes = SUFFIXES
    textual = True

    def matches(self, probe: Probe) -> bool:
        if probe.head is None:
            return probe.suffix in SUFFIXES and probe.suffix != ".json"
        return probe.text.lstrip().startswith("{")

    def open(self, probe: Probe) -> Opened:
        if probe.head is not None:
            _check_first_line(probe)
        return Opened(probe.path, Layout(FileFormat.JSON_LINES, compression=probe.compression, bom=probe.bom))


def _check_first_line(probe: Probe) -> None:
    line, newline, rest = probe.text.lstrip().partition("\n")
    if not newline and not probe.whole:
        return  # The first object is longer than what we looked at.
    try:
        first = _parse(line)
    except json.JSONDecodeError as error:
        raise _not_lines(probe, line, error) from None
    except RecursionError:
        raise DataError(
            f"{probe.path} cannot be read as JSON lines.", "its first line nests too deep.", "write one flat JSON object a line."
        ) from None
    if not rest.strip() and probe.whole and _is_column_oriented(first):
        raise _one_object(probe)


def _parse(text: str) -> Any:
    # Numbers stay text: only the shape is looked at, and Python refuses integers of more than 4,300 digits.
    return json.loads(text, parse_int=str)


def _is_column_oriented(first: Any) -> bool:
    """Whether {"id": […], "label": […]}: a table turned by ninety degrees, as pandas writes it unless told otherwise."""
    return isinstance(first, dict) and len(first) > 1 and all(isinstance(v, (list, dict)) for v in first.values())


def _not_lines(probe: Probe, line: str, error: json.JSONDecodeError) -> DataError:
    try:
        _parse(probe.text)
    except (json.JSONDecodeError, RecursionError):
        # A pretty-printed object that goes on after our look: its first line is whole tokens only.
        if not probe.whole and line.rstrip().endswith(("{", ",", "[")):
            return _one_object(probe)
        return DataError(
            f"{probe.path} is not valid JSON.",
            f"line 1, character {error.pos + 1}: {error.msg}.",
            "write one JSON object a line, and nothing else.",
        )
    return _one_object(probe)


def _one_object(probe: Probe) -> DataError:
    return DataError(
        f"{probe.path} is one JSON object, not a list of examples.",
        "memeci reads one object a line, or one array of objects.",
        'from pandas: df.to_json(path, orient="records", lines=True)',
    )
