"""Puts the parts of one evaluation together into its record."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import msgspec

from memeci import __version__
from memeci.config import Config
from memeci.decision import Decided
from memeci.engines.engine import Table
from memeci.engines.movement import Moves
from memeci.engines.pairing import Pair
from memeci.measuring.evidence import build_calibration, build_classes, build_confusion, build_roc, count_flips
from memeci.records import (
    Baseline,
    Candidate,
    Dataset,
    DatasetChange,
    Evaluation,
    FlipExample,
    Flips,
    Provenance,
    ReleaseSummary,
    SliceShare,
    Task,
)
from memeci.tallies import Tallies


class Parts(msgspec.Struct, frozen=True):
    """Everything an evaluation found."""

    config: Config
    task: Task
    candidate: Candidate
    baseline: Baseline | None
    table: Table
    digest: str | None
    tallies: Tallies
    pair: Pair
    decided: Decided
    positive: str | None
    engine: str
    examples: tuple[FlipExample, ...] = ()
    shares: tuple[SliceShare, ...] = ()
    moves: Moves | None = None
    history: tuple[ReleaseSummary, ...] = ()
    noise: Mapping[str, float] = msgspec.field(default_factory=dict)
    noise_runs: int = 0


def assemble(parts: Parts) -> Evaluation:
    """Return the record, without findings, pun or picture."""
    tallies, config = parts.tallies, parts.config
    return Evaluation(
        model=config.model,
        task=parts.task,
        candidate=parts.candidate,
        baseline=parts.baseline,
        dataset=_describe_dataset(parts),
        comparisons=parts.decided.comparisons,
        verdict=parts.decided.verdict,
        decision=parts.decided.info,
        provenance=Provenance(__version__, format_now(), parts.engine, config.digest),
        flips=_describe_flips(parts),
        confusion=build_confusion(tallies),
        positive_label=parts.positive,
        classes=build_classes(tallies),
        roc=build_roc(tallies.scores, has_baseline=tallies.has_baseline) if parts.positive is not None else None,
        calibration=build_calibration(tallies.confidences),
        history=parts.history,
        noise=dict(parts.noise),
        noise_runs=parts.noise_runs,
        theme=config.theme,
        language=config.language,
    )


def format_now() -> str:
    """Return the time, in UTC, to the second."""
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _describe_dataset(parts: Parts) -> Dataset:
    overlap, groups = parts.pair.overlap, parts.tallies.leaves.n_groups
    change = None
    if overlap is not None and (not overlap.complete or overlap.relabelled):
        change = DatasetChange(overlap.common, overlap.only_baseline, overlap.only_candidate, overlap.relabelled)
    return Dataset(
        n=parts.table.n,
        digest=parts.digest,
        labels=parts.tallies.labels[:1000],
        n_groups=None if groups is None else int(groups[0]),
        weighted=parts.tallies.weighted,
        change=change,
    )


def _describe_flips(parts: Parts) -> Flips | None:
    if parts.moves is not None and parts.moves.by_leaf is not None:
        fixed, broken = (int(counts.sum()) for counts in parts.moves.by_leaf)
        return Flips(fixed, broken, examples=parts.examples, slices=parts.shares, metric=parts.moves.movement.metric)
    counts = count_flips(parts.tallies)
    return None if counts is None else Flips(*counts, examples=parts.examples, slices=parts.shares)
