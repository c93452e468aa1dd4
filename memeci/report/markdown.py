"""Templates of Markdown: whatever they print is escaped as prose, unless a filter says what else it is."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from memeci.report.escape import to_code, to_html, to_prose

if TYPE_CHECKING:
    import jinja2


class Markdown(str):
    """A string that is Markdown already; everything else a template prints is escaped."""

    __slots__ = ()


@functools.cache
def load_template(name: str) -> jinja2.Template:
    """Return a template of ours by its file name."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("memeci.report"),
        autoescape=False,  # noqa: S701  `finalize` escapes for Markdown, which HTML escaping does not cover
        finalize=_escape_unless_markdown,
        optimized=False,  # looking for constants to fold takes longer than they do
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        lines=_break_lines,
        html=lambda text: Markdown(to_html(str(text), 400)),
        code=lambda text: Markdown(to_code(str(text), 120)),
        cell=lambda text: Markdown(to_code(str(text), 60, cell=True)),
    )
    return environment.get_template(name)


def _escape_unless_markdown(value: Any) -> Any:
    if isinstance(value, Markdown):
        return value
    return to_prose(str(value)) if value != "" else ""


def _break_lines(lines: Iterable[str], before: str = "", after: str = "") -> Markdown:
    """Return lines below each other in one paragraph, with Markdown of ours ``before`` and ``after`` the first."""
    shown = [_escape_unless_markdown(line) for line in lines]
    return Markdown("<br>\n".join([f"{before}{shown[0]}{after}", *shown[1:]] if shown else ()))
