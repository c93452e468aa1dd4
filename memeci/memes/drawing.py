"""A record → a picture. The order of things: finding, theme, template, captions, scene, SVG, PNG."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from memeci.errors import DataError
from memeci.memes.captions import Captions, build_captions, describe_short
from memeci.memes.fonts import find_font
from memeci.memes.scene import Scene, build_scene, has_part
from memeci.memes.templates import Template, has_template, load_template
from memeci.memes.themes import Theme, load_theme
from memeci.records import Evaluation, Finding, Priority, Record, Text

LAST_RESORT = ("boba-confusion", "before-after", "inconclusive")


@dataclass(frozen=True)
class Picture:
    """A drawn meme. ``caption`` is what is written on it, ``alt`` says it and the data to those who cannot see it.

    ``svg`` is what was rasterised; ``warnings`` name emoji that were left out for want of a font.
    """

    png: bytes
    gif: bytes | None
    alt: Text
    caption: str
    template: str
    svg: str = field(default="", repr=False)
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
    from memeci.memes.alt import build_alt
    from memeci.memes.render import Canvas, rasterise

    finding = find_top(record)
    chosen = load_theme(theme)
    scene = build_scene(record, finding)
    template = find_template(chosen, finding, scene, style.template)
    captions = build_captions(record, finding, chosen, template.mood, language)
    if style.headline is not None:
        captions = Captions(style.headline, style.footer or "", captions.slang, Text(style.headline, style.headline))
    font = find_font(_collect_text(captions, language), style.fonts)
    canvas = Canvas(template, chosen, captions, scene, font, language)
    svg = canvas.render()
    alt = build_alt(captions, describe_short(finding), template.title)
    png = rasterise(svg, canvas)
    gif = canvas.animate() if animate and template.animated else None
    caption = " / ".join(text for text in (captions.headline, captions.footer) if text)
    return Picture(png, gif, alt, caption, template.id, svg, canvas.warnings())


def find_top(record: Record) -> Finding:
    """Return the finding the picture is about: the record's first, else what its verdict says."""
    if record.findings:
        return record.findings[0]
    if not isinstance(record, Evaluation):
        return Finding("crash", Priority.P0, {"command": "", "status": 1, "last": "–", "hint_en": "", "hint_zh": ""})
    from memeci.diagnosis import diagnose

    found = diagnose(record)
    return found[0] if found else Finding("held", Priority.P3, {})


def find_template(theme: Theme, finding: Finding, scene: Scene, wanted: str | None = None) -> Template:
    """Return the template ``wanted``, else the theme's first favourite for this finding that the scene has the data for."""
    if wanted is not None:
        template = load_template(wanted, theme.folders)
        missing = [need for need in template.needs if not has_part(scene, need)]
        if missing:
            raise DataError(f'the template "{wanted}" cannot be drawn from this record.', f"it needs: {', '.join(missing)}.")
        return template
    favourites = theme.findings[finding.kind].templates if finding.kind in theme.findings else ()
    for name in (*favourites, *LAST_RESORT):
        if not has_template(name, theme.folders):
            continue
        template = load_template(name, theme.folders)
        if all(has_part(scene, need) for need in template.needs):
            return template
    return load_template("inconclusive", theme.folders)


def _collect_text(captions: Captions, language: str) -> str:
    """Return the characters a font must have. Data texts (labels, logs) are not among them: they have a way out."""
    from memeci.memes.layout import Kind, split_tokens

    fixed = "0123456789.%−+→NaN" + ("真实预测" if language != "en" else "")
    texts = (captions.headline, captions.footer, captions.slang)
    return fixed + "".join(token.text for text in texts for token in split_tokens(text) if token.kind is Kind.TEXT)
