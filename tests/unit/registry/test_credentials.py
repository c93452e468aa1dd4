"""To whom the token of a job is shown: its own server, once, and nobody in print."""

from __future__ import annotations

import base64

import pytest

from memeci.config import CI, Environment, TokenKind
from memeci.registry.command import Guard, redact
from memeci.registry.credentials import Credentials, build_secret, find_credentials

TOKEN = Credentials("https://github.com", "x-access-token", "ghs_abc")
BASIC = base64.b64encode(b"x-access-token:ghs_abc").decode()


@pytest.mark.parametrize("url", ["https://github.com/o/r", "https://github.com/o/r.git", "https://someone@github.com/o/r"])
def test_a_url_on_the_server__is_signed(url: str) -> None:
    assert build_secret(TOKEN, url, ()) == ("http.https://github.com/.extraheader", f"Authorization: Basic {BASIC}")


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com.evil.example/o/r",
        "https://evil.example/https://github.com/o/r",
        "http://github.com/o/r",
        "git@github.com:o/r.git",
        "ssh://git@github.com/o/r",
        "../r.git",
        "https://github.com@evil.example/o/r",
    ],
)
def test_any_other_url__is_not(url: str) -> None:
    assert build_secret(TOKEN, url, ()) is None


def test_a_clone_with_a_token_of_its_own__gets_no_second_one() -> None:
    assert build_secret(TOKEN, "https://github.com/o/r", [("http.https://github.com/.extraheader", "AUTHORIZATION: basic x")]) is None
    assert build_secret(TOKEN, "https://github.com/o/r", [("http.extraheader", "X-Request: 1")]) is not None


@pytest.mark.parametrize(
    ("ci", "kind", "expected"),
    [(CI.GITHUB, TokenKind.ACCESS, "x-access-token"), (CI.GITLAB, TokenKind.ACCESS, "oauth2"), (CI.GITLAB, TokenKind.JOB, None)],
)
def test_each_forge__has_its_user_and_a_job_token_stays_in_the_url(ci: CI, kind: TokenKind, expected: str | None) -> None:
    given = {"token": "t", "server_url": "https://forge.example/"}
    found = find_credentials(Environment(ci=ci, token_kind=kind, **given))
    assert expected == (found.user if found else None)


def test_no_token__is_in_any_text() -> None:
    guard = Guard(1, secret=("http.x.extraheader", "Authorization: Basic s3cret"))
    assert "s3cret" not in repr(guard) + repr(Credentials("https://x", "u", "s3cret"))
    assert redact("fatal: unable to access 'https://u:s3cret@host/x'") == "fatal: unable to access 'https://***@host/x'"
