"""Which metrics an evaluation computes: those asked for by name, else a sensible default for the task."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from memeci.class_names import EVERY, name_class, split_class
from memeci.errors import ConfigError, DataError, find_near
from memeci.metrics import CLASS_RATIOS, METRICS, Metric
from memeci.metrics.averages import ANY_LABELS, OfClass
from memeci.metrics.means import build_score_metric
from memeci.records import Direction, Task, Text, Unit

DEFAULTS = {
    Task.BINARY: (
        "accuracy",
        "f1",
        "macro_f1",
        "mcc",
        "roc_auc",
        "average_precision",
        "log_loss",
        "brier",
        "expected_calibration_error",
    ),
    Task.MULTICLASS: ("accuracy", "macro_f1", "mcc", "roc_auc_ovr", "log_loss", "brier", "expected_calibration_error"),
    Task.MULTILABEL: ("micro_f1", "macro_f1", "hamming_loss", "subset_accuracy"),
    Task.REGRESSION: ("rmse", "mae", "r2", "spearman"),
    Task.SCORES: (),
}

# Names of other libraries for the same thing.
ALIASES = {
    "matthews_corrcoef": "mcc",
    "cohen_kappa_score": "cohen_kappa",
    "kappa": "cohen_kappa",
    "brier_score": "brier",
    "brier_score_loss": "brier",
    "neg_brier_score": "brier",
    "neg_log_loss": "log_loss",
    "cross_entropy": "log_loss",
    "auc": "roc_auc",
    "auroc": "roc_auc",
    "roc_auc_score": "roc_auc",
    "ap": "average_precision",
    "auprc": "average_precision",
    "ece": "expected_calibration_error",
    "fpr": "false_positive_rate",
    "fnr": "false_negative_rate",
    "sensitivity": "recall",
    "mean_absolute_error": "mae",
    "root_mean_squared_error": "rmse",
    "mean_absolute_percentage_error": "mape",
    "median_ae": "median_absolute_error",
    "r2_score": "r2",
    "pearsonr": "pearson",
    "spearmanr": "spearman",
    **{f"{name}_{average}": f"{average}_{name}" for name in ("f1", "precision", "recall") for average in ("macro", "micro", "weighted")},
}

MAX_CLASSES_ASKED = 2_000
"""Classes that `recall[*]` stands for at most."""

# What a metric needs besides labels and predictions.
_NEEDS_PROBABILITY = {"log_loss", "brier"}


class Request(msgspec.Struct, frozen=True):
    """One metric asked for: a known name, or the mean of a ``number`` (a column, or the user's own function)."""

    name: str
    number: str | None = None
    direction: Direction | None = None
    unit: Unit | None = None


class Available(msgspec.Struct, frozen=True):
    """What one side's file offers. ``score``: it has the positive class's number; ``probabilities``: one for each label.

    ``score_range`` is that of all of these numbers, and ``probability`` says that they lie in 0–1.
    """

    labels: tuple[str, ...] = ()
    source: str = "the predictions"
    score: bool = False
    probability: bool = False
    probabilities: bool = False
    score_range: tuple[float, float] | None = None


class Selection(msgspec.Struct, frozen=True):
    """The metrics in order, and notes about defaults that were left out."""

    metrics: tuple[Metric, ...]
    notes: tuple[Text, ...] = ()


def select_metrics(task: Task, requests: Sequence[Request], available: Available, before: Available | None = None) -> Selection:
    """Return the metrics to compute. Raises ConfigError or DataError for one asked for that is unknown or cannot be had.

    ``before`` is what the baseline's file offers. Where it lacks a column, only defaults are left out: a metric asked for
    stays, without a value for the baseline. Numbers out of range are refused on either side.
    """
    if not requests:
        return _select_defaults(task, available, before)
    chosen: dict[str, Metric] = {}
    for request in _name_classes(requests, task, available.labels):
        metric = _build(task, request, available)
        reason = _explain_absent(metric, task, available) or _explain_out_of_range(metric, available)
        if before is not None and _explain_absent(metric, task, before) is None:
            reason = reason or _explain_out_of_range(metric, before)
        if reason is not None:
            raise reason
        chosen[request.name] = metric
    return Selection(tuple(chosen.values()))


def _name_classes(requests: Sequence[Request], task: Task, labels: Sequence[str]) -> list[Request]:
    """Return the requests in their order, `recall[*]` as one for each label that is not asked for by name, too."""
    own = {request.name: request for request in requests if request.number is not None}
    named: dict[str, Request] = {}
    for request in requests:
        ratio, label = split_class(request.name) or ("", "")
        if ratio not in CLASS_RATIOS or label != EVERY or request.number is not None:
            named.setdefault(request.name, own.get(request.name, request))
            continue
        if task not in ANY_LABELS:
            raise _unknown(request.name, ratio, task)
        if len(labels) > MAX_CLASSES_ASKED:
            raise ConfigError(
                f"{request.name} asks for {len(labels):,} classes.",
                f"more than {MAX_CLASSES_ASKED:,} would leave each hardly any chance to be found worse.",
                f"name those that matter (`{name_class(ratio, labels[0])}`), or take a mean over all, such as `macro_f1`.",
            )
        for one in labels:
            name = name_class(ratio, one)
            named.setdefault(name, Request(name))
            if name in own:
                raise ConfigError(f"{name} is a metric of yours, and one of {request.name}.", "", "give yours another name.")
    return list(named.values())


def select_gated(task: Task, gated: Sequence[str], available: Available, selection: Selection) -> Selection:
    """Return the selection with every metric that a gate names: one that is not measured would hold by being forgotten.

    Raises ConfigError or DataError for one that is unknown, or cannot be had.
    """
    chosen = {metric.name for metric in selection.metrics}
    # A number of yours may be called "recall[*]" itself: then that is what the gate is for.
    classes = _name_classes([Request(name) for name in gated if name not in chosen], task, available.labels)
    missing = [request.name for request in classes if request.name not in chosen]
    for name in missing:
        if name in ALIASES:
            raise ConfigError(f"the gate on {name!r} fits no metric.", f"here it is called {ALIASES[name]}.", f"write `{ALIASES[name]}:`.")
    if not missing:
        return selection
    added = select_metrics(task, [Request(name) for name in missing], available)
    return Selection((*selection.metrics, *added.metrics), selection.notes)


def check_scores_stay(candidate: Available, baseline: Available) -> None:
    """Raise DataError where the baseline has scores and the candidate has none: their metrics must not vanish silently."""
    if (baseline.score and not candidate.score) or (baseline.probabilities and not candidate.probabilities):
        raise DataError(
            f"{candidate.source} has no scores, and the baseline has.",
            "the metrics of the scores would vanish from the comparison without a word.",
            "write the scores, too, or say what to compare: `metrics: [accuracy, macro_f1]`.",
        )


def _select_defaults(task: Task, available: Available, before: Available | None) -> Selection:
    if task is Task.SCORES:
        raise ConfigError(
            f"{available.source} has neither labels with predictions nor a number to compare.",
            "no two of its columns have common names for the true label and the prediction.",
            "name them in memeci.yml: `columns: {label: …, prediction: …}`; "
            "or a number per example: `metrics: [{name: judge, column: judge_score, direction: higher}]`.",
        )
    metrics = [metric for name in DEFAULTS[task] if (metric := find_metric(name, task)) is not None]
    metrics = [m for m in metrics if _explain_absent(m, task, available) is None]
    lacking = [m.name for m in metrics if before is not None and _explain_absent(m, task, before) is not None]
    metrics = [m for m in metrics if m.name not in lacking]
    notes = [_note_lacking(lacking)] if lacking else []
    for name, side in ((Text(en="The candidate's", zh="候选"), available), (Text(en="The baseline's", zh="基线"), before)):
        wrong = [m for m in metrics if side is not None and _explain_out_of_range(m, side) is not None]
        if wrong and side is not None and side.score_range is not None:
            notes.append(_note_range(name, *side.score_range))
            metrics = [m for m in metrics if m not in wrong]
    return Selection(tuple(metrics), tuple(notes))


def _note_lacking(names: Sequence[str]) -> Text:
    return Text(
        en=f"The baseline's predictions have no scores to compare with, so these were left out: {', '.join(names)}.",
        zh=f"基线的预测没有可以比较的得分，因此没有计算：{'、'.join(names)}。",
    )


def _note_range(side: Text, low: float, high: float) -> Text:
    return Text(
        en=f"{side.en} scores run from {low:g} to {high:g}, so they are no probabilities: log loss, Brier and calibration were left out.",
        zh=f"{side.zh}的得分范围是 {low:g} 到 {high:g}，不是概率，因此没有计算 log loss、Brier 和校准误差。",
    )


def find_metric(name: str, task: Task) -> Metric | None:
    """Return the metric of this name for this task, or None."""
    return next((m for m in METRICS if m.name == name and task in m.tasks), None)


def _build(task: Task, request: Request, available: Available) -> Metric:
    if request.number is not None:
        if request.direction is None:
            raise ConfigError(
                f"the metric {request.name} does not say which way is better.",
                "",
                f"add `direction: higher` or `direction: lower` to {request.name}.",
            )
        return build_score_metric(request.name, request.number, request.direction, request.unit or Unit.NUMBER)
    ratio, label = split_class(request.name) or ("", "")
    if ratio in CLASS_RATIOS:
        return _build_of_class(ratio, label, request.name, task, available)
    name = ALIASES.get(request.name, request.name)
    metric = find_metric(name, task)
    if metric is None:
        raise _unknown(request.name, name, task)
    return metric


def _build_of_class(ratio: str, label: str, name: str, task: Task, available: Available) -> Metric:
    if label not in available.labels:
        raise ConfigError(
            f"{name}: there is no label {label!r}.",
            f"the labels are: {', '.join(available.labels[:20])}.",
            "name one of them in the brackets.",
        )
    if task not in ANY_LABELS:
        raise _unknown(name, ratio, task)
    return OfClass(CLASS_RATIOS[ratio], tasks=frozenset({task}), label=available.labels.index(label), title=name)


def _unknown(asked: str, name: str, task: Task) -> ConfigError:
    elsewhere = [m for m in METRICS if m.name == name]
    known = sorted({m.name for m in METRICS if task in m.tasks})
    near = find_near(name, known, 3, 0.4)
    if elsewhere:
        tasks = ", ".join(sorted({t.value for m in elsewhere for t in m.tasks}))
        what, why = f"{asked} does not apply here.", f"it is for {tasks} tasks, and this one is {task.value}."
    else:
        what, why = f"there is no metric called {asked!r}.", f"for a {task.value} task there are: {', '.join(known)}."
    return ConfigError(what, why, f"did you mean {' or '.join(near)}?" if near else "take it off `metrics`, or set `task`.")


def _explain_absent(metric: Metric, task: Task, available: Available) -> DataError | None:
    """Return the error that says which column the file lacks for this metric, or None if it has all."""
    name, needs = metric.name, getattr(metric, "needs", None)
    if needs in {None, "numbers"} and name not in _NEEDS_PROBABILITY:
        return None
    if task is Task.MULTICLASS and not available.probabilities and not (needs == "confidences" and available.score):
        return DataError(
            f"{name} needs the probability of every class.",
            f"{available.source} has not one for each label: columns such as prob_<label> were not found.",
            "write one column per class (prob_<label>), or take the metric off `metrics`.",
        )
    if task is Task.BINARY and not available.score:
        return DataError(
            f"{name} needs a score.",
            f"{available.source} has no column with the probability of the positive label.",
            "write one, for example `score`, or name it with `columns.score`.",
        )
    return None


def _explain_out_of_range(metric: Metric, available: Available) -> DataError | None:
    """Return the error for numbers outside 0–1 where this metric needs probabilities, or None."""
    needs_probability = metric.name in _NEEDS_PROBABILITY or getattr(metric, "needs", None) == "confidences"
    if not needs_probability or available.probability or available.score_range is None:
        return None
    low, high = available.score_range
    return DataError(
        f"{metric.name} needs probabilities, and the scores of {available.source} run from {low:g} to {high:g}.",
        "a probability lies between 0 and 1; these may be logits or percentages.",
        "write probabilities, or measure only the ranking: `metrics: [accuracy, roc_auc]`.",
    )
