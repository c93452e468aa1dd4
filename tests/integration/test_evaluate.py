"""`memeci evaluate` as people use it: a file alone, two files, memeci.yml, a tag; what it writes, and how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from memeci.record_file import read_evaluation
from memeci.records import Evaluation, Pairing, Status, Task
from tests.builders.commands import run_memeci
from tests.builders.repository import RepoBuilder
from tests.builders.tables import write_table

OUTPUTS = {
    ".gitignore",
    "record.json",
    "meme.png",
    "comment.md",
    "summary.md",
    "junit.xml",
    "metrics.txt",
    "codequality.json",
    "memeci.env",
    "predictions.parquet",
}


def make_predictions(n: int = 400, wrong: int = 40, *, seed: int = 1, **columns: list[object]) -> dict[str, list[object]]:
    """Return ids, Chinese labels, and predictions of which the first ``wrong`` in a fixed random order are wrong."""
    labels = ["正面" if i % 2 else "负面" for i in range(n)]
    flipped = set(np.random.default_rng(seed).permutation(n)[:wrong].tolist())
    other = {"正面": "负面", "负面": "正面"}
    predictions = [other[label] if i in flipped else label for i, label in enumerate(labels)]
    return {"id": [f"e{i:04d}" for i in range(n)], "label": labels, "prediction": predictions, **columns}


@pytest.fixture
def two_files(tmp_path: Path) -> Path:
    """A folder with good.csv (10 % wrong) and bad.csv (30 % wrong, the same and more)."""
    write_table(tmp_path / "good.csv", make_predictions(wrong=40))
    write_table(tmp_path / "bad.csv", make_predictions(wrong=120))
    return tmp_path


def test_a_file_alone__is_measured_and_passes(two_files: Path) -> None:
    ran = run_memeci(two_files, "evaluate", "good.csv")
    assert (ran.code, ran.record.verdict.status) == (0, Status.NO_BASELINE)
    assert ran.record.task is Task.BINARY
    assert ran.record.comparisons[0].candidate == pytest.approx(0.9)


def test_a_worse_file__fails_with_1(two_files: Path) -> None:
    ran = run_memeci(two_files, "evaluate", "bad.csv", "--baseline", "good.csv")
    assert (ran.code, ran.record.verdict.status) == (1, Status.FAIL)
    assert ran.outcome("accuracy") == "regressed"
    assert (ran.record.flips.fixed, ran.record.flips.broken) == (0, 80)  # type: ignore[union-attr]


def test_a_better_file__passes_and_says_improved(two_files: Path) -> None:
    ran = run_memeci(two_files, "evaluate", "good.csv", "-b", "bad.csv")
    assert (ran.code, ran.outcome("accuracy")) == (0, "improved")


def test_the_same_file__passes_with_no_change(two_files: Path) -> None:
    ran = run_memeci(two_files, "evaluate", "good.csv", "-b", "good.csv")
    assert (ran.code, ran.record.verdict.status) == (0, Status.PASS)
    assert {c.delta for c in ran.record.comparisons} == {0.0}


def test_baseline_none__compares_with_nothing(two_files: Path) -> None:
    assert run_memeci(two_files, "evaluate", "bad.csv", "-b", "none").record.verdict.status is Status.NO_BASELINE


def test_outputs__are_all_there(two_files: Path) -> None:
    ran = run_memeci(two_files, "evaluate", "bad.csv", "-b", "good.csv", "-l", "en")
    assert {path.name for path in (two_files / ".memeci").iterdir()} == OUTPUTS
    assert "accuracy got worse" in ran.out
    assert ".memeci/: record.json, meme.png" in ran.err


def test_no_meme__writes_no_picture(two_files: Path) -> None:
    run_memeci(two_files, "evaluate", "good.csv", "--no-meme")
    assert not (two_files / ".memeci" / "meme.png").exists()
    assert "meme.png" not in (two_files / ".memeci" / "comment.md").read_text(encoding="utf-8")


def test_json__is_the_record_and_nothing_else(two_files: Path) -> None:
    ran = run_memeci(two_files, "evaluate", "bad.csv", "-b", "good.csv", "--json")
    assert ran.json == json.loads((two_files / ".memeci" / "record.json").read_bytes())
    assert ran.json["verdict"]["status"] == "fail"


@pytest.mark.parametrize(("locale", "there", "not_there"), [("C.UTF-8", "got worse", "变差"), ("zh_CN.UTF-8", "变差", "got worse")])
def test_terminal__speaks_the_readers_language_and_the_comment_both(
    two_files: Path, monkeypatch: pytest.MonkeyPatch, locale: str, there: str, not_there: str
) -> None:
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.setenv("LANG", locale)
    ran = run_memeci(two_files, "evaluate", "bad.csv", "-b", "good.csv")
    comment = (two_files / ".memeci" / "comment.md").read_text()
    assert there in ran.out
    assert not_there not in ran.out
    assert there in comment
    assert not_there in comment


@pytest.mark.parametrize(("language", "there", "not_there"), [("en", "got worse", "变差"), ("zh", "变差", "got worse")])
def test_language__speaks_one(two_files: Path, language: str, there: str, not_there: str) -> None:
    ran = run_memeci(two_files, "evaluate", "bad.csv", "-b", "good.csv", "-l", language)
    assert there in ran.out
    assert not_there not in ran.out


def test_fault_after_a_good_run__leaves_the_outputs_alone(two_files: Path) -> None:
    run_memeci(two_files, "evaluate", "good.csv")
    before = (two_files / ".memeci" / "record.json").read_bytes()
    (two_files / "empty.csv").write_text("id,label,prediction\n")
    ran = run_memeci(two_files, "evaluate", "empty.csv")
    assert ran.code == 2
    assert before == (two_files / ".memeci" / "record.json").read_bytes()
    assert [path.name for path in two_files.iterdir() if path.name.startswith(".memeci-")] == []


def test_output_dir_with_files_of_others__is_refused(two_files: Path) -> None:
    ran = run_memeci(two_files, "evaluate", "good.csv", "--output-dir", ".")
    assert ran.code == 2
    assert "replaces the whole folder" in ran.err
    assert (two_files / "good.csv").exists()


def test_nothing_to_evaluate__says_what_to_type(tmp_path: Path) -> None:
    ran = run_memeci(tmp_path, "evaluate")
    assert ran.code == 2
    assert "memeci evaluate predictions.csv" in ran.err


def test_unknown_baseline__is_explained(two_files: Path) -> None:
    ran = run_memeci(two_files, "evaluate", "good.csv", "-b", "v9.9.9")
    assert ran.code == 2
    assert "'v9.9.9' was not found" in ran.err


def test_the_record__is_free_of_row_order_and_time(two_files: Path) -> None:
    rows = (two_files / "bad.csv").read_text(encoding="utf-8").splitlines()
    (two_files / "turned.csv").write_text("\n".join([rows[0], *reversed(rows[1:])]) + "\n", encoding="utf-8")
    first = run_memeci(two_files, "evaluate", "bad.csv", "-b", "good.csv").record
    second = run_memeci(two_files, "evaluate", "turned.csv", "-b", "good.csv").record
    assert first.comparisons == second.comparisons
    assert first.dataset == second.dataset


CONFIG = """
model: toy
command: python predict.py
predictions: out/predictions.csv
metrics: [accuracy]
gates:
  accuracy: {min: 0.8}
