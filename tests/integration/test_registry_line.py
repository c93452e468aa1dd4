"""The line of releases: history, leaderboard, stages, clearing old records, the archive of failures, and running a baseline again."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from memeci.cli.group import main
from memeci.errors import ConfigError, DataError, GitError
from memeci.records import Baseline, BaselineKind, Comparison, Outcome, Provenance
from memeci.registry import Registry, ReleaseRequest, open_registry
from tests.builders.evaluation_dir import build_evaluation, write_evaluation
from tests.builders.repository import RepoBuilder


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    builder = RepoBuilder(tmp_path / "work")
    builder.commit({"predict.py": "print()\n"})
    builder.make_remote(tmp_path / "remote.git")
    return builder


def registry_of(repo: RepoBuilder) -> Registry:
    registry = open_registry(repo.path)
    assert registry is not None
    return registry


def release(repo: RepoBuilder, accuracy: float = 0.5, *, model: str = "sentiment", push: bool = True, version: str | None = None) -> str:
    """Evaluate as the pipeline does (the record carries the history so far) and release."""
    registry = registry_of(repo)
    history = registry.read_history(model, limit=100)
    evaluation = build_evaluation(
        repo.head,
        model=model,
        history=history,
        comparisons=(Comparison("accuracy", 3, Outcome.MEASURED, candidate=accuracy),),
        provenance=Provenance("0.1.0", f"2026-01-{len(history) + 1:02}T00:00:00Z", "duckdb"),
    )
    folder = write_evaluation(repo.path / ".memeci", evaluation)
    return registry.release(ReleaseRequest(folder, push=push, version=version)).tag


def run(repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    monkeypatch.chdir(repo.path)
    return CliRunner().invoke(main, list(arguments))


def shallow_clone(repo: RepoBuilder) -> RepoBuilder:
    remote = RepoBuilder.at(Path(repo.git("remote", "get-url", "origin")))
    return remote.clone(repo.path.parent / "clone", "--depth=1", "--no-tags")


def test_the_history__is_read_from_the_newest_record(repo: RepoBuilder) -> None:
    for accuracy in (0.5, 0.75, 0.625):
        release(repo, accuracy)
    summaries = registry_of(shallow_clone(repo)).read_history("sentiment", limit=10)
    assert [(s.version, s.metrics["accuracy"]) for s in summaries] == [("1.0.0", 0.5), ("1.0.1", 0.75), ("1.0.2", 0.625)]
    assert [s.version for s in registry_of(repo).read_history("sentiment", limit=1)] == ["1.0.2"]


def test_releases_that_did_not_know_of_each_other__are_all_in_the_history(repo: RepoBuilder) -> None:
    for version, accuracy in (("1.0.0", 0.1), ("1.1.0", 0.2), ("1.2.0", 0.3)):
        evaluation = build_evaluation(repo.head, comparisons=(Comparison("accuracy", 3, Outcome.MEASURED, candidate=accuracy),))
        registry_of(repo).release(ReleaseRequest(write_evaluation(repo.path / ".memeci", evaluation), push=True, version=version))
    for clone in (repo, shallow_clone(repo)):
        assert [s.metrics["accuracy"] for s in registry_of(clone).read_history("sentiment", limit=10)] == [0.1, 0.2, 0.3]


def test_without_releases__the_history_is_empty(repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    assert registry_of(repo).read_history("sentiment", limit=10) == ()
    result = run(repo, monkeypatch, "history")
    assert result.exit_code == 2
    assert "there is no release yet" in result.stderr
    assert "no release" in run(repo, monkeypatch, "history", "sentiment").stderr


def test_the_history_command__prints_a_table_json_and_markdown(repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    for accuracy in (0.5, 0.75, 1.0):
        release(repo, accuracy)
    table = run(repo, monkeypatch, "history").stdout
    assert all(word in table for word in ("v1.0.0", "v1.0.2", "2026-01-03", "pass", "accuracy", "▁▅█"))
    markdown = run(repo, monkeypatch, "history", "--md").stdout
    assert "| v1.0.1 | 2026-01-02 | pass | 75.0% |" in markdown
    content = json.loads(run(repo, monkeypatch, "history", "sentiment", "--json").stdout)
    assert [entry["metrics"]["accuracy"] for entry in content["releases"]] == [0.5, 0.75, 1.0]


def test_the_leaderboard__ranks_the_releases_of_all_models(repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    release(repo, 0.5, model="potato")
    release(repo, 0.9, model="tomato")
    release(repo, 0.7, model="potato")
    kitchen = run(repo, monkeypatch, "leaderboard", "--theme", "kitchen").stdout
    assert "食材算力排行榜" in kitchen
    assert kitchen.index("tomato") < kitchen.index("potato")
    assert "potato\n🍞" in kitchen
    content = json.loads(run(repo, monkeypatch, "leaderboard", "--json").stdout)
    places = [(place["rank"], place["model"], place["version"]) for place in content["places"]]
    assert places == [(1, "tomato", "1.0.0"), (2, "potato", "1.0.1"), (3, "potato", "1.0.0")]


def test_a_promotion__is_a_tag_as_gto_writes_it_and_a_baseline(repo: RepoBuilder, tmp_path: Path) -> None:
    release(repo)
    release(repo)
    clone = shallow_clone(repo)
    registry = registry_of(clone)
    assert registry.promote("sentiment@v1.0.0", "prod", push=True).tag == "sentiment#prod#1"
    assert registry.promote("sentiment@v1.0.1", "staging", push=True).tag == "sentiment#staging#2"
    assert repo.git("ls-remote", "origin", "refs/tags/sentiment#prod#1^{}").split("\t")[0] == repo.head
    for place in (clone, repo):
        # Both releases are of one commit, so only the stage tag tells which is meant.
        into = tmp_path / f"into-{place.path.name}"
        into.mkdir()
        found = registry_of(place).find_baseline("sentiment", "#prod", predictions_path=None, into=into)
        assert found is not None
        assert found.baseline.tag == "sentiment@v1.0.0"


@pytest.mark.parametrize(
    ("name", "stage"), [("sentiment@v9.0.0", "prod"), ("sentiment", "prod"), ("v1.0.0", "prod"), ("sentiment@v1.0.0", "a b")]
)
def test_what_cannot_be_promoted__is_a_clear_error(repo: RepoBuilder, name: str, stage: str) -> None:
    release(repo)
    with pytest.raises(ConfigError):
        registry_of(repo).promote(name, stage, push=False)


def test_version_alone__is_one_of_the_model_of_this_repository(repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    release(repo)
    release(repo)
    assert json.loads(run(repo, monkeypatch, "promote", "v1.0.0", "prod", "--json").stdout)["tag"] == "sentiment#prod#1"
    assert json.loads(run(repo, monkeypatch, "history", "--json").stdout)["stages"] == {"prod": "sentiment@v1.0.0"}
    markdown = run(repo, monkeypatch, "history", "--md").stdout
    assert "| v1.0.0 #prod |" in markdown
    assert "| v1.0.1 |" in markdown


def test_an_empty_stage__is_a_clear_error(repo: RepoBuilder, tmp_path: Path) -> None:
    release(repo)
    with pytest.raises(ConfigError, match='no release of "sentiment" is in the stage "prod"'):
        registry_of(repo).find_baseline("sentiment", "#prod", predictions_path=None, into=tmp_path)


def test_clearing__keeps_the_newest_and_what_is_in_a_stage_and_first_says_so(repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(4):
        release(repo)
    registry_of(repo).promote("sentiment@v1.0.0", "prod", push=True)
    before = repo.git("ls-remote", "origin"), repo.refs()
    dry = run(repo, monkeypatch, "gc", "--keep", "1", "--push", "--dry-run")
    assert "would delete 2 records, kept 2" in dry.stderr
    assert before == (repo.git("ls-remote", "origin"), repo.refs())
    content = json.loads(run(repo, monkeypatch, "gc", "--keep", "1", "--push", "--json").stdout)
    assert content["kept"] == ["1.0.3", "1.0.0"]
    for refs in (repo.refs("refs/memeci/releases"), repo.git("ls-remote", "origin", "refs/memeci/releases/*")):
        assert "v1.0.3" in str(refs)
        assert "v1.0.0" in str(refs)
        assert "v1.0.2" not in str(refs)
    assert len(repo.refs("refs/tags/sentiment@*")) == 4
    assert [s.version for s in registry_of(repo).read_history("sentiment", limit=9)] == ["1.0.0", "1.0.1", "1.0.2", "1.0.3"]


@pytest.mark.parametrize("push", [True, False])
def test_the_archive__grows_by_one_commit_per_failure(repo: RepoBuilder, push: bool) -> None:
    clone = shallow_clone(repo)
    kept = [registry_of(clone).archive(b"{}", picture, push=push) for picture in (b"png one", b"png two", None)]
    where = repo if push else clone
    if push:
        repo.git("fetch", "--quiet", "origin", "refs/memeci/memes:refs/memeci/memes")
    assert [archived.commit for archived in reversed(kept)] == where.git("rev-list", "refs/memeci/memes").split()
    assert where.git("show", f"{kept[1].commit}:{kept[1].picture}") == "png two"
    assert where.git("show", f"{kept[0].commit}:record.json") == "{}"
    assert kept[2].picture is None
    assert ("origin" if push else None) == kept[0].remote


def test_a_remote_that_refuses_the_archive__is_an_error_with_its_reason(repo: RepoBuilder) -> None:
    remote = RepoBuilder.at(Path(repo.git("remote", "get-url", "origin")))
    remote.git("config", "receive.hideRefs", "refs/memeci")
    with pytest.raises(GitError, match="takes only branches and tags"):
        registry_of(repo).archive(b"{}", push=True)


@pytest.mark.parametrize("shallow", [True, False])
def test_a_baseline_run_again__has_its_own_files_and_leaves_nothing_behind(repo: RepoBuilder, shallow: bool) -> None:
    release(repo)
    old = repo.head
    repo.commit({"predict.py": "new"})
    repo.git("push", "--quiet", "origin", "main")
    place = shallow_clone(repo) if shallow else repo
    baseline = Baseline(BaselineKind.RELEASE, "sentiment@v1.0.0", tag="sentiment@v1.0.0", commit=old)
    before = place.refs()
    with registry_of(place).open_worktree(baseline) as folder:
        assert (folder / "predict.py").read_text() == "print()\n"
        assert subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, check=True).stdout.decode().strip() == old
    assert not folder.parent.exists()
    assert len(place.git("worktree", "list").splitlines()) == 1
    assert before == place.refs()


def test_a_baseline_that_fails_when_run_again__leaves_nothing_behind(repo: RepoBuilder) -> None:
    baseline = Baseline(BaselineKind.TAG, "x", commit=repo.head)

    def fail() -> None:
        with registry_of(repo).open_worktree(baseline) as folder:
            (folder / "big").write_text("left over")
            folders.append(folder)
            raise RuntimeError("the command of the baseline failed")

    folders: list[Path] = []
    with pytest.raises(RuntimeError):
        fail()
    assert not folders[0].parent.exists()
    assert len(repo.git("worktree", "list").splitlines()) == 1


def test_a_file__cannot_be_run_again(repo: RepoBuilder) -> None:
    with pytest.raises(DataError, match="is no commit"):
        registry_of(repo).open_worktree(Baseline(BaselineKind.FILE, "old.csv"))


def test_a_record_of_a_newer_memeci__is_refused_with_advice(repo: RepoBuilder, tmp_path: Path) -> None:
    evaluation = msgspec.structs.replace(build_evaluation(repo.head), schema_version=99)
    folder = write_evaluation(repo.path / ".memeci", evaluation)
    with pytest.raises(DataError) as caught:
        registry_of(repo).release(ReleaseRequest(folder))
    assert "written by a newer memeci" in caught.value.what
    assert "upgrade memeci" in caught.value.next_step


@pytest.mark.parametrize("push", [["--push"], []])
def test_clearing__does_not_count_what_is_no_release(repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch, push: list[str]) -> None:
    for _ in range(3):
        release(repo)
    blob = repo.git("hash-object", "-w", "--stdin", stdin=b'{"schema_version": 1}')
    sound = repo.git("rev-parse", "refs/memeci/releases/sentiment/v1.0.1")
    repo.tag("sentiment@v9.0.0")
    repo.tag("sentiment@v8.0.0")
    forged = {"v9.0.0": blob, "v8.0.0": sound, "v7.0.0": sound}  # no commit, another release's, and one without a tag
    for version, identity in forged.items():
        repo.git("update-ref", f"refs/memeci/releases/sentiment/{version}", identity)
    repo.git("push", "--quiet", "origin", "refs/memeci/*:refs/memeci/*", "--tags")
    done = run(repo, monkeypatch, "gc", "--keep", "2", "--json", *push)
    content = json.loads(done.stdout)
    assert content["kept"] == ["1.0.2", "1.0.1"]
    assert content["deleted"] == ["refs/memeci/releases/sentiment/v1.0.0"]
    assert [ref.rpartition("/")[2] for ref in content["unusable"]] == ["v7.0.0", "v8.0.0", "v9.0.0"]
    assert "warning: refs/memeci/releases/sentiment/v9.0.0 is no record of a release" in done.stderr
    left = {name.rpartition("/")[2] for name in repo.refs("refs/memeci/releases")}
    assert left == {"v1.0.1", "v1.0.2", *forged}


@pytest.mark.parametrize("pushed", [True, False])
def test_a_release_that_does_not_match_its_record__is_not_promoted(repo: RepoBuilder, pushed: bool) -> None:
    release(repo)
    repo.tag("sentiment@v2.0.0")
    repo.git("update-ref", "refs/memeci/releases/sentiment/v2.0.0", "refs/memeci/releases/sentiment/v1.0.0")
    if pushed:
        repo.git("push", "--quiet", "origin", "refs/memeci/*:refs/memeci/*", "--tags")
    with pytest.raises(DataError, match="does not match its record"):
        registry_of(repo).promote("sentiment@v2.0.0", "prod", push=False)
    assert repo.refs("refs/tags/sentiment#prod") == {}


@pytest.mark.parametrize("annotated", [True, False])
@pytest.mark.parametrize("pushed", [True, False])
def test_a_tag_that_names_no_commit__is_not_promoted(repo: RepoBuilder, annotated: bool, pushed: bool) -> None:
    blob = repo.git("hash-object", "-w", "--stdin", stdin=b"x")
    repo.git("tag", *(["-a", "-m", "x"] if annotated else []), "sentiment@v2.0.0", blob)
    if pushed:
        repo.git("push", "--quiet", "origin", "--tags")
    with pytest.raises(ConfigError, match=r"the tag sentiment@v2\.0\.0 names no commit") as caught:
        registry_of(repo).promote("sentiment@v2.0.0", "prod", push=False)
    assert caught.value.why == "it is on a blob."


def test_a_tag_without_record__can_be_promoted(repo: RepoBuilder) -> None:
    repo.tag("sentiment@v2.0.0")
    assert registry_of(repo).promote("sentiment@v2.0.0", "prod", push=False).commit == repo.head


def test_a_leaderboard_by_a_metric_that_nobody_has__names_those_near(repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    release(repo)
    for style in ([], ["--json"]):
        ran = run(repo, monkeypatch, "leaderboard", "--metric", "acuracy", *style)
        assert ran.exit_code == 2
        assert 'error: no release has the metric "acuracy".' in ran.stderr
        assert "next:  memeci leaderboard --metric accuracy" in ran.stderr


@pytest.mark.parametrize("spec", ["@{upstream}", "@{push}", "HEAD@{99}", ":/no such words", ":/[", "HEAD^{/nothing}", "@{-1}"])
def test_a_baseline_that_git_cannot_find__is_the_users_error(repo: RepoBuilder, tmp_path: Path, spec: str) -> None:
    release(repo)
    with pytest.raises(ConfigError, match="there is no tag, branch or commit"):
        registry_of(repo).find_baseline("sentiment", spec, predictions_path=None, into=tmp_path)


def test_a_baseline_by_the_reflog__is_found(repo: RepoBuilder, tmp_path: Path) -> None:
    release(repo)
    found = registry_of(repo).find_baseline("sentiment", "HEAD@{0}", predictions_path=None, into=tmp_path)
    assert found is not None
    assert found.baseline.tag == "sentiment@v1.0.0"
