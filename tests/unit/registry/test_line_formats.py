"""How the line of releases is shown: sparklines, Markdown, ranks."""

from __future__ import annotations

import pytest

from memeci.cli.history import format_markdown, format_sparkline
from memeci.cli.leaderboard import THEMES, is_loss, rank
from memeci.records import ReleaseSummary, Status


def summary(version: str, value: float | None, status: Status = Status.PASS) -> ReleaseSummary:
    return ReleaseSummary(version, status, {"accuracy": value}, None, f"2026-01-0{version[0]}")


@pytest.mark.parametrize(
    ("values", "expected"),
    [([], ""), ([0.5], "▄"), ([1, 1], "▄▄"), ([0, 1], "▁█"), ([0, None, 7], "▁ █"), ([0, 1, 2, 3, 4, 5, 6, 7], "▁▂▃▄▅▆▇█"), ([None], " ")],
)
def test_a_sparkline__has_one_bar_per_value(values: list[float | None], expected: str) -> None:
    assert expected == format_sparkline(values)


def test_markdown__keeps_outside_text_inside_its_cell() -> None:
    text = format_markdown("a|b <img> @all", [ReleaseSummary("1.0.0", Status.PASS, {"m|<x>": None})])
    assert text.splitlines()[0] == "**a\\|b &lt;img> &#64;all**"
    assert "| m\\|&lt;x> |" in text
    assert text.splitlines()[-1] == "| v1.0.0 | – | pass | – |"


def test_a_loss__is_ranked_from_the_lowest() -> None:
    assert [is_loss(name) for name in ("log_loss", "rmse", "accuracy", "a metric of mine")] == [True, True, False, False]


def test_equal_values__share_a_rank_and_the_older_stands_above() -> None:
    lines = {"a": [summary("1.0.0", 0.5), summary("3.0.0", 0.9)], "b": [summary("2.0.0", 0.9), summary("4.0.0", None)]}
    places = rank(lines, "accuracy", THEMES["memeops"], lower=False)
    assert [(place.rank, place.version) for place in places] == [(1, "2.0.0"), (1, "3.0.0"), (3, "1.0.0")]
    assert [place.rank for place in rank(lines, "accuracy", THEMES["memeops"], lower=True)] == [1, 2, 2]


def test_the_kitchen__recommends_the_best_and_names_a_forced_release() -> None:
    lines = {"a": [summary("1.0.0", 0.5, Status.FAIL), summary("2.0.0", 0.9)]}
    assert [place.remark for place in rank(lines, "accuracy", THEMES["kitchen"], lower=False)] == ["主厨推荐", "糊锅硬上"]
