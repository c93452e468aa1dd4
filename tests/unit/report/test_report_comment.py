"""The comment: what it says, in which language, and what it leaves out when there is no room."""

from __future__ import annotations

import re

import msgspec
import pytest

from memeci.diagnosis import diagnose_crash, diagnose_failure
from memeci.records import (
    Baseline,
    BaselineKind,
    Candidate,
    Confusion,
    ConfusionCell,
    Evaluation,
    FlipKind,
    Flips,
    Incident,
    Outcome,
    Reason,
    SliceShare,
    Status,
    Text,
)
from memeci.report import PictureLink, render_comment, render_summary
from memeci.report.order import build_matrix, sort_slices
from tests.builders.evaluations import compare, failing, first_run, flip, many_classes, passing, regression
from tests.builders.records import build_incident

HANZI = re.compile(r"[\u4e00-\u9fff]")


def comment(record: Evaluation, language: str = "en", url: str | None = "https://x.example/a.png") -> str:
    text = render_comment(record, language=language, picture=PictureLink("alt", url, "caption!"))  # type: ignore[arg-type]
    return text.replace("\u00a0", " ")


def huge() -> Evaluation:
    """Wide everywhere: more than any comment may hold."""
    long = "很长的切片名称" * 12
    slices = tuple(compare(f"metric_{i}", 0.9, 0.8, Outcome.REGRESSED, slice={long: f"{long}{i}"}, reason=long) for i in range(400))
    one = many_classes(30)
    assert one.flips is not None
    examples = tuple(flip(i, kind, text=long * 3, slice={long: long}) for i in range(200) for kind in FlipKind)
    overall = tuple(compare(f"{'指标' * 30}{i}", 0.9, 0.8, Outcome.REGRESSED, reason=long) for i in range(60))
    return msgspec.structs.replace(one, comparisons=(*overall, *slices), flips=msgspec.structs.replace(one.flips, examples=examples))


@pytest.mark.parametrize(
    ("record", "first"),
    [
        (failing(), "### ❌ `sentiment`: fail"),
        (passing(), "### ✅ `sentiment`: pass"),
        (passing(Status.INCONCLUSIVE), "### 🤔 `sentiment`: inconclusive"),
        (first_run(), "### 🌱 `sentiment`: no baseline yet"),
    ],
)
def test_first_line_is_the_verdict(record: Evaluation, first: str) -> None:
    assert comment(record).splitlines()[0] == first


def test_table_has_baseline_candidate_change_interval_and_outcome() -> None:
    assert "| ❌ | `accuracy` | 89.6% | 83.5% | −6.1 pp | [−7.9, −4.3] | regressed |" in comment(failing())


def test_what_the_test_set_can_see_is_said() -> None:
    assert "3,592 examples, 8.7% of them predicted differently: a loss of accuracy under 2.1 pp is invisible here." in comment(failing())


def test_slices_come_worst_first() -> None:
    assert [c.outcome for c in sort_slices(failing())][:3] == [Outcome.REGRESSED, Outcome.REGRESSED, Outcome.INCONCLUSIVE]
    text = comment(failing())
    assert text.index("`platform=ios`") < text.index("`platform=web`") < text.index("`platform=android`")


def test_flips__ids_old_and_new_prediction_and_text() -> None:
    assert "| `review-00001` | `platform=ios` | `neg` | `neg` | `pos` | 0.5100 | `等了两个小时才到，都凉透了，再也不点了！` |" in comment(
        failing()
    )


def test_heatmap__marks_by_share_of_the_true_label() -> None:
    text = comment(failing())

    assert "| `neg` | 🔥 2,201 (−69) | 204 (+69) |" in text
    assert "| `pos` | ❌ 388 (+150) | ⚠️ 799 (−150) |" in text


