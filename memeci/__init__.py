"""memeci: is this model really better or worse than the last one we tagged?

Importing the package is cheap; the Python API is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from memeci.api import evaluate as evaluate
    from memeci.records import Evaluation as Evaluation

__all__ = ["Evaluation", "__version__", "evaluate"]


def __getattr__(name: str) -> Any:
    if name == "evaluate":
        from memeci.api import evaluate

        return evaluate
    if name == "Evaluation":
        from memeci.records import Evaluation

        return Evaluation
    raise AttributeError(f"module 'memeci' has no attribute {name!r}")
