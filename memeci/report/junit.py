"""JUnit XML: each gate is a test case, so GitLab's test widget and every reporter for GitHub can show it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from memeci.formatting import format_delta, format_interval, format_slice, format_value
from memeci.records import FAILING, Comparison, Evaluation, Outcome, Status
from memeci.report.escape import to_printable

if TYPE_CHECKING:
    from markupsafe import Markup

SKIPPED = {
    Outcome.TOO_FEW: "too few examples to judge",
    Outcome.INCONCLUSIVE: "inconclusive: a loss was measured that chance could explain",
    Outcome.MEASURED: "nothing to compare with yet",
}

MAX_TEXT = 2_000


class _Case(msgspec.Struct, frozen=True):
    """A test case. ``result`` is the element inside it ("failure", "skipped", "system-out"), "" for none."""

    name: str
    result: str = ""
    attributes: dict[str, str] = {}
    text: str = ""


def render_junit(record: Evaluation) -> str:
    """Return one test suite named after the model: a case for the verdict, and one for each gated comparison."""
    cases = [_build_verdict(record), *(_build_case(c) for c in record.comparisons if c.gated)]
    results = [case.result for case in cases]
    counts = {"tests": len(cases), "failures": results.count("failure"), "errors": 0, "skipped": results.count("skipped")}
    shared = {name: str(count) for name, count in counts.items()}
    created = {"timestamp": record.provenance.created_at} if record.provenance.created_at else {}
    lines = [_render_case(record, case) for case in cases]
    suite = _render("testsuite", {"name": f"memeci {record.model}", **shared, **created}, lines)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{_render("testsuites", {"name": "memeci", **shared}, [suite])}\n'


def _build_verdict(record: Evaluation) -> _Case:
    message = f"{record.verdict.sentence.en} {record.verdict.sentence.zh}"
    if record.verdict.status is Status.FAIL:
        reasons = "\n".join(f"- {r.text.en} {r.text.zh}" for r in record.verdict.reasons)
        return _Case("verdict", "failure", {"type": "fail", "message": message}, reasons)
    return _Case("verdict") if record.verdict.status is Status.PASS else _Case("verdict", "skipped", {"message": message})


def _build_case(c: Comparison) -> _Case:
    where = format_slice(c.slice)
    name = f"{c.metric} @ {where}" if where else c.metric
    details = _describe(c)
    if c.outcome in FAILING:
        return _Case(name, "failure", {"type": c.outcome.value, "message": details.splitlines()[0]}, details)
    if c.outcome in SKIPPED:
        return _Case(name, "skipped", {"message": c.reason or SKIPPED[c.outcome]})
    return _Case(name, "system-out", text=details)


def _describe(c: Comparison) -> str:
    change = f"{format_value(c.baseline, c.unit)} → {format_value(c.candidate, c.unit)} ({format_delta(c.delta, c.unit)})"
    lines = [f"{c.outcome.value}: {c.metric} {change}", f"interval {format_interval(c.ci_low, c.ci_high, c.unit)}, n = {c.n}"]
    if c.minimum is not None:
        lines.append(f"limit {format_value(c.minimum, c.unit)}")
    return "\n".join([*lines, c.reason] if c.reason else lines)


def _render_case(record: Evaluation, case: _Case) -> Markup:
    attributes = {"classname": f"memeci.{record.model}", "name": case.name, "time": "0"}
    return _render("testcase", attributes, [_render(case.result, case.attributes, text=case.text)] if case.result else [])


def _render(tag: str, attributes: dict[str, str], children: Sequence[Markup] = (), text: str = "") -> Markup:
    """Return an element. Whatever is put into Markup is escaped, unless it is Markup itself."""
    from markupsafe import Markup

    line_end = Markup("&#10;")  # a plain one in an attribute is read as a space
    values = {name: Markup.escape(_clean(value)).replace("\n", line_end) for name, value in attributes.items()}
    head = Markup("").join(Markup(' {}="{}"').format(name, value) for name, value in values.items())
    content = Markup("").join(Markup("\n{}").format(child) for child in children) + "\n" * bool(children)
    return Markup("<{}{}>{}{}</{}>").format(tag, head, content, _clean(text), tag)


def _clean(text: str) -> str:
    # Viewers show it as it is: in a browser, or in a terminal. Our own line breaks stay; nothing that XML forbids is printable.
    short = text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}…"
    return "\n".join(map(to_printable, short.split("\n")))
