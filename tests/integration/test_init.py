"""``memeci init`` in real repositories: the right files, filled in from real predictions, and nothing overwritten unasked."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
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
    assert "memeci ci" in (folder / ".gitlab-ci.yml").read_text()


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


def test_name_that_git_refuses__is_an_error(repository: Callable[[str], Path]) -> None:
    repository("")
    assert _init("--model", "a b").exit_code == 2


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
