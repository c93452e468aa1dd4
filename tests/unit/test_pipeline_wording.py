"""What the pipeline says of two test sets: the numbers in a sentence must not contradict each other."""

from __future__ import annotations

from memeci.engines.engine import Overlap
from memeci.pipeline.wording import note_overlap, say_incomparable


def test_relabelled_examples__are_named_as_why_so_few_are_common() -> None:
    said = say_incomparable(Overlap(common=1_500, only_baseline=0, only_candidate=0, relabelled=184))
    assert "only 88% of the examples are common to candidate and baseline and kept their label (1,500 common, 184 of them" in said.en
    assert "只有 88% 的样本相同且标签未变（共有 1,500 条，其中 184 条标签不同，仅基线 0 条" in said.zh


def test_without_relabelled_examples__labels_are_not_spoken_of() -> None:
    said = say_incomparable(Overlap(common=1_000, only_baseline=500, only_candidate=0, relabelled=0))
    assert "label" not in said.en
    assert "标签" not in said.zh


def test_one_relabelled_example__is_said_in_the_singular() -> None:
    (note,) = note_overlap(Overlap(common=9, only_baseline=0, only_candidate=0, relabelled=1))
    assert note.en.startswith("1 example has another label")
