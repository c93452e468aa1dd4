"""Where the picture of an evaluation is, for whoever shows it. Knows nothing of drawing."""

from __future__ import annotations

import msgspec


class PictureLink(msgspec.Struct, frozen=True):
    """``url`` is a web address or a file name beside the comment; None when no place took the picture: the caption is shown
    as text then. ``alt`` is made from the data; ``caption`` is what the picture says."""

    alt: str
    url: str | None = None
    caption: str = ""
