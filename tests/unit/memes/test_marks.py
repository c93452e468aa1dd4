"""What is drawn is the data: positions, counts, sizes and colours, read back from the SVG."""

from __future__ import annotations

import pytest

from memeci.records import Outcome
from tests.builders import records as real
from tests.builders.records import RecordBuilder, build_history
from tests.unit.memes.pictures import (
    BINS,
    EXPLODED,
    OVERFIT,
    PUN,
    ROC,
    crashed,
    draw_svg,
    exploded,
    find_marks,
    full_evaluation,
    number,
    overfit,
)

FILLS = {"tp": "url(#pearl-tp)", "fp": "url(#pearl-fp)", "fn": "url(#pearl-fn)", "tn_hit": "url(#pearl-tn)", "tn_miss": "url(#pearl-tn)"}


def test_boba__a_pearl_for_each_cell_with_its_count() -> None:
    pearls = find_marks(draw_svg(full_evaluation(), "boba-confusion"), "pearl")
    assert {(int(number(p, "data-true")), int(number(p, "data-predicted"))): int(number(p, "data-count")) for p in pearls} == {
        (0, 0): 2329,
        (0, 1): 65,
        (1, 0): 527,
        (1, 1): 671,
    }


def test_boba__rows_go_down_and_columns_go_right() -> None:
    at = {(p.get("data-true"), p.get("data-predicted")): p for p in find_marks(draw_svg(full_evaluation(), "boba-confusion"), "pearl")}
    assert number(at["0", "0"], "cx") < number(at["0", "1"], "cx")
    assert number(at["0", "0"], "cy") < number(at["1", "0"], "cy")


def test_boba__areas_are_as_counts_where_a_pearl_is_larger_than_the_smallest() -> None:
    pearls = {p.get("data-role"): p for p in find_marks(draw_svg(full_evaluation(), "boba-confusion"), "pearl")}
    assert pytest.approx(number(pearls["tp"], "r") / number(pearls["tn_hit"], "r"), rel=0.01) == (671 / 2329) ** 0.5


def test_boba__roles_have_their_colours_and_the_totals_their_numbers() -> None:
    svg = draw_svg(full_evaluation(), "boba-confusion")
    assert all(FILLS[str(p.get("data-role"))] == p.get("fill") for p in find_marks(svg, "pearl"))
    totals = {t.get("data-name"): int(number(t, "data-count")) for t in find_marks(svg, "total")}
    assert totals == {"TP": 671, "TN": 2329, "FP": 65, "FN": 527}


def test_boba__the_six_worst_of_ten_classes_and_totals_of_all() -> None:
    record = RecordBuilder(real.DIGITS_LR, real.DIGITS_SVC, real.DIGITS, outcome=Outcome.REGRESSED).build()
    svg = draw_svg(record, "boba-confusion", language="en")
    assert len(find_marks(svg, "pearl")) == 36
    totals = {t.get("data-name"): int(number(t, "data-count")) for t in find_marks(svg, "total")}
    assert sum(totals.values()) == 719
    assert any("the worst 6 of 10 classes" in (text.text or "") for text in svg.iter())


def test_curve__marks_are_affine_in_step_and_value() -> None:
    marks = [m for m in find_marks(draw_svg(overfit(), "toaster"), "mark") if m.get("data-series") == "val_loss"]
    assert [number(m, "data-value") for m in marks] == list(OVERFIT.series["val_loss"])
    assert_affine([(number(m, "data-step"), number(m, "cx")) for m in marks], rising=True)
    assert_affine([(number(m, "data-value"), number(m, "cy")) for m in marks], rising=False)


def test_exploding_curve__the_star_is_at_the_step_that_became_nan() -> None:
    svg = draw_svg(exploded(), "loss-explodes")
    (star,) = find_marks(svg, "explosion")
    assert pytest.approx(number(star, "data-x"), abs=0.001) == 20 / 21
    assert len(find_marks(svg, "mark")) == len([v for v in EXPLODED.series["loss"] if v is not None])
    assert any(text.text == "NaN!" for text in svg.iter())


def test_roc__a_pearl_for_each_point() -> None:
    pearls = find_marks(draw_svg(full_evaluation(), "roc-boba"), "pearl")
    assert list(ROC.candidate) == [(number(p, "data-fpr"), number(p, "data-tpr")) for p in pearls]
    assert_affine([(number(p, "data-fpr"), number(p, "cx")) for p in pearls], rising=True)
    assert_affine([(number(p, "data-tpr"), number(p, "cy")) for p in pearls], rising=False)


def test_pudding__custard_is_as_high_as_the_rate() -> None:
    svg = draw_svg(full_evaluation(), "pudding")
    heights = [number(rect, "height") for rect in find_marks(svg, "rate")]
    assert len(heights) == len(BINS)
    assert_affine([(b.rate or 0.0, height) for b, height in zip(BINS, heights, strict=True)], rising=True)


def test_pudding__caramel_only_where_the_score_promised_more() -> None:
    gaps = [element.tag.rpartition("}")[2] for element in find_marks(draw_svg(full_evaluation(), "pudding"), "gap")]
    assert gaps == ["path", "rect", "rect", "rect", "rect"]


