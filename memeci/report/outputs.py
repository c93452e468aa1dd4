"""The decisions of an evaluation as named strings for later steps of a workflow."""

from __future__ import annotations

import datetime
import json
import re

import msgspec

from memeci.errors import DataError
from memeci.formatting import format_slice
from memeci.puns import ImageMetadata, build_image_metadata, format_labels, format_tags
from memeci.records import Evaluation
from memeci.report.escape import to_line

_IMAGE = re.compile(r"[a-z0-9][A-Za-z0-9._:/-]*")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")


class ImageNames(msgspec.Struct, frozen=True):
    """What the names of a container image need besides the record: the image itself, where its source is, a new release's tag."""

    image: str | None = None
    source_url: str | None = None
    release_tag: str = ""


def build_outputs(record: Evaluation, names: ImageNames) -> dict[str, str]:
    """Return the outputs of the action, in kebab-case; always the same names, "" where there is nothing to say.

    ``docker-tags`` and ``docker-labels`` are lines, as docker/build-push-action reads them; the image stands before each tag.
    """
    metadata = _build_metadata(record, names)
    flips = record.flips
    return {
        "verdict": record.verdict.status.value,
        "sentence": to_line(record.verdict.sentence.en, 500),
        "model": to_line(record.model),
        "baseline": to_line(record.baseline.name) if record.baseline else "",
        "deltas": _format_deltas(record),
        "broken": str(flips.broken) if flips else "",
        "fixed": str(flips.fixed) if flips else "",
        "docker-tag": metadata.docker_tag.tag if metadata else "",
        "docker-tags": format_tags(metadata) if metadata else "",
        "docker-labels": format_labels(metadata) if metadata else "",
    }


def _build_metadata(record: Evaluation, names: ImageNames) -> ImageMetadata | None:
    """Return tags and labels; None without a commit, or where the record holds what no image may be called."""
    if record.candidate.commit is None or record.docker_tag is None:
        return None
    images = (names.image,) if names.image and _IMAGE.fullmatch(names.image) else ()
    try:
        return build_image_metadata(
            record.candidate.commit,
            record.docker_tag,
            images=images,
            release=names.release_tag or None,
            source=names.source_url,
            created=_find_time(record.provenance.created_at),
        )
    except DataError:
        return None


def _find_time(text: str) -> datetime.datetime | None:
    """Return the moment; None for what has no such form, and for a 13th month: a record may come from anybody."""
    if _TIME.fullmatch(text) is None:
        return None
    try:
        return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None


def _format_deltas(record: Evaluation) -> str:
    """Return {"macro_f1": -0.079, "accuracy@platform=ios": -0.121} as JSON on one line."""
    deltas = {c.metric + (f"@{format_slice(c.slice)}" if c.slice else ""): c.delta for c in record.comparisons}
    return json.dumps({to_line(name): delta for name, delta in deltas.items()}, ensure_ascii=False)
