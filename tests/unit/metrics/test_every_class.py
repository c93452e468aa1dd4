"""`recall[*]`: one metric for each class, measured and gated."""

from __future__ import annotations

import pytest

from memeci.errors import ConfigError
from memeci.metrics.selection import MAX_CLASSES_ASKED, Available, Request, select_gated, select_metrics
from memeci.policy import Gate, Policy, Tolerance
from memeci.records import Direction, Task

LABELS = Available(labels=("a", "b", "[*]"))
STRICT, LOOSE, SLICED = (Gate(Tolerance(absolute=x)) for x in (0.01, 0.02, 0.03))


def _select(*names: str) -> list[str]:
    return [metric.name for metric in select_metrics(Task.MULTICLASS, [Request(name) for name in names], LABELS).metrics]


def test_star__is_one_metric_for_each_class() -> None:
    assert _select("accuracy", "recall[*]") == ["accuracy", "recall[a]", "recall[b]", "recall[[*]]"]


def test_class_named_beside_the_star__is_measured_once_and_keeps_its_place() -> None:
    assert _select("recall[b]", "recall[*]") == ["recall[b]", "recall[a]", "recall[[*]]"]


def test_gate_on_every_class__has_each_of_them_measured() -> None:
    selection = select_metrics(Task.MULTICLASS, [Request("accuracy"), Request("recall[a]")], LABELS)
    gated = select_gated(Task.MULTICLASS, ["recall[*]"], LABELS, selection)
    assert [m.name for m in gated.metrics] == ["accuracy", "recall[a]", "recall[b]", "recall[[*]]"]


def test_star_of_a_number_of_yours__is_a_name_like_any_other() -> None:
    request = Request("recall[*]", number="found", direction=Direction.HIGHER)
    assert [m.name for m in select_metrics(Task.MULTICLASS, [request], LABELS).metrics] == ["recall[*]"]


def test_numbers_of_yours__keep_their_place_among_the_others() -> None:
    requests = [Request("accuracy"), Request("judge", number="judge", direction=Direction.HIGHER), Request("macro_f1")]
    assert [m.name for m in select_metrics(Task.MULTICLASS, requests, LABELS).metrics] == ["accuracy", "judge", "macro_f1"]


def test_gate_on_a_number_of_that_name__is_for_the_number() -> None:
    request = Request("recall[*]", number="found", direction=Direction.HIGHER)
    selection = select_metrics(Task.MULTICLASS, [request], LABELS)
    assert select_gated(Task.MULTICLASS, ["recall[*]"], LABELS, selection) == selection


@pytest.mark.parametrize("name", ["accuracy[*]", "[*]", "nothing[*]"])
def test_star_of_what_has_no_classes__is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="there is no metric called"):
        _select(name)


def test_star_where_there_are_no_classes__is_refused() -> None:
    with pytest.raises(ConfigError, match=r"recall\[\*\] does not apply here"):
        select_metrics(Task.REGRESSION, [Request("recall[*]")], Available())


def test_star_of_very_many_classes__says_what_to_name_instead() -> None:
    labels = tuple(str(i) for i in range(MAX_CLASSES_ASKED + 1))
    with pytest.raises(ConfigError, match=r"recall\[\*\] asks for 2,001 classes") as error:
        select_metrics(Task.MULTICLASS, [Request("recall[*]")], Available(labels=labels))
    assert "recall[0]" in error.value.next_step


@pytest.mark.parametrize(
    ("metric", "language", "expected"),
    [
        ("recall[a]", None, LOOSE),
        ("recall[a]", "zh", SLICED),
        ("recall[b]", None, STRICT),
        ("recall[b]", "zh", STRICT),
        ("precision[a]", None, Gate()),
        ("recall", None, Gate()),
    ],
)
def test_gate_of_every_class__holds_where_a_class_has_none_of_its_own(metric: str, language: str | None, expected: Gate) -> None:
    policy = Policy(gates={("recall[*]", ""): LOOSE, ("recall[b]", ""): STRICT, ("recall[*]", "lang"): SLICED})
    assert policy.gate(metric, (("lang", language),) if language else ()) == expected
