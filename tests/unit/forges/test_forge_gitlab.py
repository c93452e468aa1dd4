"""What is GitLab's alone: the job token, a path before the API, uploads, links in the artifacts."""

from __future__ import annotations

import json
from pathlib import Path

from memeci.config import CI, Environment, TokenKind
from memeci.forges import Delivery, Forge, Picture, deliver, open_forge
from tests.builders.forge import TOKEN, serve_forge


def connect(url: str, **fields: object) -> Forge:
    known: dict[str, object] = {"repository": "g/p", "project_id": "12", "request": 7, "token": TOKEN, "token_kind": TokenKind.ACCESS}
    return open_forge(Environment(ci=CI.GITLAB, server_url=url, api_url=f"{url}/api/v4", **{**known, **fields}))  # type: ignore[arg-type]


def test_job_token__asks_nothing_and_says_what_would_help() -> None:
    with serve_forge() as server:
        receipt = deliver(connect(server.url, token_kind=TokenKind.JOB), key="k", picture=None, render=lambda *_: "x")

        assert receipt.delivery is Delivery.READ_ONLY
        assert receipt.notice is not None
        assert "MEMECI_TOKEN" in receipt.notice.en
        assert server.requests == []


def test_upload__bytes_arrive_whole_and_the_address_keeps_the_path_of_the_server() -> None:
    data = b"\r\n--x\r\n\x00\xff--\r\n"
    with serve_forge() as server:
        url = connect(f"{server.url}/sub").post_picture(Picture("a.png", data))

        assert server.uploads == [data]
        assert url == f"{server.url}/sub/-/project/12/uploads/abc/a.png"


def test_note__has_an_address_a_person_can_open() -> None:
    with serve_forge() as server:
        receipt = deliver(connect(server.url), key="k", picture=None, render=lambda *_: "x")

        assert receipt.comment_url == f"{server.url}/g/p/-/merge_requests/7#note_1000"


def test_annotations__link_the_files_that_exist(tmp_path: Path) -> None:
    directory = tmp_path / ".memeci"
    directory.mkdir()
    (directory / "meme.png").write_bytes(b"")
    connect("https://gitlab.example", run_url="https://gitlab.example/g/p/-/jobs/9").write_outputs({}, directory)
    links = json.loads((directory / "annotations.json").read_text())["memeci"]

    assert [link["external_link"]["url"] for link in links] == ["https://gitlab.example/g/p/-/jobs/9/artifacts/file/.memeci/meme.png"]
