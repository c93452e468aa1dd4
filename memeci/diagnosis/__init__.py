"""An evaluation, a training curve or a crash → findings, the most urgent first. Pure: reads no file, draws nothing."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from memeci.diagnosis.evaluation import diagnose
from memeci.diagnosis.rule import PRIORITIES, Rule

if TYPE_CHECKING:
    from memeci.diagnosis.curve import diagnose_curve
    from memeci.diagnosis.incident import diagnose_crash
    from memeci.diagnosis.rules import RULES, describe

__all__ = ["PRIORITIES", "RULES", "Rule", "describe", "diagnose", "diagnose_crash", "diagnose_curve"]

_HOMES = {"RULES": "rules", "describe": "rules", "diagnose_crash": "incident", "diagnose_curve": "curve"}


def __getattr__(name: str) -> Any:
    # Most runs evaluate, and neither crash nor look at a curve.
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(importlib.import_module(f"memeci.diagnosis.{_HOMES[name]}"), name)
