"""The tables of the terminal: narrow signs, names that fold, and examples on one line each. No control character gets through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from memeci.formatting import format_count, format_slice
from memeci.records import FlipExample, FlipKind, Outcome
from memeci.report.escape import to_line
from memeci.report.heat import format_matrix_change
from memeci.report.order import MatrixCell
from memeci.report.rows import Row
from memeci.report.words import Phrases

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

MAX_NAME = 14
FULL, SHORT = 80, 45
"""Columns that a table takes with names of MAX_NAME: with numbers of both sides, and with the candidate's alone."""

# One narrow sign a kind: emoji are two columns wide in some terminals and one in others, and would break the tables.
SIGNS = {
    Outcome.REGRESSED: ("✗", "red"),
    Outcome.BELOW_FLOOR: ("✗", "red"),
    Outcome.MISSING: ("✗", "red"),
    Outcome.INCOMPARABLE: ("✗", "red"),
    Outcome.INCONCLUSIVE: ("?", "yellow"),
    Outcome.HELD: ("✓", "green"),
    Outcome.IMPROVED: ("↑", "green"),
    Outcome.NO_EVIDENCE: ("✓", ""),
    Outcome.TOO_FEW: ("·", "dim"),
    Outcome.MEASURED: ("·", ""),
}


def new_table() -> Table:
    """Return an empty table as all of the terminal look: a line under the names, and no others."""
    from rich import box
    from rich.table import Table

    return Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 0, 0, 1), header_style="bold")


def build_table(rows: list[Row], short: Phrases, keys: list[str], width: int) -> Table:
    """Return comparisons as a table with the columns ``keys``, named in one language; names fold where ``width`` asks for it."""
    from rich.text import Text

    spare = 0 if "slice" in keys else width - (FULL if "change" in keys else SHORT)
    max_name = MAX_NAME + max(0, spare)
    table = new_table()
    for key in keys:
        number = key not in {"slice", "metric", "outcome"}
        head = short.word(key) if key != "n" else "n"
        table.add_column(head, justify="right" if number else "left", no_wrap=number or key == "outcome", overflow="fold")
    for row in rows:
        sign, style = SIGNS[row.outcome] if row.gated else ("·", "dim")
        cells = {
            "outcome": Text(f"{sign} {' '.join(row.verdict)}", style),
            "change": Text(row.change, style),
            "slice": plain(row.slice, 80),
            "metric": plain(row.metric, 60) if len(row.metric) <= max_name else _break_name(to_line(row.metric, 60), max_name),
        }
        table.add_row(*(cells.get(key) or getattr(row, key) for key in keys))
    return table


def build_flip_table(flips: list[FlipExample], short: Phrases, width: int, sides: tuple[str, str] = ("was", "now")) -> Table:
    """Return the examples, one line each: the text gets what the other columns leave."""
    from rich.cells import cell_len
    from rich.text import Text

    columns = {
        "id": [to_line(f.id, 20) for f in flips],
        short.word("slice"): [to_line(format_slice(f.slice), 18) for f in flips],
        short.word("label"): [to_line(f.label, 14) for f in flips],
        short.word(sides[0]): [to_line(f.baseline, 14) for f in flips],
        short.word(sides[1]): [to_line(f.candidate, 14) for f in flips],
    }
    columns = {head: cells for head, cells in columns.items() if any(cells)}
    used = 3 + sum(2 + max(map(cell_len, (head, *cells))) for head, cells in columns.items())
    room = width - used - 2
    if any(f.text for f in flips) and room >= 12:
        columns[short.word("text")] = [_fit(f.text or "", room) for f in flips]
    table = new_table()
    table.add_column("")
    for head in columns:
        table.add_column(head, overflow="ellipsis", no_wrap=True)
    for i, f in enumerate(flips):
        mark = Text("✗", "red") if f.kind is FlipKind.BROKEN else Text("✓", "green")
        table.add_row(mark, *(Text(cells[i]) for cells in columns.values()))
    return table


def build_cell(cell: MatrixCell, right: bool) -> Text:
    """Return a cell of the confusion matrix: the count, and its change in brackets, green where it is welcome."""
    from rich.text import Text

    if not cell.change:
        return Text(format_count(cell.count) if cell.count or right else "·", "" if right else "dim")
    change = f" ({format_matrix_change(cell.change)})"
    return Text(format_count(cell.count) + change, "green" if (cell.change > 0) == right else "red")


def _break_name(name: str, limit: int) -> Text:
    """Return a long name broken after underscores, so that it folds where a reader would."""
    from rich.text import Text

    lines = [""]
    for piece in name.replace("_", "_\n").split("\n"):
        if lines[-1] and len(lines[-1]) + len(piece) > limit:
            lines.append("")
        lines[-1] += piece
    return Text("\n".join(lines))


def _fit(text: str, columns: int) -> str:
    line = plain(text, columns)
    line.truncate(columns, overflow="ellipsis")
    return line.plain


def plain(text: str, limit: int) -> Text:
    """Return outside text as one printable line of at most ``limit`` characters; nothing in it is markup."""
    from rich.text import Text

    return Text(to_line(text, limit))
