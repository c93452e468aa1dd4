"""The names people give to prediction columns, by part and rank. Data only."""

from __future__ import annotations

import unicodedata

# Per part: ranks of names, best first. Two columns of one rank are ambiguous, a better rank wins without asking.
COMMON_NAMES: dict[str, tuple[tuple[str, ...], ...]] = {
    "id": (
        ("id", "编号"),
        ("example_id", "sample_id", "item_id", "record_id", "uid", "uuid", "guid", "doc_id", "question_id", "样本编号", "样本id"),
        ("idx", "index", "序号"),
    ),
    "label": (
        ("y_true", "label", "labels", "true_label", "gold_label", "标签", "真实标签"),
        ("target", "targets", "gold", "truth", "ground_truth", "actual", "expected", "reference", "真实值"),
        ("y", "class", "answer", "类别"),
    ),
    "prediction": (
        ("y_pred", "prediction", "predictions", "predicted", "predicted_label", "pred_label", "pred", "preds", "预测", "预测标签"),
        ("y_hat", "yhat", "predicted_class", "pred_class", "prediction_label", "predicted_value", "预测值", "预测结果"),
        ("output", "response"),
    ),
    "score": (
        ("score", "y_score", "probability", "prob", "proba", "y_prob", "y_proba", "得分", "分数", "概率"),
        ("predicted_score", "pred_score", "prediction_score", "positive_probability", "pred_proba", "pred_prob"),
        ("confidence", "置信度"),
    ),
    "weight": (("weight", "sample_weight", "权重", "样本权重"),),
    "group": (("group", "group_id", "分组"),),
    "text": (
        ("text", "文本"),
        ("sentence", "input", "prompt", "question", "review", "content", "comment", "内容", "评论", "问题"),
    ),
}

# A family of columns, one per label: "prob_cat", "prob_dog".
PROBABILITY_PREFIXES = ("prob_", "proba_", "probability_", "y_prob_", "y_proba_", "概率_")
# These begin other names, too ("p_name", "score_date"): only for columns that the file itself types as fractions.
DOUBTFUL_PREFIXES = ("score_", "p_")


def normalize_name(name: str) -> str:
    """Return ``name`` as it is looked up: width and case folded, blanks, dots and dashes as underscores.

    >>> normalize_name(" True-Label ")
    'true_label'
    """
    folded = unicodedata.normalize("NFKC", name).strip().casefold()
    return "".join("_" if c in " -." else c for c in folded)
