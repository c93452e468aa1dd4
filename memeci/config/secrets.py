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
    | (?:AKIA|ASIA)[A-Z0-9]{16} | AIza[\w-]{30,} | pypi-[\w-]{20,} | npm_\w{30,} | eyJ[\w-]{10,}\.[\w-]{10,}(?:\.[\w-]*)?
    | (?<=://)[^\s/@]+(?=@)""",
    re.VERBOSE,
)
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
    return _ASSIGNED.sub(rf"\g<1>{HIDDEN}", _SHAPES.sub(HIDDEN, text))


def _list_values(environ: Mapping[str, str]) -> Iterable[str]:
    """Return the values, line by line: a key of several lines may be cut by the end of the log."""
    lines = (line.strip() for name, value in environ.items() if _NAMED.search(name) for line in value.splitlines())
    return {line for line in lines if len(line) >= MIN_LENGTH}
