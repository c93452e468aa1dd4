"""Nothing that is shown, or read by another program, carries a character that steers a terminal or turns text around."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable

import msgspec
import pytest

from memeci.cli.history import History, format_markdown
from memeci.records import Evaluation, ReleaseSummary, Status
from memeci.report import print_evaluation, render_comment, render_summary
from memeci.report.annotations import render_workflow_commands
from memeci.report.codequality import render_codequality
from memeci.report.dotenv import render_dotenv
from memeci.report.junit import render_junit
from memeci.report.openmetrics import render_openmetrics
from memeci.report.outputs import ImageNames, build_outputs
from tests.unit.report.test_report_hostile import fill

STEERING = [
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x9b2J\x85",
    "\u202egpj.exe\u2066",
    "a\r\nMEMECI_VERDICT=pass\r",
    "a\u2028b\u2029c",
    "\ufeff\u200b\U000e0041\u00ad",
    "\x00\x08\x7f\ud800",
]


def _print(record: Evaluation) -> str:
    stream = io.StringIO()
    print_evaluation(record, language="both", stream=stream)
    return stream.getvalue()


def _list_outputs(record: Evaluation) -> str:
    # Lines of docker-tags and docker-labels are our own.
    return "\n".join(build_outputs(record, ImageNames()).values())


SHOWN: dict[str, Callable[[Evaluation], str]] = {
    "terminal": _print,
    "comment": lambda record: render_comment(record, language="both", picture=None, limit=60_000),
    "summary": lambda record: render_summary(record, language="both", picture=None),
    "annotations": lambda record: render_workflow_commands(record, language="both"),
    "junit.xml": render_junit,
    "metrics.txt": render_openmetrics,
    "codequality.json": render_codequality,
    "memeci.env": render_dotenv,
    "outputs": _list_outputs,
}


def _find_steering(text: str) -> set[str]:
    return {c for c in text if unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp", "Cs"} and c not in "\n\u2060"}


@pytest.mark.parametrize("text", STEERING)
@pytest.mark.parametrize("name", SHOWN)
def test_no_steering_character__is_shown(name: str, text: str) -> None:
    shown = SHOWN[name](fill(text))
    assert not _find_steering(shown)
    if name in {"memeci.env", "outputs", "annotations"}:
        own = ["MEMECI_VERDICT=fail"] if name == "memeci.env" else []
        assert own == [line for line in shown.split("\n") if line.startswith("MEMECI_VERDICT")]


@pytest.mark.parametrize("text", STEERING)
def test_no_steering_character_of_a_release__is_in_the_history(text: str) -> None:
    summary = ReleaseSummary(version="1.0.0", status=Status.PASS, metrics={text: 0.5}, created_at=text)
    shown = format_markdown(History("m", [summary, msgspec.structs.replace(summary, version="1.1.0")]))
    assert not _find_steering(shown)
    assert len(shown.split("\n")) == 7
