"""`memeci noise`: an A/A test of the gate on runs of the same code."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from memeci.errors import InfraError
from memeci.filenames import RECORD_FILE

if TYPE_CHECKING:
    from memeci.pipeline.noise import Noise


ENOUGH_RUNS = 3
"""Student's t has one degree of freedom from two runs: the tolerance would be 45 times the spread that was seen (from three, 10)."""
_AGAIN = "memeci evaluate, then memeci noise --save again."


@click.command("noise")
@click.argument("runs", nargs=-1, required=True)
@click.option("--config", "-c", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Default: memeci.yml, if there is one.")
@click.option("--model", "-m", metavar="NAME", help="Which model, where memeci.yml has several.")
@click.option("--save", is_flag=True, help="Keep the noise floor in the finished evaluation, for `memeci release`.")
def command(runs: tuple[str, ...], config: Path | None, model: str | None, save: bool) -> None:
    """How much do runs of the same code differ, and would your gate flip?

    RUNS are prediction files of the same code trained again, with another seed, on the same examples: five are good. Every two
    are compared as a pull request would be. A floor kept with a release makes later evaluations ask about the code, not
    about this one run of it.
    """
    from memeci.cli.progress import show_progress
    from memeci.config import clean_environment, load_config, read_environment
    from memeci.pipeline.evaluate import Request
    from memeci.pipeline.noise import measure_noise

    environment = read_environment()
    settings = load_config(config, model=model, overrides=list(environment.overrides))
    with show_progress() as progress:
        request = Request(settings, clean_environment(), echo=sys.stderr.buffer, picture=False, progress=progress)
        noise = measure_noise(request, runs)
    _print(noise)
    if save:
        _save(noise, Path(settings.output_dir) / RECORD_FILE)


def _print(noise: Noise) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from memeci.formatting import NOTHING, format_delta

    table = Table(title=f"{noise.floor.runs} runs of the same code", title_justify="left")
    for name in ("metric", "σ between runs", "tolerance that holds", "pairs it failed"):
        table.add_column(name, justify="left" if name == "metric" else "right")
    for metric, sigma in noise.floor.sigma.items():
        unit = noise.units[metric]
        tolerance = find_tolerance(noise, metric)
        shown = NOTHING if tolerance is None else format_delta(tolerance, unit).lstrip("+")
        table.add_row(Text(metric), format_delta(sigma, unit).lstrip("+"), shown, str(noise.flips.by_metric.get(metric, 0)))
    console = Console(highlight=False)
    console.print(table)
    flips = noise.flips
    console.print(f"Your gate failed {flips.failed} of {flips.pairs} comparisons where nothing changed but the run;")
    console.print(f"{flips.inconclusive} were inconclusive.")
    if noise.floor.runs < ENOUGH_RUNS:
        console.print(
            f"{noise.floor.runs} runs are too few to say which tolerance holds: train again with other seeds; five runs are good."
        )
    elif any(find_tolerance(noise, metric) is None for metric in noise.floor.sigma):
        console.print("Where no tolerance is named, these runs differ too much to say which one holds: more runs would narrow it.")


def find_tolerance(noise: Noise, metric: str) -> float | None:
    """Return the tolerance that holds; None from too few runs, and for a rate where it would allow to lose everything."""
    from memeci.records import Unit

    tolerance = noise.floor.propose_tolerance(metric, noise.alpha)
    boundless = noise.units[metric] is Unit.RATE and tolerance >= 1
    return None if boundless or noise.floor.runs < ENOUGH_RUNS else tolerance


def _save(noise: Noise, path: Path) -> None:
    """Put the floor into the record; the file is replaced whole."""
    import msgspec

    from memeci.record_file import read_evaluation
    from memeci.records import encode_record

    record = read_evaluation(path, next_step=_AGAIN)
    kept = msgspec.structs.replace(record, noise=dict(noise.floor.sigma), noise_runs=noise.floor.runs)
    fresh = path.with_name(path.name + ".new")
    try:
        fresh.write_bytes(encode_record(kept))
        os.replace(fresh, path)
    except OSError as error:
        raise InfraError(
            f"{path} cannot be written.", f"{error.strerror or error}.", "look at its permissions, and at the free space."
        ) from error
    click.echo(f"kept the noise floor in {path}; `memeci release` stores it with the tag", err=True)
