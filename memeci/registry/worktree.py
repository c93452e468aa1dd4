"""Another commit in a folder of its own, for `--rerun-baseline`: made by `git worktree`, gone afterwards whatever happens.

The one place for GitPython: here its import costs nothing beside the command that will run, and git must act as the
user's own git would, with filters (LFS), sparse checkout and all.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from memeci.errors import GitError
from memeci.registry.command import MIB, redact, run_git
from memeci.registry.repository import Repository, unreachable

_FETCH_LIMIT = 4096 * MIB


@contextmanager
def open_worktree(repository: Repository, commit: str, ref: str | None = None) -> Iterator[Path]:
    """Check ``commit`` out into a temporary folder and give that folder; remove it at the end, also after a failure.

    ``ref`` (a full name) is fetched first where the clone does not have the commit. Raises GitError where that fails.
    """
    import git

    _fetch_missing(repository, commit, ref)
    parent = Path(tempfile.mkdtemp(prefix="memeci-baseline-"))
    folder = parent / repository.top.name
    session = git.Git(repository.top)
    session.update_environment(GIT_TERMINAL_PROMPT="0", GIT_LFS_SKIP_SMUDGE="0")
    try:
        session.execute(["git", "worktree", "prune"])
        # No hooks: a post-checkout of the user's would take this for a checkout of theirs.
        session.execute(["git", "-c", "core.hooksPath=/dev/null", "worktree", "add", "--quiet", "--detach", str(folder), commit])
        yield folder
    except git.GitCommandError as error:
        raise GitError(f"git could not check out {commit[:12]}.", f"git says: {redact(str(error.stderr).strip())}", "") from error
    finally:
        shutil.rmtree(parent, ignore_errors=True)
        session.execute(["git", "worktree", "prune"], with_exceptions=False)


def _fetch_missing(repository: Repository, commit: str, ref: str | None) -> None:
    with repository.reader() as reader:
        if reader.read(f"{commit}^{{tree}}", 64 * MIB) is not None:
            return
    if repository.remote is None:
        raise GitError(f"commit {commit[:12]} is not in this clone.", "and there is no remote to fetch it from.", "")
    # Cut the history only where it is cut already: --depth in a full clone would make it a shallow one.
    depth = ["--depth=1"] if repository.shallow else []
    options = ["--quiet", *depth, "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"]
    output = run_git(["fetch", *options, "--", repository.remote, ref or commit], cwd=repository.top, guard=repository.guard(_FETCH_LIMIT))
    if output.code != 0:
        raise unreachable(repository.remote, output)
