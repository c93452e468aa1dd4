"""Text from outside made harmless: labels, ids, example texts, tag and file names. Pure functions on strings.

Three places, three rules: a code span of GitHub Markdown, prose of GitHub Markdown, and a terminal. What GitHub and
GitLab do after Markdown (mentions, issue references, SHA links) skips code, which is why names are shown as code.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

ELLIPSIS = "…"
WORD_JOINER = "\u2060"
MAX_MARKS = 4
"""Combining marks kept on one character. Real scripts use up to three; more is a tower that leaves its table cell."""

_JOINERS = {"\u200c", "\u200d"}  # emoji families, Persian and Indic shaping
_HIDDEN = {"Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn"}
_SPACES = re.compile(r"\s+")
_TICKS = re.compile(r"`+")
_PIPE = re.compile(r"(\\*)\|")
_PROSE = re.compile(r"[!-/:-@\[-`{-~]")
_BLOCK_START = re.compile(r"^(\d+(?=[.)](?:\s|$)))?([-+=.)])")  # what would begin a list or underline a heading
_CALM = frozenset("%,.:;()+'/=?-\"")  # punctuation of our own sentences that means nothing to Markdown inside a line


def to_printable(text: str) -> str:
    """Return ``text`` on one line, with control, bidirectional and invisible characters written as escapes (``\\u202e``)."""
    if text.isascii() and text.isprintable():
        return text
    shown: list[str] = []
    marks = 0
    for char in _SPACES.sub(" ", text):
        category = unicodedata.category(char)
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if marks > MAX_MARKS:
            continue
        hidden = category in _HIDDEN and char not in _JOINERS
        shown.append(char.encode("unicode_escape", "surrogatepass").decode() if hidden else char)
    return "".join(shown)


def shorten(text: str, limit: int) -> str:
    """Return at most ``limit`` characters; what was cut is replaced by "…"."""
    return text if len(text) <= limit else text[: limit - 1] + ELLIPSIS


def to_line(text: str, limit: int = 200) -> str:
    """Return ``text`` as one printable line of at most ``limit`` characters."""
    return shorten(to_printable(text[: limit * 4]).strip(), limit)


def to_code(text: str, limit: int = 80, *, cell: bool = False) -> str:
    """Return ``text`` as a code span: nothing in it is Markdown, HTML, a link or a mention. ``cell`` when inside a table.

    A pipe in a cell needs an odd number of backslashes before it (cmark-gfm reads ``\\\\|`` as an end of the cell).
    """
    line = to_line(text, limit)
    if not line:
        return "–"
    if cell:
        line = _PIPE.sub(lambda m: m[1] + ("\\" if len(m[1]) % 2 == 0 else "\\\\") + "|", line)
    longest = max((len(run) for run in _TICKS.findall(line)), default=0)
    if longest > 3:
        # cmark gives up on fences beyond 80 backticks; nobody misses a row of them.
        line, longest = line.replace("`", "ˋ"), 0
    fence = "`" * (longest + 1)
    # One space on each side is taken off again by the renderer (CommonMark, "code spans").
    pad = " " if line[0] == "`" or line[-1] in "`\\" else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def to_block(lines: Sequence[str], limit: int = 200) -> str:
    """Return lines as a fenced block, indented as they are; "" for none. Nothing in a fenced block is Markdown or a mention."""
    if not lines:
        return ""
    shown = [_keep_indent(line.expandtabs(4), limit) for line in lines]
    longest = max(len(run) for line in ["``", *shown] for run in _TICKS.findall(line))
    fence = "`" * (longest + 1)
    return "\n".join([f"{fence}text", *shown, fence])


def _keep_indent(line: str, limit: int) -> str:
    words = line.lstrip(" ")
    return " " * min(len(line) - len(words), limit // 2) + to_line(words, limit)


def to_prose(text: str, limit: int = 600) -> str:
    """Return ``text`` as plain Markdown prose: shown letter for letter, pings nobody, links nothing.

    Backslashes stop Markdown; a word joiner after ``@ # :`` and the like stops what looks at the finished text.
    """
    line = _PROSE.sub(_escape_prose, _disarm(to_line(text, limit)))
    return _BLOCK_START.sub(lambda m: f"{m[1] or ''}\\{m[2]}", line)


def _escape_prose(match: re.Match[str]) -> str:
    return match[0] if match[0] in _CALM else f"\\{match[0]}"


# What the forges look for in finished text: @user, #1, !1, $1, ~label, %milestone, &epic, [kind:1], :emoji:, links, GH-1.
_REFERENCE = re.compile(
    r"""(?<=@)(?=[\w.-]) | (?<=[#!$~%&^*\[])(?=[\w"]) | (?<=:)(?=[a-z_/+-]) | (?<=\bwww)(?=\.) | (?<=\bGH)(?=-\d)""",
    re.IGNORECASE | re.VERBOSE | re.ASCII,
)


def _disarm(text: str) -> str:
    return _REFERENCE.sub(WORD_JOINER, text)


def to_html(text: str, limit: int = 200) -> str:
    """Return ``text`` as HTML text, fit for attributes too."""
    import html

    return html.escape(to_line(text, limit), quote=True)


def to_url(url: str) -> str | None:
    """Return ``url`` if it may stand in an ``src`` or ``href``: http or https, or a plain file name beside the file. Else None."""
    if re.fullmatch(r"https?://[A-Za-z0-9._~:/?#@!$&()*+,;=%-]+|[A-Za-z0-9_-][A-Za-z0-9._-]*", url):
        return url.replace("&", "&amp;")
    return None


def disarm_command(line: str) -> str:
    """Return a line that GitHub's runner does not take for a command: "::" at its start (spaces aside), "##[" anywhere."""
    if line.lstrip().startswith("::"):
        line = line.replace("::", ": :", 1)
    return line.replace("##[", "# #[")
