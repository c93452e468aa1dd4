"""The model registry: git only. Tags, records and the archive of failures, safe under concurrent jobs and hostile remotes."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from memeci.registry.credentials import Credentials, find_credentials
from memeci.registry.registry import Registry, open_registry

if TYPE_CHECKING:
    from memeci.registry.archive import Archived
    from memeci.registry.baseline import FoundBaseline
    from memeci.registry.bump import Bump
    from memeci.registry.clearing import Clearing
    from memeci.registry.promotion import Promotion
    from memeci.registry.releases import Release, ReleaseRequest
    from memeci.registry.repository import Head

__all__ = [
    "Archived",
    "Bump",
    "Clearing",
    "Credentials",
    "FoundBaseline",
    "Head",
    "Promotion",
    "Registry",
    "Release",
    "ReleaseRequest",
    "find_credentials",
    "open_registry",
]

_HOMES = {
    "Archived": "archive",
    "Bump": "bump",
    "Clearing": "clearing",
    "FoundBaseline": "baseline",
    "Head": "repository",
    "Promotion": "promotion",
    "Release": "releases",
    "ReleaseRequest": "releases",
}


def __getattr__(name: str) -> Any:
    # An evaluation looks up a baseline and no more: what makes releases is imported when it is asked for.
    if name not in _HOMES:
        raise AttributeError(name)
    return getattr(importlib.import_module(f"memeci.registry.{_HOMES[name]}"), name)
