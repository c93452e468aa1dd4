"""Runs a baseline's own command again, in a worktree of its commit, and takes the predictions it makes."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from msgspec.structs import replace

from memeci.config import Config, find_config, load_config
from memeci.errors import ConfigError, DataError
from memeci.pipeline.baseline import FoundSide
from memeci.pipeline.sides import Setup
from memeci.usercode import run_command

if TYPE_CHECKING:
    from memeci.registry import Registry

TODAY = "MEMECI_TODAY"
"""Tells the baseline's command where today's checkout is, so that it can read today's examples."""


def rerun_baseline(found: FoundSide, registry: Registry | None, setup: Setup, echo: BinaryIO) -> FoundSide:
    """Return the baseline with predictions made now. The worktree is removed whatever happens.

    Raises ConfigError where the baseline is a file, or has no command of its own.
    """
    if registry is None or found.baseline.commit is None:
        raise ConfigError(
            f"{found.baseline.name} cannot be run again.",
            "it is a file, not a commit with a command.",
            "--baseline TAG, or leave --rerun-baseline.",
        )
    today = setup.config.root.resolve()
    with registry.open_worktree(found.baseline) as tree:
        old = _load_old_config(tree / today.relative_to(registry.top.resolve()), setup.config.model, found)
        run_command(old.command or "", old.root, {**setup.environment, TODAY: str(today)}, echo)
        made = Path(old.predictions or "")
        if not made.is_file():
            raise DataError(
                f"the command of {found.baseline.name} made no {old.predictions}.", "", "run it by hand in a worktree of that tag."
            )
        kept = setup.folder / f"rerun-{made.name}"
        shutil.copyfile(made, kept)
    return replace(found, source=str(kept), released=False, columns=old.columns)


def _load_old_config(folder: Path, model: str, found: FoundSide) -> Config:
    path = find_config(folder) if folder.is_dir() else None
    config = load_config(path, model=model) if path is not None else None
    if config is not None and config.command is not None and config.predictions is not None:
        return config
    raise ConfigError(
        f"{found.baseline.name} has no command to run again.",
        "its memeci.yml names no `command` with `predictions`." if path else "its tree has no memeci.yml.",
        "leave --rerun-baseline: the predictions it was released with are compared then.",
    )
