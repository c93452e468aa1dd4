"""Text from outside in the comment, read as GitHub's own renderer (cmark-gfm) shows it: nothing pings, loads or leaves its cell."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import msgspec
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from memeci.records import ConfusionCell, DockerTag, Evaluation, FlipKind
from memeci.report import PictureLink, print_evaluation, render_comment, render_html
from memeci.report.escape import to_code, to_line, to_prose
from tests.builders.evaluations import failing, flip

cmarkgfm = pytest.importorskip("cmarkgfm")

ATTACKS = [
    "@everyone",
    "a @torvalds @memeci/team b",
    "![](http://evil.example/x.png)",
    "[click](javascript:alert(1))",
    "<img src=x onerror=alert(1)>",
    "</details></td></table><script>alert(1)</script>",
    "<!-- memeci -->",
    "a|b|c\\|d\\\\|e",
    "`` ` ``` ```` a",
    "`",
    "\\",
    "ends with backslash \\",
    "```\nfence\n```",
    "\u202etxt.exe\u2066\u200f",
    "::set-output name=x::y",
    "::add-mask::a",
    "##[error]x",
    "a b c d e f g h i j k l m n o p q r s t u v w x y z ::error::wrapped " * 3,
    "\x1b[31mred\x1b[0m\x07\x9b2J",
    "x" * 100_000,
    "#1 GH-2 org/repo#3 !4 $5 %6 ~bug &7 [epic:8] :tada:",
    "http://evil.example www.evil.example a@evil.example ftp://evil.example",
    "$`\\def\\x{}`$ $$x$$",
    "- item",
    "1. item",
    "# heading",
    "    code",
    "===",
    "&lt;img&gt; &#64;all &commat;all",
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘!͖̬̰̙̗̿̋ͥͥ̂ͣ̐́́͜͞",
    "",
    " ",
    "\ud800",
    "مرحبا",
    "👨‍👩‍👧‍👦❤️",
]


class Page(HTMLParser):
    """What a reader gets: tags by name, links, and the text outside code, where mentions and references are looked for."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.sources: list[str] = []
        self.cells: list[int] = []
        self.prose: list[str] = []
        self.code: list[str] = []
        self.depth = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        assert not any(name.startswith("on") or name == "style" for name in given), given
        if tag == "a":
            self.links.append(given.get("href") or "")
        if tag == "img":
            self.sources.append(given.get("src") or "")
        if tag == "tr":
            self.cells.append(0)
        if tag in {"td", "th"}:
            self.cells[-1] += 1
        if tag == "code":
            self.depth += 1
            self.code.append("")

    def handle_endtag(self, tag: str) -> None:
        self.depth -= tag == "code"

    def handle_data(self, data: str) -> None:
        if self.depth:
            self.code[-1] += data
        else:
            self.prose.append(data)


def show(markdown: str) -> Page:
    return Page(cmarkgfm.github_flavored_markdown_to_html(markdown, options=cmarkgfm.cmark.Options.CMARK_OPT_UNSAFE))


def fill(text: str) -> Evaluation:
    """The failing evaluation with ``text`` wherever a text from outside can stand."""
    one = failing()
    put = msgspec.structs.replace
    assert one.confusion is not None
    assert one.flips is not None
    sentence = put(one.verdict.sentence, en=text, zh=text)
    shown = {"id": text, "label": text, "baseline": text, "candidate": text, "text": text, "slice": {text: text}}
    flips = (flip(1, **shown), flip(2, FlipKind.FIXED, **shown))
    return put(
        one,
        model=text,
        candidate=put(one.candidate, source=text, commit=None),
        baseline=put(one.baseline, name=text, tag=text) if one.baseline else None,
        dataset=put(one.dataset, digest=text),
        comparisons=tuple(put(c, metric=text, reason=text, slice={text: text} if c.slice else {}) for c in one.comparisons),
        verdict=put(one.verdict, sentence=sentence, notes=(sentence,), reasons=tuple(put(r, text=sentence) for r in one.verdict.reasons)),
        flips=put(one.flips, examples=flips, slices=tuple(put(s, slice={text: text}) for s in one.flips.slices)),
        confusion=put(one.confusion, labels=(text, text + "2"), cells=(*one.confusion.cells, ConfusionCell(0, 0, 1, 2))),
        classes=tuple(put(c, label=text) for c in one.classes),
        docker_tag=DockerTag(text, text, text, text),
        provenance=put(one.provenance, memeci_version=text, created_at=text, engine=text),
    )


