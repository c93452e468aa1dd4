"""A command that crashed, as a record of its own: what failed, the end of its log, and a picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from memeci import __version__
from memeci.config import Config
from memeci.config.secrets import hide_secrets
from memeci.diagnosis import diagnose_crash
from memeci.diagnosis.incident import find_log_tail
from memeci.errors import CommandError
from memeci.output_folder import write_outputs
from memeci.pipeline.assemble import format_now
from memeci.pipeline.picture import Drawn, draw_record
from memeci.pipeline.render import render_record
from memeci.records import Incident, Provenance

LOG_LINES = 20


class CrashError(CommandError):
    """The predicting command failed; ``incident`` and its picture stand in the output folder."""

    def __init__(self, error: CommandError, incident: Incident, drawn: Drawn | None) -> None:
        super().__init__(error.what, error.why, error.next_step, log_tail=error.log_tail, exit_status=error.exit_status)
        self.incident = incident
        self.drawn = drawn


def build_incident(error: CommandError, config: Config, commit: str | None, environment: Mapping[str, str]) -> Incident:
    """Return the record of a crash. It travels (artifact, comment), so secrets that ``environment`` gave the command are hidden in it."""
    log = hide_secrets("\n".join(error.log_tail), environment)
    return Incident(
        model=config.model,
        findings=diagnose_crash(hide_secrets(config.command or "", environment), error.exit_status, log),
        provenance=Provenance(__version__, format_now(), "", config.digest),
        commit=commit,
        log_tail=find_log_tail(log, LOG_LINES),
        theme=config.theme,
        language=config.language,
    )


def write_incident(incident: Incident, theme: str, output_dir: Path, *, picture: bool) -> Drawn | None:
    """Write record, comment and picture of the crash to ``output_dir``; return the picture."""
    drawn = draw_record(incident, theme=theme).drawn if picture else None
    write_outputs(output_dir, {**render_record(incident, drawn)})
    return drawn
