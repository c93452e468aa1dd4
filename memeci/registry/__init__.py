"""The model registry: git only. Tags, records and the archive of failures, safe under concurrent jobs and hostile remotes."""

from memeci.registry.baseline import FoundBaseline
from memeci.registry.bump import Bump
from memeci.registry.registry import Registry, open_registry
from memeci.registry.releases import Release, ReleaseRequest
from memeci.registry.repository import Head

__all__ = ["Bump", "FoundBaseline", "Head", "Registry", "Release", "ReleaseRequest", "open_registry"]
