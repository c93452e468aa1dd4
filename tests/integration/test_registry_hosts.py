"""The repositories that people have in CI: over http and ssh, partial, SHA-256, worktrees, submodules, records in branches."""

from __future__ import annotations

import base64
import logging
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from memeci.cli.group import main
from memeci.errors import ConfigError, GitError
from memeci.registry import Credentials, FoundBaseline, Registry, ReleaseRequest, open_registry
from tests.builders.evaluation_dir import build_evaluation, build_predictions, write_evaluation
from tests.builders.git_http_server import GitHttpServer
from tests.builders.repository import RepoBuilder

PREDICTIONS = build_predictions()
AUTHORIZATION = "Basic " + base64.b64encode(b"x-access-token:s3cret").decode()


@pytest.fixture
def origin(tmp_path: Path) -> RepoBuilder:
    """A clone with a pushed release 1.0.0, its bare remote beside it."""
    return make_origin(tmp_path)


def make_origin(folder: Path, object_format: str = "sha1", namespace: str = "refs/memeci") -> RepoBuilder:
    repo = RepoBuilder(folder / "work", object_format=object_format)
    repo.commit({"predict.py": "print()\n", "p.csv": PREDICTIONS})
    repo.make_remote(folder / "remote.git").git("config", "http.receivepack", "true")
    release(repo, namespace)
    repo.commit({"more": "x"})
    repo.git("push", "--quiet", "origin", "main")
    return repo


def remote_of(repo: RepoBuilder) -> RepoBuilder:
    return RepoBuilder.at(repo.path.parent / "remote.git")


def registry_of(repo: RepoBuilder, namespace: str = "refs/memeci", remote: str | None = None) -> Registry:
    registry = open_registry(repo.path, namespace=namespace, remote=remote)
    assert registry is not None
    return registry


def release(repo: RepoBuilder, namespace: str = "refs/memeci") -> str:
    folder = write_evaluation(repo.path / ".memeci", build_evaluation(repo.head), PREDICTIONS)
    return registry_of(repo, namespace).release(ReleaseRequest(folder, push=True)).version


def find(registry: Registry, spec: str = "latest") -> FoundBaseline:
    into = registry.top.parent / f"into-{len(list(registry.top.parent.iterdir()))}"
    into.mkdir()
    found = registry.find_baseline("sentiment", spec, predictions_path="p.csv", into=into)
    assert found is not None
    assert found.predictions is not None
    assert found.predictions.read_bytes() == PREDICTIONS
    return found


def reclone(repo: RepoBuilder, url: str, *options: str, name: str = "clone") -> RepoBuilder:
    repo.git("clone", "--quiet", *options, url, str(repo.path.parent / name))
    return RepoBuilder.at(repo.path.parent / name)


@pytest.fixture
def host(origin: RepoBuilder) -> Iterator[GitHttpServer]:
    with GitHttpServer(origin.path.parent, authorization=AUTHORIZATION) as server:
        yield server


def test_over_http_with_the_token_in_the_local_configuration__baseline_and_release_work(origin: RepoBuilder, host: GitHttpServer) -> None:
    clone = clone_as_checkout_does(origin, host)
    assert find(registry_of(clone)).record is not None
    assert release(clone) == "1.0.1"
    assert registry_of(clone).archive(b"{}", push=True).remote == "origin"
    assert registry_of(clone).promote("sentiment@v1.0.0", "prod", push=True).tag == "sentiment#prod#1"


def clone_as_checkout_does(origin: RepoBuilder, host: GitHttpServer) -> RepoBuilder:
    """actions/checkout from version 6 on keeps the token in a file of its own, included for this folder alone."""
    header = f"http.{host.url}/.extraheader"
    clone = reclone(origin, f"{host.url}/remote.git", "--depth=1", "--no-tags", "-c", f"{header}=AUTHORIZATION: {AUTHORIZATION}")
    clone.git("config", "--unset-all", header)
    secrets = origin.path.parent / "credentials"
    origin.git("config", "--file", str(secrets), header, f"AUTHORIZATION: {AUTHORIZATION}")
    clone.git("config", f"includeIf.gitdir:{clone.path}/.git.path", str(secrets))
    return clone


def test_a_missing_token__is_explained_and_nobody_is_asked(origin: RepoBuilder, host: GitHttpServer) -> None:
    clone = clone_as_checkout_does(origin, host)
    (origin.path.parent / "credentials").write_text("")
    with pytest.raises(GitError) as caught:
        find(registry_of(clone))
    assert 'the remote "origin" could not be read' in caught.value.what
    assert "git ls-remote origin" in caught.value.next_step


