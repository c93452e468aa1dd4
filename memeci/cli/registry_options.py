"""What the commands about releases share: the options that say where the registry lies, and opening it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from memeci.errors import ConfigError

if TYPE_CHECKING:
    from memeci.registry import Registry


def with_registry(function: Callable[..., None]) -> Callable[..., None]:
    """Add ``--remote`` and ``--namespace`` to a command, and pass it the opened registry as ``registry``."""

    @click.option("--remote", metavar="NAME", help="Remote to use. [default: origin, or the only one]")
    @click.option("--namespace", metavar="REF", default="refs/memeci", show_default=True, help="Where records lie.")
    @functools.wraps(function)
    def wrapped(*, remote: str | None, namespace: str, **options: Any) -> None:
        function(registry=open_here(remote, namespace), **options)

    return wrapped


def open_here(remote: str | None, namespace: str) -> Registry:
    """Return the registry of the repository that we are in; raises ConfigError outside of any."""
    from memeci.registry import open_registry

    registry = open_registry(Path.cwd(), namespace=namespace, remote=remote)
    if registry is None:
        raise ConfigError("this is not a git repository.", "releases are tags in git.", "git init, commit, then evaluate and release.")
    return registry


def choose_model(registry: Registry) -> str:
    """Return the only model there is; raises ConfigError where there are none or several."""
    models = registry.list_models()
    if len(models) == 1:
        return models[0]
    if not models:
        raise ConfigError("there is no release yet.", "no model of this repository has a record.", "memeci evaluate, then memeci release.")
    raise ConfigError("this repository has several models.", f"they are: {', '.join(models)}.", "name one of them as the argument.")
