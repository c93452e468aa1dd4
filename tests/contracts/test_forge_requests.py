"""Every request to GitHub is one that GitHub's own OpenAPI description allows (github_requests.json holds the part we use)."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from memeci.config import CI, Environment, TokenKind
from memeci.forges import Picture, deliver, open_forge
from memeci.forges.marker import build_marker
from tests.builders.forge import ME, TOKEN, Request, State, serve_forge

openapi_core = pytest.importorskip("openapi_core")
pytest.importorskip("werkzeug")

DESCRIPTION = json.loads((Path(__file__).parent / "github_requests.json").read_text(encoding="utf-8"))


def check(request: Request) -> None:
    """Raise where the description does not allow the request."""
    from openapi_core.contrib.werkzeug import WerkzeugOpenAPIRequest
    from werkzeug.test import EnvironBuilder
    from werkzeug.wrappers import Request as HTTPRequest

    url = urlsplit(request.path)
    path = url.path
    for part in ("/git/matching-refs/", "/git/refs/"):
        # A reference holds slashes; a path parameter of OpenAPI may not.
        before, found, reference = path.partition(part)
        path = before + found + quote(reference, safe="")

    class Described(WerkzeugOpenAPIRequest):  # type: ignore[misc]
        @property
        def path(self) -> str:
            return path

    kind = request.headers.get("content-type")
    builder = EnvironBuilder(
        path=path,
        method=request.method,
        base_url="https://api.github.com",
        query_string=url.query,
        data=request.body or None,
        content_type=kind,
    )
    openapi_core.OpenAPI.from_dict(DESCRIPTION).validate_request(Described(HTTPRequest(builder.get_environ())))


def work(server: State) -> None:
    """Do everything a run can do: post, edit, page, delete a duplicate, a picture on a new and on an old ref."""
    server.actions_token = False
    for _ in range(120):
        server.add_comment("chat")

    def publish(picture: Picture | None) -> None:
        forge = open_forge(
            Environment(ci=CI.GITHUB, api_url=server.url, repository="o/r", request=7, token=TOKEN, token_kind=TokenKind.ACCESS)
        )
        forge.fetch_request_head()
        deliver(forge, key="k", picture=picture, render=lambda url, _: f"text {url}")

    for i in range(2):
        publish(Picture(f"{i}.png", b"x"))
    server.add_comment(build_marker("k") + "\n", ME)
    publish(None)


def test_every_request_is_valid() -> None:
    with serve_forge() as server:
        work(server)
        for request in server.requests:
            check(request)

        assert {r.method for r in server.requests} == {"GET", "POST", "PATCH", "DELETE"}


@pytest.mark.parametrize(
    "wrong",
    [
        Request("POST", "/repos/o/r/issues/7/comments", {"content-type": "application/json"}, b"{}"),
        Request("GET", "/repos/o/r/issues/7/comments?per_page=many", {}, b""),
        Request("POST", "/repos/o/r/git/refs", {"content-type": "application/json"}, b'{"ref": "refs/x"}'),
        Request("GET", "/repos/o/r/unknown", {}, b""),
    ],
    ids=lambda r: f"{r.method} {r.path}",
)
def test_a_wrong_request_would_be_caught(wrong: Request) -> None:
    from openapi_core.exceptions import OpenAPIError

    with pytest.raises(OpenAPIError):
        check(wrong)
