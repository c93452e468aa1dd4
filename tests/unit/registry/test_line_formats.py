"""How the line of releases is shown: sparklines, Markdown, ranks."""

from __future__ import annotations

import pytest

from memeci.cli.history import History, _print_table, format_markdown, format_sparkline
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
    text = format_markdown(History("a|b <img> @all", [ReleaseSummary("1.0.0", Status.PASS, {"m|<x>": None})]))
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


def test_the_table__shows_the_metrics_that_fit_whole_and_counts_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    values = dict.fromkeys(("accuracy", "macro_f1", "roc_auc", "average_precision", "expected_calibration_error"), 0.5)
    lines = [ReleaseSummary(version, Status.NO_BASELINE, values, None, "2026-01-01") for version in ("1.0.0", "1.1.0")]
    monkeypatch.setenv("COLUMNS", "80")
    _print_table(History("reviews", lines))
    out, err = capsys.readouterr()
    assert [line.split() for line in out.splitlines() if "version" in line or "v1.1.0" in line] == [
        ["version", "date", "verdict", "accuracy", "macro_f1", "roc_auc"],
        ["v1.1.0", "2026-01-01", "no", "baseline", "50.0%", "50.0%", "50.0%"],
    ]
    assert err == "2 more metrics do not fit here: --md or --json shows all.\n"