def test_heatmap__keeps_the_classes_with_most_errors_and_says_so() -> None:
    cells = (ConfusionCell(0, 0, 0, 9), ConfusionCell(1, 2, 0, 5), ConfusionCell(2, 2, 0, 1))
    matrix = build_matrix(Confusion(("a", "b", "c"), cells, has_baseline=False), limit=2)

    assert matrix.labels == ("b", "c")
    assert [[c.count for c in row] for row in matrix.rows] == [[0, 5], [0, 1]]
    assert "the 8 classes of 10 with most errors" in comment(many_classes(10))


def test_no_baseline__no_change_is_shown_and_nothing_breaks() -> None:
    text = comment(first_run())

    assert "| 📏 | `accuracy` | 89.6% | measured |" in text
    assert "(+" not in text


def test_regression__numbers_keep_their_digits() -> None:
    assert "| 💯 | `rmse` | 63.04 | 56.81 | −6.23 | [−9.20, −3.10] | improved |" in comment(regression())


@pytest.mark.parametrize("record", [failing(), passing(), first_run(), regression()])
def test_english_has_no_hanzi_of_ours(record: Evaluation) -> None:
    plain = msgspec.structs.replace(record, flips=None, docker_tag=None)

    assert not HANZI.search(comment(plain, "en"))


def test_chinese_headings_have_no_english_words() -> None:
    text = comment(failing(), "zh")

    assert not re.search(r"regressed|baseline|candidate|slices|outcome", text)
    assert "变差了" in text


def test_picture__an_address_that_is_not_https_falls_back_to_the_caption() -> None:
    assert '<img width="640" alt="alt" src="https://x.example/a.png">' in comment(failing())
    for url in ("javascript:alert(1)", "data:image/png;base64,AAAA", 'https://x/"onerror="', "../up.png", None):
        assert "<img" not in comment(failing(), url=url)
        assert "> caption\\!" in comment(failing(), url=url)


@pytest.mark.parametrize("limit", [25_000, 15_000, 9_000])
def test_too_long__cut_by_section_and_says_where_the_whole_is(limit: int) -> None:
    text = render_comment(huge(), language="both", picture=None, limit=limit)

    assert len(text.encode("utf-16-le")) // 2 <= limit
    assert text.startswith("### ❌")
    assert "✂️" in text
    assert "record.json" in text
    assert text.rstrip().endswith("</sub>")
    assert text.count("<details>") == text.count("</details>")


def test_fits__nothing_is_cut() -> None:
    assert "✂️" not in comment(failing(), "both")


def test_summary__shows_more_than_the_comment() -> None:
    one = huge()
    summary = render_summary(one, language="en", picture=None)

    assert len(summary) > 65_000
    assert len(summary.encode()) < 1_000_000


def test_everything_at_its_widest__still_fits_a_comment() -> None:
    assert len(render_comment(huge(), language="both", picture=None).encode("utf-16-le")) // 2 <= 65_000


def test_reasons__only_those_that_no_row_shows() -> None:
    one = failing()
    alone = Reason(Outcome.INCOMPARABLE, Text("The test set changed too much.", "测试集变化太大。"))
    verdict = msgspec.structs.replace(one.verdict, reasons=(*one.verdict.reasons, alone))
    text = comment(msgspec.structs.replace(one, verdict=verdict))

    assert "Not in the tables:\n\n- The test set changed too much." in text
    assert "- accuracy fell" not in text


def test_slice_that_gained__is_named_as_a_gain() -> None:
    record = failing()
    assert record.flips is not None
    (first, *_) = record.flips.slices
    gain = msgspec.structs.replace(first, fixed=158, broken=12)
    text = comment(msgspec.structs.replace(record, flips=msgspec.structs.replace(record.flips, fixed=266, broken=47, slices=(gain,))))
    assert "of the net gain (158 fixed, 12 broken)" in text
    assert "net loss" not in text


