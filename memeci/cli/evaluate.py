"""`memeci evaluate`: the main job."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from memeci.cli.group import format_printable
from memeci.cli.saying import NO_READER, ignore_lost_output, keep_verdict, say
from memeci.errors import EXIT_GATE_FAILED, EXIT_OK

if TYPE_CHECKING:
    from memeci.config import Config
    from memeci.pipeline import Evaluated

LANGUAGES = ["zh", "en", "both"]

# Options that stand for a key of memeci.yml: option → key.
SETTINGS = {
    "alpha": "alpha",
    "language": "language",
    "memory_limit": "memory_limit",
    "output_dir": "output_dir",
    "positive_label": "positive_label",
    "task": "task",
    "theme": "theme",
    "metrics": "metrics",
    "slices": "slices",
}


@click.command("evaluate")
@click.argument("predictions", required=False)
@click.option("--baseline", "-b", metavar="WHAT", help="A file, a tag, a commit, latest or none.  [default: latest]")
@click.option("--config", "-c", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Default: memeci.yml, if there is one.")
@click.option("--model", "-m", metavar="NAME", help="Which model, where memeci.yml has several.")
@click.option("--metric", "metrics", multiple=True, metavar="NAME", help="Measure this; may be repeated.")
@click.option("--slice", "slices", multiple=True, metavar="COLUMN[,COLUMN]", help="Also test every value of this; may be repeated.")
@click.option("--task", metavar="TASK", help="binary, multiclass, multilabel, regression or scores.  [default: found from the data]")
@click.option("--positive-label", metavar="LABEL", help="The label that scores are about.")
@click.option("--alpha", metavar="RATE", help="False alarms accepted per evaluation.  [default: 0.01]")
@click.option("--output-dir", "-o", metavar="DIR", help="Where the results go.  [default: .memeci]")
@click.option("--language", "-l", type=click.Choice(LANGUAGES), help="Language.  [default: both in files, the locale's here]")
@click.option("--theme", metavar="NAME", help="memeops, kitchen, or a folder of yours.")
@click.option("--memory-limit", metavar="SIZE", help="For example 2GB; what does not fit goes to a temporary folder.")
@click.option("--meme/--no-meme", "picture", default=True, help="Draw the picture.")
@click.option("--rerun-baseline", "rerun", is_flag=True, help="Run the baseline's own command again, in a worktree of its commit.")
@click.option("--json", "as_json", is_flag=True, help="Print the record on standard output.")
def command(predictions: str | None, config: Path | None, model: str | None, as_json: bool, **options: Any) -> int:
    """Compare PREDICTIONS with the last tagged model and give a verdict.

    PREDICTIONS is a parquet, CSV, TSV, JSON or JSONL file, a folder or a glob of them; without it memeci.yml says where they
    are. Exits with 1 if the gate failed, and only then.
    """
    from memeci.cli.progress import show_progress
    from memeci.config import clean_environment, load_config, load_numpy, read_environment

    load_numpy()
    from memeci.pipeline import Request, evaluate
    from memeci.registry import find_credentials

    environment = read_environment()
    settings = load_config(config, model=model, overrides=[*environment.overrides, *_list_overrides(options)])
    with show_progress() as progress:
        evaluated = evaluate(
            Request(
                settings,
                clean_environment(),
                echo=sys.stderr.buffer,
                predictions=predictions,
                baseline=options["baseline"],
                commit=environment.head_sha,
                output_dir=Path(settings.output_dir),
                picture=options["picture"],
                rerun=options["rerun"],
                progress=progress,
                credentials=find_credentials(environment),
            )
        )
    code = keep_verdict(EXIT_GATE_FAILED if evaluated.failed else EXIT_OK)
    if as_json:
        _print_record(evaluated)
    else:
        _print(evaluated, _choose_language(settings))
    return code


def _list_overrides(options: dict[str, Any]) -> list[Any]:
    """Return the given options as settings, under the name the user typed."""
    from memeci.config import Override

    given = []
    for option, key in SETTINGS.items():
        value = options[option]
        flag = "--" + {"metrics": "metric", "slices": "slice"}.get(option, option.replace("_", "-"))
        if option == "slices" and value:
            value = [columns.split(",") for columns in value]
        if value:
            given.append(Override(key, value if isinstance(value, str) else _to_flow(value), flag))
    return given


def _to_flow(value: Any) -> str:
    """Return a list in the JSON form that YAML reads too."""
    import json

    return json.dumps(list(value), ensure_ascii=False)


def _choose_language(settings: Config) -> str:
    """Return the language of the terminal: as asked, else the reader's own. Files, for whoever reads them, stay in both."""
    from memeci.config import find_reader_language

    return settings.language if "language" in settings.places else find_reader_language()


def _print_record(evaluated: Evaluated) -> None:
    """Print the record for a program. A reader may leave early; a full disk is an error, since this is the result."""
    from memeci.records import encode_record

    with ignore_lost_output(NO_READER):
        click.echo(encode_record(evaluated.record).decode(), nl=False)


def _print(evaluated: Evaluated, language: str) -> None:
    """Print the table for a person; where the files are goes to standard error."""
    from memeci.report import choose_language, print_evaluation

    with ignore_lost_output():
        print_evaluation(evaluated.record, language=choose_language(language), stream=sys.stdout)
        sys.stdout.flush()
    for warning in evaluated.picture.warnings:
        say(format_printable(f"note: {warning}"))
    say(f"\n{evaluated.output_dir}/: {', '.join(evaluated.files)}")
