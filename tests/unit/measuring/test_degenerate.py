"""What cannot be computed is NaN with a reason, never 0 and never a warning; and odd data is measured all the same."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import scipy.stats
import sklearn.metrics as sk
from msgspec.structs import replace

from memeci.decision import decide
from memeci.measuring import cell_groups, label_cells
from memeci.measuring.evidence import build_calibration, build_classes, build_confusion, build_roc
from memeci.measuring.measure import measure
from memeci.metrics import CLASS_RATIOS
from memeci.metrics.averages import OfClass
from memeci.metrics.means import build_score_metric
from memeci.policy import Policy
from memeci.records import Direction, Task, Unit
from tests.builders.tables import Measured, Run
from tests.contracts.test_metrics import SLICES, TASKS, draw


def _binary(label: str, prediction: str, score: list[float] | None = None, **more: Any) -> dict[str, Any]:
    table = {"id": [str(i) for i in range(len(label))], "label": list(label), "prediction": list(prediction), **more}
    return table if score is None else {**table, "score": score}


def _assert_missing(measured: Measured, *names: str) -> None:
    """The named metrics, and no others, are NaN, with a reason; on both sides."""
    m = measured.measurements
    missing = {test.metric for j, test in enumerate(m.tests) if np.isnan(m.candidate[j])}
    assert missing == set(names)
    for j, reason in enumerate(m.reasons):
        assert bool(reason) == bool(np.isnan(m.candidate[j]) or (measured.tallies.has_baseline and np.isnan(m.baseline[j])))
        assert not np.isnan(m.candidate[j]) or np.isnan(m.se[j])


OF_POSITIVE = ("precision", "recall", "f1", "false_negative_rate", "average_precision", "roc_auc")
OF_NEGATIVE = ("specificity", "false_positive_rate")


def test_only_negative_labels__nothing_is_said_of_the_positive_class(tmp_path: Path) -> None:
    table = _binary("00", "00", [0.1, 0.2])
    measured = Run().measure(tmp_path, table, table)
    _assert_missing(measured, *OF_POSITIVE, "specificity", "false_positive_rate", "mcc", "cohen_kappa")
    assert measured.value("log_loss") == pytest.approx(-np.mean(np.log([0.9, 0.8])))
    assert measured.value("expected_calibration_error") == pytest.approx(0.15)


def test_only_positive_labels(tmp_path: Path) -> None:
    measured = Run().measure(tmp_path, _binary("11", "11", [0.9, 0.8]))
    _assert_missing(measured, *OF_NEGATIVE, "mcc", "cohen_kappa", "roc_auc")


def test_no_positive_label__but_one_predicted(tmp_path: Path) -> None:
    measured = Run().measure(tmp_path, _binary("0000", "0001", [0.1, 0.2, 0.3, 0.9]))
    _assert_missing(measured, "recall", "false_negative_rate", "average_precision", "roc_auc", "mcc")
    assert measured.value("precision") == 0
    assert measured.value("f1") == 0


def test_the_positive_class_is_never_predicted(tmp_path: Path) -> None:
    measured = Run().measure(tmp_path, _binary("0011", "0000", [0.5] * 4))
    _assert_missing(measured, "precision", "mcc")
    assert measured.reason("precision") == "the class was never predicted"
    assert measured.value("recall") == 0
    assert measured.value("roc_auc") == 0.5
    assert measured.value("average_precision") == 0.5


def test_one_example__has_accuracy_and_no_correlation_or_rank(tmp_path: Path) -> None:
    table = _binary("1", "1", [0.9])
    measured = Run().measure(tmp_path, table, table)
    _assert_missing(measured, *OF_NEGATIVE, "mcc", "cohen_kappa", "roc_auc")
    assert measured.value("accuracy") == 1


def test_one_number__has_an_error_and_no_correlation(tmp_path: Path) -> None:
    table = {"id": ["a"], "label": [1.5], "prediction": [2.0]}
    measured = Run().measure(tmp_path, table, table)
    _assert_missing(measured, "r2", "pearson", "spearman")
    assert measured.value("mae") == 0.5


@pytest.mark.parametrize("constant", ["label", "prediction"])
def test_a_constant_has_no_correlation(constant: str, tmp_path: Path) -> None:
    table = {"id": list("abcd"), "label": [0.1, 0.4, 0.2, 0.9], "prediction": [0.3, 0.1, 0.7, 0.2], constant: [1e9 + 0.1] * 4}
    measured = Run(task=Task.REGRESSION).measure(tmp_path, table)
    _assert_missing(measured, "pearson", "spearman", *(["r2"] if constant == "label" else []))


def test_no_labels_at_all_in_lists(tmp_path: Path) -> None:
    table = {"id": ["a", "b"], "label": [["x"], []], "prediction": [["x"], []], "s": ["1", "2"]}
    measured = Run(slices=(("s",),)).measure(tmp_path, table)
    assert measured.value("subset_accuracy", s="2") == 1
    assert measured.value("hamming_loss", s="2") == 0
    assert np.isnan(measured.value("micro_f1", s="2"))
    assert measured.value("macro_f1", s="2") == 0  # as scikit-learn has it with zero_division=0


@TASKS
def test_a_slice_without_weight_has_no_value(task: Task, tmp_path: Path) -> None:
    candidate, baseline = draw(task, np.random.default_rng(1), 200, weighted=True)
    candidate["weight"] = [0.0 if lang == "zh" else 1.0 for lang in candidate["lang"]]
    measured = Run(task=task, slices=SLICES).measure(tmp_path, candidate, baseline)
    for metric in measured.metrics:
        assert np.isnan(measured.value(metric.name, lang="zh"))
        assert np.isnan(measured.before(metric.name, lang="zh"))
        assert measured.reason(metric.name, lang="zh") == "all weights are 0"


@TASKS
def test_a_slice_that_only_the_candidate_has_is_empty(task: Task, tmp_path: Path) -> None:
    candidate, baseline = draw(task, np.random.default_rng(1), 200)
    candidate["lang"][-5:] = ["new"] * 5
    short = {name: values[:-5] for name, values in baseline.items()}
    measured = Run(task=task, slices=(("lang",),), min_slice_size=0).measure(tmp_path, candidate, short)
    assert all(measured.reason(m.name, lang="new") == "there are no examples" for m in measured.metrics)
    assert all(np.isnan(measured.value(m.name, lang="new")) for m in measured.metrics)


def test_a_baseline_without_scores_has_no_value_and_says_so(tmp_path: Path) -> None:
    candidate, baseline = draw(Task.BINARY, np.random.default_rng(1), 200)
    measured = Run().measure(tmp_path, candidate, {k: v for k, v in baseline.items() if k != "score"})
    for name in ("roc_auc", "average_precision", "log_loss", "brier", "expected_calibration_error"):
        assert np.isnan(measured.before(name))
        assert not np.isnan(measured.value(name))
        assert measured.reason(name) == "the baseline's predictions have no numbers for it"


def test_a_baseline_without_one_classs_probability_has_no_value(tmp_path: Path) -> None:
    candidate, baseline = draw(Task.MULTICLASS, np.random.default_rng(1), 200)
    measured = Run().measure(tmp_path, candidate, {k: v for k, v in baseline.items() if k != "prob_中性"})
    for name in ("roc_auc_ovr", "log_loss"):
        assert np.isnan(measured.before(name))
        assert measured.reason(name)


def test_examples_of_weight_zero_do_not_count_for_ranks(tmp_path: Path) -> None:
    table = _binary("10110", "11010", [0.9, 0.8, 0.7, 0.4, 0.99], weight=[1.0, 2.0, 0.0, 0.5, 0.0])
    measured = Run().measure(tmp_path, table)
    label, score, weight = [1, 0, 1], [0.9, 0.8, 0.4], [1, 2, 0.5]
    assert measured.value("average_precision") == pytest.approx(sk.average_precision_score(label, score, sample_weight=weight))
    assert measured.value("roc_auc") == pytest.approx(sk.roc_auc_score(label, score, sample_weight=weight))
    assert measured.measurements.n_positive[measured.find("roc_auc")] == 2


def test_ties_everywhere_rank_nothing(tmp_path: Path) -> None:
    measured = Run().measure(tmp_path, _binary("0101", "0101", [0.5] * 4), _binary("0101", "0101", [0.1, 0.9, 0.2, 0.8]))
    assert (measured.before("roc_auc"), measured.value("roc_auc")) == (1, 0.5)


def test_pearson_keeps_its_digits_far_from_zero_and_from_the_labels(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    label = rng.normal(1e6, 1, 500)
    prediction = 2e9 + 3 * label + rng.normal(0, 1, 500)
    table = {"id": [str(i) for i in range(500)], "label": label.tolist(), "prediction": prediction.tolist()}
    measured = Run().measure(tmp_path, table)
    assert measured.value("pearson") == pytest.approx(scipy.stats.pearsonr(label, prediction).statistic, abs=1e-9)
    assert measured.value("r2") == pytest.approx(sk.r2_score(label, prediction), rel=1e-9)


# ------ classes: one of them, many of them, hostile ones


def test_the_ratios_of_one_class_agree_with_scikit_learn(tmp_path: Path) -> None:
    candidate, baseline = draw(Task.MULTICLASS, np.random.default_rng(3), 400, weighted=True)
    labels = sorted(set(candidate["label"]))
    multiclass = frozenset({Task.MULTICLASS})
    metrics = tuple(OfClass(r, tasks=multiclass, label=k, title=f"{n}[{k}]") for n, r in CLASS_RATIOS.items() for k in range(4))
    measured = Run(task=Task.MULTICLASS, metrics=metrics, slices=SLICES).measure(tmp_path, candidate, baseline)
    for k, label in enumerate(labels):
        truth, predicted = np.array(candidate["label"]) == label, np.array(candidate["prediction"]) == label
        of_class = {"precision": sk.precision_score, "recall": sk.recall_score, "f1": sk.f1_score}
        for name, function in of_class.items():
            assert measured.value(f"{name}[{k}]") == pytest.approx(function(truth, predicted, sample_weight=candidate["weight"]), rel=1e-9)
        specificity = sk.recall_score(~truth, ~predicted, sample_weight=candidate["weight"])
        assert measured.value(f"specificity[{k}]") == pytest.approx(specificity, rel=1e-9)
        assert measured.value(f"false_positive_rate[{k}]") == pytest.approx(1 - specificity, rel=1e-9)


@pytest.mark.parametrize("n", [49, 98, 103, 107, 161])
def test_a_precision_that_stays_1__has_no_effect_that_rounding_left(n: int, tmp_path: Path) -> None:
    """Found and missed ones change places, and nothing is ever called positive that is not: no exchange can move the precision."""
    label = "1" * n + "0" * n
    candidate = _binary(label, "1" * (n - 9) + "0" * (n + 9))
    baseline = _binary(label, "0" * 5 + "1" * (n - 5) + "0" * n)
    measured = Run(task=Task.BINARY, metrics=("precision", "f1")).measure(tmp_path, candidate, baseline).measurements
    assert measured.swaps is not None
    assert not measured.swaps.blocks[0].effects[:, 0].any()
    comparison = decide(measured, Policy()).comparisons[0]
    assert (comparison.delta, comparison.p_value) == (0.0, 1.0)


def test_slice_by_slice_gives_what_all_slices_at_once_give(tmp_path: Path, monkeypatch: Any) -> None:
    candidate, baseline = draw(Task.MULTICLASS, np.random.default_rng(3), 400)
    rare = OfClass(CLASS_RATIOS["recall"], tasks=frozenset({Task.MULTICLASS}), label=0, title="recall[rare]")
    candidate["label"] = [
        x if lang == "zh" or "quote" not in x else "中性" for x, lang in zip(candidate["label"], candidate["lang"], strict=True)
    ]
    candidate["prediction"] = [x if "quote" not in x else "愤怒" for x in candidate["prediction"]]
    baseline["prediction"] = [x if "quote" not in x else "愤怒" for x in baseline["prediction"]]
    run = Run(task=Task.MULTICLASS, slices=SLICES, metrics=("accuracy", "macro_f1", "mcc", "cohen_kappa", "weighted_precision", rare))
    whole = run.measure(tmp_path, candidate, {**baseline, "label": candidate["label"]})
    monkeypatch.setattr(label_cells, "CACHE_ENTRIES", 1)
    monkeypatch.setattr(cell_groups, "DENSE_CELLS", 0)
    sliced = measure(whole.tallies, whole.metrics)
    assert np.isnan(whole.value("recall[rare]", lang="en"))
    for name in ("baseline", "candidate", "se", "se_plus"):
        np.testing.assert_allclose(getattr(sliced, name), getattr(whole.measurements, name), rtol=1e-12, err_msg=name)
    assert sliced.reasons == whole.measurements.reasons


def test_a_thousand_classes_agree_with_scikit_learn(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    label = rng.integers(0, 1000, 5_000)
    prediction = np.where(rng.random(5_000) < 0.7, label, rng.integers(0, 1000, 5_000))
    table = {"id": [str(i) for i in range(5_000)], "label": label.astype(str).tolist(), "prediction": prediction.astype(str).tolist()}
    measured = Run(metrics=("accuracy", "macro_f1", "mcc", "cohen_kappa")).measure(tmp_path, table, table)
    expected = (sk.accuracy_score, lambda y, p: sk.f1_score(y, p, average="macro"), sk.matthews_corrcoef, sk.cohen_kappa_score)
    np.testing.assert_allclose(measured.measurements.candidate, [f(label, prediction) for f in expected], rtol=1e-9)


@pytest.mark.slow
def test_a_class_for_every_example_stays_within_time_and_record(tmp_path: Path) -> None:
    n = 300_000
    ids = [str(i) for i in range(n)]
    table = {"id": ids, "label": [f"class-{i}" for i in ids], "prediction": [f"class-{i}" for i in ids]}
    other = {**table, "prediction": [*table["prediction"][1:], "class-0"]}
    begun = time.perf_counter()
    measured = Run(task=Task.MULTICLASS, metrics=("accuracy", "macro_f1", "mcc")).measure(tmp_path, table, other)
    assert measured.measurements.candidate.tolist() == pytest.approx([1, 1, 1])
    assert measured.measurements.baseline.tolist() == pytest.approx([0, 0, -1 / (n - 1)])
    confusion = build_confusion(measured.tallies)
    assert confusion is not None
    assert len(confusion.labels) <= 2 * len(confusion.cells) <= 40_000
    assert len(build_classes(measured.tallies)) == 1_000
    assert time.perf_counter() - begun < 60


def test_hostile_labels_are_labels(tmp_path: Path) -> None:
    names = ['x"; drop table pair; --', "'quoted'", "line\nbreak", "长" * 100_000, "{number:x}", "%s", "a,b|c;d"]
    label = [names[i % 7] for i in range(70)]
    prediction = [names[(i + (i % 5 == 0)) % 7] for i in range(70)]
    table = {"id": [f"{i}'\"\n" for i in range(70)], "label": label, "prediction": prediction, "s": label}
    measured = Run(metrics=("accuracy", "macro_f1"), slices=(("s",),)).measure(tmp_path, table, {**table, "prediction": label})
    assert measured.value("accuracy") == pytest.approx(sk.accuracy_score(label, prediction))
    assert measured.value("macro_f1") == pytest.approx(sk.f1_score(label, prediction, average="macro"))
    assert len(measured.slices) == 8


def test_a_number_of_any_name_can_be_a_metric(tmp_path: Path) -> None:
    name = "judge {label} 'x' \"y\""
    metric = build_score_metric("mine", name, Direction.HIGHER, Unit.NUMBER)
    table = {"id": ["a", "b"], name: [1.0, 2.5]}
    measured = Run(task=Task.SCORES, metrics=(metric,), numbers=(name,)).measure(tmp_path, table, {**table, name: [1.0, 1.0]})
    assert (measured.before("mine"), measured.value("mine")) == (1.0, 1.75)


def test_labels_that_are_the_same_number_keep_one_order() -> None:
    from memeci.metrics.task import sort_labels

    assert sort_labels(["10", "2", "02", "1"]) == ("1", "02", "2", "10")


def test_what_a_report_shows_survives_scores_without_weight_or_class(tmp_path: Path) -> None:
    measured = Run().measure(tmp_path, _binary("0101", "0101", [0.5, 0.6, 0.7, 0.8], weight=[0.0, 1.0, 0.0, 1.0]))
    assert build_roc(measured.tallies.scores, has_baseline=False) is None
    assert sum(b.n for b in build_calibration(measured.tallies.scores)) == 2
    arrays = measured.tallies.scores
    assert arrays is not None
    empty = replace(arrays, **{k: v[:0] for k, v in msgspec.structs.asdict(arrays).items() if isinstance(v, np.ndarray)})
    assert build_roc(empty, has_baseline=True) is None
    assert build_calibration(empty) == ()
