"""What the commands about releases share: where the registry lies (memeci.yml, or options), and opening it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from memeci.errors import ConfigError

if TYPE_CHECKING:
    from memeci.config import Config
    from memeci.registry import Registry


class Here(msgspec.Struct, frozen=True):
    """The repository that we are in. ``config`` is the first model's where memeci.yml has several."""

    registry: Registry
    config: Config

    def choose_model(self, asked: str | None) -> str:
        """Return the model asked for, the one that memeci.yml names, or the only one with releases. Raises ConfigError."""
        if asked is not None or "model" in self.config.places:
            return asked or self.config.model
        models = self.registry.list_models()
        if len(models) == 1:
            return models[0]
        if not models:
            raise ConfigError(
                "there is no release yet.", "no model of this repository has a record.", "memeci evaluate, then memeci release."
            )
        raise ConfigError("this repository has several models.", f"they are: {', '.join(models)}.", "name one of them as the argument.")


def with_registry(function: Callable[..., None]) -> Callable[..., None]:
    """Add ``--remote`` and ``--namespace`` to a command, and pass it ``here``."""

    @click.option("--remote", metavar="NAME", help="Remote to use.  [default: as in memeci.yml, origin, or the only one]")
    @click.option("--namespace", metavar="REF", help="Where records lie.  [default: as in memeci.yml, or refs/memeci]")
    @functools.wraps(function)
    def wrapped(*, remote: str | None, namespace: str | None, **options: Any) -> None:
        from memeci.config import load_configs, read_environment

        config = load_configs(overrides=read_environment().overrides)[0]
        where = config.registry
        registry = open_here(remote or where.remote, namespace or where.namespace)
        function(here=Here(registry, config), **options)

    return wrapped


def open_here(remote: str | None, namespace: str) -> Registry:
    """Return the registry of the repository that we are in; raises ConfigError outside of any."""
    from memeci.config import read_environment
    from memeci.registry import find_credentials, open_registry

    credentials = find_credentials(read_environment())
    registry = open_registry(Path.cwd(), namespace=namespace, remote=remote, credentials=credentials)
    if registry is None:
        raise no_repository()
    return registry


def no_repository() -> ConfigError:
    return ConfigError("this is not a git repository.", "releases are tags in git.", "git init, commit, then evaluate and release.")
