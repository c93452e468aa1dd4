"""Opens predictions: finds the files, asks each reader whether it knows the content, and makes one relation of them."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from memeci.errors import DataError
from memeci.readers.delimited import DelimitedReader
from memeci.readers.foreign import check_foreign
from memeci.readers.inspect_log import InspectEvalReader, InspectJsonReader
from memeci.readers.json_array import JsonArrayReader
from memeci.readers.json_lines import JsonLinesReader
from memeci.readers.lm_eval import LmEvalReader
from memeci.readers.location import is_partitioned, list_files
from memeci.readers.parquet import ParquetReader
from memeci.readers.probe import COMPRESSIONS, Probe, read_probe
from memeci.readers.promptfoo import PromptfooReader
from memeci.readers.reader import Opened, Reader
from memeci.relation import Relation

# Asked in this order; the last takes any text. Logs of tools come before the plain JSON they are made of.
_ORDER: tuple[Reader, ...] = (
    ParquetReader(),
    InspectEvalReader(),
    InspectJsonReader(),
    LmEvalReader(),
    PromptfooReader(),
    JsonArrayReader(),
    JsonLinesReader(),
    DelimitedReader(),
)
READERS: dict[str, Reader] = {reader.name: reader for reader in _ORDER}


def open_predictions(spec: str | Path) -> Relation:
    """Return the relation in a file, a folder or a glob. Reads the head and tail of each file, never the whole.

    Raises DataError where there is nothing, where a file is not what its name says, or where files do not fit together.
    """
    name = str(spec)
    suffixes = tuple(suffix for reader in _ORDER for suffix in reader.suffixes)
    opened = [_open_file(path) for path in list_files(name, suffixes, tuple(COMPRESSIONS))]
    _check_one_layout(name, opened)
    layout = opened[0].layout
    return Relation(
        name=name,
        paths=tuple(o.path for o in opened),
        format=layout.format,
        delimiter=layout.delimiter,
        compression=layout.compression,
        columns=layout.columns,
        partitioned=is_partitioned(name, [o.path for o in opened]),
        bom=any(o.layout.bom for o in opened),
    )


def _open_file(path: Path) -> Opened:
    probe = read_probe(path)
    reader = find_reader(probe)
    _check_name(probe, reader)
    return reader.open(probe)


def find_reader(probe: Probe) -> Reader:
    """Return the reader for this content. Raises DataError where the bytes are no format of ours, or no text in UTF-8."""
    binary = next((reader for reader in _ORDER if not reader.textual and reader.matches(probe)), None)
    if binary is not None:
        return binary
    check_foreign(probe)
    if probe.head is not None:
        probe.check_encoding()
    textual = next((reader for reader in _ORDER if reader.textual and reader.matches(probe)), None)
    if textual is not None:
        return textual
    if probe.head is None:
        raise DataError(
            f"{probe.path} cannot be told apart.",
            "it is compressed, and its name does not say what is inside.",
            f"name it by its format: {shlex.quote(probe.path.stem)}.csv.zst or .jsonl.zst",
        )
    raise DataError(f"{probe.path} is empty.", "it has nothing but blank space.", "look at the step that writes it.")


def _check_name(probe: Probe, reader: Reader) -> None:
    promised = next((r for r in reversed(_ORDER) if probe.suffix in r.suffixes), None)
    if promised is None or probe.suffix in reader.suffixes:
        return
    bare = probe.path.with_suffix("")
    better = bare if bare.suffix in reader.suffixes else bare.with_suffix(reader.suffixes[0])
    raise DataError(
        f"{probe.path} is not {promised.title}, though its name says so.",
        f"it holds {reader.title}.",
        f"mv {shlex.quote(str(probe.path))} {shlex.quote(str(better))}, or write it as {promised.title}.",
    )


def _check_one_layout(name: str, opened: Sequence[Opened]) -> None:
    first = opened[0]
    for other in opened[1:]:
        if other.layout.format is not first.layout.format:
            why = f"{first.path} is {first.layout.format.value}, {other.path} is {other.layout.format.value}"
        elif (other.layout.delimiter, other.layout.compression) != (first.layout.delimiter, first.layout.compression):
            why = f"{first.path} and {other.path} differ in delimiter or compression"
        elif other.layout.columns != first.layout.columns:
            why = f"{first.path} has the columns {_list(first)}; {other.path} has {_list(other)}"
        else:
            continue
        raise DataError(f"{name} mixes formats.", f"{why}.", "name the files that belong together, with a glob or a folder of their own.")


def _list(opened: Opened) -> str:
    names = opened.layout.columns
    return ", ".join(names[:20]) + (" …" if len(names) > 20 else "")
