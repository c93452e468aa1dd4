"""The words of the reports, in both languages. One vocabulary: the terms of record.json, the docs and the terminal agree."""

from __future__ import annotations

from typing import Literal

from memeci.records import Direction, Outcome, Pairing, Status, Text

Language = Literal["zh", "en", "both"]


def choose_language(asked: str) -> Language:
    """Return ``asked`` if it is one of the languages, else both: a record may come from anybody."""
    return "zh" if asked == "zh" else "en" if asked == "en" else "both"


STATUS = {
    Status.PASS: Text("pass", "通过"),
    Status.INCONCLUSIVE: Text("inconclusive", "不确定"),
    Status.FAIL: Text("fail", "未通过"),
    Status.NO_BASELINE: Text("no baseline yet", "还没有基线"),
}
STATUS_EMOJI = {Status.PASS: "✅", Status.INCONCLUSIVE: "🤔", Status.FAIL: "❌", Status.NO_BASELINE: "🌱"}

OUTCOME = {
    Outcome.REGRESSED: Text("regressed", "变差了"),
    Outcome.INCONCLUSIVE: Text("inconclusive", "不确定"),
    Outcome.HELD: Text("held", "守住了"),
    Outcome.IMPROVED: Text("improved", "变好了"),
    Outcome.NO_EVIDENCE: Text("no loss seen", "未见变差"),
    Outcome.TOO_FEW: Text("too few", "样本太少"),
    Outcome.BELOW_FLOOR: Text("below floor", "低于底线"),
    Outcome.MISSING: Text("missing", "缺失"),
    Outcome.INCOMPARABLE: Text("incomparable", "无法比较"),
    Outcome.MEASURED: Text("measured", "已测量"),
}
ABOVE_CEILING = Text("above ceiling", "高于上限")
OUTCOME_EMOJI = {
    Outcome.REGRESSED: "❌",
    Outcome.INCONCLUSIVE: "⚠️",
    Outcome.HELD: "✅",
    Outcome.IMPROVED: "💯",
    Outcome.NO_EVIDENCE: "✅",
    Outcome.TOO_FEW: "🔍",
    Outcome.BELOW_FLOOR: "❌",
    Outcome.MISSING: "❌",
    Outcome.INCOMPARABLE: "❌",
    Outcome.MEASURED: "📏",
}

PAIRING = {
    Pairing.PAIRED: Text("paired by id", "按 id 配对"),
    Pairing.PARTIAL: Text("paired on the common ids", "只在共同的 id 上配对"),
    Pairing.UNPAIRED: Text("unpaired: the baseline has no examples, so intervals are wider", "未配对：基线没有逐条预测，区间更宽"),
    Pairing.METRICS_ONLY: Text("bare numbers: the baseline has no error bar", "只有指标数字：基线没有误差范围"),
    Pairing.NONE: Text("nothing to compare with", "没有可比较的对象"),
}

