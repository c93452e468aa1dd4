"""CSV, TSV and their kin: a line of column names, then rows. Which delimiter it is, the first two rows tell."""

from __future__ import annotations

import csv
import io
import re
import shlex
from collections.abc import Iterator

from memeci.errors import DataError, build_twin_columns
from memeci.readers.probe import HEAD_BYTES, Probe
from memeci.readers.reader import Layout, Opened
from memeci.relation import FileFormat, find_twins

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
        columns = _check_rows(probe, delimiter)
        return Opened(probe.path, Layout(FileFormat.DELIMITED, delimiter, probe.compression, columns))


def find_delimiter(text: str, promised: str = ",") -> str:
    """Return the delimiter that splits the first row into most names, and the second into as many; ``promised`` if none does.

    >>> find_delimiter("id;y_true;y_pred\\n1;a,b;c\\n")
    ';'
    """

    def rank(delimiter: str) -> tuple[bool, int, bool]:
        rows = [row for _, row in zip(range(2), _parse_rows(text, delimiter), strict=False)]
        width = len(rows[0][1]) if rows else 0
        return (width > 1 and len(rows) > 1 and len(rows[1][1]) == width, width, delimiter == promised)

    return max(DELIMITERS, key=rank)


def _promised_delimiter(probe: Probe) -> str:
    return {".tsv": "\t", ".tab": "\t", ".psv": "|"}.get(probe.suffix, ",")


def _parse_rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (line it starts on, values) of the rows that are not blank, up to one that cannot be parsed."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    start = 1
    try:
        for row in reader:
            if row:
                yield start, row
            start = reader.line_num + 1
    except csv.Error:
        return


def _check_rows(probe: Probe, delimiter: str) -> tuple[str, ...]:
    """Return the column names. Raises DataError if what was read of the file is no table."""
    if re.match(r'"?sep=.?"?\s*[\r\n]', probe.text):
        raise DataError(
            f"{probe.path} begins with Excel's note of its delimiter.",
            "column names belong into the first line; memeci finds the delimiter by itself.",
            f"sed -i 1d {shlex.quote(str(probe.path))}" if probe.compression == "none" else "write it without that line.",
        )
    rows = list(_parse_rows(probe.text, delimiter))
    if not probe.whole and len(rows) < 2 and not {"\n", "\r"} & set(probe.text):
        raise DataError(
            f"{probe.path} is not a table.",
            f"its first line is longer than {HEAD_BYTES:,} bytes.",
            "write the predictions as parquet, CSV or JSON lines.",
        )
    names = _check_names(probe, rows[0][1])
    _check_quotes(probe, delimiter)
    if len(rows) < 2 and probe.whole:
        raise DataError(
            f"{probe.path} has column names but no rows.",
            f"its only line is {_format_row(rows[0][1])}.",
            "look at the step that writes it: did it find its examples?",
        )
    # The last row may be cut where our look ended.
    for line, row in rows if probe.whole else rows[:-1]:
        if len(row) != len(names):
            raise DataError(
                f"{probe.path} line {line} has {len(row)} values, the first line has {len(names)}.",
                f"the line is {_format_row(row)}; the first is {_format_row(list(names))}.",
                "quote values that hold the delimiter, and write every value, empty ones too.",
            )
    _check_line_ends(probe)
    return names


def _check_names(probe: Probe, row: list[str]) -> tuple[str, ...]:
    names = [name.strip() for name in row]
    if all(_is_number(name) for name in names):
        raise DataError(
            f"{probe.path} has no line of column names.",
            f"its first line is {_format_row(row)}.",
            "write the names first: id,label,prediction",
        )
    twins = find_twins(names)
    if twins is not None:
        raise build_twin_columns(str(probe.path), *twins, f"its first line is {_format_row(row)}.")
    # pandas leaves its index without a name.
    return tuple(name or f"column{i}" for i, name in enumerate(names))


def _check_quotes(probe: Probe, delimiter: str) -> None:
    """Raise DataError for a quoted value that never ends, or that goes on after its quote. Only a whole file can tell."""
    if not probe.whole:
        return
    reader = csv.reader(io.StringIO(probe.text, newline=""), delimiter=delimiter, strict=True)
    start = 1
    try:
        for _ in reader:
            start = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"{probe.path} line {start} is not valid {'TSV' if delimiter == chr(9) else 'CSV'}.",
            f"{error}: a value that begins with a quote must end with one.",
            'double each quote inside a quoted value: "say ""no"""',
        ) from None


def _check_line_ends(probe: Probe) -> None:
    unquoted = re.sub(r'"[^"]*"', "", probe.text)
    if "\r\n" in unquoted and re.search(r"(?<!\r)\n", unquoted):
        fixed = shlex.quote(str(probe.path))
        raise DataError(
            f"{probe.path} mixes line ends of Windows and Unix.",
            "some lines end in \\r\\n, others in \\n.",
            f"sed -i 's/\\r$//' {fixed}" if probe.compression == "none" else "write all lines with the same end.",
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
