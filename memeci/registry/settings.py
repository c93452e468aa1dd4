"""git's configuration as pairs: from its listing, and back to a file."""

from __future__ import annotations

from collections.abc import Sequence

Setting = tuple[str, "str | None"]


def parse_settings(listing: str) -> tuple[Setting, ...]:
    """Return (key, value) pairs from `git config --list -z`; a key without "=" has the value None, which means true."""
    entries = (entry.partition("\n") for entry in listing.split("\0") if entry)
    return tuple((key, value if separator else None) for key, separator, value in entries)


def format_settings(settings: Sequence[Setting]) -> str:
    """Return a git configuration file that says the same."""
    lines = []
    for key, value in settings:
        section, _, name = key.rpartition(".")
        head, _, sub = section.partition(".")
        lines.append(f"[{head} {_quote(sub)}]" if sub else f"[{head}]")
        lines.append(f"\t{name}" if value is None else f"\t{name} = {_quote(value, values=True)}")
    return "\n".join(lines) + "\n"


def _quote(text: str, *, values: bool = False) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    if values:
        escaped = escaped.replace("\n", "\\n").replace("\t", "\\t").replace("\b", "\\b")
    return f'"{escaped}"'
