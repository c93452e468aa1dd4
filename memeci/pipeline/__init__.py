"""The story of one run, in order: evaluate, publish, release. Only calls and passes on; no click, no environment."""

from memeci.pipeline.evaluate import Evaluated, Request, evaluate
from memeci.pipeline.incident import CrashError
from memeci.pipeline.picture import Drawn, draw_record
from memeci.pipeline.publish import Published, Show, load_artifact, publish, write_request_note
from memeci.pipeline.release import complete_outputs

__all__ = [
    "CrashError",
    "Drawn",
    "Evaluated",
    "Published",
    "Request",
    "Show",
    "complete_outputs",
    "draw_record",
    "evaluate",
    "load_artifact",
    "publish",
    "write_request_note",
]
