"""The story of one run, in order: evaluate, publish. Only calls and passes on; no click, no environment."""

from memeci.pipeline.evaluate import Evaluated, Request, evaluate
from memeci.pipeline.publish import Drawn, Published, Show, load_artifact, load_record, publish, write_request_note

__all__ = [
    "Drawn",
    "Evaluated",
    "Published",
    "Request",
    "Show",
    "evaluate",
    "load_artifact",
    "load_record",
    "publish",
    "write_request_note",
]
