"""A first look at labels and predictions: lists, numbers, or classes?"""

from __future__ import annotations

import msgspec

from memeci.engines.engine import Engine
from memeci.engines.quoting import quote_name
from memeci.relation import FileFormat, Input


class Profile(msgspec.Struct, frozen=True):
    """``numeric``: labels and predictions are numbers; ``fractional``: and not all of them whole."""

    lists: bool
    numeric: bool
    fractional: bool


def profile_labels(engine: Engine, file: Input) -> Profile:
    """Return what labels and predictions look like. Reads values only where types leave it open."""
    kinds = file.kinds
    parts = [part for part in (file.columns.label, file.columns.prediction) if part is not None]
    found = {kinds[part] for part in parts}
    if "list" in found:
        return Profile(lists=True, numeric=False, fractional=False)
    untyped = file.relation.format is FileFormat.DELIMITED
    if not parts or "boolean" in found or ("text" in found and not untyped):
        return Profile(lists=False, numeric=False, fractional=False)
    if found == {"integer"}:
        return Profile(lists=False, numeric=True, fractional=False)
    values = [f"try_cast({quote_name(part)} as double)" for part in parts]
    numeric = " and ".join(f"({v} is not null or {quote_name(p)} is null)" for v, p in zip(values, parts, strict=True))
    # Infinity and NaN say "a number to predict", too: trunc() leaves them as they are.
    fractional = " or ".join(f"{v} <> trunc({v}) or isnan({v}) or isinf({v})" for v in values)
    row = engine.fetch_rows(f"select bool_and({numeric}), bool_or({fractional}) from {engine.scan(file.relation)}")[0]
    return Profile(lists=False, numeric=bool(row[0]), fractional=bool(row[1]))
