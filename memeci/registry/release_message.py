"""What the annotated tag of a release says: readable, and with the digests as its last lines. Pure."""

from __future__ import annotations

from memeci.formatting import format_count, format_delta, format_value
from memeci.records import Comparison, Evaluation
from memeci.registry.names import Version
from memeci.registry.release_record import format_digests

_MAX_METRICS = 8
_MAX_LINE = 500


def format_message(evaluation: Evaluation, version: Version, digests: dict[str, str], *, step: str, force_reason: str | None) -> str:
    """Return the message of the tag; ``digests`` are those of "record" and "predictions"."""
    n = format_count(evaluation.dataset.n)
    lines = [
        f"{evaluation.model} v{version}",
        "",
        *(_format_metric(c) for c in evaluation.comparisons[:] if not c.slice),
    ][: _MAX_METRICS + 2]
    status = evaluation.verdict.status.value.replace("_", " ")
    lines += ["", f"Verdict: {status}. {_one_line(evaluation.verdict.sentence.en)}"]
    if evaluation.baseline is not None:
        lines.append(f"Compared with {_one_line(evaluation.baseline.name)} on {n} examples.")
    else:
        lines.append(f"Compared with nothing; evaluated on {n} examples.")
    lines.append(f"Version: {_one_line(step)}.")
    if force_reason is not None:
        lines.append(f"Released in spite of its verdict: {_one_line(force_reason)}")
    return "\n".join(lines) + "\n\n" + format_digests(digests["record"], digests["predictions"])


def _format_metric(comparison: Comparison) -> str:
    value = format_value(comparison.candidate, comparison.unit)
    delta = "" if comparison.delta is None else f" ({format_delta(comparison.delta, comparison.unit)})"
    return f"{_one_line(comparison.metric)} {value}{delta}"


def _one_line(text: str) -> str:
    """Return outside text that can neither start a line of its own nor steer a terminal."""
    return "".join(c if c.isprintable() else " " for c in " ".join(text.split()))[:_MAX_LINE]
