"""Answers that are no answers: cut off, garbled, endless, leading nowhere. Each is a ForgeError, as if nobody had answered."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from memeci.errors import ForgeError
from memeci.forges.client import Client

OK = b"HTTP/1.1 200 OK\r\n"
LINK = 'Link: <{}>; rel="next"\r\n'


@contextlib.contextmanager
def serve_bytes(answer: bytes, drip: bytes = b"") -> Iterator[str]:
    """Yield the address of a server that says ``answer`` to whoever comes, then ``drip`` again and again until the end of the block."""
    ended = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def answer_one(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.recv(65536)
            connection.sendall(answer)
            while drip and not ended.wait(0.02):
                connection.sendall(drip)
            connection.shutdown(socket.SHUT_WR)
            connection.recv(65536)

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection = listener.accept()[0]
                connection.settimeout(10)
                threading.Thread(target=answer_one, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        ended.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def _client(base: str, **fields: float) -> Client:
    return Client(base, {"Authorization": "Bearer s3cret"}, lambda _: None, **fields)


def _build(body: bytes, headers: str = "", status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode("latin-1") + body


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\n1000\r\n[{", id="chunk cut off"),
        pytest.param(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n[]", id="size of a chunk garbled"),
        pytest.param(OK + b"Content-Length: 5000\r\n\r\n[{", id="body cut off"),
        pytest.param(b"SSH-2.0-OpenSSH\r\n\r\n", id="not HTTP"),
        pytest.param(b"", id="nothing"),
        pytest.param(OK + b"".join(b"X-%d: 1\r\n" % i for i in range(300)) + b"\r\n[]", id="too many headers"),
        pytest.param(OK + b"X: " + b"a" * 100_000 + b"\r\n\r\n[]", id="a header too long"),
        pytest.param(_build(b"[" * 200_000), id="deep JSON"),
        pytest.param(_build(b"[" + b"9" * 6000 + b"]"), id="a number too long"),
        pytest.param(_build(b"[" * 200_000, status="422 No"), id="deep JSON as a reason"),
        pytest.param(_build(b"{}", "Retry-After: " + "9" * 5000 + "\r\n", "429 Slow down"), id="a wait too long"),
        *(
            pytest.param(_build(b"[]", LINK.format(link)), id=f"next page {link}")
            for link in ("/x y", "http://[::1/", "http://127.0.0.1:xx/", "/\x7f")
        ),
        *(
            pytest.param(_build(b"", f"Location: {place}\r\n", "302 Found"), id=f"moved to {place}")
            for place in ("/a b\tc", "http://[::1/", "//[", "/\xe9 ")
        ),
    ],
)
def test_an_answer_that_is_none__is_a_forge_error(answer: bytes) -> None:
    with serve_bytes(answer) as url, pytest.raises(ForgeError) as failure:
        list(_client(url).fetch_pages("/x"))
    assert "s3cret" not in str(failure.value)


@pytest.mark.parametrize("answer", [b"", OK, OK + b"Content-Length: 100000\r\n\r\n["], ids=["silent", "in the headers", "in the body"])
def test_an_answer_that_never_ends__has_a_deadline(answer: bytes) -> None:
    with serve_bytes(answer, drip=b"x") as url, pytest.raises(ForgeError) as failure:
        _client(url, deadline_s=0.2).fetch("/x")
    assert "not complete after 0.2 s" in failure.value.why


@pytest.mark.parametrize(
    "base",
    ["notaurl", "", "http://", "http://[::1", "http://127.0.0.1:xx", "ftp://x/", "http://127.0.0.1:99999/", "http://a b/", "http:///x"],
)
def test_an_address_that_is_none__is_a_forge_error(base: str) -> None:
    with pytest.raises(ForgeError):
        _client(base).fetch("/x")


def test_a_token_that_cannot_be_sent__is_not_shown() -> None:
    with pytest.raises(ForgeError) as failure:
        Client("http://127.0.0.1:9", {"Authorization": "Bearer s3cret\nmore"}, lambda _: None).fetch("/x")
    assert "s3cret" not in str(failure.value)


def test_name_and_password_of_an_address__are_not_shown() -> None:
    with pytest.raises(ForgeError) as failure:
        _client("http://me:pass-w0rd@127.0.0.1:9").fetch("/x")
    assert "127.0.0.1:9 cannot be reached" in str(failure.value)
    assert "pass-w0rd" not in str(failure.value)
