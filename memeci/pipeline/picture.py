"""The picture of a record, or the reason why there is none: no font, a theme that cannot be used. The verdict never waits for it."""

from __future__ import annotations

import msgspec

from memeci.errors import MemeciError
from memeci.records import Record


class Drawn(msgspec.Struct, frozen=True):
    """A drawn picture. ``alt`` and ``caption`` are made of text from outside."""

    png: bytes
    alt: str
    caption: str = ""
    gif: bytes | None = None


class DrawResult(msgspec.Struct, frozen=True):
    """``drawn`` is None where it could not be drawn; ``warnings`` say why, or what is missing on it."""

    drawn: Drawn | None
    warnings: tuple[str, ...] = ()


def draw_record(record: Record, *, animate: bool = False) -> DrawResult:
    """Return the meme of a record in its own theme and language."""
    from memeci.memes import draw

    try:
        picture = draw(record, theme=record.theme, language=record.language, animate=animate)
    except MemeciError as error:
        return DrawResult(None, (f"there is no picture: {error}",))
    language = "zh" if record.language == "zh" else "en"
    alt = picture.alt.en if record.language == "en" else f"{picture.alt.zh} {picture.alt.en}".strip()
    alt = picture.alt.zh if record.language == "zh" else alt
    warnings = tuple(getattr(warning, language) for warning in picture.warnings)
    return DrawResult(Drawn(picture.png, alt, picture.caption, picture.gif), warnings)
