"""The line of releases. Every record carries a summary of those before it, so the newest one tells nearly the whole line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from memeci.errors import DataError
from memeci.records import Evaluation, ReleaseSummary
from memeci.registry.listing import ReleaseRef, fetch_releases
from memeci.registry.names import Version, parse_version
from memeci.registry.release_record import read_release
from memeci.registry.repository import Repository
from memeci.registry.summary import extend_history, summarise


def read_history(repository: Repository, releases: Mapping[Version, ReleaseRef], *, limit: int) -> tuple[ReleaseSummary, ...]:
    """Return summaries of the newest ``limit`` of these releases, oldest first.

    Reads the newest record, and those of releases that its own history does not know (released at the same time, say).
    A release whose record was cleared away, or does not match its tag, shows up only where a later record remembers it.
    """
    wanted = sorted(releases, reverse=True)[:limit]
    known: dict[Version, ReleaseSummary] = {}
    for version, evaluation in read_records(repository, [releases[version] for version in wanted[:1]]).items():
        known.update(_by_version(extend_history(evaluation, str(version))))
    missing = [releases[version] for version in wanted if version not in known]
    known.update({version: summarise(evaluation, str(version)) for version, evaluation in read_records(repository, missing).items()})
    return tuple(known[version] for version in sorted(wanted) if version in known)


def _by_version(summaries: Iterable[ReleaseSummary]) -> dict[Version, ReleaseSummary]:
    return {version: summary for summary in summaries if (version := parse_version(summary.version)) is not None}


def read_records(repository: Repository, releases: Sequence[ReleaseRef]) -> dict[Version, Evaluation]:
    """Return the records of those releases whose record is there and matches the tag."""
    found: dict[Version, Evaluation] = {}
    with fetch_releases(repository, releases) as readable:
        for release, reader, commit in readable:
            try:
                found[release.version] = read_release(reader, commit, release.tag.name, release.tag.id, None).evaluation
            except DataError:
                continue
    return found
