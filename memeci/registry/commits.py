"""Which commit is meant: a revision or the first digits of a hash, asked of git. Changes nothing, reads no file of the tree."""

from __future__ import annotations

import re
from pathlib import Path

from memeci.errors import DataError
from memeci.registry.command import check_succeeded, run_git
from memeci.registry.repository import open_repository

_PREFIX = re.compile(r"[0-9a-f]{4,64}\Z")
_HASH = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")
_MAX_REVISION = 256


def find_commits(repository: Path, prefix: str) -> tuple[str, ...]:
    """Return the full hashes of the commits that begin with ``prefix`` (4 to 64 hex digits), in order; () if none is here.

    Only what the clone holds can be found: a shallow one knows few commits. Raises DataError where ``repository`` is in no git
    repository, GitError where git fails.
    """
    top = _find_top(repository)
    if _PREFIX.match(prefix) is None:
        return ()
    found = check_succeeded(run_git(["rev-parse", f"--disambiguate={prefix}"], cwd=top), "git could not look up the commit.").text.split()
    asked = "".join(f"{name}\n" for name in found).encode()
    answers = check_succeeded(run_git(["cat-file", "--batch-check"], cwd=top, stdin=asked), "git could not look up the commit.").text
    pairs = (line.split(" ")[:2] for line in answers.splitlines())
    return tuple(sorted(name for name, kind in pairs if kind == "commit"))


def find_commit(repository: Path, revision: str) -> str | None:
    """Return the full hash of the commit that ``revision`` names (HEAD, a branch, a tag, an abbreviation), or None."""
    top = _find_top(repository)
    # A leading hyphen would be an option to git; no ref has one.
    if not revision or revision.startswith("-") or not revision.isprintable() or len(revision) > _MAX_REVISION:
        return None
    found = run_git(["rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"], cwd=top).text.strip()
    return found if _HASH.match(found) else None


def _find_top(repository: Path) -> Path:
    opened = open_repository(repository, None)
    if opened is None:
        raise DataError(
            f"there is no git repository at {repository.resolve()}.", "the commit is looked up in it.", "cd into one, or --repository PATH."
        )
    return opened.top
