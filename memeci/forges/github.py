"""GitHub and GitHub Enterprise: comments on a pull request, pictures under a hidden ref, the job's summary and outputs."""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from memeci.config import Environment
from memeci.errors import ForgeError
from memeci.forges.client import Client
from memeci.forges.forge import Comment, Delivery, Forge, Picture, ReadOnlyError, Receipt
from memeci.records import Text

PICTURE_REF = "memeci/pictures"
"""Under refs/: clones do not fetch it and no branch list shows it. Never force-pushed: old comments keep their pictures."""
ACTIONS_BOT = "github-actions[bot]"
SUMMARY_LIMIT = 1024 * 1024
"""Bytes a step; a longer summary is dropped whole."""
REF_ATTEMPTS = 3


@dataclass
class GitHub:
    """``repository`` is owner/name, ``request`` a pull-request number."""

    api_url: str
    server_url: str
    repository: str | None
    request: int | None
    token: str | None = field(repr=False)
    summary_file: Path | None = None
    output_file: Path | None = None
    body_limit: int = 65_000
    client: Client = field(init=False, repr=False)

    def __post_init__(self) -> None:
        headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        self.client = Client(self.api_url, headers)

    @classmethod
    def open(cls, environment: Environment) -> Forge:
        return cls(
            api_url=environment.api_url or "https://api.github.com",
            server_url=environment.server_url or "https://github.com",
            repository=environment.repository,
            request=environment.request,
            token=environment.token,
            summary_file=environment.summary_file,
            output_file=environment.output_file,
        )

    @property
    def can_comment(self) -> bool:
        return bool(self.token and self.repository and self.request)

    def why_not(self) -> Receipt:
        if self.request is None:
            return Receipt(Delivery.NO_REQUEST)
        return Receipt(Delivery.READ_ONLY, notice=NO_TOKEN)

    def find_comments(self, marker: str) -> list[Comment]:
        """An impostor may copy the marker, so the author counts too. The marker must begin the body: a quotation does not."""
        items = self.client.fetch_pages(f"{self._repo}/issues/{self.request}/comments?per_page=100")
        marked = [c for c in items if str(c.get("body") or "").startswith(marker)]
        if not marked:
            return []
        me = self._fetch_login()
        return [_parse_comment(c) for c in marked if (c.get("user") or {}).get("login") == me]

    def post_comment(self, body: str) -> Comment:
        return _parse_comment(self.client.send("POST", f"{self._repo}/issues/{self.request}/comments", {"body": body}).json())

    def edit_comment(self, comment: Comment, body: str) -> Comment:
        return _parse_comment(self.client.send("PATCH", f"{self._repo}/issues/comments/{comment.id}", {"body": body}).json())

    def delete_comment(self, comment: Comment) -> None:
        self.client.send("DELETE", f"{self._repo}/issues/comments/{comment.id}")

    def post_picture(self, picture: Picture) -> str:
        """Commit the picture on top of the hidden ref; needs ``contents: write``. The address names the commit, so it stays."""
        content = {"content": base64.b64encode(picture.data).decode(), "encoding": "base64"}
        blob = self._create("blobs", content)
        tree = self._create("trees", {"tree": [{"path": picture.name, "mode": "100644", "type": "blob", "sha": blob}]})
        for attempt in range(REF_ATTEMPTS):
            head = self._find_picture_head()
            commit = self._create("commits", {"message": f"Add {picture.name}", "tree": tree, "parents": [head] if head else []})
            if self._move_ref(commit, is_new=head is None, last=attempt == REF_ATTEMPTS - 1):
                return f"{self.server_url}/{self.repository}/blob/{commit}/{quote(picture.name)}?raw=true"
        raise ForgeError(f"refs/{PICTURE_REF} kept moving.", "several jobs write to it at once.")

    def fetch_request_head(self) -> str | None:
        pull = self.client.fetch(f"{self._repo}/pulls/{self.request}")
        head = pull.get("head") if isinstance(pull, dict) else None
        return head.get("sha") if isinstance(head, dict) else None

    def write_summary(self, markdown: str, directory: Path) -> None:
        if self.summary_file is not None and len(_encode(markdown)) < SUMMARY_LIMIT:
            _append(self.summary_file, markdown + "\n")

    def write_outputs(self, outputs: Mapping[str, str], directory: Path) -> None:
        if self.output_file is None:
            return
        _append(self.output_file, "".join(_format_output(name, value) for name, value in outputs.items()))

    @property
    def _repo(self) -> str:
        return f"/repos/{self.repository}"

    def _create(self, kind: str, body: dict[str, Any]) -> str:
        # Named by their content: creating one twice does no harm.
        return str(self.client.send("POST", f"{self._repo}/git/{kind}", body, repeatable=True).json()["sha"])

    def _find_picture_head(self) -> str | None:
        """Return the commit the hidden ref points at. The list gives [] where a single look-up gives an error."""
        found = self.client.fetch(f"{self._repo}/git/matching-refs/{PICTURE_REF}")
        heads = {item["ref"]: item["object"]["sha"] for item in found or []}
        return heads.get(f"refs/{PICTURE_REF}")

    def _move_ref(self, commit: str, *, is_new: bool, last: bool) -> bool:
        try:
            if is_new:
                self.client.send("POST", f"{self._repo}/git/refs", {"ref": f"refs/{PICTURE_REF}", "sha": commit})
            else:
                self.client.send("PATCH", f"{self._repo}/git/refs/{PICTURE_REF}", {"sha": commit, "force": False})
        except ReadOnlyError:
            raise
        except ForgeError:  # 422: it exists by now, or has moved
            if last:
                raise
            return False
        return True

    def _fetch_login(self) -> str:
        """Return who we are. An Actions token may not ask /user; GraphQL answers any token."""
        try:
            return str(self.client.fetch("/user")["login"])
        except ForgeError:
            pass
        try:
            said = self.client.send("POST", self._graphql, {"query": "query{viewer{login}}"}, repeatable=True).json()
            return str(said["data"]["viewer"]["login"])
        except (ForgeError, KeyError, TypeError):
            return ACTIONS_BOT

    @property
    def _graphql(self) -> str:
        """GitHub Enterprise serves REST under /api/v3 and GraphQL beside it."""
        return self.api_url.removesuffix("/v3") + "/graphql"


NO_TOKEN = Text(
    "No token was given, so no comment was written; the job summary has everything.",
    "没有令牌，所以没有写评论；任务摘要里有全部内容。",
)


def _format_output(name: str, value: str) -> str:
    # A delimiter nobody can guess: a value cannot end itself and start another output.
    delimiter = f"memeci_{secrets.token_hex(16)}"
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"


def _encode(text: str) -> bytes:
    # An address in an answer may hold half a surrogate pair: JSON can say it, UTF-8 cannot.
    return text.encode("utf-8", "replace")


def _append(path: Path, text: str) -> None:
    """Write all of ``text`` or nothing: the runner fails a job over an output that is cut off. Raises OSError."""
    rest = memoryview(_encode(text))
    with path.open("ab", buffering=0) as file:
        before = os.fstat(file.fileno()).st_size
        try:
            while rest:
                rest = rest[file.write(rest) :]
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(file.fileno(), before)
            raise


def _parse_comment(item: Mapping[str, Any]) -> Comment:
    return Comment(int(item["id"]), str(item.get("body") or ""), item.get("html_url"))
