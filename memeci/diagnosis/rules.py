"""Every rule by its kind, and findings in the words of their rules. A new rule is one entry in the table of its subject."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from memeci.diagnosis.curve import CURVE_RULES
from memeci.diagnosis.evaluation import EVALUATION_RULES
from memeci.diagnosis.incident import FAILURE_RULES, INCIDENT_RULES
from memeci.diagnosis.rule import Rule
from memeci.diagnosis.sentences import fill
from memeci.records import Finding, Text

_ALL: tuple[Rule[Any], ...] = (*EVALUATION_RULES, *CURVE_RULES, *INCIDENT_RULES, *FAILURE_RULES)
RULES: dict[str, Rule[Any]] = {rule.kind: rule for rule in _ALL}


def describe(finding: Finding, rules: Mapping[str, Rule[Any]] = RULES) -> Text:
    """Return the finding as one line in both languages; its kind where no rule of that name exists (a newer record)."""
    rule = rules.get(finding.kind)
    if rule is None:
        return Text(en=finding.kind, zh=finding.kind)
    try:
        return Text(en=fill(rule.sentence.en, finding.numbers), zh=fill(rule.sentence.zh, finding.numbers))
    except KeyError:
        return Text(en=finding.kind.replace("_", " "), zh=finding.kind.replace("_", " "))
