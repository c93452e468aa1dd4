"""Numbers as people read them. The one place that turns a float into text, so that no "+7.000000000000001pp" is ever shown."""

from __future__ import annotations

import math

from memeci.records import Unit

MINUS = "−"
NOTHING = "–"


def format_value(value: float | None, unit: Unit) -> str:
    """Return 89.6 % as "89.6%" for a rate, four significant digits for a number, a dash for None."""
    if value is None or not math.isfinite(value):
        return NOTHING
    if unit is Unit.RATE:
        return f"{_fixed(value * 100, 1)}%"
    return _significant(value)


def format_delta(value: float | None, unit: Unit, *, with_unit: bool = True) -> str:
    """Return a change with its sign: "+0.4 pp" for a rate, "−3.2" for a number; "0.0 pp" has no sign."""
    if value is None or not math.isfinite(value):
        return NOTHING
    if unit is Unit.RATE:
        percent_points = value * 100
        decimals = 1 if abs(percent_points) >= 0.05 or percent_points == 0 else 2
        return _signed(percent_points, _fixed(abs(percent_points), decimals)) + (" pp" if with_unit else "")
    return _signed(value, _significant(abs(value)))


def format_interval(low: float | None, high: float | None, unit: Unit) -> str:
    """Return "[−5.1, −1.3]"; a dash where there is no interval.

    Both ends of a number have the decimals that give the larger one three significant digits: "[+0.097, +0.129]".
    """
    if low is None or high is None:
        return NOTHING
    decimals = _decimals_of(low, high, unit)
    if decimals is not None:
        return f"[{', '.join(_signed(end, _fixed(abs(end), decimals)) for end in (low, high))}]"
    return f"[{format_delta(low, unit, with_unit=False)}, {format_delta(high, unit, with_unit=False)}]"


def format_change(delta: float | None, low: float | None, high: float | None, unit: Unit) -> str:
    """Return a change with the decimals of its interval: a digit that the interval does not know says nothing."""
    if delta is None or low is None or high is None or not math.isfinite(delta) or (decimals := _decimals_of(low, high, unit)) is None:
        return format_delta(delta, unit)
    return _signed(delta, _fixed(abs(delta), decimals))


def format_p(value: float | None) -> str:
    if value is None:
        return NOTHING
    return "<0.001" if value < 0.001 else f"{value:.3f}"


def format_count(value: int) -> str:
    """Return 3592 as "3,592"."""
    return f"{value:,}"


def format_text(text: str, limit: int) -> str:
    """Return outside text on one line, without control characters, cut to ``limit`` characters with an ellipsis."""
    line = "".join(c if c.isprintable() else " " for c in text[: limit + 1])
    return line if len(line) <= limit else line[: limit - 1] + "…"


def format_slice(key: dict[str, str | None] | tuple[tuple[str, str | None], ...]) -> str:
    """Return "platform=ios, lang=zh"; "" for all examples. Values are outside text: escape the result where it is shown."""
    pairs = key.items() if isinstance(key, dict) else key
    return ", ".join(f"{column}={'∅' if value is None else value}" for column, value in pairs)


def _decimals_of(low: float, high: float, unit: Unit) -> int | None:
    """Return the decimals that give the larger end of a number's interval three significant digits; None for rates and extremes."""
    largest = max(abs(low), abs(high))
    return max(0, 2 - math.floor(math.log10(largest))) if unit is Unit.NUMBER and 1e-4 <= largest < 1e6 else None


def _signed(value: float, digits: str) -> str:
    if not any(c in "123456789" for c in digits):
        return digits
    return (MINUS if value < 0 else "+") + digits


def _fixed(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    return text.replace("-", MINUS) if any(c in "123456789" for c in text) else text.lstrip("-")


def _significant(value: float) -> str:
    if value == 0:
        return "0"
    magnitude = math.floor(math.log10(abs(value)))
    if magnitude >= 6 or magnitude < -4:
        return f"{value:.3e}".replace("-", MINUS)
    return _fixed(value, max(0, 3 - magnitude))
