"""The decisions of an evaluation as named strings for later steps of a workflow."""

from __future__ import annotations

import json
import re

from memeci.formatting import format_slice
from memeci.records import Evaluation
from memeci.report.escape import to_line

# docker/distribution, reference grammar: tag := /[\w][\w.-]{0,127}/
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_IMAGE = re.compile(r"[a-z0-9][A-Za-z0-9._:/-]*")


def build_outputs(record: Evaluation, *, image: str | None = None, source_url: str | None = None) -> dict[str, str]:
    """Return the outputs of the action, in kebab-case; always the same names, "" where there is nothing to say.

    ``docker-tags`` and ``docker-labels`` are lines, as docker/build-push-action reads them; ``image`` stands before each tag.
    """
    pun = record.docker_tag.tag if record.docker_tag and _TAG.fullmatch(record.docker_tag.tag) else ""
    commit = record.candidate.commit if record.candidate.commit and _SHA.fullmatch(record.candidate.commit) else ""
    prefix = f"{image}:" if image and _IMAGE.fullmatch(image) else ""
    tags = [tag for tag in (pun, f"sha-{commit}" if commit else "") if tag]
    labels = {"revision": commit, "version": pun, "source": source_url or ""}
    flips = record.flips
    return {
        "verdict": record.verdict.status.value,
        "sentence": to_line(record.verdict.sentence.en, 500),
        "model": to_line(record.model),
        "baseline": to_line(record.baseline.name) if record.baseline else "",
        "deltas": _format_deltas(record),
        "broken": str(flips.broken) if flips else "",
        "fixed": str(flips.fixed) if flips else "",
        "docker-tag": pun,
        "docker-tags": "\n".join(prefix + tag for tag in tags),
        "docker-labels": "\n".join(f"org.opencontainers.image.{name}={value}" for name, value in labels.items() if value),
    }


def _format_deltas(record: Evaluation) -> str:
    """Return {"macro_f1": -0.079, "accuracy@platform=ios": -0.121} as JSON on one line."""
    deltas = {c.metric + (f"@{format_slice(c.slice)}" if c.slice else ""): c.delta for c in record.comparisons}
    return json.dumps({to_line(name): delta for name, delta in deltas.items()}, ensure_ascii=False)
