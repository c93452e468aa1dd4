"""`memeci publish`: posts for an evaluation that another, untrusted run made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from memeci.cli.group import format_printable
from memeci.cli.saying import say, show
from memeci.errors import EXIT_OK
from memeci.filenames import OUTPUT_DIR

if TYPE_CHECKING:
    from memeci.config import Environment
    from memeci.pipeline.publish import Published


@click.command("publish")
@click.argument("directory", type=click.Path(path_type=Path), default=Path(OUTPUT_DIR))
@click.option("--image", metavar="NAME", envvar="MEMECI_IMAGE", help="Put before each of docker-tags.")
def command(directory: Path, image: str | None) -> int:
    """Post the comment and the picture for the finished evaluation in DIRECTORY.

    For a workflow that runs on `workflow_run`, after the evaluation of a pull request from a fork. Of the artifact only
    record.json is used, by its schema; comment and picture are made again from it.
    """
    from memeci.config import read_environment

    return post_artifact(directory, read_environment(), image)


def post_artifact(directory: Path, environment: Environment, image: str | None) -> int:
    """Check the artifact, post, and say what was done. A failed verdict is no failure of the messenger: returns 0."""
    from memeci.pipeline import draw_record
    from memeci.pipeline.publish import Show, load_artifact, publish

    record, checked = load_artifact(directory, environment)
    say_published(publish(record, directory, checked, Show(draw_record(record).drawn, image)), record.language)
    return EXIT_OK


def say_published(published: Published, language: str) -> None:
    """Print annotations on standard output, where the runner reads them, and what was (not) posted on standard error."""
    show(published.annotations)
    receipt = published.receipt
    if receipt.comment_url:
        say(format_printable(f"{receipt.delivery.value}: {receipt.comment_url}"))
    for notice in (*([receipt.notice] if receipt.notice is not None else []), *published.notices):
        say(format_printable(f"note: {notice.zh if language == 'zh' else notice.en}"))