"""

PREDICT = """
import os, sys
print("predicting with", os.environ.get("GITHUB_TOKEN"))
os.makedirs("out", exist_ok=True)
with open("out/predictions.csv", "w") as file:
    file.write("id,label,prediction\\n" + "".join(f"{i},{i % 2},{i % 2 if i % 10 else 1 - i % 2}\\n" for i in range(100)))
"""


WORSE = PREDICT.replace("i % 10 else", "i % 3 else")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RepoBuilder:
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit({"memeci.yml": CONFIG, "predict.py": PREDICT, ".gitignore": "out/\n__pycache__/\n"})
    return repo


def test_command__runs_and_its_output_streams(repository: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "ghs_secret")
    done = subprocess.run([sys.executable, "-m", "memeci", "evaluate"], cwd=repository.path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "predicting with None" in done.stderr


def test_command_that_fails__is_explained_with_its_last_words(repository: RepoBuilder) -> None:
    (repository.path / "predict.py").write_text("raise SystemExit('no model weights here')")
    done = subprocess.run([sys.executable, "-m", "memeci", "evaluate"], cwd=repository.path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "error: `python predict.py` ended with exit code 1." in done.stderr
    assert "why:   the last thing it said: no model weights here" in done.stderr
    assert "Traceback" not in done.stderr


def test_released_model__is_the_next_baseline(repository: RepoBuilder) -> None:
    assert run_memeci(repository.path, "evaluate").code == 0
    assert run_memeci(repository.path, "release").code == 0
    repository.commit({"predict.py": WORSE})
    ran = run_memeci(repository.path, "evaluate")
    assert (ran.code, ran.record.baseline.tag) == (1, "toy@v1.0.0")  # type: ignore[union-attr]
    assert ran.record.decision.pairing is Pairing.PAIRED
    assert ran.record.candidate.commit == repository.head
    assert ran.record.docker_tag is not None


def test_floor__fails_without_any_baseline(repository: RepoBuilder) -> None:
    (repository.path / "predict.py").write_text(WORSE)
    ran = run_memeci(repository.path, "evaluate")
    assert (ran.code, ran.outcome("accuracy")) == (1, "below_floor")


def test_adopted_repository__compares_with_the_predictions_in_the_tag(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    good = write_table(tmp_path / "good.csv", make_predictions(wrong=40)).read_bytes()
    bad = write_table(tmp_path / "bad.csv", make_predictions(wrong=120)).read_bytes()
    repo.commit({"predictions.csv": good})
    repo.tag("v1.2.0")
    repo.commit({"predictions.csv": bad})
    ran = run_memeci(repo.path, "evaluate", "predictions.csv")
    assert (ran.code, ran.record.baseline.tag) == (1, "v1.2.0")  # type: ignore[union-attr]


def test_scores_alone__compare_the_mean_of_a_column(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).normal(size=200)
    write_table(tmp_path / "a.jsonl", {"id": list(range(200)), "judge": [0.7 + 0.05 * x for x in noise]})
    write_table(tmp_path / "b.jsonl", {"id": list(range(200)), "judge": [0.6 + 0.05 * x for x in noise[::-1]]})
    (tmp_path / "memeci.yml").write_text("metrics: [{name: quality, column: judge, direction: higher}]\n")
    ran = run_memeci(tmp_path, "evaluate", "b.jsonl", "-b", "a.jsonl")
    assert (ran.code, ran.record.task, ran.outcome("quality")) == (1, Task.SCORES, "regressed")
    assert ran.record.comparisons[0].candidate == pytest.approx(float(np.mean(0.6 + 0.05 * noise)))


OWN_METRIC = """
def characters(example):
    print("a word on standard output")
    return len(example["text"])
