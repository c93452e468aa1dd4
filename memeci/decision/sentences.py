"""What was decided, in one sentence a person believes, in English and Chinese. Words only; decides nothing.

Slice values and reasons are text from outside: whoever shows a sentence escapes it.
"""

from __future__ import annotations

from memeci.formatting import format_change, format_count, format_delta, format_interval, format_p, format_slice, format_value
from memeci.records import Comparison, DecisionInfo, Direction, Outcome, Pairing, Text


def describe_comparison(c: Comparison) -> Text:
    """Return the sentence of one test, by its outcome."""
    if c.outcome is Outcome.BELOW_FLOOR:
        return _describe_floor(c)
    if c.outcome is Outcome.MISSING:
        return _describe_missing(c)
    if c.outcome is Outcome.TOO_FEW:
        return Text(
            f"{_name_en(c)} was not decided: {c.reason or 'it has no value here'}.",
            f"{_name_zh(c)} 未作判定：{c.reason or '此处无法计算'}。",
        )
    change, n = _change(c), format_count(c.n)
    en, zh = {
        Outcome.REGRESSED: ("got worse", "变差了"),
        Outcome.IMPROVED: ("got better", "变好了"),
        Outcome.HELD: ("held within its tolerance", "保持在容忍范围内"),
        Outcome.INCONCLUSIVE: ("may have got worse, but chance alone could explain it", "可能变差，但也可能只是偶然波动"),
        Outcome.NO_EVIDENCE: ("shows no loss beyond chance", "没有超出偶然波动的下降"),
    }.get(c.outcome, ("was measured", "已测量"))
    return Text(f"{_name_en(c)} {en}: {change} on {n} examples{_p_en(c)}.", f"{_name_zh(c)} {zh}：{_zh(change)}，共 {n} 条样本{_p_zh(c)}。")


def describe_unproven(c: Comparison) -> Text:
    """Return why a test that demands proof fails without a loss being shown."""
    bound = format_delta(-c.tolerance if c.direction is Direction.HIGHER else c.tolerance, c.unit)
    change = _change(c)
    return Text(
        f"{_name_en(c)} is not proven to hold within {bound}: {change} on {format_count(c.n)} examples.",
        f"{_name_zh(c)} 未能证明变化不超过 {_zh(bound)}：{_zh(change)}，共 {format_count(c.n)} 条样本。",
    )


def describe_failure(first: Text, n_more: int) -> Text:
    if not n_more:
        return first
    return Text(f"{first.en} {n_more} more gate{'s' if n_more > 1 else ''} failed.", f"{first.zh}另有 {n_more} 项未通过。")


def describe_inconclusive(first: Text, c: Comparison) -> Text:
    if c.detectable is None:
        return first
    loss = _size(c)
    return Text(f"{first.en} This set would show a loss of {loss}.", f"{first.zh}这批样本能查出的下降约为 {_zh(loss)}。")


def describe_nothing_decided(n: int) -> Text:
    return Text(f"Too few examples to decide anything: {format_count(n)}.", f"样本太少，无法判定：只有 {format_count(n)} 条。")


def describe_identical(n: int) -> Text:
    return Text(
        f"Nothing changed: on all {format_count(n)} examples the predictions score the same as the baseline's.",
        f"没有变化：全部 {format_count(n)} 条样本的表现与基线完全相同。",
    )


def describe_pass(info: DecisionInfo, n: int, best: Comparison | None, headline: Comparison | None) -> Text:
    """Return what passed: the best improvement where there is one, and what this set would have shown."""
    if best is not None:
        better = describe_comparison(best)
        return Text(f"{better.en} Nothing got worse beyond chance.", f"{better.zh}其他指标没有超出偶然波动的下降。")
    tests = f"{info.n_tests} test{'s' if info.n_tests != 1 else ''}"
    en = f"No loss beyond chance in {tests} on {format_count(n)} examples."
    zh = f"在 {format_count(n)} 条样本上做了 {info.n_tests} 项检验，没有发现超出偶然波动的下降。"
    if headline is None or headline.detectable is None:
        return Text(en, zh)
    loss = _size(headline)
    return Text(
        f"{en} A true loss of {loss} in {_name_en(headline)} would have been found four times out of five.",
        f"{zh}若 {_name_zh(headline)} 真的下降 {_zh(loss)}，五次里有四次会被发现。",
    )


