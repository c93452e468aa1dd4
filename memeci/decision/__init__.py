"""Paired change → interval → family-wise decision → verdict. Knows no metric. Pure."""

from memeci.decision.decide import Decided, decide, decide_incomparable
from memeci.decision.power import compute_power, detectable_effect, required_examples
from memeci.decision.verdict import is_failure

__all__ = ["Decided", "compute_power", "decide", "decide_incomparable", "detectable_effect", "is_failure", "required_examples"]
