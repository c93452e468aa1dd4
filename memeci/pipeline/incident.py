"""A command that crashed, as a record of its own: what failed, the end of its log, and a picture."""

from __future__ import annotations

from pathlib import Path

from memeci import __version__
from memeci.config import Config
from memeci.diagnosis import diagnose_crash
from memeci.errors import CommandError
from memeci.filenames import PICTURE_FILE, RECORD_FILE
from memeci.outputs import write_outputs
from memeci.pipeline.assemble import format_now
from memeci.pipeline.picture import draw_record
from memeci.records import Incident, Provenance, encode_record


def write_incident(error: CommandError, config: Config, commit: str | None, output_dir: Path, *, picture: bool) -> None:
    """Write record.json and the picture of the crash to ``output_dir``."""
    incident = Incident(
        model=config.model,
        findings=diagnose_crash(config.command or "", error.exit_status, "\n".join(error.log_tail)),
        provenance=Provenance(__version__, format_now(), "", config.digest),
        commit=commit,
        log_tail=error.log_tail,
        theme=config.theme,
        language=config.language,
    )
    files: dict[str, bytes | Path] = {RECORD_FILE: encode_record(incident)}
    drawn = draw_record(incident, theme=config.theme).drawn if picture else None
    if drawn is not None:
        files[PICTURE_FILE] = drawn.png
    write_outputs(output_dir, files)
