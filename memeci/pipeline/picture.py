"""The picture of a record, or the reason why there is none: no font, a theme that cannot be used. The verdict never waits for it."""

from __future__ import annotations

import msgspec

from memeci.errors import MemeciError
from memeci.records import DEFAULT_THEME, Record


class Drawn(msgspec.Struct, frozen=True):
    """A drawn picture. ``alt`` and ``caption`` are made of text from outside."""

    png: bytes
    alt: str
    caption: str = ""


class DrawResult(msgspec.Struct, frozen=True):
    """``drawn`` is None where it could not be drawn; ``warnings`` say why, or what is missing on it."""

    drawn: Drawn | None
    warnings: tuple[str, ...] = ()


def draw_record(record: Record, *, theme: str | None = None) -> DrawResult:
    """Return the meme of a record, in its own language.

    ``theme`` may be a folder of the user's. Without it the record's own is taken if it is one of ours.
    """
    from memeci.memes import draw

    try:
        picture = draw(record, theme=theme or choose_theme(record), language=record.language)
    except MemeciError as error:
        return DrawResult(None, (f"there is no picture: {error}",))
    language = "zh" if record.language == "zh" else "en"
    alt = picture.alt.en if record.language == "en" else f"{picture.alt.zh} {picture.alt.en}".strip()
    alt = picture.alt.zh if record.language == "zh" else alt
    warnings = tuple(getattr(warning, language) for warning in picture.warnings)
    return DrawResult(Drawn(picture.png, alt, picture.caption), warnings)


def choose_theme(record: Record) -> str:
    """Return the record's theme if it is one of ours: a record may come from anybody, and must not name a folder here."""
    from memeci.memes.themes import list_themes

    return record.theme if record.theme in list_themes() else DEFAULT_THEME
