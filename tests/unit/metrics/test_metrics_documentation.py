"""docs/metrics.md names every metric, what it cannot do, which way is better, and which ones are defaults."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from memeci.measuring.array_part import WEIGHTS_UNKNOWN
from memeci.measuring.part import NOT_IN_BASELINE
from memeci.metrics import METRICS, Metric
from memeci.metrics.selection import DEFAULTS
from memeci.records import Direction

TEXT = (Path(__file__).parents[3] / "docs" / "metrics.md").read_text(encoding="utf-8")
ROWS = {found[1]: found[0] for found in re.finditer(r"^\| `(\w+)`.*$", TEXT, re.MULTILINE)}


@pytest.mark.parametrize("metric", METRICS, ids=lambda m: m.name)
def test_every_metric_is_documented(metric: Metric) -> None:
    row = ROWS[metric.name]
    assert row.endswith(f"| {metric.undefined} |")
    assert ("↓" in row) == (metric.direction is Direction.LOWER)
    assert ("●" in row) == any(metric.name in names for names in DEFAULTS.values())


def test_nothing_else_is_documented() -> None:
    assert set(ROWS) == {m.name for m in METRICS}


@pytest.mark.parametrize("reason", [NOT_IN_BASELINE, WEIGHTS_UNKNOWN, "all weights are 0", "there are no examples"])
def test_every_common_reason_is_documented(reason: str) -> None:
    assert reason in " ".join(TEXT.split())
