"""`memeci docker-tag`: the pun on a commit, for people and for builders; and back to the commit."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path
from typing import Any

import click
import msgspec

from memeci import puns
from memeci.config import Environment, load_configs, read_environment
from memeci.errors import DataError
from memeci.puns import Manners, Style
from memeci.records import DockerTag

FORMATS: dict[str, Callable[[puns.ImageMetadata], str]] = {
    "tags": puns.format_tags,
    "labels": puns.format_labels,
    "bake": puns.format_bake,
    "dotenv": puns.format_dotenv,
    "json": puns.format_json,
}


class Request(msgspec.Struct, frozen=True, dict=True):
    """The options as given."""

    commit: str | None
    decode: str | None
    style: Style
    theme: str | None
    exclude: tuple[str, ...]
    manners: Manners
    format: str
    images: tuple[str, ...]
    release: str | None
    source: str | None
    created: str | None
    repository: Path

    @cached_property
    def environment(self) -> Environment:
        return read_environment()

    @cached_property
    def options(self) -> dict[str, Any]:
        """What build_docker_tag takes: options first, then memeci.yml."""
        config = load_configs(overrides=self.environment.overrides)[0]
        return {
            "theme": self.theme or config.theme,
            "exclude": (*self.exclude, *config.puns.exclude),
            "style": self.style,
            "manners": self.manners,
        }


@click.command()
@click.argument("commit", required=False)
@click.option("--decode", metavar="TAG", help="Give the commit of a tag, and explain how it is read.")
@click.option(
    "--style",
    type=click.Choice([style.value for style in Style]),
    default=Style.PUN.value,
    show_default=True,
    help="Pinyin, or leet: b16e8s3c0mm1t.",
)
@click.option("--theme", type=click.Choice(puns.load_themes()), help="The word list behind the pun.  [default: memeci.yml's, or memeops]")
@click.option("--exclude", metavar="WORD", multiple=True, help="Hanzi, pinyin or digits that must not be read. Repeatable.")
@click.option(
    "--manners",
    type=click.Choice([manners.value for manners in Manners]),
    default=Manners.POLITE.value,
    show_default=True,
    help="polite keeps out what would embarrass a company; frank does not.",
)
@click.option(
    "--format", type=click.Choice(["tag", *FORMATS]), default="tag", show_default=True, help="The tag, or all tags and labels of the image."
)
@click.option("--image", "images", metavar="NAME", multiple=True, help="Put in front of each tag: ghcr.io/me/app. Repeatable.")
@click.option("--release", metavar="VERSION", help="The release this is: adds its version and latest.  [default: the CI's model tag]")
@click.option("--source", metavar="URL", help="Where the source lives.  [default: as the CI says]")
@click.option("--created", metavar="TIME", envvar="SOURCE_DATE_EPOCH", help="When the image was built.  [default: now]")
@click.option(
    "--repository", type=click.Path(path_type=Path, file_okay=False, exists=True), default=".", help="Where commits are looked up."
)
def command(style: str, manners: str, **given: Any) -> None:
    """Read a commit hash aloud in Chinese, as a Docker tag.

    COMMIT is a hash, a branch, a tag or HEAD; "-" reads full hashes from standard input, one a line. Without it: the commit the
    pull request's author pushed, or HEAD.
    """
    request = Request(style=Style(style), manners=Manners(manners), **given)
    if request.decode is not None:
        decode(request)
    elif request.commit == "-":
        read_hashes(request)
    else:
        show(request)


def show(request: Request) -> None:
    """Print one commit's tag on standard output and its reading on standard error; or all of the image's metadata."""
    commit = find_commit(request)
    tag = puns.build_docker_tag(commit, **request.options)
    described = request.format != "tag" or request.images or request.release or request.source or request.created
    metadata = build_metadata(request, commit, tag) if described else None  # what is given is checked, also where it is not shown
    if metadata is None or request.format == "tag":
        click.echo(tag.tag)
        click.echo(f"{tag.hanzi}  {tag.pinyin}  “{tag.gloss}”", err=True)
        return
    click.echo(FORMATS[request.format](metadata))


def build_metadata(request: Request, commit: str, tag: DockerTag) -> puns.ImageMetadata:
    """Return what the image is to carry; the CI's word where an option is missing."""
    environment = request.environment
    released = environment.tag if environment.tag and puns.is_release(environment.tag) else None
    return puns.build_image_metadata(
        commit,
        tag,
        images=request.images,
        release=request.release or released,
        source=request.source or environment.source_url,
        created=puns.parse_created(request.created) if request.created else datetime.now(timezone.utc),
    )


def find_commit(request: Request) -> str:
    """Return the commit that is meant, asking git only where it is not a full hash already. Raises DataError."""
    revision = request.commit or request.environment.head_sha or "HEAD"
    try:
        return puns.parse_commit(revision)
    except DataError:
        from memeci.registry import commits

        found = commits.find_commit(request.repository, revision)
    if found is None:
        raise DataError(
            f'there is no commit "{revision[:80]}" in {request.repository.resolve()}.',
            "a shallow clone knows few commits, and a new repository none.",
            "give the full hash: memeci docker-tag $(git rev-parse HEAD)",
        )
    return found


def read_hashes(request: Request) -> None:
    """Print the tag of every hash on standard input."""
    if request.format != "tag":
        raise click.UsageError('"-" gives tags only: leave out --format.')
    if sys.stdin is None:
        raise click.UsageError('"-" reads standard input, which is closed.')
    for line in _read_lines(sys.stdin.buffer):
        sys.stdout.write(puns.build_docker_tag(line, **request.options).tag + "\n")


def _read_lines(stream: Iterable[bytes]) -> Iterable[str]:
    for number, raw in enumerate(stream, start=1):
        line = raw.decode("utf-8", "replace")
        if not line.strip():
            continue
        try:
            yield puns.parse_commit(line)
        except DataError as error:
            raise DataError(f"line {number}: {error.what}", error.why, "git log --format=%H | memeci docker-tag -") from None


def decode(request: Request) -> None:
    """Print the commit on standard output and the reading on standard error."""
    from memeci.registry import commits

    decoded = puns.decode_tag(request.decode or "")
    found = commits.find_commits(request.repository, decoded.prefix)
    if not found:
        raise DataError(
            f"no commit in {request.repository.resolve()} begins with {decoded.prefix}.",
            "a shallow clone knows few commits; or the image was built from another repository.",
            "git fetch --unshallow, or --repository PATH.",
        )
    if len(found) > 1:
        names = ", ".join(found[:4])
        raise DataError(f"{len(found)} commits begin with {decoded.prefix}.", f"they are {names}.", "decode the image's sha- tag instead.")
    click.echo(found[0])
    explanation = puns.explain_tag(found[0], decoded, request.options["exclude"])
    if explanation is None and decoded.words:
        click.echo("note: the digits are this commit's, but the words are not what memeci makes of it today.", err=True)
    click.echo(puns.format_explanation(explanation or puns.explain_commit(found[0], **request.options)), err=True)
