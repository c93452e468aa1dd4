"""What the pipeline has to say to the user, in both languages."""

from __future__ import annotations

import math

from memeci.engines.engine import Overlap
from memeci.engines.shared import Moved
from memeci.formatting import format_count, format_text
from memeci.measurements import Measurements
from memeci.records import Text


def note_guessed_positive(label: str) -> Text:
    shown = format_text(label, 40)
    return Text(
        en=f'The positive label is taken to be "{shown}", the last in order; set `positive_label` if it is another.',
        zh=f"正类按排序取最后一个“{shown}”；如果不对，请设置 `positive_label`。",
    )


def note_row_numbers() -> Text:
    return Text(
        en="There is no id column: row was compared with row.",
        zh="没有 id 列：按行号逐行比较。",
    )


def note_small_slices(n: int, min_size: int) -> Text:
    return Text(
        en=f"{format_count(n)} {'slice' if n == 1 else 'slices'} with fewer than {min_size} examples"
        f" {'was' if n == 1 else 'were'} not tested.",
        zh=f"有 {format_count(n)} 个切片不足 {min_size} 条样本，没有检验。",
    )


def note_overlap(overlap: Overlap) -> list[Text]:
    notes = []
    if not overlap.complete:
        notes.append(
            Text(
                en=f"The test set changed: {format_count(overlap.common)} examples are common to both,"
                f" {format_count(overlap.only_baseline)} only in the baseline,"
                f" {format_count(overlap.only_candidate)} only in the candidate."
                " The comparison is on the common ones.",
                zh=f"测试集变了：两边共有 {format_count(overlap.common)} 条，只在基线中的 {format_count(overlap.only_baseline)} 条，"
                f"只在候选中的 {format_count(overlap.only_candidate)} 条。只比较共有的部分。",
            )
        )
    if overlap.relabelled:
        notes.append(
            Text(
                en=f"{format_count(overlap.relabelled)} {'example has' if overlap.relabelled == 1 else 'examples have'}"
                " another label than in the baseline;"
                " both models are judged by today's.",
                zh=f"有 {format_count(overlap.relabelled)} 条样本的标签与基线不同；两个模型都按今天的标签评判。",
            )
        )
    return notes


def note_bins(measured: Measurements) -> list[Text]:
    """Say how far score bins may move a value, where there are any."""
    largest: dict[str, float] = {}
    for test, slack in zip(measured.tests, measured.slack.tolist() if measured.slack is not None else (), strict=False):
        if slack > 0:
            largest[test.metric] = max(slack, largest.get(test.metric, 0.0))
    if not largest:
        return []
    bounds = ", ".join(f"{metric} {_round_up(100 * slack)} pp" for metric, slack in largest.items())
    return [
        Text(
            en=f"There are so many examples that their scores were ranked by narrow bins. That moves a change at most by: {bounds}.",
            zh=f"样本很多，分数按细小区间排序，对变化的影响最多为：{bounds}。",
        )
    ]


def _round_up(value: float) -> str:
    """Return one digit, rounded up: 0.000084 → 0.00009."""
    places = max(0, -math.floor(math.log10(value)))
    return f"{math.ceil(value * 10**places) / 10**places:.{places}f}"


_PARTS = {"weight": Text("weight", "权重"), "group": Text("group", "分组"), "slice": Text("slice", "切片")}


def note_moved(moved: Moved) -> Text:
    """Say that weights, groups or slices are not those of the baseline, and that the candidate's hold for both sides."""
    part, shown = _PARTS[moved.part], format_text(moved.column or "", 40)
    if moved.column is None:
        return Text(
            en=f"The baseline has a {part.en} column and the candidate has none: both sides are counted without.",
            zh=f"基线有{part.zh}列，候选没有：两边都不按{part.zh}计算。",
        )
    if moved.count is None:
        return Text(
            en=f'The baseline has no {part.en} column; the candidate\'s "{shown}" is used for both sides.',
            zh=f"基线没有{part.zh}列；两边都使用候选的“{shown}”。",
        )
    n, have = format_count(moved.count), "example has" if moved.count == 1 else "examples have"
    return Text(
        en=f'{n} {have} another {part.en} ("{shown}") than in the baseline; the candidate\'s is used for both sides.',
        zh=f"有 {n} 条样本的{part.zh}（“{shown}”）与基线不同；两边都使用候选的。",
    )


def say_incomparable(overlap: Overlap) -> Text:
    relabelled = format_count(overlap.relabelled) if overlap.relabelled else ""
    kept = Text(" and kept their label", "且标签未变") if relabelled else Text("", "")
    of_them = Text(f", {relabelled} of them with another label", f"，其中 {relabelled} 条标签不同") if relabelled else Text("", "")
    return Text(
        en=f"Not comparable: only {overlap.share:.0%} of the examples are common to candidate and baseline{kept.en}"
        f" ({format_count(overlap.common)} common{of_them.en}, {format_count(overlap.only_baseline)} only in the baseline,"
        f" {format_count(overlap.only_candidate)} only in the candidate).",
        zh=f"无法比较：候选与基线只有 {overlap.share:.0%} 的样本相同{kept.zh}"
        f"（共有 {format_count(overlap.common)} 条{of_them.zh}，仅基线 {format_count(overlap.only_baseline)} 条，"
        f"仅候选 {format_count(overlap.only_candidate)} 条）。",
    )
