"""`memeci release` on real repositories: tag and record, both or neither, locally and pushed."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from memeci.cli.group import main
from memeci.errors import DataError, GitError, MemeciError
from memeci.records import Status
from memeci.registry import Bump, Release, ReleaseRequest, open_registry
from memeci.registry.release_record import parse_digests
from tests.builders.evaluation_dir import build_evaluation, write_evaluation
from tests.builders.repository import RepoBuilder


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    builder = RepoBuilder(tmp_path / "work")
    builder.commit({"predict.py": "print()\n"})
    return builder


def release(repo: RepoBuilder, *, namespace: str = "refs/memeci", status: Status = Status.PASS, **wants: object) -> Release:
    folder = write_evaluation(repo.path / ".memeci", build_evaluation(repo.head, status=status))
    registry = open_registry(repo.path, namespace=namespace)
    assert registry is not None
    return registry.release(ReleaseRequest(folder, **wants))  # type: ignore[arg-type]


def add_hook(remote: RepoBuilder, name: str, script: str) -> None:
    hook = remote.path / "hooks" / name
    hook.write_text(f"#!/bin/sh\n{script}\n")
    hook.chmod(0o755)


def run(repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    monkeypatch.chdir(repo.path)
    return CliRunner().invoke(main, ["release", *arguments])


def test_a_release__is_an_annotated_tag_on_the_commit_and_a_commit_with_the_record(repo: RepoBuilder) -> None:
    made = release(repo)
    assert repo.git("rev-parse", "sentiment@v1.0.0^{commit}") == repo.head
    assert repo.git("cat-file", "-t", "sentiment@v1.0.0") == "tag"
    record = repo.git("ls-tree", "--name-only", made.record_ref).splitlines()
    assert record == ["predictions.parquet", "record.json", "tag"]
    assert repo.git("show", f"{made.record_ref}:tag") == repo.git("cat-file", "tag", "sentiment@v1.0.0")
    assert repo.git("rev-list", "--count", made.record_ref) == "2"  # itself, and the mark
    repo.git("fsck", "--strict")


def test_the_tag__ends_with_the_digest_of_its_record(repo: RepoBuilder) -> None:
    made = release(repo)
    message = repo.git("tag", "--list", "--format=%(contents)", made.tag).rstrip()
    assert message.startswith("sentiment v1.0.0\n")
    assert message.endswith(f"memeci-record: sha256:{made.record_digest}")
    assert parse_digests(message.encode() + b"\n")["record"] == made.record_digest


def test_the_next_release__raises_the_part_asked_for(repo: RepoBuilder) -> None:
    bumps = [Bump.AUTO, Bump.AUTO, Bump.MINOR, Bump.MAJOR]
    assert [release(repo, bump=bump).version for bump in bumps] == ["1.0.0", "1.0.1", "1.1.0", "2.0.0"]


def test_a_failed_model_released_with_a_reason__keeps_the_reason_in_its_tag(repo: RepoBuilder) -> None:
    with pytest.raises(DataError, match="verdict on this model is: fail"):
        release(repo, status=Status.FAIL)
    made = release(repo, status=Status.FAIL, force_reason="合同到期，旧模型必须下线")
    assert "Released in spite of its verdict: 合同到期，旧模型必须下线" in repo.git("cat-file", "tag", made.tag)


def test_pushing__writes_tag_and_record_to_the_remote_and_to_the_clone(repo: RepoBuilder, tmp_path: Path) -> None:
    remote = repo.make_remote(tmp_path / "remote.git")
    made = release(repo, push=True)
    both = {made.record_ref: made.record_commit, f"refs/tags/{made.tag}": repo.git("rev-parse", made.tag)}
    assert both == {**remote.refs("refs/memeci/releases"), **remote.refs("refs/tags")}
    assert both == {**repo.refs("refs/memeci"), **repo.refs("refs/tags")}


def test_a_version_that_only_the_remote_has__is_not_taken_again(repo: RepoBuilder, tmp_path: Path) -> None:
    remote = repo.make_remote(tmp_path / "remote.git")
    other = remote.clone(tmp_path / "other", "--depth=1", "--no-tags")
    release(repo, push=True)
    assert release(other, push=True).version == "1.0.1"


def test_a_host_that_takes_only_branches_and_tags__is_recognised_and_leaves_nothing(repo: RepoBuilder, tmp_path: Path) -> None:
    remote = repo.make_remote(tmp_path / "remote.git")
    remote.git("config", "receive.hideRefs", "refs/memeci")
    before = repo.refs()
    with pytest.raises(GitError) as caught:
        release(repo, push=True)
    assert "takes only branches and tags" in caught.value.what
    assert "registry: {namespace: refs/heads/memeci}" in caught.value.next_step
    assert before == repo.refs()
    assert list(remote.refs()) == ["refs/heads/main"]
    assert release(repo, push=True, namespace="refs/heads/memeci").record_ref == "refs/heads/memeci/releases/sentiment/v1.0.0"


@pytest.mark.parametrize(("refused", "words"), [("refs/tags/", "a rule of the remote"), ("refs/memeci/releases", "only branches and tags")])
def test_a_refused_ref__takes_the_other_one_with_it(repo: RepoBuilder, tmp_path: Path, refused: str, words: str) -> None:
    remote = repo.make_remote(tmp_path / "remote.git")
    add_hook(remote, "update", f'case "$1" in {refused}*) echo "no such refs here" >&2; exit 1;; esac')
    with pytest.raises(GitError, match=words):
        release(repo, push=True)
    assert list(remote.refs()) == ["refs/heads/main", "refs/memeci/registry"]
    assert list(repo.refs("refs/tags")) == list(repo.refs("refs/memeci")) == []


def test_a_hook_that_calls_our_refs_illegal__is_recognised(repo: RepoBuilder, tmp_path: Path) -> None:
    remote = repo.make_remote(tmp_path / "remote.git")
    spoken = 'echo "PermissionDenied: branch:$ref is illegal" >&2; exit 1'
    add_hook(remote, "pre-receive", f'while read old new ref; do case "$ref" in refs/heads/*|refs/tags/*) ;; *) {spoken};; esac; done')
    with pytest.raises(GitError, match="takes only branches and tags"):
        release(repo, push=True)
    assert release(repo, push=True, namespace="refs/heads/memeci").version == "1.0.0"


def test_a_line_that_breaks_after_the_push_arrived__is_a_release_all_the_same(repo: RepoBuilder, tmp_path: Path) -> None:
    remote = repo.make_remote(tmp_path / "remote.git")
    release(repo, push=True)
    add_hook(remote, "post-receive", 'kill -9 "$PPID"')
    assert release(repo, push=True).version == "1.0.1"
    assert {*repo.refs("refs/tags"), *repo.refs("refs/memeci")} <= set(remote.refs())


def test_records_that_came_to_be_hidden__take_the_tag_back(repo: RepoBuilder, tmp_path: Path) -> None:
    remote = repo.make_remote(tmp_path / "remote.git")
    release(repo, push=True)
    before = remote.refs()
    remote.git("config", "receive.hideRefs", "refs/memeci")
    with pytest.raises(GitError, match="takes only branches and tags"):
        release(repo, push=True)
    assert before == remote.refs()


def test_the_command__prints_the_tag_and_what_to_do_next(repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    write_evaluation(repo.path / ".memeci", build_evaluation(repo.head))
    result = run(repo, monkeypatch, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["tag"] == "sentiment@v1.0.0"
    assert "git push --atomic origin 'refs/tags/sentiment@v1.0.0' 'refs/memeci/releases/sentiment/v1.0.0'" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--version", "1.x"], "is not a version"),
        (["--push"], "no remote to push to"),
        (["--remote", "--upload-pack=x", "--push"], "no remote called"),
        (["--namespace", "memeci"], "namespace"),
        (["--output-dir", "nowhere"], "does not exist"),
    ],
)
def test_a_mistake__is_explained_with_exit_code_2(
    repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    write_evaluation(repo.path / ".memeci", build_evaluation(repo.head))
    result = run(repo, monkeypatch, *arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert "Traceback" not in result.stderr


def test_the_namespace__comes_from_memeci_yml(repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit({"memeci.yml": "model: sentiment\nregistry: {namespace: refs/heads/memeci}\n"})
    write_evaluation(repo.path / ".memeci", build_evaluation(repo.head))
    assert run(repo, monkeypatch).exit_code == 0
    assert "refs/heads/memeci/releases/sentiment/v1.0.0" in repo.refs()


def test_a_dirty_tree__is_refused(repo: RepoBuilder) -> None:
    (repo.path / "predict.py").write_text("changed")
    with pytest.raises(MemeciError, match="were changed now"):
        release(repo)


def test_a_full_disk__leaves_neither_tag_nor_record(repo: RepoBuilder) -> None:
    objects = repo.path / ".git" / "objects"
    before = repo.refs()
    folder = write_evaluation(repo.path / ".memeci", build_evaluation(repo.head))
    registry = open_registry(repo.path)
    assert registry is not None
    objects.rename(objects.parent / "away")
    objects.write_text("nothing can be written below a file")
    with pytest.raises(MemeciError):
        registry.release(ReleaseRequest(folder))
    objects.unlink()
    (objects.parent / "away").rename(objects)
    assert before == repo.refs()


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="signs with an ssh key, made by ssh-keygen")
def test_a_signed_release__is_verified_by_git_and_still_a_baseline(repo: RepoBuilder, tmp_path: Path) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    (tmp_path / "signers").write_text(f"tests@example.invalid {key.with_suffix('.pub').read_text()}")
    for name, value in (("gpg.format", "ssh"), ("user.signingKey", str(key)), ("gpg.ssh.allowedSignersFile", str(tmp_path / "signers"))):
        repo.git("config", name, value)
    made = release(repo, sign=True)
    repo.git("verify-tag", made.tag)
    registry = open_registry(repo.path)
    assert registry is not None
    found = registry.find_baseline("sentiment", "latest", predictions_path=None, into=tmp_path)
    assert found is not None
    assert found.baseline.tag == made.tag


def test_a_user_who_signs_every_tag__gets_this_one_signed(repo: RepoBuilder) -> None:
    repo.git("config", "tag.gpgSign", "true")
    repo.git("config", "gpg.program", "/nonexistent")
    with pytest.raises(GitError, match="could not sign the tag"):
        release(repo)


def test_a_branch_in_the_way_of_the_namespace__is_named(repo: RepoBuilder, tmp_path: Path) -> None:
    remote = repo.make_remote(tmp_path / "remote.git")
    repo.git("push", "--quiet", "origin", "HEAD:refs/heads/memeci")
    with pytest.raises(GitError, match="is in the way"):
        release(repo, push=True, namespace="refs/heads/memeci")
    repo.git("branch", "memeci")
    with pytest.raises(GitError, match="is in the way"):
        release(repo, namespace="refs/heads/memeci")
    assert remote.refs("refs/tags") == repo.refs("refs/tags") == {}


def test_signing_without_a_key__is_explained_and_leaves_nothing(repo: RepoBuilder) -> None:
    repo.git("config", "gpg.program", "/nonexistent")
    with pytest.raises(GitError, match="could not sign the tag"):
        release(repo, sign=True)
    assert repo.refs("refs/tags") == {}


def test_without_a_name_for_git__a_release_still_works(repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
        monkeypatch.delenv(name)
    repo.git("config", "user.useConfigOnly", "true")
    made = release(repo)
    assert "tagger memeci <memeci@localhost>" in repo.git("cat-file", "tag", made.tag)


@pytest.mark.parametrize("name", ["record.json", "predictions.parquet", "meme.png"])
def test_a_link_in_the_evaluation__is_not_followed_into_the_release(repo: RepoBuilder, tmp_path: Path, name: str) -> None:
    folder = write_evaluation(repo.path / ".memeci", build_evaluation(repo.head))
    secret = tmp_path / "secret"
    secret.write_bytes((folder / name).read_bytes() if (folder / name).exists() else b"\x89PNG\r\n\x1a\nsecret")
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(secret)
    registry = open_registry(repo.path)
    assert registry is not None
    with pytest.raises(DataError, match=f"{name} is a link to "):
        registry.release(ReleaseRequest(folder))
    assert repo.refs("refs/memeci") == {}


@pytest.mark.parametrize("content", [b"TOKEN=hunter2\n", b"", None])
def test_a_picture_that_is_none__is_refused(repo: RepoBuilder, content: bytes | None) -> None:
    folder = write_evaluation(repo.path / ".memeci", build_evaluation(repo.head))
    if content is None:
        (folder / "meme.png").mkdir()
    else:
        (folder / "meme.png").write_bytes(content)
    registry = open_registry(repo.path)
    assert registry is not None
    with pytest.raises(DataError, match="no PNG picture" if content is not None else "no regular file") as caught:
        registry.release(ReleaseRequest(folder))
    assert "hunter2" not in str(caught.value)
    assert repo.refs("refs/memeci") == {}


def test_a_picture__is_part_of_the_release(repo: RepoBuilder) -> None:
    folder = write_evaluation(repo.path / ".memeci", build_evaluation(repo.head))
    (folder / "meme.png").write_bytes(b"\x89PNG\r\n\x1a\n rest")
    registry = open_registry(repo.path)
    assert registry is not None
    made = registry.release(ReleaseRequest(folder))
    assert "meme.png" in repo.git("ls-tree", "--name-only", made.record_ref).splitlines()
