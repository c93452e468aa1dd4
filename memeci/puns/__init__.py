"""The pun on a commit: its hash read aloud in Chinese, as a Docker tag and back. Pure; knows no git, no forge and no picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memeci.lazy_names import load_from
from memeci.puns.leet import unweave_leet
from memeci.puns.manners import Manners
from memeci.puns.reading import Segment
from memeci.puns.tag import (
    DecodedTag,
    Explanation,
    Style,
    build_docker_tag,
    decode_tag,
    explain_commit,
    explain_tag,
    load_themes,
    parse_commit,
)

if TYPE_CHECKING:
    from memeci.puns.explaining import format_explanation
    from memeci.puns.image import (
        ImageMetadata,
        build_image_metadata,
        format_bake,
        format_dotenv,
        format_json,
        format_labels,
        format_tags,
        is_release,
        parse_created,
    )

__all__ = [
    "DecodedTag",
    "Explanation",
    "ImageMetadata",
    "Manners",
    "Segment",
    "Style",
    "build_docker_tag",
    "build_image_metadata",
    "decode_tag",
    "explain_commit",
    "explain_tag",
    "format_bake",
    "format_dotenv",
    "format_explanation",
    "format_json",
    "format_labels",
    "format_tags",
    "is_release",
    "load_themes",
    "parse_commit",
    "parse_created",
    "unweave_leet",
]

_HOMES = {
    "ImageMetadata": "image",
    "build_image_metadata": "image",
    "format_bake": "image",
    "format_dotenv": "image",
    "format_explanation": "explaining",
    "format_json": "image",
    "format_labels": "image",
    "format_tags": "image",
    "is_release": "image",
    "parse_created": "image",
}

# An evaluation wants the tag and no more.
__getattr__ = load_from(__name__, _HOMES)