WORDS = {
    "metric": Text("metric", "指标"),
    "slice": Text("slice", "切片"),
    "baseline": Text("baseline", "基线"),
    "candidate": Text("candidate", "候选"),
    "change": Text("change", "变化"),
    "interval": Text("interval", "区间"),
    "outcome": Text("outcome", "结论"),
    "overall": Text("All examples", "全部样本"),
    "more_classes": Text(
        "{n} more values by class, less bad than these; record.json has all", "另有 {n} 个按类别的数值，情况比这些好；全部在 record.json 中"
    ),
    "slices": Text("Slices, worst first", "切片，最差的在前"),
    "more_slices": Text("more results on slices", "个其他切片结果"),
    "more": Text("more", "个未列出"),
    "flips": Text("What broke", "哪些样本变坏了"),
    "changed": Text("What changed", "哪些样本变了"),
    "flip_counts": Text("{broken} broke, {fixed} were fixed", "{broken} 个变坏，{fixed} 个变好"),
    "flip_counts_other": Text(
        "{broken} broke, {fixed} were fixed, {other} are wrong in another way", "{broken} 个变坏，{fixed} 个变好，{other} 个换了种错法"
    ),
    "broken_examples": Text("{n} of the {all} that broke", "{all} 个变坏样本中的 {n} 个"),
    "fixed_examples": Text("{n} of the {all} that were fixed", "{all} 个变好样本中的 {n} 个"),
    "moved": Text("What got worse", "哪些样本变差了"),
    "flip_counts_by": Text(
        "by {metric}, {broken} of {n} examples got worse and {fixed} got better",
        "按 {metric} 看，{n} 个样本中 {broken} 个变差，{fixed} 个变好",
    ),
    "broken_examples_by": Text("{n} of the {all} that got worse", "{all} 个变差样本中的 {n} 个"),
    "fixed_examples_by": Text("{n} of the {all} that got better", "{all} 个变好样本中的 {n} 个"),
    "before": Text("was", "原来"),
    "after": Text("now", "现在"),
    "label": Text("label", "标签"),
    "was": Text("was", "原预测"),
    "now": Text("now", "现预测"),
    "score": Text("score", "分数"),
    "text": Text("text", "文本"),
    "share_line": Text(
        "{slice} accounts for {share} of the net loss ({broken} broken, {fixed} fixed)",
        "{slice} 占净退步的 {share}（{broken} 个变坏，{fixed} 个变好）",
    ),
    "share_line_gain": Text(
        "{slice} accounts for {share} of the net gain ({fixed} fixed, {broken} broken)",
        "{slice} 占净提升的 {share}（{fixed} 个变好，{broken} 个变坏）",
    ),
    "share_line_all": Text(
        "{slice} accounts for more than the whole net loss ({broken} broken, {fixed} fixed)",
        "{slice} 一处的净退步就超过全部（{broken} 个变坏，{fixed} 个变好）",
    ),
    "share_line_gain_all": Text(
        "{slice} accounts for more than the whole net gain ({fixed} fixed, {broken} broken)",
        "{slice} 一处的净提升就超过全部（{fixed} 个变好，{broken} 个变坏）",
    ),
    "against_loss": Text(
        "{slice} got better all the same ({fixed} fixed, {broken} broken)",
        "{slice} 反而变好了（{fixed} 个变好，{broken} 个变坏）",
    ),
    "against_gain": Text(
        "{slice} got worse all the same ({broken} broken, {fixed} fixed)",
        "{slice} 反而变差了（{broken} 个变坏，{fixed} 个变好）",
    ),
    "share_line_by": Text(
        "{slice} accounts for {share} of the balance ({broken} got worse, {fixed} better)",
        "{slice} 占净变差的 {share}（{broken} 个变差，{fixed} 个变好）",
    ),
    "share_line_gain_by": Text(
        "{slice} accounts for {share} of the balance ({fixed} got better, {broken} worse)",
        "{slice} 占净变好的 {share}（{fixed} 个变好，{broken} 个变差）",
    ),
    "share_line_by_all": Text(
        "{slice} accounts for more than the whole balance ({broken} got worse, {fixed} better)",
        "{slice} 一处的净变差就超过全部（{broken} 个变差，{fixed} 个变好）",
    ),
    "share_line_gain_by_all": Text(
        "{slice} accounts for more than the whole balance ({fixed} got better, {broken} worse)",
        "{slice} 一处的净变好就超过全部（{fixed} 个变好，{broken} 个变差）",
    ),
    "against_loss_by": Text(
        "In {slice} more got better than worse all the same ({fixed} got better, {broken} worse)",
        "{slice} 中反而是变好的更多（{fixed} 个变好，{broken} 个变差）",
    ),
    "against_gain_by": Text(
        "In {slice} more got worse than better all the same ({broken} got worse, {fixed} better)",
        "{slice} 中反而是变差的更多（{broken} 个变差，{fixed} 个变好）",
    ),
    "ungated_by": Text(
        "By {metric}, more examples of {slice} got worse than better ({broken} of {n} worse, {fixed} better), and no gate looks at it. "
        "To have it tested: slices: [{columns}] in memeci.yml.",
        "按 {metric} 看，{slice} 中变差的样本多于变好的（{n} 个样本中 {broken} 个变差，{fixed} 个变好），但没有门禁检查它。"
        "想要检验它，就在 memeci.yml 里写上 slices: [{columns}]。",
    ),
    "ungated": Text(
        "{slice} got worse ({broken} of {n} examples broke, {fixed} were fixed), and no gate looks at it. "
        "To have it tested: slices: [{columns}] in memeci.yml.",
        "{slice} 变差了（{n} 个样本中 {broken} 个变坏，{fixed} 个变好），但没有门禁检查它。"
        "想要检验它，就在 memeci.yml 里写上 slices: [{columns}]。",
    ),
    "confusion": Text("Confusion matrix", "混淆矩阵"),
    "confusion_change": Text("in brackets: change", "括号内：变化"),
    "confusion_worst": Text("the {n} classes of {all} with most errors", "{all} 个类别中错误最多的 {n} 个"),
    "true": Text("true ↓ predicted →", "真实 ↓ 预测 →"),
    "heat_right": Text("right", "预测对"),
    "heat_wrong": Text("wrong", "预测错"),
    "classes": Text("Per class", "各类别"),
    "support": Text("examples", "样本数"),
    "visibility": Text("What this test set can see", "这个测试集能看清什么"),
    "visible": Text(
        "{n} examples, {disagreement} of them predicted differently: a loss of {metric} under {detectable} is invisible here.",
        "{n} 个样本，其中 {disagreement} 预测不同：{metric} 的退步若小于 {detectable_zh}，在这里看不出来。",
    ),
    "visible_plain": Text(
        "{n} examples: a loss of {metric} under {detectable} is invisible here.",
        "{n} 个样本：{metric} 的退步若小于 {detectable_zh}，在这里看不出来。",
    ),
    "reasons": Text("Why", "原因"),
    "notes": Text("Notes", "说明"),
    "first_release": Text(
        "Next: `memeci release --push` makes this the first baseline; from then on pull requests are compared with it.",
        "下一步：`memeci release --push` 把它发布为第一个基线，之后的合并请求都会和它比较。",
    ),
    "not_gated": Text("shown only", "仅展示"),
    "examples": Text("examples", "个样本"),
    "groups": Text("groups", "个分组"),
    "dirty": Text("with uncommitted changes", "含未提交的改动"),
    "dataset_changed": Text(
        "The test set changed: {common} examples in common, {gone} gone, {new} new, {relabelled} with another label.",
        "测试集变了：共同样本 {common} 个，减少 {gone} 个，新增 {new} 个，标签改动 {relabelled} 个。",
    ),
    "docker_tag": Text("Docker tag", "Docker 标签"),
    "cut": Text(
        "Left out to fit the limit of a comment: {sections}. The whole is in the job summary and in `record.json`.",
        "因评论长度限制省略了：{sections}。完整内容见任务摘要和 `record.json`。",
    ),
    "false_alarms": Text("false alarms", "误报率"),
    "floor": Text("floor", "底线"),
    "ceiling": Text("ceiling", "上限"),
    "tolerance": Text("tolerance", "容许"),
    "picture": Text("Picture", "图片"),
    "weighted": Text("weighted", "加权"),
    "test_set": Text("test set", "测试集"),
    "tests": Text("tests", "项检验"),
    "beyond_tables": Text("Not in the tables:", "表中未列出："),
    "crashed": Text("crashed", "崩了"),
    "crash_sentence": Text(
        "The command failed, so nothing was evaluated: this says nothing about the model yet.",
        "命令运行失败，没有可评估的结果：模型是好是坏还不知道。",
    ),
    "not_evaluated": Text("not evaluated", "没能评估"),
    "failure_sentence": Text(
        "memeci could not evaluate this commit: this says nothing about the model yet.",
        "这个提交没能评估：模型是好是坏还不知道。",
    ),
    "failure_log": Text("Why", "原因"),
    "failure_next": Text(
        "Next: do what the last line says, and push. The evaluation will then take the place of this comment.",
        "下一步：按最后一行的提示修好再推送；评估结果会替换这条评论。",
    ),
    "exit_status": Text("exit status", "退出码"),
    "crash_log": Text("The end of its log", "日志的最后几行"),
    "crash_next": Text(
        "Next: run the command by hand at this commit, mend it, and push. The evaluation will then take the place of this comment.",
        "下一步：在这个提交上手动运行这条命令，修好后再推送；评估结果会替换这条评论。",
    ),
}


