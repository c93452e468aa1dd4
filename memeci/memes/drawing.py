"""A record → a picture. The order of things: finding, theme, template, captions, scene, SVG, PNG."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from memeci.errors import DataError
from memeci.memes.captions import Captions, build_captions, describe_short
from memeci.memes.fonts import Font, FontError, find_font
from memeci.memes.layout import strip_emoji
from memeci.memes.scene import Scene, build_scene, has_part
from memeci.memes.streak import is_ninth
from memeci.memes.templates import Template, load_template
from memeci.memes.themes import Theme, load_theme
from memeci.records import Evaluation, Finding, Incident, Priority, Record, Text

if TYPE_CHECKING:
    from memeci.memes.render import Canvas

BLANK = "poster"
LAST_RESORT = ("boba-confusion", "before-after", "inconclusive")


class Picture(msgspec.Struct, frozen=True):
    """A drawn meme. ``caption`` is what is written on it, ``alt`` says it and the data to those who cannot see it.

    ``svg`` is what was rasterised; ``warnings`` name emoji that were left out for want of a font.
    """

    png: bytes
    gif: bytes | None
    alt: Text
    caption: str
    template: str
    svg: str = ""
    warnings: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Style:
    """What the user may choose by hand; None leaves the choice to the theme."""

    template: str | None = None
    headline: str | None = None
    footer: str | None = None
    fonts: tuple[Path, ...] = ()


def draw(record: Record, *, theme: str | Path, language: str, animate: bool = False, style: Style = Style()) -> Picture:
    """Return the meme of a record: its top finding, captioned by ``theme`` in ``language`` (zh, en or both).

    The bytes are a function of the record, the theme and the font. Raises FontError where no font here can draw the text,
    ConfigError for a theme or template that cannot be used, and CaptionError for a caption that does not fit.
    """
    from memeci.memes.render import rasterise

    picture, canvas = compose(record, theme=theme, language=language, style=style)
    png = rasterise(picture.svg, canvas)
    return replace(picture, png=png, gif=canvas.animate() if animate and canvas.template.animated else None)


def compose(record: Record, *, theme: str | Path, language: str, style: Style = Style()) -> tuple[Picture, Canvas]:
    """Return the picture without its pixels, and the canvas to make them: all decisions, none of the rasterising."""
    from memeci.memes.alt import build_alt
    from memeci.memes.render import Canvas

    chosen = load_theme(theme)
    finding = find_top(record, chosen)
    scene = build_scene(record, finding)
    blank = style.headline is not None and not _says_anything(record)
    template = find_template(chosen, finding, scene, style.template or (BLANK if blank else None))
    spoken = Finding(template.speaks, Priority.P3, finding.numbers) if template.speaks else finding
    captions = build_captions(record, spoken, chosen, template.mood, language)
    if style.headline is not None:
        own = Text(style.headline, style.headline)
        captions = Captions(style.headline, style.footer or "", captions.slang, own, style.headline + (style.footer or ""))
    if scene.docker is not None and "docker" in template.needs:
        hanzi = "".join(c for c in scene.docker.hanzi if "\u4e00" <= c <= "\u9fff")
        captions = replace(captions, words=captions.words + hanzi)
    font, captions = _find_font(captions, language, style.fonts)
    canvas = Canvas(template, chosen, captions, scene, font, language)
    svg = canvas.render()
    alt = build_alt(captions, Text("", "") if blank else describe_short(spoken, record), template.title)
    caption = " / ".join(text for text in (captions.headline, captions.footer) if text)
    return Picture(b"", None, alt, caption, template.id, svg, canvas.warnings()), canvas


def find_top(record: Record, theme: Theme) -> Finding:
    """Return the finding the picture is about: the record's first, else what its verdict says.

    In the kitchen every ninth passing release in a row is a latte.
    """
    if theme.backdrop == "kitchen" and isinstance(record, Evaluation) and is_ninth(record):
        return Finding("latte", Priority.P3, {})
    if record.findings:
        return record.findings[0]
    if isinstance(record, Incident) and record.curve is not None:
        return Finding("learning", Priority.P3, {})
    if not isinstance(record, Evaluation):
        return Finding("crash", Priority.P0, {"command": "", "status": 1, "last": "–", "hint_en": "", "hint_zh": ""})
    from memeci.diagnosis import diagnose

    found = diagnose(record)
    return found[0] if found else Finding("held", Priority.P3, {})


def find_template(theme: Theme, finding: Finding, scene: Scene, wanted: str | None = None) -> Template:
    """Return the template ``wanted``, else the theme's first favourite that the scene has the data for."""
    if wanted is not None:
        template = load_template(wanted, theme.folders)
        missing = [need for need in template.needs if not has_part(scene, need)]
        if missing:
            raise DataError(f'the template "{wanted}" cannot be drawn from this record.', f"it needs: {', '.join(missing)}.")
        return template
    favourites = theme.findings[finding.kind].templates if finding.kind in theme.findings else ()
    fitting = theme.metrics.get(finding.metric or "", ()) if finding.kind == "regression" else ()
    for name in (*fitting, *favourites, *LAST_RESORT):
        template = load_template(name, theme.folders)
        if all(has_part(scene, need) for need in template.needs):
            return template
    return load_template("inconclusive", theme.folders)


def _says_anything(record: Record) -> bool:
    """Tell whether there is anything in the record to draw beside words of the user's own."""
    return isinstance(record, Evaluation) or bool(record.findings) or record.curve is not None


def _find_font(captions: Captions, language: str, paths: tuple[Path, ...]) -> tuple[Font, Captions]:
    """Return a font for the captions. Where none has the labels in them too, those lose the characters it lacks."""
    fixed = "0123456789.,%−+→NaN" + ("真实预测" if language != "en" else "")
    try:
        return find_font(strip_emoji(fixed + captions.words + captions.headline + captions.footer + captions.slang), paths), captions
    except FontError:
        font = find_font(strip_emoji(fixed + captions.words), paths)
    headline, footer, slang = (_replace_missing(text, font) for text in (captions.headline, captions.footer, captions.slang))
    return font, replace(captions, headline=headline, footer=footer, slang=slang)


def _replace_missing(text: str, font: Font) -> str:
    missing = font.face.find_missing(strip_emoji(text))
    return re.sub(f"[{re.escape(missing)}]+", "…", text) if missing else text
