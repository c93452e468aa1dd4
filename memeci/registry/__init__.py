"""The model registry: git only. Tags, records and the archive of failures, safe under concurrent jobs and hostile remotes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memeci.lazy_names import load_from
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

# An evaluation looks up a baseline and no more: what makes releases is imported when it is asked for.
__getattr__ = load_from(__name__, _HOMES)
