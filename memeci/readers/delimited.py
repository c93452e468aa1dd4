"""CSV, TSV and their kin: a line of column names, then rows. Which delimiter it is, the first two rows tell."""

from __future__ import annotations

import csv
import io

from memeci.errors import DataError
from memeci.readers.probe import HEAD_BYTES, Probe
from memeci.readers.reader import Layout, Opened
from memeci.relation import FileFormat

DELIMITERS = (",", "\t", ";", "|")


class DelimitedReader:
    name = "delimited"
    title = "comma- or tab-separated text"
    suffixes = (".csv", ".tsv", ".tab", ".psv")
    textual = True

    def matches(self, probe: Probe) -> bool:
        """Any text that is nothing else: this reader is asked last."""
        return (probe.head is None and probe.suffix in self.suffixes) or bool(probe.head and probe.text.strip())

    def open(self, probe: Probe) -> Opened:
        if probe.head is None:
            return Opened(probe.path, Layout(FileFormat.DELIMITED, _promised_delimiter(probe), probe.compression))
        delimiter = find_delimiter(probe.text, _promised_delimiter(probe))
        _check_rows(probe, _parse_rows(probe.text, delimiter))
        return Opened(probe.path, Layout(FileFormat.DELIMITED, delimiter, probe.compression))


def find_delimiter(text: str, promised: str = ",") -> str:
    """Return the delimiter that splits the first row into most names, and the second into as many; ``promised`` if none does.

    >>> find_delimiter("id;y_true;y_pred\\n1;a,b;c\\n")
    ';'
    """

    def rank(delimiter: str) -> tuple[bool, int, bool]:
        rows = _parse_rows(text, delimiter)
        agree = len(rows) > 1 and len(rows[0]) == len(rows[1])
        return (len(rows[0]) > 1 and agree, len(rows[0]) if rows else 0, delimiter == promised)

    return max(DELIMITERS, key=rank)


def _promised_delimiter(probe: Probe) -> str:
    return {".tsv": "\t", ".tab": "\t", ".psv": "|"}.get(probe.suffix, ",")


def _parse_rows(text: str, delimiter: str) -> list[list[str]]:
    """Return the first two rows that are not blank (fewer if there are fewer)."""
    rows: list[list[str]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if row:
                rows.append(row)
            if len(rows) == 2:
                break
    except csv.Error:
        return rows or [[]]
    return rows or [[]]


def _check_rows(probe: Probe, rows: list[list[str]]) -> None:
    names = [name.strip() for name in rows[0]]
    if not probe.whole and len(rows) < 2 and "\n" not in probe.text and "\r" not in probe.text:
        raise DataError(
            f"{probe.path} is not a table.",
            f"its first line is longer than {HEAD_BYTES:,} bytes.",
            "write the predictions as parquet, CSV or JSON lines.",
        )
    if all(_is_number(name) for name in names):
        raise DataError(
            f"{probe.path} has no line of column names.",
            f"its first line is {_format_row(rows[0])}.",
            "write the names first: id,label,prediction",
        )
    doubled = next((name for name in names if name and names.count(name) > 1), None)
    if doubled:
        raise DataError(f'{probe.path} has two columns "{doubled}".', f"its first line is {_format_row(rows[0])}.", "rename one of them.")
    if len(rows) < 2 and probe.whole:
        raise DataError(
            f"{probe.path} has column names but no rows.",
            f"its only line is {_format_row(rows[0])}.",
            "look at the step that writes it: did it find its examples?",
        )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _format_row(row: list[str]) -> str:
    line = ", ".join(row)
    return line if len(line) <= 100 else line[:100] + " …"
