"""``memeci init``: writes memeci.yml and the workflow for the forge it finds, and overwrites nothing unasked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from memeci.errors import ConfigError

if TYPE_CHECKING:
    from memeci.cli.starter.look import Look


@click.command("init")
@click.argument("predictions", required=False)
@click.option("--model", "-m", metavar="NAME", help="Name of the model.  [default: the folder's]")
@click.option("--forge", type=click.Choice(["github", "gitlab", "none"]), help="Whose workflow to write.  [default: the git remote's]")
@click.option("--forks", is_flag=True, help="Two workflows, for pull requests from forks, which may not write (GitHub).")
@click.option("--force", is_flag=True, help="Overwrite files that exist.")
def command(predictions: str | None, model: str | None, forge: str | None, forks: bool, force: bool) -> None:
    """Write memeci.yml and the workflow for your forge.

    With PREDICTIONS (a file, a folder or a glob) columns, task and slices are filled in from what they hold.
    """
    from memeci.cli.starter.forge import Contributors, ForgeName, find_forge, find_root, read_workflows

    root = find_root(Path())
    chosen = ForgeName(forge) if forge else find_forge(root)
    below = Path.cwd().resolve().relative_to(root.resolve()).as_posix()
    workflows = read_workflows(chosen, Contributors.FORKS if forks else Contributors.MEMBERS, root, below)
    _write({Path("memeci.yml"): _draft(predictions, model), **workflows}, force=force)
    _say_next(list(workflows))


def _draft(predictions: str | None, model: str | None) -> str:
    from memeci.cli.starter.draft import draft_config, name_model
    from memeci.cli.starter.look import Look, look_at_predictions
    from memeci.config.loading import check_model_name

    if model is not None:
        check_model_name(model, "--model")
    look = look_at_predictions(predictions) if predictions else Look()
    if predictions:
        _say_missing(predictions, look)
    return draft_config(model or name_model(Path.cwd().name), predictions, look)


def _say_missing(predictions: str, look: Look) -> None:
    """Say which parts no column has a common name for, where the evaluation will need them or do worse without."""
    for part in ("label", "prediction") if not look.numbers else ():
        if part not in look.columns:
            click.echo(f"note: {predictions} has no column with a common name for the {part}: set columns.{part} in memeci.yml.", err=True)
    if "id" not in look.columns:
        click.echo(f"note: {predictions} has no id column: row will be compared with row. Ids are safer: columns.id.", err=True)


def _write(files: dict[Path, str], *, force: bool) -> None:
    from memeci.output_folder import write_file

    existing = [path for path in files if path.exists()]
    if len(existing) == len(files) and not force:
        verb = "exists" if len(existing) == 1 else "exist"
        raise ConfigError(
            f"{' and '.join(map(_shown, existing))} {verb} already.", "init overwrites nothing unasked.", "memeci init --force"
        )
    for path, text in files.items():
        if path in existing and not force:
            click.echo(f"kept   {_shown(path)} (it exists; --force overwrites it)", err=True)
            continue
        try:
            write_file(path, text.encode())
        except OSError as error:
            raise ConfigError(
                f"{_shown(path)} cannot be written.",
                f"{error.strerror or error}.",
                "look at its folder's permissions and free space.",
            ) from None
        click.echo(f"wrote  {_shown(path)}", err=True)


def _shown(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_absolute() and path.is_relative_to(here) else str(path)


def _say_next(workflows: list[Path]) -> None:
    if not workflows:
        click.echo("No forge found; --forge github or --forge gitlab writes its workflow.", err=True)
    elif workflows[0].parent.name == ".gitlab":
        click.echo("Add to .gitlab-ci.yml:\n\n  include:\n    - local: .gitlab/memeci.yml\n", err=True)
    click.echo("next:  read memeci.yml, then: memeci evaluate, and memeci release for the first baseline", err=True)
