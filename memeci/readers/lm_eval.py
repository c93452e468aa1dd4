"""The samples that EleutherAI's lm-evaluation-harness logs (``--log_samples``): one JSON object a line and example."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from memeci.readers.converted import Row, convert, join_text, list_numbers, open_text
from memeci.readers.probe import Probe
from memeci.readers.reader import Opened

_BEGINNING = re.compile(r'\s*\{\s*"doc_id":\s*\d+,\s*"doc":')


class LmEvalReader:
    name = "lm_eval"
    title = "samples of lm-evaluation-harness"
    suffixes = (".jsonl",)
    textual = True

    def matches(self, probe: Probe) -> bool:
        return probe.head is not None and _BEGINNING.match(probe.text) is not None

    def open(self, probe: Probe) -> Opened:
        return convert(probe, self.title, lambda: _read_rows(probe))


def _read_rows(probe: Probe) -> Iterator[Row]:
    first_filter: str | None = None
    with open_text(probe) as file:
        for line in file:
            if not line.strip():
                continue
            sample = json.loads(line)
            # One line per filter of the answer; the first keeps the plain id, so one filter alone pairs by document.
            extraction = str(sample.get("filter", "none"))
            first_filter = first_filter or extraction
            suffix = "" if extraction == first_filter else f"/{extraction}"
            yield _build_row(sample, f"{sample['doc_id']}{suffix}", extraction)


def _build_row(sample: dict[str, Any], identifier: str, extraction: str) -> Row:
    document = sample.get("doc")
    names = document if isinstance(document, dict) else {}
    text = next((names[key] for key in ("question", "text", "query", "input", "sentence", "premise") if key in names), None)
    numbers = dict(list_numbers({name: sample.get(name) for name in sample.get("metrics", ())}))
    return {
        "id": identifier,
        "target": join_text(sample.get("target")),
        "prediction": _find_answer(sample.get("filtered_resps")),
        "text": join_text(text),
        "filter": extraction,
        **numbers,
    }


def _find_answer(responses: Any) -> str | None:
    """Return the generated answer; of a multiple choice, the number of the likeliest: there each is (log-likelihood, greedy?)."""
    if not isinstance(responses, list) or not responses:
        return None
    if len(responses) > 1 and all(isinstance(r, list) and len(r) == 2 for r in responses):
        likelihoods = [float(r[0]) for r in responses]
        return str(likelihoods.index(max(likelihoods)))
    return join_text(responses[0])
