"""A record becomes a picture: the right template, the right caption, the same bytes."""

from __future__ import annotations

import struct

import pytest

from memeci.memes import draw
from memeci.memes.drawing import compose
from memeci.records import Outcome, Status
from tests.builders import records as real
from tests.builders.records import RecordBuilder, comparison
from tests.unit.memes.pictures import BINS, ROC, with_findings


@pytest.mark.parametrize("language", ["zh", "en", "both"])
def test_picture_is_an_rgb_or_rgba_png_of_1200_by_675_under_400_kb(language: str) -> None:
    picture = draw(RecordBuilder(real.REVIEWS_TENTH, real.REVIEWS, outcome=Outcome.REGRESSED).build(), theme="memeops", language=language)
    assert picture.png[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">LL", picture.png[16:24]) == (1200, 675)
    assert len(picture.png) < 400_000


def test_same_record__same_bytes() -> None:
    record = RecordBuilder(real.REVIEWS_BALANCED, real.REVIEWS).build()
    assert draw(record, theme="kitchen", language="both").png == draw(record, theme="kitchen", language="both").png


def test_doubled_false_positives__the_users_caption_on_a_cup_of_boba() -> None:
    picture = draw(RecordBuilder(real.REVIEWS_BALANCED, real.REVIEWS).build(), theme="memeops", language="zh")
    assert picture.template == "boba-confusion"
    assert picture.caption.startswith("警告⚠️，你的FP率正在突破天际！")
    assert "102 → 197" in picture.alt.en


@pytest.mark.parametrize(("metric", "template"), [("roc_auc", "roc-boba"), ("brier", "pudding"), ("accuracy", "before-after")])
def test_a_metric_is_shown_by_the_template_that_shows_it_best(metric: str, template: str) -> None:
    test = comparison(metric, 3592, Outcome.REGRESSED, 0.94, 0.92)
    builder = RecordBuilder(real.REVIEWS_C4, real.REVIEWS, status=Status.FAIL, extra=(test,), roc=ROC, calibration=BINS)
    assert compose(with_findings(builder.build()), theme="kitchen", language="both")[0].template == template
