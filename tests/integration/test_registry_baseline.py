"""Finding the baseline in real repositories: full clones, depth-1 clones without tags, tags that memeci did not write."""

from __future__ import annotations

from pathlib import Path

import pytest

from memeci.errors import ConfigError, DataError
from memeci.records import BaselineKind, Evaluation
from memeci.registry import FoundBaseline, Registry, ReleaseRequest, open_registry
from tests.builders.evaluation_dir import build_evaluation, build_predictions, write_evaluation
from tests.builders.repository import RepoBuilder

PREDICTIONS = build_predictions()


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    builder = RepoBuilder(tmp_path / "work")
    builder.commit({"predict.py": "print()\n"})
    return builder


def registry_of(repo: RepoBuilder) -> Registry:
    registry = open_registry(repo.path)
    assert registry is not None
    return registry


def release(repo: RepoBuilder, *, push: bool = False, version: str | None = None, **changes: object) -> Evaluation:
    evaluation = build_evaluation(repo.head, **changes)  # type: ignore[arg-type]
    folder = write_evaluation(repo.path / ".memeci", evaluation, PREDICTIONS)
    registry_of(repo).release(ReleaseRequest(folder, push=push, version=version))
    return evaluation


def find(repo: RepoBuilder, spec: str, path: str | None = None, model: str = "sentiment") -> FoundBaseline | None:
    into = repo.path.parent / f"into-{len(list(repo.path.parent.iterdir()))}"
    into.mkdir()
    return registry_of(repo).find_baseline(model, spec, predictions_path=path, into=into)


def snapshot(repo: RepoBuilder) -> dict[str, bytes]:
    files = (path for path in (repo.path / ".git").rglob("*") if path.is_file() and path.name != "index")
    return {str(path): path.read_bytes() for path in files}


def test_outside_a_repository__there_is_no_registry(tmp_path: Path) -> None:
    assert open_registry(tmp_path) is None


def test_without_a_release__there_is_no_baseline(repo: RepoBuilder) -> None:
    assert find(repo, "latest") is None


def test_a_local_release__is_the_next_baseline(repo: RepoBuilder) -> None:
    evaluation = release(repo)
    found = find(repo, "latest")
    assert found is not None
    assert found.record == evaluation
    assert (BaselineKind.RELEASE, "sentiment@v1.0.0", repo.head, "1.0.0") == (
        found.baseline.kind,
        found.baseline.tag,
        found.baseline.commit,
        found.baseline.version,
    )
    assert found.predictions is not None
    assert found.predictions.read_bytes() == PREDICTIONS
    assert [summary.version for summary in found.history] == ["1.0.0"]


def test_latest__is_the_highest_version_of_this_model_and_no_prerelease(repo: RepoBuilder) -> None:
    for version in ("1.9.0", "1.10.0", "2.0.0-rc.1"):
        release(repo, version=version)
    release(repo, version="9.0.0", model="sentiment-zh")
    repo.tag("v99.0.0")
    found, asked = find(repo, "latest"), find(repo, "latest-prerelease")
    assert found is not None
    assert found.baseline.version == "1.10.0"
    assert asked is not None
    assert asked.baseline.version == "2.0.0-rc.1"


@pytest.mark.parametrize("spec", ["sentiment@v1.0.0", "v1.0.0", "1.0.0"])
def test_a_release__is_found_by_its_tag_or_version(repo: RepoBuilder, spec: str) -> None:
    release(repo)
    release(repo)
    found = find(repo, spec)
    assert found is not None
    assert found.baseline.name == "sentiment@v1.0.0"


def test_a_released_commit__means_its_release(repo: RepoBuilder) -> None:
    release(repo)
    commit = repo.head
    repo.commit({"a": "b"})
    found = find(repo, commit)
    assert found is not None
    assert found.baseline.name == "sentiment@v1.0.0"


def test_a_depth_1_clone_without_tags__finds_the_release_and_stays_as_it_was(repo: RepoBuilder, tmp_path: Path) -> None:
    remote = repo.make_remote(tmp_path / "remote.git")
    evaluation = release(repo, push=True)
    repo.commit({"more": "x"})
    repo.git("push", "--quiet", "origin", "main")
    clone = remote.clone(tmp_path / "clone", "--depth=1", "--no-tags")
    before = snapshot(clone)
    found = find(clone, "latest")
    assert found is not None
    assert found.record == evaluation
    assert found.predictions is not None
    assert found.predictions.read_bytes() == PREDICTIONS
    assert before == snapshot(clone)


