"""Which undeclared column explains a change, through the real command: what is named, and what must not be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from memeci.engines import pairing
from memeci.records import FlipKind, Flips
from tests.builders.commands import Ran, run_memeci
from tests.builders.repository import RepoBuilder
from tests.builders.tables import write_table

N = 1_200
Columns = dict[str, list[object]]


def make_sides(seed: int = 1, hit: np.ndarray | None = None) -> tuple[Columns, Columns]:
    """Return a baseline that is 90 % right, and a candidate that answers 4 % differently and breaks half of ``hit``."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, N)
    before = np.where(rng.random(N) < 0.9, label, 1 - label)
    now = np.where(rng.random(N) < 0.04, 1 - before, before)
    if hit is not None:
        now = np.where(hit & (rng.random(N) < 0.5), 1 - label, now)
    return tuple(  # type: ignore[return-value]
        {"id": [f"e{i:04d}" for i in range(N)], "label": ["ab"[k] for k in label], "prediction": ["ab"[k] for k in side]}
        for side in (before, now)
    )


def make_topic(seed: int = 5, k: int = 6) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, k, N)


def evaluate(folder: Path, sides: tuple[Columns, Columns], now: Columns, before: Columns | None = None, suffix: str = "csv") -> Ran:
    """Run the command on both sides, the candidate's with the columns ``now``, the baseline's with ``before``."""
    write_table(folder / f"old.{suffix}", {**sides[0], **(before or {})})
    write_table(folder / f"new.{suffix}", {**sides[1], **now})
    return run_memeci(folder, "evaluate", f"new.{suffix}", "-b", f"old.{suffix}", "-l", "en", "--no-meme")


def get_flips(ran: Ran) -> Flips:
    flips = ran.record.flips
    assert flips is not None
    return flips


@pytest.mark.parametrize("suffix", ["csv", "parquet", "jsonl"])
def test_undeclared_column_that_explains_all__is_named_with_its_share(tmp_path: Path, suffix: str) -> None:
    topic = make_topic()
    ran = evaluate(tmp_path, make_sides(hit=topic == 3), {"topic": [f"t{k}" for k in topic]}, suffix=suffix)
    (share,) = get_flips(ran).slices
    assert share.slice == {"topic": "t3"}
    assert share.n == int((topic == 3).sum())
    assert share.share is not None
    assert share.share > 0.7
    assert "topic=t3 accounts for" in ran.out


@pytest.mark.parametrize("text", [True, False], ids=["with texts", "without"])
def test_examples_of_a_pair_too_large_to_keep__are_told_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: bool) -> None:
    topic = [f"t{k}" for k in make_topic()]
    sides = make_sides()
    write_table(tmp_path / "old.csv", sides[0])
    write_table(tmp_path / "new.csv", {**sides[1], "topic": topic, **({"text": [f"text {i}" for i in range(N)]} if text else {})})
    monkeypatch.setattr(pairing, "MATERIALIZE_UP_TO", 10)
    ran = run_memeci(tmp_path, "evaluate", "new.csv", "-b", "old.csv", "-l", "en", "--no-meme", "--slice", "topic")
    examples = get_flips(ran).examples
    assert {example.kind for example in examples} == {FlipKind.BROKEN, FlipKind.FIXED}
    for example in examples:
        i = int(example.id[1:])
        assert (example.label, example.baseline, example.candidate) == (sides[0]["label"][i], *(side["prediction"][i] for side in sides))
        assert (example.slice, example.text) == ({"topic": topic[i]}, f"text {i}" if text else None)


def test_it__is_no_part_of_the_tested_family(tmp_path: Path) -> None:
    topic = make_topic()
    sides = make_sides(hit=topic == 3)
    with_topic = evaluate(tmp_path, sides, {"topic": [f"t{k}" for k in topic]}).record
    without = evaluate(tmp_path, sides, {}).record
    assert with_topic.comparisons == without.comparisons
    assert with_topic.decision == without.decision


def test_kept_predictions__do_not_hold_it(tmp_path: Path) -> None:
    topic = make_topic()
    evaluate(tmp_path, make_sides(hit=topic == 3), {"topic": topic.tolist()})
    assert pq.read_schema(tmp_path / ".memeci" / "predictions.parquet").names == ["id", "label", "prediction"]


def test_examples_of_the_hardest_hit_slice__come_first_and_say_so(tmp_path: Path) -> None:
    topic = make_topic()
    ran = evaluate(tmp_path, make_sides(hit=(topic == 3) & (make_topic(6) < 2)), {"topic": topic.tolist(), "where": make_topic(6).tolist()})
    named = get_flips(ran).slices[0].slice
    broken = [f for f in get_flips(ran).examples if f.kind is FlipKind.BROKEN]
    inside = [all(f.slice[column] == value for column, value in named.items()) for f in broken]
    assert inside[:10] == [True] * 10
    assert inside == sorted(inside, reverse=True)


