"""Clears old records away. Tags stay, and so does each release's line in the history that newer records carry."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from memeci.errors import GitError
from memeci.registry.command import MIB, Guard, format_last_words, run_git
from memeci.registry.history import read_records
from memeci.registry.listing import ReleaseRef
from memeci.registry.names import Version, format_tag, parse_version, release_ref
from memeci.registry.promotion import find_stages, list_tags
from memeci.registry.push import push_refs
from memeci.registry.repository import Repository, TagRef


class Clearing(msgspec.Struct, frozen=True):
    """What goes: full ref name → record commit, here and at the remote. ``kept`` are the versions that stay, newest first.

    ``unusable`` are full names of refs that are no record of a release: they do not count, and stay.
    """

    here: Mapping[str, str]
    there: Mapping[str, str]
    kept: tuple[str, ...]
    unusable: tuple[str, ...] = ()


def plan_clearing(repository: Repository, namespace: str, model: str, *, keep: int, remote: bool) -> Clearing:
    """Return what keeping the newest ``keep`` releases of a model would delete; what is in a stage always stays."""
    below = f"{namespace}/releases/{model}/"
    here = _records(repository.list_refs([below]), below)
    there = _records(repository.list_remote_refs([f"{below}*"]), below) if remote else {}
    tags = list_tags(repository, model)
    usable = _find_usable(repository, here | there, here, tags, (namespace, model))
    staged = _staged(repository, tags, model)
    versions = sorted(usable, reverse=True)
    kept = [version for i, version in enumerate(versions) if i < keep or version in staged]
    gone = usable.difference(kept)
    return Clearing(
        {below + f"v{version}": identity for version, identity in here.items() if version in gone},
        {below + f"v{version}": identity for version, identity in there.items() if version in gone},
        tuple(str(version) for version in kept),
        tuple(f"{below}v{version}" for version in sorted({*here, *there} - usable)),
    )


def clear(repository: Repository, clearing: Clearing) -> None:
    """Delete what was planned, unless it changed meanwhile. Raises GitError where git or the remote refuses."""
    if clearing.there and repository.remote is not None:
        push_refs(repository, repository.remote, dict.fromkeys(clearing.there, ""), expected=clearing.there)
    if clearing.here:
        lines = "".join(f"delete {name} {identity}\n" for name, identity in clearing.here.items())
        output = run_git(["update-ref", "--stdin"], cwd=repository.top, stdin=lines.encode(), guard=Guard(file_limit=16 * MIB))
        if output.code != 0:
            raise GitError("git could not delete the records.", format_last_words(output.stderr), "run it again.")


def _records(refs: Mapping[str, str], below: str) -> dict[Version, str]:
    return {
        version: identity
        for name, identity in refs.items()
        if name.startswith(below) and (version := parse_version(name[len(below) :])) is not None
    }


def _find_usable(
    repository: Repository, records: Mapping[Version, str], here: Mapping[Version, str], tags: Mapping[str, TagRef], line: tuple[str, str]
) -> set[Version]:
    """Return the versions whose record is that of a release: a forged one must not count as the newest, nor push out a sound one."""
    namespace, model = line
    named = {version: tags.get(format_tag(model, version)) for version in records}
    releases = [
        ReleaseRef(version, tag, release_ref(namespace, model, version), records[version], here.get(version) == records[version])
        for version, tag in named.items()
        if tag is not None
    ]
    return set(read_records(repository, releases))


def _staged(repository: Repository, tags: Mapping[str, TagRef], model: str) -> set[Version]:
    names = find_stages(repository, tags, model).values()
    return {version for name in names if (version := parse_version(name.rpartition("@")[2])) is not None}