def test_no_token__is_ever_shown(origin: RepoBuilder, host: GitHttpServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    clone = clone_as_checkout_does(origin, host)
    clone.git("remote", "set-url", "origin", host.url.replace("://", "://user:s3cret@") + "/gone.git")
    with pytest.raises(GitError) as caught:
        find(registry_of(clone))
    assert "s3cret" not in str(caught.value) + caplog.text + repr(registry_of(clone))


def test_a_clone_that_kept_no_token__uses_that_of_the_job(
    origin: RepoBuilder, host: GitHttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = clone_as_checkout_does(origin, host)
    clone.git("config", "--remove-section", f"includeIf.gitdir:{clone.path}/.git")
    credentials = Credentials(host.url, "x-access-token", "s3cret")
    registry = open_registry(clone.path, credentials=credentials)
    assert registry is not None
    assert find(registry).record is not None
    folder = write_evaluation(clone.path / ".memeci", build_evaluation(clone.head), PREDICTIONS)
    assert registry.release(ReleaseRequest(folder, push=True)).version == "1.0.1"
    assert registry.archive(b"{}", push=True).remote == "origin"
    assert "s3cret" not in repr(registry)
    assert "AUTHORIZATION" not in clone.git("config", "--list").upper()
    monkeypatch.chdir(clone.path)
    for name, value in (("GITHUB_ACTIONS", "true"), ("GITHUB_SERVER_URL", host.url), ("GITHUB_TOKEN", "s3cret")):
        monkeypatch.setenv(name, value)
    assert CliRunner().invoke(main, ["history", "sentiment", "--json"]).exit_code == 0


def test_a_token__goes_to_its_own_server_only_and_never_twice(origin: RepoBuilder, host: GitHttpServer) -> None:
    elsewhere = Credentials("http://127.0.0.1:1", "x-access-token", "s3cret")
    clone = clone_as_checkout_does(origin, host)
    both = open_registry(clone.path, credentials=Credentials(host.url, "x-access-token", "another"))
    assert both is not None
    assert find(both).record is not None
    (origin.path.parent / "credentials").write_text("")
    registry = open_registry(clone.path, credentials=elsewhere)
    assert registry is not None
    with pytest.raises(GitError):
        find(registry)


def test_a_server_that_filters__sends_one_file_of_an_adopted_tree(origin: RepoBuilder) -> None:
    remote_of(origin).git("config", "uploadpack.allowFilter", "true")
    origin.commit({"big.bin": bytes(range(256)) * 8000, "p.csv": PREDICTIONS})
    origin.git("push", "--quiet", "origin", "HEAD:refs/heads/champion")
    with GitHttpServer(origin.path.parent) as host:
        clone = reclone(origin, f"{host.url}/remote.git", "--depth=1", "--no-tags")
        before = host.sent_bytes
        assert find(registry_of(clone), "champion").record is None
        assert host.sent_bytes - before < 10_000


def test_ssh__is_spoken_with_the_command_of_the_clone(origin: RepoBuilder, tmp_path: Path) -> None:
    # Stands in for ssh: runs on this machine what it is asked to run on the other one.
    ssh = tmp_path / "ssh"
    ssh.write_text('#!/bin/sh\nfor last; do :; done\nexec sh -c "$last"\n')
    ssh.chmod(0o755)
    url = f"git@example.invalid:{tmp_path}/remote.git"
    clone = reclone(origin, url, "--depth=1", "--no-tags", "-c", f"core.sshCommand={ssh}", "-c", "ssh.variant=simple")
    assert find(registry_of(clone)).record is not None
    assert release(clone) == "1.0.1"


@pytest.mark.parametrize("options", [[], ["--depth=1", "--no-tags"]])
def test_sha256_repositories__work_alike(tmp_path: Path, options: list[str]) -> None:
    origin = make_origin(tmp_path, "sha256")
    clone = reclone(origin, f"file://{tmp_path}/remote.git", *options)
    found = find(registry_of(clone))
    assert len(str(found.baseline.commit)) == 64
    assert release(clone) == "1.0.1"
    assert registry_of(clone).archive(b"{}", push=True).remote == "origin"
    assert registry_of(clone).promote("sentiment@v1.0.0", "prod", push=True).tag == "sentiment#prod#1"
    with registry_of(clone).open_worktree(found.baseline) as folder:
        assert not (folder / "more").exists()
    clone.git("fsck")


@pytest.mark.parametrize("filter_spec", ["blob:none", "tree:0"])
def test_a_partial_clone__works_and_stays_as_partial_as_it_was(origin: RepoBuilder, filter_spec: str) -> None:
    remote_of(origin).git("config", "uploadpack.allowFilter", "true")
    clone = reclone(origin, f"file://{origin.path.parent}/remote.git", f"--filter={filter_spec}")
    missing = clone.git("rev-list", "--objects", "--all", "--missing=print")
    assert find(registry_of(clone)).record is not None
    assert missing == clone.git("rev-list", "--objects", "--all", "--missing=print")
    assert release(clone) == "1.0.1"


def test_a_linked_worktree__finds_and_makes_releases(origin: RepoBuilder) -> None:
    origin.git("worktree", "add", "--quiet", "--detach", str(origin.path.parent / "linked"))
    linked = RepoBuilder.at(origin.path.parent / "linked")
    assert find(registry_of(linked)).record is not None
    assert release(linked) == "1.0.1"
    assert "refs/tags/sentiment@v1.0.1" in origin.refs()


def test_a_submodule__is_a_repository_of_its_own(origin: RepoBuilder, tmp_path: Path) -> None:
    outer = RepoBuilder(tmp_path / "outer")
    outer.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", f"file://{tmp_path}/remote.git", "model")
    outer.commit()
    inner = RepoBuilder.at(outer.path / "model")
    assert registry_of(inner).top == inner.path
    assert find(registry_of(inner)).record is not None
    assert release(inner) == "1.0.1"
    assert not any("sentiment" in ref for ref in outer.refs())


def test_a_bare_repository__can_be_asked_for_a_baseline(origin: RepoBuilder) -> None:
    registry = registry_of(remote_of(origin))
    assert find(registry).record is not None
    assert registry.read_head().commit == origin.head


def test_records_in_branches__work_from_a_shallow_clone(tmp_path: Path) -> None:
    namespace = "refs/heads/memeci"
    origin = make_origin(tmp_path, namespace=namespace)
    remote_of(origin).git("config", "receive.hideRefs", "refs/memeci")
    clone = reclone(origin, f"file://{tmp_path}/remote.git", "--depth=1", "--no-tags", "--single-branch")
    assert find(registry_of(clone, namespace)).record is not None
    assert release(clone, namespace) == "1.0.1"
    assert registry_of(clone, namespace).archive(b"{}", push=True).ref == "refs/heads/memeci/memes"


def test_a_shallow_clone_behind_its_remote__releases_without_sending_its_tree(origin: RepoBuilder) -> None:
    origin.commit({"big.bin": random.Random(0).randbytes(2_000_000)})
    origin.git("push", "--quiet", "origin", "main")
    with GitHttpServer(origin.path.parent) as host:
        clone = reclone(origin, f"{host.url}/remote.git", "--depth=1", "--no-tags")
        origin.commit({"newer": "y"})
        origin.git("push", "--quiet", "origin", "main")
        assert release(clone) == "1.0.1"
        assert host.received_bytes < 20_000


def test_a_shallow_clone_of_something_the_remote_lost__is_told_to_push_first(origin: RepoBuilder, tmp_path: Path) -> None:
    """Here git alone says "shallow update not allowed"."""
    clone = reclone(origin, f"file://{origin.path.parent}/remote.git", "--depth=1", "--no-tags")
    RepoBuilder(tmp_path / "fresh.git", bare=True)
    clone.git("remote", "set-url", "origin", str(tmp_path / "fresh.git"))
    with pytest.raises(GitError) as caught:
        release(clone)
    assert "does not have the commit that was evaluated" in caught.value.what
    assert "push the branch first" in caught.value.next_step


def test_an_unpushed_commit_on_a_shallow_clone__takes_itself_along(origin: RepoBuilder) -> None:
    clone = reclone(origin, f"file://{origin.path.parent}/remote.git", "--depth=1", "--no-tags")
    commit = clone.commit({"local": "z"})
    assert release(clone) == "1.0.1"
    assert remote_of(origin).git("rev-parse", "sentiment@v1.0.1^{commit}") == commit


def test_a_relative_remote__is_relative_to_the_clone(origin: RepoBuilder) -> None:
    origin.git("remote", "set-url", "origin", "../remote.git")
    for name in list(origin.refs("refs/memeci")):
        origin.git("update-ref", "-d", name)
    (origin.path / "deep").mkdir()
    registry = open_registry(origin.path / "deep")
    assert registry is not None
    assert find(registry).record is not None


def test_several_remotes_without_an_origin__must_be_chosen_from(origin: RepoBuilder) -> None:
    origin.git("remote", "rename", "origin", "upstream")
    assert find(registry_of(origin)).record is not None
    origin.git("remote", "add", "fork", "https://example.invalid/x.git")
    with pytest.raises(ConfigError, match="several remotes"):
        find(registry_of(origin))
    assert find(registry_of(origin, remote="upstream")).record is not None
    assert find(registry_of(origin, remote=str(origin.path.parent / "remote.git"))).record is not None


def test_a_repository_of_another_user__is_explained(origin: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(GitError) as caught:
        open_registry(origin.path)
    assert f"safe.directory {origin.path}" in caught.value.next_step
