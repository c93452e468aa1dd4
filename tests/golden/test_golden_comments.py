"""Whole comments as they are posted. `pytest tests/golden --update-golden` writes them anew; read the diff."""

from __future__ import annotations

from pathlib import Path

import pytest

from memeci.report import PictureLink, render_comment
from tests.builders.evaluations import failing, first_run, judged, many_classes, passing, regression

CASES = {
    "failing_both": (failing, "both"),
    "failing_zh": (failing, "zh"),
    "passing_en": (passing, "en"),
    "first_run_both": (first_run, "both"),
    "many_classes_en": (many_classes, "en"),
    "judged_both": (judged, "both"),
    "regression_zh": (regression, "zh"),
}


@pytest.mark.parametrize("name", CASES)
def test_comment_reads_as_agreed(name: str, request: pytest.FixtureRequest) -> None:
    build, language = CASES[name]
    picture = PictureLink("confusion matrix as boba tea", "https://x.example/a.png", "")
    text = render_comment(build(), language=language, picture=picture)  # type: ignore[arg-type]
    path = Path(__file__).parent / f"{name}.md"
    if request.config.getoption("--update-golden"):
        path.write_text(text, encoding="utf-8")

    assert text == path.read_text(encoding="utf-8")