"""


def test_own_function__gets_slices_intervals_and_gates(tmp_path: Path) -> None:
    texts = ["好" * (3 + i % 5) for i in range(120)]
    table = {"id": list(range(120)), "lang": ["zh", "en"] * 60, "text": texts}
    write_table(tmp_path / "a.csv", table)
    write_table(tmp_path / "b.csv", {**table, "text": [text + "好" for text in texts]})
    (tmp_path / "own.py").write_text(OWN_METRIC)
    (tmp_path / "memeci.yml").write_text(
        "slices: [lang]\nmetrics: [{name: length, function: 'own:characters', direction: lower}]\ngates: {length@lang: {tolerance: 0.1}}\n"
    )
    ran = run_memeci(tmp_path, "evaluate", "b.csv", "-b", "a.csv")
    assert (ran.code, ran.outcome("length", lang="zh")) == (1, "regressed")
    assert ran.record.comparisons[0].delta == pytest.approx(1)


def test_own_function_that_fails__names_the_example(tmp_path: Path) -> None:
    write_table(tmp_path / "a.csv", {"id": ["x", "y"], "text": ["好", "坏"]})
    (tmp_path / "own.py").write_text("def f(example):\n    return {'好': 1}[example['text']]\n")
    (tmp_path / "memeci.yml").write_text("metrics: [{name: f, function: 'own:f', direction: lower}]\n")
    ran = run_memeci(tmp_path, "evaluate", "a.csv")
    assert ran.code == 2
    assert "failed on example number 2" in ran.err
    assert "KeyError: '坏'" in ran.err


def test_groups_and_weights__reach_the_record(tmp_path: Path) -> None:
    extra = {"group": [f"user{i // 8}" for i in range(400)], "weight": [1.0 + i % 3 for i in range(400)]}
    write_table(tmp_path / "a.csv", make_predictions(wrong=40, **extra))
    write_table(tmp_path / "b.csv", make_predictions(wrong=120, **extra))
    ran = run_memeci(tmp_path, "evaluate", "b.csv", "-b", "a.csv")
    assert (ran.code, ran.record.dataset.n_groups, ran.record.dataset.weighted) == (1, 50, True)
    assert ran.record.comparisons[0].n_units == 50


def test_partial_overlap__compares_the_common_and_says_so(tmp_path: Path) -> None:
    whole = make_predictions(wrong=40)
    write_table(tmp_path / "a.csv", whole)
    write_table(tmp_path / "b.csv", {name: column[10:] for name, column in whole.items()})
    ran = run_memeci(tmp_path, "evaluate", "b.csv", "-b", "a.csv", "-l", "en")
    assert (ran.code, ran.record.decision.pairing) == (0, Pairing.PARTIAL)
    assert "390 examples are common to both" in ran.out


def test_other_examples__are_incomparable_and_fail_closed(tmp_path: Path) -> None:
    whole = make_predictions(wrong=40)
    write_table(tmp_path / "a.csv", {name: column[:300] for name, column in whole.items()})
    write_table(tmp_path / "b.csv", {name: column[100:] for name, column in whole.items()})
    ran = run_memeci(tmp_path, "evaluate", "b.csv", "-b", "a.csv", "-l", "en")
    assert (ran.code, ran.outcome("accuracy")) == (1, "incomparable")
    assert "Not comparable: only 50% of the examples" in ran.out


@pytest.mark.shared
@pytest.mark.parametrize(
    ("candidate", "baseline", "expected"),
    [
        ("waimai/lr_char12_C4", "waimai/lr_char12_C1", (53, 38, "no_evidence")),
        ("waimai/lr_char12_C1_noise10", "waimai/lr_char12_C1", (51, 63, "no_evidence")),
        ("waimai/lr_char12_C1_train10pct", "waimai/lr_char12_C1", (47, 266, "regressed")),
        ("waimai/lr_char12_C1_balanced", "waimai/lr_char12_C1", (100, 95, "no_evidence")),
        ("tosarcasm/lr_topic_text_char12", "tosarcasm/lr_text_char12", (71, 149, "regressed")),
    ],
)
def test_real_predictions__flip_as_counted_by_others(
    tmp_path: Path, shared_data: Path, candidate: str, baseline: str, expected: tuple[int, int, str]
) -> None:
    ran = run_memeci(tmp_path, "evaluate", shared_data / f"{candidate}.parquet", "-b", shared_data / f"{baseline}.parquet")
    flips = ran.record.flips
    assert flips is not None
    assert expected == (flips.fixed, flips.broken, ran.outcome("accuracy"))


@pytest.mark.shared
@pytest.mark.parametrize(
    ("folder", "files", "task", "metric"),
    [
        ("digits", ("rf", "lr"), Task.MULTICLASS, "accuracy"),
        ("breast_cancer", ("svc_rbf", "lr"), Task.BINARY, "roc_auc"),
        ("diabetes", ("rf", "ridge"), Task.REGRESSION, "rmse"),
    ],
)
def test_real_predictions_of_every_task__are_evaluated(
    tmp_path: Path, shared_data: Path, folder: str, files: tuple[str, str], task: Task, metric: str
) -> None:
    candidate, baseline = (shared_data / folder / f"{name}.parquet" for name in files)
    ran = run_memeci(tmp_path, "evaluate", candidate, "-b", baseline)
    assert ran.code in {0, 1}
    assert ran.record.task is task
    assert ran.outcome(metric) in {"no_evidence", "inconclusive", "improved", "regressed", "held"}


def test_command_that_crashes__leaves_an_incident_with_its_picture(repository: RepoBuilder) -> None:
    (repository.path / "predict.py").write_text("print('loading')\nraise MemoryError('of all things')\n")
    assert run_memeci(repository.path, "evaluate").code == 2
    incident = json.loads((repository.path / ".memeci" / "record.json").read_bytes())
    assert (incident["kind"], incident["findings"][0]["kind"]) == ("incident", "crash")
    assert incident["log_tail"][-1] == "MemoryError: of all things"
    assert (repository.path / ".memeci" / "meme.png").exists()
    assert "MemoryError: of all things" in (repository.path / ".memeci" / "comment.md").read_text()


def test_command_that_crashes__takes_no_secret_along(repository: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_PASSWORD", "open-sesame")
    (repository.path / "predict.py").write_text("import os\nraise SystemExit('refused: ' + os.environ['HUB_PASSWORD'])\n")
    assert run_memeci(repository.path, "evaluate").code == 2
    left = [path.read_bytes() for path in (repository.path / ".memeci").iterdir()]
    assert any(b"refused: ***" in data for data in left)
    assert not any(b"sesame" in data for data in left)


def test_rerun_baseline__runs_its_own_command_and_cleans_up(repository: RepoBuilder) -> None:
    run_memeci(repository.path, "evaluate")
    run_memeci(repository.path, "release")
    repository.commit({"predict.py": WORSE.replace("range(100)", "range(60)")})
    ran = run_memeci(repository.path, "evaluate", "--rerun-baseline")
    assert ran.record.dataset.change is not None
    assert (ran.record.dataset.change.common, ran.outcome("accuracy")) == (60, "incomparable")
    assert repository.git("worktree", "list").count("\n") == 0
    (repository.path / "predict.py").write_text(WORSE)
    assert run_memeci(repository.path, "evaluate", "--rerun-baseline").outcome("accuracy") == "regressed"


def test_metrics_in_the_tag__are_compared_unpaired_where_they_have_errors(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    bad = write_table(tmp_path / "bad.csv", make_predictions(wrong=200)).read_bytes()
    repo.commit({"metrics.json": json.dumps({"accuracy": 0.9, "accuracy_stderr": 0.015})})
    repo.tag("v1.0.0")
    repo.commit({"predictions.csv": bad})
    ran = run_memeci(repo.path, "evaluate", "predictions.csv", "--metric", "accuracy", "-l", "en")
    assert (ran.code, ran.record.decision.pairing, ran.outcome("accuracy")) == (1, Pairing.UNPAIRED, "regressed")


def test_bare_metrics_in_the_tag__have_no_error_bar_and_it_says_so(tmp_path: Path) -> None:
    repo = RepoBuilder(tmp_path / "repo")
    bad = write_table(tmp_path / "bad.csv", make_predictions(wrong=200)).read_bytes()
    repo.commit({"metrics.json": json.dumps({"accuracy": 0.9})})
    repo.tag("v1.0.0")
    repo.commit({"predictions.csv": bad})
    ran = run_memeci(repo.path, "evaluate", "predictions.csv", "--metric", "accuracy", "-l", "en")
    assert ran.record.decision.pairing is Pairing.METRICS_ONLY
    assert "no error bar" in ran.out


def _read_record(folder: Path) -> Evaluation:
    return read_evaluation(folder / "record.json", next_step="")


def test_predictions_left_out_for_their_size__are_written_by_the_release(repository: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["memeci.pipeline.evaluate"], "KEEP_UP_TO", 10)
    run_memeci(repository.path, "evaluate")
    assert not (repository.path / ".memeci" / "predictions.parquet").exists()
    monkeypatch.undo()
    run_memeci(repository.path, "evaluate", "--output-dir", "again")
    digest = _read_record(repository.path / "again").dataset.digest
    assert _read_record(repository.path / ".memeci").dataset.digest is None
    assert run_memeci(repository.path, "release").code == 0
    assert _read_record(repository.path / ".memeci").dataset.digest == digest
    monkeypatch.setattr(sys.modules["memeci.pipeline.evaluate"], "KEEP_UP_TO", 10)
    repository.commit()
    assert run_memeci(repository.path, "evaluate").record.decision.pairing is Pairing.PAIRED
    changed = (repository.path / "out" / "predictions.csv").read_text().replace("1,1,1", "1,0,1")
    (repository.path / "out" / "predictions.csv").write_text(changed)
    repository.commit()
    ran = run_memeci(repository.path, "release")
    assert ran.code == 2
    assert "is not what was evaluated" in ran.err


def test_a_release_of_predictions_left_out__reads_them_as_the_evaluation_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stars = [i % 5 for i in range(400)]
    table = write_table(tmp_path / "stars.csv", {"id": range(400), "label": stars, "prediction": stars[1:] + stars[:1]})
    repo = RepoBuilder(tmp_path / "repo")
    repo.commit({"stars.csv": table.read_bytes()})
    run_memeci(repo.path, "evaluate", "stars.csv", "--task", "regression", "--output-dir", "again")
    monkeypatch.setattr(sys.modules["memeci.pipeline.evaluate"], "KEEP_UP_TO", 10)
    run_memeci(repo.path, "evaluate", "stars.csv", "--task", "regression")
    assert run_memeci(repo.path, "release").code == 0
    kept, released = repo.path / "again", repo.path / ".memeci"
    assert _read_record(released).dataset.digest == _read_record(kept).dataset.digest
    assert pq.read_schema(released / "predictions.parquet") == pq.read_schema(kept / "predictions.parquet")


def test_a_release_of_an_evaluation_that_lost_its_predictions__says_that_they_are_gone(repository: RepoBuilder) -> None:
    run_memeci(repository.path, "evaluate")
    (repository.path / ".memeci" / "predictions.parquet").unlink()
    ran = run_memeci(repository.path, "release")
    assert (ran.code, "predictions.parquet does not exist" in ran.err) == (2, True)


def test_own_function_that_fails_early__is_explained_however_much_is_left_to_read(tmp_path: Path) -> None:
    write_table(tmp_path / "a.csv", {"id": list(range(5000)), "text": ["好" * 50] * 5000})
    (tmp_path / "own.py").write_text("def f(example):\n    return example['nothing']\n")
    (tmp_path / "memeci.yml").write_text("metrics: [{name: f, function: 'own:f', direction: lower}]\n")
    ran = run_memeci(tmp_path, "evaluate", "a.csv")
    assert (ran.code, "failed on example number 1" in ran.err) == (2, True)


@pytest.mark.parametrize(("candidate", "code"), [("good.csv", 0), ("bad.csv", 1)])
def test_a_reader_that_leaves__changes_no_exit_code(two_files: Path, candidate: str, code: int) -> None:
    command = [sys.executable, "-m", "memeci", "evaluate", candidate, "-b", "good.csv", "--no-meme"]
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(command, cwd=two_files, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert (done.returncode, "Broken" in done.stderr) == (code, False)


def test_rows_without_ids_in_another_order__are_refused(tmp_path: Path) -> None:
    whole = make_predictions(wrong=40)
    del whole["id"]
    write_table(tmp_path / "a.csv", whole)
    order = np.random.default_rng(5).permutation(400)
    write_table(tmp_path / "b.csv", {name: [column[i] for i in order] for name, column in whole.items()})
    ran = run_memeci(tmp_path, "evaluate", "b.csv", "-b", "a.csv")
    assert (ran.code, "no id column" in ran.err) == (2, True)
    assert "row was compared with row" in run_memeci(tmp_path, "evaluate", "a.csv", "-b", "a.csv", "-l", "en").out


def test_baseline_file_with_a_typo__is_no_tag(two_files: Path) -> None:
    ran = run_memeci(two_files, "evaluate", "bad.csv", "-b", "god.csv")
    assert (ran.code, "next:  --baseline good.csv" in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("gates", "words"),
    [
        ("acuracy: {min: 0.99}", "did you mean accuracy"),
        ("roc_auc: {min: 0.99}", "roc_auc needs a score"),
        ("auc: {min: 0.99}", "here it is called roc_auc"),
        ('"accuracy@lang=jp": {min: 0.9}', "has no examples to hold for"),
    ],
)
def test_a_gate_that_could_not_hold__is_an_error_and_not_forgotten(tmp_path: Path, gates: str, words: str) -> None:
    write_table(tmp_path / "a.csv", make_predictions(wrong=40, lang=["zh", "en"] * 200))
    (tmp_path / "memeci.yml").write_text(f"slices: [lang]\ngates:\n  {gates}\n")
    ran = run_memeci(tmp_path, "evaluate", "a.csv")
    assert (ran.code, words in ran.err) == (2, True), ran.err


def test_a_gate_on_a_metric_that_is_no_default__is_measured(two_files: Path) -> None:
    (two_files / "memeci.yml").write_text("gates: {balanced_accuracy: {min: 0.95}}\n")
    ran = run_memeci(two_files, "evaluate", "good.csv")
    assert (ran.code, ran.outcome("balanced_accuracy")) == (1, "below_floor")


def test_scores_that_vanish__are_an_error_and_not_a_pass(tmp_path: Path) -> None:
    whole = make_predictions(wrong=40)
    scores = [0.9 if p == "正面" else 0.1 for p in whole["prediction"]]
    write_table(tmp_path / "a.csv", {**whole, "score": scores})
    write_table(tmp_path / "b.csv", whole)
    ran = run_memeci(tmp_path, "evaluate", "b.csv", "-b", "a.csv")
    assert (ran.code, "has no scores, and the baseline has" in ran.err) == (2, True)
    assert run_memeci(tmp_path, "evaluate", "b.csv", "-b", "a.csv", "--metric", "accuracy").code == 0


def test_mass_relabelling__is_another_test_set(tmp_path: Path) -> None:
    whole = make_predictions(wrong=40)
    write_table(tmp_path / "a.csv", whole)
    write_table(tmp_path / "b.csv", {**whole, "label": whole["prediction"]})
    ran = run_memeci(tmp_path, "evaluate", "b.csv", "-b", "a.csv")
    assert (ran.code, ran.outcome("accuracy")) == (1, "incomparable")


@pytest.mark.parametrize(("redirect", "code"), [(">&-", 0), (">/dev/full", 0), ("2>/dev/full", 0), ("2>&-", 0)])
def test_output_that_nobody_takes__changes_no_exit_code(two_files: Path, redirect: str, code: int) -> None:
    command = f"{sys.executable} -m memeci evaluate good.csv -b good.csv --no-meme {redirect}"
    assert subprocess.run(["sh", "-c", command], cwd=two_files, check=False).returncode == code


@pytest.mark.parametrize(
    "command", ["evaluate good.csv -b good.csv --no-meme --json", "docker-tag 5201314000000000000000000000000000000000"]
)
def test_output_that_is_the_result__is_missed_on_a_full_disk_not_by_a_reader_that_left(two_files: Path, command: str) -> None:
    def run(tail: str) -> subprocess.CompletedProcess[bytes]:
        line = f"{sys.executable} -m memeci {command} {tail}"
        return subprocess.run(["bash", "-o", "pipefail", "-c", line], cwd=two_files, check=False, capture_output=True)

    assert run("| true").returncode == 0
    full = run(">/dev/full")
    assert (full.returncode, b"free some space" in full.stderr) == (3, True)


def test_links_that_lead_back__are_walked_once(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    write_table(folder / "a.csv", make_predictions(wrong=40))
    for name in ("x", "y"):
        (folder / name).symlink_to(folder)
    assert run_memeci(tmp_path, "evaluate", "p").record.dataset.n == 400
