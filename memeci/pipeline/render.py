"""From a record to the files of the output folder. A function of the record alone."""

from __future__ import annotations

from memeci.records import Evaluation, encode_record
from memeci.report import render_files


def render_record(record: Evaluation, *, picture: bool) -> dict[str, bytes]:
    """Return the files by name: record.json, the reports, and the picture where one is wanted."""
    files = {"record.json": encode_record(record)}
    files |= render_files(record, language=record.language, picture=None)  # type: ignore[arg-type]
    return files
