"""Finds what to compare with: the last release, a named one, or predictions in the tree of any tag, branch or commit.

Asks the remote as little as it can: one listing of tags, and one ref at depth 1. Nothing in the user's clone changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from memeci.errors import ConfigError, DataError, find_near
from memeci.records import Baseline, BaselineKind, Evaluation, ReleaseSummary
from memeci.registry.command import MIB
from memeci.registry.names import TagStyle, Version, format_tag, may_be_baseline, parse_model_tag, parse_version, release_ref
from memeci.registry.objects import ObjectReader
from memeci.registry.opening import TreePlace, open_release, open_tree
from memeci.registry.release_record import read_release
from memeci.registry.repository import Repository, TagRef
from memeci.registry.summary import extend_history

if TYPE_CHECKING:
    from memeci.registry.adoption import Adopted

LATEST = "latest"
LATEST_PRERELEASE = "latest-prerelease"


class FoundBaseline(msgspec.Struct, frozen=True):
    """What was found. ``record`` is there for releases; ``predictions`` lies in the folder the caller gave; ``metrics`` are
    numbers by name where a tag without predictions has a metrics file. ``history`` is the line of releases up to this one."""

    baseline: Baseline
    record: Evaluation | None = None
    predictions: Path | None = None
    metrics: Mapping[str, float] | None = None
    history: tuple[ReleaseSummary, ...] = ()


class Search(msgspec.Struct, frozen=True, dict=True):
    """What is looked for, and where."""

    repository: Repository
    namespace: str
    model: str
    predictions_path: str | None
    into: Path

    @cached_property
    def local_refs(self) -> dict[str, str]:
        """Full name → id of the tags and of this model's records in the clone, listed once."""
        prefixes = ["refs/tags/", f"{self.namespace}/releases/{self.model}/"]
        return self.repository.list_refs(prefixes, needed=lambda name: may_be_baseline(name, self.model))

    def list_local_tags(self) -> dict[str, TagRef]:
        names = [name for name in self.local_refs if name.startswith("refs/tags/")]
        return {name[len("refs/tags/") :]: TagRef(name[len("refs/tags/") :], self.local_refs[name], None, False) for name in names}


def find_baseline(search: Search, spec: str) -> FoundBaseline | None:
    """Return the baseline that ``spec`` names; None for "latest" where this model has none yet.

    Raises ConfigError for a name that nothing has, DataError for a release that does not match its record, GitError
    where the remote does not answer.
    """
    if spec in {LATEST, LATEST_PRERELEASE}:
        return _find_latest(search, prereleases=spec == LATEST_PRERELEASE)
    if spec.startswith("#"):
        from memeci.registry.promotion import find_promoted

        tags = {**search.list_local_tags(), **search.repository.list_remote_tags()}
        return _read_tag(search, find_promoted(search.repository, tags, search.model, spec[1:]))
    return _find_named(search, spec)


def choose_latest(tags: Mapping[str, TagRef], model: str, *, prereleases: bool) -> TagRef | None:
    """Return the tag of the highest version in the most specific style that any tag has; None without one. Pure."""
    named = [(parsed, tag) for tag in tags.values() if (parsed := parse_model_tag(tag.name, model))]
    for style in TagStyle:
        versions = [(version, tag) for (found, version), tag in named if found is style and (prereleases or not version.prerelease)]
        if versions:
            return max(versions, key=lambda pair: (pair[0], pair[1].name))[1]
    return None


def _find_latest(search: Search, *, prereleases: bool) -> FoundBaseline | None:
    tags = {**search.list_local_tags(), **search.repository.list_remote_tags()}
    latest = choose_latest(tags, search.model, prereleases=prereleases)
    if latest is None:
        return None
    found = _try_tag(search, latest)
    if found is None and _has_releases(search):
        raise _nothing_in(latest.name, search)
    return found


def _has_releases(search: Search) -> bool:
    below = f"{search.namespace}/releases/{search.model}/"
    here = any(name.startswith(below) for name in search.local_refs)
    return here or bool(search.repository.list_remote_refs([f"{below}*"]))


def _find_named(search: Search, spec: str) -> FoundBaseline:
    repository = search.repository
    version = parse_version(spec)
    names = [spec] if version is None else [format_tag(search.model, version), spec]
    listings: tuple[Callable[[], dict[str, TagRef]], ...] = (search.list_local_tags, repository.list_remote_tags)
    for list_tags in listings:
        tags = list_tags()
        tag = next((tags[name] for name in names if name in tags), None)
        if tag is not None:
            return _read_tag(search, tag)
        found = _find_commit(search, spec, tags)
        if found is not None:
            return found
    branch = f"refs/heads/{spec}"
    if branch in repository.list_remote_refs([branch]):
        found = _read_tree(search, TreePlace(branch, None), Baseline(BaselineKind.TAG, spec))
        if found is None:
            raise _nothing_in(spec, search)
        return found
    raise _unknown(search, spec)


