"""The story of one run, in order: evaluate. Only calls and passes on; no click, no environment."""

from memeci.pipeline.evaluate import Evaluated, Request, evaluate

__all__ = ["Evaluated", "Request", "evaluate"]
