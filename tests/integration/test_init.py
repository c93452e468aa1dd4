"""``memeci init`` in real repositories: the right files, filled in from real predictions, and nothing overwritten unasked."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from memeci.cli import main
from memeci.config import load_config
from memeci.records import Task

ROWS = "\n".join(
    f"{i},{'ios' if i % 3 else 'web'},{'好评' if i % 2 else '差评'},{'好评' if i % 5 else '差评'},{(i % 2) * 0.5 + 0.1}" for i in range(200)
)
TABLE = "编号,platform,标签,预测,得分\n" + ROWS + "\n"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    def make(remote: str) -> Path:
        folder = tmp_path / "reviews"
        folder.mkdir()
        subprocess.run(["git", "init", "-q", str(folder)], check=True)
        if remote:
            subprocess.run(["git", "-C", str(folder), "remote", "add", "origin", remote], check=True)
        monkeypatch.chdir(folder)
        return folder

    return make


def _init(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["init", *arguments])


def _read_workflow(folder: Path, name: str) -> Any:
    return yaml.safe_load((folder / ".github/workflows" / name).read_text())


def test_github_repository__gets_a_config_from_its_predictions_and_a_workflow(repository: Callable[[str], Path]) -> None:
    folder = repository("git@github.com:team/reviews.git")
    (folder / "p.csv").write_text(TABLE, encoding="utf-8")
    result = _init("p.csv")
    assert result.exit_code == 0, result.output
    config = load_config()
    assert (config.model, config.predictions, config.task, config.positive_label) == ("reviews", "p.csv", Task.BINARY, "好评")
    assert (config.columns.id, config.columns.label, config.columns.prediction, config.columns.score) == ("编号", "标签", "预测", "得分")
    assert config.slices == (("platform",),)
    assert "uses: memeci/memeci@" in (folder / ".github/workflows/memeci.yml").read_text()


def test_gitlab_repository__gets_its_own_pipeline(repository: Callable[[str], Path]) -> None:
    folder = repository("https://gitlab.example/team/reviews.git")
    assert _init().exit_code == 0
    assert 'memeci" ci' in (folder / ".gitlab-ci.yml").read_text()


def test_gitlab_pipeline_that_exists__is_left_alone_and_told_what_to_include(repository: Callable[[str], Path]) -> None:
    folder = repository("")
    (folder / ".gitlab-ci.yml").write_text("test: {script: [make]}\n")
    result = _init()
    assert (folder / ".gitlab-ci.yml").read_text() == "test: {script: [make]}\n"
    assert (folder / ".gitlab/memeci.yml").exists()
    assert "- local: .gitlab/memeci.yml" in result.output


def test_no_forge__says_how_to_name_one(repository: Callable[[str], Path]) -> None:
    folder = repository("")
    assert "--forge github" in _init().output
    assert sorted(p.name for p in folder.iterdir()) == [".git", "memeci.yml"]


def test_files_that_exist__are_kept_and_replaced_only_by_force(repository: Callable[[str], Path]) -> None:
    folder = repository("git@github.com:team/reviews.git")
    (folder / "memeci.yml").write_text("model: mine\n")
    assert "kept   memeci.yml" in _init().output
    assert (folder / "memeci.yml").read_text() == "model: mine\n"
    again = _init()
    assert again.exit_code == 2
    assert "exist already" in again.output
    assert _init("--force").exit_code == 0
    assert "model: reviews" in (folder / "memeci.yml").read_text()


def test_broken_predictions__write_nothing(repository: Callable[[str], Path]) -> None:
    folder = repository("")
    (folder / "p.parquet").write_bytes(b"PAR1 and no end")
    result = _init("p.parquet")
    assert result.exit_code == 2
    assert "truncated parquet" in result.output
    assert not (folder / "memeci.yml").exists()


def test_parts_that_no_column_plays__are_said(repository: Callable[[str], Path]) -> None:
    folder = repository("")
    (folder / "p.csv").write_text("a,prediction\nx,y\nz,y\n", encoding="utf-8")
    said = _init("p.csv").stderr
    assert "no column with a common name for the label: set columns.label in memeci.yml" in said
    assert "has no id column" in said
    (folder / "p.csv").write_text(TABLE, encoding="utf-8")
    assert "note: " not in _init("p.csv", "--force").stderr


def test_name_that_git_refuses__is_an_error(repository: Callable[[str], Path]) -> None:
    repository("")
    assert _init("--model", "a b").exit_code == 2


def test_pull_requests_from_forks__get_a_half_that_reads_and_a_half_that_writes(repository: Callable[[str], Path]) -> None:
    folder = repository("git@github.com:team/reviews.git")
    assert _init("--forks").exit_code == 0
    evaluate, publish = (_read_workflow(folder, name) for name in ("memeci.yml", "memeci-publish.yml"))
    assert [job["permissions"] for job in evaluate["jobs"].values()] == [{"contents": "read"}]
    # YAML 1.1 takes the key `on` for a boolean.
    assert publish[True]["workflow_run"]["workflows"] == [evaluate["name"]]


def test_config_in_a_folder_of_its_own__is_where_the_workflow_works(
    repository: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = repository("git@github.com:team/reviews.git")
    (folder / "models/a b").mkdir(parents=True)
    monkeypatch.chdir(folder / "models/a b")
    assert _init().exit_code == 0
    steps = _read_workflow(folder, "memeci.yml")["jobs"]["model"]["steps"]
    assert steps[-1]["with"] == {"working-directory": "models/a b"}
    assert _init("--forks", "--force").exit_code == 2
    assert _init("--forge", "gitlab").exit_code == 0
    job = yaml.safe_load((folder / ".gitlab-ci.yml").read_text())["memeci"]
    assert job["script"][0] == "cd 'models/a b'"
    assert {*job["artifacts"]["paths"], *(path.rpartition("/")[0] + "/" for path in job["artifacts"]["reports"].values())} == {
        "models/a b/.memeci/"
    }


def _init_below(folder: Path, forge: str, monkeypatch: pytest.MonkeyPatch) -> Result:
    folder.mkdir()
    monkeypatch.chdir(folder)
    return _init("--forge", forge)


@pytest.mark.parametrize("name", ["we ird: #", "q\"uo'te", "back\\slash", "$(touch pwned)", "- é, [x] {y}", "评论 😀", "a: b"])
@pytest.mark.parametrize("forge", ["github", "gitlab"])
def test_an_odd_name_of_a_folder__stays_that_name_in_yaml_and_in_the_shell(
    repository: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, forge: str, name: str
) -> None:
    folder = repository("git@github.com:team/reviews.git")
    result = _init_below(folder / name, forge, monkeypatch)
    assert result.exit_code == 0, result.output
    if forge == "github":
        assert _read_workflow(folder, "memeci.yml")["jobs"]["model"]["steps"][-1]["with"] == {"working-directory": name}
    else:
        job = yaml.safe_load((folder / ".gitlab-ci.yml").read_text())["memeci"]
        assert shlex.split(job["script"][0]) == ["cd", name]
        assert job["artifacts"]["paths"] == [f"{name}/.memeci/"]
        assert job["artifacts"]["reports"]["junit"] == f"{name}/.memeci/junit.xml"


@pytest.mark.parametrize("name", ["new\nline", "para\u2028graph", "${{ secrets.X }}"])
@pytest.mark.parametrize("forge", ["github", "gitlab"])
def test_a_name_that_no_workflow_can_hold__is_refused(
    repository: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, forge: str, name: str
) -> None:
    folder = repository("git@github.com:team/reviews.git")
    result = _init_below(folder / name, forge, monkeypatch)
    assert (result.exit_code, "cannot stand in a workflow" in result.stderr) == (2, True), result.output
    assert not list((folder / name).iterdir())


def test_workflows__are_those_of_ci_templates() -> None:
    top = Path(__file__).parents[2]
    for file in (top / "memeci/cli/starter").glob("git*/*.yml"):
        origin = top / "ci-templates" / file.parent.name / file.name
        assert file.read_text() == origin.read_text(), f"copy {origin.relative_to(top)}"


@pytest.mark.shared
@pytest.mark.parametrize(
    ("file", "task", "positive"),
    [
        ("waimai/lr_char12_C1.parquet", Task.BINARY, "1"),
        ("waimai/lr_char12_C1.csv", Task.BINARY, "1"),
        ("digits/rf.parquet", Task.MULTICLASS, None),
        ("diabetes/rf.parquet", Task.REGRESSION, None),
        ("breast_cancer/lr.parquet", Task.BINARY, "1"),
    ],
)
def test_real_predictions__are_understood(
    file: str, task: Task, positive: str | None, shared_data: Path, repository: Callable[[str], Path]
) -> None:
    data = (shared_data / file).resolve()
    repository("")
    assert _init(str(data)).exit_code == 0
    config = load_config()
    assert (config.task, config.positive_label) == (task, positive)
    assert (config.columns.id, config.columns.label, config.columns.prediction) == ("id", "y_true", "y_pred")
