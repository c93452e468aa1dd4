"""The files made from a record: each read by a parser that is not ours."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET

import msgspec
import pytest

from memeci.records import Comparison, Evaluation, Outcome, Status
from memeci.report import PictureLink, render_annotations, render_files, render_html
from memeci.report.annotations import render_error_command
from memeci.report.escape import to_printable
from tests.builders.evaluations import failing, first_run, many_classes, passing, regression

ALL = {"failing": failing, "passing": passing, "first": first_run, "many": many_classes, "regression": regression}
HOSTILE = 'a"b\\c\nd|e`f<img src=x onerror=1>@everyone\u202e\x1b[31m::error::\x00\ud800'


def hostile() -> Evaluation:
    comparison = msgspec.structs.replace(failing().comparisons[5], metric=HOSTILE, slice={HOSTILE: HOSTILE}, reason=HOSTILE)
    candidate = msgspec.structs.replace(failing().candidate, source=HOSTILE)
    return msgspec.structs.replace(failing(), model=HOSTILE, comparisons=(comparison,), candidate=candidate)


def render(record: Evaluation) -> dict[str, str]:
    files = render_files(record, language="both", picture=PictureLink("alt", "meme.png", "caption"))
    return {name: content.decode() for name, content in files.items()}


@pytest.mark.parametrize("name", ALL)
def test_every_file_is_made_for_every_kind_of_run(name: str) -> None:
    files = render(ALL[name]())

    assert set(files) == {"comment.md", "summary.md", "junit.xml", "metrics.txt", "codequality.json", "memeci.env"}
    assert all(files.values())
    assert files == render(ALL[name]())


@pytest.mark.parametrize("record", [failing(), first_run(), hostile()])
def test_junit__one_case_a_gate_and_counts_that_add_up(record: Evaluation) -> None:
    suite = ET.fromstring(render(record)["junit.xml"].encode())[0]  # noqa: S314  our own output
    cases = suite.findall("testcase")

    assert 1 + sum(c.gated for c in record.comparisons) == len(cases) == int(suite.get("tests", ""))
    assert len(suite.findall("testcase/failure")) == int(suite.get("failures", ""))
    assert len(suite.findall("testcase/skipped")) == int(suite.get("skipped", ""))


def test_junit__a_failed_verdict_is_a_failure_and_a_pass_is_none() -> None:
    assert "<failure" in render(failing())["junit.xml"]
    assert "<failure" not in render(passing())["junit.xml"]


def test_junit__a_name_with_a_line_break_is_read_back_whole() -> None:
    record = msgspec.structs.replace(failing(), model="two\nlines & <more>")
    suite = ET.fromstring(render(record)["junit.xml"].encode())[0]  # noqa: S314  our own output

    assert suite.get("name") == "memeci two\nlines & <more>"


def test_what_is_printable__may_stand_in_xml() -> None:
    """XML 1.0, production [2] Char. Every character there is."""
    shown = "".join(to_printable("".join(map(chr, range(start, start + 64)))) for start in range(0, 0x110000, 64))
    assert not re.search(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", shown)


@pytest.mark.parametrize("record", [failing(), first_run(), regression(), hostile()])
def test_openmetrics__passes_the_reference_parser(record: Evaluation) -> None:
    parser = pytest.importorskip("prometheus_client.openmetrics.parser")
    text = render(record)["metrics.txt"]
    families = {family.name: family for family in parser.text_string_to_metric_families(text)}

    assert text.endswith("# EOF\n")
    verdicts = {s.labels["memeci_verdict"]: s.value for s in families["memeci_verdict"].samples}
    assert {s.value: float(s is record.verdict.status) for s in Status} == verdicts


def test_openmetrics__values_are_those_of_the_record() -> None:
    parser = pytest.importorskip("prometheus_client.openmetrics.parser")
    families = {f.name: f for f in parser.text_string_to_metric_families(render(failing())["metrics.txt"])}
    wanted = {"model": "sentiment", "metric": "accuracy", "slice": "platform=ios"}

    assert [s.value for s in families["memeci_delta"].samples if s.labels == wanted] == [0.781 - 0.902]


def test_codequality__fingerprint_depends_on_the_gate_and_not_on_the_numbers() -> None:
    one = failing()
    worse = tuple(msgspec.structs.replace(c, candidate=0.1, delta=-0.5) if c.candidate else c for c in one.comparisons)
    issues, others = (json.loads(render(r)["codequality.json"]) for r in (one, msgspec.structs.replace(one, comparisons=worse)))

    assert [i["fingerprint"] for i in issues] == [i["fingerprint"] for i in others]
    assert len(issues) == len({i["fingerprint"] for i in issues}) == 7


@pytest.mark.parametrize("source", ["/etc/passwd", "../out.csv", "https://x/y", "", "a/../../b"])
def test_codequality__a_path_outside_the_repository_becomes_the_configuration(source: str) -> None:
    record = msgspec.structs.replace(failing(), candidate=msgspec.structs.replace(failing().candidate, source=source))

    assert {"memeci.yml"} == {i["location"]["path"] for i in json.loads(render(record)["codequality.json"])}


def test_codequality__nothing_wrong_is_an_empty_list() -> None:
    assert json.loads(render(passing())["codequality.json"]) == []


def test_dotenv__one_line_a_key_with_nothing_a_shell_would_read() -> None:
    lines = render(hostile())["memeci.env"].splitlines()

    assert len(lines) == 9
    assert all(not set(line) & set("\"'`$;|&<>(){}\\ \t") for line in lines)


def test_dotenv__keeps_letters_of_any_script() -> None:
    assert "MEMECI_MODEL=情感/v2\n" in render(msgspec.structs.replace(failing(), model="情感/v2"))["memeci.env"]


def test_annotations__outside_text_starts_no_command_of_its_own() -> None:
    verdict = failing().verdict
    sentence = msgspec.structs.replace(verdict.sentence, en="bad\n::error::no\r::set-output name=a::b %0A")
    record = msgspec.structs.replace(hostile(), verdict=msgspec.structs.replace(verdict, sentence=sentence))
    lines = render_annotations(record, language="both").splitlines()

    assert len(lines) == 3
    assert all(line.startswith("::error title=memeci ") for line in lines)
    assert "%250A" in lines[0]


def test_annotations__at_most_ten() -> None:
    verdict = msgspec.structs.replace(failing().verdict, reasons=failing().verdict.reasons * 20)

    assert len(render_annotations(msgspec.structs.replace(failing(), verdict=verdict), language="en").splitlines()) == 10


def test_notebook__loads_nothing_and_escapes_names() -> None:
    html = render_html(hostile())

    assert "<img" not in html
    assert "&lt;img" in html
    assert "http" not in html


def test_a_metric_without_values_is_shown_as_a_dash() -> None:
    missing = Comparison(metric="f1", n=0, outcome=Outcome.MISSING, reason="no positives")
    files = render(msgspec.structs.replace(failing(), comparisons=(missing,)))

    assert "| – | – | – | – | missing" in files["comment.md"].replace("\u00a0", " ")
    assert "nan" not in files["metrics.txt"].lower()


def test_error_command__is_one_line_whatever_the_error_says() -> None:
    assert render_error_command("a\n::error::b %0A") == "::error title=memeci::a ::error::b %250A\n"
