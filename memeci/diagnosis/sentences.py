"""Numbers filled into sentences: ``{name}`` or ``{name:rate}``. Plain names only, so a sentence from outside can reach nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping

from memeci.formatting import NOTHING, format_count, format_delta, format_value
from memeci.records import Unit

Number = float | int | str | None
_FIELD = re.compile(r"\{(\w+)(?::(\w+))?\}")
SPECS = ("rate", "number", "pp", "count", "value", "change", "times")


def fill(sentence: str, numbers: Mapping[str, Number]) -> str:
    """Return ``sentence`` with its fields replaced.

    rate     0.912 as 91.2%          pp      a change of a rate, −7.9 pp
    number   four significant digits count   3592 as 3,592
    value    a metric's value and `change` its change, by the unit named in ``numbers["unit"]``
    times    2.04 as 2.0×

    Raises KeyError with the name of a field that is not in ``numbers`` or of a format that does not exist.
    """
    return _FIELD.sub(lambda match: _format_field(numbers[match[1]], match[2] or "", numbers), sentence)


def strip_fields(sentence: str) -> str:
    """Return the words of a sentence alone."""
    return _FIELD.sub("", sentence)


def find_fields(sentence: str) -> tuple[tuple[str, str], ...]:
    """Return the (name, format) pairs of a sentence; the format is "" where none is given."""
    return tuple((match[1], match[2] or "") for match in _FIELD.finditer(sentence))


def _format_field(value: Number, spec: str, numbers: Mapping[str, Number]) -> str:
    if value is None or isinstance(value, str):
        return NOTHING if value is None else value
    unit = Unit.NUMBER if numbers.get("unit") == Unit.NUMBER.value else Unit.RATE
    return {
        "rate": lambda: format_value(value, Unit.RATE),
        "pp": lambda: format_delta(value, Unit.RATE),
        "value": lambda: format_value(value, unit),
        "change": lambda: format_delta(value, unit),
        "times": lambda: f"{value:.1f}×",
        "count": lambda: format_count(round(value)),
        "number": lambda: format_value(value, Unit.NUMBER),
        "": lambda: _format_plain(value),
    }[spec]()


def _format_plain(value: float) -> str:
    """Return a whole number as such (a step, a count), any other with four significant digits."""
    return format_count(int(value)) if float(value).is_integer() and abs(value) < 1e15 else format_value(value, Unit.NUMBER)
