"""Evaluate: predictions and a baseline in, a record and its output folder out."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec
from msgspec.structs import replace

from memeci.config import Config
from memeci.decision import is_failure
from memeci.diagnosis import diagnose
from memeci.engines.digest import compute_digest, digest_files
from memeci.engines.duckdb import DuckDBEngine
from memeci.engines.engine import Engine, Progress, Table
from memeci.engines.export import write_predictions
from memeci.engines.movement import count_moves
from memeci.engines.pairing import Pair
from memeci.engines.shared import Moved, find_moved
from memeci.engines.tallying import build_tallies
from memeci.errors import CommandError, ConfigError
from memeci.filenames import PREDICTIONS_FILE
from memeci.output_folder import check_outputs, write_outputs
from memeci.pipeline.assemble import Parts, assemble
from memeci.pipeline.baseline import FoundSide, Search, find_baseline
from memeci.pipeline.picture import DrawResult, draw_record
from memeci.pipeline.plan import build_policy, choose_movement, collect_notes, decide_tallies, plan_measurement
from memeci.pipeline.render import render_record
from memeci.pipeline.shares import explain_flips
from memeci.pipeline.sides import Setup, find_columns_before, load_baseline, load_candidate
from memeci.puns import build_docker_tag
from memeci.readers import open_predictions
from memeci.records import Candidate, Evaluation, Task

if TYPE_CHECKING:
    from memeci.registry import Credentials, Registry

KEEP_UP_TO = 1_000_000
"""Examples whose predictions are kept beside the record. More are written, and a digest of them made, when a release asks for it."""


class Request(msgspec.Struct, frozen=True):
    """What to evaluate. ``predictions`` and ``baseline`` win over the configuration's.

    ``environment`` is what the user's own code may see; ``echo`` takes what the command prints. ``commit`` is the commit
    the predictions belong to, where CI knows it better than HEAD does. ``output_dir`` None writes nothing.
    ``rerun`` runs the baseline's own command again instead of taking the predictions it was released with.
    ``credentials`` open the remote of a clone that kept none.
    """

    config: Config
    environment: Mapping[str, str]
    echo: BinaryIO
    predictions: str | None = None
    baseline: str | None = None
    commit: str | None = None
    output_dir: Path | None = None
    picture: bool = True
    rerun: bool = False
    progress: Progress | None = None
    credentials: Credentials | None = None


class Evaluated(msgspec.Struct, frozen=True):
    """``failed`` decides the exit code; ``files`` are the names written to ``output_dir``; ``picture`` is there if it was asked for.

    ``registry`` is the one of the repository, None outside of any.
    """

    record: Evaluation
    failed: bool
    output_dir: Path | None = None
    files: tuple[str, ...] = ()
    picture: DrawResult = DrawResult(None)
    registry: Registry | None = None


def evaluate(request: Request) -> Evaluated:
    """Evaluate, write the output folder, and return the record.

    Raises MemeciError for everything that can be explained; the output folder is then as it was before, except after a
    command that crashed (CrashError): then it holds the incident.
    """
    source = _find_predictions(request)
    if request.output_dir is not None:
        check_outputs(request.output_dir)
    registry = _open_registry(request.config, request.credentials)
    if request.config.command is not None and request.predictions is None:
        _run_command(request, registry)
    with (
        tempfile.TemporaryDirectory(prefix="memeci-") as folder,
        DuckDBEngine(memory_limit=request.config.memory_limit, progress=request.progress) as engine,
    ):
        return _Evaluation(request, source, engine, Path(folder), registry).run()


def _find_predictions(request: Request) -> str:
    source = request.predictions or request.config.predictions
    if source is not None:
        return source
    has_config = request.config.path is not None
    raise ConfigError(
        "there are no predictions to evaluate.",
        "neither the command line nor memeci.yml names any." if has_config else "no file was named, and there is no memeci.yml here.",
        "memeci evaluate predictions.csv, or `memeci init` to write a memeci.yml.",
    )


def _open_registry(config: Config, credentials: Credentials | None) -> Registry | None:
    from memeci.registry import open_registry

    place = config.registry
    return open_registry(config.root, namespace=place.namespace, remote=place.remote, credentials=credentials)


def _run_command(request: Request, registry: Registry | None) -> None:
    """Run the predicting command; a crash leaves an incident with its own picture, and goes on as the error it is."""
    from memeci.usercode import run_command

    config = request.config
    try:
        run_command(config.command or "", config.root, request.environment, request.echo)
    except CommandError as error:
        if request.output_dir is None:
            raise
        from memeci.pipeline.incident import CrashError, build_incident, write_incident

        commit = request.commit or (registry.read_head().commit if registry is not None else None)
        incident = build_incident(error, config, commit, request.environment)
        drawn = write_incident(incident, config.theme, request.output_dir, picture=request.picture)
        raise CrashError(error, incident, drawn) from None


class _Evaluation(msgspec.Struct, frozen=True):
    """One evaluation under way: the story in order."""

    request: Request
    source: str
    engine: Engine
    folder: Path
    registry: Registry | None

    def run(self) -> Evaluated:
        config = self.request.config
        setup = Setup(config, self.request.environment, self.folder)
        table, task = load_candidate(self.engine, self.source, setup)
        found = self._find_baseline(setup)
        before = self._load_baseline(found, task, setup)
        plan, selection = plan_measurement(config, task, table, before)
        tallied = build_tallies(self.engine, table, before, plan)
        moved = self._find_moved(table, before, found)
        policy = build_policy(config, found, tallied.tallies.leaves)
        decided = decide_tallies(tallied, plan, policy, collect_notes(selection, tallied, plan, config, table, moved), found)
        movement = choose_movement(tallied, plan, policy, table)
        moves = count_moves(self.engine, tallied, movement) if movement is not None else None
        shares, examples = explain_flips(self.engine, tallied, table, before, moves)
        parts = Parts(
            config=config,
            task=task,
            candidate=self._describe_candidate(table),
            baseline=found.baseline if found else None,
            table=table,
            digest=self._find_digest(table, tallied.pair, found),
            tallies=tallied.tallies,
            pair=tallied.pair,
            decided=decided,
            positive=plan.positive,
            engine=self.engine.name,
            examples=examples,
            shares=shares,
            moves=moves,
            history=found.history if found else (),
            noise=policy.noise,
            noise_runs=policy.noise_runs,
        )
        return self._finish(assemble(parts), table, is_failure(decided.verdict, policy))

    def _find_baseline(self, setup: Setup) -> FoundSide | None:
        config = self.request.config
        spec = self.request.baseline or config.baseline
        found = find_baseline(spec, self.source, Search(self.registry, config.model, self.folder))
        if found is None or not self.request.rerun:
            return found
        from memeci.pipeline.rerun import rerun_baseline

        return rerun_baseline(found, self.registry, setup, self.request.echo)

    def _load_baseline(self, found: FoundSide | None, task: Task, setup: Setup) -> Table | None:
        if found is None or found.source is None:
            return None
        if found.columns is not None:
            setup = replace(setup, config=replace(setup.config, columns=found.columns))
        return load_baseline(self.engine, found.source, task, setup, released=found.released)

    def _find_moved(self, table: Table, before: Table | None, found: FoundSide | None) -> tuple[Moved, ...]:
        """Return which weights, groups and slices, all of them the candidate's, the baseline's file has otherwise."""
        if before is None or found is None:
            return ()
        config = self.request.config if found.columns is None else replace(self.request.config, columns=found.columns)
        return find_moved(self.engine, table, before, find_columns_before(table, before, config, released=found.released))

    def _describe_candidate(self, table: Table) -> Candidate:
        head = self.registry.read_head() if self.registry is not None else None
        commit = self.request.commit or (head.commit if head else None)
        file_digest = digest_files(open_predictions(self.source).paths) if table.n > KEEP_UP_TO else None
        return Candidate(self.source, commit, head.dirty if head else False, file_digest)

    def _find_digest(self, table: Table, pair: Pair, found: FoundSide | None) -> str | None:
        """Return the dataset's digest: the release's own where ids and labels are the same, else computed; None where that is dear."""
        same = pair.overlap is not None and pair.overlap.complete and not pair.overlap.relabelled
        if same and found is not None and found.released and found.record is not None:
            return found.record.dataset.digest
        return compute_digest(self.engine, table) if table.n <= KEEP_UP_TO else None

    def _finish(self, record: Evaluation, table: Table, failed: bool) -> Evaluated:
        """Add findings and the pun, draw, and write the output folder."""
        record = _enrich(record, self.request.config)
        output_dir = self.request.output_dir
        if output_dir is None:
            return Evaluated(record, failed, registry=self.registry)
        result = draw_record(record, theme=self.request.config.theme) if self.request.picture else DrawResult(None)
        files: dict[str, bytes | Path] = {**render_record(record, result.drawn)}
        if table.n <= KEEP_UP_TO:
            write_predictions(self.engine, table, self.folder / PREDICTIONS_FILE)
            files[PREDICTIONS_FILE] = self.folder / PREDICTIONS_FILE
        write_outputs(output_dir, files)
        return Evaluated(record, failed, output_dir, tuple(files), result, self.registry)


def _enrich(record: Evaluation, config: Config) -> Evaluation:
    """Return the record with its findings and the pun on its commit."""
    tag = None
    if record.candidate.commit is not None:
        tag = build_docker_tag(record.candidate.commit, theme=config.theme, exclude=config.puns.exclude)
    return msgspec.structs.replace(record, findings=diagnose(record), docker_tag=tag)
