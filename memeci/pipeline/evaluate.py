"""Evaluate: predictions and a baseline in, a record and its output folder out."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from memeci.config import Config
from memeci.decision import Decided, decide, decide_incomparable, is_failure
from memeci.diagnosis import diagnose
from memeci.engines.digest import compute_digest
from memeci.engines.duckdb import DuckDBEngine
from memeci.engines.engine import Engine, Overlap, Progress, Table
from memeci.engines.export import write_predictions
from memeci.engines.pairing import Pair
from memeci.engines.tallying import TallyPlan, build_tallies
from memeci.errors import ConfigError
from memeci.metrics import UNGATED
from memeci.metrics.fallback import add_known_values
from memeci.metrics.measure import measure
from memeci.metrics.selection import Available, Selection, select_metrics
from memeci.metrics.selection import Request as MetricRequest
from memeci.metrics.tallies import Tallies
from memeci.metrics.task import choose_positive, is_positive_guessed, sort_labels
from memeci.outputs import check_outputs, write_outputs
from memeci.pipeline.assemble import Parts, assemble
from memeci.pipeline.baseline import FoundSide, Search, find_baseline
from memeci.pipeline.picture import DrawResult, draw_record
from memeci.pipeline.render import render_record
from memeci.pipeline.shares import explain_flips
from memeci.pipeline.sides import Setup, load_baseline, load_candidate
from memeci.pipeline.wording import note_guessed_positive, note_overlap, note_small_slices, say_incomparable
from memeci.policy import Policy
from memeci.puns import build_docker_tag
from memeci.records import Candidate, Evaluation, Pairing, Task, Text
from memeci.usercode import run_command

if TYPE_CHECKING:
    from memeci.registry import Registry

COMMON_SHARE_NEEDED = 0.95

KEEP_UP_TO = 1_000_000
"""Examples whose predictions are kept beside the record. More are written when a release asks for them."""


@dataclass(frozen=True)
class Request:
    """What to evaluate. ``predictions`` and ``baseline`` win over the configuration's.

    ``environment`` is what the user's own code may see; ``echo`` takes what the command prints. ``commit`` is the commit
    the predictions belong to, where CI knows it better than HEAD does. ``output_dir`` None writes nothing.
    """

    config: Config
    environment: Mapping[str, str]
    echo: BinaryIO
    predictions: str | None = None
    baseline: str | None = None
    commit: str | None = None
    output_dir: Path | None = None
    picture: bool = True
    animate: bool = False
    progress: Progress | None = None


@dataclass(frozen=True)
class Evaluated:
    """``failed`` decides the exit code; ``files`` are the names written to ``output_dir``; ``picture`` is there if it was asked for."""

    record: Evaluation
    failed: bool
    output_dir: Path | None = None
    files: tuple[str, ...] = ()
    picture: DrawResult = DrawResult(None)


def evaluate(request: Request) -> Evaluated:
    """Evaluate, write the output folder, and return the record.

    Raises MemeciError for everything that can be explained; the output folder is then as it was before.
    """
    config = request.config
    source = _find_predictions(request)
    if request.output_dir is not None:
        check_outputs(request.output_dir)
    if config.command is not None and request.predictions is None:
        run_command(config.command, config.root, request.environment, request.echo)
    with (
        tempfile.TemporaryDirectory(prefix="memeci-") as folder,
        DuckDBEngine(memory_limit=config.memory_limit, progress=request.progress) as engine,
    ):
        return _evaluate(request, source, engine, Path(folder))


def _find_predictions(request: Request) -> str:
    source = request.predictions or request.config.predictions
    if source is not None:
        return source
    raise ConfigError(
        "there are no predictions to evaluate.",
        "neither the command line nor memeci.yml names any."
        if request.config.path
        else "no file was named, and there is no memeci.yml here.",
        "memeci evaluate predictions.csv, or `memeci init` to write a memeci.yml.",
    )


def _evaluate(request: Request, source: str, engine: Engine, folder: Path) -> Evaluated:
    config = request.config
    setup = Setup(config, request.environment, folder)
    registry = _open_registry(config)
    table, task = load_candidate(engine, source, setup)
    found = find_baseline(request.baseline or config.baseline, source, Search(registry, config.model, folder))
    before = None
    if found is not None and found.source is not None:
        before = load_baseline(engine, found.source, task, setup, released=found.released)
    plan, selection = _plan(config, task, table, before)
    tallied = build_tallies(engine, table, before, plan)
    tallies, pair = tallied.tallies, tallied.pair
    policy = config.build_policy(
        noise=found.record.noise if found and found.record else None,
        noise_runs=found.record.noise_runs if found and found.record else 0,
        ungated=UNGATED,
    )
    decided = _decide(tallies, pair, plan, policy, _collect_notes(selection, pair, plan, table, config), found)
    shares, examples = explain_flips(engine, tallied, table, before)
    head = registry.read_head() if registry is not None else None
    parts = Parts(
        config=config,
        task=task,
        candidate=Candidate(source, request.commit or (head.commit if head else None), head.dirty if head else False),
        baseline=found.baseline if found else None,
        table=table,
        digest=_find_digest(engine, table, pair, found),
        tallies=tallies,
        pair=pair,
        decided=decided,
        positive=plan.positive,
        engine=engine.name,
        examples=examples,
        shares=shares,
        history=found.history if found else (),
        noise=policy.noise,
        noise_runs=policy.noise_runs,
    )
    record = assemble(parts)
    return _finish(request, record, policy, engine, table, folder)


def _find_digest(engine: Engine, table: Table, pair: Pair, found: FoundSide | None) -> str:
    """Return the dataset's digest: the release's own where ids and labels are the same, else computed."""
    same = pair.overlap is not None and pair.overlap.complete and not pair.overlap.relabelled
    if same and found is not None and found.record is not None:
        return found.record.dataset.digest
    return compute_digest(engine, table)


def _finish(request: Request, record: Evaluation, policy: Policy, engine: Engine, table: Table, folder: Path) -> Evaluated:
    failed = is_failure(record.verdict, policy)
    record = _enrich(record, request.config)
    if request.output_dir is None:
        return Evaluated(record, failed)
    result = draw_record(record, animate=request.animate) if request.picture else DrawResult(None)
    files: dict[str, bytes | Path] = {**render_record(record, result.drawn)}
    if table.n <= KEEP_UP_TO:
        write_predictions(engine, table, folder / "predictions.parquet")
        files["predictions.parquet"] = folder / "predictions.parquet"
    write_outputs(request.output_dir, files)
    return Evaluated(record, failed, request.output_dir, tuple(files), result)


def _enrich(record: Evaluation, config: Config) -> Evaluation:
    """Return the record with its findings and the pun on its commit."""
    tag = None
    if record.candidate.commit is not None:
        tag = build_docker_tag(record.candidate.commit, theme=config.theme, exclude=config.puns.exclude)
    return msgspec.structs.replace(record, findings=diagnose(record), docker_tag=tag)


def _open_registry(config: Config) -> Registry | None:
    from memeci.registry import open_registry

    return open_registry(config.root, namespace=config.registry.namespace, remote=config.registry.remote)


def _plan(config: Config, task: Task, table: Table, before: Table | None) -> tuple[TallyPlan, Selection]:
    labels = sort_labels([*table.labels, *table.predictions, *(before.labels + before.predictions if before else ())])
    positive = choose_positive(labels, config.positive_label) if task is Task.BINARY else None
    requests = [MetricRequest(m.name, m.column or (m.name if m.function else None), m.direction, m.unit) for m in config.metrics]
    known = _describe_available(before, labels, positive) if before is not None else None
    selection = select_metrics(task, requests, _describe_available(table, labels, positive), known)
    plan = TallyPlan(task, labels, positive, config.slices, config.min_slice_size, selection.metrics)
    return plan, selection


def _describe_available(table: Table, labels: tuple[str, ...], positive: str | None) -> Available:
    columns, bounds = table.columns, table.score_range
    by_label = dict(columns.probabilities)
    has_score = columns.score is not None or (positive is not None and positive in by_label)
    inside = bounds is None or (bounds[0] >= 0 and bounds[1] <= 1)
    return Available(
        labels=labels,
        source=table.name,
        score=has_score,
        probability=inside,
        probabilities=bool(by_label) and set(labels) <= set(by_label),
        score_range=bounds,
    )


def _decide(tallies: Tallies, pair: Pair, plan: TallyPlan, policy: Policy, notes: tuple[Text, ...], found: FoundSide | None) -> Decided:
    overlap = pair.overlap
    pairing = Pairing.PAIRED if overlap is None or overlap.complete else Pairing.PARTIAL
    measured = measure(tallies, plan.metrics, pairing=pairing, seed=_seed(tallies, pair))
    if overlap is not None and overlap.share < COMMON_SHARE_NEEDED:
        return decide_incomparable(measured, policy, say_incomparable(overlap), notes=notes)
    if found is not None and found.source is None:
        measured = add_known_values(measured, found.record, found.metrics)
    return decide(measured, policy, notes=notes)


def _seed(tallies: Tallies, pair: Pair) -> int:
    """Return a seed that depends on the data alone, so that the same predictions give the same verdict."""
    import hashlib

    cells = tallies.cells
    seen = hashlib.sha256(str((pair.n, pair.n_units, tallies.labels)).encode())
    if cells is not None:
        for column in (cells.leaf, cells.label, cells.base, cells.cand, cells.n):
            seen.update(column.tobytes())
    return int.from_bytes(seen.digest()[:8], "little")


def _collect_notes(selection: Selection, pair: Pair, plan: TallyPlan, table: Table, config: Config) -> tuple[Text, ...]:
    notes = list(selection.notes)
    if plan.positive is not None and is_positive_guessed(plan.labels, config.positive_label):
        notes.append(note_guessed_positive(plan.positive))
    if pair.overlap is not None:
        notes += note_overlap(pair.overlap)
    return tuple(notes)


__all__ = ["Evaluated", "Overlap", "Request", "evaluate", "note_small_slices", "replace"]
