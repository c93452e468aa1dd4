"""GitLab's code quality report: one issue a failing gate, with a fingerprint that stays the same from run to run."""

from __future__ import annotations

import hashlib
import json

from memeci.formatting import format_delta, format_interval, format_slice, format_value
from memeci.records import FAILING, Comparison, Evaluation, Outcome
from memeci.report.escape import to_line

SEVERITIES = {Outcome.INCONCLUSIVE: "minor", Outcome.REGRESSED: "major", Outcome.BELOW_FLOOR: "critical"}


def render_codequality(record: Evaluation) -> str:
    """Return a JSON list, empty when nothing is wrong. The fingerprint depends on model, metric and slice alone."""
    wrong = [c for c in record.comparisons if c.gated and (c.outcome in FAILING or c.outcome is Outcome.INCONCLUSIVE)]
    return json.dumps([_build_issue(record, c) for c in wrong], ensure_ascii=False, indent=2) + "\n"


def _build_issue(record: Evaluation, c: Comparison) -> dict[str, object]:
    where = f" @ {format_slice(c.slice)}" if c.slice else ""
    numbers = f"{format_value(c.baseline, c.unit)} → {format_value(c.candidate, c.unit)}, {format_delta(c.delta, c.unit)}"
    interval = f" {format_interval(c.ci_low, c.ci_high, c.unit)}" if c.ci_low is not None else ""
    return {
        "type": "issue",
        "check_name": f"memeci/{c.outcome.value}",
        "description": to_line(f"{record.model}: {c.metric}{where} {c.outcome.value}: {numbers}{interval} {c.reason}", 500),
        "categories": ["Bug Risk"],
        "severity": SEVERITIES.get(c.outcome, "major"),
        "fingerprint": _build_fingerprint(record, c),
        "location": {"path": _build_path(record.candidate.source), "lines": {"begin": 1}},
    }


def _build_fingerprint(record: Evaluation, c: Comparison) -> str:
    key = json.dumps([record.model, c.metric, sorted(c.slice.items(), key=lambda item: item[0])])
    return hashlib.sha256(key.encode()).hexdigest()


def _build_path(source: str) -> str:
    """Return a path inside the repository: GitLab drops the whole report where one is absolute or leaves it."""
    path = to_line(source, 300).replace("\\", "/")
    inside = path and not path.startswith("/") and ".." not in path.split("/") and "://" not in path
    return path.removeprefix("./") if inside else "memeci.yml"
