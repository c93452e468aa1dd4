"""JUnit XML: each gate is a test case, so GitLab's test widget and every reporter for GitHub can show it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

from memeci.formatting import format_delta, format_interval, format_slice, format_value
from memeci.records import FAILING, Comparison, Evaluation, Outcome, Status
from memeci.report.escape import to_printable

# XML 1.0, production [2] Char: what may stand in a document at all.
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
SKIPPED = {
    Outcome.TOO_FEW: "too few examples to judge",
    Outcome.INCONCLUSIVE: "inconclusive: a loss was measured that chance could explain",
    Outcome.MEASURED: "nothing to compare with yet",
}


def render_junit(record: Evaluation) -> str:
    """Return one test suite named after the model: a case for the verdict, and one for each gated comparison."""
    cases = [_build_verdict(record), *(_build_case(record, c) for c in record.comparisons if c.gated)]
    failures = sum(case.find("failure") is not None for case in cases)
    skipped = sum(case.find("skipped") is not None for case in cases)
    counts = {"tests": str(len(cases)), "failures": str(failures), "errors": "0", "skipped": str(skipped)}
    root = ET.Element("testsuites", {"name": "memeci", **counts})
    suite = ET.SubElement(root, "testsuite", {"name": _clean(f"memeci {record.model}"), **counts})
    if record.provenance.created_at:
        suite.set("timestamp", _clean(record.provenance.created_at))
    suite.extend(cases)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _build_verdict(record: Evaluation) -> ET.Element:
    case = _new_case(record, "verdict")
    message = f"{record.verdict.sentence.en} {record.verdict.sentence.zh}"
    if record.verdict.status is Status.FAIL:
        failure = ET.SubElement(case, "failure", {"type": "fail", "message": _clean(message)})
        failure.text = _clean("\n".join(f"- {r.text.en} {r.text.zh}" for r in record.verdict.reasons))
    elif record.verdict.status is not Status.PASS:
        ET.SubElement(case, "skipped", {"message": _clean(message)})
    return case


def _build_case(record: Evaluation, c: Comparison) -> ET.Element:
    where = format_slice(c.slice)
    case = _new_case(record, f"{c.metric} @ {where}" if where else c.metric)
    details = _describe(c)
    if c.outcome in FAILING:
        failure = ET.SubElement(case, "failure", {"type": c.outcome.value, "message": _clean(details.splitlines()[0])})
        failure.text = _clean(details)
    elif c.outcome in SKIPPED:
        ET.SubElement(case, "skipped", {"message": _clean(c.reason or SKIPPED[c.outcome])})
    else:
        ET.SubElement(case, "system-out").text = _clean(details)
    return case


def _describe(c: Comparison) -> str:
    change = f"{format_value(c.baseline, c.unit)} → {format_value(c.candidate, c.unit)} ({format_delta(c.delta, c.unit)})"
    lines = [f"{c.outcome.value}: {c.metric} {change}", f"interval {format_interval(c.ci_low, c.ci_high, c.unit)}, n = {c.n}"]
    if c.minimum is not None:
        lines.append(f"limit {format_value(c.minimum, c.unit)}")
    return "\n".join([*lines, c.reason] if c.reason else lines)


def _new_case(record: Evaluation, name: str) -> ET.Element:
    return ET.Element("testcase", {"classname": _clean(f"memeci.{record.model}"), "name": _clean(name), "time": "0"})


def _clean(text: str) -> str:
    # Viewers show it as it is: in a browser, or in a terminal. Our own line breaks stay.
    return _NOT_XML.sub("\ufffd", "\n".join(map(to_printable, text[:2000].split("\n"))))
