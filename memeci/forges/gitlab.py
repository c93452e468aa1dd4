"""GitLab, also self-managed under a path: notes on a merge request, uploads, and the links a job can leave without a token."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from memeci.config import Environment, TokenKind
from memeci.filenames import PICTURE_FILE, RECORD_FILE, SUMMARY_FILE
from memeci.forges.client import Client
from memeci.forges.forge import Comment, Delivery, Forge, Picture, Receipt
from memeci.records import Text

ANNOTATIONS_FILE = "annotations.json"
JOB_TOKEN = Text(
    "GitLab's job token may not write notes; the reports and artifacts of this job show everything. "
    "A project access token in MEMECI_TOKEN adds the note.",
    "GitLab 的任务令牌不能写评论；本任务的报告和产物里有全部内容。把项目访问令牌放进 MEMECI_TOKEN 就会有评论。",
)


@dataclass
class GitLab:
    """``project`` is the number of the target project and ``path`` its group/name, ``request`` the iid of a merge request."""

    api_url: str
    server_url: str
    project: str | None
    request: int | None
    token: str | None = field(repr=False)
    token_kind: TokenKind | None = None
    path: str | None = None
    job_url: str | None = None
    body_limit: int = 900_000
    client: Client = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.client = Client(self.api_url, {"PRIVATE-TOKEN": self.token} if self.token and self.token_kind is TokenKind.ACCESS else {})

    @classmethod
    def open(cls, environment: Environment) -> Forge:
        server = environment.server_url or "https://gitlab.com"
        return cls(
            api_url=environment.api_url or f"{server}/api/v4",
            server_url=server,
            project=environment.project_id,
            request=environment.request,
            token=environment.token,
            token_kind=environment.token_kind,
            path=environment.repository,
            job_url=environment.run_url,
        )

    @property
    def can_comment(self) -> bool:
        return bool(self.project and self.request and self.token and self.token_kind is TokenKind.ACCESS)

    def why_not(self) -> Receipt:
        if self.request is None:
            return Receipt(Delivery.NO_REQUEST)
        return Receipt(Delivery.READ_ONLY, notice=JOB_TOKEN)

    def find_comments(self, marker: str) -> list[Comment]:
        """The author counts as well as the marker: anybody may copy that."""
        items = self.client.fetch_pages(f"{self._notes}?per_page=100&sort=asc&order_by=created_at")
        marked = [n for n in items if str(n.get("body") or "").startswith(marker)]
        if not marked:
            return []
        me = self.client.fetch("/user")["id"]
        return [self._parse_note(n) for n in marked if (n.get("author") or {}).get("id") == me]

    def post_comment(self, body: str) -> Comment:
        return self._parse_note(self.client.send("POST", self._notes, {"body": body}).json())

    def edit_comment(self, comment: Comment, body: str) -> Comment:
        return self._parse_note(self.client.send("PUT", f"{self._notes}/{comment.id}", {"body": body}).json())

    def delete_comment(self, comment: Comment) -> None:
        self.client.send("DELETE", f"{self._notes}/{comment.id}")

    def post_picture(self, picture: Picture) -> str:
        """Upload to the project; the address is absolute, so that it holds under a relative URL root too."""
        boundary = f"memeci{secrets.token_hex(16)}"
        disposition = f'form-data; name="file"; filename="{quote(picture.name)}"'
        head = f"--{boundary}\r\nContent-Disposition: {disposition}\r\nContent-Type: image/png\r\n\r\n"
        body = head.encode() + picture.data + f"\r\n--{boundary}--\r\n".encode()
        kind = f"multipart/form-data; boundary={boundary}"
        said = self.client.send("POST", f"/projects/{self._project}/uploads", body, content_type=kind, repeatable=True).json()
        return self._build_upload_url(said)

    def fetch_request_head(self) -> str | None:
        found = self.client.fetch(f"/projects/{self._project}/merge_requests/{self.request}")
        sha = found.get("sha") if isinstance(found, dict) else None
        return str(sha) if sha else None

    def write_summary(self, markdown: str, directory: Path) -> None:
        """GitLab has no job summary: summary.md is exposed in the merge request as an artifact."""

    def write_outputs(self, outputs: Mapping[str, str], directory: Path) -> None:
        """Write the links of `artifacts:reports:annotations`; variables travel in memeci.env."""
        if self.job_url is None:
            return
        base = f"{self.job_url}/artifacts/file/{quote(directory.name)}"
        names = [("meme", PICTURE_FILE), ("report", SUMMARY_FILE), ("record", RECORD_FILE)]
        links = [
            {"external_link": {"label": f"memeci {label}", "url": f"{base}/{file}"}} for label, file in names if (directory / file).exists()
        ]
        (directory / ANNOTATIONS_FILE).write_text(json.dumps({"memeci": links}, indent=2) + "\n", encoding="utf-8")

    @property
    def _project(self) -> str:
        return quote(self.project or "", safe="")

    @property
    def _notes(self) -> str:
        return f"/projects/{self._project}/merge_requests/{self.request}/notes"

    def _parse_note(self, item: Mapping[str, Any]) -> Comment:
        note = int(item["id"])
        url = f"{self.server_url}/{self.path}/-/merge_requests/{self.request}#note_{note}" if self.path else None
        return Comment(note, str(item.get("body") or ""), url)

    def _build_upload_url(self, said: Mapping[str, Any]) -> str:
        """``full_path`` begins at the host's root; a relative URL root is put before it where it lacks one."""
        server, path = urlsplit(self.server_url), str(said["full_path"])
        root = server.path.rstrip("/")
        return f"{server.scheme}://{server.netloc}{path if path.startswith(f'{root}/') else root + path}"