def _find_commit(search: Search, spec: str, tags: Mapping[str, TagRef]) -> FoundBaseline | None:
    remote = [tag for tag in tags.values() if tag.remote and tag.commit == spec]
    released = choose_latest({tag.name: tag for tag in remote}, search.model, prereleases=True)
    if released is not None:
        return _read_tag(search, released)
    if not search.repository.understands(spec):
        return None
    with search.repository.reader() as reader:
        found = reader.read(f"{spec}^{{commit}}", 16 * MIB)
    if found is None:
        return None
    commit = found[0].id
    here = {name: tags[name] for name in search.repository.list_tags_at(commit) if name in tags}
    released = choose_latest(here, search.model, prereleases=True)
    if released is not None:
        return _read_tag(search, released)
    with search.repository.reader() as reader:
        adopted = _adopt(search, reader, commit)
    return _accept(search, Baseline(BaselineKind.TAG, spec, commit=commit), adopted)


def _read_tag(search: Search, tag: TagRef) -> FoundBaseline:
    found = _try_tag(search, tag)
    if found is None:
        raise _nothing_in(tag.name, search)
    return found


def _try_tag(search: Search, tag: TagRef) -> FoundBaseline | None:
    """Return what a tag holds: its record, else predictions or metrics in its tree; None where it holds neither."""
    parsed = parse_model_tag(tag.name, search.model)
    version = parsed[1] if parsed else None
    if parsed is not None and version is not None and parsed[0] is TagStyle.RELEASE:
        found = _find_release(search, tag, version)
        if found is not None:
            return found
    baseline = Baseline(BaselineKind.TAG, tag.name, tag=tag.name, commit=tag.commit, version=str(version) if version else None)
    return _read_tree(search, TreePlace(f"refs/tags/{tag.name}", tag.id), baseline)


def _find_release(search: Search, tag: TagRef, version: Version) -> FoundBaseline | None:
    ref = release_ref(search.namespace, search.model, version)
    with open_release(search.repository, ref, tag, search.local_refs) as opened:
        if opened is None:
            return None
        content = read_release(*opened, tag.name, tag.id, search.into)
    evaluation = content.evaluation
    if evaluation.model != search.model:
        raise DataError(
            f"the release {tag.name} holds the record of another model.",
            f'it is about "{evaluation.model}", not "{search.model}".',
            "choose another baseline with --baseline.",
        )
    baseline = Baseline(BaselineKind.RELEASE, tag.name, tag=tag.name, commit=content.commit, version=str(version))
    return FoundBaseline(baseline, evaluation, content.predictions, None, extend_history(evaluation, str(version)))


def _read_tree(search: Search, place: TreePlace, baseline: Baseline) -> FoundBaseline | None:
    with open_tree(search.repository, place) as opened:
        adopted = None if opened is None else _adopt(search, *opened)
    return None if adopted is None else _accept(search, baseline, adopted)


def _adopt(search: Search, reader: ObjectReader, commit: str) -> Adopted | None:
    from memeci.registry.adoption import read_from_tree

    return read_from_tree(reader, commit, search.predictions_path, search.into)


def _accept(search: Search, baseline: Baseline, adopted: Adopted | None) -> FoundBaseline:
    if adopted is None:
        raise _nothing_in(baseline.name, search)
    known = Baseline(baseline.kind, baseline.name, baseline.tag, adopted.commit, baseline.version)
    return FoundBaseline(known, None, adopted.predictions, adopted.metrics)


def _nothing_in(name: str, search: Search) -> DataError:
    path = search.predictions_path
    place = f'"{path}"' if path else "any place known (`predictions:` in memeci.yml is not set)"
    return DataError(
        f"{name} has no record, and no predictions in its tree.",
        f"memeci looked for a release record, then for {place} and for a metrics file in the files of that commit.",
        "choose another baseline with --baseline, or `--baseline none` to start a new line of releases.",
    )


def _unknown(search: Search, spec: str) -> ConfigError:
    known = [*search.list_local_tags(), *search.repository.list_remote_tags()]
    near = find_near(spec, sorted(set(known)), 3, 0.5)
    return ConfigError(
        f'there is no tag, branch or commit "{spec[:200]}" to compare with.',
        f"neither this clone nor its remote has it{'; near: ' + ', '.join(near) if near else ''}.",
        "name one of them, a file, or `--baseline none`.",
    )
