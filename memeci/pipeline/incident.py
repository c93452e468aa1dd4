"""A run without an evaluation, as a record of its own: what failed, the end of its log or the error, and a picture."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path

from memeci import __version__
from memeci.config import Config
from memeci.config.secrets import hide_secrets
from memeci.diagnosis import diagnose_crash, diagnose_failure
from memeci.diagnosis.incident import find_log_tail
from memeci.errors import CommandError, MemeciError
from memeci.output_folder import write_outputs
from memeci.pipeline.assemble import format_now
from memeci.pipeline.picture import Drawn, draw_record
from memeci.pipeline.render import render_record
from memeci.records import Finding, Incident, Provenance

LOG_LINES = 20
LINE_LENGTH = 110


class CrashError(CommandError):
    """The predicting command failed; ``incident`` and its picture stand in the output folder."""

    def __init__(self, error: CommandError, incident: Incident, drawn: Drawn | None) -> None:
        super().__init__(error.what, error.why, error.next_step, log_tail=error.log_tail, exit_status=error.exit_status)
        self.incident = incident
        self.drawn = drawn


def build_incident(error: CommandError, config: Config, commit: str | None, environment: Mapping[str, str]) -> Incident:
    """Return the record of a crash. It travels (artifact, comment), so secrets that ``environment`` gave the command are hidden in it."""
    log = hide_secrets("\n".join(error.log_tail), environment)
    findings = diagnose_crash(hide_secrets(config.command or "", environment), error.exit_status, log)
    return _build(findings, log, config, commit)


def build_failure(error: MemeciError, config: Config, commit: str | None, environment: Mapping[str, str]) -> Incident:
    """Return the record of an evaluation that ended with an error; its log is the error, secrets hidden as in a crash."""
    lines = hide_secrets(str(error), environment).splitlines()
    log = "\n".join(part for line in lines for part in textwrap.wrap(line, LINE_LENGTH, subsequent_indent="       "))
    return _build(diagnose_failure(hide_secrets(error.what, environment)), log, config, commit)


def _build(findings: tuple[Finding, ...], log: str, config: Config, commit: str | None) -> Incident:
    return Incident(
        model=config.model,
        findings=findings,
        provenance=Provenance(__version__, format_now(), "", config.digest),
        commit=commit,
        log_tail=find_log_tail(log, LOG_LINES),
        theme=config.theme,
        language=config.language,
    )


def write_incident(incident: Incident, theme: str, output_dir: Path, *, picture: bool) -> Drawn | None:
    """Write record, comment and picture of the incident to ``output_dir``; return the picture."""
    drawn = draw_record(incident, theme=theme).drawn if picture else None
    write_outputs(output_dir, {**render_record(incident, drawn)})
    return drawn
