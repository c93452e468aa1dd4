"""The joke hangs on the commit: the same for the same one, another for another, and every word gets its turn."""

from __future__ import annotations

import msgspec
import pytest

from memeci.memes.captions import build_captions, pick, shorten
from memeci.memes.drawing import find_top
from memeci.memes.streak import count_hair, count_run, count_streak, format_shelf, is_ninth
from memeci.memes.themes import load_theme
from memeci.records import Outcome, Status
from tests.builders import records as real
from tests.builders.records import RecordBuilder, build_history
from tests.unit.memes.pictures import full_evaluation

MEMEOPS = load_theme("memeops")


def caption(commit: str, language: str = "both") -> tuple[str, str, str]:
    evaluation = full_evaluation()
    record = msgspec.structs.replace(evaluation, candidate=msgspec.structs.replace(evaluation.candidate, commit=commit))
    captions = build_captions(record, find_top(record, MEMEOPS), MEMEOPS, "alarm", language)
    return captions.headline, captions.footer, captions.slang


def test_same_commit__same_words() -> None:
    assert caption("a" * 40) == caption("a" * 40)


def test_every_caption_and_slang_word_gets_its_turn() -> None:
    drawn = [caption(f"{i:040x}") for i in range(200)]
    assert len({headline for headline, _, _ in drawn}) == len(MEMEOPS.findings["regression"].captions)
    assert {slang for *_, slang in drawn} == {zh for zh, _ in MEMEOPS.slang["alarm"]}


def test_one_language__its_caption_and_the_sentence_with_the_numbers() -> None:
    headline, footer, _ = caption("a" * 40, "en")
    assert headline in {c.en for c in MEMEOPS.findings["regression"].captions}
    assert footer == "accuracy got worse: 89.6% → 83.5% (−6.1 pp)."


def test_words_are_evenly_drawn() -> None:
    counts = [sum(pick("abcd", str(seed), "salt") == letter for seed in range(4000)) for letter in "abcd"]
    assert all(count == pytest.approx(1000, abs=120) for count in counts)


@pytest.mark.parametrize(
    ("text", "short"),
    [("ok", "ok"), ("x" * 30, "x" * 23 + "…"), ("a\nb\tc", "a b c"), ("\u202eevil", "evil"), ("", ""), ("👨‍🍳", "👨‍🍳")],
)
def test_shorten__gives_one_printable_line_and_shows_a_cut(text: str, short: str) -> None:
    assert shorten(text) == short


def streak(n: int, status: Status = Status.PASS) -> RecordBuilder:
    return RecordBuilder(real.REVIEWS_C4, real.REVIEWS, status=status, outcome=Outcome.HELD, history=build_history([0.9] * n))


@pytest.mark.parametrize(("n", "expected"), [(0, False), (7, False), (8, True), (9, False), (17, True)])
def test_every_ninth_in_a_row_is_a_latte(n: int, expected: bool) -> None:
    assert is_ninth(streak(n).build()) is expected


def test_a_failure_ends_the_streak() -> None:
    assert count_streak(streak(8, Status.FAIL).build()) == 0
    broken = RecordBuilder(real.REVIEWS_C4, real.REVIEWS, history=build_history([0.9] * 8, failed=(5,)))
    assert count_streak(broken.build()) == 3


def test_an_inconclusive_release_neither_adds_nor_breaks() -> None:
    assert count_run([Status.FAIL, Status.PASS, Status.INCONCLUSIVE, Status.PASS]) == 2
    assert count_run([Status.NO_BASELINE]) == 0
    assert "🍞" not in format_shelf([])


def test_shelf_is_three_rows_of_three() -> None:
    assert format_shelf([Status.PASS] * 4) == "🍞  🍞  🍞\n🍞  ·  ·\n·  ·  ·"
    assert "神经网络抹茶拿铁" in format_shelf([Status.FAIL, *[Status.PASS] * 9])


@pytest.mark.parametrize(("n", "failed", "hair"), [(0, (), 6), (9, (), 9), (5, (0, 1, 2, 3, 4), 1)])
def test_hair_stays_between_none_and_nine(n: int, failed: tuple[int, ...], hair: int) -> None:
    builder = RecordBuilder(real.REVIEWS_C4, real.REVIEWS, history=build_history([0.9] * n, failed=failed))
    assert count_hair(builder.build()) == hair
