"""What every forge can do, and what it answers. A forge that may not write says so; only a broken one raises."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from memeci.config import Environment
from memeci.errors import ForgeError
from memeci.records import Text


class Delivery(enum.Enum):
    """What became of a comment."""

    POSTED = "posted"
    EDITED = "edited"
    READ_ONLY = "read_only"  # the token may not write: normal for forks, said in one line
    NO_REQUEST = "no_request"  # no pull request to comment on: a push, a schedule, a terminal
    FAILED = "failed"  # the forge broke; the verdict does not depend on it


class Receipt(msgspec.Struct, frozen=True):
    """What became of the comment and the picture; ``notice`` is one line for the log where something was not done."""

    delivery: Delivery
    comment_url: str | None = None
    picture_url: str | None = None
    notice: Text | None = None


class Picture(msgspec.Struct, frozen=True):
    """``name`` carries a hash of ``data``: image proxies cache by address."""

    name: str
    data: bytes


class Comment(msgspec.Struct, frozen=True):
    """A comment of ours, as found."""

    id: int
    body: str
    url: str | None


class ReadOnlyError(ForgeError):
    """The token may not do this (401, 403, or 404 for a write): expected, and turned into a receipt."""


class Forge(Protocol):
    """Methods raise ReadOnlyError where the token may not, ForgeError where the forge broke."""

    body_limit: int
    """Longest comment, in UTF-16 units."""

    @property
    def can_comment(self) -> bool:
        """There is a request to comment on, and a token that is not known to be refused."""

    @classmethod
    def open(cls, environment: Environment) -> Forge: ...

    def why_not(self) -> Receipt:
        """Return the receipt for when ``can_comment`` is false."""

    def find_comments(self, marker: str) -> list[Comment]:
        """Return our own comments that begin with ``marker``, oldest first, from all pages. Another author's never."""

    def post_comment(self, body: str) -> Comment: ...

    def edit_comment(self, comment: Comment, body: str) -> Comment: ...

    def delete_comment(self, comment: Comment) -> None: ...

    def post_picture(self, picture: Picture) -> str:
        """Return the address under which readers of the repository see the picture."""

    def fetch_request_head(self) -> str | None:
        """Return the commit the request points at now; None if there is no such request."""

    def write_summary(self, markdown: str, directory: Path) -> None:
        """Show ``markdown`` where the forge shows a job's result, if it has such a place."""

    def write_outputs(self, outputs: Mapping[str, str], directory: Path) -> None:
        """Hand ``outputs`` to later steps, if the forge has a way."""
