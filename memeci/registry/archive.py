"""The archive of failures: one ref, one commit per failure with its record and picture, only ever appended to.

Built and pushed from a scratch repository that holds the tip and nothing else, so it works from any clone, however shallow.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from pathlib import Path

import msgspec

from memeci.errors import ConfigError, DataError
from memeci.filenames import RECORD_FILE
from memeci.record_file import RECORD_LIMIT
from memeci.registry.command import MIB, Guard, run_git
from memeci.registry.names import memes_ref
from memeci.registry.objects import format_tree, write_object
from memeci.registry.push import PushResult, attempts, gave_up, push_refs
from memeci.registry.release_record import PICTURE_LIMIT
from memeci.registry.repository import Repository, unreachable
from memeci.registry.scratch import Scratch, open_scratch

_TIP_LIMIT = 64 * MIB


class Failure(msgspec.Struct, frozen=True):
    """What is kept: record.json as bytes, and the picture (PNG)."""

    record: bytes
    picture: bytes | None = None


class Archived(msgspec.Struct, frozen=True):
    """Where it lies: ``commit`` on ``ref``, the picture there as ``picture`` (named by its content, as image proxies cache)."""

    ref: str
    commit: str
    picture: str | None
    remote: str | None


def archive(repository: Repository, namespace: str, failure: Failure, *, push: bool) -> Archived:
    """Append a failure to the archive, in the remote or (without ``push``) in the clone. Safe beside any number of others.

    Raises GitError where the remote refuses.
    """
    if len(failure.record) > RECORD_LIMIT or len(failure.picture or b"") > PICTURE_LIMIT:
        raise DataError("the record or picture is too large for the archive.", f"a picture may have {PICTURE_LIMIT // MIB} MiB.", "")
    ref = memes_ref(namespace)
    if not push:
        return _append_here(repository, ref, failure)
    if repository.remote is None:
        raise ConfigError("there is no remote to keep the archive in.", "this repository has none.", "git remote add origin URL")
    return _append_there(repository, repository.remote, ref, failure)


def _append_here(repository: Repository, ref: str, failure: Failure) -> Archived:
    for _ in attempts():
        tip = repository.list_refs([ref]).get(ref)
        commit, picture = _write(repository.objects, repository.object_format, failure, tip)
        # The old value makes this a compare-and-swap; the empty one means that the ref must not be there.
        done = run_git(["update-ref", "--", ref, commit, tip or ""], cwd=repository.top, guard=Guard(file_limit=MIB))
        if done.code == 0:
            return Archived(ref, commit, picture, None)
    raise gave_up("the archive", "this clone")


def _append_there(repository: Repository, remote: str, ref: str, failure: Failure) -> Archived:
    with open_scratch(repository.top, repository.settings, repository.object_format) as scratch:
        for _ in attempts():
            tip = _fetch_tip(scratch, remote, ref)
            commit, picture = _write(scratch.git_dir / "objects", repository.object_format, failure, tip)
            if push_refs(repository, remote, {ref: commit}, scratch=scratch) is PushResult.DONE:
                return Archived(ref, commit, picture, remote)
    raise gave_up("the archive", remote)


def _fetch_tip(scratch: Scratch, remote: str, ref: str) -> str | None:
    output = scratch.fetch(remote, [ref], file_limit=_TIP_LIMIT)
    if output.code != 0:
        if "couldn't find remote ref" in output.stderr:
            return None
        raise unreachable(remote, output)
    return (scratch.git_dir / "refs" / "fetched" / "0").read_text(encoding="ascii").strip()


def _write(objects: Path, object_format: str, failure: Failure, parent: str | None) -> tuple[str, str | None]:
    """Write the commit; return its id and the name of the picture in it."""
    files = {RECORD_FILE: write_object(objects, "blob", failure.record, object_format)}
    picture = None
    if failure.picture is not None:
        picture = f"{hashlib.sha256(failure.picture).hexdigest()[:32]}.png"
        files[picture] = write_object(objects, "blob", failure.picture, object_format)
    tree = write_object(objects, "tree", format_tree(files), object_format)
    who = f"memeci <memeci@localhost> {int(time.time())} +0000"
    above = "" if parent is None else f"parent {parent}\n"
    # Drawn by lot: the same failure archived by two jobs is two commits.
    text = f"tree {tree}\n{above}author {who}\ncommitter {who}\n\nA failure\n\nlot: {secrets.token_hex(16)}\n"
    return write_object(objects, "commit", text.encode(), object_format), picture
