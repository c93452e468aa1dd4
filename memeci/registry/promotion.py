"""Stages of a model, written as GTO writes them: the tag `sentiment#prod#3` on the commit of the release that is in prod."""

from __future__ import annotations

import re

from memeci.registry.names import is_ref_name

_NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)


def parse_stage_tag(tag: str, model: str) -> tuple[str, int] | None:
    """Return ("prod", 3) for "sentiment#prod#3", None for any tag that is no stage of this model."""
    parts = tag.split("#")
    if len(parts) != 3 or parts[0] != model or not is_ref_name(parts[1]) or not _NUMBER.fullmatch(parts[2]):
        return None
    return parts[1], int(parts[2])