@pytest.mark.parametrize("spec", ["latest", "sentiment@v1.0.0", "v1.0.0", "HEAD~1"])
def test_a_full_clone_with_its_tags__still_finds_the_record(repo: RepoBuilder, tmp_path: Path, spec: str) -> None:
    remote = repo.make_remote(tmp_path / "remote.git")
    evaluation = release(repo, push=True)
    repo.commit({"more": "x"})
    repo.git("push", "--quiet", "origin", "main")
    clone = remote.clone(tmp_path / "clone")
    assert "refs/tags/sentiment@v1.0.0" in clone.refs()
    before = snapshot(clone)
    found = find(clone, spec, "predict.py")
    assert found is not None
    assert found.record == evaluation
    assert before == snapshot(clone)


def test_an_unpushed_release__counts_beside_those_of_the_remote(repo: RepoBuilder, tmp_path: Path) -> None:
    repo.make_remote(tmp_path / "remote.git")
    release(repo, push=True)
    release(repo)
    found = find(repo, "latest")
    assert found is not None
    assert found.baseline.version == "1.0.1"


@pytest.mark.parametrize("tag", ["v1.2.0", "1.2.0", "sentiment-v1.2.0", "sentiment/v1.2.0", "sentiment@v1.2.0"])
@pytest.mark.parametrize("annotated", [True, False])
def test_a_plain_tag_with_predictions_in_its_tree__is_a_baseline(repo: RepoBuilder, tag: str, annotated: bool) -> None:
    commit = repo.commit({"out/预测.csv": PREDICTIONS})
    repo.tag(tag, annotated=annotated)
    repo.commit({"out/预测.csv": "changed"})
    found = find(repo, "latest", "out/预测.csv")
    assert found is not None
    assert (BaselineKind.TAG, tag, commit, "1.2.0") == (
        found.baseline.kind,
        found.baseline.tag,
        found.baseline.commit,
        found.baseline.version,
    )
    assert found.predictions is not None
    assert found.predictions.name == "baseline.csv"
    assert found.predictions.read_bytes() == PREDICTIONS
    assert found.record is None


def test_a_plain_tag__is_adopted_from_a_depth_1_clone_too(repo: RepoBuilder, tmp_path: Path) -> None:
    repo.commit({"out/p.csv": PREDICTIONS})
    repo.tag("v1.2.0")
    repo.commit({"out/p.csv": "changed"})
    remote = repo.make_remote(tmp_path / "remote.git")
    repo.git("push", "--quiet", "origin", "--tags")
    clone = remote.clone(tmp_path / "clone", "--depth=1", "--no-tags")
    before = snapshot(clone)
    found = find(clone, "latest", "./out/p.csv")
    assert found is not None
    assert found.predictions is not None
    assert found.predictions.read_bytes() == PREDICTIONS
    assert before == snapshot(clone)


def test_a_tag_with_only_metrics__gives_its_numbers(repo: RepoBuilder) -> None:
    repo.commit({"metrics.json": '{"test": {"accuracy": 0.9, "name": "x", "ok": true}, "n": 3}'})
    repo.tag("v1.0.0")
    found = find(repo, "latest", "out/p.csv")
    assert found is not None
    assert found.metrics == {"test.accuracy": 0.9, "n": 3.0}
    assert found.predictions is None


def test_foreign_tags_with_nothing_for_us__are_no_baseline(repo: RepoBuilder) -> None:
    for name in ("v1.2.0", "nightly", "release/2026", "sentiment#prod#1", "other@v1.0.0"):
        repo.tag(name)
    assert find(repo, "latest", "out/p.csv") is None


def test_a_hand_made_tag_above_real_releases__is_named_and_not_skipped(repo: RepoBuilder) -> None:
    release(repo)
    repo.tag("sentiment@v7.0.0")
    with pytest.raises(DataError, match=r"sentiment@v7\.0\.0 has no record"):
        find(repo, "latest", "out/p.csv")


