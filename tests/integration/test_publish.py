"""Publishing a finished evaluation: from our own run, and from an artifact that anybody may have made."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from memeci.config import CI, Environment, TokenKind
from memeci.errors import DataError
from memeci.forges import Delivery
from memeci.pipeline import Drawn
from memeci.pipeline.publish import Show, load_artifact, publish, write_request_note
from memeci.puns import build_docker_tag
from memeci.records import Evaluation, encode_record
from tests.builders.evaluations import CANDIDATE_COMMIT, failing
from tests.builders.forge import ME, TOKEN, State, serve_forge

DRAWN = Drawn(b"\x89PNG picture", "a cup of boba", "绝绝子")


@pytest.fixture
def server() -> Iterator[State]:
    with serve_forge() as state:
        yield state


def environment(server: State, folder: Path, **fields: object) -> Environment:
    known: dict[str, object] = {
        "ci": CI.GITHUB,
        "api_url": server.url,
        "server_url": server.url,
        "repository": "o/r",
        "request": 7,
        "token": TOKEN,
        "token_kind": TokenKind.ACCESS,
        "head_sha": CANDIDATE_COMMIT,
        "summary_file": folder / "summary",
        "output_file": folder / "output",
    }
    return Environment(**{**known, **fields})  # type: ignore[arg-type]


def leave(folder: Path, record: Evaluation, where: Environment) -> Path:
    """Write what an evaluating job leaves behind."""
    (folder / "record.json").write_bytes(encode_record(record))
    write_request_note(folder, where)
    return folder


def test_publish__comment_summary_and_outputs_carry_the_picture(server: State, tmp_path: Path) -> None:
    published = publish(failing(), tmp_path, environment(server, tmp_path), Show(DRAWN, "ghcr.io/o/r"))
    body = server.comments[0]["body"]

    assert published.receipt.delivery is Delivery.POSTED
    assert f'src="{published.receipt.picture_url}"' in body
    assert published.receipt.picture_url in (tmp_path / "summary").read_text()  # type: ignore[operator]
    assert "ghcr.io/o/r:sha-" in (tmp_path / "output").read_text()
    assert published.annotations.startswith("::error")


def test_publish__without_write_access_the_caption_stands_in_the_summary(server: State, tmp_path: Path) -> None:
    server.read_only = True
    published = publish(failing(), tmp_path, environment(server, tmp_path), Show(DRAWN))

    assert published.receipt.delivery is Delivery.READ_ONLY
    assert "> 绝绝子" in (tmp_path / "summary").read_text()
    assert server.comments == []


def test_publish__no_forge_no_picture_still_gives_outputs(tmp_path: Path) -> None:
    published = publish(failing(), tmp_path, Environment())

    assert published.outputs["verdict"] == "fail"
    assert published.outputs["comment-url"] == ""


def test_artifact__belongs_to_its_run_and_request(server: State, tmp_path: Path) -> None:
    where = environment(server, tmp_path)
    record, checked = load_artifact(leave(tmp_path, failing(), where), where)

    assert record == msgspec.structs.replace(failing(), docker_tag=None)
    assert checked.request == 7
    assert publish(record, tmp_path, checked).receipt.delivery is Delivery.POSTED
    assert server.comments[0]["user"]["login"] == ME


@pytest.mark.parametrize("field", ["head_sha of the run", "commit of the record", "head of the request"])
def test_artifact__of_another_commit_is_refused(server: State, tmp_path: Path, field: str) -> None:
    where, record = environment(server, tmp_path), failing()
    leave(tmp_path, record, where)
    if field == "head_sha of the run":
        where = environment(server, tmp_path, head_sha="1" * 40)
    elif field == "commit of the record":
        candidate = msgspec.structs.replace(record.candidate, commit="1" * 40)
        (tmp_path / "record.json").write_bytes(encode_record(msgspec.structs.replace(record, candidate=candidate)))
    else:
        server.head_sha = "1" * 40

    with pytest.raises(DataError):
        load_artifact(tmp_path, where)


def test_artifact__chooses_no_file_that_is_read_here(server: State, tmp_path: Path) -> None:
    theme = tmp_path / "theme"
    theme.mkdir()
    (theme / "theme.yml").write_text("name: evil\n")
    where = environment(server, tmp_path)
    hostile = msgspec.structs.replace(failing(), theme=str(theme), language="../x")
    record, _ = load_artifact(leave(tmp_path, hostile, where), where)

    assert (record.theme, record.language) == ("memeops", "both")


@pytest.mark.parametrize(("forged", "kept"), [({}, True), ({"tag": "latest"}, False), ({"hanzi": "别的"}, False)])
def test_artifact__names_no_image(server: State, tmp_path: Path, forged: dict[str, str], kept: bool) -> None:
    where, pun = environment(server, tmp_path), build_docker_tag(CANDIDATE_COMMIT)
    claimed = msgspec.structs.replace(failing(), docker_tag=msgspec.structs.replace(pun, **forged))
    record, checked = load_artifact(leave(tmp_path, claimed, where), where)
    outputs = publish(record, tmp_path, checked).outputs

    assert outputs["docker-tag"] == (pun.tag if kept else "")
    assert "latest" not in outputs["docker-tags"]


def test_artifact__a_link_out_of_the_folder_is_not_followed(server: State, tmp_path: Path) -> None:
    where = environment(server, tmp_path)
    leave(tmp_path, failing(), where)
    (tmp_path / "record.json").rename(tmp_path / "elsewhere.json")
    (tmp_path / "record.json").symlink_to(tmp_path / "elsewhere.json")

    with pytest.raises(DataError):
        load_artifact(tmp_path, where)


def test_artifact__a_field_more_is_refused(server: State, tmp_path: Path) -> None:
    where = environment(server, tmp_path)
    leave(tmp_path, failing(), where)
    record = json.loads((tmp_path / "record.json").read_text())
    (tmp_path / "record.json").write_text(json.dumps({**record, "comment": "<script>"}))

    with pytest.raises(DataError):
        load_artifact(tmp_path, where)
