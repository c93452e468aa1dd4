"""`memeci meme`: draw a picture from a record, a training curve or a caption of yours; `--list` shows what there is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from memeci.cli.group import format_printable
from memeci.errors import DataError
from memeci.filenames import OUTPUT_DIR, PICTURE_FILE, RECORD_FILE
from memeci.records import DEFAULT_THEME, Incident, Provenance, Record

if TYPE_CHECKING:
    from memeci.memes import Picture

_NEXT_RECORD = "run memeci evaluate first, or name a record.json."

LANGUAGES = click.Choice(["zh", "en", "both"])


@click.command("meme")
@click.argument("record", type=click.Path(path_type=Path, dir_okay=True), required=False)
@click.option("--curve", type=click.Path(path_type=Path), help="A training log instead: CSV, JSONL or trainer_state.json.")
@click.option("--caption", help="Your own words on top.")
@click.option("--footer", help="Your own words below.")
@click.option("--template", help="A template by name; see --list.")
@click.option("--theme", help="memeops, kitchen, or a folder or file of yours.  [default: the record's]")
@click.option("--language", type=LANGUAGES, help="zh, en or both.  [default: the record's]")
@click.option("--animate", is_flag=True, help="Write a GIF beside the PNG, where the template moves.")
@click.option("--font", type=click.Path(path_type=Path), multiple=True, envvar="MEMECI_FONT", help="A font file to draw with.")
@click.option("-o", "--output", type=click.Path(path_type=Path), default=Path(PICTURE_FILE), show_default=True, help="Where to write.")
@click.option("--list", "list_all", is_flag=True, help="Show templates, themes and captions, and stop.")
def command(record: Path | None, output: Path, list_all: bool, **options: object) -> None:
    """Draw a meme from RECORD (a record.json, or the folder it is in; .memeci by default)."""
    if list_all:
        print_catalogue(options["theme"])
        return
    subject = _load_subject(record, options)
    picture = _draw(subject, options)
    _write(output, picture.png)
    click.echo(str(output))
    if picture.gif is not None:
        _write(output.with_suffix(".gif"), picture.gif)
        click.echo(str(output.with_suffix(".gif")))
    click.echo(format_printable(f"{picture.alt.en}\n{picture.alt.zh}"), err=True)
    for warning in picture.warnings:
        click.echo(format_printable(f"note: {warning.en}"), err=True)


def _load_subject(record: Path | None, options: dict[str, object]) -> Record:
    from memeci.record_file import read_record

    curve = options["curve"]
    if isinstance(curve, Path):
        return load_curve(curve, required=options["caption"] is None)
    default = Path(OUTPUT_DIR)
    if record is None and options["caption"] is not None and not (default / RECORD_FILE).is_file():
        return build_blank()
    path = record or default
    return read_record(path / RECORD_FILE if path.is_dir() else path, next_step=_NEXT_RECORD)


def load_curve(path: Path, *, required: bool = True) -> Incident:
    """Return what a training log shows, as an incident. Raises DataError where a finding is required and no rule fired."""
    from memeci.diagnosis import diagnose_curve
    from memeci.readers.curves import read_curve

    curve = read_curve(path)
    findings = diagnose_curve(curve)
    if required and not findings:
        raise DataError(f'"{path}" shows nothing worth a picture.', "no rule fired on this curve.", "add --caption to say it yourself.")
    return Incident(path.stem, findings, _build_provenance(), curve=curve)


def build_blank() -> Incident:
    """Return a record with nothing in it, for a caption that stands alone."""
    return Incident("memeci", (), _build_provenance())


def print_catalogue(theme: object) -> None:
    """Print templates, themes, and the captions of one theme."""
    from memeci.memes.templates import list_templates
    from memeci.memes.themes import list_themes, load_theme

    chosen = load_theme(str(theme or DEFAULT_THEME))
    click.echo("Templates")
    for template in list_templates(chosen.folders):
        needs = f"  needs: {', '.join(template.needs)}" if template.needs else ""
        click.echo(f"  {template.id:<16} {template.title.en} · {template.title.zh}{needs}{'  moves' if template.animated else ''}")
    click.echo(f"\nThemes: {', '.join(list_themes())}\n\nCaptions of {chosen.name}")
    for kind, finding in chosen.findings.items():
        click.echo(f"  {kind}  ({', '.join(finding.templates)})")
        for caption in finding.captions:
            click.echo(f"    {caption.zh}\n      {caption.en}")


def _draw(subject: Record, options: dict[str, object]) -> Picture:
    from memeci.memes import draw
    from memeci.memes.drawing import Style

    fonts = options["font"]
    style = Style(
        _text(options["template"]),
        _text(options["caption"]),
        _text(options["footer"]),
        tuple(fonts) if isinstance(fonts, tuple) else (),
    )
    theme, language = _text(options["theme"]) or subject.theme, _text(options["language"]) or subject.language
    return draw(subject, theme=theme, language=language, animate=bool(options["animate"]), style=style)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _build_provenance() -> Provenance:
    from memeci import __version__

    return Provenance(__version__, "", "none")


def _write(path: Path, data: bytes) -> None:
    from memeci.output_folder import write_file

    try:
        # A device (/dev/stdout) or a pipe is written to, and not replaced.
        if path.exists() and not path.is_file():
            path.write_bytes(data)
        else:
            write_file(path, data)
    except OSError as error:
        raise DataError(f'"{path}" cannot be written.', f"{error.strerror or error}.", "choose another file with --output.") from None
