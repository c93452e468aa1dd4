"""What changed, in words: examples that broke or were fixed, and examples that a number says got worse or better."""

from __future__ import annotations

import re

import msgspec
import pytest

from memeci.records import DatasetChange, Evaluation, FlipExample, FlipKind, SliceShare, Status, Task
from memeci.report.flips import format_examples_shown, format_flip_counts, format_shares, format_ungated_losses, list_examples, title_flips
from memeci.report.notebook import render_notebook
from memeci.report.openmetrics import render_openmetrics
from memeci.report.rows import build_visibility
from memeci.report.words import WORDS, Phrases
from tests.builders.evaluations import failing, judged

EN, ZH = Phrases("en"), Phrases("zh")


def rewrite(record: Evaluation, **fields: object) -> Evaluation:
    assert record.flips is not None
    return msgspec.structs.replace(record, flips=msgspec.structs.replace(record.flips, **fields))


def pass_it(record: Evaluation) -> Evaluation:
    return msgspec.structs.replace(record, verdict=msgspec.structs.replace(record.verdict, status=Status.PASS))


def test_numbers__got_worse_or_better_and_of_how_many() -> None:
    assert format_flip_counts(judged(), EN) == "by judge_score, 1,185 of 9,000 examples got worse and 1,050 got better"
    assert format_flip_counts(judged(), ZH) == "按 judge_score 看，9,000 个样本中 1,185 个变差，1,050 个变好"
    change = DatasetChange(common=8_000, only_baseline=0, only_candidate=1_000, relabelled=0)
    fewer = msgspec.structs.replace(judged(), dataset=msgspec.structs.replace(judged().dataset, change=change))
    assert "of 8,000 examples" in format_flip_counts(fewer, EN)


def test_labels__broke_or_were_fixed() -> None:
    assert format_flip_counts(failing(), EN) == "266 broke, 47 were fixed"
    assert format_examples_shown(failing(), FlipKind.BROKEN, 12, EN) == "12 of the 266 that broke"


def test_title__tells_what_got_worse_only_where_more_did() -> None:
    titles = [title_flips(record) for record in (judged(), judged(broken=1, fixed=1), failing(), rewrite(failing(), broken=1))]
    assert [WORDS[title].en for title in titles] == ["What got worse", "What changed", "What broke", "What changed"]


def test_slices__are_part_of_the_balance() -> None:
    assert format_shares(judged(), EN) == [
        "topic=refunds accounts for 78.5% of the balance (111 got worse, 5 better)",
        "In topic=jobs more got better than worse all the same (44 got better, 4 worse)",
    ]
    assert format_shares(judged(), ZH) == [
        "topic=refunds 占净变差的 78.5%（111 个变差，5 个变好）",
        "topic=jobs 中反而是变好的更多（44 个变好，4 个变差）",
    ]
    more = SliceShare({"topic": "refunds"}, 300, 5, 111, 1.4, 0.0001)
    assert format_shares(judged(slices=(more,)), EN) == ["topic=refunds accounts for more than the whole balance (111 got worse, 5 better)"]


def test_slices_of_a_gain__are_part_of_the_balance() -> None:
    better = SliceShare({"topic": "jobs"}, 200, 44, 4, 0.6, 0.001)
    worse = SliceShare({"topic": "refunds"}, 300, 5, 111, -0.5, 0.001)
    assert format_shares(judged(broken=100, fixed=180, slices=(better, worse)), EN) == [
        "In topic=refunds more got worse than better all the same (111 got worse, 5 better)",
        "topic=jobs accounts for 60.0% of the balance (44 got better, 4 worse)",
    ]


def test_slice_no_gate_looks_at__is_warned_of_by_its_metric() -> None:
    (warning,) = format_ungated_losses(pass_it(judged()), Phrases("both"))
    assert warning == [
        "By judge_score, more examples of topic=refunds got worse than better (111 of 300 worse, 5 better), and no gate looks at it. "
        "To have it tested: slices: [topic] in memeci.yml.",
        "按 judge_score 看，topic=refunds 中变差的样本多于变好的（300 个样本中 111 个变差，5 个变好），但没有门禁检查它。"
        "想要检验它，就在 memeci.yml 里写上 slices: [topic]。",
    ]


@pytest.mark.parametrize("word", [key for key in WORDS if f"{key}_by" in WORDS])
def test_words_for_numbers__say_all_that_those_for_labels_say(word: str) -> None:
    def fields(text: str) -> set[str]:
        return {part.split("}")[0] for part in text.split("{")[1:]}

    labels, numbers = WORDS[word], WORDS[f"{word}_by"]
    assert fields(labels.en) <= fields(numbers.en) == fields(numbers.zh)
    assert not {"broke", "broken", "fixed"} & set(re.sub(r"\{\w+\}", "", numbers.en).split())


def test_changed_numbers__are_no_disagreement() -> None:
    (line,) = build_visibility(judged(), EN)
    assert line == "9,000 examples: a loss of judge_score under 0.1016 is invisible here."


def test_notebook__has_a_column_of_labels_where_there_are_some() -> None:
    assert "<th>label</th>" not in render_notebook(msgspec.structs.replace(judged(), language="en"))
    example = FlipExample("h1", FlipKind.BROKEN, "212.5", "214", "<b>")
    html = render_notebook(msgspec.structs.replace(judged(examples=(example,), metric="<i>&"), language="en"))
    assert "<th>label</th><th>was</th><th>now</th>" in html
    assert "<td>212.5</td><td>214</td><td>&lt;b&gt;</td>" in html
    assert "by &lt;i&gt;&amp;, 1,185" in html


def test_long_numbers__are_shown_with_six_digits_and_kept_whole_in_the_record() -> None:
    texts = ("106.709658884123", "0.1", "-1.2345678901e-07", "one, two, three", "9" * 5_000, "")
    examples = tuple(FlipExample(f"h{i}", FlipKind.BROKEN, "", text, text) for i, text in enumerate(texts))
    shown = [f.candidate for f in list_examples(judged(examples=examples), FlipKind.BROKEN, 10)]
    assert shown == ["106.71", "0.1", "-1.23457e-07", *texts[3:]]
    sets = msgspec.structs.replace(judged(examples=examples), task=Task.MULTILABEL)
    assert [f.candidate for f in list_examples(sets, FlipKind.BROKEN, 10)] == list(texts)


def test_openmetrics__counts_them_under_the_same_names() -> None:
    assert 'memeci_flips{model="bot",kind="broken"} 1185' in render_openmetrics(judged())
