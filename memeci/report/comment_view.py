"""What the comment says, as values for its template: rows, sentences, tables. Pure; the template only places them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from memeci.formatting import format_count, format_delta, format_slice, format_value
from memeci.records import ClassMetrics, Evaluation, FlipExample, FlipKind, Status, Unit
from memeci.report.by_class import format_hidden_classes, select_overall
from memeci.report.escape import to_code, to_prose, to_url
from memeci.report.flips import (
    format_examples_shown,
    format_flip_counts,
    format_shares,
    format_ungated_losses,
    list_examples,
    name_sides,
    title_flips,
)
from memeci.report.heat import HEAT_RIGHT, HEAT_WRONG, render_heat
from memeci.report.markdown import Markdown
from memeci.report.order import (
    build_matrix,
    select_notable,
    select_reasons,
    sort_slices,
)
from memeci.report.picture import PictureLink
from memeci.report.rows import (
    Row,
    build_dataset_change,
    build_facts,
    build_row,
    build_visibility,
    format_baseline,
    format_candidate,
)
from memeci.report.words import STATUS, STATUS_EMOJI, WORDS, Phrases

MAX_REASONS = 8


class Layout(msgspec.Struct, frozen=True):
    """How much of everything is shown, in rows."""

    name: str
    slices: int
    more_slices: int
    flips: int
    classes: int
    text: int


def build_view(record: Evaluation, layout: Layout, say: Phrases, picture: PictureLink | None) -> dict[str, Any]:
    """Return the variables of comment.md.j2; ``has`` names the sections that are empty and stay out."""
    slices, overall = sort_slices(record), select_overall(record)
    notable = select_notable(record, layout.slices)
    rest = [c for c in slices if c not in notable]
    reasons = select_reasons(record, [*overall, *notable, *rest[: layout.more_slices]])[:MAX_REASONS]
    broken, fixed = (list_examples(record, kind, layout.flips) for kind in (FlipKind.BROKEN, FlipKind.FIXED))
    matrix = build_matrix(record.confusion, layout.classes) if record.confusion else None
    url = to_url(picture.url) if picture and picture.url else None
    view = {
        "record": record,
        "say": say,
        "status": say.pick(STATUS[record.verdict.status], joint=" · "),
        "status_emoji": STATUS_EMOJI[record.verdict.status],
        "sentence": [line for line in say.lines(record.verdict.sentence) if line.strip()],
        "warnings": format_ungated_losses(record, say),
        "reasons": [say.pick(r.text, joint=" · ") for r in reasons],
        "picture": picture,
        "picture_url": Markdown(url) if url else None,
        "baseline": format_baseline(record) if record.baseline else "",
        "candidate": format_candidate(record),
        "dirty": f" ({say.word('dirty')})" if record.candidate.dirty else "",
        "facts": build_facts(record, say),
        "overall": [build_row(c, say) for c in overall],
        "hidden_classes": format_hidden_classes(record, say),
        "next_steps": list(map(Markdown, say.sentences("first_release"))) if record.verdict.status is Status.NO_BASELINE else [],
        "slices": [build_row(c, say) for c in notable],
        "more_slices": [build_row(c, say) for c in rest[: layout.more_slices]],
        "more_slices_total": len(rest),
        "visibility": [f"🔍 {line}" for line in build_visibility(record, say)],
        "colon": Markdown(say.colon),
        "flip_title": say.word(title_flips(record)),
        "flip_counts": format_flip_counts(record, say),
        "shares": format_shares(record, say),
        "broken": broken,
        "fixed": fixed,
        "broken_shown": format_examples_shown(record, FlipKind.BROKEN, len(broken), say),
        "fixed_shown": format_examples_shown(record, FlipKind.FIXED, len(fixed), say),
        "matrix": matrix,
        "heat": lambda cell, right: Markdown(render_heat(cell, right)),
        "heat_legend": _format_legend(say, has_change=record.confusion is not None and record.confusion.has_baseline),
        "classes": [_format_class(c) for c in record.classes[: layout.classes * 2]],
        "docker_reading": _format_docker(record),
        "notes": [*build_dataset_change(record, say), *(say.pick(n, joint=" · ") for n in record.verdict.notes)],
        "footer": _format_footer(record, say),
        "table": _bind_table(say, record),
        "flip_table": lambda flips: Markdown(render_flip_table(flips, say, layout.text, name_sides(record))),
    }
    lists = ("warnings", "reasons", "slices", "more_slices", "broken", "fixed", "classes")
    parts = {"flips": record.flips, "confusion": matrix, "docker": record.docker_tag}
    view["has"] = {name: bool(view[name]) for name in lists} | {name: part is not None for name, part in parts.items()}
    return view


def _bind_table(say: Phrases, record: Evaluation) -> Callable[[Sequence[Row], bool], Markdown]:
    has_baseline = record.baseline is not None
    return lambda rows, with_slice: Markdown(render_comparison_table(rows, say, with_slice=with_slice, with_baseline=has_baseline))


def render_comparison_table(rows: Sequence[Row], say: Phrases, *, with_slice: bool, with_baseline: bool = True) -> str:
    """Return a Markdown table of comparisons. The mark comes first: on a telephone the last column is out of sight.

    Numbers do not wrap; names are code, so nothing in them is Markdown.
    """
    first = ["slice", "metric", "n"] if with_slice else ["metric"]
    keys = [*first, *(["baseline", "candidate", "change", "interval"] if with_baseline else ["candidate"]), "outcome"]
    align = [":--" if key in {"slice", "metric", "outcome"} else "--:" for key in keys]
    lines = [_join_cells(["", *(_head(say, key) for key in keys)]), _join_cells([":-:", *align])]
    for row in rows:
        numbers = [_unbreakable(getattr(row, key)) for key in keys[len(first) : -1]]
        metric = to_code(row.metric, 40, cell=True)
        named = [to_code(row.slice, 60, cell=True), metric, row.n] if with_slice else [metric]
        remarks = [_unbreakable(to_prose(x, 120)) for x in row.limits] if not with_slice else []
        remarks += [to_prose(row.reason, 120)] if row.reason else []
        note = "".join(f"<br><sub>{remark}</sub>" for remark in remarks)
        outcome = "<br>".join(_unbreakable(to_prose(line)) for line in row.verdict)
        lines.append(_join_cells([row.emoji, *named, *numbers, outcome + note]))
    return "\n".join(lines)


def render_flip_table(flips: Sequence[FlipExample], say: Phrases, text_limit: int, sides: tuple[str, str] = ("was", "now")) -> str:
    """Return a Markdown table of examples; columns nobody filled stay out. Label, was and now stand apart, so that a
    right-to-left label cannot turn the arrow between them around."""
    columns: list[tuple[str, Callable[[FlipExample], str]]] = [
        ("id", lambda f: to_code(f.id, 40, cell=True)),
        (_head(say, "slice"), lambda f: to_code(format_slice(f.slice), 40, cell=True) if f.slice else ""),
        (_head(say, "label"), lambda f: to_code(f.label, 40, cell=True) if f.label else ""),
        (_head(say, sides[0]), lambda f: to_code(f.baseline, 40, cell=True)),
        (_head(say, sides[1]), lambda f: to_code(f.candidate, 40, cell=True)),
        (_head(say, "score"), lambda f: format_value(f.score, Unit.NUMBER) if f.score is not None else ""),
        (_head(say, "text"), lambda f: to_code(f.text, text_limit, cell=True) if f.text else ""),
    ]
    cells = [[show(f) for f in flips] for _, show in columns]
    filled = [i for i, column in enumerate(cells) if any(column)]
    lines = [_join_cells([columns[i][0] for i in filled]), _join_cells([":--" for _ in filled])]
    lines += [_join_cells([cells[i][row] for i in filled]) for row in range(len(flips))]
    return "\n".join(lines)


def _format_legend(say: Phrases, *, has_change: bool) -> str:
    right = " ".join(f"{emoji} ≥ {floor:.0%}" for floor, emoji in HEAT_RIGHT[:-1]) + f" {HEAT_RIGHT[-1][1]} < {HEAT_RIGHT[-2][0]:.0%}"
    wrong = " ".join(f"{emoji} ≥ {floor:.0%}" for floor, emoji in reversed(HEAT_WRONG))
    parts = [f"{say.word('heat_right')}{say.colon}{right}", f"{say.word('heat_wrong')}{say.colon}{wrong}"]
    return " · ".join([*parts, say.word("confusion_change")] if has_change else parts)


def _format_class(c: ClassMetrics) -> dict[str, str]:
    def pair(new: float | None, old: float | None) -> str:
        change = format_delta(new - old, Unit.RATE, with_unit=False) if new is not None and old is not None else ""
        return _unbreakable(format_value(new, Unit.RATE) + (f" ({change})" if change else ""))

    return {
        "label": c.label,
        "support": format_count(c.support),
        "precision": pair(c.precision, c.baseline_precision),
        "recall": pair(c.recall, c.baseline_recall),
        "f1": pair(c.f1, c.baseline_f1),
    }


def _format_docker(record: Evaluation) -> str:
    tag = record.docker_tag
    return " · ".join(part for part in (tag.hanzi, tag.pinyin, tag.gloss) if part) if tag else ""


def _format_footer(record: Evaluation, say: Phrases) -> list[str]:
    decision, origin = record.decision, record.provenance
    parts = [origin.memeci_version]
    if decision.n_tests:
        parts.append(f"{say.word('false_alarms')} ≤ {decision.alpha * 100:g}% ({decision.n_tests} {say.word('tests')})")
    if record.dataset.digest is not None:
        parts.append(f"{say.word('test_set')} {record.dataset.digest[:19]}")
    parts += [part for part in (origin.engine, origin.created_at) if part]
    return parts


def _head(say: Phrases, key: str) -> str:
    return say.pick(WORDS[key], joint="<br>") if key in WORDS else key


def _join_cells(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _unbreakable(text: str) -> str:
    return text.replace(" ", "\u00a0")
