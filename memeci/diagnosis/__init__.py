"""An evaluation, a training curve or a crash → findings, the most urgent first. Pure: reads no file, draws nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memeci.diagnosis.evaluation import diagnose
from memeci.diagnosis.rule import PRIORITIES, Rule
from memeci.lazy_names import load_from

if TYPE_CHECKING:
    from memeci.diagnosis.curve import diagnose_curve
    from memeci.diagnosis.incident import diagnose_crash, diagnose_failure
    from memeci.diagnosis.rules import RULES, describe

__all__ = ["PRIORITIES", "RULES", "Rule", "describe", "diagnose", "diagnose_crash", "diagnose_curve", "diagnose_failure"]

_HOMES = {"RULES": "rules", "describe": "rules", "diagnose_crash": "incident", "diagnose_curve": "curve", "diagnose_failure": "incident"}

# Most runs evaluate, and neither crash nor look at a curve.
__getattr__ = load_from(__name__, _HOMES)
