"""One comparison stands for the whole, in every place that names one."""

from __future__ import annotations

import math

import msgspec
import pytest

from memeci.diagnosis import diagnose
from memeci.headline import find_headline, weigh_loss
from memeci.records import Direction, Outcome, Unit
from memeci.report.dotenv import render_dotenv
from tests.builders.evaluations import compare, failing

FIRST = compare("accuracy", 0.9, 0.89, Outcome.NO_EVIDENCE)
WORSE = compare("log_loss", 0.3, 0.4, Outcome.REGRESSED)


def test_first_gated_metric__even_where_another_did_worse() -> None:
    slice_ = compare("accuracy", 0.9, 0.1, Outcome.REGRESSED, slice={"lang": "zh"})
    shown = msgspec.structs.replace(FIRST, metric="ece", gated=False)

    assert find_headline([slice_, shown, FIRST, WORSE]) == FIRST
    assert find_headline([shown, slice_]) == shown
    assert find_headline([slice_]) is None


def test_loss_weighs_the_same_in_any_unit() -> None:
    seconds = compare("latency", 0.3, 0.4, Outcome.REGRESSED, direction=Direction.LOWER, unit=Unit.NUMBER)
    times = {name: (getattr(seconds, name) or 0.0) * 1000 for name in ("baseline", "candidate", "delta", "ci_low", "ci_high")}
    milliseconds = msgspec.structs.replace(seconds, **times)

    assert weigh_loss(milliseconds) == pytest.approx(weigh_loss(seconds))
    assert weigh_loss(seconds) > 0 > weigh_loss(msgspec.structs.replace(seconds, direction=Direction.HIGHER))


def test_loss_without_an_interval__weighs_most_and_no_change_nothing() -> None:
    assert weigh_loss(compare("r2", 0.5, 0.4, Outcome.REGRESSED, ci_low=None, ci_high=None)) == math.inf
    assert weigh_loss(compare("r2", 0.5, 0.5, Outcome.NO_EVIDENCE, ci_low=0.0, ci_high=0.0)) == 0


def test_variables__name_the_same_metric_whatever_got_worse() -> None:
    record = msgspec.structs.replace(failing(), comparisons=(FIRST, WORSE))

    assert "MEMECI_METRIC=accuracy\n" in render_dotenv(record)
    assert diagnose(record)[0].metric == "log_loss"
