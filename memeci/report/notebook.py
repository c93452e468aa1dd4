"""An evaluation as an HTML fragment for notebooks: one string, its own style, nothing loaded, every outside text escaped."""

from __future__ import annotations

from collections.abc import Sequence

from memeci.formatting import format_slice
from memeci.records import Evaluation, FlipKind, Status
from memeci.report.by_class import format_hidden_classes, select_overall
from memeci.report.escape import to_html
from memeci.report.flips import format_flip_counts, list_examples, name_sides, title_flips
from memeci.report.heat import render_heat
from memeci.report.order import build_matrix, sort_slices
from memeci.report.rows import Row, build_facts, build_row, build_visibility, format_baseline, format_candidate
from memeci.report.words import STATUS, STATUS_EMOJI, Phrases, choose_language

MAX_SLICES = 10
MAX_FLIPS = 10
COLORS = {Status.PASS: "#1a7f37", Status.INCONCLUSIVE: "#9a6700", Status.FAIL: "#cf222e", Status.NO_BASELINE: "#0969da"}
# currentColor and transparency: readable on a light and on a dark notebook.
STYLE = (
    ".memeci{font-family:system-ui,sans-serif;max-width:60rem}.memeci table{border-collapse:collapse;margin:.6em 0}"
    ".memeci th,.memeci td{padding:.2em .7em;border-bottom:1px solid rgba(128,128,128,.35);text-align:left!important}"
    ".memeci td.n,.memeci th.n{text-align:right!important;white-space:nowrap;font-variant-numeric:tabular-nums}"
    ".memeci small{opacity:.75}.memeci td{overflow-wrap:anywhere}"
)


def render_notebook(record: Evaluation) -> str:
    """Return the fragment in the record's language."""
    say = Phrases(choose_language(record.language))
    parts = [
        f'<div class="memeci"><style>{STYLE}</style>',
        _render_head(record, say),
        _render_rows([build_row(c, say) for c in select_overall(record)], say, ["metric"]),
        _render_hidden(format_hidden_classes(record, say)),
        _render_rows([build_row(c, say) for c in sort_slices(record)[:MAX_SLICES]], say, ["slice", "metric", "n"]),
        "".join(f"<small>🔍 {to_html(line, 400)}</small><br>" for line in build_visibility(record, say)),
        _render_flips(record, say),
        _render_confusion(record, say),
        "</div>",
    ]
    return "".join(parts)


def _render_hidden(line: str) -> str:
    return f"<small>{to_html(line, 400)}</small>" if line else ""


def _render_head(record: Evaluation, say: Phrases) -> str:
    verdict = record.verdict
    sentence = "<br>".join(to_html(line, 600) for line in say.lines(verdict.sentence))
    versus = f"<code>{to_html(format_baseline(record))}</code> → " if record.baseline else ""
    return (
        f'<p><b style="color:{COLORS[verdict.status]}">{STATUS_EMOJI[verdict.status]} {to_html(say.pick(STATUS[verdict.status]))}</b> '
        f"<b>{to_html(record.model)}</b><br>{sentence}</p>"
        f"<small>{versus}<code>{to_html(format_candidate(record))}</code> · {to_html(' · '.join(build_facts(record, say)), 400)}</small>"
    )


def _render_rows(rows: Sequence[Row], say: Phrases, names: list[str]) -> str:
    if not rows:
        return ""
    keys = [*names, "baseline", "candidate", "change", "interval", "outcome"]
    heads = [(say.word(key) if key != "n" else "n", key not in {"slice", "metric", "outcome"}) for key in keys]
    body = [
        [
            (f"{row.emoji} {' '.join(row.verdict)}" if key == "outcome" else str(getattr(row, key)), number)
            for key, (_, number) in zip(keys, heads, strict=True)
        ]
        for row in rows
    ]
    return _render_table(heads, body)


def _render_flips(record: Evaluation, say: Phrases) -> str:
    flips = list_examples(record, FlipKind.BROKEN, MAX_FLIPS)
    if record.flips is None:
        return ""
    title = f"<p><b>{to_html(say.word(title_flips(record)))}</b>: {to_html(format_flip_counts(record, say))}</p>"
    before, after = name_sides(record)
    has_label = record.flips.metric is None or any(f.label for f in flips)  # a number of its own has none
    keys = ["slice", *["label"] * has_label, before, after, "text"]
    heads = [("id", False), *((say.word(key), False) for key in keys)]
    rows = [(f.id, format_slice(f.slice), *[f.label] * has_label, f.baseline, f.candidate, f.text or "") for f in flips]
    return title + (_render_table(heads, [[(text, False) for text in row] for row in rows]) if flips else "")


def _render_confusion(record: Evaluation, say: Phrases) -> str:
    if record.confusion is None or not record.confusion.labels:
        return ""
    matrix = build_matrix(record.confusion, MAX_SLICES)
    heads = [(say.word("true"), False), *((label, True) for label in matrix.labels)]
    body = [
        [(label, False), *((render_heat(cell, i == j), True) for j, cell in enumerate(row))]
        for i, (label, row) in enumerate(zip(matrix.labels, matrix.rows, strict=True))
    ]
    return f"<p><b>{to_html(say.word('confusion'))}</b></p>" + _render_table(heads, body)


def _render_table(heads: Sequence[tuple[str, bool]], body: Sequence[Sequence[tuple[str, bool]]]) -> str:
    def cells(tag: str, row: Sequence[tuple[str, bool]]) -> str:
        return "".join(f"<{tag}{' class=n' if number else ''}>{to_html(text)}</{tag}>" for text, number in row)

    rows = "".join(f"<tr>{cells('td', row)}</tr>" for row in body)
    return f"<table><thead><tr>{cells('th', heads)}</tr></thead><tbody>{rows}</tbody></table>"
