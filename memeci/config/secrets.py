"""Secrets in what a command printed: a CI masks them in its own log, and nowhere else that we carry the log to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

HIDDEN = "***"
MIN_LENGTH = 6
"""Shorter values are words like "true", and would blacken half a log."""

_NAMED = re.compile(r"TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|APIKEY|(?:^|_)(?:KEY|PAT|PASS|AUTH|DSN)(?:_|$)", re.IGNORECASE)

# The forms that services give their tokens, so that what reached the log by another way than a variable is hidden too.
_SHAPES = re.compile(
    r"""gh[a-z]_\w{20,} | github_pat_\w{20,} | gl[a-z]{2,5}-[\w.-]{16,} | hf_\w{20,} | sk-[\w-]{20,} | xox[a-z]-[\w-]{10,}
    | (?:AKIA|ASIA)[A-Z0-9]{16} | AIza[\w-]{30,} | pypi-[\w-]{20,} | npm_\w{30,}""",
    re.VERBOSE,
)
# These two are no expressions: one that looks ahead from every "eyJ" or "://" for what must follow takes the square of a long line.
_DOTTED = re.compile(r"[\w.-]{24,}")
_JWT = re.compile(r"eyJ[\w-]{10}")
_WORD_WITH_ADDRESS = re.compile(r"\S+")
_PORT = re.compile(r":[0-9]*\Z")
_ASSIGNED = re.compile(
    r"""((?:authorization|bearer|password|passwd|secret|api[_-]?key|access[_-]?key|token)["']?(?:\s*[=:]\s*|\s+(?=[\w.+/=-]{20}))["']?
    (?:(?:basic|bearer|token)\s+)?)[^\s"',;]{6,}""",
    re.IGNORECASE | re.VERBOSE,
)


def hide_secrets(text: str, environ: Mapping[str, str]) -> str:
    """Return ``text`` with "***" for the values of variables named like a secret, and for what has the form of a token.

    ``environ`` is what the command that wrote the text could see. No promise: a secret that was printed should be replaced.
    """
    for value in sorted(_list_values(environ), key=len, reverse=True):
        text = text.replace(value, HIDDEN)
    text = _DOTTED.sub(lambda found: _hide_jwt(found[0]), _SHAPES.sub(HIDDEN, text))
    text = _WORD_WITH_ADDRESS.sub(lambda found: _hide_login(found[0]), text)
    return _ASSIGNED.sub(rf"\g<1>{HIDDEN}", text)


def _hide_jwt(text: str) -> str:
    """Return ``text`` without header.payload.signature (RFC 7519): base64 of '{"…' twice, and whatever the third part is."""
    parts, shown, i = text.split("."), [], 0
    while i < len(parts):
        payload = parts[i + 1] if i + 1 < len(parts) else ""
        found = _JWT.search(parts[i]) if len(payload) >= 10 else None
        shown.append(parts[i] if found is None else parts[i][: found.start()] + HIDDEN)
        i += 1 if found is None else 3
    return ".".join(shown)


def _hide_login(word: str) -> str:
    """Return ``word`` without the name and password of an address, up to the last "@": a password may hold one, and a "/"."""
    end, start = word.rfind("@"), word.find("://") + 3
    while 3 <= start < end:
        slash = word.find("/", start)
        host = word[start : slash if slash >= 0 else len(word)]
        if "@" in host or (":" in host and not _PORT.search(host)):
            return f"{word[:start]}{HIDDEN}{word[end:]}"
        start = word.find("://", start) + 3
    return word


def _list_values(environ: Mapping[str, str]) -> Iterable[str]:
    """Return the values, line by line: a key of several lines may be cut by the end of the log."""
    lines = (line.strip() for name, value in environ.items() if _NAMED.search(name) for line in value.splitlines())
    return {line for line in lines if len(line) >= MIN_LENGTH}
