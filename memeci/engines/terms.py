"""Terms of metrics as SQL over the pair: which columns the placeholders stand for on one side."""

from __future__ import annotations

import re

import msgspec

_WRONG_LABELS = "cast(len(y) + len({0}) - 2 * len(list_intersect(y, {0})) as double)"


class TermSide(msgspec.Struct, frozen=True):
    """Fills the placeholders of a term for one side: ``{prediction}``, ``{number:NAME}`` … ``prefix`` is b or c."""

    prefix: str
    numbers: tuple[str, ...]
    label_centre: float = 0.0
    prediction_centre: float = 0.0

    def fill(self, term: str) -> str:
        prediction = f"{self.prefix}_prediction"
        fields = {
            "label": "y",
            "prediction": prediction,
            "label_probability": f"{self.prefix}_label_probability",
            "square_sum": f"{self.prefix}_square_sum",
            "label_centre": f"{self.label_centre!r}::double",
            "prediction_centre": f"{self.prediction_centre!r}::double",
            "exact_match": f"case when y = {prediction} then 1.0 else 0.0 end",
            "wrong_labels": _WRONG_LABELS.format(prediction),
        }
        fields |= {f"number:{name}": f"{self.prefix}_n{i}" for i, name in enumerate(self.numbers)}
        # The longest name first: a column of the user's may hold braces, too.
        for name in sorted(fields, key=len, reverse=True):
            term = term.replace(f"{{{name}}}", fields[name])
        return term


def mentions_only(sql: str, columns: frozenset[str]) -> bool:
    """Return whether the pair has every column of a side that a filled term names."""
    return all(name in columns for name in re.findall(r"\b[bc]_\w+", sql))
