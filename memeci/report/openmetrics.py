"""OpenMetrics text: what GitLab's metrics report and Prometheus read. Format: OpenMetrics 1.0, ends with ``# EOF``."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from memeci.formatting import format_slice
from memeci.records import Comparison, Evaluation, Outcome, Status
from memeci.report.escape import to_printable

MAX_LABEL = 200


class _Sample(msgspec.Struct, frozen=True):
    labels: dict[str, str]
    value: float | int


def render_openmetrics(record: Evaluation) -> str:
    """Return every number of the record as gauges; what cannot be computed has no sample."""
    model = {"model": record.model}
    compared = [({**model, "metric": c.metric, "slice": format_slice(c.slice)}, c) for c in record.comparisons]
    families = [
        ("memeci_metric", "gauge", "Value of a metric.", list(_metric_samples(compared))),
        ("memeci_delta", "gauge", "Candidate minus baseline.", _field_samples(compared, "delta")),
        ("memeci_delta_low", "gauge", "Lower end of the interval of the change.", _field_samples(compared, "ci_low")),
        ("memeci_delta_high", "gauge", "Upper end of the interval of the change.", _field_samples(compared, "ci_high")),
        ("memeci_detectable", "gauge", "Smallest loss this test finds four times out of five.", _field_samples(compared, "detectable")),
        ("memeci_examples", "gauge", "Number of evaluation examples.", [_Sample(model, record.dataset.n)]),
        ("memeci_regressed", "gauge", "Comparisons that regressed.", [_Sample(model, _count_regressed(record))]),
        ("memeci_verdict", "stateset", "The verdict.", _verdict_samples(record)),
        ("memeci_flips", "gauge", "Examples that broke or were fixed; by a number each, that got worse or better.", _flip_samples(record)),
    ]
    lines = [line for family in families if family[3] for line in _render_family(*family)]
    return "\n".join([*lines, "# EOF", ""])


def _render_family(name: str, kind: str, help_text: str, samples: list[_Sample]) -> Iterator[str]:
    yield f"# TYPE {name} {kind}"
    yield f"# HELP {name} {help_text}"
    seen: set[str] = set()
    for sample in samples:
        labels = ",".join(f'{key}="{_escape(value)}"' for key, value in sample.labels.items())
        if labels not in seen:  # a label set may stand once in a family
            seen.add(labels)
            yield f"{name}{{{labels}}} {sample.value!r}"


def _metric_samples(compared: list[tuple[dict[str, str], Comparison]]) -> Iterator[_Sample]:
    for labels, c in compared:
        for role, value in (("baseline", c.baseline), ("candidate", c.candidate)):
            if value is not None:
                yield _Sample({**labels, "role": role}, float(value))


def _field_samples(compared: list[tuple[dict[str, str], Comparison]], field: str) -> list[_Sample]:
    values = [(labels, getattr(c, field)) for labels, c in compared]
    return [_Sample(labels, float(value)) for labels, value in values if value is not None]


def _verdict_samples(record: Evaluation) -> list[_Sample]:
    model = {"model": record.model}
    return [_Sample({**model, "memeci_verdict": status.value}, int(record.verdict.status is status)) for status in Status]


def _flip_samples(record: Evaluation) -> list[_Sample]:
    if record.flips is None:
        return []
    kinds = {"fixed": record.flips.fixed, "broken": record.flips.broken, "changed_wrong": record.flips.changed_wrong}
    return [_Sample({"model": record.model, "kind": kind}, count) for kind, count in kinds.items()]


def _count_regressed(record: Evaluation) -> int:
    return sum(c.outcome is Outcome.REGRESSED and c.gated for c in record.comparisons)


def _escape(value: str) -> str:
    line = to_printable(value[:MAX_LABEL])
    return line.replace("\\", "\\\\").replace('"', '\\"')
