"""An evaluation → findings. The rules stand here with their thresholds; what they share is in `counts` and `comparisons`."""

from __future__ import annotations

from memeci.diagnosis import classes, comparisons
from memeci.diagnosis.rule import Rule, apply_rules
from memeci.records import Evaluation, Finding, Priority, Text

EVALUATION_RULES: tuple[Rule[Evaluation], ...] = (
    Rule(
        "single_class",
        Priority.P0,
        Text(
            en='The model answers "{label}" to all {n:count} examples, though only {share:rate} of them are.',
            zh="模型对全部 {n:count} 个样本都回答“{label}”，而真正属于它的只有 {share:rate}。",
        ),
        "Labels that the candidate predicted at least once, from the confusion matrix.",
        "One predicted label where the data has two or more. No chance is involved: 20 examples or more, one answer.",
        classes.find_single_class,
    ),
    Rule(
        "suspicious_improvement",
        Priority.P0,
        Text(
            en="{metric} jumped from {baseline:value} to {candidate:value}: {removed:rate} of the errors gone in one step. "
            "Look for leakage: identical examples in training, the label among the features, a changed dataset.",
            zh="{metric} 从 {baseline:value} 跳到 {candidate:value}，一步消灭了 {removed:rate} 的错误。"
            "先查泄漏：训练集里有没有相同样本、特征里有没有标签、数据集是不是变了。",
        ),
        "The share of errors removed, 1 − (1 − candidate) / (1 − baseline), of a rate that surely improved on all examples.",
        "Two thirds of the errors and 5 pp. Ten times the training data removed 37 % of a review classifier's errors, another model family "
        "57 % of a digit classifier's; a single release that removes more than either deserves a look before the champagne.",
        comparisons.find_suspicious_improvement,
    ),
    Rule(
        "worse_than_majority",
        Priority.P1,
        Text(
            en='Answering "{label}" every time would be right {majority:rate} of the time; the model manages {accuracy:rate}.',
            zh="无脑全答“{label}”都有 {majority:rate} 的准确率，模型只有 {accuracy:rate}。",
        ),
        "Accuracy against the share of the most frequent label, paired: examples only the model gets right against "
        "examples only the constant answer gets right.",
        "1.645 standard errors of that paired difference (one-sided 5 %): one test an evaluation, and a model on a par "
        "is hardly better than a worse one.",
        classes.find_worse_than_majority,
    ),
    Rule(
        "false_positives",
        Priority.P1,
        Text(
            en='False positives for "{label}": {baseline:rate} → {candidate:rate} of the negatives ({fp_before:count} → {fp_after:count}).',
            zh="“{label}”的 FP 率：{baseline:rate} → {candidate:rate}（误报 {fp_before:count} → {fp_after:count} 个）。",
        ),
        "False positives over negatives, of the positive class, or of each class against the rest.",
        "Half as much again as before, at least 3 pp more, and 3 standard errors beyond chance. Half again is what a reviewer "
        "of alarms feels; "
        "3 pp keeps tiny rates quiet; 3 standard errors keep ten classes from crying wolf once in 70 pull requests.",
        classes.find_false_positives,
    ),
    Rule(
        "recall_collapse",
        Priority.P1,
        Text(
            en='Recall of "{label}" collapsed: {baseline:rate} → {candidate:rate} ({missed:count} of {positives:count} missed).',
            zh="“{label}”的召回率崩了：{baseline:rate} → {candidate:rate}（{positives:count} 个里漏了 {missed:count} 个）。",
        ),
        "Recall of each class, baseline against candidate.",
        "A third of the recall lost, with 20 or more examples of the class and 3 standard errors. Smaller losses are a plain "
        "regression; a third "
        "means that the model stopped looking for the class.",
        classes.find_recall_collapse,
    ),
    Rule(
        "slice_broke",
        Priority.P1,
        Text(
            en="{slice} broke: {metric} {baseline:value} → {candidate:value} ({delta:change}), while all examples together held.",
            zh="{slice} 翻车：{metric} {baseline:value} → {candidate:value}（{delta:change}），整体平均却稳住了。",
        ),
        "Metric × slice tests that regressed while the same metric over all examples did not.",
        "The decision's own: no second threshold. The family-wise error rate already covers every slice.",
        comparisons.find_slice_broke,
    ),
    Rule(
        "regression",
        Priority.P1,
        Text(
            en="{metric} got worse: {baseline:value} → {candidate:value} ({delta:change}).",
            zh="{metric} 退步了：{baseline:value} → {candidate:value}（{delta:change}）。",
        ),
        "Metrics over all examples whose test says: surely worse, and by more than the tolerance.",
        "The decision's own: no second threshold.",
        comparisons.find_regression,
    ),
    Rule(
        "below_floor",
        Priority.P1,
        Text(
            en="{metric} is {candidate:value}, on the wrong side of the limit {minimum:value}.",
            zh="{metric} 只有 {candidate:value}，没过红线 {minimum:value}。",
        ),
        "A gate's own floor (a ceiling where lower is better).",
        "What the user wrote under `min:`.",
        comparisons.find_below_floor,
    ),
    Rule(
        "incomparable",
        Priority.P1,
        Text(
            en="{metric} cannot be compared with the baseline: {reason}",
            zh="{metric} 没法和基线比：{reason}",
        ),
        "Gates whose outcome is `incomparable` or `missing`.",
        "The decision's own.",
        comparisons.find_incomparable,
    ),
    Rule(
        "overconfident",
        Priority.P2,
        Text(
            en="Overconfident: scores promise {confidence:rate}, reality delivers {accuracy:rate} (gap {gap:pp}).",
            zh="过度自信：嘴上说 {confidence:rate}，实际只有 {accuracy:rate}（差 {gap:pp}）。",
        ),
        "How far the scores lie on the sure side of what came true, over the calibration bins, weighted by examples.",
        "5 pp over 100 examples or more, 3 standard errors: temperature scaling leaves 1 to 3 % of calibration error (Guo et al., "
        "ICML 2017), networks without it 4 to 20 %. Only where the calibration error grew by 1 pp since the baseline, or, "
        "where it is not measured, log loss or Brier score regressed: "
        "a model that always was too sure is not news in every pull request.",
        classes.find_overconfident,
    ),
    Rule(
        "inconclusive",
        Priority.P2,
        Text(
            en="{metric} {delta:change} over {n:count} examples proves nothing: about {needed:count} would be needed to tell.",
            zh="{metric} {delta:change}，但 {n:count} 个样本什么也证明不了：大约要 {needed:count} 个才说得清。",
        ),
        "Gated tests that could neither confirm nor exclude a loss, and the examples this test would need for the loss it saw.",
        "The decision's own. Needed examples grow with the square: n × (detectable loss / observed loss)².",
        comparisons.find_inconclusive,
    ),
    Rule(
        "improved",
        Priority.P3,
        Text(
            en="{metric} really improved: {baseline:value} → {candidate:value} ({delta:change}).",
            zh="{metric} 真的变好了：{baseline:value} → {candidate:value}（{delta:change}）。",
        ),
        "Metrics over all examples whose test says: surely better.",
        "The decision's own.",
        comparisons.find_improved,
    ),
    Rule(
        "held",
        Priority.P3,
        Text(
            en="{metric} held: {baseline:value} → {candidate:value} over {n:count} examples.",
            zh="{metric} 稳住了：{baseline:value} → {candidate:value}，共 {n:count} 个样本。",
        ),
        "A passing verdict in which nothing surely improved.",
        "The decision's own.",
        comparisons.find_held,
    ),
    Rule(
        "first_release",
        Priority.P3,
        Text(
            en="First measurement: {metric} {candidate:value} over {n:count} examples. Nothing to compare with yet.",
            zh="首次测量：{metric} {candidate:value}，共 {n:count} 个样本，暂时没有对手。",
        ),
        "A verdict of `no_baseline`.",
        "The decision's own.",
        comparisons.find_first_release,
    ),
)


def diagnose(evaluation: Evaluation) -> tuple[Finding, ...]:
    """Return what is worth saying about an evaluation, the most urgent first. At most five findings of one kind."""
    return apply_rules(EVALUATION_RULES, evaluation)
