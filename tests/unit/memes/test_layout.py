"""Text in boxes: Chinese line breaking, emoji in one piece, the largest size that fits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memeci.memes.layout import NEVER_FIRST, NEVER_LAST, Block, Box, DoesNotFit, Kind, fit_text, split_tokens

CAPTIONS = [
    "这届参数不行啊",
    "这届batch size太菜了",
    "救命啊，模型突然会学习了！🚨💥",
    "警告⚠️，你的FP率正在突破天际！",
    "FROM scratch到崩溃 🐳✨",
    "咱就是说，头秃到怀疑人生了 💪",
    "早该放弃学习率 scheduler了",
    "Look at this activation function spiking like it's Black Friday sales! 📈🍞",
    "（过拟合）“好评”的 FP 率：4.3% → 8.2%（误报 102 → 197 个）。",
]


def measure(text: str) -> float:
    """A hanzi is one em wide, anything else half an em."""
    return sum(1.0 if ord(c) >= 0x2E80 else 0.5 for c in text)


def lay_out(text: str, width: float, height: float = 400) -> Block:
    return fit_text(text, Box(0, 0, width, height), measure, sizes=(10, 80))


def lines_of(block: Block) -> list[str]:
    return ["".join(run.text for run in line.runs) for line in block.lines]


@pytest.mark.parametrize("text", CAPTIONS)
@pytest.mark.parametrize("width", [200, 300, 500, 1100])
def test_no_line_starts_or_ends_with_the_wrong_mark(text: str, width: float) -> None:
    for line in lines_of(lay_out(text, width)):
        assert line[0] not in NEVER_FIRST
        assert line[-1] not in NEVER_LAST


@pytest.mark.parametrize("text", CAPTIONS)
@pytest.mark.parametrize("width", [200, 300, 500, 1100])
def test_every_line_stays_in_the_box_and_nothing_is_lost(text: str, width: float) -> None:
    block = lay_out(text, width)
    for line in block.lines:
        assert line.x >= 0
        assert line.x + line.width <= width
    assert "".join(text.split()) == "".join("".join(lines_of(block)).split())


@pytest.mark.parametrize(
    ("cluster", "what"),
    [("👨‍🍳", "ZWJ"), ("🇨🇳", "flag"), ("💪🏽", "skin tone"), ("1️⃣", "keycap"), ("⚠️", "variation selector"), ("❤️‍🔥", "ZWJ with selector")],
)
def test_emoji_cluster_stays_in_one_piece(cluster: str, what: str) -> None:
    tokens = split_tokens(f"大厨{cluster}说")
    assert [token.kind for token in tokens] == [Kind.TEXT, Kind.TEXT, Kind.EMOJI, Kind.TEXT], what
    assert tokens[2].text == cluster


def test_arrow_and_percent_are_text() -> None:
    assert all(token.kind is not Kind.EMOJI for token in split_tokens("4.3% → 8.2% © ™"))


@pytest.mark.parametrize("term", ["学习率", "batch size", "过拟合", "3,592", "−6.1", "reviews@v1.2.0", "platform=ios"])
def test_terms_are_never_torn_apart(term: str) -> None:
    assert term in [token.text for token in split_tokens(f"咱就是说{term}了")]


def test_emoji_does_not_stand_alone_on_a_line() -> None:
    assert lines_of(lay_out("咱就是说 💪", 120)) != ["头秃到怀疑", "人生了 💪"]
    assert all(line.strip() != "💪" for width in range(80, 400, 10) for line in lines_of(lay_out("咱就是说 💪", width)))


@pytest.mark.parametrize("width", range(120, 700, 20))
def test_straight_quotes_stay_with_what_they_quote(width: int) -> None:
    for line in lines_of(lay_out('False positives for "好评": 4.3% → 8.2% of the "negatives" here', width)):
        assert line.count('"') != 1 or '"好' in line or '评"' in line or '"n' in line or 's"' in line
        assert not line.startswith('" ')
        assert not line.endswith(' "')


def test_lines_are_balanced() -> None:
    widths = [line.width for line in lay_out("救命啊这个模型又在胡言乱语了", 400, 120).lines]
    assert len(widths) == 2
    assert min(widths) > 0.7 * max(widths)


def test_largest_size_that_fits() -> None:
    block = lay_out("摆烂", 100, 60)
    assert block.size == pytest.approx(100 / 2.16, abs=0.6)
    assert lay_out("摆烂", 2000).size == 80


def test_too_long__says_so_with_the_text() -> None:
    with pytest.raises(DoesNotFit, match="摆烂"):
        fit_text("摆烂" * 200, Box(0, 0, 200, 40), measure, sizes=(20, 80))


def test_alignment__puts_the_line_at_its_side_of_the_box() -> None:
    left, right = (fit_text("摆烂", Box(10, 0, 500, 40), measure, sizes=(20, 20), align=a).lines[0] for a in ("left", "right"))
    assert left.x == pytest.approx(10 + 1.6)
    assert right.x + right.width == pytest.approx(510 - 1.6)


@given(st.text(max_size=40))
def test_any_text__fits_or_says_so(text: str) -> None:
    try:
        block = lay_out(text, 500)
    except DoesNotFit:
        return
    assert all(line.x + line.width <= 500 + 1e-6 for line in block.lines)
