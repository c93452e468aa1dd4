"""`memeci demo`: a whole run on real reviews."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import click


@click.command("demo")
@click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False), help="Where to make the repository.  [default: a temporary folder]"
)
def command(folder: Path | None) -> None:
    """Train two real models in a new repository, release the first, and evaluate the second against it.

    Takes less than a minute. The repository stays, so that you can look around.
    """
    from memeci.config import plain_environment
    from memeci.demo.story import Story

    if folder is None:
        folder = Path(tempfile.mkdtemp(prefix="memeci-demo-"))
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        from memeci.errors import ConfigError

        raise ConfigError(f"{folder} is not empty.", "the demo makes a repository of its own.", "name a new folder.")
    Story(folder, plain_environment(Path(sys.executable).parent), _say).tell()


def _say(line: str) -> None:
    click.secho(f"\n{line}" if not line.startswith("  ") else line, bold=not line.startswith("  "), err=True)
