"""What a builder puts on an image of this commit: tags and OCI labels, in the forms the builders read. Pure; reads no clock."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import datetime, timezone

import msgspec

from memeci.errors import DataError
from memeci.puns.tag import parse_commit
from memeci.records import DockerTag

BAKE_TARGET = "memeci"
# The reference grammar of distribution/reference: [host[:port]/]path, lower case, no tag.
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_IMAGE = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*(?::[0-9]{{1,5}})?/)?{_COMPONENT}(?:/{_COMPONENT})*\Z")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\Z")
_NUMBER = r"(?:0|[1-9][0-9]{0,9})"
_VERSION = re.compile(
    rf"(?:[^\s@]+@)?v?(?P<version>{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?P<pre>-[0-9A-Za-z.-]{{1,40}})?(?:\+[0-9A-Za-z.-]{{1,40}})?)\Z"
)


class ImageMetadata(msgspec.Struct, frozen=True):
    """``tags`` are whole references where images were named, bare tags otherwise; ``labels`` in the order they are written."""

    commit: str
    docker_tag: DockerTag
    tags: tuple[str, ...]
    labels: tuple[tuple[str, str], ...]


def build_image_metadata(
    commit: str,
    docker_tag: DockerTag,
    *,
    images: Sequence[str] = (),
    release: str | None = None,
    source: str | None = None,
    created: datetime | None = None,
) -> ImageMetadata:
    """Return tags and labels of an image built from ``commit``.

    The tags are the pun and ``sha-<commit>``; a ``release`` ("1.2.0", "v1.2.0" or "sentiment@v1.2.0") adds its version and, unless
    it is a pre-release, ``latest``. ``created`` needs a time zone. What is not known makes no label.
    ``docker_tag`` may come from a stranger's record: one that would break a line is refused. Raises DataError.
    """
    commit = parse_commit(commit)
    _check_tag(docker_tag.tag)
    version, is_stable = parse_release(release) if release is not None else (None, False)
    names = [docker_tag.tag, f"sha-{commit}"]
    if version is not None:
        # "+" is no character of a Docker tag; docker/metadata-action writes "-" for it too.
        names += [version.replace("+", "-"), *(["latest"] if is_stable else [])]
    prefixes = [f"{parse_image(image)}:" for image in images] or [""]
    labels = {
        "org.opencontainers.image.revision": commit,
        "org.opencontainers.image.version": version or docker_tag.tag,
        "org.opencontainers.image.source": _check_label("source", source) if source else "",
        "org.opencontainers.image.created": format_created(created) if created else "",
        "dev.memeci.pun": _check_label("reading", docker_tag.hanzi),
    }
    return ImageMetadata(
        commit=commit,
        docker_tag=docker_tag,
        tags=tuple(f"{prefix}{name}" for prefix in dict.fromkeys(prefixes) for name in names),
        labels=tuple((name, value) for name, value in labels.items() if value),
    )


def format_tags(metadata: ImageMetadata) -> str:
    """Return one tag a line, for `tags:` of docker/build-push-action."""
    return "\n".join(metadata.tags)


def format_labels(metadata: ImageMetadata) -> str:
    """Return one `name=value` a line, for `labels:` of docker/build-push-action."""
    return "\n".join(f"{name}={value}" for name, value in metadata.labels)


def format_bake(metadata: ImageMetadata) -> str:
    """Return a bake file with one target, "memeci", for others to inherit from."""
    target = {"tags": list(metadata.tags), "labels": dict(metadata.labels)}
    return json.dumps({"target": {BAKE_TARGET: target}}, ensure_ascii=False, indent=2)


def format_dotenv(metadata: ImageMetadata) -> str:
    """Return variables for GitLab's `artifacts:reports:dotenv`: one line each, no quotes, lists separated by spaces.

    No value holds a space of its own: labels are checked, and the reading is written without.
    """
    tag = metadata.docker_tag
    variables = {
        "MEMECI_DOCKER_TAG": tag.tag,
        "MEMECI_DOCKER_TAGS": " ".join(metadata.tags),
        "MEMECI_DOCKER_LABELS": " ".join(f"{name}={value}" for name, value in metadata.labels),
        "MEMECI_DOCKER_PUN": tag.hanzi,
        "MEMECI_DOCKER_REVISION": metadata.commit,
    }
    return "\n".join(f"{name}={value}" for name, value in variables.items())


def format_json(metadata: ImageMetadata) -> str:
    """Return everything as one JSON object."""
    tag = metadata.docker_tag
    fields = {"commit": metadata.commit, "tag": tag.tag, "hanzi": tag.hanzi, "pinyin": tag.pinyin, "gloss": tag.gloss}
    return json.dumps({**fields, "tags": list(metadata.tags), "labels": dict(metadata.labels)}, ensure_ascii=False, indent=2)


def parse_release(text: str) -> tuple[str, bool]:
    """Return the version in "1.2.0", "v1.2.0" or "model@v1.2.0", and whether it is a stable one. Raises DataError."""
    match = _VERSION.match(text)
    if match is None:
        raise DataError(f'"{text[:80]}" is no release.', "it should be a semantic version, with or without its model.", "--release 1.2.0")
    return match["version"], match["pre"] is None


def is_release(text: str) -> bool:
    """Return whether a git tag is a release of memeci's: `<model>@v<semver>`."""
    return "@v" in text and _VERSION.match(text) is not None


def parse_image(text: str) -> str:
    """Return the name of an image in lower case: GitHub's owners may have capitals, registries refuse them. Raises DataError."""
    name = text.strip().lower()
    if _IMAGE.match(name) is None or len(name) > 255:
        raise DataError(
            f'"{text[:80]}" is no name of an image.',
            "it should be like ghcr.io/me/app, without a tag: memeci gives the tags.",
            "--image ghcr.io/me/app",
        )
    return name


def parse_created(text: str) -> datetime:
    """Return the moment in "2026-11-21T10:00:00Z" (a time zone is required) or in seconds since 1970, as UTC. Raises DataError."""
    try:
        if text.isdecimal():
            return datetime.fromtimestamp(int(text), timezone.utc)
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        if moment.tzinfo is not None:
            return moment.astimezone(timezone.utc)
    except (ValueError, OverflowError, OSError):
        pass
    raise DataError(
        f'"{text[:40]}" is no moment.', "it should have a time zone, or be seconds since 1970.", "--created 2026-11-21T10:00:00Z"
    )


def format_created(moment: datetime) -> str:
    """Return RFC 3339 in UTC with whole seconds, as the OCI annotation asks for."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _check_tag(tag: str) -> None:
    if _TAG.match(tag) is None:
        raise DataError(
            f'"{tag[:140]}" is no tag that Docker would take.', "it has more than 128 characters, or others than A-Z a-z 0-9 _ . -"
        )


def _check_label(name: str, value: str) -> str:
    if not value.isprintable() or " " in value:
        raise DataError(f"the {name} of the image has spaces or control characters in it.", "it becomes one line of labels.")
    return value
