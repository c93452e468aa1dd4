"""The reading is the best there is: compared with every other way to cut a short hash."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memeci.puns.lexicon import MAX_PUN_LENGTH, load_compiled
from memeci.puns.manners import Censor, Manners
from memeci.puns.reading import MAX_IDIOMS, Reader, load_reader

READER = load_reader(frozenset(), Manners.FRANK)
hashes = st.text("0123456789abcdef", min_size=40, max_size=40)


def _best_points(digits: str) -> int:
    """The largest score over every segmentation, by plain recursion over the lexicon itself."""
    if not digits:
        return 0
    codes = load_compiled().codes
    points = [_best_points(digits[1:]) - 1]
    for length in range(2, len(digits) + 1):
        if digits[:length] in codes:
            points.append(length**3 * codes[digits[:length]][0][1] + _best_points(digits[length:]))
    return max(points)


@given(st.text("0123456789abcdef", min_size=1, max_size=9) | st.sampled_from(["5201314", "98484", "7456995", "666666", "dddddd1"]))
def test_reading__has_the_score_of_the_best_segmentation(digits: str) -> None:
    segments = READER.read(digits)
    assert _best_points(digits) == sum(s.points if s.points else -1 for s in segments)


@given(hashes)
def test_reading__covers_the_hash_without_gap_or_overlap(commit: str) -> None:
    segments = READER.read(commit)
    assert list(range(40)) == [i for s in segments for i in range(s.start, s.end)]


@given(hashes)
def test_pun__is_an_unbroken_run_of_the_reading_with_its_best_idiom(commit: str) -> None:
    pun, segments = READER.find_pun(commit), READER.read(commit)
    if not pun:
        assert all(s.points == 0 for s in segments)
        return
    assert pun == [s for s in segments if pun[0].start <= s.start < pun[-1].end]
    assert max(s.points for s in segments) == max(s.points for s in pun)
    assert len(pun) <= MAX_IDIOMS
    assert len("-".join(s.entry.slug for s in pun)) <= MAX_PUN_LENGTH


@pytest.mark.parametrize(
    ("digits", "hanzi"),
    [
        ("5201314", ["我爱你一生一世"]),
        ("52013140", ["我爱你一生一世", "零"]),
        ("7456484", ["气死我了", "是不是"]),
        ("f5b6", ["服务崩了"]),
    ],
)
def test_known_digits__are_read_in_their_idioms(digits: str, hanzi: list[str]) -> None:
    assert hanzi == [s.entry.hanzi for s in READER.read(digits)]


def test_excluded_entry__gives_way_to_the_runner_up() -> None:
    assert [s.entry.hanzi for s in READER.read("5a0")] == ["我爱你"]
    assert "我爱你" not in [s.entry.hanzi for s in Reader(Censor(["我爱你"], Manners.POLITE)).read("5a0")]


def test_polite_reader__never_reads_a_rude_entry_nor_makes_one_of_two() -> None:
    polite = load_reader(frozenset(), Manners.POLITE)
    rude = load_compiled().rudeness.syllables
    for i in range(3000):
        pun = polite.find_pun(hashlib.sha1(str(i).encode(), usedforsecurity=False).hexdigest())
        slug = f"-{'-'.join(s.entry.slug for s in pun)}-"
        assert all(s.entry.tone != "rude" for s in pun)
        assert not [r for r in rude if f"-{r}-" in slug]


def test_two_harmless_idioms_that_meet_in_a_rude_word__are_not_joined() -> None:
    # 57 (wo-qu, "whoa") and then 4-8 (shi-ba): joined they must still pass; "qu" followed by "si" must not.
    censor = Censor([], Manners.POLITE)
    assert censor.allows("wo-qu-shi-ba", "我去是吧")
    assert not censor.allows("wo-qu-si-ji", "我去死机")


def test_frank_manners__read_what_the_hash_says() -> None:
    assert [s.entry.hanzi for s in READER.read("748")] == ["去死吧"]
    assert [s.entry.hanzi for s in load_reader(frozenset(), Manners.POLITE).read("748")] != ["去死吧"]
