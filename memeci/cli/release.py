"""`memeci release`: tags the evaluated model, and says what to do next."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import asdict

from memeci.cli.ci import BUMPS
from memeci.cli.registry_options import Here, with_registry
from memeci.errors import DataError
from memeci.records import Evaluation

if TYPE_CHECKING:
    from memeci.registry import Release


@click.command("release")
@click.option("--bump", type=click.Choice(BUMPS), default="auto", show_default=True, help="Part to raise.")
@click.option("--version", metavar="VERSION", help="Release exactly this version, for example 2.0.0-rc.1.")
@click.option("--push", is_flag=True, help="Push tag and record to the remote, both or neither.")
@click.option("--force-reason", metavar="TEXT", help="Release in spite of a failed verdict; the tag keeps the reason.")
@click.option("--sign", is_flag=True, help="Sign the tag with your key, as `git tag --sign` does.")
@click.option("--output-dir", "-o", type=click.Path(path_type=Path), help="The finished evaluation.  [default: .memeci]")
@click.option("--json", "as_json", is_flag=True, help="Print the release as JSON on standard output.")
@with_registry
def command(here: Here, output_dir: Path | None, as_json: bool, **options: Any) -> None:
    """Tag the evaluated model in git as MODEL@vVERSION, with its record.

    Releases the evaluation that `memeci evaluate` left. The version is raised by what it found: another dataset raises the
    major part, an improvement beyond doubt the minor one, anything else the patch.
    """
    from memeci.config import clean_environment
    from memeci.pipeline.release import complete_outputs

    folder = output_dir or Path(here.config.output_dir)
    if options["bump"] == "auto" and options["version"] is None:
        _check_new(here, folder)
    complete_outputs(folder, here.config, clean_environment())
    release = here.registry.release(_build_request(folder, options))
    if as_json:
        click.echo(json.dumps(asdict(release), indent=2))
    _print_release(release)


def _check_new(here: Here, folder: Path) -> None:
    """Raise DataError where the newest release is this very evaluation: typed twice, it would count as an improvement twice."""
    from memeci.filenames import RECORD_FILE
    from memeci.record_file import read_record

    path = folder / RECORD_FILE
    record = read_record(path, next_step="run `memeci evaluate` first.") if path.is_file() else None
    if not isinstance(record, Evaluation):
        return
    newest = next(iter(here.registry.read_history(record.model, limit=1)), None)
    if newest is not None and (newest.commit, newest.created_at) == (record.candidate.commit, record.provenance.created_at):
        raise DataError(
            f"this evaluation is released already, as {record.model}@v{newest.version}.",
            "released once more, its change would count as a second one.",
            "evaluate another model first, or give this one another version: memeci release --bump patch",
        )


def _build_request(output_dir: Path, options: dict[str, Any]) -> Any:
    from memeci.registry import Bump, ReleaseRequest

    bump = Bump(options.pop("bump"))
    return ReleaseRequest(output_dir, bump=bump, **options)


def _print_release(release: Release) -> None:
    before = f", after v{release.previous}" if release.previous else ""
    click.echo(f"released {release.tag} on commit {release.commit[:12]}{before} ({release.reason})", err=True)
    if release.remote:
        click.echo(f"pushed the tag and its record to {release.remote}", err=True)
        click.echo("next: `memeci evaluate` now compares with it, here and in CI", err=True)
    else:
        click.echo("next: `memeci evaluate` now compares with it, here; for CI send both refs at once:", err=True)
        click.echo(f"      git push --atomic origin 'refs/tags/{release.tag}' '{release.record_ref}'", err=True)
