"""A forge on loopback that remembers: comments with authors and pages, pictures, refs; and every request it was sent.

``faults`` make it misbehave: each is used up by one request whose "METHOD path" contains its key.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "t0ken-of-ours"
ME = "github-actions[bot]"


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Fault:
    """What is answered instead. ``carry_out``: the request takes effect all the same, and only the answer is lost."""

    matches: str
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b'{"message": "no"}'
    carry_out: bool = False
    times: int = 1


@dataclass
class State:
    comments: list[dict[str, Any]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    objects: dict[str, Any] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    uploads: list[bytes] = field(default_factory=list)
    head_sha: str = "4f1c9e7a2b3d5f60718293a4b5c6d7e8f9012345"
    read_only: bool = False
    actions_token: bool = True
    limit: int = 65_536
    url: str = ""

    def add_comment(self, body: str, author: str = "passer-by") -> dict[str, Any]:
        number = 1000 + len(self.comments)
        comment = {
            "id": number,
            "body": body,
            "user": {"login": author},
            "author": {"id": 1 if author == ME else 2, "username": author},
            "html_url": f"{self.url}/o/r/pull/7#issuecomment-{number}",
        }
        self.comments.append(comment)
        return comment

    def sent(self, method: str, part: str = "") -> list[Request]:
        return [r for r in self.requests if r.method == method and part in r.path]


Reply = tuple[int, Any, dict[str, str]]


def _answer(state: State, request: Request) -> Reply:
    """Return status, body and headers, as GitHub or GitLab would."""
    path = urlsplit(request.path).path.removeprefix("/api/v3").removeprefix("/sub").removeprefix("/api/v4")
    token = request.headers.get("authorization", "").removeprefix("Bearer ") or request.headers.get("private-token", "")
    if token != TOKEN:
        return 401, {"message": "Bad credentials"}, {}
    if request.method != "GET" and state.read_only:
        return 403, {"message": "Resource not accessible by integration"}, {}
    for pattern, answer in ROUTES:
        found = re.fullmatch(pattern, f"{request.method} {path}")
        if found:
            return answer(state, request, found)
    return 404, {"message": f"no route {request.method} {path}"}, {}


def _list(state: State, request: Request, _: re.Match[str]) -> Reply:
    query = parse_qs(urlsplit(request.path).query)
    size, page = int(query.get("per_page", ["30"])[0]), int(query.get("page", ["1"])[0])
    items = state.comments[(page - 1) * size : page * size]
    more = len(state.comments) > page * size
    following = f"{state.url}{urlsplit(request.path).path}?per_page={size}&page={page + 1}"
    return 200, items, {"Link": f'<{following}>; rel="next", <{state.url}/x>; rel="last"'} if more else {}


def _create(state: State, request: Request, _: re.Match[str]) -> Reply:
    body = request.json()["body"]
    if len(body) > state.limit:
        return 422, {"message": "Validation Failed: body is too long (maximum is 65536 characters)"}, {}
    return 201, state.add_comment(body, ME), {}


def _edit(state: State, request: Request, found: re.Match[str]) -> Reply:
    for comment in state.comments:
        if comment["id"] == int(found[1]):
            comment["body"] = request.json()["body"]
            return 200, comment, {}
    return 404, {"message": "Not Found"}, {}


def _delete(state: State, request: Request, found: re.Match[str]) -> Reply:
    state.comments[:] = [c for c in state.comments if c["id"] != int(found[1])]
    return 204, None, {}


def _object(state: State, request: Request, found: re.Match[str]) -> Reply:
    sha = hashlib.sha1(found[1].encode() + request.body, usedforsecurity=False).hexdigest()
    state.objects[sha] = request.json()
    return 201, {"sha": sha}, {}


def _refs(state: State, request: Request, found: re.Match[str]) -> Reply:
    prefix = f"refs/{found[1]}"
    return 200, [{"ref": r, "object": {"sha": s}} for r, s in state.refs.items() if r.startswith(prefix)], {}


def _create_ref(state: State, request: Request, _: re.Match[str]) -> Reply:
    wanted = request.json()
    if wanted["ref"] in state.refs:
        return 422, {"message": "Reference already exists"}, {}
    state.refs[wanted["ref"]] = wanted["sha"]
    return 201, {"ref": wanted["ref"]}, {}


def _move_ref(state: State, request: Request, found: re.Match[str]) -> Reply:
    wanted, ref = request.json(), f"refs/{found[1]}"
    assert wanted["force"] is False
    if state.refs.get(ref) not in state.objects[wanted["sha"]]["parents"]:
        return 422, {"message": "Update is not a fast forward"}, {}
    state.refs[ref] = wanted["sha"]
    return 200, {"ref": ref}, {}


def _user(state: State, request: Request, _: re.Match[str]) -> Reply:
    if state.actions_token and "authorization" in request.headers:
        return 403, {"message": "Resource not accessible by integration"}, {}
    return 200, {"login": ME, "id": 1}, {}


def _upload(state: State, request: Request, _: re.Match[str]) -> Reply:
    boundary = request.headers["content-type"].partition("boundary=")[2]
    part = request.body.split(f"--{boundary}".encode())[1]
    state.uploads.append(part.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n"))
    name = re.search(rb'filename="([^"]+)"', part)
    assert name
    return 201, {"url": f"/uploads/abc/{name[1].decode()}", "full_path": f"/-/project/12/uploads/abc/{name[1].decode()}"}, {}


ROUTES: list[tuple[str, Any]] = [
    (r"GET /repos/o/r/issues/7/comments", _list),
    (r"POST /repos/o/r/issues/7/comments", _create),
    (r"PATCH /repos/o/r/issues/comments/(\d+)", _edit),
    (r"DELETE /repos/o/r/issues/comments/(\d+)", _delete),
    (r"POST /repos/o/r/git/(blobs|trees|commits)", _object),
    (r"GET /repos/o/r/git/matching-refs/(.+)", _refs),
    (r"POST /repos/o/r/git/refs", _create_ref),
    (r"PATCH /repos/o/r/git/refs/(.+)", _move_ref),
    (r"GET /repos/o/r/pulls/7", lambda state, *_: (200, {"number": 7, "head": {"sha": state.head_sha}}, {})),
    (r"GET /user", _user),
    (r"POST (?:/api)?/graphql", lambda *_: (200, {"data": {"viewer": {"login": ME}}}, {})),
    (r"GET /projects/12/merge_requests/7", lambda state, *_: (200, {"iid": 7, "sha": state.head_sha}, {})),
    (r"GET /projects/12/merge_requests/7/notes", _list),
    (r"POST /projects/12/merge_requests/7/notes", _create),
    (r"PUT /projects/12/merge_requests/7/notes/(\d+)", _edit),
    (r"DELETE /projects/12/merge_requests/7/notes/(\d+)", _delete),
    (r"POST /projects/12/uploads", _upload),
]


def _find_fault(state: State, request: Request) -> Fault | None:
    for i, fault in enumerate(state.faults):
        if fault.matches in f"{request.method} {request.path}":
            state.faults[i : i + 1] = [Fault(**{**vars(fault), "times": fault.times - 1})] if fault.times > 1 else []
            return fault
    return None


@contextlib.contextmanager
def serve_forge() -> Iterator[State]:
    """Yield the state of a server that runs until the end of the block."""
    state = State()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, self.path, headers, self.rfile.read(length))
            state.requests.append(request)
            fault = _find_fault(state, request)
            status, body, more = _answer(state, request) if fault is None or fault.carry_out else (0, None, {})
            if fault is not None:
                status, more = fault.status, fault.headers
            data = fault.body if fault else b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            for name, value in {**more, "Content-Length": str(len(data)), "Connection": "close"}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