def test_pair_of_a_declared_and_an_undeclared_column__is_found(tmp_path: Path) -> None:
    topic, lang = make_topic(), make_topic(6, 3)
    (tmp_path / "memeci.yml").write_text("model: m\nslices: [lang]\n")
    sides = make_sides(hit=(topic == 3) & (lang == 1))
    ran = evaluate(tmp_path, sides, {"topic": topic.tolist(), "lang": lang.tolist()})
    assert get_flips(ran).slices[0].slice == {"lang": "1", "topic": "3"}
    assert {column for f in get_flips(ran).examples for column in f.slice} == {"lang", "topic"}


def test_random_columns__are_named_at_most_as_often_as_promised(tmp_path: Path) -> None:
    named = 0
    for seed in range(12):
        rng = np.random.default_rng(100 + seed)
        noise: Columns = {f"c{k}": rng.integers(0, 2 + k, N).tolist() for k in range(6)}
        named += bool(get_flips(evaluate(tmp_path, make_sides(seed, hit=rng.random(N) < 0.2), noise, suffix="parquet")).slices)
    assert named <= 2  # P(more than 2 of 12) < 2 % at the full level of 5 %


def test_what_the_model_wrote_itself__explains_nothing(tmp_path: Path) -> None:
    sides = make_sides(hit=make_topic() == 3)
    label, now = sides[1]["label"], sides[1]["prediction"]
    score = [0.9 if p == "b" else 0.2 for p in now]
    outcomes: Columns = {
        "score": [s + i / 1e5 for i, s in enumerate(score)],
        "correct": [a == b for a, b in zip(label, now, strict=True)],
        "error": ["none" if a == b else f"took {a} for {b}" for a, b in zip(label, now, strict=True)],
        "answered": [f"class {p}" for p in now],
        "sure": ["yes" if s > 0.5 else "no" for s in score],
    }
    assert get_flips(evaluate(tmp_path, sides, outcomes)).slices == ()


def test_column_that_differs_between_the_files__explains_nothing(tmp_path: Path) -> None:
    """A column of both files is a property of the example only if both agree about it."""
    sides = make_sides(hit=make_topic() == 3)
    moved = [a != b for a, b in zip(sides[0]["prediction"], sides[1]["prediction"], strict=True)]
    rng = np.random.default_rng(1)
    guess = np.where(np.array(moved) & (rng.random(N) < 0.9), "unsure", "sure").tolist()
    assert {"mood": "unsure"} in [s.slice for s in get_flips(evaluate(tmp_path, sides, {"mood": guess})).slices]
    assert get_flips(evaluate(tmp_path, sides, {"mood": guess}, {"mood": ["sure"] * N})).slices == ()


def test_slice_that_broke_while_all_examples_held__is_said_beside_the_pass(tmp_path: Path) -> None:
    topic = make_topic(k=12)
    before, now = make_sides(hit=topic == 3)
    rng = np.random.default_rng(9)
    mended = (topic != 3) & (rng.random(N) < 0.7)
    now["prediction"] = [label if better else p for label, p, better in zip(now["label"], now["prediction"], mended, strict=True)]
    ran = evaluate(tmp_path, (before, now), {"topic": [f"t{k}" for k in topic]})
    assert (ran.code, ran.record.verdict.status.value) == (0, "pass")
    assert "! topic=t3 got worse" in ran.out
    assert "slices: [topic] in memeci.yml" in " ".join(ran.out.split())
    assert "⚠️&nbsp;topic=t3 got worse" in (tmp_path / ".memeci" / "comment.md").read_text()