def shape(page: Page) -> tuple[list[str], list[int]]:
    kept = [tag for tag in page.tags if tag != "code"]
    return kept, page.cells


REFERENCE = re.compile(r"(?<![\w`])@[A-Za-z0-9_-]|(?<!&)(?<!\w)[#!~&]\d|GH-\d|:[a-z_]+:|https?://|www\.")


@settings(max_examples=120, deadline=None)
@given(st.one_of(st.sampled_from(ATTACKS), st.text(max_size=60), st.text("`|\\*_<>@[]()!#&;:/-~$ \na1\u202e", max_size=40)))
@example("\\|")
@example("a`|`b")
def test_hostile_text__the_page_keeps_the_shape_of_a_calm_one(text: str) -> None:
    assume(to_line(text))  # a column nobody filled stays out
    calm, page = (
        show(render_comment(fill(t), language="both", picture=PictureLink(t, "https://x.example/a.png", t))) for t in ("calm", text)
    )

    assert shape(page)[1] == shape(calm)[1]
    assert page.links == calm.links == ["https://github.com/memeci/memeci"]
    assert page.sources == calm.sources == ["https://x.example/a.png"]
    assert not set(page.tags) - set(calm.tags)
    assert not REFERENCE.search("\n".join(page.prose))


@pytest.mark.parametrize("text", [text for text in ATTACKS if text.strip()])
def test_hostile_text__stays_in_its_cell_with_the_same_tags(text: str) -> None:
    calm, page = (show(render_comment(fill(t), language="en", picture=None)) for t in ("calm", text))

    assert shape(page) == shape(calm)
    assert not REFERENCE.search("\n".join(page.prose))


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_blank_text__is_shown_without_harm(text: str) -> None:
    page = show(render_comment(fill(text), language="both", picture=PictureLink(text, text, text)))

    assert page.links == ["https://github.com/memeci/memeci"]
    assert "hr" not in page.tags


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=40))
@example("a|b")
@example("`x`")
@example("x\\")
def test_a_name_in_a_cell_is_shown_letter_for_letter(text: str) -> None:
    page = show(f"| a |\n| - |\n| {to_code(text, cell=True)} |\n")
    wanted = to_line(text, 80)
    # A backslash before a pipe needs a second one; four backticks in a row become another sign.
    if wanted and "\\|" not in wanted and "````" not in wanted:
        assert page.code == [wanted]
    assert page.cells == [1, 1]


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=40))
@example("1. x")
@example("10:00 - 5 % of a_b *c*")
def test_prose_is_shown_letter_for_letter(text: str) -> None:
    wanted = to_line(text, 600)
    page = show(f"x\n\n{to_prose(text)}\n")

    assert "".join(page.prose).replace("\u2060", "").split() == ["x", *wanted.replace("\u2060", "").split()]
    assert set(page.tags) <= {"p"}


@pytest.mark.parametrize("text", ATTACKS)
@pytest.mark.parametrize("color", [True, False])
def test_terminal__no_control_or_bidirectional_character_gets_through(text: str, color: bool) -> None:
    import io

    out = io.StringIO()
    print_evaluation(fill(text), language="both", stream=out, color=color, width=80)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", out.getvalue()) if color else out.getvalue()

    assert all(c == "\n" or c.isprintable() or c in "\u200d\u200c" for c in plain)
    assert ("\x1b[1m" in out.getvalue()) == color


@pytest.mark.parametrize("text", ATTACKS)
@pytest.mark.parametrize("width", [40, 80, 120])
def test_terminal__no_line_is_a_command_of_the_runner(text: str, width: int) -> None:
    import io

    out = io.StringIO()
    print_evaluation(fill(text), language="both", stream=out, color=False, width=width)

    assert not [line for line in out.getvalue().splitlines() if line.lstrip().startswith("::") or "##[" in line]


@pytest.mark.parametrize("text", ATTACKS)
def test_notebook__the_same_tags_whatever_the_names_are(text: str) -> None:
    calm, page = (_tags(render_html(fill(t))) for t in ("calm", text))

    assert page == calm


def _tags(html: str) -> list[str]:
    return re.findall(r"<(/?[a-z]+)", html)
