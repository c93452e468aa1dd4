"""The reading of a hash as a table for the terminal: digits, hanzi, pinyin, English. Pure text."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterable

from memeci.puns.reading import Segment
from memeci.puns.tag import Explanation

Row = tuple[str, str, str, str]


def format_explanation(explanation: Explanation) -> str:
    """Return the tag, how it is said, and the whole hash stretch by stretch; an arrow marks what makes the pun."""
    tag = explanation.docker_tag
    rows = list(_build_rows(explanation))
    widths = [max(_width(row[column]) for row in rows) for column in range(3)]
    lines = ["  ".join([*(_pad(cell, width) for cell, width in zip(row, widths, strict=False)), row[3]]).rstrip() for row in rows]
    return "\n".join([tag.tag, f"  {tag.hanzi}", f"  {tag.pinyin}", f"  {tag.gloss}", "", *lines])


def _build_rows(explanation: Explanation) -> Iterable[Row]:
    pun = {segment.start for segment in explanation.pun}
    for is_idiom, group in itertools.groupby(explanation.segments, key=lambda segment: segment.points > 0):
        segments = list(group)
        if is_idiom:
            for segment in segments:
                yield _build_row(explanation.commit, [segment], "→ " if segment.start in pun else "  ", f"“{segment.entry.gloss}”")
        else:
            yield _build_row(explanation.commit, segments, "  ", "")


def _build_row(commit: str, segments: list[Segment], mark: str, gloss: str) -> Row:
    digits = commit[segments[0].start : segments[-1].end]
    return (mark + digits, "".join(s.entry.hanzi for s in segments), " ".join(s.entry.pinyin for s in segments), gloss)


def _width(text: str) -> int:
    """Return the columns of a terminal that ``text`` takes: a hanzi takes two."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
