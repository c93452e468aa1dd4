"""Which label is the positive one where nobody says, and when that is admitted to be a guess."""

from __future__ import annotations

import pytest

from memeci.cli.starter.look import find_positive_label
from memeci.metrics.task import choose_positive, is_positive_guessed, sort_labels


@pytest.mark.parametrize(
    ("positive", "negative"),
    [
        ("1", "0"),
        ("1.0", "0.0"),
        ("正面", "负面"),
        ("正向", "负向"),
        ("好评", "差评"),
        ("推荐", "不推荐"),
        ("满意", "不满意"),
        ("Pos", "Neg"),
    ],
)
def test_common_names__are_no_guess_and_init_writes_the_same(positive: str, negative: str) -> None:
    labels = sort_labels([positive, negative])
    assert choose_positive(labels, None) == positive
    assert not is_positive_guessed(labels, None)
    assert find_positive_label(labels, []) == positive


def test_other_names__are_a_guess_that_init_does_not_write() -> None:
    assert choose_positive(("a", "b"), None) == "b"
    assert is_positive_guessed(("a", "b"), None)
    assert find_positive_label(("a", "b"), []) is None
