"""Stages of a model, written as GTO writes them: the tag `sentiment#prod#3` on the commit of the release that is in prod."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from memeci.errors import ConfigError
from memeci.naming import is_ref_name
from memeci.registry.command import MIB
from memeci.registry.listing import fetch_releases, list_releases
from memeci.registry.names import FIRST, TagStyle, Version, check_model, is_of_line, parse_model_tag, parse_stage_tag
from memeci.registry.objects import parse_headers, write_object
from memeci.registry.push import PushResult, attempts, gave_up, push_refs
from memeci.registry.release_record import TAG_LIMIT, read_release
from memeci.registry.repository import Repository, TagRef, unreachable
from memeci.registry.scratch import open_scratch
from memeci.registry.writing import create_refs, read_identity

_RELEASE_LINE = re.compile(rb"^memeci-release: (\S+)$", re.MULTILINE)


class Promotion(msgspec.Struct, frozen=True):
    """A release that entered a stage. ``remote`` is where the tag was pushed to."""

    tag: str
    release: str
    stage: str
    commit: str
    remote: str | None


def next_number(tags: Mapping[str, TagRef], model: str) -> int:
    """Return the number of the next stage tag of a model: GTO counts on over all of its stages. Pure."""
    return 1 + max((parsed[1] for name in tags if (parsed := parse_stage_tag(name, model))), default=0)


def promote(repository: Repository, namespace: str, release: str, stage: str, *, push: bool) -> Promotion:
    """Tag the commit of ``release`` ("sentiment@v1.4.0") with the next number of a stage.

    Raises ConfigError for a release or stage that cannot be, DataError for a release that does not match its record, GitError
    where git or the remote refuses.
    """
    model = check_model(release.rpartition("@v")[0])
    if not is_ref_name(stage):
        raise ConfigError(f'"{stage[:80]}" cannot be a stage.', "it becomes part of a git tag.", "use a plain word such as prod.")
    for _ in attempts():
        tags = list_tags(repository, model)
        commit = _commit_of(repository, tags, release, model)
        _check_record(repository, namespace, tags[release], model)
        name = f"{model}#{stage}#{next_number(tags, model)}"
        if _publish(repository, name, commit, f"{release} is {stage}\n\nmemeci-release: {release}\n", tags[release], push=push):
            return Promotion(name, release, stage, commit, repository.remote if push else None)
    raise gave_up("the promotion", repository.remote or "this clone")


def list_tags(repository: Repository, model: str) -> dict[str, TagRef]:
    """Return the tags of the clone and of its remote; where both have one, the remote's. Raises GitError for a broken one of ``model``."""
    refs = repository.list_refs(["refs/tags/"], needed=lambda name: is_of_line(name, model))
    here = ((name.removeprefix("refs/tags/"), identity) for name, identity in refs.items())
    return {**{name: TagRef(name, identity, None, False) for name, identity in here}, **repository.list_remote_tags()}


def find_promoted(repository: Repository, tags: Mapping[str, TagRef], model: str, stage: str) -> TagRef:
    """Return the tag of the release that is in ``stage`` (the stage tag itself where its commit has no release).

    Raises ConfigError where nothing is in that stage.
    """
    staged = {parsed[1]: tag for tag in tags.values() if (parsed := parse_stage_tag(tag.name, model)) and parsed[0] == stage}
    if not staged:
        stages = _name_stages(tags, model)
        raise ConfigError(
            f'no release of "{model}" is in the stage "{stage[:80]}".',
            f"its stages are: {', '.join(stages) or 'none yet'}.",
            f"memeci promote {model}@vVERSION {stage if is_ref_name(stage) else 'prod'}",
        )
    newest = staged[max(staged)]
    commit = newest.commit or peel(repository, newest)
    released = [tag for tag in tags.values() if _is_release(tag, model) and (tag.commit or peel(repository, tag)) == commit]
    if len(released) < 2:
        return released[0] if released else newest
    # Several releases of one commit: the stage tag says which.
    match = _RELEASE_LINE.search(_read_tag_object(repository, newest))
    named = match[1].decode("utf-8", "replace") if match else ""
    return next((tag for tag in released if tag.name == named), max(released, key=lambda tag: _version(tag, model)))


def list_stages(repository: Repository, model: str) -> dict[str, str]:
    """Return stage → tag of the release that is in it, for every stage of a model."""
    return find_stages(repository, list_tags(repository, model), model)


def find_stages(repository: Repository, tags: Mapping[str, TagRef], model: str) -> dict[str, str]:
    """Return the same from tags that are listed already."""
    stages = _name_stages(tags, model)
    peeled = _peel_all(repository, tags) if stages else tags
    return {stage: find_promoted(repository, peeled, model, stage).name for stage in stages}


def _name_stages(tags: Mapping[str, TagRef], model: str) -> list[str]:
    return sorted({parsed[0] for name in tags if (parsed := parse_stage_tag(name, model))})


