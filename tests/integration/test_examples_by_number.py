"""What got worse where nothing is right or wrong: a judge's scores, latencies, numbers to predict, sets of labels."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from memeci.engines import pairing
from memeci.records import FlipExample, FlipKind, Flips
from tests.builders.commands import Ran, run_memeci
from tests.builders.repository import RepoBuilder
from tests.builders.tables import write_table

N = 900
Columns = dict[str, Any]
JUDGE = "model: bot\nmetrics: [{name: judge, column: judge_score, direction: higher}]\n"
TOPIC = np.random.default_rng(5).integers(0, 6, N)
TOPICS = [f"t{k}" for k in TOPIC]
IDS = [f"q{i:04d}" for i in range(N)]


def make_scores(hit: np.ndarray | None = None, seed: int = 1) -> tuple[list[int], list[int]]:
    """Return scores of 1 to 5, before and now: one in six moves by a point either way; two in three of ``hit`` lose one to three."""
    rng = np.random.default_rng(seed)
    before = np.clip(np.round(rng.normal(3.8, 0.9, N)), 1, 5)
    now = np.clip(before + rng.choice([-1, 0, 1], N, p=[0.08, 0.84, 0.08]), 1, 5)
    if hit is not None:
        now = np.where(hit & (rng.random(N) < 0.67), np.clip(now - rng.integers(1, 4, N), 1, 5), now)
    return before.astype(int).tolist(), now.astype(int).tolist()


def evaluate(folder: Path, before: Columns, now: Columns, config: str = JUDGE, suffix: str = "jsonl", *more: str) -> Ran:
    (folder / "memeci.yml").write_text(config, encoding="utf-8")
    write_table(folder / f"old.{suffix}", {"id": IDS, **before})
    write_table(folder / f"new.{suffix}", {"id": IDS, **now})
    return run_memeci(folder, "evaluate", f"new.{suffix}", "-b", f"old.{suffix}", "-l", "en", "--no-meme", *more)


def get_flips(ran: Ran) -> Flips:
    assert ran.record.flips is not None
    return ran.record.flips


def list_losses(flips: Flips, kind: FlipKind = FlipKind.BROKEN) -> list[float]:
    return [float(f.baseline) - float(f.candidate) for f in flips.examples if f.kind is kind]


def count_moves(before: list[Any], now: list[Any]) -> tuple[int, int]:
    moves = np.array(now) - np.array(before)
    return int((moves > 0).sum()), int((moves < 0).sum())


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_topic_whose_scores_fell__is_named_and_its_deepest_falls_come_first(tmp_path: Path, suffix: str) -> None:
    before, now = make_scores(hit=TOPIC == 3)
    ran = evaluate(tmp_path, {"judge_score": before}, {"judge_score": now, "topic": TOPICS, "text": TOPICS}, suffix=suffix)
    flips = get_flips(ran)
    assert (flips.metric, flips.changed_wrong) == ("judge", 0)
    assert (flips.fixed, flips.broken) == count_moves(before, now)
    assert [s.slice for s in flips.slices] == [{"topic": "t3"}]
    broken = [f for f in flips.examples if f.kind is FlipKind.BROKEN]
    assert {f.slice["topic"] for f in broken} == {"t3"}
    losses = list_losses(flips)
    assert losses == sorted(losses, reverse=True)
    deepest = max(b - c for b, c, k in zip(before, now, TOPIC, strict=True) if k == 3)
    first = broken[0]
    i = IDS.index(first.id)
    assert (first.baseline, first.candidate, losses[0]) == (str(before[i]), str(now[i]), deepest)
    assert (first.label, first.score, first.text) == ("", None, "t3")
    assert (len(broken), len(flips.examples) - len(broken)) == (30, 10)


def test_it_reads__as_numbers_that_moved(tmp_path: Path) -> None:
    before, now = make_scores(hit=TOPIC == 3)
    ran = evaluate(tmp_path, {"judge_score": before}, {"judge_score": now, "topic": TOPICS})
    fixed, broken = count_moves(before, now)
    said = " ".join(ran.out.split())
    assert f"What got worse: by judge, {broken} of {N} examples got worse and {fixed} got better" in said
    assert "topic=t3 accounts for" in said
    assert "broke" not in said
    comment = (tmp_path / ".memeci" / "comment.md").read_text()
    assert f"10 of the {broken} that got worse" in comment
    assert "| id | slice | was | now |" in comment
    assert f"MEMECI_BROKEN={broken}\n" in (tmp_path / ".memeci" / "memeci.env").read_text()


def test_lower_is_better__a_rise_is_the_loss(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    before = rng.gamma(9, 60, N).round(1)
    now = np.where(TOPIC == 2, before * 1.5, before * rng.normal(1, 0.02, N)).round(1)
    config = "model: bot\nmetrics: [{name: 'latency [ms]', column: latency_ms, direction: lower}]\n"
    ran = evaluate(tmp_path, {"latency_ms": before.tolist()}, {"latency_ms": now.tolist(), "topic": TOPICS}, config)
    flips = get_flips(ran)
    better, worse = count_moves(now.tolist(), before.tolist())
    assert (flips.metric, flips.fixed, flips.broken) == ("latency [ms]", better, worse)
    assert [s.slice for s in flips.slices] == [{"topic": "t2"}]
    losses = list_losses(flips)
    assert losses == sorted(losses)
    assert losses[0] == pytest.approx(float((before - now)[TOPIC == 2].min()))


def make_errors(hit: np.ndarray, seed: int = 4) -> tuple[Columns, Columns]:
    """Return numbers predicted with an error of 20 or so; of ``hit`` they are off by 8 more."""
    rng = np.random.default_rng(seed)
    y = rng.gamma(8, 40, N).round(2)
    before = y + rng.normal(0, 20, N)
    now = before + rng.normal(0, 3, N)
    now = np.where(hit, now + np.sign(now - y) * 8, now)
    return tuple({"label": y.tolist(), "prediction": side.round(3).tolist()} for side in (before, now))  # type: ignore[return-value]


@pytest.mark.parametrize("config", ["model: m\n", "model: m\nmetrics: [spearman, r2]\n", "model: m\nmetrics: [rmse, mae]\n"])
def test_numbers_to_predict__are_worse_where_they_are_further_off(tmp_path: Path, config: str) -> None:
    before, now = make_errors(TOPIC == 1)
    ran = evaluate(tmp_path, before, {**now, "topic": TOPICS}, config, "parquet")
    flips = get_flips(ran)
    y = np.array(now["label"])
    errors = [np.abs(np.array(side["prediction"]) - y) for side in (before, now)]
    assert flips.metric == ("r2" if "r2" in config else "mae")
    assert (flips.broken, flips.fixed) == (int((errors[1] > errors[0]).sum()), int((errors[1] < errors[0]).sum()))
    assert [s.slice for s in flips.slices] == [{"topic": "t1"}]
    first = flips.examples[0]
    i = IDS.index(first.id)
    assert (float(first.label), float(first.baseline), float(first.candidate)) == (y[i], before["prediction"][i], now["prediction"][i])
    assert (errors[1] - errors[0])[i] == pytest.approx(max((errors[1] - errors[0])[TOPIC == 1]))


def test_whole_number__has_no_point(tmp_path: Path) -> None:
    config = "model: m\ntask: regression\n"
    sides = [{"label": [10.0] * N, "prediction": [p] * (N - 1) + [10.5]} for p in (10.0, 12.0)]
    first = get_flips(evaluate(tmp_path, *sides, config, "parquet")).examples[0]  # type: ignore[arg-type]
    assert (first.label, first.baseline, first.candidate) == ("10", "10", "12")


def test_as_far_off_on_the_other_side__is_a_tie_whatever_the_rounding(tmp_path: Path) -> None:
    y = [0.3, 0.7, 1000000.1] * (N // 3)
    before, now = ([round(v + step, 6) for v in y] for step in (-0.1, 0.1))
    ran = evaluate(tmp_path, {"label": y, "prediction": before}, {"label": y, "prediction": now}, "model: m\n", "parquet")
    assert (get_flips(ran).broken, get_flips(ran).fixed, get_flips(ran).examples) == (0, 0, ())


def test_nothing_moved__nothing_is_shown(tmp_path: Path) -> None:
    before, _ = make_scores()
    ran = evaluate(tmp_path, {"judge_score": before}, {"judge_score": before, "topic": TOPICS})
    assert get_flips(ran) == Flips(metric="judge")
    assert (ran.code, "got worse" in ran.out) == (0, False)


def test_groups__are_what_is_counted(tmp_path: Path) -> None:
    user = np.arange(N) // 9
    topic = np.random.default_rng(8).integers(0, 5, N)[user]
    users = {"user": [f"u{k}" for k in user]}
    before, now = make_scores(hit=topic == 3)
    columns = {"judge_score": now, "topic": [f"t{k}" for k in topic], **users}
    config = JUDGE + "columns: {group: user}\n"
    flips = get_flips(evaluate(tmp_path, {"judge_score": before, **users}, columns, config))
    assert [s.slice for s in flips.slices] == [{"topic": "t3"}]
    assert (flips.fixed, flips.broken) == count_moves(before, now)

    one = user == 7  # nine examples: whatever this user is called, it is one user
    before, now = make_scores(hit=one)
    special = {"judge_score": now, "topic": ["special" if k // 5 == 1 else "t" for k in user], **users}
    assert get_flips(evaluate(tmp_path, {"judge_score": before, **users}, special, config)).slices == ()


def test_declared_slices__are_found_too_and_in_a_pair_that_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, now = make_scores(hit=TOPIC == 3)
    sides: tuple[Columns, Columns] = ({"judge_score": before}, {"judge_score": now, "topic": TOPICS, "text": TOPICS})
    kept = get_flips(evaluate(tmp_path, *sides, JUDGE + "slices: [topic]\n"))
    monkeypatch.setattr(pairing, "MATERIALIZE_UP_TO", 10)
    passing = get_flips(evaluate(tmp_path, *sides, JUDGE + "slices: [topic]\n"))
    assert [s.slice for s in kept.slices] == [{"topic": "t3"}]
    assert passing == kept


def test_pair_that_is_not_kept__shows_numbers_to_predict_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, now = make_errors(TOPIC == 1)
    kept = get_flips(evaluate(tmp_path, before, now, "model: m\n", "parquet"))
    monkeypatch.setattr(pairing, "MATERIALIZE_UP_TO", 10)
    assert get_flips(evaluate(tmp_path, before, now, "model: m\n", "parquet")) == kept


def test_first_gated_metric_with_a_number__tells(tmp_path: Path) -> None:
    before, now = make_scores()
    metrics = (
        "model: bot\nmetrics: [{name: tokens, column: tokens, direction: lower}, {name: judge, column: judge_score, direction: higher}]\n"
    )
    sides: tuple[Columns, Columns] = ({"judge_score": before, "tokens": [5] * N}, {"judge_score": now, "tokens": [6] * N})
    assert get_flips(evaluate(tmp_path, *sides, metrics)).metric == "tokens"
    assert get_flips(evaluate(tmp_path, *sides, metrics + "gates: {tokens: {gate: false}}\n")).metric == "judge"
    assert get_flips(evaluate(tmp_path, {"judge_score": before}, sides[1], metrics)).metric == "judge"
    ran = evaluate(tmp_path, *sides, metrics + "gates: {tokens: {gate: false}, judge: {gate: false}}\n")
    assert ran.record.flips is None


def test_own_function__is_a_number_like_any(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text("def length(example):\n    return len(example['answer'])\n")
    config = "model: bot\nmetrics: [{name: length, function: 'own:length', direction: lower}]\n"
    before, now = (["好" * (3 + i % 4 + more * (i % 3 == 0)) for i in range(N)] for more in (0, 2))
    flips = get_flips(evaluate(tmp_path, {"answer": before}, {"answer": now}, config))
    assert (flips.metric, flips.broken, flips.fixed) == ("length", N // 3, 0)
    assert (flips.examples[0].baseline, flips.examples[0].candidate) == ("3", "5")


def test_sets_of_labels__are_worse_with_more_wrong_labels(tmp_path: Path) -> None:
    label = ["a|b"] * N
    before = ["a|b"] * 300 + ["a"] * 300 + ["c"] * 300
    now = ["a|c"] * 300 + ["a|b"] * 300 + ["a"] * 200 + ["c"] * 100  # 2 wrong instead of 0, 0 of 1, 1 of 3, 3 of 3
    sides = [{"label": label, "prediction": side} for side in (before, now)]
    config = "model: m\ntask: multilabel\n"
    flips = get_flips(evaluate(tmp_path, *sides, config, "csv"))  # type: ignore[arg-type]
    assert (flips.metric, flips.broken, flips.fixed) == ("hamming_loss", 300, 500)
    assert flips.examples[0] == FlipExample("q0000", FlipKind.BROKEN, "a, b", "a, b", "a, c")
    assert next(f.id for f in flips.examples if f.kind is FlipKind.FIXED) == "q0600"


def test_column_of_what_moved_or_of_the_number__explains_nothing(tmp_path: Path) -> None:
    """The judge's own words: bands of its score."""
    before, now = make_scores(hit=TOPIC == 3)
    bands = {"passed": [score >= 3 for score in now], "grade": ["ABCDE"[5 - score] for score in now]}
    assert get_flips(evaluate(tmp_path, {"judge_score": before}, {"judge_score": now, **bands})).slices == ()


