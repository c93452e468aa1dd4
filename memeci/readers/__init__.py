"""From a file, a folder or a glob to a relation: which files, which format, which column plays which part. Knows no engine."""

from memeci.readers.columns import list_candidates, require_parts, resolve_columns
from memeci.readers.opening import READERS, open_predictions
from memeci.readers.reader import Reader

__all__ = ["READERS", "Reader", "list_candidates", "open_predictions", "require_parts", "resolve_columns"]
