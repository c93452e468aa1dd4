"""`memeci leaderboard`: the best releases of all models, by one metric. In the kitchen theme it is the 食材算力排行榜."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence

import click
import msgspec
from msgspec.structs import asdict

from memeci.cli.history import collect_metrics, find_unit
from memeci.cli.registry_options import Here, with_registry
from memeci.errors import ConfigError, find_near
from memeci.formatting import format_value
from memeci.records import DEFAULT_THEME, Direction, ReleaseSummary, Status

_MEDALS = ("🥇", "🥈", "🥉")


class Words(msgspec.Struct, frozen=True):
    """What a theme calls things."""

    title: str
    columns: tuple[str, str, str, str]
    remarks: Mapping[Status, str]
    best: str


THEMES = {
    DEFAULT_THEME: Words(
        "模型排行榜 · leaderboard",
        ("#", "model", "version", "{metric}"),
        {Status.PASS: "", Status.NO_BASELINE: "", Status.INCONCLUSIVE: "拿不准 inconclusive", Status.FAIL: "带病上线 forced"},
        "现任榜首 best",
    ),
    "kitchen": Words(
        "食材算力排行榜",
        ("名次", "食材", "批次", "算力（{metric}）"),
        {Status.PASS: "家常好菜", Status.NO_BASELINE: "头锅新菜", Status.INCONCLUSIVE: "火候待定", Status.FAIL: "糊锅硬上"},
        "主厨推荐",
    ),
}


class Place(msgspec.Struct, frozen=True):
    """One line of the leaderboard."""

    rank: int
    model: str
    version: str
    value: float
    status: str
    remark: str


@click.command("leaderboard")
@click.option("--metric", metavar="NAME", help="Metric to rank by. [default: the first one of the newest release]")
@click.option("--lower-is-better", is_flag=True, help="The lowest value comes first; needed for metrics of yours alone.")
@click.option("--limit", type=click.IntRange(1, 1000), default=10, show_default=True, help="Places to show.")
@click.option("--theme", type=click.Choice(list(THEMES)), help="What things are called.  [default: as in memeci.yml]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@with_registry
def command(here: Here, metric: str | None, theme: str | None, as_json: bool, lower_is_better: bool, limit: int) -> None:
    """Rank the releases of all models by one metric. `--theme kitchen` prints the 食材算力排行榜."""
    lines = {model: here.registry.read_history(model, limit=1000) for model in here.registry.list_models()}
    chosen = metric or choose_metric(lines.values())
    _check_metric(chosen, lines.values())
    words = THEMES.get(theme or here.config.theme, THEMES[DEFAULT_THEME])
    places = rank(lines, chosen, words, lower=lower_is_better or is_loss(chosen))[:limit]
    if as_json:
        click.echo(json.dumps({"metric": chosen, "places": [asdict(place) for place in places]}, indent=2, ensure_ascii=False))
    else:
        _print_places(words, chosen, places)
        if (theme or here.config.theme) == "kitchen":
            _print_shelves(lines)


def is_loss(metric: str) -> bool:
    """Whether this is a metric of ours of which less is better."""
    from memeci.metrics import METRICS

    return any(known.name == metric and known.direction is Direction.LOWER for known in METRICS)


def choose_metric(lines: Iterable[Sequence[ReleaseSummary]]) -> str:
    """Return the first metric of the newest release; raises ConfigError where there is none."""
    newest = max((line[-1] for line in lines if line), key=lambda summary: summary.created_at, default=None)
    metrics = [] if newest is None else collect_metrics([newest])
    if not metrics:
        raise ConfigError(
            "there is no release to rank yet.", "no model of this repository has a record.", "memeci evaluate, then memeci release."
        )
    return metrics[0]


def _check_metric(metric: str, lines: Iterable[Sequence[ReleaseSummary]]) -> None:
    """Raise ConfigError for a metric that no release has."""
    known = {name for line in lines for summary in line for name in summary.metrics}
    if metric in known:
        return
    shown = find_near(metric, sorted(known), 3) or sorted(known)[:5]
    raise ConfigError(
        f'no release has the metric "{metric[:80]}".',
        f"near it: {', '.join(shown)}." if shown else "there is no release with a record yet.",
        f"memeci leaderboard --metric {shlex.quote(shown[0])}" if shown else "memeci evaluate, then memeci release.",
    )


def rank(lines: Mapping[str, Sequence[ReleaseSummary]], metric: str, words: Words, *, lower: bool) -> list[Place]:
    """Return all releases that have ``metric``, best first; equal values share a rank, the older release stands above."""
    entries = [
        (value, model, summary) for model, line in lines.items() for summary in line if (value := summary.metrics.get(metric)) is not None
    ]
    entries.sort(key=lambda entry: (entry[0] if lower else -entry[0], entry[2].created_at))
    places: list[Place] = []
    for number, (value, model, summary) in enumerate(entries, 1):
        tied = bool(places) and places[-1].value == value
        position = places[-1].rank if tied else number
        remark = words.best if number == 1 else words.remarks[summary.status]
        places.append(Place(position, model, summary.version, value, summary.status.value, remark))
    return places


def _print_shelves(lines: Mapping[str, Sequence[ReleaseSummary]]) -> None:
    """Print the bread shelf of each model: a loaf for every passing release in a row, a latte at nine."""
    from memeci.memes.streak import format_shelf

    for model, line in lines.items():
        click.echo(f"\n{model}\n{format_shelf([summary.status for summary in line])}")


def _print_places(words: Words, metric: str, places: Sequence[Place]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from memeci.report.escape import to_line

    table = Table(title=words.title, title_style="bold", title_justify="left", box=SIMPLE_HEAD)
    for number, name in enumerate(words.columns):
        table.add_column(Text(to_line(name.format(metric=metric), 60)), justify="right" if number in {0, 3} else "left")
    table.add_column("")
    for place in places:
        medal = _MEDALS[place.rank - 1] if place.rank <= len(_MEDALS) else str(place.rank)
        value = format_value(place.value, find_unit(metric))
        table.add_row(*(Text(cell) for cell in (medal, place.model, f"v{place.version}", value, place.remark)))
    Console().print(table)
