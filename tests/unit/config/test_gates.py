"""Tolerances with their units, and which slice a gate is for."""

from __future__ import annotations

import pytest

from memeci.config.gates import GateConfig, parse_tolerance, resolve_scope, split_target
from memeci.config.setting import Setting
from memeci.errors import ConfigError
from memeci.policy import Gate, Tolerance


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0.5pp", Tolerance(absolute=0.005)),
        ("1 PP", Tolerance(absolute=0.01)),
        ("2%", Tolerance(relative=0.02)),
        ("0.01", Tolerance(absolute=0.01)),
        ("1e-3", Tolerance(absolute=0.001)),
        ("0", Tolerance()),
        ("250", Tolerance(absolute=250.0)),
    ],
)
def test_tolerance__has_three_ways_to_be_written(text: str, expected: Tolerance) -> None:
    assert parse_tolerance(Setting("t", "memeci.yml", text, 1)) == expected


@pytest.mark.parametrize("text", ["", "pp", "%", "1.5 p", "101%", "101pp", "1%%", "nan", "1,5pp", "0.5 percent"])
def test_anything_else__is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_tolerance(Setting("t", "memeci.yml", text, 1))


SLICES = [("platform",), ("lang",), ("lang", "platform")]


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("", ""),
        ("platform", "platform"),
        ("platform=ios", "platform=ios"),
        ("platform,lang", "lang,platform"),
        ("platform=ios,lang=zh", "lang=zh,platform=ios"),
        ("lang=", "lang="),
    ],
)
def test_scope__is_written_in_the_order_of_its_slice(scope: str, expected: str) -> None:
    assert resolve_scope(GateConfig("f1@" + scope, Gate()), scope, SLICES) == expected


def test_scope_of_an_unmeasured_combination__says_what_to_add() -> None:
    with pytest.raises(ConfigError) as caught:
        resolve_scope(GateConfig("f1@a,b", Gate(), "memeci.yml line 3"), "a,b", [])
    assert caught.value.next_step == "add `[a,b]` to `slices`."


def test_longest_name_of_yours__is_the_metric() -> None:
    assert split_target("recall@5@k@lang", ["recall@5", "recall@5@k"]) == ("recall@5@k", "lang")
    assert split_target("recall@50", ["recall@5"]) == ("recall", "50")
