"""docs/findings.md says what the rules say."""

from __future__ import annotations

from pathlib import Path

import pytest

from memeci.diagnosis import RULES

PAGE = (Path(__file__).parents[3] / "docs" / "findings.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", RULES)
def test_page_has_the_rule_as_it_is(kind: str) -> None:
    rule = RULES[kind]
    for part in (f"### `{kind}` · {rule.priority.value}", rule.measures, rule.threshold, rule.sentence.en, rule.sentence.zh):
        assert part in PAGE
