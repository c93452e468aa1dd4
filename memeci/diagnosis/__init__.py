"""An evaluation, a training curve or a crash → findings, the most urgent first. Pure: reads no file, draws nothing."""

from memeci.diagnosis.curve import diagnose_curve
from memeci.diagnosis.evaluation import diagnose
from memeci.diagnosis.incident import diagnose_crash
from memeci.diagnosis.rule import PRIORITIES, Rule
from memeci.diagnosis.rules import RULES, describe

__all__ = ["PRIORITIES", "RULES", "Rule", "describe", "diagnose", "diagnose_crash", "diagnose_curve"]