@pytest.mark.parametrize("template", ["before-after", "wanted"])
def test_bars_are_as_long_as_their_values(template: str) -> None:
    bars = find_marks(draw_svg(full_evaluation(), template), "bar")
    before, after = bars[0], bars[1]
    assert number(after, "data-value") / number(before, "data-value") == pytest.approx(
        number(after, "width") / number(before, "width"), rel=0.01
    )


def test_inconclusive__bars_compare_what_there_is_with_what_it_takes() -> None:
    record = RecordBuilder(real.REVIEWS, real.REVIEWS_C4, outcome=Outcome.INCONCLUSIVE, detectable=0.0126).build()
    have, needed = find_marks(draw_svg(record, "inconclusive"), "bar")
    assert number(have, "data-value") == 3592
    assert number(have, "width") / number(needed, "width") == pytest.approx(3592 / number(needed, "data-value"), rel=0.02)


def test_hairline__one_grows_with_every_pass_and_two_fall_with_a_failure() -> None:
    releases = find_marks(draw_svg(full_evaluation(), "hairline"), "release")
    assert [r.get("data-version") for r in releases] == ["v1.0.0", "v1.1.0", "v1.2.0", "v1.3.0", "now"]
    assert [int(number(r, "data-hair")) for r in releases] == [6, 7, 5, 6, 4]


def test_hairline_without_a_history__the_baseline_stands_for_it() -> None:
    releases = find_marks(draw_svg(RecordBuilder(real.REVIEWS_C4, real.REVIEWS).build(), "hairline"), "release")
    assert [r.get("data-version") for r in releases] == ["reviews@v1.2.0", "now"]


def test_hairline__better_is_higher_also_where_lower_is_better() -> None:
    from memeci.memes.scene import build_past
    from memeci.records import Direction, Unit
    from tests.builders.records import comparison

    record = RecordBuilder(real.REVIEWS_C4, real.REVIEWS).build()
    rmse = comparison("rmse", 177, Outcome.HELD, 63.0, 59.0, direction=Direction.LOWER, unit=Unit.NUMBER)
    before, now = build_past(record, rmse)
    assert now.share - before.share == pytest.approx(4 / 6.1)


def test_nothing_to_compare_with__no_hairline() -> None:
    from memeci.memes.drawing import compose

    assert compose(RecordBuilder(real.REVIEWS, None).build(), theme="memeops", language="zh")[0].template == "celebration"


def test_latte__foam_is_whiter_where_there_are_more_examples() -> None:
    cells = find_marks(draw_svg(full_evaluation(), "latte"), "cell")
    by_count = sorted(cells, key=lambda cell: number(cell, "data-count"))
    opacities = [number(cell, "fill-opacity") for cell in by_count]
    assert sorted(opacities) == opacities
    assert opacities[-1] == 1.0


@pytest.mark.parametrize(("before", "loaves"), [(0, 1), (3, 4), (8, 9), (9, 1)])
def test_shelf__a_loaf_for_each_release_in_a_row(before: int, loaves: int) -> None:
    record = RecordBuilder(real.REVIEWS_C4, real.REVIEWS, history=build_history([0.9] * before)).build()
    assert len(find_marks(draw_svg(record, "shelf"), "loaf")) == loaves


def test_container__carries_the_reading_and_the_tag() -> None:
    svg = draw_svg(full_evaluation(), "container-pun")
    assert [PUN.hanzi] == [e.get("data-text") for e in find_marks(svg, "hanzi")]
    assert [PUN.tag] == [e.get("data-text") for e in find_marks(svg, "tag")]


def test_crash__shows_the_last_lines_of_the_log() -> None:
    lines = [e.get("data-line") for e in find_marks(draw_svg(crashed(), "crash"), "log")]
    assert lines[-1] == "RuntimeError: shapes do not match"


def test_limit__lies_right_of_a_bar_that_misses_it() -> None:
    from memeci.records import Status
    from tests.builders.records import comparison
    from tests.unit.memes.pictures import with_findings

    floor = comparison("macro_f1", 3592, Outcome.BELOW_FLOOR, 0.79, 0.774, minimum=0.8)
    record = with_findings(RecordBuilder(real.REVIEWS_C4, real.REVIEWS, status=Status.FAIL, extra=(floor,)).build())
    svg = draw_svg(record, "taikula")
    (bar,), (limit,) = find_marks(svg, "bar"), find_marks(svg, "limit")
    assert (number(bar, "data-value"), number(limit, "data-value")) == (0.774, 0.8)
    assert number(bar, "x") + number(bar, "width") < float(str(limit.get("d"))[1:].split()[0])


def assert_affine(pairs: list[tuple[float, float]], *, rising: bool) -> None:
    """Assert that the second number is an affine function of the first, to a tenth of a pixel."""
    (x0, y0), (x1, y1) = min(pairs), max(pairs)
    slope = (y1 - y0) / (x1 - x0)
    assert (slope > 0) is rising
    assert all(abs(y0 + slope * (x - x0) - y) < 0.15 for x, y in pairs)
