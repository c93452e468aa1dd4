"""The registry of one repository: what the rest of memeci asks of git. Each answer lives in a module of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from memeci.registry.baseline import FoundBaseline, Search, find_baseline
from memeci.registry.names import check_model, check_namespace
from memeci.registry.releases import Release, ReleaseRequest, release
from memeci.registry.repository import Head, Repository, open_repository


@dataclass(frozen=True)
class Registry:
    """A model registry in git. ``namespace`` is where refs other than tags lie."""

    repository: Repository
    namespace: str

    @property
    def top(self) -> Path:
        """The folder that paths in the tree of a tag are relative to."""
        return self.repository.top

    def read_head(self) -> Head:
        """Return what is checked out."""
        return self.repository.read_head()

    def find_baseline(self, model: str, spec: str, *, predictions_path: str | None, into: Path) -> FoundBaseline | None:
        """Return what ``spec`` names: "latest" (None if there is none yet), "latest-prerelease", a tag, version, commit, branch, "#stage".

        ``predictions_path`` is relative to the repository, for tags without a record. Predictions are written into ``into``.
        Raises ConfigError, DataError or GitError with the way out.
        """
        return find_baseline(Search(self.repository, self.namespace, check_model(model), predictions_path, into), spec)

    def release(self, request: ReleaseRequest) -> Release:
        """Make a release of a finished evaluation; raises before anything is visible, or not at all."""
        return release(self.repository, self.namespace, request)


def open_registry(start: Path, *, namespace: str = "refs/memeci", remote: str | None = None) -> Registry | None:
    """Return the registry of the repository that ``start`` lies in; None outside of any.

    ``remote`` is a name or a URL; without it "origin", or the only remote there is. Raises ConfigError for a namespace that
    is none, GitError where git refuses the repository.
    """
    checked = check_namespace(namespace)
    repository = open_repository(start, remote)
    return None if repository is None else Registry(repository, checked)