def test_slice_that_lost_more_than_all__has_no_share_cut_to_a_hundred() -> None:
    record = failing()
    assert record.flips is not None
    most = SliceShare({"platform": "ios"}, 500, 8, 53, share=2.5)
    text = comment(msgspec.structs.replace(record, flips=msgspec.structs.replace(record.flips, slices=(most,))))
    assert "platform=ios accounts for more than the whole net loss (53 broken, 8 fixed)" in text


def test_failing_with_a_net_gain__the_slices_that_got_worse_come_first() -> None:
    record = failing()
    assert record.flips is not None
    slices = (SliceShare({"platform": "web"}, 500, 53, 8, share=0.9), SliceShare({"platform": "ios"}, 500, 9, 40, share=-0.6))
    text = comment(msgspec.structs.replace(record, flips=msgspec.structs.replace(record.flips, fixed=90, broken=50, slices=slices)))
    assert 0 < text.index("platform=ios got worse all the same") < text.index("platform=web accounts for 90.0%")


def test_an_absolute_path_is_shown_by_its_file_name() -> None:
    one = failing()
    baseline = Baseline(BaselineKind.FILE, "/home/someone/models/old.parquet")
    candidate = Candidate("/home/someone/models/new.parquet")
    text = comment(msgspec.structs.replace(one, baseline=baseline, candidate=candidate))

    assert "`old.parquet` → `new.parquet`" in text
    assert "/home/someone" not in text


def crash(log: tuple[str, ...] = ("Traceback (most recent call last):", "  File 'x'", "KeyError: 'label'")) -> Incident:
    return build_incident(diagnose_crash("python predict.py", 1, "\n".join(log)), log=log)


def test_crash__command_status_log_and_what_to_do() -> None:
    text = render_comment(crash(), language="en", picture=PictureLink("alt", "https://x.example/a.png", ""))

    assert text.startswith("### 💥 `reviews`: crashed\n")
    assert "`python predict.py` · exit status 1 · `" in text
    assert "```text\nTraceback (most recent call last):\n  File 'x'\nKeyError: 'label'\n```" in text
    assert 'src="https://x.example/a.png"' in text
    assert "Next: run the command by hand" in text


@pytest.mark.parametrize("line", ["```", "~~~~~ ``````", "\u202e@all", "</details>", "a\nb"])
def test_crash__no_line_of_a_log_leaves_its_block(line: str) -> None:
    import cmarkgfm

    text = render_comment(crash((line, "end")), language="both", picture=None)
    html = cmarkgfm.github_flavored_markdown_to_html(text)

    assert html.count("<pre") == 1
    assert html.index("<pre") < html.index("end\n</code></pre>")
    assert "</details>" not in html


def test_error_in_ci__its_three_lines_and_what_to_do() -> None:
    lines = ("worse.csv has no column of predictions.", "why:   it has id, answer.", "next:  memeci evaluate --column prediction=answer")
    text = render_comment(build_incident(diagnose_failure(lines[0]), log=lines), language="en", picture=None)

    assert text.startswith("### 💥 `reviews`: not evaluated\n")
    assert "```text\n" + "\n".join(lines) + "\n```" in text
    assert "exit status" not in text
    assert "crashed" not in text


def test_slice_against_the_whole__is_said_and_a_declared_one_is_not_warned_of_twice() -> None:
    record = passing()
    worse = SliceShare({"platform": "ios"}, 500, 4, 40, share=-0.6, p_adjusted=0.001)
    one = msgspec.structs.replace(record, flips=Flips(fixed=90, broken=50, slices=(worse,)))
    gated = compare("accuracy", 0.9, 0.88, Outcome.HELD, slice={"platform": "ios"})
    declared = msgspec.structs.replace(one, comparisons=(*one.comparisons, gated))

    assert "platform=ios got worse (40 of 500 examples broke, 4 were fixed), and no gate looks at it" in comment(one)
    assert "all the same" not in comment(one)
    assert "no gate looks at it" not in comment(declared)
    assert "platform=ios got worse all the same (40 broken, 4 fixed)" in comment(declared)
