"""SVG fragments a template asks for: outlined captions, labels that shrink to their place, lines through points."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from memeci.memes.captions import JOINER
from memeci.memes.emoji import EmojiBox
from memeci.memes.fonts import Font
from memeci.memes.layout import EMOJI_WIDTH, Block, Box, Kind, Line, fit_text, split_tokens

if TYPE_CHECKING:
    from markupsafe import Markup

INK = "#1b1424"
SMALLEST = 0.72  # a label may shrink to this share of its size before it is cut


def format_pixels(value: float) -> str:
    """Return a coordinate with one decimal and no trailing zero."""
    return f"{value:.1f}".removesuffix(".0").replace("-0", "0") if abs(value) < 0.05 else f"{value:.1f}".removesuffix(".0")


class Brush:
    """Draws text with one font. Everything it returns is escaped markup."""

    def __init__(self, font: Font, emoji: EmojiBox) -> None:
        self.font = font
        self.emoji = emoji

    def block(self, block: Block | None, fill: str = "#ffffff", stroke: str = INK, name: str = "caption") -> Markup:
        """Return a laid-out caption with its outline, 0.16 em in all, joins rounded."""
        from markupsafe import Markup

        if block is None:
            return Markup("")
        parts = [self._line(line, block.size, fill, stroke, block.size * 0.16) for line in block.lines]
        return Markup(f'<g class="{name}">{"".join(parts)}</g>')  # noqa: S704 (escaped in _run)

    def label(  # noqa: PLR0913 (a template calls it with names)
        self,
        text: str,
        x: float,
        y: float,
        size: float,
        *,
        width: float = 9999,
        anchor: str = "middle",
        fill: str = INK,
        stroke: str = "",
        weight: int = 0,
        index: int | None = None,
    ) -> Markup:
        """Return one line of text with its baseline at ``y``, shrunk a little and then cut to ``width`` pixels.

        Text from outside may have characters the font lacks: it then becomes "#<index + 1>", or an ellipsis stands for them.
        """
        from markupsafe import Markup

        shown, size = self._shorten(self._printable(str(text), index), size, width)
        block = fit_text(shown, Box(0, 0, 1e6, size * 2), self.font.measure, sizes=(size, size), align="left") if shown else None
        if block is None or not block.lines:
            return Markup("")
        line = block.lines[0]
        left = x - {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor] * line.width
        outline = size * 0.16 if stroke else 0
        return Markup(self._line(Line(left, y, line.width, line.runs), size, fill, stroke, outline, weight))  # noqa: S704

    def paragraph(  # noqa: PLR0913, PLR0917 (a template calls it)
        self,
        text: str,
        x: float,
        y: float,
        width: float,
        height: float,
        sizes: tuple[float, float] = (18, 40),
        fill: str = INK,
        stroke: str = "",
        align: str = "center",
    ) -> Markup:
        """Return text wrapped into a box; cut word by word where even the smallest size is too large."""
        from markupsafe import Markup

        block = self._fit_cut(self._printable(text, None), Box(x, y, width, height), sizes, align)
        if block is None:
            return Markup("")
        outline = block.size * 0.16 if stroke else 0
        return Markup("".join(self._line(line, block.size, fill, stroke, outline) for line in block.lines))  # noqa: S704

    def icon(self, cluster: str, x: float, y: float, size: float) -> Markup:
        """Return an emoji drawn with its centre at (x, y)."""
        from markupsafe import Markup

        return Markup(self.emoji.draw(cluster, x - size / 2, y - size / 2, size))  # noqa: S704

    def path(self, points: Iterable[tuple[float, float]]) -> Markup:
        """Return the `d` of a line through the points."""
        from markupsafe import Markup

        return Markup("M" + "L".join(f"{format_pixels(x)} {format_pixels(y)}" for x, y in points))  # noqa: S704

    def _fit_cut(self, text: str, box: Box, sizes: tuple[float, float], align: str) -> Block | None:
        from memeci.memes.layout import DoesNotFit

        while text:
            try:
                return fit_text(text, box, self.font.measure, sizes=sizes, align=align)
            except DoesNotFit:
                text = text[: int(len(text) * 0.9)].rstrip(" …") + "…" if len(text) > 2 else ""
        return None

    def _printable(self, text: str, index: int | None) -> str:
        clean = "".join(c if c.isprintable() or c == JOINER else " " for c in text[:400])
        plain = "".join(token.text for token in split_tokens(clean) if token.kind is Kind.TEXT)
        missing = set(self.font.face.find_missing(plain))
        if not missing:
            return clean
        if index is not None:
            return f"#{index + 1}"
        return re.sub(f"[{re.escape(''.join(sorted(missing)))}]+", "…", clean)

    def _shorten(self, text: str, size: float, width: float) -> tuple[str, float]:
        em = self._measure(text)
        if em * size <= width:
            return text, size
        if em * size * SMALLEST <= width:
            return text, width / em
        size *= SMALLEST
        while text and self._measure(text + "…") * size > width:
            text = text[:-1]
        return text.rstrip() + "…" if text else "", size

    def _measure(self, text: str) -> float:
        return sum(EMOJI_WIDTH if t.kind is Kind.EMOJI else self.font.measure(t.text) for t in split_tokens(text))

    def _line(self, line: Line, size: float, fill: str, stroke: str, outline: float, weight: int = 0) -> str:
        parts = []
        for run in line.runs:
            x = line.x + run.x
            if run.kind is Kind.EMOJI:
                parts.append(self.emoji.draw(run.text, x + 0.04 * size, line.baseline - 0.9 * size, 1.04 * size))
                continue
            paint = ""
            if outline:
                width = format_pixels(outline)
                paint = f' stroke="{escape(stroke)}" stroke-width="{width}" stroke-linejoin="round" paint-order="stroke"'
            heavy = f' font-weight="{weight}"' if weight else ""
            parts.append(
                f'<text x="{format_pixels(x)}" y="{format_pixels(line.baseline)}" font-size="{format_pixels(size)}"'
                f' fill="{escape(fill)}"{paint}{heavy}>{escape(run.text, quote=False)}</text>'
            )
        return "".join(parts)
