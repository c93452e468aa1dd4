"""`memeci ci`: what the action and the GitLab template call. Everything comes from memeci.yml and the environment."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from memeci.cli.group import format_printable
from memeci.cli.publish import post_artifact, say_published
from memeci.cli.registry_options import no_repository
from memeci.cli.saying import ignore_lost_output, keep_verdict, say, show
from memeci.errors import EXIT_GATE_FAILED, EXIT_OK, MemeciError
from memeci.filenames import OUTPUT_DIR

if TYPE_CHECKING:
    from memeci.config import Config, Environment
    from memeci.pipeline import Evaluated
    from memeci.pipeline.picture import Drawn
    from memeci.records import Incident

MODES = ["evaluate", "publish", "release"]
BUMPS = ["auto", "major", "minor", "patch"]
"""The values of registry.Bump, which is imported for a release only."""


@click.command("ci")
@click.option(
    "--mode", type=click.Choice(MODES), default="evaluate", envvar="MEMECI_MODE", show_default=True, show_envvar=True, help="What to do."
)
@click.option("--config", "-c", type=click.Path(path_type=Path), envvar="MEMECI_CONFIG", show_envvar=True, help="Default: memeci.yml.")
@click.option("--image", metavar="NAME", envvar="MEMECI_IMAGE", show_envvar=True, help="Put before each of docker-tags.")
@click.option("--bump", type=click.Choice(BUMPS), default="auto", envvar="MEMECI_BUMP", show_envvar=True, help="release: part to raise.")
def command(mode: str, config: Path | None, image: str | None, bump: str) -> int:
    """Evaluate, and bring the result to the pull request: comment, summary, checks, outputs.

    \b
    evaluate  compare with the last tagged model; 1 if the gate failed
    publish   post an evaluation that another run made (fork pull requests)
    release   evaluate, and tag the model unless the gate failed
    """
    from memeci.config import CI, read_environment

    environment = read_environment()
    try:
        if mode == "publish":
            return post_artifact(_find_artifact(environment), environment, image)
        return _evaluate(environment, config, image, bump if mode == "release" else None)
    except MemeciError as error:
        if environment.ci is CI.GITHUB:
            from memeci.report.annotations import render_error_command

            show(render_error_command(str(error)))
        raise


def _evaluate(environment: Environment, config: Path | None, image: str | None, bump: str | None) -> int:
    """Evaluate, release where ``bump`` says how, publish, and return the exit code of the verdict."""
    from memeci.config import clean_environment, load_config, load_numpy

    load_numpy()
    from memeci.pipeline import Request, evaluate
    from memeci.pipeline.incident import CrashError
    from memeci.registry import find_credentials

    settings = load_config(config, overrides=list(environment.overrides))
    request = Request(
        settings,
        clean_environment(),
        sys.stderr.buffer,
        commit=environment.head_sha,
        output_dir=Path(settings.output_dir),
        credentials=find_credentials(environment),
    )
    try:
        evaluated = evaluate(request)
    except CrashError as crash:
        _publish_incident(crash.incident, crash.drawn, settings, environment)
        raise
    except MemeciError as error:
        _tell_failure(error, settings, environment)
        raise
    code = keep_verdict(EXIT_GATE_FAILED if evaluated.failed else EXIT_OK)
    if evaluated.failed:
        _archive(evaluated, environment)
    try:
        release_tag = _release(evaluated, settings, bump) if bump is not None and not evaluated.failed else ""
    except MemeciError:
        _publish(evaluated, environment, image, "")
        raise
    _publish(evaluated, environment, image, release_tag)
    return code


def _tell_failure(error: MemeciError, settings: Config, environment: Environment) -> None:
    """Make the error an incident, and publish it, whether or not the output folder takes it; what fails here changes no error."""
    from memeci.config import clean_environment
    from memeci.pipeline.incident import build_failure, write_incident

    incident = build_failure(error, settings, environment.head_sha, clean_environment())
    drawn = None
    with contextlib.suppress(MemeciError, OSError):
        drawn = write_incident(incident, settings.theme, Path(settings.output_dir), picture=True)
    with contextlib.suppress(MemeciError, OSError):
        _publish_incident(incident, drawn, settings, environment)


def _publish_incident(incident: Incident, drawn: Drawn | None, settings: Config, environment: Environment) -> None:
    """Say in the pull request why nothing was evaluated, where the last verdict stands now."""
    from memeci.pipeline.publish import Show, publish

    folder = Path(settings.output_dir)
    say_published(publish(incident, folder, environment, Show(drawn)), incident.language)
    _leave_note(folder, environment)


def _archive(evaluated: Evaluated, environment: Environment) -> None:
    """Keep the failure in the archive, where we may push: record and picture. Where not, a note says so."""
    from memeci.records import encode_record

    if environment.is_fork or environment.token is None or evaluated.registry is None:
        return
    drawn = evaluated.picture.drawn
    try:
        evaluated.registry.archive(encode_record(evaluated.record), drawn.png if drawn is not None else None, push=True)
    except MemeciError as error:
        say(f"note: the failure was not archived: {error.what}")
    except OSError as error:
        say(f"note: the failure was not archived: {error.strerror or error}.")


def _publish(evaluated: Evaluated, environment: Environment, image: str | None, release_tag: str) -> None:
    from memeci.pipeline.publish import Show, publish
    from memeci.report import choose_language, print_evaluation

    record, folder = evaluated.record, Path(evaluated.output_dir or OUTPUT_DIR)
    with ignore_lost_output():
        print_evaluation(record, language=choose_language(record.language), stream=sys.stdout)
        sys.stdout.flush()
    for warning in evaluated.picture.warnings:
        say(format_printable(f"note: {warning}"))
    say_published(publish(record, folder, environment, Show(evaluated.picture.drawn, image, release_tag)), record.language)
    _leave_note(folder, environment)


def _leave_note(folder: Path, environment: Environment) -> None:
    from memeci.pipeline.publish import REQUEST_FILE, write_request_note

    try:
        write_request_note(folder, environment)
    except OSError as error:
        say(f"note: {folder / REQUEST_FILE} was not written, so no other workflow can post this: {error.strerror or error}.")


def _release(evaluated: Evaluated, settings: Config, bump: str) -> str:
    """Tag and push. It comes before publishing, so that the outputs can name the tag."""
    from memeci.config import clean_environment
    from memeci.pipeline.release import complete_outputs
    from memeci.registry import Bump, ReleaseRequest

    if evaluated.registry is None:
        raise no_repository()
    folder = Path(settings.output_dir)
    complete_outputs(folder, settings, clean_environment())
    released = evaluated.registry.release(ReleaseRequest(folder, bump=Bump(bump), push=True))
    say(f"released {released.tag} on commit {released.commit[:12]}")
    return released.tag


def _find_artifact(environment: Environment) -> Path:
    """Return the folder with the evaluation: MEMECI_OUTPUT_DIR, else the default one. No memeci.yml is needed for publishing."""
    given = [override.value for override in environment.overrides if override.key == "output_dir"]
    return Path(given[0] if given else OUTPUT_DIR)
