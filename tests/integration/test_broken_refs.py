"""A ref that git cannot read (what a power cut leaves) is passed over by git: the release behind it must not count as none."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.builders.commands import Ran, run_memeci
from tests.builders.repository import RepoBuilder

TAG = "refs/tags/model@v1.0.0"
RECORD = "refs/memeci/releases/model/v1.0.0"


def rows(right: int) -> str:
    return "id,label,prediction\n" + "".join(f"{i},{'ab'[i % 2]},{'ab'[(i + (i >= right)) % 2]}\n" for i in range(200))


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> RepoBuilder:
    """A repository with a release, and a much worse candidate."""
    with pytest.MonkeyPatch.context() as patch:
        for who in ("AUTHOR", "COMMITTER"):
            patch.setenv(f"GIT_{who}_NAME", "tests")
            patch.setenv(f"GIT_{who}_EMAIL", "tests@example.invalid")
        repo = RepoBuilder(tmp_path_factory.mktemp("released") / "repo")
        repo.commit({"memeci.yml": "predictions: p.csv\n", ".gitignore": "p.csv\n"})
        (repo.path / "p.csv").write_text(rows(200))
        for command in (["evaluate", "--no-meme"], ["release"]):
            ran = run_memeci(repo.path, *command)
            assert ran.code == 0, ran.err
    (repo.path / "p.csv").write_text(rows(120))
    return repo


@pytest.fixture
def repo(released: RepoBuilder, tmp_path: Path) -> RepoBuilder:
    subprocess.run(["cp", "-r", str(released.path), str(tmp_path / "repo")], check=True)
    return RepoBuilder.at(tmp_path / "repo")


def put(repo: RepoBuilder, ref: str, content: bytes = b"") -> None:
    place = repo.path / ".git" / ref
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)


def evaluate(repo: RepoBuilder) -> Ran:
    return run_memeci(repo.path, "evaluate", "--no-meme")


def test_the_sound_repository__fails_the_candidate(repo: RepoBuilder) -> None:
    assert evaluate(repo).code == 1


@pytest.mark.parametrize("content", [b"", b"\0" * 41, b"0" * 40 + b"\n"], ids=["empty", "NULs", "zeros"])
@pytest.mark.parametrize("ref", [TAG, RECORD])
@pytest.mark.parametrize("command", ["evaluate --no-meme", "history", "history model", "release --force-reason x", "leaderboard"])
def test_a_broken_ref_of_a_release__stops_what_needs_it(repo: RepoBuilder, command: str, ref: str, content: bytes) -> None:
    put(repo, ref, content)
    ran = run_memeci(repo.path, *command.split())
    assert ran.code == 3, ran.out + ran.err
    assert f"the ref {ref} is broken" in ran.err
    assert "next:  rm " in ran.err


def test_the_way_out__is_one(repo: RepoBuilder, tmp_path: Path) -> None:
    repo.make_remote(tmp_path / "remote.git")
    repo.git("push", "--quiet", "origin", TAG, RECORD)
    put(repo, TAG)
    ran = evaluate(repo)
    remove, _, fetch = ran.err.partition("next:  ")[2].strip().partition(", then get it back: ")
    for line in (remove, fetch):
        subprocess.run(["sh", "-c", line], cwd=repo.path, check=True, capture_output=True)
    assert evaluate(repo).code == 1


def test_a_broken_stage__stops_what_asks_for_it(repo: RepoBuilder) -> None:
    put(repo, "refs/tags/model#prod#1")
    ran = run_memeci(repo.path, "evaluate", "--no-meme", "--baseline", "#prod")
    assert ran.code == 3
    assert "refs/tags/model#prod#1 is broken" in ran.err


@pytest.mark.parametrize("ref", ["refs/tags/other@v3.0.0", "refs/tags/nightly", "refs/heads/broken", "refs/memeci/releases/other/v1.0.0"])
def test_a_broken_ref_of_others__stops_nothing(repo: RepoBuilder, ref: str) -> None:
    put(repo, ref)
    assert evaluate(repo).code == 1
    assert "1.0.0" in run_memeci(repo.path, "history", "model").out
    assert run_memeci(repo.path, "release", "--force-reason", "x").code == 0


def test_a_broken_ref__is_known_in_any_language(repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "de")
    put(repo, TAG)
    assert "is broken" in evaluate(repo).err


def test_tag_and_record_both_broken__are_no_reason_to_pass(repo: RepoBuilder) -> None:
    put(repo, TAG)
    put(repo, RECORD)
    ran = evaluate(repo)
    assert ran.code == 3
    assert "(and 1 more)" in ran.err
