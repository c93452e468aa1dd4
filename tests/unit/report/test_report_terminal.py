"""The terminal: fits, says the same without colour, and never fails on a poor encoding."""

from __future__ import annotations

import io
import re
import unicodedata

import msgspec
import pytest

from memeci.records import Evaluation, Outcome
from memeci.report import print_evaluation
from tests.builders.evaluations import compare, failing, first_run, judged, many_classes, passing, regression

RECORDS = {"failing": failing, "passing": passing, "first": first_run, "many": many_classes, "regression": regression, "judged": judged}


def printed(record: Evaluation, language: str = "en", width: int = 80, color: bool | None = False) -> str:
    out = io.StringIO()
    print_evaluation(record, language=language, stream=out, color=color, width=width)  # type: ignore[arg-type]
    return out.getvalue()


def columns(line: str) -> int:
    return sum(0 if unicodedata.combining(c) or c == "\ufe0f" else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


@pytest.mark.parametrize("name", RECORDS)
@pytest.mark.parametrize("language", ["en", "zh", "both"])
@pytest.mark.parametrize("width", [80, 120])
def test_no_line_is_wider_than_the_terminal(name: str, language: str, width: int) -> None:
    assert max(columns(line) for line in printed(RECORDS[name](), language, width).splitlines()) <= width


def test_row_reads_baseline_candidate_change_interval_outcome() -> None:
    line = next(line for line in printed(failing()).splitlines() if line.startswith(" accuracy"))

    assert line.split() == ["accuracy", "89.6%", "83.5%", "−6.1", "pp", "[−7.9,", "−4.3]", "✗", "regressed"]


def test_verdict_comes_last_with_its_reason() -> None:
    lines = printed(failing()).split("\n\n")[-1].splitlines()

    assert lines[0].startswith("FAIL  The model got worse: macro_f1 fell 7.9 pp")
    assert lines[1] == "more than the 0.5 pp you accept."


def test_long_metric_name__breaks_after_an_underscore() -> None:
    one = failing()
    named = msgspec.structs.replace(one.comparisons[0], metric="expected_calibration_error")
    text = printed(msgspec.structs.replace(one, comparisons=(named,)))

    assert re.search(r"^ expected_ .*\n calibration_\n error$", text, re.MULTILINE)


def test_many_classes_of_one_ratio__the_worst_are_shown_and_the_rest_counted() -> None:
    classes = [compare(f"recall[c{i}]", 0.9, 0.9, Outcome.HELD, tolerance=0.02) for i in range(40)]
    classes[25] = compare("recall[c25]", 0.9, 0.7, Outcome.REGRESSED, tolerance=0.02)
    one = failing()
    text = printed(msgspec.structs.replace(one, comparisons=(one.comparisons[0], *classes)))

    assert re.findall(r"^ recall\[(c\d+)\]", text, re.MULTILINE) == [*(f"c{i}" for i in range(9)), "c25"]
    assert "recall[*]: tolerance 2.0 pp" in text
    assert "… 30 more values by class" in text


def test_limits_of_one_class_alone__are_not_said_of_all() -> None:
    one = failing()
    classes = [compare("recall[a]", 0.9, 0.9, Outcome.HELD, tolerance=0.02), compare("recall[b]", 0.9, 0.9, Outcome.NO_EVIDENCE)]
    text = printed(msgspec.structs.replace(one, comparisons=(one.comparisons[0], *classes)))

    assert "recall[a]: tolerance 2.0 pp" in text
    assert "recall[*]" not in text


def test_failing_classes_of_one_ratio__leave_the_others_short() -> None:
    lost = [compare(f"recall[c{i}]", 0.9, 0.7, Outcome.REGRESSED) for i in range(15)]
    held = [compare(f"precision[c{i}]", 0.9, 0.9, Outcome.HELD) for i in range(15)]
    text = printed(msgspec.structs.replace(failing(), comparisons=(*lost, *held)))

    assert len(re.findall(r"^ recall\[c", text, re.MULTILINE)) == 15
    assert len(re.findall(r"^ precision\[c", text, re.MULTILINE)) == 10


def test_pipe__no_colour() -> None:
    assert "\x1b" not in printed(failing(), color=None)


def test_colour_changes_no_word() -> None:
    assert re.sub(r"\x1b\[[0-9;]*m", "", printed(failing(), color=True)).split() == printed(failing(), color=False).split()


def test_poor_encoding__prints_what_it_can() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    print_evaluation(failing(), language="both", stream=stream)
    stream.flush()

    assert b"FAIL" in stream.buffer.getvalue()  # type: ignore[attr-defined]
