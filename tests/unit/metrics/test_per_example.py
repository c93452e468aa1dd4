"""Which metric tells better from worse, one example at a time."""

from __future__ import annotations

import pytest

from memeci.metrics.means import build_score_metric
from memeci.metrics.per_example import choose_example_number
from memeci.metrics.selection import find_metric
from memeci.records import Direction, Task, Unit


def choose(task: Task, names: str, ungated: str = "", unknown: str = "?") -> tuple[str, str, Direction] | None:
    found = [find_metric(name, task) or build_score_metric(name, name, Direction.HIGHER, Unit.NUMBER) for name in names.split()]
    chosen = choose_example_number(found, lambda name: name not in ungated.split(), lambda term: unknown not in term)
    return None if chosen is None else (chosen[0], chosen[1].term, chosen[1].direction)


@pytest.mark.parametrize("first", ["mae", "rmse", "r2", "median_absolute_error"])
def test_distance_from_the_truth__is_called_mae_where_that_is_measured(first: str) -> None:
    error = "abs({prediction} - {label})"
    assert choose(Task.REGRESSION, first) == (first, error, Direction.LOWER)
    assert choose(Task.REGRESSION, f"{first} mae") == ("mae", error, Direction.LOWER)
    assert choose(Task.REGRESSION, f"spearman {first} mae", ungated="mae") == (None if first == "mae" else ("mae", error, Direction.LOWER))


def test_correlations__have_no_number_of_an_example() -> None:
    assert choose(Task.REGRESSION, "spearman pearson") is None
    assert choose(Task.MULTILABEL, "micro_f1 macro_f1") is None


def test_relative_errors__keep_their_own() -> None:
    chosen = choose(Task.REGRESSION, "smape mae")
    assert chosen is not None
    assert (chosen[0], chosen[2]) == ("smape", Direction.LOWER)


def test_sets_of_labels__have_wrong_labels_or_an_exact_match() -> None:
    assert choose(Task.MULTILABEL, "micro_f1 hamming_loss subset_accuracy") == ("hamming_loss", "{wrong_labels}", Direction.LOWER)
    assert choose(Task.MULTILABEL, "subset_accuracy hamming_loss") == ("subset_accuracy", "{exact_match}", Direction.HIGHER)


def test_first_in_the_users_order__that_is_gated_and_on_both_sides() -> None:
    assert choose(Task.SCORES, "judge latency") == ("judge", "{number:judge}", Direction.HIGHER)
    assert choose(Task.SCORES, "judge latency", ungated="judge") == ("latency", "{number:latency}", Direction.HIGHER)
    assert choose(Task.SCORES, "judge latency", unknown="judge") == ("latency", "{number:latency}", Direction.HIGHER)
    assert choose(Task.SCORES, "judge", ungated="judge") is None
