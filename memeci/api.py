"""The Python API, for notebooks and pytest: ``memeci.evaluate(candidate, baseline=…) -> Evaluation``."""

from __future__ import annotations

from memeci.records import Evaluation


def evaluate(candidate: str, *, baseline: str = "latest") -> Evaluation:
    raise NotImplementedError
