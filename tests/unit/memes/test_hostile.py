"""Labels, logs and tags come from outside: markup, emoji, endless text, a thousand classes, nothing but NaN."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from memeci.diagnosis import diagnose_crash
from memeci.errors import ConfigError, DataError
from memeci.memes.drawing import Style, compose, draw
from memeci.memes.fonts import FontError
from memeci.memes.render import CaptionError
from memeci.memes.templates import FOLDER, list_templates
from memeci.records import Curve, DockerTag, Finding, Outcome, Priority, Record
from tests.builders import records as real
from tests.builders.records import RecordBuilder, build_incident, comparison
from tests.unit.memes.pictures import full_evaluation, with_findings

NASTY = [
    "</text><script>alert(1)</script>",
    "&lt;&amp;&#x41;]]>",
    "\"quotes\" and 'more'",
    "{{ 7 * 7 }}{% raw %}",
    "x" * 10_000,
    "字" * 10_000,
    "\x00\x1b[31mred\u202eevil\u200b",
    "العربية ไทย हिन्दी",
    "👨‍👩‍👧‍👦🏳️‍🌈🫠",
    "",
    "   ",
    "\U000f0000private",
    "{label}{__class__}",
]


def nasty_record(text: str) -> Record:
    slice_test = comparison("accuracy", 400, Outcome.REGRESSED, 0.9, 0.7, slice={text[:200] or "column": text})
    builder = RecordBuilder(
        real.REVIEWS_BALANCED,
        real.REVIEWS,
        labels=(text, "positive"),
        positive_label=text,
        extra=(slice_test,),
        docker_tag=DockerTag(text, text, text, text),
        model=text or "model",
    )
    return with_findings(builder.build())


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
@pytest.mark.parametrize("template", ["boba-confusion", "wanted", "container-pun", "before-after", "latte"])
def test_nasty_text__stays_text(text: str, template: str) -> None:
    picture, _ = compose(nasty_record(text), theme="memeops", language="both", style=Style(template=template))
    svg = ElementTree.fromstring(picture.svg)  # noqa: S314 (our own markup)
    assert not [element for element in svg.iter() if "script" in element.tag]
    assert "49" not in [element.text for element in svg.iter()]
    assert len(picture.svg) < 200_000
    assert len(picture.alt.en) <= 180


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_nasty_log__stays_text(text: str) -> None:
    record = build_incident(diagnose_crash(text or "x", 1, text), log=(text, text))
    svg = ElementTree.fromstring(compose(record, theme="memeops", language="both")[0].svg)  # noqa: S314 (our own markup)
    assert not [element for element in svg.iter() if "script" in element.tag]


def test_a_label_the_font_lacks__becomes_its_number_never_an_empty_box() -> None:
    picture, canvas = compose(nasty_record("ไทย"), theme="memeops", language="zh", style=Style(template="boba-confusion"))
    svg = ElementTree.fromstring(picture.svg)  # noqa: S314 (our own markup)
    drawn = "".join(element.text or "" for element in svg.iter("{http://www.w3.org/2000/svg}text"))
    assert "#1" in drawn
    assert canvas.font.face.find_missing(drawn) == ""


def test_a_thousand_classes__six_are_shown_and_it_says_so() -> None:
    counts = [[5 if i == j else (1 if (i * 7 + j) % 997 == 0 else 0) for j in range(1000)] for i in range(1000)]
    record = RecordBuilder(counts, None, tuple(f"class-{i}" for i in range(1000)), None).build()
    picture, _ = compose(record, theme="memeops", language="en", style=Style(template="boba-confusion"))
    assert picture.svg.count('class="pearl"') == 36
    assert "of 1000" in picture.svg


@pytest.mark.parametrize(
    "curve", [Curve((0.0, 1.0), {"loss": (None, None)}, {"loss": 0.0}), Curve((0.0,), {"loss": (None,)}, {"loss": 0.0})]
)
def test_a_curve_of_nothing_but_nan__explodes_at_once(curve: Curve) -> None:
    record = build_incident((Finding("loss_nan", Priority.P0, {"series": "loss", "step": 0.0, "last": None}),), curve=curve)
    picture, _ = compose(record, theme="memeops", language="both")
    assert picture.template == "loss-explodes"
    assert "NaN!" in picture.svg


def test_a_curve_of_one_value__is_drawn() -> None:
    curve = Curve(tuple(float(i) for i in range(5)), {"loss": (0.0,) * 5, "val_loss": (1e300,) * 5})
    record = build_incident((Finding("overfitting", Priority.P2, {}),), curve=curve)
    assert compose(record, theme="memeops", language="both")[0].template == "toaster"


def test_twenty_thousand_points__are_thinned() -> None:
    steps = tuple(float(i) for i in range(20_000))
    curve = Curve(steps, {"loss": tuple(1 / (1 + i) for i in range(20_000))})
    record = build_incident((Finding("learning", Priority.P3, {"series": "loss", "first": 1, "last": 0}),), curve=curve)
    assert compose(record, theme="memeops", language="zh")[0].svg.count('class="mark"') == 60


def test_a_finding_of_a_newer_version__is_drawn_with_its_name() -> None:
    record = RecordBuilder(real.REVIEWS, None, findings=(Finding("something_new", Priority.P0, {"x": 1}),)).build()
    assert "something_new" in compose(record, theme="memeops", language="en")[0].caption


def test_a_finding_without_its_numbers__is_drawn() -> None:
    record = RecordBuilder(real.REVIEWS, None, findings=(Finding("slice_broke", Priority.P0, {}),)).build()
    assert compose(record, theme="memeops", language="both")[0].caption


def test_own_caption_too_long__says_so_with_the_caption() -> None:
    with pytest.raises(CaptionError) as error:
        draw(full_evaluation(), theme="memeops", language="zh", style=Style(headline="摆烂" * 500))
    assert "摆烂摆烂" in error.value.what


def test_own_caption_no_font_has__names_the_characters() -> None:
    with pytest.raises(FontError, match="ไ"):
        draw(full_evaluation(), theme="memeops", language="zh", style=Style(headline="ไทย"))


def test_emoji_nobody_can_draw__is_left_out_with_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memeci.memes.emoji.FONTS", ())
    picture, _ = compose(full_evaluation(), theme="memeops", language="zh", style=Style(headline="摆烂 🫠"))
    assert "🫠" in picture.warnings[0].en


@pytest.mark.parametrize("template", [template.id for template in list_templates() if template.needs])
def test_a_template_whose_data_is_missing__says_what_it_needs(template: str) -> None:
    with pytest.raises(DataError, match="cannot be drawn") as error:
        compose(build_incident(()), theme="memeops", language="zh", style=Style(template=template))
    assert "it needs: " in error.value.why


@pytest.mark.parametrize("numbers", [{"needed": "many"}, {"growth": "x", "best": 1}, {"minimum": "low", "status": 1}, {"needed": 1e308}])
@pytest.mark.parametrize("template", ["inconclusive", "taikula", "boba-confusion"])
def test_numbers_of_the_wrong_kind__a_picture_or_a_clear_error(numbers: dict[str, float | str], template: str) -> None:
    record = RecordBuilder(real.REVIEWS, real.REVIEWS_C4, findings=(Finding("inconclusive", Priority.P2, {**numbers}),)).build()
    try:
        picture, _ = compose(record, theme="memeops", language="both", style=Style(template=template))
    except DataError as error:
        assert "cannot be drawn from this record" in error.what  # noqa: PT017 (either is right)
    else:
        ElementTree.fromstring(picture.svg)  # noqa: S314 (our own markup)


def test_cells_beyond_the_labels__are_not_counted() -> None:
    import msgspec

    from memeci.records import ConfusionCell

    record = RecordBuilder(real.REVIEWS, real.REVIEWS_C4, outcome=Outcome.HELD).build()
    assert record.confusion is not None
    cells = (*record.confusion.cells, ConfusionCell(7, 0, 5, 5), ConfusionCell(0, 10**9, 5, 5))
    odd = msgspec.structs.replace(record, confusion=msgspec.structs.replace(record.confusion, cells=cells))
    assert compose(odd, theme="memeops", language="zh", style=Style(template="boba-confusion"))[0].svg.count('class="pearl"') == 4


def test_points_beyond_all_numbers__a_clear_error_or_a_picture() -> None:
    import msgspec

    from memeci.records import RocCurve

    wild = RocCurve(((0.0, 0.0), (1e308, -1e308), (1.0, 1.0)))
    record = msgspec.structs.replace(full_evaluation(), roc=wild)
    try:
        draw(record, theme="memeops", language="zh", style=Style(template="roc-boba"))
    except DataError as error:
        assert "roc-boba" in error.what  # noqa: PT017 (either is right)


def test_users_template_with_a_mistake__says_the_line(tmp_path: Path) -> None:
    (tmp_path / "theme.yml").write_text("extends: memeops\n", encoding="utf-8")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "meme.yml").write_bytes((FOLDER / "poster" / "meme.yml").read_bytes())
    (tmp_path / "mine" / "template.svg.j2").write_text(
        '{% extends "_base.svg.j2" %}\n\n{% block still %}{{ 1 + }}{% endblock %}', encoding="utf-8"
    )
    with pytest.raises(ConfigError, match="line 3"):
        compose(full_evaluation(), theme=tmp_path, language="zh", style=Style(template="mine"))


@pytest.mark.parametrize("source", ["{{ pen.__class__.__mro__ }}", "{{ nothing.here }}", "{{ scene.log.append(1) }}"])
def test_users_template_that_reaches_too_far__is_refused(tmp_path: Path, source: str) -> None:
    (tmp_path / "theme.yml").write_text("extends: memeops\n", encoding="utf-8")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "meme.yml").write_bytes((FOLDER / "poster" / "meme.yml").read_bytes())
    (tmp_path / "mine" / "template.svg.j2").write_text(
        '{% extends "_base.svg.j2" %}{% block still %}' + source + "{% endblock %}", encoding="utf-8"
    )
    with pytest.raises(DataError, match="cannot be drawn"):
        compose(full_evaluation(), theme=tmp_path, language="zh", style=Style(template="mine"))