def test_groups__are_what_is_counted(tmp_path: Path) -> None:
    """Users change together: a column of theirs is named by how many of them changed, not by how many examples."""
    user = np.arange(N) // 8
    topic = make_topic(k=6)[user]  # one topic a user
    (tmp_path / "memeci.yml").write_text("model: m\ncolumns: {group: user}\n")
    users: Columns = {"user": [f"u{k}" for k in user]}
    ran = evaluate(tmp_path, make_sides(hit=topic == 3), {"topic": [f"t{k}" for k in topic], **users}, users)
    (share,) = get_flips(ran).slices
    assert (share.slice, share.n) == ({"topic": "t3"}, int((topic == 3).sum()))
    assert share.p_adjusted is not None

    big: Columns = {"user": [f"u{k // 5}" for k in user]}  # 40 examples: whatever this user's are called, it is one user
    special = {"topic": ["special" if k // 5 == 7 else f"t{k % 2}" for k in user]}
    assert get_flips(evaluate(tmp_path, make_sides(hit=user // 5 == 7), {**special, **big}, big)).slices == ()


@pytest.mark.parametrize("name", ['a"b', "s0", "e.s0", "'; drop table pair; --", "n", "fixed", "列 名\t", "{label}", "<b>|`x`"])
def test_hostile_column_name__is_a_name(tmp_path: Path, name: str) -> None:
    topic = make_topic()
    value = "'\"); select 1 -- | <img> `"
    ran = evaluate(tmp_path, make_sides(hit=topic == 3), {name: [value if k == 3 else f"v{k}" for k in topic]}, suffix="parquet")
    assert [s.slice for s in get_flips(ran).slices] == [{name: value}]


def test_missing_values__are_a_slice_of_their_own(tmp_path: Path) -> None:
    topic = make_topic()
    for suffix, nothing in (("csv", ""), ("parquet", None)):
        ran = evaluate(tmp_path, make_sides(hit=topic == 3), {"topic": [nothing if k == 3 else f"t{k}" for k in topic]}, suffix=suffix)
        assert [s.slice for s in get_flips(ran).slices] == [{"topic": None}]
        assert get_flips(ran).examples[0].slice == {"topic": None}


def test_whole_numbers_and_truth_values__are_slices_like_in_any_format(tmp_path: Path) -> None:
    topic = make_topic()
    for suffix in ("csv", "parquet", "jsonl"):
        ran = evaluate(tmp_path, make_sides(hit=topic == 3), {"is_new": [bool(k == 3) for k in topic]}, suffix=suffix)
        assert [s.slice for s in get_flips(ran).slices] == [{"is_new": "true"}]


def test_columns_of_many_or_long_values_or_one__are_left_out(tmp_path: Path) -> None:
    topic = make_topic()
    columns: Columns = {
        "hash": [f"{i % 400}" for i in range(N)],
        "one": ["x"] * N,
        "empty": [""] * N,
        "long": ["y" * 5_000 if k == 3 else "z" for k in topic],
    }
    assert get_flips(evaluate(tmp_path, make_sides(hit=topic == 3), columns)).slices == ()


def test_column_whose_first_rows_look_poor__is_left_out(tmp_path: Path) -> None:
    """Sorted by day: the first rows have two values, the file has hundreds."""
    days: Columns = {"day": [f"d{max(i - 598, 0) // 2}" for i in range(N)]}
    assert get_flips(evaluate(tmp_path, make_sides(hit=np.arange(N) > 1_100), days)).slices == ()


def test_two_hundred_columns__find_the_one(tmp_path: Path) -> None:
    topic = make_topic()
    rng = np.random.default_rng(3)
    columns: Columns = {f"f{k}": rng.integers(0, 10_000, N).tolist() for k in range(190)}
    columns |= {f"g{k}": rng.integers(0, 3, N).tolist() for k in range(9)}
    ran = evaluate(tmp_path, make_sides(hit=topic == 3), {**columns, "topic": topic.tolist()})
    assert [s.slice for s in get_flips(ran).slices] == [{"topic": "3"}]


def test_partial_overlap__counts_the_common_examples(tmp_path: Path) -> None:
    topic = make_topic()
    before, now = make_sides(hit=topic == 3)
    kept = {name: column[20:] for name, column in before.items()}
    ran = evaluate(tmp_path, (kept, now), {"topic": topic.tolist()})
    (share,) = get_flips(ran).slices
    assert (share.slice, share.n) == ({"topic": "3"}, int((topic[20:] == 3).sum()))


def test_files_without_ids__are_explained_by_row(tmp_path: Path) -> None:
    topic = make_topic()
    sides = tuple({name: column for name, column in side.items() if name != "id"} for side in make_sides(hit=topic == 3))
    ran = evaluate(tmp_path, sides, {"topic": topic.tolist()})  # type: ignore[arg-type]
    assert [s.slice for s in get_flips(ran).slices] == [{"topic": "3"}]


def test_release_as_baseline__lacks_the_column_and_it_is_found_all_the_same(tmp_path: Path) -> None:
    topic = make_topic()
    before, now = make_sides(hit=topic == 3)
    repo = RepoBuilder(tmp_path / "repo")
    write_table(repo.path / "p.csv", {**before, "topic": topic.tolist()})
    repo.commit({"memeci.yml": "model: m\n"})
    assert run_memeci(repo.path, "evaluate", "p.csv", "--no-meme").code == 0
    assert run_memeci(repo.path, "release").code == 0
    write_table(repo.path / "p.csv", {**now, "topic": topic.tolist()})
    repo.commit()
    ran = run_memeci(repo.path, "evaluate", "p.csv", "--no-meme")
    assert [s.slice for s in get_flips(ran).slices] == [{"topic": "3"}]
