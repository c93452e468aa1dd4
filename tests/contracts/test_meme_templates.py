"""What every meme template and every theme keeps: whatever is added to those folders is tested here by itself."""

from __future__ import annotations

import re
from itertools import product
from xml.etree import ElementTree

import pytest

from memeci.diagnosis import RULES
from memeci.memes.drawing import Style, compose, draw
from memeci.memes.emoji import FOLDER as EMOJI
from memeci.memes.emoji import format_name
from memeci.memes.fonts import find_font
from memeci.memes.layout import Block, Box, Kind, fit_text, split_tokens
from memeci.memes.templates import HEIGHT, WIDTH, Template, TextBox, list_templates, load_template
from memeci.memes.themes import EXTRA_KINDS, Theme, list_themes, load_theme
from tests.unit.memes.pictures import draw_svg, find_marks, number, record_for

TEMPLATES = {template.id: template for template in list_templates()}
THEMES = {name: load_theme(name) for name in list_themes()}
SAMPLE = "90.1%"  # stands for a number in a caption


def overlap(a: TextBox, b: TextBox) -> bool:
    return a.x < b.x + b.w and b.x < a.x + a.w and a.y < b.y + b.h and b.y < a.y + a.h


def captions_of(theme: Theme) -> list[tuple[str, str, str, str]]:
    """Return (kind, template, where, text) for every caption that may come onto a template."""
    rows = []
    for kind, finding in theme.findings.items():
        for template, caption in product(finding.templates, finding.captions):
            texts = {("headline", caption.zh), ("headline", caption.en), ("headline", caption.both[0]), ("footer", caption.both[1])}
            rows += [(kind, template, where, text) for where, text in sorted(texts) if text]
    return rows


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("language", ["zh", "en", "both"])
def test_draws_well_formed_svg_whose_text_is_in_the_one_font(name: str, theme: str, language: str) -> None:
    picture, _ = compose(record_for(TEMPLATES[name].needs), theme=theme, language=language, style=Style(template=name))
    svg = ElementTree.fromstring(picture.svg)  # noqa: S314 (our own markup)
    assert svg.get("viewBox") == f"0 0 {WIDTH} {HEIGHT}"
    assert not [text for text in svg.iter("{http://www.w3.org/2000/svg}text") if text.get("font-family")]
    assert not picture.warnings
    assert max(len(picture.alt.en), len(picture.alt.zh)) <= 180


@pytest.mark.parametrize("name", TEMPLATES)
def test_png_stays_under_400_kb(name: str) -> None:
    picture = draw(record_for(TEMPLATES[name].needs), theme="memeops", language="both", style=Style(template=name))
    assert len(picture.png) < 400_000


@pytest.mark.parametrize("name", TEMPLATES)
def test_captions_never_cover_the_data(name: str) -> None:
    template = TEMPLATES[name]
    assert not overlap(template.headline, template.data)
    assert not overlap(template.footer, template.data)
    assert not overlap(template.headline, template.footer)


@pytest.mark.parametrize("name", TEMPLATES)
def test_boxes_lie_inside_the_picture(name: str) -> None:
    template = TEMPLATES[name]
    for box in (template.headline, template.footer, template.data):
        assert 0 <= box.x < box.x + box.w <= 1
        assert 0 <= box.y < box.y + box.h <= 1


@pytest.mark.parametrize("name", [name for name, t in TEMPLATES.items() if {"curve", "matrix", "roc"} & set(t.needs)])
def test_data_marks__are_there_and_lie_in_the_data_box(name: str) -> None:
    template = TEMPLATES[name]
    svg, box = draw_svg(record_for(template.needs), name), template.data.pixels
    marks = [m for kind in ("pearl", "mark", "cell") for m in find_marks(svg, kind)]
    assert marks
    for mark in marks:
        x, y = number(mark, "cx" if mark.get("cx") else "x"), number(mark, "cy" if mark.get("cy") else "y")
        assert box.x <= x <= box.x + box.width
        assert box.y <= y <= box.y + box.height


@pytest.mark.parametrize("name", TEMPLATES)
def test_title_is_given_in_both_languages(name: str) -> None:
    title = TEMPLATES[name].title
    assert title.en
    assert re.search(r"[\u4e00-\u9fff]", title.zh)


@pytest.mark.parametrize("theme", THEMES)
def test_every_finding_has_a_caption_and_a_template_that_exists(theme: str) -> None:
    for kind in (*RULES, *EXTRA_KINDS):
        finding = THEMES[theme].findings[kind]
        assert finding.captions, kind
        assert all(load_template(name) for name in finding.templates), kind
        assert finding.templates, kind


@pytest.mark.parametrize("theme", THEMES)
def test_every_caption_fits_every_template_it_may_come_onto(theme: str) -> None:
    font = find_font("警告")
    for _, name, where, text in captions_of(THEMES[theme]):
        template: Template = TEMPLATES[name]
        box: TextBox = getattr(template, where)
        shown = re.sub(r"\{label\}|\{slice\}", "一二三四五六七八九十一二三四五六七八九十一二三四", text)
        block = fit_text(re.sub(r"\{[^}]*\}", SAMPLE, shown), box.pixels, font.measure, sizes=box.font_sizes)
        assert_inside(block, box.pixels)


@pytest.mark.parametrize("theme", THEMES)
def test_emoji_of_captions_are_drawn_by_us(theme: str) -> None:
    texts = [text for *_, text in captions_of(THEMES[theme])] + [
        w for words in THEMES[theme].slang.values() for pair in words for w in pair
    ]
    emoji = {token.text for text in texts for token in split_tokens(text) if token.kind is Kind.EMOJI}
    assert emoji
    assert not [cluster for cluster in sorted(emoji) if not (EMOJI / f"{format_name(cluster)}.svg").is_file()]


@pytest.mark.parametrize("theme", THEMES)
def test_latin_fonts_suffice_for_english(theme: str) -> None:
    english = [c.en for finding in THEMES[theme].findings.values() for c in finding.captions]
    english += [en for words in THEMES[theme].slang.values() for _, en in words]
    assert not re.findall(r"[\u2e80-\uffee]", "".join(t.text for s in english for t in split_tokens(s) if t.kind is Kind.TEXT))


def assert_inside(block: Block, box: Box) -> None:
    outline = block.size * 0.08
    for line in block.lines:
        assert box.x - 0.5 <= line.x - outline
        assert line.x + line.width + outline <= box.x + box.width + 0.5
        assert box.y <= line.baseline - 0.88 * block.size
        assert line.baseline <= box.y + box.height
