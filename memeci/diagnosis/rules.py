"""Every rule by its kind. A new rule is one entry in the table of its subject."""

from __future__ import annotations

from typing import Any

from memeci.diagnosis.curve import CURVE_RULES
from memeci.diagnosis.evaluation import EVALUATION_RULES
from memeci.diagnosis.incident import INCIDENT_RULES
from memeci.diagnosis.rule import Rule

_ALL: tuple[Rule[Any], ...] = (*EVALUATION_RULES, *CURVE_RULES, *INCIDENT_RULES)
RULES: dict[str, Rule[Any]] = {rule.kind: rule for rule in _ALL}
