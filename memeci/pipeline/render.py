"""From a record to the files of the output folder. A function of the record alone, and of the picture made from it."""

from __future__ import annotations

from memeci.filenames import PICTURE_FILE, RECORD_FILE
from memeci.pipeline.picture import Drawn
from memeci.records import Record, encode_record
from memeci.report import PictureLink, choose_language, render_files


def render_record(record: Record, drawn: Drawn | None) -> dict[str, bytes]:
    """Return the files by name: record.json, the picture if there is one, and the reports."""
    files = {RECORD_FILE: encode_record(record)}
    link = None
    if drawn is not None:
        files[PICTURE_FILE] = drawn.png
        link = PictureLink(alt=drawn.alt, url=PICTURE_FILE, caption=drawn.caption)
    return files | render_files(record, language=choose_language(record.language), picture=link)
