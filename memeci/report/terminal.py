"""The evaluation at a terminal: tables that fit 80 columns, readable without colour, in a pipe, and in Chinese.

Nothing from outside is markup here, and no control character reaches the terminal.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import msgspec

from memeci.formatting import format_count, format_slice
from memeci.records import FAILING, Comparison, Evaluation, FlipExample, FlipKind, Outcome, Status
from memeci.report.comment_view import format_matrix_change
from memeci.report.escape import disarm_command, to_line
from memeci.report.flips import format_flip_counts, format_shares, format_ungated_losses, title_flips
from memeci.report.order import MatrixCell, build_matrix, select_flips, select_overall, select_reasons, sort_slices
from memeci.report.rows import Row, build_dataset_change, build_facts, build_row, build_visibility, format_baseline, format_candidate
from memeci.report.words import STATUS, Phrases

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from memeci.report.words import Language

MAX_SLICES = 8
MAX_BROKEN = 6
MAX_FIXED = 2
MAX_CLASSES = 6
MAX_REASONS = 5
MAX_NAME = 14
WIDE = 100
"""Columns from which slices show their interval too."""
NARROW = 72
"""Below, the numbers give way: a row without its metric says nothing."""

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
STATUS_STYLES = {Status.PASS: "green", Status.INCONCLUSIVE: "yellow", Status.FAIL: "red", Status.NO_BASELINE: "cyan"}


def render_terminal(record: Evaluation, *, language: Language, color: bool | None, width: int | None) -> str:
    """Return what is printed. ``color`` None leaves it to NO_COLOR, FORCE_COLOR and TERM."""
    from rich.console import Console

    out = io.StringIO()
    console = Console(
        file=out,
        width=width,
        force_terminal=color,
        no_color=True if color is False else None,
        highlight=False,
        emoji=False,
        markup=False,
        legacy_windows=False,
    )
    page = _Page(record, console, Phrases(language), Phrases("en" if language == "both" else language))
    for print_part in (_print_head, _print_overall, _print_slices, _print_flips, _print_confusion, _print_verdict):
        print_part(page)
    return "\n".join(disarm_command(line.rstrip()) for line in out.getvalue().split("\n"))


class _Page(msgspec.Struct, frozen=True):
    """``say`` is for sentences, ``short`` for the words in tables: two languages in a cell would not fit 80 columns."""

    record: Evaluation
    console: Console
    say: Phrases
    short: Phrases

    def print(self, text: str, style: str = "", indent: int = 0) -> None:
        from rich.padding import Padding

        line = _plain(text, 600)
        line.stylize(style)
        self.console.print(Padding(line, (0, 0, 0, indent), expand=False))

    def print_title(self, title: str) -> None:
        self.console.print()
        self.print(title, "bold")


def _print_head(page: _Page) -> None:
    from rich.text import Text

    record, say = page.record, page.say
    dirty = f" ({say.word('dirty')})" if record.candidate.dirty else ""
    versus = f"{to_line(format_baseline(record))} → " if record.baseline else ""
    page.console.print(Text.assemble((to_line(record.model), "bold"), f"  {versus}{to_line(format_candidate(record))}{dirty}"))
    page.print(" · ".join(build_facts(record, say)), "dim")
    for line in build_dataset_change(record, say):
        page.print(line, "yellow")


def _print_overall(page: _Page) -> None:
    rows = [build_row(c, page.short) for c in select_overall(page.record)]
    if rows:
        keys = ["metric", "baseline", "candidate", "change", "interval", "outcome"]
        page.console.print()
        page.console.print(
            _build_table(rows, page.short, _fit_keys(page, keys if page.record.baseline else ["metric", "candidate", "outcome"]))
        )
        for row in rows:
            _print_remark(page, row.metric, *row.limits, row.reason)


def _print_slices(page: _Page) -> None:
    shown = [build_row(c, page.short) for c in _shown_slices(page.record)]
    if not shown:
        return
    hidden = sum(bool(c.slice) for c in page.record.comparisons) - len(shown)
    wide = page.console.width >= WIDE
    keys = ["slice", "metric", "n", *["baseline"] * wide, "candidate", "change", *["interval"] * wide, "outcome"]
    if not page.record.baseline:
        keys = ["slice", "metric", "n", "candidate", "outcome"]
    page.print_title(page.say.word("slices"))
    page.console.print(_build_table(shown, page.short, _fit_keys(page, keys)))
    for row in shown:
        _print_remark(page, f"{row.slice} {row.metric}", row.reason)
    if hidden:
        page.print(f"… {hidden} {page.say.word('more_slices')}", "dim", 1)


def _shown_slices(record: Evaluation) -> list[Comparison]:
    """Return the worst slices: all that fail, within reason."""
    slices = sort_slices(record)
    failing = sum(c.gated and c.outcome in FAILING for c in slices)
    return slices[: max(MAX_SLICES, min(failing, 2 * MAX_SLICES))]


def _print_remark(page: _Page, name: str, *remarks: str) -> None:
    said = ", ".join(remark for remark in remarks if remark)
    if said:
        page.print(f"{to_line(name, 60)}: {said}", "dim", 1)


def _print_flips(page: _Page) -> None:
    record, say = page.record, page.say
    if record.flips is None or not (record.flips.fixed or record.flips.broken or record.flips.changed_wrong):
        return
    page.print_title(f"{say.word(title_flips(record))}: {format_flip_counts(record, say)}")
    for line in format_shares(record, say):
        page.print(line, "yellow", 1)
    flips = [*select_flips(record, FlipKind.BROKEN, MAX_BROKEN), *select_flips(record, FlipKind.FIXED, MAX_FIXED)]
    if flips:
        page.console.print(_build_flip_table(flips, page.short, page.console.width))


def _print_confusion(page: _Page) -> None:
    record, say = page.record, page.say
    if record.confusion is None or not record.confusion.labels:
        return
    matrix = build_matrix(record.confusion, MAX_CLASSES)
    cut = len(matrix.labels) < matrix.n_classes
    more = f": {say.joined('confusion_worst', n=len(matrix.labels), all=matrix.n_classes)}" if cut else ""
    page.print_title(say.word("confusion") + more)
    table = _new_table()
    table.add_column(page.short.word("true"), overflow="fold")
    for label in matrix.labels:
        table.add_column(_plain(label, 16), justify="right", overflow="fold")
    for i, (label, row) in enumerate(zip(matrix.labels, matrix.rows, strict=True)):
        table.add_row(_plain(label, 24), *(_build_cell(cell, i == j) for j, cell in enumerate(row)))
    page.console.print(table)


def _print_verdict(page: _Page) -> None:
    from rich.text import Text

    record, say = page.record, page.say
    style = STATUS_STYLES[record.verdict.status]
    page.console.print()
    visibility = build_visibility(record, say)
    for line in visibility:
        page.print(line, "dim")
    if visibility:
        page.console.print()
    for i, line in enumerate(say.lines(record.verdict.sentence)):
        prefix = (f"{say.pick(STATUS[record.verdict.status]).upper()}  ", f"bold {style}") if i == 0 else ""
        page.console.print(Text.assemble(prefix, (to_line(line, 600), "bold")))
    for reason in select_reasons(record, [*select_overall(record), *_shown_slices(record)])[:MAX_REASONS]:
        for i, line in enumerate(say.lines(reason.text)):
            page.print(line if i else f"- {line}", "", 4 if i else 2)
    if record.verdict.status is Status.NO_BASELINE:
        for line in say.sentences("first_release"):
            page.print(line, "dim")
    for lines in format_ungated_losses(record, say):
        for i, line in enumerate(lines):
            page.print(f"! {line}" if i == 0 else line, "yellow", 0 if i == 0 else 2)
    for note in record.verdict.notes:
        for line in say.lines(note):
            page.print(line, "dim")


def _new_table() -> Table:
    from rich import box
    from rich.table import Table

    return Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 0, 0, 1), header_style="bold")


def _fit_keys(page: _Page, keys: list[str]) -> list[str]:
    return keys if page.console.width >= NARROW else [key for key in keys if key not in {"interval", "baseline"}]


def _build_table(rows: list[Row], short: Phrases, keys: list[str]) -> Table:
    from rich.text import Text

    table = _new_table()
    for key in keys:
        number = key not in {"slice", "metric", "outcome"}
        head = short.word(key) if key != "n" else "n"
        table.add_column(head, justify="right" if number else "left", no_wrap=number or key == "outcome", overflow="fold")
    for row in rows:
        sign, style = SIGNS[row.outcome] if row.gated else ("·", "dim")
        cells = {
            "outcome": Text(f"{sign} {' '.join(row.verdict)}", style),
            "change": Text(row.change, style),
            "slice": _plain(row.slice, 80),
            "metric": _plain(row.metric, 60) if len(row.metric) <= MAX_NAME else _break_name(to_line(row.metric, 60)),
        }
        table.add_row(*(cells.get(key) or getattr(row, key) for key in keys))
    return table


def _build_flip_table(flips: list[FlipExample], short: Phrases, width: int) -> Table:
    """Return the examples, one line each: the text gets what the other columns leave."""
    from rich.cells import cell_len
    from rich.text import Text

    columns = {
        "id": [to_line(f.id, 20) for f in flips],
        short.word("slice"): [to_line(format_slice(f.slice), 18) for f in flips],
        short.word("label"): [to_line(f.label, 14) for f in flips],
        short.word("was"): [to_line(f.baseline, 14) for f in flips],
        short.word("now"): [to_line(f.candidate, 14) for f in flips],
    }
    columns = {head: cells for head, cells in columns.items() if any(cells)}
    used = 3 + sum(2 + max(map(cell_len, (head, *cells))) for head, cells in columns.items())
    room = width - used - 2
    if any(f.text for f in flips) and room >= 12:
        columns[short.word("text")] = [_fit(f.text or "", room) for f in flips]
    table = _new_table()
    table.add_column("")
    for head in columns:
        table.add_column(head, overflow="ellipsis", no_wrap=True)
    for i, f in enumerate(flips):
        mark = Text("✗", "red") if f.kind is FlipKind.BROKEN else Text("✓", "green")
        table.add_row(mark, *(Text(cells[i]) for cells in columns.values()))
    return table


def _build_cell(cell: MatrixCell, right: bool) -> Text:
    from rich.text import Text

    if not cell.change:
        return Text(format_count(cell.count) if cell.count or right else "·", "" if right else "dim")
    change = f" ({format_matrix_change(cell.change)})"
    return Text(format_count(cell.count) + change, "green" if (cell.change > 0) == right else "red")


def _break_name(name: str) -> Text:
    """Return a long name broken after underscores, so that it folds where a reader would."""
    from rich.text import Text

    lines = [""]
    for piece in name.replace("_", "_\n").split("\n"):
        if lines[-1] and len(lines[-1]) + len(piece) > MAX_NAME:
            lines.append("")
        lines[-1] += piece
    return Text("\n".join(lines))


def _fit(text: str, columns: int) -> str:
    line = _plain(text, columns)
    line.truncate(columns, overflow="ellipsis")
    return line.plain


def _plain(text: str, limit: int) -> Text:
    from rich.text import Text

    return Text(to_line(text, limit))
