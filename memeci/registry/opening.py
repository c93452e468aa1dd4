"""Opens what a ref holds, here or at the remote: fetched at depth 1 into a scratch repository, read, and gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import msgspec

from memeci.errors import DataError
from memeci.record_file import RECORD_LIMIT
from memeci.registry.command import MIB, Output
from memeci.registry.objects import ObjectReader
from memeci.registry.release_record import PREDICTIONS_LIMIT
from memeci.registry.repository import Repository, TagRef, unreachable

if TYPE_CHECKING:
    from memeci.registry.scratch import Scratch

FETCH_LIMIT = PREDICTIONS_LIMIT + RECORD_LIMIT
_FETCHED = "refs/fetched/0"

Opened = tuple[ObjectReader, str]
"""A reader, and the name under which it knows the commit."""


class TreePlace(msgspec.Struct, frozen=True):
    """A full ref name, and the id of its object where it may lie in the clone."""

    ref: str
    id: str | None


@contextmanager
def open_release(repository: Repository, ref: str, tag: TagRef, local_refs: Mapping[str, str]) -> Iterator[Opened | None]:
    """Give the record commit of a release; None where no record exists.

    A record that lies in the clone already is read there, without asking the remote. (Clones bring tags, never records.)
    """
    local = local_refs.get(ref)
    if local is not None and (not tag.remote or local_refs.get(f"refs/tags/{tag.name}") == tag.id):
        with repository.reader() as reader:
            yield reader, local
    else:
        with _fetch(repository, ref, None) as fetched:
            yield fetched


@contextmanager
def open_tree(repository: Repository, place: TreePlace) -> Iterator[Opened | None]:
    """Give the commit that a tag or branch names, from the clone if it is there; None where neither side has it."""
    if place.id is not None:
        with repository.reader() as reader:
            if reader.read(f"{place.id}^{{tree}}", 16 * MIB) is not None:
                yield reader, place.id
                return
    # Files come one by one when read, where the server can filter; otherwise the whole tree comes now.
    with _fetch(repository, place.ref, "blob:none") as fetched:
        yield fetched


@contextmanager
def _fetch(repository: Repository, ref: str, filter_spec: str | None) -> Iterator[Opened | None]:
    if repository.remote is None:
        yield None
        return
    from memeci.registry.scratch import open_scratch

    with open_scratch(repository.top, repository.settings, repository.object_format) as scratch:
        output = scratch.fetch(repository.remote, [ref], file_limit=FETCH_LIMIT, filter_spec=filter_spec)
        if not _was_fetched(scratch, output, repository.remote):
            yield None
            return
        with scratch.reader() as reader:
            yield reader, _FETCHED


def _was_fetched(scratch: Scratch, output: Output, remote: str) -> bool:
    if output.code == 0:
        return True
    if "couldn't find remote ref" in output.stderr:
        return False
    if scratch.overflowed(FETCH_LIMIT):
        raise DataError(
            f"what the remote sent is larger than {FETCH_LIMIT // MIB} MiB, so the fetch was stopped.",
            "no record with its predictions is that large.",
            "choose another baseline with --baseline.",
        )
    raise unreachable(remote, output)
