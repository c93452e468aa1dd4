"""A hostile remote: whatever it lists or sends is refused, in bounded memory and time, and nothing is written where it points."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
import zlib
from pathlib import Path

import msgspec
import pytest

from memeci.errors import ConfigError, DataError, MemeciError
from memeci.records import encode_record
from memeci.registry import FoundBaseline, ReleaseRequest, open_registry
from memeci.registry.objects import compute_object_id, write_object
from memeci.registry.release_record import compute_digest, format_digests
from tests.builders.evaluation_dir import build_evaluation, build_predictions, write_evaluation
from tests.builders.repository import RepoBuilder

REGULAR, SYMLINK, EXECUTABLE, FOLDER = "100644", "120000", "100755", "40000"
FIND = """
import sys, resource
from pathlib import Path
from memeci.errors import MemeciError
from memeci.registry import open_registry
try:
    open_registry(Path(sys.argv[1])).find_baseline("sentiment", "latest", predictions_path=None, into=Path(sys.argv[2]))
except MemeciError as error:
    print(error)
print(max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))
"""


class HostileRemote:
    """A bare remote whose releases are written by hand, object by object."""

    def __init__(self, folder: Path) -> None:
        self.work = RepoBuilder(folder / "work")
        self.work.commit({"predict.py": "print()\n"})
        self.bare = self.work.make_remote(folder / "remote.git")
        self.clone = self.bare.clone(folder / "clone", "--depth=1", "--no-tags")
        self.objects = self.bare.path / "objects"
        self.into = folder / "into"
        self.into.mkdir()

    def blob(self, data: bytes) -> str:
        return write_object(self.objects, "blob", data, "sha1")

    def release(self, record: bytes, predictions: bytes, *more: tuple[str, str, str]) -> None:
        """Release with digests that are right; ``more`` are (mode, name, id) entries beside or instead of the usual ones."""
        tag = f"object {self.work.head}\ntype commit\ntag sentiment@v1.0.0\ntagger x <x@x> 0 +0000\n\n"
        tag_object = (tag + format_digests(compute_digest(record), compute_digest(predictions))).encode()
        usual = {"record.json": self.blob(record), "predictions.parquet": self.blob(predictions), "tag": self.blob(tag_object)}
        entries = {name: (REGULAR, identity) for name, identity in usual.items()}
        entries.update({name: (mode, identity) for mode, name, identity in more})
        self.put(write_object(self.objects, "tag", tag_object, "sha1"), entries)

    def put(self, tag_id: str, entries: dict[str, tuple[str, str]]) -> None:
        lines = [f"{mode} {name}\0".encode() + bytes.fromhex(identity) for name, (mode, identity) in sorted(entries.items())]
        tree = write_object(self.objects, "tree", b"".join(lines), "sha1")
        who = "x <x@x> 0 +0000"
        commit = write_object(self.objects, "commit", f"tree {tree}\nauthor {who}\ncommitter {who}\n\nx\n".encode(), "sha1")
        for ref, identity in (("refs/memeci/releases/sentiment/v1.0.0", commit), ("refs/tags/sentiment@v1.0.0", tag_id)):
            target = self.bare.path / ref
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(identity + "\n")

    def find(self, spec: str = "latest") -> FoundBaseline | None:
        registry = open_registry(self.clone.path)
        assert registry is not None
        return registry.find_baseline("sentiment", spec, predictions_path="p.csv", into=self.into)


@pytest.fixture
def remote(tmp_path: Path) -> HostileRemote:
    return HostileRemote(tmp_path)


def record_for(remote: HostileRemote, **changes: object) -> bytes:
    return encode_record(build_evaluation(remote.work.head, **changes))  # type: ignore[arg-type]


def test_a_release_written_by_hand__is_read_if_all_is_right(remote: HostileRemote) -> None:
    remote.release(record_for(remote), build_predictions())
    found = remote.find()
    assert found is not None
    assert found.baseline.commit == remote.work.head


@pytest.mark.parametrize(
    ("mode", "name"),
    [
        (SYMLINK, "record.json"),
        (SYMLINK, "predictions.parquet"),
        (SYMLINK, "tag"),
        (EXECUTABLE, "record.json"),
        (REGULAR, "../escape"),
        (REGULAR, ".."),
        (REGULAR, ".git"),
        (REGULAR, "/etc/cron.d/x"),
        (SYMLINK, "harmless"),
        (FOLDER, "folder"),
        ("160000", "submodule"),
    ],
)
def test_a_tree_with_anything_but_plain_files__is_refused_and_nothing_is_written(remote: HostileRemote, mode: str, name: str) -> None:
    before = {path for path in remote.into.parent.rglob("*") if "remote.git" not in path.parts}
    target = write_object(remote.objects, "tree", b"", "sha1") if mode == FOLDER else remote.blob(b"/etc/passwd")
    remote.release(record_for(remote), build_predictions(), (mode, name, target))
    with pytest.raises(DataError, match="does not match its record") as caught:
        remote.find()
    assert "is not a plain file" in caught.value.why
    assert before == {path for path in remote.into.parent.rglob("*") if "remote.git" not in path.parts}


def test_predictions_with_another_digest__are_refused_and_removed(remote: HostileRemote) -> None:
    remote.release(record_for(remote), build_predictions(), (REGULAR, "predictions.parquet", remote.blob(build_predictions(4))))
    with pytest.raises(DataError) as caught:
        remote.find()
    assert "its predictions do not have the digest" in caught.value.why
    assert list(remote.into.iterdir()) == []


def test_a_record_with_another_digest__is_refused(remote: HostileRemote) -> None:
    remote.release(record_for(remote), build_predictions(), (REGULAR, "record.json", remote.blob(record_for(remote, theme="kitchen"))))
    with pytest.raises(DataError) as caught:
        remote.find()
    assert "the tag names the digest" in caught.value.why


@pytest.mark.parametrize("missing", ["record.json", "tag", "predictions.parquet"])
def test_a_record_commit_that_lacks_a_file__is_refused(remote: HostileRemote, missing: str) -> None:
    remote.release(record_for(remote), build_predictions())
    tag_id = remote.bare.git("rev-parse", "refs/tags/sentiment@v1.0.0")
    listing = [line.split() for line in remote.bare.git("ls-tree", "refs/memeci/releases/sentiment/v1.0.0").splitlines()]
    remote.put(tag_id, {name: (mode, identity) for mode, _, identity, name in listing if name != missing})
    with pytest.raises(DataError) as caught:
        remote.find()
    assert f"its record has no {missing}" in caught.value.why


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"{}",
        b"[" * 100_000,
        b'{"kind": "evaluation"}',
        b'{"kind": "evaluation", "schema_version": 2}',
        b"\xff\xfe",
        b'{"schema_version": 1e999}',
    ],
)
def test_a_record_that_fits_no_schema__is_refused(remote: HostileRemote, record: bytes) -> None:
    remote.release(record, build_predictions())
    with pytest.raises(DataError):
        remote.find()


def test_a_record_of_another_model_or_commit__is_refused(remote: HostileRemote) -> None:
    remote.release(record_for(remote, model="other"), build_predictions())
    with pytest.raises(DataError, match="the record of another model"):
        remote.find()
    remote.release(encode_record(build_evaluation("f" * 40)), build_predictions())
    with pytest.raises(DataError, match="does not match its record"):
        remote.find()


def test_predictions_that_are_a_bomb__are_refused_before_anything_opens_them(remote: HostileRemote) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = pa.BufferOutputStream()
    pq.write_table(pa.table({"id": ["\0" * 100_000_000, "", ""]}), buffer, compression="zstd", use_dictionary=False)
    remote.release(record_for(remote), bytes(buffer.getvalue()))
    with pytest.raises(DataError) as caught:
        remote.find()
    assert "would unpack to" in caught.value.why


def write_zeros_object(objects: Path, size: int) -> str:
    """A loose blob of ``size`` zeros: a megabyte on disk for a gigabyte."""
    header = f"blob {size}".encode() + b"\0"
    digest, packer, chunk = hashlib.new("sha1", header, usedforsecurity=False), zlib.compressobj(1), bytes(1 << 20)
    packed = [packer.compress(header)]
    for _ in range(size >> 20):
        digest.update(chunk)
        packed.append(packer.compress(chunk))
    identity = digest.hexdigest()
    (objects / identity[:2]).mkdir(exist_ok=True)
    (objects / identity[:2] / identity[2:]).write_bytes(b"".join([*packed, packer.flush()]))
    return identity


@pytest.mark.slow
def test_a_record_of_a_gigabyte__is_refused_in_bounded_memory_and_time(remote: HostileRemote) -> None:
    remote.release(record_for(remote), build_predictions(), (REGULAR, "record.json", write_zeros_object(remote.objects, 1 << 30)))
    started = time.monotonic()
    # Through a shell that stays: Linux lets a new program inherit the peak of whoever started it, and pytest is large.
    command = ["/bin/sh", "-c", '"$@"; exit $?', "sh", sys.executable, "-c", FIND, str(remote.clone.path), str(remote.into)]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]).stdout
    assert "is 1,073,741,824 bytes large" in answer
    assert int(answer.split()[-1]) < 150_000  # KiB, the largest of our process and git's
    assert time.monotonic() - started < 60
    assert list(remote.into.iterdir()) == []


def test_predictions_larger_than_a_release_may_have__are_refused(remote: HostileRemote, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memeci.registry.release_record.PREDICTIONS_LIMIT", 1 << 20)
    remote.release(record_for(remote), bytes(2 << 20))
    with pytest.raises(DataError, match="is 2,097,152 bytes large"):
        remote.find()
    assert list(remote.into.iterdir()) == []


def test_a_pack_that_does_not_end__is_cut_off(remote: HostileRemote, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("memeci.registry.opening.FETCH_LIMIT", 1 << 20)
    remote.release(record_for(remote), build_predictions(), (REGULAR, "meme.png", remote.blob(os.urandom(3 << 20))))
    with pytest.raises(DataError, match="larger than 1 MiB"):
        remote.find()


def test_names_that_look_like_options__are_somebody_elses_tags(remote: HostileRemote, tmp_path: Path) -> None:
    remote.release(record_for(remote), build_predictions())
    canary = tmp_path / "canary"
    for name in (f"--upload-pack=touch {canary}", "-n", "--exec=x", "sentiment@v9.0.0--upload-pack=x"):
        (remote.bare.path / "refs" / "tags" / name.replace("/", "%")).write_text(remote.work.head + "\n")
    found = remote.find()
    assert found is not None
    assert found.baseline.tag == "sentiment@v1.0.0"
    with pytest.raises(ConfigError):
        remote.find(f"--upload-pack=touch {canary}")
    assert not canary.exists()


def test_a_listing_full_of_lies__is_passed_over(remote: HostileRemote, tmp_path: Path) -> None:
    names = [
        "refs/tags/sentiment@v2.0.0\x1b[2J",
        "refs/tags/sentiment@v3.0.0\x7f",
        "refs/tags/sentiment@v" + "9" * 5000 + ".0.0",
        "nonsense",
    ]
    names += ["refs/tags/../../x", "refs/tags/sentiment@v4.0.0\u202e", "refs/heads/main\r", "refs/tags/\u202esentiment@v5.0.0"]
    lines = [f"{remote.work.head} {name}\n".encode() for name in names]
    lines[0] = lines[0].rstrip(b"\n") + b"\0multi_ack agent=evil\n"
    answer = b"".join(f"{len(line) + 4:04x}".encode() + line for line in lines) + b"0000"
    (tmp_path / "answer").write_bytes(answer)
    script = tmp_path / "upload-pack"
    # It listens to the end: git that writes to one that is gone dies of SIGPIPE.
    script.write_text(f"#!/bin/sh\ncat {tmp_path}/answer\ncat >/dev/null\n")
    script.chmod(0o755)
    remote.clone.git("config", "remote.origin.uploadpack", str(script))
    listing = remote.clone.git("ls-remote", "--tags", "origin")
    assert "sentiment@v2.0.0\x1b[2J" in listing
    assert remote.find() is None


def test_a_url_that_runs_a_program__is_not_run(remote: HostileRemote, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    registry = open_registry(remote.clone.path, remote=f"ext::sh -c touch% {canary}")
    assert registry is not None
    with pytest.raises(MemeciError):
        registry.find_baseline("sentiment", "latest", predictions_path=None, into=remote.into)
    assert not canary.exists()


def test_a_tag_object_of_another_name__cannot_stand_in(remote: HostileRemote) -> None:
    """The copy of the tag in the record is bound to the ref by its hash."""
    remote.release(
        record_for(remote),
        build_predictions(),
        (REGULAR, "tag", remote.blob(b"object x\n\n" + format_digests("0" * 64, "1" * 64).encode())),
    )
    with pytest.raises(DataError) as caught:
        remote.find()
    assert "it was moved or made again" in caught.value.why


def test_the_id_of_an_object__is_the_one_git_gives(remote: HostileRemote) -> None:
    assert remote.work.git("hash-object", "--stdin", stdin=b"x") == compute_object_id("blob", b"x", "sha1")


def test_a_full_disk_during_a_release__leaves_neither_tag_nor_record(remote: HostileRemote) -> None:
    """RLIMIT_FSIZE stands in for the disk: no file may grow beyond it."""
    evaluation = build_evaluation(remote.work.head)
    big = msgspec.structs.replace(evaluation, theme="x" * 300_000)
    folder = write_evaluation(remote.work.path / ".memeci", big)
    script = "import resource, sys\nfrom pathlib import Path\nfrom memeci.errors import MemeciError\nfrom memeci.registry import *\n"
    script += "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))\n"
    script += "try: open_registry(Path(sys.argv[1])).release(ReleaseRequest(Path(sys.argv[2]), push=True))\n"
    script += "except MemeciError as error: print('refused:', error)\n"
    for limit in (100, 400):
        command = [sys.executable, "-c", script, str(remote.work.path), str(folder), str(limit)]
        answer = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
        assert "refused:" in answer.stdout, answer.stderr[-500:]
        assert list(remote.work.refs("refs/tags")) == list(remote.bare.refs("refs/tags")) == []
        assert list(remote.work.refs("refs/memeci")) == list(remote.bare.refs("refs/memeci/releases")) == []
    registry = open_registry(remote.work.path)
    assert registry is not None
    assert registry.release(ReleaseRequest(folder, push=True)).version == "1.0.0"
