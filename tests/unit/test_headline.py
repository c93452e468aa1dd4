"""One comparison stands for the whole, in every place that names one."""

from __future__ import annotations

import msgspec

from memeci.diagnosis import diagnose
from memeci.headline import find_headline
from memeci.records import Outcome
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


def test_variables__name_the_same_metric_whatever_got_worse() -> None:
    record = msgspec.structs.replace(failing(), comparisons=(FIRST, WORSE))

    assert "MEMECI_METRIC=accuracy\n" in render_dotenv(record)
    assert diagnose(record)[0].metric == "log_loss"
