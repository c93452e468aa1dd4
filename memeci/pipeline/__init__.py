"""The story of one run, in order: evaluate, publish, release. Only calls and passes on; no click, no environment.

What publishes, releases and tells of a crash is imported from its own module: most evaluations need none of them.
"""

from memeci.pipeline.evaluate import Evaluated, Request, evaluate
from memeci.pipeline.picture import Drawn, draw_record

__all__ = [
    "Drawn",
    "Evaluated",
    "Request",
    "draw_record",
    "evaluate",
]
