"""Writes the predictions a release keeps: canonical names, no text, readable by every engine."""

from __future__ import annotations

from pathlib import Path

from memeci.engines.engine import Engine, Table
from memeci.engines.quoting import quote_name
from memeci.relation import find_twins


def write_predictions(engine: Engine, table: Table, path: Path) -> None:
    """Write ids, labels, predictions, scores, probabilities, weights, groups, slices and numbers as parquet, in the file's order."""
    found = table.columns
    parts = [("id", "id")]
    parts += [(name, name) for name in ("label", "prediction", "score", "weight") if getattr(found, name) is not None]
    parts += [("grp", "group")] if found.group is not None else []
    parts += [(f"p{i}", f"prob_{label}") for i, (label, _) in enumerate(found.probabilities)]
    if find_twins(title for _, title in parts):  # Labels such as "A" and "a" cannot both name a column.
        parts = [(sql, title) for sql, title in parts if not title.startswith("prob_")]
    taken = {title.lower() for _, title in parts}
    for prefix, names in (("s", found.slices), ("n", found.numbers)):
        for i, name in enumerate(names):
            if name.lower() not in taken:
                parts.append((f"{prefix}{i}", name))
                taken.add(name.lower())
    listed = ", ".join(f"{sql} as {quote_name(title)}" for sql, title in parts)
    engine.write_parquet(f"select {listed} from {table.view}", path)
