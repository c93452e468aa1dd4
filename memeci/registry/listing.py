"""Which releases a model has, here and at the remote, and readers that see their records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

import msgspec

from memeci.registry.command import MIB
from memeci.registry.names import TagStyle, Version, is_of_line, parse_model_tag, parse_version, release_ref
from memeci.registry.objects import ObjectReader
from memeci.registry.repository import Repository, TagRef, unreachable
from memeci.registry.scratch import open_scratch

_FETCH_LIMIT = 1024 * MIB


class ReleaseRef(msgspec.Struct, frozen=True):
    """A release as refs show it. ``record`` is the commit with its record; None where that was cleared away.

    ``here`` whether tag and record lie in the clone as they do at the remote, so that nothing need be fetched.
    """

    version: Version
    tag: TagRef
    ref: str
    record: str | None
    here: bool


def list_releases(repository: Repository, namespace: str, model: str) -> dict[Version, ReleaseRef]:
    """Return every release of a model, from one listing of the clone and one of the remote; the remote's where both have it."""
    below = f"{namespace}/releases/{model}/"
    local = repository.list_refs(["refs/tags/", below], needed=lambda name: is_of_line(name, model))
    remote = repository.list_remote_refs([f"refs/tags/{model}@v*", f"{below}*"])
    return {**_parse(local, local, namespace, model, remote=False), **_parse(remote, local, namespace, model, remote=True)}


def list_models(repository: Repository, namespace: str) -> list[str]:
    """Return the names of the models that have records, here or at the remote."""
    below = f"{namespace}/releases/"
    names = {*repository.list_refs([below]), *repository.list_remote_refs([f"{below}*"])}
    parts = (name[len(below) :].rpartition("/") for name in names if name.startswith(below))
    return sorted({model for model, _, version in parts if model and version.startswith("v") and parse_version(version)})


def _parse(refs: Mapping[str, str], local: Mapping[str, str], namespace: str, model: str, *, remote: bool) -> dict[Version, ReleaseRef]:
    releases: dict[Version, ReleaseRef] = {}
    for name, identity in refs.items():
        tag = name.removeprefix("refs/tags/")
        parsed = parse_model_tag(tag, model)
        if tag == name or name.endswith("^{}") or parsed is None or parsed[0] is not TagStyle.RELEASE:
            continue
        ref = release_ref(namespace, model, parsed[1])
        record = refs.get(ref)
        here = record is not None and local.get(ref) == record and local.get(name) == identity
        releases[parsed[1]] = ReleaseRef(parsed[1], TagRef(tag, identity, refs.get(f"{name}^{{}}"), remote), ref, record, here)
    return releases


@contextmanager
def fetch_releases(repository: Repository, releases: Sequence[ReleaseRef]) -> Iterator[Iterator[tuple[ReleaseRef, ObjectReader, str]]]:
    """Give (release, reader, record commit) for each release that has a record; all that must be fetched comes in one go."""
    here = [release for release in releases if release.here]
    there = [release for release in releases if release.record is not None and not release.here and release.tag.remote]
    with ExitStack() as stack:
        yield _readable(repository, here, there, stack)


def _readable(
    repository: Repository, here: Sequence[ReleaseRef], there: Sequence[ReleaseRef], stack: ExitStack
) -> Iterator[tuple[ReleaseRef, ObjectReader, str]]:
    if here:
        reader = stack.enter_context(repository.reader())
        for release in here:
            yield release, reader, release.record or ""
    if there and repository.remote is not None:
        scratch = stack.enter_context(open_scratch(repository.top, repository.settings, repository.object_format))
        # Leaves the predictions where they are, if the server can filter.
        refs = [release.ref for release in there]
        output = scratch.fetch(repository.remote, refs, file_limit=_FETCH_LIMIT, filter_spec="blob:limit=2m")
        if output.code != 0:
            raise unreachable(repository.remote, output)
        reader = stack.enter_context(scratch.reader())
        for number, release in enumerate(there):
            yield release, reader, f"refs/fetched/{number}"
