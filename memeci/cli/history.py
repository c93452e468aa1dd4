"""`memeci history`: the line of releases as a table, with a sparkline per metric."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click
import msgspec

from memeci.class_names import split_class
from memeci.cli.registry_options import Here, with_registry
from memeci.formatting import NOTHING, format_value
from memeci.records import ReleaseSummary, Unit

if TYPE_CHECKING:
    from rich.table import Table

_BARS = "▁▂▃▄▅▆▇█"
NARROWEST = 6
"""Columns that a metric's values take at least."""
_MAX_WIDTH = 10_000  # of any table with no cell broken


class History(msgspec.Struct, frozen=True):
    """The releases of a model, oldest first, and stage → tag of the release in it."""

    model: str
    releases: Sequence[ReleaseSummary]
    stages: Mapping[str, str] = {}


@click.command("history")
@click.argument("model", required=False)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="Newest releases to show.")
@click.option("--json", "style", flag_value="json", help="Print JSON.")
@click.option("--md", "style", flag_value="md", help="Print a Markdown table.")
@with_registry
def command(here: Here, model: str | None, limit: int, style: str | None) -> None:
    """Show the releases of MODEL, oldest first: version, verdict and metrics.

    Without MODEL it is the only model of this repository.
    """
    name = here.choose_model(model)
    history = History(name, here.registry.read_history(name, limit=limit), here.registry.list_stages(name))
    if style == "json":
        click.echo(format_json(history))
    elif style == "md":
        click.echo(format_markdown(history))
    else:
        _print_table(history)


def find_unit(metric: str) -> Unit:
    """Return how values of a metric are shown; as they are for one that is not ours."""
    from memeci.metrics import METRICS

    ratio, _ = split_class(metric) or (metric, "")
    return next((known.unit for known in METRICS if known.name == ratio), Unit.NUMBER)


def format_sparkline(values: Sequence[float | None]) -> str:
    """Return one bar per value, from the lowest to the highest of them; a blank for None. A level line is drawn in the middle."""
    known = [value for value in values if value is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    if high == low:
        return "".join(" " if value is None else _BARS[3] for value in values)
    return "".join(" " if value is None else _BARS[round((value - low) / (high - low) * (len(_BARS) - 1))] for value in values)


def collect_metrics(summaries: Sequence[ReleaseSummary]) -> list[str]:
    """Return the names of all metrics, those of the newest release first."""
    return list(dict.fromkeys(name for summary in reversed(summaries) for name in summary.metrics))


def format_json(history: History) -> str:
    return json.dumps(msgspec.to_builtins(history), indent=2, ensure_ascii=False)


def format_markdown(history: History) -> str:
    """Return a Markdown table; names are kept from closing a cell."""
    summaries = history.releases
    metrics = collect_metrics(summaries)
    rows = [["version", "date", "verdict", *metrics], ["---"] * 3 + ["---:"] * len(metrics)]
    rows += [_cells(history, summary, metrics) for summary in summaries]
    if len(summaries) > 1:
        rows.append(["trend", "", "", *(_trend(summaries, name) for name in metrics)])
    lines = ["| " + " | ".join(_escape(cell) for cell in row) + " |" for row in rows]
    return "\n".join([f"**{_escape(history.model)}**", "", *lines])


def _escape(text: str) -> str:
    from memeci.report.escape import to_line

    return to_line(text).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("@", "&#64;").replace("`", "\\`")


def _cells(history: History, summary: ReleaseSummary, metrics: Sequence[str]) -> list[str]:
    tag = f"{history.model}@v{summary.version}"
    version = " ".join([f"v{summary.version}", *(f"#{stage}" for stage, staged in history.stages.items() if staged == tag)])
    values = [format_value(summary.metrics.get(name), find_unit(name)) for name in metrics]
    return [version, summary.created_at[:10] or NOTHING, summary.status.value.replace("_", " "), *values]


def _trend(summaries: Sequence[ReleaseSummary], metric: str) -> str:
    return format_sparkline([summary.metrics.get(metric) for summary in summaries])


def _print_table(history: History) -> None:
    from rich.console import Console

    if not history.releases:
        click.echo(f'there is no release of "{history.model}" yet. next: memeci evaluate, then memeci release.', err=True)
        return
    metrics = collect_metrics(history.releases)
    console = Console()
    shown = min(len(metrics), console.width // NARROWEST)
    wide = console.options.update(width=_MAX_WIDTH)
    while shown > 1 and console.measure(_build_table(history, metrics[:shown]), options=wide).maximum > console.width:
        shown -= 1
    console.print(_build_table(history, metrics[:shown]))
    if shown < len(metrics):
        left = len(metrics) - shown
        click.echo(f"{left} more metric{'s do' if left > 1 else ' does'} not fit here: --md or --json shows all.", err=True)


def _build_table(history: History, metrics: Sequence[str]) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from memeci.report.escape import to_line

    summaries = history.releases
    table = Table(title=Text(history.model), title_style="bold", title_justify="left", box=SIMPLE_HEAD, show_footer=len(summaries) > 1)
    for name, footer in (("version", "trend"), ("date", ""), ("verdict", "")):
        table.add_column(name, footer=footer, overflow="fold")
    for name in metrics:
        table.add_column(Text(to_line(name, 60)), justify="right", footer=_trend(summaries, name), overflow="fold")
    for summary in summaries:
        table.add_row(*(Text(to_line(cell, 60)) for cell in _cells(history, summary, metrics)))
    return table
