"""Writes refs in the user's clone, and says in whose name. Knows no record."""

from __future__ import annotations

import time

from memeci.errors import GitError
from memeci.registry.command import MIB, Guard, format_last_words, run_git
from memeci.registry.push import IN_THE_WAY, PushResult
from memeci.registry.repository import Repository


def create_refs(repository: Repository, refs: dict[str, str], *, keep_going: bool = False) -> PushResult:
    """Create refs in the clone, all or none. Raises GitError where git cannot, unless ``keep_going``."""
    lines = "".join(f"create {name} {identity}\n" for name, identity in refs.items())
    output = run_git(["update-ref", "--stdin"], cwd=repository.top, stdin=lines.encode(), guard=Guard(file_limit=MIB))
    if output.code == 0:
        return PushResult.DONE
    if IN_THE_WAY.search(output.stderr) and not keep_going:
        why = format_last_words(output.stderr)
        raise GitError("a branch or tag is in the way of the release.", why, "rename or delete it, or set another registry.namespace.")
    if "already exists" in output.stderr or ".lock" in output.stderr or keep_going:
        return PushResult.LOST_RACE
    raise GitError(
        "git could not create the tag and its record.", format_last_words(output.stderr), "is the disk full, or a branch in the way?"
    )


def read_identity(repository: Repository) -> str:
    """Return "Name <email> seconds zone" as git would sign with; a CI job often has no name, and needs none."""
    output = run_git(["var", "GIT_COMMITTER_IDENT"], cwd=repository.top)
    return output.text.strip() if output.code == 0 else f"memeci <memeci@localhost> {int(time.time())} +0000"
