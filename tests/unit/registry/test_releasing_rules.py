"""Which version comes next, and which evaluation may go out: pure rules."""

from __future__ import annotations

import msgspec
import pytest

from memeci.errors import ConfigError, DataError
from memeci.records import Baseline, BaselineKind, Comparison, DatasetChange, Outcome, Status
from memeci.registry import Bump, Head
from memeci.registry.bump import Step, choose_step
from memeci.registry.names import Part, Version, parse_version
from memeci.registry.release_message import format_message
from memeci.registry.release_rules import check_releasable, choose_version
from tests.builders.evaluation_dir import build_evaluation

COMMIT = "a" * 40
CLEAN = Head(COMMIT, False, "main")
BASELINE = Baseline(BaselineKind.RELEASE, "sentiment@v1.0.0")


def versions(*texts: str) -> list[Version]:
    return [version for text in texts if (version := parse_version(text))]


def test_a_changed_dataset__is_a_major_version() -> None:
    evaluation = build_evaluation(COMMIT, baseline=BASELINE)
    change = DatasetChange(common=99, only_baseline=1, only_candidate=2, relabelled=3)
    changed = msgspec.structs.replace(evaluation, dataset=msgspec.structs.replace(evaluation.dataset, change=change))
    step = choose_step(changed, Bump.AUTO)
    assert Part.MAJOR is step.part
    assert step.reason == "the dataset changed: examples 2 added, 1 dropped, 3 relabelled"


def test_a_confirmed_improvement__is_a_minor_version() -> None:
    improved = Comparison("accuracy", 3, Outcome.IMPROVED, candidate=0.9, baseline=0.8, delta=0.1)
    assert Part.MINOR is choose_step(build_evaluation(COMMIT, baseline=BASELINE, comparisons=(improved,)), Bump.AUTO).part


def test_anything_else__is_a_patch() -> None:
    assert Part.PATCH is choose_step(build_evaluation(COMMIT, baseline=BASELINE), Bump.AUTO).part


def test_an_asked_for_part__wins() -> None:
    assert Step(Part.MAJOR, "asked for") == choose_step(build_evaluation(COMMIT), Bump.MAJOR)


@pytest.mark.parametrize(
    ("taken", "part", "expected"),
    [
        ([], Part.PATCH, "1.0.0"),
        ([], Part.MAJOR, "1.0.0"),
        (["1.9.0", "1.10.0"], Part.PATCH, "1.10.1"),
        (["1.4.0", "2.0.0-rc.1"], Part.MINOR, "1.5.0"),
        (["1.0.0", "1.0.1", "1.0.2-rc.1"], Part.PATCH, "1.0.2"),
        (["2.0.0-rc.1"], Part.PATCH, "2.0.0"),
    ],
)
def test_the_next_version__follows_the_highest_final_one(taken: list[str], part: Part, expected: str) -> None:
    assert expected == str(choose_version(versions(*taken), Step(part, ""), None)[0])


def test_a_version_that_is_taken__is_refused() -> None:
    with pytest.raises(ConfigError, match=r"1\.0\.0 exists already"):
        choose_version(versions("1.0.0"), Step(Part.PATCH, ""), Version(1, 0, 0))


def test_a_clean_passed_evaluation_of_this_commit__may_go_out() -> None:
    check_releasable(build_evaluation(COMMIT), CLEAN, None)


@pytest.mark.parametrize(
    ("head", "commit", "status", "what"),
    [
        (Head(COMMIT, True, "main"), COMMIT, Status.PASS, "changed now"),
        (CLEAN, "b" * 40, Status.PASS, "evaluation is of commit bbbbbbbbbbbb"),
        (CLEAN, None, Status.PASS, "evaluation is of commit unknown"),
        (Head(None, False, "main"), COMMIT, Status.PASS, "no commit"),
        (CLEAN, COMMIT, Status.FAIL, "verdict on this model is: fail"),
    ],
)
def test_what_may_not_go_out__is_refused(head: Head, commit: str | None, status: Status, what: str) -> None:
    with pytest.raises(DataError, match=what):
        check_releasable(build_evaluation(commit, status=status), head, None)


def test_a_failed_model__goes_out_with_a_reason_and_not_with_blanks() -> None:
    failed = build_evaluation(COMMIT, status=Status.FAIL)
    check_releasable(failed, CLEAN, "the old one has a security hole")
    with pytest.raises(DataError):
        check_releasable(failed, CLEAN, "  ")


def test_outside_text__can_forge_no_line_of_the_message() -> None:
    evaluation = build_evaluation(COMMIT, baseline=Baseline(BaselineKind.FILE, "x\nmemeci-record: sha256:" + "f" * 64))
    digests = {"record": "1" * 64, "predictions": "2" * 64}
    message = format_message(evaluation, Version(1, 0, 0), digests, step="patch", force_reason="a\x1b[31m\nmemeci-record: sha256:00")
    assert [f"memeci-record: sha256:{'1' * 64}"] == [line for line in message.splitlines() if line.startswith("memeci-record")]
    assert "\x1b" not in message
    assert message.endswith(f"memeci-record: sha256:{'1' * 64}\n")
