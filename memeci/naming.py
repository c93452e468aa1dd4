"""What a model, a stage or a part of a ref may be called: the one grammar for memeci.yml, tags and records."""

from __future__ import annotations

import re

# What git allows in a ref (git-check-ref-format), without "@" and "#", which separate model, version and stage in a tag.
REF_NAME = r"(?![-./])(?!.*(\.\.|//|/\.|\.lock(/|$)))[^\x00-\x20\x7f~^:?*\[\]\\@#{}]{1,200}(?<![./])"
NOT_ALLOWED = "blanks, ~ ^ : ? * [ ] \\ @ # { }, invisible characters, a dash or dot at the start"


def is_ref_name(name: str) -> bool:
    """Whether git would take ``name`` as a part of a ref, and we take it as the name of a model or a stage.

    Nothing invisible: names are shown in terminals and comments, and two must not look the same.
    """
    return re.fullmatch(REF_NAME, name) is not None and name.isprintable()
