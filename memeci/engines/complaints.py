"""What the database says about a broken file, made short: its messages run over many lines and repeat the data."""

from __future__ import annotations

import re

from memeci.errors import DataError, build_cut_off

MAX_LENGTH = 300
_DETAILS = ("Expected Number of Columns", "Invalid unicode", "Value with unterminated quote", "Maximum line size")

_TWICE = re.compile(r'in file "(?P<file>[^\n]*?)", (?P<place>[^:\n]*):.* has duplicate key "(?P<key>.*?)"(?:\n|$)', re.DOTALL)


def summarise_complaint(message: str) -> str:
    """Return the first line of ``message`` without its class, and the line that says what was wrong there.

    >>> summarise_complaint("Invalid Input Error: CSV Error on Line: 3\\nOriginal Line: 2,b\\nExpected Number of Columns: 3 Found: 2\\n")
    'CSV Error on Line: 3, Expected Number of Columns: 3 Found: 2'
    """
    first, *rest = message.split("\n")
    detail = next((line for line in rest if line.startswith(_DETAILS)), "")
    short = re.sub(r"^\w[\w ]* Error: ", "", first)[:MAX_LENGTH]
    return f"{short}, {detail[:MAX_LENGTH]}" if detail else short


def find_known_fault(message: str) -> DataError | None:
    """Return the error for what has words of its own: a compressed file that is cut off, an object with a key twice."""
    first = summarise_complaint(message)
    if "end of GZIP stream" in first:
        return build_cut_off(first.rpartition(": ")[2], "gzip")
    twice = _TWICE.search(message)
    if twice is None:
        return None
    return DataError(
        f'{twice["file"]} has an example with the key "{twice["key"][:80]}" twice.',
        f"{twice['place']}: of two values for one column nobody can tell which is meant.",
        "write each key of an example once.",
    )


def suggest_remedy(message: str) -> str:
    """Return the next step for a file that could not be read."""
    if "Invalid unicode" in message:
        return "write it as UTF-8; text in GBK becomes that with: iconv -f GB18030 -t UTF-8 FILE > NEW_FILE"
    return "look at the place named above: was the file written whole?"