@pytest.mark.parametrize("spec", ["main", "HEAD~1", "HEAD"])
def test_a_branch_or_commit__gives_the_predictions_in_its_tree(repo: RepoBuilder, spec: str) -> None:
    repo.commit({"p.csv": PREDICTIONS})
    repo.commit({"other": "x"})
    found = find(repo, spec, "p.csv")
    assert found is not None
    assert found.predictions is not None
    assert found.predictions.read_bytes() == PREDICTIONS
    assert repo.git("rev-parse", spec) == found.baseline.commit


def test_a_branch_that_only_the_remote_has__is_found(repo: RepoBuilder, tmp_path: Path) -> None:
    repo.commit({"p.csv": PREDICTIONS})
    remote = repo.make_remote(tmp_path / "remote.git")
    repo.git("push", "--quiet", "origin", "HEAD:refs/heads/champion")
    repo.commit({"p.csv": "new"})
    repo.git("push", "--quiet", "origin", "HEAD:refs/heads/main")
    clone = remote.clone(tmp_path / "clone", "--depth=1", "--no-tags")
    found = find(clone, "champion", "p.csv")
    assert found is not None
    assert found.predictions is not None
    assert found.predictions.read_bytes() == PREDICTIONS


@pytest.mark.parametrize(
    "spec", ["sentiment@v3.0.0", "nothing", "--upload-pack=touch /tmp/x", "a\nb", "HEAD:predict.py", "", "3.0.0", "a b"]
)
def test_a_name_that_nothing_has__is_a_clear_error(repo: RepoBuilder, spec: str) -> None:
    with pytest.raises(ConfigError, match="there is no tag, branch or commit"):
        find(repo, spec, "p.csv")


@pytest.mark.parametrize("path", ["../outside.csv", "/etc/passwd", "a/../../b", "*.csv", "", "out\n"])
def test_a_path_that_leaves_the_repository__is_not_followed(repo: RepoBuilder, path: str) -> None:
    (repo.path.parent / "outside.csv").write_bytes(PREDICTIONS)
    repo.tag("v1.0.0")
    assert find(repo, "latest", path) is None


def test_a_pointer_to_lfs__is_said_to_be_one(repo: RepoBuilder) -> None:
    repo.commit({"p.csv": "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n"})
    repo.tag("v1.0.0")
    with pytest.raises(DataError, match="only a pointer"):
        find(repo, "latest", "p.csv")


def test_a_moved_tag__no_longer_matches_its_record(repo: RepoBuilder) -> None:
    release(repo)
    repo.commit({"sneaky": "x"})
    repo.git("tag", "--force", "-a", "-m", "moved", "sentiment@v1.0.0")
    with pytest.raises(DataError, match="does not match its record"):
        find(repo, "latest")


def test_a_record_under_another_tag__does_not_match(repo: RepoBuilder) -> None:
    release(repo)
    release(repo)
    repo.git("update-ref", "refs/memeci/releases/sentiment/v1.0.1", "refs/memeci/releases/sentiment/v1.0.0")
    with pytest.raises(DataError, match="does not match its record"):
        find(repo, "latest")


def test_the_output_folder__never_makes_a_tree_dirty(repo: RepoBuilder) -> None:
    write_evaluation(repo.path / ".memeci", build_evaluation(repo.head))
    head = registry_of(repo).read_head()
    assert (repo.head, False, "main") == (head.commit, head.dirty, head.branch)


def test_a_changed_file__makes_it_dirty_and_an_untracked_one_does_not(repo: RepoBuilder) -> None:
    (repo.path / "new.txt").write_text("x")
    assert not registry_of(repo).read_head().dirty
    (repo.path / "predict.py").write_text("changed")
    assert registry_of(repo).read_head().dirty


def test_an_empty_repository_and_a_detached_head__are_said_to_be_so(repo: RepoBuilder, tmp_path: Path) -> None:
    empty = registry_of(RepoBuilder(tmp_path / "empty")).read_head()
    assert (empty.commit, empty.branch) == (None, "main")
    repo.git("checkout", "--quiet", "--detach")
    assert registry_of(repo).read_head().branch is None
