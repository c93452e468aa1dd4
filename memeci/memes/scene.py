"""A record → what templates draw: counts, shares and points between 0 and 1. Knows no pixels and no colours."""

from __future__ import annotations

import math
from collections.abc import Iterable

import msgspec

from memeci.formatting import format_change, format_delta, format_slice, format_value
from memeci.headline import find_headline
from memeci.memes.captions import shorten, shorten_numbers
from memeci.memes.charts import Chart, build_chart
from memeci.memes.matrix import Matrix, build_matrix
from memeci.memes.streak import HAIR_START, count_hair, count_streak, grow_hair
from memeci.records import BaselineKind, CalibrationBin, Comparison, Direction, DockerTag, Evaluation, Finding, Incident, Record, Status

LOSSES = ("loss", "val_loss")
MAX_BINS = 50


class Change(msgspec.Struct, frozen=True):
    """One metric before and after, as numbers and as people read them."""

    metric: str
    slice: str
    baseline: float | None
    candidate: float | None
    baseline_text: str
    candidate_text: str
    delta_text: str
    n: int
    detectable_text: str


class Past(msgspec.Struct, frozen=True):
    """A release in the line: ``share`` is its metric between the worst (0) and the best (1) of those shown.

    A tenth of the value is the least that fills the height: a model that held must look like one.
    """

    version: str
    value: float | None
    text: str
    share: float
    passed: bool
    hair: int


class Scene(msgspec.Struct, frozen=True):
    """Everything a template may draw. A part that the record does not have is None or empty."""

    model: str
    status: str
    baseline_name: str
    numbers: dict[str, float | int | str | None]
    hair: int
    change: Change | None = None
    matrix: Matrix | None = None
    curve: Chart | None = None
    roc: tuple[tuple[float, float], ...] = ()
    roc_baseline: tuple[tuple[float, float], ...] = ()
    bins: tuple[CalibrationBin, ...] = ()
    past: tuple[Past, ...] = ()
    log: tuple[str, ...] = ()
    docker: DockerTag | None = None
    commit: str = ""
    streak: int = 0
    kind: str = ""


def build_scene(record: Record, finding: Finding | None) -> Scene:
    """Return the scene of a record as seen from ``finding``, which decides the metric, slice and class in focus."""
    numbers = shorten_numbers(finding) if finding else {}
    if isinstance(record, Incident):
        chart = build_chart(record.curve, find_series(finding)) if record.curve else None
        log = tuple(shorten(line, 72) for line in record.log_tail)
        commit, kind = (record.commit or "")[:7], finding.kind if finding else ""
        return Scene(shorten(record.model), "crash", "", numbers, 2, curve=chart, log=log, commit=commit, kind=kind)
    comparison = find_focus(record, finding)
    label = finding.numbers.get("label") if finding else None
    roc = record.roc
    return Scene(
        shorten(record.model),
        record.verdict.status.value,
        name_baseline(record),
        numbers,
        count_hair(record),
        build_change(comparison) if comparison else None,
        build_matrix(record, str(label) if label is not None else None),
        None,
        roc.candidate if roc else (),
        (roc.baseline or ()) if roc else (),
        tuple(b for b in record.calibration if b.n)[:MAX_BINS],
        build_past(record, comparison),
        (),
        _shorten_tag(record.docker_tag),
        (record.candidate.commit or "")[:7],
        count_streak(record),
        finding.kind if finding else "",
    )


def _shorten_tag(tag: DockerTag | None) -> DockerTag | None:
    if tag is None:
        return None
    return DockerTag(shorten(tag.tag, 128), shorten(tag.hanzi, 40), shorten(tag.pinyin, 160), shorten(tag.gloss, 120))


def find_series(finding: Finding | None) -> tuple[str, ...]:
    """Return the series to show: the losses, or the one series the finding is about."""
    name = finding.numbers.get("series") if finding else None
    return (name,) if isinstance(name, str) and name not in LOSSES else LOSSES


def find_focus(evaluation: Evaluation, finding: Finding | None) -> Comparison | None:
    """Return the comparison the finding is about, else the one that stands for the whole."""
    if finding is not None and finding.metric is not None:
        for c in evaluation.comparisons:
            if c.metric == finding.metric and c.slice == finding.slice and c.candidate is not None:
                return c
    return find_headline(evaluation.comparisons)


def name_baseline(evaluation: Evaluation) -> str:
    """Return what the baseline is called on a picture: its tag, or the name of its file without the folders."""
    baseline = evaluation.baseline
    if baseline is None:
        return ""
    name = baseline.name.replace("\\", "/").rstrip("/")
    return shorten(name.rsplit("/", 1)[-1] if baseline.kind is BaselineKind.FILE else name)


def build_change(c: Comparison) -> Change:
    return Change(
        shorten(c.metric),
        shorten(format_slice(c.slice), 28),
        c.baseline,
        c.candidate,
        format_value(c.baseline, c.unit),
        format_value(c.candidate, c.unit),
        format_change(c.delta, c.ci_low, c.ci_high, c.unit),
        c.n,
        format_delta(c.detectable, c.unit).lstrip("+"),
    )


def build_past(evaluation: Evaluation, c: Comparison | None, limit: int = 7) -> tuple[Past, ...]:
    """Return the last releases and the candidate, oldest first, with the metric in focus; empty where there is only one.

    Without a history the baseline stands for it.
    """
    if c is None:
        return ()
    rows = [(f"v{r.version}", r.metrics.get(c.metric), r.status) for r in evaluation.history] if not c.slice else []
    if not rows and evaluation.baseline is not None:
        rows = [(name_baseline(evaluation), c.baseline, Status.PASS)]
    rows = [*rows[-(limit - 1) :], ("now", c.candidate, evaluation.verdict.status)]
    if len(rows) < 2:
        return ()
    values = [v for _, v, _ in rows if v is not None and math.isfinite(v)]
    middle = (min(values, default=0.0) + max(values, default=0.0)) / 2
    span = max(max(values, default=0.0) - min(values, default=0.0), 0.1 * abs(middle)) or 1.0
    sign = 1 if c.direction is Direction.HIGHER else -1
    hair = HAIR_START
    past = []
    for version, value, status in rows:
        hair = grow_hair(hair, status)
        share = 0.5 + sign * (value - middle) / span if value is not None else 0.5
        past.append(Past(shorten(version, 14), value, format_value(value, c.unit), share, status is not Status.FAIL, hair))
    return tuple(past)


def has_part(scene: Scene, name: str) -> bool:
    """Tell whether the scene has what a template needs: its field ``name``, non-empty."""
    value = getattr(scene, name)
    return value is not None and (not isinstance(value, Iterable) or len(tuple(value)) > 0)
