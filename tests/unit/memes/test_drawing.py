"""A record becomes a picture: the right template, the right caption, the same bytes."""

from __future__ import annotations

import struct

import pytest

from memeci.memes import draw
from memeci.records import Outcome
from tests.builders import records as real
from tests.builders.records import RecordBuilder


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
