"""`memeci power`: what it prints, and how it refuses."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from memeci.cli.group import main
from memeci.records import (
    Candidate,
    Dataset,
    DecisionInfo,
    Evaluation,
    Flips,
    Provenance,
    Status,
    Task,
    Text,
    Verdict,
    encode_record,
)
from tests.builders.evaluations import failing, regression


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["power", *arguments])


def test_without_options__says_how_many_examples_one_pp_needs() -> None:
    result = _run()
    assert result.exit_code == 0
    assert "A loss of 1 pp at 5% disagreement needs 6,019 examples." in result.output
    assert "│     1,000 │        2 pp │      2.8 pp │       3.7 pp │         5 pp │" in result.output


def test_examples__says_what_they_show() -> None:
    assert "Your 10,000 examples show a loss of 0.76 pp." in _run("-n", "10000", "--disagreement", "5%").output


@pytest.mark.parametrize("loss", ["7", "0", "-1%", "much", "nan"])
def test_impossible_loss__is_a_usage_error(loss: str) -> None:
    result = _run("--loss", loss)
    assert result.exit_code == 2
    assert "is not a rate between 0 and 1" in result.output


def _write_record(folder: Path, n_tests: int, flips: Flips | None) -> str:
    record = Evaluation(
        model="m",
        task=Task.BINARY,
        candidate=Candidate("preds.csv"),
        baseline=None,
        dataset=Dataset(n=4_000, digest="d"),
        comparisons=(),
        verdict=Verdict(Status.PASS, Text("", "")),
        decision=DecisionInfo("default", 0.01, n_tests),
        provenance=Provenance("0", "", "duckdb"),
        flips=flips,
    )
    path = folder / "record.json"
    path.write_bytes(encode_record(record))
    return str(path)


def test_record__gives_examples_disagreement_and_tests(tmp_path: Path) -> None:
    output = _run("--record", _write_record(tmp_path, 40, Flips(fixed=60, broken=60))).output
    assert "at 3% disagreement" in output
    assert "40 tests" in output
    assert "Your 4,000 examples show" in output
    assert "taken as independent" in output
    assert "assumed" not in output


def test_record_that_compared_with_nothing__says_what_is_assumed(tmp_path: Path) -> None:
    path = _write_record(tmp_path, 0, None)
    assert "so assumed: 5% disagreement, 1 test." in _run("--record", path).output
    assert "so assumed: 1 test." in _run("--record", path, "--disagreement", "3%").output
    assert "assumed" not in _run("--record", path, "--disagreement", "3%", "--tests", "8").output


def test_record_that_is_none__is_explained(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    path.write_text("{}", encoding="utf-8")
    result = _run("--record", str(path))
    assert result.exit_code == 2
    assert "cannot be used" in result.output
    assert "pass the record.json that `memeci evaluate` wrote" in result.output


def test_record_without_accuracy__says_what_its_metrics_could_have_shown(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    path.write_bytes(encode_record(regression()))
    result = _run("--record", str(path))
    assert result.exit_code == 2
    assert "rmse 4.4" in result.output


def test_record_with_groups__says_that_they_show_less(tmp_path: Path) -> None:
    one = failing()
    path = tmp_path / "record.json"
    path.write_bytes(encode_record(msgspec.structs.replace(one, dataset=msgspec.structs.replace(one.dataset, n_groups=220))))
    assert "these are 220 groups, and show less" in _run("--record", str(path)).output


def test_hardly_any_example__shows_nothing() -> None:
    assert "Your 1 example cannot show any loss." in _run("-n", "1").output
