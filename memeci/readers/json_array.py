"""A JSON file that is one array of objects."""

from __future__ import annotations

from memeci.errors import DataError
from memeci.readers.json_lines import SUFFIXES
from memeci.readers.probe import Probe
from memeci.readers.reader import Layout, Opened
from memeci.relation import FileFormat


class JsonArrayReader:
    name = "json_array"
    title = "a JSON array"
    suffixes = SUFFIXES
    textual = True

    def matches(self, probe: Probe) -> bool:
        if probe.head is None:
            return probe.suffix == ".json"
        return probe.text.lstrip().startswith("[")

    def open(self, probe: Probe) -> Opened:
        if probe.head is not None:
            _check_first_element(probe)
        return Opened(probe.path, Layout(FileFormat.JSON_ARRAY, compression=probe.compression))


def _check_first_element(probe: Probe) -> None:
    inside = probe.text.lstrip()[1:].lstrip()
    if inside.startswith("]"):
        raise DataError(
            f"{probe.path} has no examples.",
            "it is an empty JSON array.",
            "look at the step that writes it: did it find its examples?",
        )
    if not inside.startswith("{"):
        raise DataError(
            f"{probe.path} is not an array of objects.",
            f"its first element begins with {inside[:20]!r}.",
            'write each example as an object: [{"id": 1, "label": "a", "prediction": "b"}]',
        )
    if probe.whole and not inside.rstrip().endswith("]"):
        raise DataError(
            f"{probe.path} is truncated JSON.",
            "its array is never closed.",
            "write it again; the step that wrote or copied it stopped early.",
        )
