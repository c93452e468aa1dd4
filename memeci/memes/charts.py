"""A training curve → points between 0 and 1, thinned to what a picture can show, with the numbers at its axes."""

from __future__ import annotations

import msgspec

from memeci.diagnosis.curve import find_points
from memeci.formatting import format_value
from memeci.records import Curve, Unit

MAX_POINTS = 60
CEILING = 1.5  # values above this many times the first ones leave the picture through its roof


class Mark(msgspec.Struct, frozen=True):
    """One point: ``x``, ``y`` between 0 and 1 (y up), the true numbers beside, ``clipped`` where it left through the roof."""

    x: float
    y: float
    step: float
    value: float
    clipped: bool


class Series(msgspec.Struct, frozen=True):
    name: str
    marks: tuple[Mark, ...]


class Chart(msgspec.Struct, frozen=True):
    """``broke`` is where (x, 0–1) a series became NaN; the series is ``broke_name``."""

    series: tuple[Series, ...]
    low_text: str
    high_text: str
    first_step: str
    last_step: str
    broke: float | None
    broke_name: str

    def find(self, name: str) -> Series | None:
        return next((s for s in self.series if s.name == name), None)


def build_chart(curve: Curve, names: tuple[str, ...] = ("loss", "val_loss")) -> Chart | None:
    """Return the chart of the loss series, of the first series there is where there is none; None where all is NaN and unknown."""
    present = [n for n in names if n in curve.series and (find_points(curve, n) or n in curve.broke_at)]
    present = present or [n for n in curve.series if n != "learning_rate" and find_points(curve, n)][:1]
    points = {n: find_points(curve, n) for n in present}
    values = [v for series in points.values() for _, v in series]
    if not present or not curve.steps:
        return None
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    roof = _find_roof(points, high)
    first, last = curve.steps[0], curve.steps[-1]
    broken = [(curve.broke_at[n], n) for n in present if n in curve.broke_at]
    broke, name = min(broken) if broken else (None, "")
    series = tuple(Series(n, tuple(_build_mark(p, first, last, low, roof) for p in _thin(points[n]))) for n in present)
    return Chart(
        series,
        format_value(low, Unit.NUMBER),
        format_value(roof, Unit.NUMBER),
        f"{first:g}",
        f"{last:g}",
        _share(broke, first, last) if broke is not None else None,
        name,
    )


def _find_roof(points: dict[str, list[tuple[float, float]]], high: float) -> float:
    """Return the highest value drawn to scale: a blown-up tail must not press the rest of the curve flat."""
    firsts = [max(v for _, v in series[: max(1, len(series) // 3)]) for series in points.values() if series]
    roof = CEILING * max(firsts, default=high)
    return min(high, roof) if roof > 0 else high


def _thin(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    if len(points) <= MAX_POINTS:
        return points
    last = len(points) - 1
    return [points[round(i * last / (MAX_POINTS - 1))] for i in range(MAX_POINTS)]


def _build_mark(point: tuple[float, float], first: float, last: float, low: float, roof: float) -> Mark:
    step, value = point
    y = _share(value, low, roof)
    return Mark(_share(step, first, last), min(y, 1.0), step, value, y > 1.0)


def _share(value: float, low: float, high: float) -> float:
    return (value - low) / (high - low) if high > low else 0.5
