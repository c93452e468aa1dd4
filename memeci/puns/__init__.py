"""The pun on a commit: its hash read aloud in Chinese, as a Docker tag and back. Pure; knows no git, no forge and no picture."""

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

__all__ = [
    "DecodedTag",
    "Explanation",
    "Manners",
    "Segment",
    "Style",
    "build_docker_tag",
    "decode_tag",
    "explain_commit",
    "explain_tag",
    "load_themes",
    "parse_commit",
    "unweave_leet",
]
