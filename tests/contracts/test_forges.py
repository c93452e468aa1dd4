"""What every forge promises, tried on a loopback server that behaves, and misbehaves, as the forges do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from memeci.config import CI, Environment, TokenKind
from memeci.errors import ForgeError
from memeci.forges import FORGES, Delivery, Forge, Picture, deliver, open_forge
from memeci.forges.marker import build_marker
from tests.builders.forge import ME, TOKEN, Fault, State, serve_forge

KEY = "sentiment"
MARKER = build_marker(KEY)
PICTURE = Picture("0123abcd.png", b"\x89PNG\r\n\x1a\n\x00--picture")
NETWORKED = [ci for ci in FORGES if ci is not CI.NONE]


@pytest.fixture
def server() -> Iterator[State]:
    with serve_forge() as state:
        yield state


def connect(ci: CI, server: State, token: str | None = TOKEN, request: int | None = 7, **more: object) -> Forge:
    fields: dict[str, object] = {
        "api_url": server.url if ci is CI.GITHUB else f"{server.url}/sub/api/v4",
        "server_url": server.url if ci is CI.GITHUB else f"{server.url}/sub",
        "repository": "o/r",
        "project_id": "12",
        "token_kind": TokenKind.ACCESS if token else None,
        **more,
    }
    forge = open_forge(Environment(ci=ci, token=token, request=request, **fields))  # type: ignore[arg-type]
    if ci in NETWORKED:
        forge.client.sleep = lambda _: None  # type: ignore[attr-defined]
    return forge


def render(url: str | None, limit: int) -> str:
    return f"body {limit > 1000}" + (f' <img src="{url}">' if url else "")


def ours(server: State) -> list[str]:
    return [c["body"] for c in server.comments if c["user"]["login"] == ME]


@pytest.mark.parametrize("ci", list(FORGES))
def test_no_request__nothing_is_sent_and_it_is_no_failure(ci: CI, server: State) -> None:
    receipt = deliver(connect(ci, server, request=None), key=KEY, picture=PICTURE, render=render)

    assert receipt.delivery is Delivery.NO_REQUEST
    assert server.requests == []


@pytest.mark.parametrize("ci", NETWORKED)
def test_first_run__posts_one_comment_with_the_picture(ci: CI, server: State) -> None:
    receipt = deliver(connect(ci, server), key=KEY, picture=PICTURE, render=render)

    assert receipt.delivery is Delivery.POSTED
    assert receipt.picture_url is not None
    assert PICTURE.name in receipt.picture_url
    assert ours(server) == [f'{MARKER}\nbody True <img src="{receipt.picture_url}">']


@pytest.mark.parametrize("ci", NETWORKED)
@pytest.mark.parametrize("before", [0, 95, 230])
def test_second_run__edits_its_own_comment_on_whatever_page_it_is(ci: CI, server: State, before: int) -> None:
    for i in range(before):
        server.add_comment(f"chat {i}")
    server.add_comment(f"{MARKER}\nimpostor", "mallory")
    deliver(connect(ci, server), key=KEY, picture=None, render=render)
    receipt = deliver(connect(ci, server), key=KEY, picture=None, render=lambda *_: "second")

    assert receipt.delivery is Delivery.EDITED
    assert ours(server) == [f"{MARKER}\nsecond"]
    assert len(server.comments) == before + 2
    assert f"{MARKER}\nimpostor" in [c["body"] for c in server.comments]


@pytest.mark.parametrize("ci", NETWORKED)
def test_a_quotation_of_our_comment_is_not_our_comment(ci: CI, server: State) -> None:
    server.add_comment(f"> {MARKER}\n> quoted", ME)
    deliver(connect(ci, server), key=KEY, picture=None, render=render)

    assert len(ours(server)) == 2


@pytest.mark.parametrize("ci", NETWORKED)
def test_two_models__two_comments(ci: CI, server: State) -> None:
    for key in ("a", "b", "a"):
        deliver(connect(ci, server), key=key, picture=None, render=render)

    assert len(ours(server)) == 2


@pytest.mark.parametrize("ci", NETWORKED)
def test_duplicates_from_a_race__become_one(ci: CI, server: State) -> None:
    for _ in range(3):
        server.add_comment(f"{MARKER}\nold", ME)
    deliver(connect(ci, server), key=KEY, picture=None, render=lambda *_: "new")

    assert ours(server) == [f"{MARKER}\nnew"]


@pytest.mark.parametrize("ci", NETWORKED)
def test_same_picture_again__is_not_uploaded_again(ci: CI, server: State) -> None:
    first, second = (deliver(connect(ci, server), key=KEY, picture=PICTURE, render=render) for _ in range(2))

    assert first.picture_url == second.picture_url
    assert len(server.sent("POST", "blobs") + server.sent("POST", "uploads")) == 1


@pytest.mark.parametrize("ci", NETWORKED)
@pytest.mark.parametrize("setting", ["read-only", "bad token", "no token"])
def test_a_token_that_may_not_write__is_a_notice(ci: CI, server: State, setting: str) -> None:
    server.read_only = setting == "read-only"
    token = {"bad token": "wrong", "no token": None}.get(setting, TOKEN)
    receipt = deliver(connect(ci, server, token=token), key=KEY, picture=PICTURE, render=render)

    assert receipt.delivery is Delivery.READ_ONLY
    assert receipt.notice is not None
    assert server.comments == []


@pytest.mark.parametrize("ci", NETWORKED)
def test_picture_refused__the_comment_comes_without_it(ci: CI, server: State) -> None:
    server.faults.append(Fault("blobs" if ci is CI.GITHUB else "uploads", 403))
    receipt = deliver(connect(ci, server), key=KEY, picture=PICTURE, render=render)

    assert receipt.delivery is Delivery.POSTED
    assert receipt.picture_url is None
    assert ours(server) == [f"{MARKER}\nbody True"]


@pytest.mark.parametrize("ci", NETWORKED)
@pytest.mark.parametrize(
    "fault",
    [
        Fault("POST", 429, {"Retry-After": "3"}),
        Fault("GET", 502, times=3),
        Fault("GET", 403, {"X-RateLimit-Remaining": "0"}),
        Fault("POST", 403, body=b'{"message": "You have exceeded a secondary rate limit"}'),
        Fault("POST", 503),
        Fault("POST", 502, carry_out=True),
    ],
    ids=str,
)
def test_passing_trouble__one_comment_in_the_end(ci: CI, server: State, fault: Fault) -> None:
    server.faults.append(fault)
    receipt = deliver(connect(ci, server), key=KEY, picture=None, render=render)

    assert receipt.delivery is Delivery.POSTED
    assert ours(server) == [f"{MARKER}\nbody True"]


@pytest.mark.parametrize("ci", NETWORKED)
@pytest.mark.parametrize("status", [500, 418, 422])
def test_lasting_trouble__is_a_notice_and_never_an_exception(ci: CI, server: State, status: int) -> None:
    server.faults.append(Fault("", status, body=b"<html>no \x1b[31m", times=99))
    receipt = deliver(connect(ci, server), key=KEY, picture=PICTURE, render=render)

    assert receipt.delivery is Delivery.FAILED
    assert receipt.notice is not None
    assert str(status) in receipt.notice.en


@pytest.mark.parametrize("ci", NETWORKED)
def test_unreachable__is_a_notice(ci: CI, server: State) -> None:
    server.url = "http://127.0.0.1:9"
    receipt = deliver(connect(ci, server), key=KEY, picture=None, render=render)

    assert receipt.delivery is Delivery.FAILED


@pytest.mark.parametrize("ci", NETWORKED)
def test_the_token_never_follows_to_another_host(ci: CI, server: State) -> None:
    with serve_forge() as other:
        server.faults.append(Fault("GET", 302, {"Location": f"{other.url}/steal"}))
        receipt = deliver(connect(ci, server), key=KEY, picture=None, render=render)

        assert receipt.delivery is Delivery.FAILED
        assert other.requests == []


@pytest.mark.parametrize("ci", NETWORKED)
def test_a_renamed_repository__is_followed_on_the_same_host(ci: CI, server: State) -> None:
    target = "/repos/o/r/issues/7/comments" if ci is CI.GITHUB else "/sub/api/v4/projects/12/merge_requests/7/notes"
    server.faults.append(Fault("POST", 307, {"Location": target}))

    assert deliver(connect(ci, server), key=KEY, picture=None, render=render).delivery is Delivery.POSTED


@pytest.mark.parametrize("ci", NETWORKED)
def test_the_token_is_in_no_message(ci: CI, server: State) -> None:
    forge = connect(ci, server)
    server.faults.append(Fault("", 500, times=99))
    receipt = deliver(forge, key=KEY, picture=None, render=render)

    assert TOKEN not in repr(forge) + repr(receipt)
    assert all(TOKEN not in r.path for r in server.requests)


@pytest.mark.parametrize("ci", NETWORKED)
def test_request_head_is_what_the_forge_says(ci: CI, server: State) -> None:
    assert connect(ci, server).fetch_request_head() == server.head_sha


@pytest.mark.parametrize("ci", NETWORKED)
def test_body_limit__is_under_the_host_s_and_what_render_is_told(ci: CI, server: State) -> None:
    forge = connect(ci, server)
    limits: list[int] = []
    deliver(forge, key=KEY, picture=None, render=lambda _, limit: str(limits.append(limit)))

    assert limits == [forge.body_limit - len(MARKER) - 1]
    # GitHub takes 65,536 characters, GitLab 1,000,000 (its application limits, "Max size of comments").
    assert forge.body_limit <= (1_000_000 if ci is CI.GITLAB else 65_536)


@pytest.mark.parametrize("ci", list(FORGES))
def test_outputs_and_summary__without_their_files_nothing_happens(ci: CI, server: State, tmp_path: Path) -> None:
    forge = connect(ci, server)
    forge.write_summary("# x", tmp_path)
    forge.write_outputs({"verdict": "pass"}, tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_no_forge__refuses_to_post() -> None:
    with pytest.raises(ForgeError):
        open_forge(Environment()).post_comment("x")