def describe_no_baseline(n_metrics: int, n: int) -> Text:
    return Text(
        f"Nothing to compare with yet: {n_metrics} metric{'s' if n_metrics != 1 else ''} measured on {format_count(n)} examples.",
        f"还没有可比较的基线：已在 {format_count(n)} 条样本上测量 {n_metrics} 个指标。",
    )


def describe_without_error(c: Comparison) -> Text:
    """Return the sentence of a test between two bare numbers."""
    change = format_delta(c.delta, c.unit)
    return Text(f"{_name_en(c)} changed by {change}; no error bar exists.", f"{_name_zh(c)} 变化 {_zh(change)}，没有误差范围。")


def note_pairing(pairing: Pairing) -> Text | None:
    """Return the fallback's name; None where the comparison was the best there is."""
    return {
        Pairing.PARTIAL: Text("Compared on the examples both sides have in common.", "仅在双方共有的样本上比较。"),
        Pairing.UNPAIRED: Text(
            "Unpaired: the baseline has numbers but no predictions, so intervals are two to four times wider.",
            "非配对比较：基线只有统计量而没有逐条预测，区间会宽 2–4 倍。",
        ),
        Pairing.METRICS_ONLY: Text(
            "The baseline has bare numbers: no error bar exists, and only a declared tolerance can fail.",
            "基线只有指标数值：没有误差范围，只有声明过容忍度的指标才可能不通过。",
        ),
    }.get(pairing)


def note_few_groups() -> Text:
    return Text("Fewer than 10 groups: changes were not decided.", "分组少于 10 个：未对变化作判定。")


def note_noise_floor() -> Text:
    """Say which question was answered; without a noise floor it is the plain one, about this model as it is."""
    return Text("Asked of the code: run-to-run noise of training is counted in.", "判定针对代码：已计入重复训练之间的波动。")


def _describe_floor(c: Comparison) -> Text:
    value, floor = format_value(c.candidate, c.unit), format_value(c.minimum, c.unit)
    higher = c.direction is Direction.HIGHER
    return Text(
        f"{_name_en(c)} is {value}, {'below the floor' if higher else 'above the ceiling'} of {floor}.",
        f"{_name_zh(c)} 为 {value}，{'低于下限' if higher else '高于上限'} {floor}。",
    )


def _describe_missing(c: Comparison) -> Text:
    here = ("candidate", "候选模型") if c.candidate is None else ("baseline", "基线")
    because = (f": {c.reason}", f"：{c.reason}") if c.reason else ("", "")
    return Text(
        f"{_name_en(c)} cannot be computed for the {here[0]}{because[0]}. A gate without a value fails.",
        f"{here[1]}的 {_name_zh(c)} 无法计算{because[1]}。没有数值的关卡按不通过处理。",
    )


def _change(c: Comparison) -> str:
    interval = format_interval(c.ci_low, c.ci_high, c.unit)
    change = format_change(c.delta, c.ci_low, c.ci_high, c.unit)
    return change if c.ci_low is None else f"{change} {interval}"


def _size(c: Comparison) -> str:
    return format_delta(c.detectable, c.unit).lstrip("+−")


def _p_en(c: Comparison) -> str:
    return f" (p = {format_p(c.p_adjusted)})".replace("= <", "< ") if c.outcome is Outcome.REGRESSED and c.p_adjusted is not None else ""


def _p_zh(c: Comparison) -> str:
    return f"（p = {format_p(c.p_adjusted)}）".replace("= <", "< ") if c.outcome is Outcome.REGRESSED and c.p_adjusted is not None else ""


def _name_en(c: Comparison) -> str:
    return f"{c.metric} at {format_slice(c.slice)}" if c.slice else c.metric


def _name_zh(c: Comparison) -> str:
    return f"{format_slice(c.slice)} 的 {c.metric}" if c.slice else c.metric


def _zh(text: str) -> str:
    return text.replace(" pp", " 个百分点")