def test_column_that_parts_the_numbers_of_both_models__is_the_examples(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    slow = rng.random(N) < 0.3
    before = np.where(slow, 900, 100) + rng.random(N)
    now = before + np.where(slow, rng.normal(3, 1, N), rng.normal(0, 1, N))
    config = "model: bot\nmetrics: [{name: latency, column: latency, direction: lower}]\n"
    device = {"device": ["cpu" if s else "gpu" for s in slow]}
    flips = get_flips(evaluate(tmp_path, {"latency": before.tolist()}, {"latency": now.tolist(), **device}, config))
    assert [s.slice for s in flips.slices] == [{"device": "cpu"}]


def test_no_number__is_refused_as_ever(tmp_path: Path) -> None:
    before, now = make_scores()
    ran = evaluate(tmp_path, {"judge_score": before}, {"judge_score": [*now[:-1], None]})
    assert ran.code == 2
    assert "judge_score" in ran.err


def test_no_baseline__nothing_moved(tmp_path: Path) -> None:
    (tmp_path / "memeci.yml").write_text(JUDGE)
    write_table(tmp_path / "new.csv", {"id": IDS, "judge_score": make_scores()[0]})
    ran = run_memeci(tmp_path, "evaluate", "new.csv", "-l", "en", "--no-meme")
    assert (ran.code, ran.record.flips) == (0, None)


@pytest.mark.parametrize("name", ["<img src=x>|`\n[31m", "{slice} {0}", "{number:judge_score}", "b_prediction"])
def test_hostile_metric_name__is_a_name(tmp_path: Path, name: str) -> None:
    before, now = make_scores()
    quoted = '"' + name.replace("\n", "\\n") + '"'
    config = f"model: bot\nmetrics: [{{name: {quoted}, column: judge_score, direction: higher}}]\n"
    ran = evaluate(tmp_path, {"judge_score": before}, {"judge_score": now}, config)
    assert get_flips(ran).metric == name
    comment = (tmp_path / ".memeci" / "comment.md").read_text()
    (line,) = [line for line in comment.splitlines() if "examples got worse" in line]
    assert re.match(r"\*\*What .*\*\*: by \S", line)
    assert not re.search(r"(?<!\\)[<|`]", line)


def test_partial_overlap__counts_the_common_examples(tmp_path: Path) -> None:
    before, now = make_scores(hit=TOPIC == 3)
    (tmp_path / "memeci.yml").write_text(JUDGE)
    write_table(tmp_path / "old.csv", {"id": IDS[20:], "judge_score": before[20:]})
    write_table(tmp_path / "new.csv", {"id": IDS, "judge_score": now, "topic": TOPICS})
    ran = run_memeci(tmp_path, "evaluate", "new.csv", "-b", "old.csv", "-l", "en", "--no-meme")
    assert (get_flips(ran).fixed, get_flips(ran).broken) == count_moves(before[20:], now[20:])
    (share,) = get_flips(ran).slices
    assert (share.slice, share.n) == ({"topic": "t3"}, int((TOPIC[20:] == 3).sum()))
    assert f"of {N - 20} examples" in ran.out


def test_release_of_scores__is_a_baseline_like_any(tmp_path: Path) -> None:
    before, now = make_scores(hit=TOPIC == 3)
    repo = RepoBuilder(tmp_path / "repo")
    write_table(repo.path / "p.jsonl", {"id": IDS, "judge_score": before, "topic": TOPICS})
    repo.commit({"memeci.yml": JUDGE})
    assert run_memeci(repo.path, "evaluate", "p.jsonl", "--no-meme").code == 0
    assert run_memeci(repo.path, "release").code == 0
    write_table(repo.path / "p.jsonl", {"id": IDS, "judge_score": now, "topic": TOPICS})
    repo.commit()
    ran = run_memeci(repo.path, "evaluate", "p.jsonl", "--no-meme")
    assert (ran.code, ran.outcome("judge")) == (1, "regressed")
    assert (get_flips(ran).fixed, get_flips(ran).broken) == count_moves(before, now)
    assert [s.slice for s in get_flips(ran).slices] == [{"topic": "t3"}]
