"""What we read and write of git's own formats, held against git itself."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from memeci.registry.command import Guard, run_git
from memeci.registry.objects import ObjectReader, format_tree, parse_headers, parse_tree, write_object
from memeci.registry.scratch import open_scratch
from memeci.registry.settings import format_settings, parse_settings
from tests.builders.repository import RepoBuilder


@pytest.fixture(params=["sha1", "sha256"])
def repo(request: pytest.FixtureRequest, tmp_path: Path) -> RepoBuilder:
    return RepoBuilder(tmp_path / "work", object_format=request.param)


def test_objects_we_write__are_the_ones_git_would_write(repo: RepoBuilder) -> None:
    object_format = repo.git("rev-parse", "--show-object-format")
    objects = repo.path / ".git" / "objects"
    files = {name: write_object(objects, "blob", name.encode() * 9, object_format) for name in ("b", "a.json", "a", "预测")}
    tree = write_object(objects, "tree", format_tree(files), object_format)
    listing = "".join(f"100644 blob {identity}\t{name}\0" for name, identity in files.items())
    assert tree == repo.git("mktree", "-z", stdin=listing.encode())
    repo.git("fsck", "--strict")
    assert tree == write_object(objects, "tree", format_tree(files), object_format)


def test_objects_we_read__are_what_git_shows(repo: RepoBuilder) -> None:
    commit = repo.commit({"a.txt": "one\n", "folder/b": "two", "空 格": b"\0\n\xff"})
    with ObjectReader(repo.path) as reader:
        found = reader.read(f"{commit}^{{tree}}", 10_000)
        assert found is not None
        entries = parse_tree(found[1], len(found[0].id) // 2)
        listed = [line.split(None, 3) for line in repo.git("ls-tree", "-z", commit).rstrip("\0").split("\0")]
        assert {name: (mode.lstrip("0"), identity) for mode, _, identity, name in listed} == {n: (e.mode, e.id) for n, e in entries.items()}
        blob = reader.read(f"{commit}:空 格", 10)
        assert blob is not None
        assert blob[1] == b"\0\n\xff"
        raw = reader.read(commit, 10_000)
        assert raw is not None
        assert parse_headers(raw[1])["tree"] == found[0].id
        assert reader.read("nothing", 10) is None
        assert reader.read("HEAD\nHEAD", 10) is None
        copied = reader.copy(f"{commit}:a.txt", repo.path / "copy", 10)
        assert copied is not None
    assert (repo.path / "copy").read_bytes() == b"one\n"


VALUES = ["plain", "", " blanks ", 'quote " and \\ backslash', "a;b # no comment", "tab\tnew\nline", "中文", "!f() { echo x; }; f", None]


def test_settings__survive_being_copied(tmp_path: Path) -> None:
    settings = [(f"http.https://例.example/{i}.extraheader", value) for i, value in enumerate(VALUES)]
    settings += [('url.a"b\\c.insteadof', "x"), ("credential.helper", ""), ("credential.helper", "store"), ("user.name", "Ada L.")]
    (tmp_path / "copied").write_text(format_settings(settings), encoding="utf-8")
    output = run_git(["config", "--file", str(tmp_path / "copied"), "--list", "-z"], cwd=tmp_path)
    assert tuple(settings) == parse_settings(output.text)


def test_a_scratch_repository__is_private_and_gone_afterwards(repo: RepoBuilder, tmp_path: Path) -> None:
    settings = [("http.extraheader", "secret"), ("core.hookspath", "evil"), ("remote.origin.promisor", "true"), ("alias.x", "!evil")]
    with open_scratch(repo.path, settings, "sha1", parent=tmp_path) as scratch:
        copied = scratch.git_dir / "copied"
        assert copied.stat().st_mode & 0o777 == 0o600
        assert scratch.git_dir.stat().st_mode & 0o777 == 0o700
        assert "secret" in copied.read_text()
        assert not any(word in copied.read_text() for word in ("evil", "promisor", "alias"))
        assert scratch.run(["rev-parse", "--is-bare-repository"], scratch.guard()).text.strip() == "true"
    assert not scratch.git_dir.exists()


def test_a_command_that_takes_too_long__is_stopped(repo: RepoBuilder) -> None:
    repo.git("config", "alias.wait", "!exec sleep 5")
    with pytest.raises(Exception, match="took longer than 0 s"):
        run_git(["wait"], cwd=repo.path, guard=Guard(file_limit=1 << 20, timeout_s=0.2))


def test_a_command_that_prints_too_much__is_stopped(repo: RepoBuilder) -> None:
    repo.commit({"big": "x" * 100_000})
    with pytest.raises(Exception, match="printed more than"):
        run_git(["show", "HEAD:big"], cwd=repo.path, stdout_limit=1000)


def test_git_in_another_language__is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from memeci.registry import open_registry

    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    monkeypatch.setenv("LANGUAGE", "zh_CN")
    assert open_registry(tmp_path) is None
    assert subprocess.run(["git", "rev-parse"], cwd=tmp_path, capture_output=True, check=False).returncode == 128
