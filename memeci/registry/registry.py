"""The registry of one repository: what the rest of memeci asks of git. Each answer lives in a module of its own."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from memeci.errors import DataError
from memeci.registry.credentials import Credentials
from memeci.registry.names import check_model, check_namespace
from memeci.registry.repository import Head, Repository, open_repository

if TYPE_CHECKING:
    from memeci.records import Baseline, ReleaseSummary
    from memeci.registry.archive import Archived
    from memeci.registry.baseline import FoundBaseline
    from memeci.registry.clearing import Clearing
    from memeci.registry.promotion import Promotion
    from memeci.registry.releases import Release, ReleaseRequest


class Registry(msgspec.Struct, frozen=True):
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
        from memeci.registry.baseline import Search, find_baseline

        return find_baseline(Search(self.repository, self.namespace, check_model(model), predictions_path, into), spec)

    def release(self, request: ReleaseRequest) -> Release:
        """Make a release of a finished evaluation; raises before anything is visible, or not at all."""
        from memeci.registry.releases import release

        return release(self.repository, self.namespace, request)

    def list_models(self) -> list[str]:
        """Return the names of the models that have releases with records."""
        from memeci.registry.listing import list_models

        return list_models(self.repository, self.namespace)

    def read_history(self, model: str, *, limit: int) -> tuple[ReleaseSummary, ...]:
        """Return the newest ``limit`` releases of a model, oldest first; empty where there is none."""
        from memeci.registry.history import read_history
        from memeci.registry.listing import list_releases

        return read_history(self.repository, list_releases(self.repository, self.namespace, check_model(model)), limit=limit)

    def archive(self, record: bytes, picture: bytes | None = None, *, push: bool) -> Archived:
        """Append a failure to the archive, in the remote or in the clone, and return where it lies."""
        from memeci.registry.archive import Failure, archive

        return archive(self.repository, self.namespace, Failure(record, picture), push=push)

    def promote(self, release: str, stage: str, *, push: bool) -> Promotion:
        """Put a release ("sentiment@v1.4.0") into a stage ("prod")."""
        from memeci.registry.promotion import promote

        return promote(self.repository, self.namespace, release, stage, push=push)

    def list_stages(self, model: str) -> dict[str, str]:
        """Return stage → tag of the release that is in it: {"prod": "sentiment@v1.4.0"}."""
        from memeci.registry.promotion import list_stages

        return list_stages(self.repository, check_model(model))

    def plan_clearing(self, model: str, *, keep: int, remote: bool) -> Clearing:
        """Return which records `clear` would delete so that the newest ``keep`` stay."""
        from memeci.registry.clearing import plan_clearing

        return plan_clearing(self.repository, self.namespace, check_model(model), keep=keep, remote=remote)

    def clear(self, clearing: Clearing) -> None:
        """Delete what was planned."""
        from memeci.registry.clearing import clear

        clear(self.repository, clearing)

    def open_worktree(self, baseline: Baseline) -> AbstractContextManager[Path]:
        """Check out the commit of a baseline in a temporary folder, removed at the end whatever happens."""
        from memeci.registry.worktree import open_worktree

        if baseline.commit is None:
            raise DataError(f"{baseline.name} is no commit.", "only a tag, branch or commit can be run again.", "--baseline TAG")
        return open_worktree(self.repository, baseline.commit, f"refs/tags/{baseline.tag}" if baseline.tag else None)


def open_registry(
    start: Path, *, namespace: str = "refs/memeci", remote: str | None = None, credentials: Credentials | None = None
) -> Registry | None:
    """Return the registry of the repository that ``start`` lies in; None outside of any.

    ``remote`` is a name or a URL; without it "origin", or the only remote there is. ``credentials`` are used where the clone
    has none of its own. Raises ConfigError for a namespace that is none, GitError where git refuses the repository.
    """
    checked = check_namespace(namespace)
    repository = open_repository(start, remote, credentials)
    return None if repository is None else Registry(repository, checked)
