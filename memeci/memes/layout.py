"""Text → lines that fit a box: Chinese line-breaking rules, emoji kept whole, the largest size that fits. Pure geometry."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable

import msgspec

Measure = Callable[[str], float]
"""Text → its width in em."""

LINE_HEIGHT = 1.2
ASCENT = 0.88
EMOJI_WIDTH = 1.12
NEVER_FIRST = set("，。！？；：、…）》」』”’】·,.!?;:)]}%’")
NEVER_LAST = set("（《「『“‘【([{")
# Terms that read badly when torn apart.
NO_BREAK = (
    "学习率|过拟合|召回率|准确率|泛化|模型|参数|发际线|保卫战|怀疑人生|突破天际"
    "|绝绝子|头秃|胡言乱语|神经网络|抹茶拿铁|训练阶段|激活函数|连续"
)
NO_BREAK_LATIN = ("batch size", "FP率", "send help")

_PICTURE = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u25aa-\u25fe\u2600-\u27bf\u2934\u2935"
    "\u2b05-\u2b55\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
)
_EMOJI = re.compile(
    "[\U0001f1e6-\U0001f1ff]{2}"  # flags
    "|[0-9#*]\ufe0f?\u20e3"  # keycaps
    f"|{_PICTURE}[\ufe0f\U0001f3fb-\U0001f3ff]*(?:\u200d{_PICTURE}[\ufe0f\U0001f3fb-\U0001f3ff]*)*"
)
# Arrows and marks that fonts draw as text unless a variation selector asks for the picture.
_TEXT_BY_DEFAULT = set("©®™ℹ→←↑↓↔⚡✓✗★☆")


class Kind(enum.Enum):
    TEXT = "text"
    EMOJI = "emoji"
    SPACE = "space"


class Token(msgspec.Struct, frozen=True):
    """The smallest piece that may stand alone on a line: a Latin word, one hanzi, one emoji cluster, a space."""

    kind: Kind
    text: str


class Run(msgspec.Struct, frozen=True):
    """A piece of a line drawn in one go, ``x`` and ``width`` in pixels from the line's left end."""

    kind: Kind
    text: str
    x: float
    width: float


class Line(msgspec.Struct, frozen=True):
    x: float
    baseline: float
    width: float
    runs: tuple[Run, ...]


class Box(msgspec.Struct, frozen=True):
    """Where text may go, in pixels."""

    x: float
    y: float
    width: float
    height: float


class Block(msgspec.Struct, frozen=True):
    """Laid-out text. ``size`` is the font size in pixels."""

    text: str
    size: float
    lines: tuple[Line, ...]
    box: Box


class DoesNotFit(ValueError):
    """The text is too long for its box at the smallest size allowed."""


def fit_text(text: str, box: Box, measure: Measure, *, sizes: tuple[float, float], align: str = "center") -> Block:
    """Return ``text`` laid out in ``box`` at the largest size between ``sizes`` that fits.

    ``align`` is left, center or right; lines are centred vertically. Raises DoesNotFit.
    """
    units = _build_units(split_tokens(text), measure)
    low, high = sizes
    if not _fits(units, box, low):
        raise DoesNotFit(text)
    if _fits(units, box, high):
        low = high
    while high - low > 0.5:
        middle = (low + high) / 2
        low, high = (middle, high) if _fits(units, box, middle) else (low, middle)
    lines = _balance(units, (box.width - _bleed(low)) / low)
    return Block(text, low, _place(lines, box, low, align), box)


def split_tokens(text: str) -> list[Token]:
    """Return the tokens of ``text``; runs of white space become one space."""
    tokens: list[Token] = []
    at = 0
    for match in _EMOJI.finditer(text):
        if match[0] in _TEXT_BY_DEFAULT:
            continue
        tokens += _split_plain(text[at : match.start()])
        tokens.append(Token(Kind.EMOJI, match[0]))
        at = match.end()
    return tokens + _split_plain(text[at:])


_LATIN = r"[^\W\u2e80-\uffef]+"
_WORD = re.compile(
    "|".join(
        [
            r"(?P<space>\s+)",
            *map(re.escape, NO_BREAK_LATIN),
            NO_BREAK,
            rf"[−+-]?{_LATIN}(?:['’.,:@=\-_/%−+]{_LATIN})*[%×]?",  # a word, a number with its sign, a tag
            ".",
        ]
    ),
    re.DOTALL,
)


def strip_emoji(text: str) -> str:
    """Return the text without its emoji."""
    return "".join(token.text for token in split_tokens(text) if token.kind is not Kind.EMOJI)


