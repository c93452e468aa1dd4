"""What is GitHub's alone: the hidden ref, outputs that cannot be forged, the summary's limit, Enterprise addresses."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from memeci.config import CI, Environment, TokenKind
from memeci.forges import Picture, open_forge
from memeci.forges.github import ACTIONS_BOT, PICTURE_REF, GitHub
from memeci.forges.marker import build_marker
from tests.builders.forge import ME, TOKEN, Fault, serve_forge

REF = f"refs/{PICTURE_REF}"


def connect(api_url: str, **fields: object) -> GitHub:
    known: dict[str, object] = {"repository": "o/r", "request": 7, "token": TOKEN, "token_kind": TokenKind.ACCESS}
    forge = open_forge(Environment(ci=CI.GITHUB, api_url=api_url, **{**known, **fields}))  # type: ignore[arg-type]
    assert isinstance(forge, GitHub)
    forge.client.sleep = lambda _: None
    return forge


def test_pictures__are_commits_on_a_hidden_ref_and_old_ones_stay() -> None:
    with serve_forge() as server:
        first, second = (connect(server.url).post_picture(Picture(f"{i}.png", bytes([i]))) for i in range(2))
        head = server.refs[REF]

        assert second == f"https://github.com/o/r/blob/{head}/1.png?raw=true"
        assert first.split("/")[-2] == server.objects[head]["parents"][0]
        blobs = [base64.b64decode(r.json()["content"]) for r in server.sent("POST", "/git/blobs")]
        assert blobs == [b"\x00", b"\x01"]


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_pictures__a_lost_race_is_tried_again_on_the_new_head(method: str) -> None:
    with serve_forge() as server:
        if method == "PATCH":
            connect(server.url).post_picture(Picture("0.png", b"0"))
        server.faults.append(Fault(f"{method} /repos/o/r/git/refs", 422))
        url = connect(server.url).post_picture(Picture("1.png", b"1"))

        assert server.refs[REF] in url


def test_author__an_actions_token_is_asked_about_through_graphql() -> None:
    with serve_forge() as server:
        server.add_comment(f"{build_marker('k')}\nx", ME)

        assert len(connect(server.url).find_comments(build_marker("k"))) == 1
        assert [r.method for r in server.requests] == ["GET", "GET", "POST"]


def test_author__unknown_means_the_actions_bot() -> None:
    with serve_forge() as server:
        server.add_comment(f"{build_marker('k')}\nx", ACTIONS_BOT)
        server.faults.append(Fault("graphql", 404))

        assert len(connect(server.url).find_comments(build_marker("k"))) == 1


def test_enterprise__rest_and_graphql_stand_side_by_side() -> None:
    with serve_forge() as server:
        server.add_comment(f"{build_marker('k')}\nx", ME)
        connect(f"{server.url}/api/v3").find_comments(build_marker("k"))

        assert [r.path.split("?")[0] for r in server.requests] == [
            "/api/v3/repos/o/r/issues/7/comments",
            "/api/v3/user",
            "/api/graphql",
        ]


def test_outputs__a_value_cannot_start_another_output(tmp_path: Path) -> None:
    file = tmp_path / "output"
    connect("https://x.example", output_file=file).write_outputs({"a": "1\nEOF\nb=2\nb<<X\n3\nX", "c": "4"}, tmp_path)
    lines = file.read_text().splitlines()
    name, delimiter = lines[0].split("<<")

    assert name == "a"
    assert lines.count(delimiter) == 1
    assert lines[lines.index(delimiter) + 1].startswith("c<<")
    assert delimiter not in lines[lines.index(delimiter) + 1]


def test_summary__is_appended_and_never_larger_than_a_step_may_write(tmp_path: Path) -> None:
    file = tmp_path / "summary"
    forge = connect("https://x.example", summary_file=file)
    for text in ("one", "x" * 1024 * 1024, "two"):
        forge.write_summary(text, tmp_path)

    assert file.read_text() == "one\ntwo\n"