class Phrases:
    """Words in the asked language. With "both", short words stand side by side and sentences below each other."""

    def __init__(self, language: Language) -> None:
        self.language = language

    @property
    def colon(self) -> str:
        """What parts a phrase from what is said of it: Chinese has its own, and needs no blank."""
        return "：" if self.language == "zh" else ": "

    def word(self, key: str) -> str:
        """Return a short phrase by its key: "metric 指标" when both."""
        return self.pick(WORDS[key])

    def joined(self, key: str, **values: object) -> str:
        """Return a phrase with values in it on one line, the languages parted by a dot."""
        return " · ".join(self.sentences(key, **values))

    def sentences(self, key: str, **values: object) -> list[str]:
        """Return a sentence with values in it, one line a language."""
        return [t.format(**values) for t in self.lines(WORDS[key])]

    def pick(self, text: Text, *, joint: str = " ") -> str:
        return joint.join(self.lines(text))

    def lines(self, text: Text) -> list[str]:
        """Return a text in the asked language, or first in English and then in Chinese."""
        texts = {"en": [text.en], "zh": [text.zh], "both": [text.en, text.zh]}[self.language]
        return texts[:1] if len(set(texts)) == 1 else texts

    def outcome(self, outcome: Outcome, direction: Direction) -> list[str]:
        """Return what became of a comparison, one line a language."""
        ceiling = outcome is Outcome.BELOW_FLOOR and direction is Direction.LOWER
        return self.lines(ABOVE_CEILING if ceiling else OUTCOME[outcome])
