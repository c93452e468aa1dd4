"""The evaluation at a terminal: tables that fit 80 columns, readable without colour, in a pipe, and in Chinese.

Nothing from outside is markup here, and no control character reaches the terminal.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from memeci.class_names import name_every_class
from memeci.records import FAILING, Comparison, Evaluation, FlipKind, Status
from memeci.report.by_class import format_hidden_classes, list_shared_demands, select_overall
from memeci.report.escape import disarm_command, to_line
from memeci.report.flips import format_flip_counts, format_shares, format_ungated_losses, list_examples, name_sides, title_flips
from memeci.report.order import build_matrix, select_reasons, sort_slices
from memeci.report.rows import (
    Row,
    build_dataset_change,
    build_facts,
    build_row,
    build_visibility,
    format_baseline,
    format_candidate,
)
from memeci.report.terminal_tables import build_cell, build_flip_table, build_table, new_table, plain
from memeci.report.words import STATUS, Phrases

if TYPE_CHECKING:
    from rich.console import Console

    from memeci.report.words import Language

MAX_SLICES = 8
MAX_BROKEN = 6
MAX_FIXED = 2
MAX_CLASSES = 6
MAX_REASONS = 5
LONG_CLASS = 14
WIDE = 100
"""Columns from which slices show their interval too."""
NARROW = 72
"""Below, the numbers give way: a row without its metric says nothing."""

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

        line = plain(text, 600)
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
            build_table(
                rows,
                page.short,
                _fit_keys(page, rows, keys if page.record.baseline else ["metric", "candidate", "outcome"]),
                page.console.width,
            )
        )
        for name, remarks in dict.fromkeys(_list_remarks(page.record, rows)):
            _print_remark(page, name, *remarks)
        if hidden := format_hidden_classes(page.record, page.say):
            page.print(hidden, "dim", 1)


def _list_remarks(record: Evaluation, rows: Sequence[Row]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield a metric's name and what is to be said of it; the limits that every class of a ratio has are said of "recall[*]"."""
    shared = list_shared_demands(record)
    for row in rows:
        ratio = name_every_class(row.metric)
        if ratio in shared:
            yield ratio, row.limits
            yield row.metric, (row.reason,)
        else:
            yield row.metric, (*row.limits, row.reason)


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
    page.console.print(build_table(shown, page.short, _fit_keys(page, shown, keys), page.console.width))
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
    said = ("，" if page.say.language == "zh" else ", ").join(remark for remark in remarks if remark)
    if said:
        page.print(f"{to_line(name, 60)}{page.say.colon}{said}", "dim", 1)


def _print_flips(page: _Page) -> None:
    record, say = page.record, page.say
    if record.flips is None or not (record.flips.fixed or record.flips.broken or record.flips.changed_wrong):
        return
    page.print_title(f"{say.word(title_flips(record))}{say.colon}{format_flip_counts(record, say)}")
    for line in format_shares(record, say):
        page.print(line, "yellow", 1)
    flips = [*list_examples(record, FlipKind.BROKEN, MAX_BROKEN), *list_examples(record, FlipKind.FIXED, MAX_FIXED)]
    if flips:
        page.console.print(build_flip_table(flips, page.short, page.console.width, name_sides(record)))


def _print_confusion(page: _Page) -> None:
    record, say = page.record, page.say
    if record.confusion is None or not record.confusion.labels:
        return
    matrix = build_matrix(record.confusion, MAX_CLASSES)
    cut = len(matrix.labels) < matrix.n_classes
    more = f"{say.colon}{say.joined('confusion_worst', n=len(matrix.labels), all=matrix.n_classes)}" if cut else ""
    page.print_title(say.word("confusion") + more)
    table = new_table()
    table.add_column(page.short.word("true"), overflow="fold")
    for label in matrix.labels:
        table.add_column(plain(label, 16), justify="right", overflow="fold")
    for i, (label, row) in enumerate(zip(matrix.labels, matrix.rows, strict=True)):
        table.add_row(plain(label, 24), *(build_cell(cell, i == j) for j, cell in enumerate(row)))
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
    _print_reasons(page)
    if record.verdict.status is Status.NO_BASELINE:
        for line in say.sentences("first_release"):
            page.print(line, "dim")
    for lines in format_ungated_losses(record, say):
        for i, line in enumerate(lines):
            page.print(f"! {line}" if i == 0 else line, "yellow", 0 if i == 0 else 2)
    for note in record.verdict.notes:
        for line in say.lines(note):
            page.print(line, "dim")


def _print_reasons(page: _Page) -> None:
    """Print why, as far as no table says it."""
    reasons = select_reasons(page.record, [*select_overall(page.record), *_shown_slices(page.record)])
    if reasons:
        page.print(page.say.word("beyond_tables"), "dim")
    for reason in reasons[:MAX_REASONS]:
        for i, line in enumerate(page.say.lines(reason.text)):
            page.print(line if i else f"- {line}", "", 4 if i else 2)
    if len(reasons) > MAX_REASONS:
        page.print(f"… {len(reasons) - MAX_REASONS} {page.say.word('more')}", "dim", 2)


def _fit_keys(page: _Page, rows: Sequence[Row], keys: list[str]) -> list[str]:
    """Return the columns there is room for. The name of a class cannot be broken at an underscore as others can."""
    if page.console.width < NARROW:
        return [key for key in keys if key not in {"interval", "baseline"}]
    has_long_class = any(name_every_class(row.metric) != row.metric and len(row.metric) > LONG_CLASS for row in rows)
    return [key for key in keys if key != "interval"] if has_long_class and page.console.width < WIDE else keys
