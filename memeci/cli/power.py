"""``memeci power``: how small a loss a set of examples can show, before any candidate exists."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from memeci.errors import ConfigError
from memeci.records import Evaluation, Task

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

DISAGREEMENTS = (0.02, 0.05, 0.10, 0.20)
SIZES = (100, 300, 1_000, 3_000, 10_000, 30_000, 100_000, 1_000_000)
BAR_WIDTH = 40
MAX_EXAMPLES = 10**12


def _parse_rate(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    """Return 0.01 for "0.01", "1%" or "1pp"."""
    if value is None:
        return None
    text = value.strip().lower()
    number = text.removesuffix("pp").removesuffix("%").strip()
    try:
        rate = float(number) / (100.0 if number != text else 1.0)
    except ValueError:
        rate = -1.0
    if not 0 < rate < 1:
        raise click.BadParameter(f"{value!r} is not a rate between 0 and 1: write 0.01, 1% or 1pp.", ctx, param)
    return rate


_RATE: Any = {"callback": _parse_rate, "metavar": "RATE"}
_RECORD = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("power")
@click.option("-n", "--examples", type=click.IntRange(1, MAX_EXAMPLES), help="How many examples you have.")
@click.option("--loss", **_RATE, default="1pp", show_default=True, help="A true loss of accuracy you want to be shown.")
@click.option("--disagreement", **_RATE, help="Rate at which two equally good models differ in being right.  [default: 5%]")
@click.option("--alpha", **_RATE, default="1%", show_default=True, help="Chance of a false alarm, over all tests.")
@click.option("--tests", type=click.IntRange(1), help="Metric and slice tests that share alpha.  [default: 1]")
@click.option("--record", type=_RECORD, help="Take examples, disagreement and tests from a record.json.")
def command(examples: int | None, loss: float, disagreement: float | None, alpha: float, tests: int | None, record: Path | None) -> None:
    """How small a loss of accuracy can your examples show, and how many would you need?

    Four times out of five (power 80%), a true loss of the size shown fails the gate.
    """
    from rich.console import Console

    seen = _read_record(record) if record else (None, None, None)
    n = examples or seen[0]
    rate = disagreement or seen[1] or 0.05
    n_tests = tests or seen[2] or 1
    console = Console(highlight=False)
    assumed = [f"{rate * 100:.3g}% disagreement"] if not (disagreement or seen[1]) else []
    assumed += ["1 test"] if not (tests or seen[2]) else []
    if record and assumed:
        console.print(f"Not in the record, so assumed: {', '.join(assumed)}.\n")
    console.print(_build_table(n, alpha, n_tests))
    _print_answer(console, n, loss, rate, alpha, n_tests)


def _read_record(path: Path) -> tuple[int | None, float | None, int | None]:
    """Return examples, disagreement and number of tests of an evaluation; disagreement None where nothing flipped."""
    from memeci.record_file import read_evaluation

    record = read_evaluation(path, next_step="pass the record.json that `memeci evaluate` wrote.")
    if record.task not in {Task.BINARY, Task.MULTICLASS}:
        raise ConfigError(
            f"{path} has no accuracy to lose.",
            f"its task is {record.task.value}; what each of its metrics could have shown: {_list_detectable(record)}.",
            "without --record the table is for accuracy; for other metrics ask `memeci evaluate`, which says it each time.",
        )
    if record.dataset.n_groups is not None:
        click.echo(f"note: examples of a group change together; these are {record.dataset.n_groups:,} groups, and show less.", err=True)
    flipped = record.flips.fixed + record.flips.broken if record.flips else 0
    return record.dataset.n or None, flipped / record.dataset.n if flipped else None, record.decision.n_tests or None


def _list_detectable(record: Evaluation) -> str:
    from memeci.formatting import format_delta

    found = [c for c in record.comparisons if not c.slice and c.detectable is not None]
    return ", ".join(f"{c.metric} {format_delta(c.detectable, c.unit).lstrip('+')}" for c in found) or "not known without a baseline"


def _build_table(n: int | None, alpha: float, n_tests: int) -> Table:
    from rich.table import Table

    from memeci.decision import detectable_effect
    from memeci.formatting import format_count

    table = Table(
        title=f"Smallest loss shown four times out of five (alpha {alpha * 100:.3g}%, {n_tests} test{'s' if n_tests > 1 else ''})",
        title_justify="left",
    )
    table.add_column("examples", justify="right")
    for rate in DISAGREEMENTS:
        table.add_column(f"{rate:.0%} disagree", justify="right")
    for size in sorted({*SIZES, *([n] if n else [])}):
        cells = [detectable_effect(size, rate, alpha=alpha, n_tests=n_tests) for rate in DISAGREEMENTS]
        row = [f"{cell * 100:.2g} pp" if cell < 0.1 else f"{cell * 100:.0f} pp" for cell in cells]
        table.add_row(format_count(size), *row, style="bold" if size == n else None)
    return table


def _print_answer(console: Console, n: int | None, loss: float, rate: float, alpha: float, n_tests: int) -> None:
    from memeci.decision import compute_power, detectable_effect, required_examples
    from memeci.formatting import format_count

    needed = required_examples(loss, rate, alpha=alpha, n_tests=n_tests)
    console.print(f"\nA loss of {loss * 100:.3g} pp at {rate * 100:.3g}% disagreement needs {format_count(needed)} examples.")
    if n:
        shown, noun = detectable_effect(n, rate, alpha=alpha, n_tests=n_tests), "example" if n == 1 else "examples"
        if shown < 1:
            console.print(f"Your {format_count(n)} {noun} show{'s' if n == 1 else ''} a loss of {shown * 100:.2g} pp.")
        else:
            console.print(f"Your {format_count(n)} {noun} cannot show any loss.")
    if n_tests > 1:
        console.print("These tests are taken as independent. Those of an evaluation move together, so it usually finds smaller losses.")
    console.print("\nchance that this loss is shown, by number of examples")
    for share in (0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0):
        size = max(1, round(needed * share))
        power = compute_power(size, rate, loss, alpha=alpha, n_tests=n_tests)
        console.print(f"{format_count(size):>13} {'█' * round(power * BAR_WIDTH):<{BAR_WIDTH}} {power:.0%}")
