"""The results that promptfoo writes (``promptfoo eval --output results.json``)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from memeci.readers.converted import Row, convert, join_text, list_numbers, read_document
from memeci.readers.probe import Probe
from memeci.readers.reader import Opened

_BEGINNING = re.compile(r'\s*\{\s*"evalId":\s*("[^"]*"|null),\s*"results":\s*\{')


class PromptfooReader:
    name = "promptfoo"
    title = "results of promptfoo"
    suffixes = (".json",)
    textual = True

    def matches(self, probe: Probe) -> bool:
        return probe.head is not None and _BEGINNING.match(probe.text) is not None

    def open(self, probe: Probe) -> Opened:
        return convert(probe, self.title, lambda: _build_rows(read_document(probe)["results"]["results"]))


def _build_rows(results: list[dict[str, Any]]) -> Iterator[Row]:
    several = len({result.get("promptIdx", 0) for result in results}) > 1
    for result in results:
        test, prompt = result.get("testIdx", 0), result.get("promptIdx", 0)
        variables = result.get("vars") or {}
        numbers = {"success": result.get("success"), "score": result.get("score"), "latency_ms": result.get("latencyMs")}
        yield {
            "id": f"{test}/{prompt}" if several else str(test),
            "prediction": join_text((result.get("response") or {}).get("output")),
            "text": join_text(list(variables.values())),
            "provider": join_text((result.get("provider") or {}).get("id")),
            **dict(list_numbers({**numbers, "cost": result.get("cost")})),
            **dict(list_numbers(result.get("namedScores") or {})),
        }
