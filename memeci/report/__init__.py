"""An evaluation as people and machines read it: terminal, comment, summary, and the files other tools pick up.

Everything here is a function of the record alone. Knows no forge, no git, no engine; writes no file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from memeci.filenames import COMMENT_FILE, SUMMARY_FILE
from memeci.records import Incident
from memeci.report.picture import PictureLink
from memeci.report.words import Language, choose_language

if TYPE_CHECKING:
    from memeci.records import Evaluation, Record

__all__ = [
    "Language",
    "PictureLink",
    "build_outputs",
    "choose_language",
    "print_evaluation",
    "render_annotations",
    "render_comment",
    "render_files",
    "render_html",
    "render_summary",
]


def render_files(record: Record, *, language: Language, picture: PictureLink | None) -> dict[str, bytes]:
    """Return the files made from a record, by name: for people comment.md and summary.md; of an evaluation also those for machines.

    The same record gives the same bytes.
    """
    texts = {
        COMMENT_FILE: render_comment(record, language=language, picture=picture),
        SUMMARY_FILE: render_summary(record, language=language, picture=picture),
    }
    if not isinstance(record, Incident):
        texts |= _render_machine_files(record)
    return {name: text.encode() for name, text in texts.items()}


def _render_machine_files(record: Evaluation) -> dict[str, str]:
    from memeci.report.codequality import render_codequality
    from memeci.report.dotenv import render_dotenv
    from memeci.report.junit import render_junit
    from memeci.report.openmetrics import render_openmetrics

    return {
        "junit.xml": render_junit(record),
        "metrics.txt": render_openmetrics(record),
        "codequality.json": render_codequality(record),
        "memeci.env": render_dotenv(record),
    }


def build_outputs(record: Evaluation, *, image: str | None = None, source_url: str | None = None, release_tag: str = "") -> dict[str, str]:
    """Return what later steps of a workflow read, by name; "" where there is nothing to say."""
    from memeci.report import outputs

    return outputs.build_outputs(record, outputs.ImageNames(image, source_url, release_tag))


def render_comment(record: Record, *, language: Language, picture: PictureLink | None, limit: int = 65_000) -> str:
    """Return the Markdown of the pull-request comment, at most ``limit`` UTF-16 units long.

    What does not fit is left out by whole sections, least important first; the comment says which and where they are.
    """
    if isinstance(record, Incident):
        from memeci.report.incident import render_incident

        return render_incident(record, language=language, picture=picture)
    from memeci.report.comment import COMMENT, render_markdown

    return render_markdown(record, COMMENT, language=language, picture=picture, limit=limit)


def render_summary(record: Record, *, language: Language, picture: PictureLink | None, limit: int = 900_000) -> str:
    """Return the Markdown of the job summary: the comment's content with longer tables."""
    if isinstance(record, Incident):
        from memeci.report.incident import render_incident

        return render_incident(record, language=language, picture=picture)
    from memeci.report.comment import SUMMARY, render_markdown

    return render_markdown(record, SUMMARY, language=language, picture=picture, limit=limit)


def render_html(record: Evaluation) -> str:
    """Return a self-contained HTML fragment for notebooks: no script, nothing loaded from anywhere, outside text escaped."""
    from memeci.report.notebook import render_notebook

    return render_notebook(record)


def render_annotations(record: Evaluation, *, language: Language) -> str:
    """Return workflow commands (``::error …``) for GitHub's log: at most ten, no outside text can start one of its own."""
    from memeci.report.annotations import render_workflow_commands

    return render_workflow_commands(record, language=language)


def print_evaluation(
    record: Evaluation, *, language: Language, stream: TextIO, color: bool | None = None, width: int | None = None
) -> None:
    """Print the evaluation for a person at a terminal.

    ``color`` None asks the stream; ``width`` None asks the terminal (80 columns in a pipe). Characters the stream's
    encoding lacks are replaced, so printing never fails.
    """
    from memeci.report.terminal import render_terminal

    terminal = stream.isatty() if color is None else color
    text = render_terminal(record, language=language, color=True if terminal else color, width=width)
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(text.encode(encoding, "replace").decode(encoding))
