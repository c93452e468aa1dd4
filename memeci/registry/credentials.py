"""The token of a CI job, for clones that were made without keeping it (`persist-credentials: false`). Pure."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from memeci.config import Environment

_USER = re.compile(r"(?<=://)[^/@]*@")


@dataclass(frozen=True)
class Credentials:
    """A token and the server it is for ("https://github.com"); it is sent to no other."""

    server: str
    user: str
    token: str = field(repr=False)


def find_credentials(environment: Environment) -> Credentials | None:
    """Return the token with which this job may reach its repository by git; None where there is none, or it cannot."""
    from memeci.config import CI, TokenKind

    if not environment.token or not environment.server_url or environment.token_kind is not TokenKind.ACCESS:
        return None
    # Any user name will do on either forge; these are the ones in their manuals.
    user = "x-access-token" if environment.ci is CI.GITHUB else "oauth2"
    return Credentials(environment.server_url.rstrip("/"), user, environment.token)


def build_secret(credentials: Credentials | None, url: str, settings: Iterable[tuple[str, str | None]]) -> tuple[str, str] | None:
    """Return the setting that signs requests to ``url``; None where the token is not for it, or the clone has one already.

    Two Authorization headers in one request are refused by GitHub ("Duplicate header").
    """
    if credentials is None or not _USER.sub("", url).startswith(f"{credentials.server}/"):
        return None
    if any(_is_authorization(key, value) for key, value in settings):
        return None
    basic = base64.b64encode(f"{credentials.user}:{credentials.token}".encode()).decode()
    return f"http.{credentials.server}/.extraheader", f"Authorization: Basic {basic}"


def _is_authorization(key: str, value: str | None) -> bool:
    return key.startswith("http.") and key.endswith(".extraheader") and (value or "").lower().startswith("authorization:")
