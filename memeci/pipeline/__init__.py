"""The story of one run, in order: evaluate, publish, release. Only calls and passes on; no click, no environment.

What publishes and releases is imported from its own module: an evaluation needs neither.
"""

from memeci.pipeline.evaluate import Evaluated, Request, evaluate
from memeci.pipeline.incident import CrashError
from memeci.pipeline.picture import Drawn, draw_record

__all__ = [
    "CrashError",
    "Drawn",
    "Evaluated",
    "Request",
    "draw_record",
    "evaluate",
]