def _peel_all(repository: Repository, tags: Mapping[str, TagRef]) -> dict[str, TagRef]:
    """Return the tags with their commits, as far as the clone knows them: read by one process, not by one for each tag."""
    with repository.reader() as reader:
        read = {name: reader.read(f"{tag.id}^{{commit}}", 16 * MIB) for name, tag in tags.items() if tag.commit is None}
    return {name: replace(tag, commit=found[0].id) if (found := read.get(name)) else tag for name, tag in tags.items()}


def peel(repository: Repository, tag: TagRef) -> str | None:
    """Return the commit that a tag of the clone names; None where the clone does not have it."""
    with repository.reader() as reader:
        found = reader.read(f"{tag.id}^{{commit}}", 16 * MIB)
    return found[0].id if found else None


def _is_release(tag: TagRef, model: str) -> bool:
    parsed = parse_model_tag(tag.name, model)
    return parsed is not None and parsed[0] is TagStyle.RELEASE


def _version(tag: TagRef, model: str) -> Version:
    parsed = parse_model_tag(tag.name, model)
    return parsed[1] if parsed else FIRST


def _read_tag_object(repository: Repository, tag: TagRef) -> bytes:
    with repository.reader() as reader:
        found = reader.read(tag.id, TAG_LIMIT)
    if found is not None or repository.remote is None:
        return found[1] if found else b""
    with open_scratch(repository.top, repository.settings, repository.object_format) as scratch:
        scratch.fetch(repository.remote, [f"refs/tags/{tag.name}"], file_limit=512 * MIB, filter_spec="tree:0")
        with scratch.reader() as reader:
            found = reader.read(tag.id, TAG_LIMIT)
    return found[1] if found else b""


def _check_record(repository: Repository, namespace: str, tag: TagRef, model: str) -> None:
    """Raise DataError where the release has a record that is not its own: `memeci evaluate` would refuse it as a baseline."""
    release = list_releases(repository, namespace, model).get(_version(tag, model))
    if release is None or release.record is None:
        return
    with fetch_releases(repository, [release]) as readable:
        for _, reader, commit in readable:
            read_release(reader, commit, tag.name, tag.id, None)


def _commit_of(repository: Repository, tags: Mapping[str, TagRef], release: str, model: str) -> str:
    tag = tags.get(release)
    if tag is None or not _is_release(tag, model):
        known = sorted(name for name in tags if _is_release(tags[name], model))
        raise ConfigError(
            f'there is no release "{release[:200]}".',
            f"the last releases are: {', '.join(known[-5:]) or 'none'}.",
            f"memeci promote {known[-1]} STAGE" if known else "memeci release",
        )
    commit = peel(repository, tag) or tag.commit
    kind = _kind_behind(repository, tag)
    if commit is None or kind in {"blob", "tree"}:
        why = "git cannot find what it names." if kind is None else f"it is on a {kind}."
        raise ConfigError(f"the tag {release[:200]} names no commit.", why, "promote a release that `memeci release` made.")
    return commit


def _kind_behind(repository: Repository, tag: TagRef) -> str | None:
    """Return what kind of object a tag is on, None where the clone does not have the tag."""
    with repository.reader() as reader:
        found = reader.read(tag.id, 512 * MIB)
    if found is None:
        return None
    return parse_headers(found[1]).get("type") if found[0].kind == "tag" else found[0].kind


def _publish(repository: Repository, name: str, commit: str, message: str, release: TagRef, *, push: bool) -> bool:
    """Create the tag there and here; False where somebody else took its number."""
    who = read_identity(repository)
    text = f"object {commit}\ntype commit\ntag {name}\ntagger {who}\n\n{message}".encode()
    refs = {f"refs/tags/{name}": write_object(repository.objects, "tag", text, repository.object_format)}
    if push and not _push(repository, refs, text, release):
        return False
    return create_refs(repository, refs, keep_going=push) is PushResult.DONE or push


def _push(repository: Repository, refs: dict[str, str], tag: bytes, release: TagRef) -> bool:
    if repository.remote is None or not release.remote:
        raise ConfigError(
            f"the remote does not have the release {release.name}.",
            "a stage is a tag on a commit that the remote must know." if repository.remote else "this repository has no remote.",
            "push the release first (`memeci release --push`), or leave out --push.",
        )
    # From a scratch repository that fetches the commit of the release: a shallow clone often does not have it.
    with open_scratch(repository.top, repository.settings, repository.object_format) as scratch:
        fetched = scratch.fetch(repository.remote, [f"refs/tags/{release.name}"], file_limit=512 * MIB, filter_spec="blob:none")
        if fetched.code != 0:
            raise unreachable(repository.remote, fetched)
        write_object(scratch.git_dir / "objects", "tag", tag, repository.object_format)
        return push_refs(repository, repository.remote, refs, scratch=scratch) is PushResult.DONE
