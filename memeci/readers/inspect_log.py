"""Logs of Inspect (inspect_ai): the JSON format, and the .eval format, which is a zip of JSON files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from memeci.errors import DataError
from memeci.readers.converted import MAX_BYTES, Row, convert, join_text, list_numbers, read_document
from memeci.readers.probe import Probe
from memeci.readers.reader import Opened

if TYPE_CHECKING:
    import zipfile

_BEGINNING = re.compile(r'\s*\{\s*"version":\s*\d+,\s*"status":\s*"\w+",\s*"eval":')
_ZIP = b"PK\x03\x04"
# How Inspect's metrics count its letters: correct, incorrect, partial, no answer.
_LETTERS = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}


class InspectJsonReader:
    name = "inspect_json"
    title = "a JSON log of Inspect"
    suffixes = (".json",)
    textual = True

    def matches(self, probe: Probe) -> bool:
        return probe.head is not None and _BEGINNING.match(probe.text) is not None

    def open(self, probe: Probe) -> Opened:
        return convert(probe, self.title, lambda: build_rows(read_document(probe).get("samples") or []))


class InspectEvalReader:
    name = "inspect_eval"
    title = "a log of Inspect"
    suffixes = (".eval",)
    textual = False

    def matches(self, probe: Probe) -> bool:
        head = probe.head or b""
        return probe.compression == "none" and head.startswith(_ZIP) and (probe.suffix == ".eval" or b"_journal/" in head[:64])

    def open(self, probe: Probe) -> Opened:
        return convert(probe, self.title, lambda: build_rows(_read_samples(probe)))


def _read_samples(probe: Probe) -> list[dict[str, Any]]:
    import zipfile

    try:
        with zipfile.ZipFile(probe.path) as archive:
            if "summaries.json" in archive.namelist():
                return list(_read_member(archive, "summaries.json"))
            names = sorted(name for name in archive.namelist() if name.startswith("samples/"))
            return [_read_member(archive, name) for name in names]
    except zipfile.BadZipFile as error:
        raise ValueError(str(error)) from None
    except NotImplementedError:
        raise DataError(
            f"{probe.path} is packed with zstd.",
            "Python unpacks that in zip files from 3.14 on.",
            f"inspect log convert {probe.path} --to json --output-dir json-logs",
        ) from None


def _read_member(archive: zipfile.ZipFile, name: str) -> Any:
    with archive.open(name) as member:
        data = member.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValueError(f"{name} is larger than {MAX_BYTES >> 20} MiB")
    return json.loads(data)


def build_rows(samples: Iterable[dict[str, Any]]) -> Iterator[Row]:
    """Yield a row per sample. Repeated runs of one sample (epochs) become a group, as they are no independent examples."""
    samples = list(samples)
    repeated = any(int(sample.get("epoch", 1)) > 1 for sample in samples)
    for sample in samples:
        identifier = str(sample["id"])
        scores = sample.get("scores") or {}
        first: dict[str, Any] = next(iter(scores.values()), {})
        yield {
            "id": f"{identifier}#{sample.get('epoch', 1)}" if repeated else identifier,
            **({"group_id": identifier} if repeated else {}),
            "target": (join_text(sample.get("target")) or "").strip() or None,
            "prediction": join_text(first.get("answer")),
            "text": join_text(sample.get("input")),
            **{name: number for scorer, score in scores.items() for name, number in _list_values(scorer, score.get("value"))},
        }


def _list_values(scorer: str, value: Any) -> Iterator[tuple[str, float | None]]:
    if isinstance(value, str):
        yield scorer, _LETTERS.get(value)
    elif isinstance(value, dict):
        letters = {key: _LETTERS.get(v, v) if isinstance(v, str) else v for key, v in value.items()}
        yield from list_numbers(letters, f"{scorer}_")
    else:
        yield from list_numbers({scorer: value})