def _split_plain(text: str) -> list[Token]:
    return [Token(Kind.SPACE, " ") if m["space"] else Token(Kind.TEXT, m[0]) for m in _WORD.finditer(text)]


class _Unit(msgspec.Struct, frozen=True):
    """Tokens that stay together on a line, their widths in em, and the space before them (0 where there is none)."""

    tokens: tuple[tuple[Token, float], ...]
    width: float
    space: float


def _build_units(tokens: Iterable[Token], measure: Measure) -> list[_Unit]:
    groups: list[tuple[list[Token], bool]] = []
    spaced = opened = False
    for token in tokens:
        if token.kind is Kind.SPACE:
            spaced = True
            continue
        previous = groups[-1][0][-1] if groups else token
        # An emoji follows its word to the next line even across a space: alone there it looks lost.
        clings = token.kind is Kind.EMOJI or token.text[0] in NEVER_FIRST or previous.text[-1] in NEVER_LAST or opened
        # A straight quote opens after a space and closes otherwise.
        opened = token.text == '"' and (spaced or not groups)
        clings = clings or (token.text == '"' and not opened)
        if groups and clings and not (spaced and token.kind is not Kind.EMOJI):
            groups[-1][0].extend([Token(Kind.SPACE, " "), token] if spaced else [token])
        else:
            groups.append(([token], spaced and bool(groups)))
        spaced = False
    return [_build_unit(group, space, measure) for group, space in groups]


def _build_unit(group: list[Token], spaced: bool, measure: Measure) -> _Unit:
    tokens = tuple((token, EMOJI_WIDTH if token.kind is Kind.EMOJI else measure(token.text)) for token in group)
    return _Unit(tokens, sum(width for _, width in tokens), measure(" ") if spaced else 0.0)


def _wrap(units: list[_Unit], width: float) -> list[list[_Unit]]:
    lines: list[list[_Unit]] = []
    used = 0.0
    for unit in units:
        if lines and used + unit.space + unit.width <= width:
            lines[-1].append(unit)
            used += unit.space + unit.width
        else:
            lines.append([unit])
            used = unit.width
    return lines


def _balance(units: list[_Unit], width: float) -> list[list[_Unit]]:
    """Return the lines of the narrowest width that needs no more lines than ``width`` does."""
    n_lines = len(_wrap(units, width))
    low, high = max((unit.width for unit in units), default=0.0), width
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (low, middle) if len(_wrap(units, middle)) <= n_lines else (middle, high)
    return _wrap(units, high)


def _bleed(size: float) -> float:
    """Return what the outline adds to a line's width in pixels."""
    return 0.16 * size


def _fits(units: list[_Unit], box: Box, size: float) -> bool:
    width = (box.width - _bleed(size)) / size
    lines = _wrap(units, width)
    return len(lines) * LINE_HEIGHT * size <= box.height and all(unit.width <= width for unit in units)


def _place(lines: list[list[_Unit]], box: Box, size: float, align: str) -> tuple[Line, ...]:
    top = box.y + (box.height - len(lines) * LINE_HEIGHT * size) / 2
    placed = []
    for number, units in enumerate(lines):
        runs = _build_runs(units, size)
        width = runs[-1].x + runs[-1].width if runs else 0.0
        slack, inset = box.width - width, _bleed(size) / 2
        x = box.x + {"left": inset, "center": slack / 2, "right": slack - inset}[align]
        placed.append(Line(x, top + (number * LINE_HEIGHT + (LINE_HEIGHT - 1) / 2 + ASCENT) * size, width, runs))
    return tuple(placed)


def _build_runs(units: list[_Unit], size: float) -> tuple[Run, ...]:
    """Return a line's runs: neighbouring text in one run, so that the renderer kerns it, and each emoji in its own."""
    runs: list[Run] = []
    x = 0.0
    for number, unit in enumerate(units):
        gap = [(Token(Kind.SPACE, " "), unit.space)] if unit.space and number else []
        for token, em in (*gap, *unit.tokens):
            width = em * size
            if token.kind is Kind.EMOJI:
                runs.append(Run(Kind.EMOJI, token.text, x, width))
            elif runs and runs[-1].kind is Kind.TEXT:
                last = runs[-1]
                runs[-1] = Run(Kind.TEXT, last.text + token.text, last.x, last.width + width)
            elif token.kind is Kind.TEXT:
                runs.append(Run(Kind.TEXT, token.text, x, width))
            x += width
    return tuple(runs)
