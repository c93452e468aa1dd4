"""No forge: a terminal, or a CI we do not know. Nothing is sent; the files stand where they were written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from memeci.config import Environment
from memeci.errors import ForgeError
from memeci.forges.forge import Comment, Delivery, Forge, Picture, Receipt
from memeci.records import Text

NOWHERE = Text("No forge was found, so nothing was posted; the files are the report.", "没有找到代码平台，什么都没有发布；请看生成的文件。")


@dataclass
class Local:
    body_limit: int = 65_000

    @property
    def can_comment(self) -> bool:
        return False

    @classmethod
    def open(cls, environment: Environment) -> Forge:
        return cls()

    def why_not(self) -> Receipt:
        return Receipt(Delivery.NO_REQUEST, notice=NOWHERE)

    def find_comments(self, marker: str) -> list[Comment]:
        return []

    def post_comment(self, body: str) -> Comment:
        raise ForgeError("there is no forge to comment on.")

    def edit_comment(self, comment: Comment, body: str) -> Comment:
        raise ForgeError("there is no forge to comment on.")

    def delete_comment(self, comment: Comment) -> None:
        raise ForgeError("there is no forge to comment on.")

    def post_picture(self, picture: Picture) -> str:
        raise ForgeError("there is no forge that takes a picture.")

    def fetch_request_head(self) -> str | None:
        return None

    def write_summary(self, markdown: str, directory: Path) -> None:
        """summary.md is written with the other files."""

    def write_outputs(self, outputs: Mapping[str, str], directory: Path) -> None:
        """memeci.env holds them."""
