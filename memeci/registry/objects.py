"""git's objects: read through one `git cat-file --batch`, written as loose objects. Knows no ref and no record.

Everything read may come from a hostile remote, so every read has a limit that is checked before a byte is kept.
Formats: https://git-scm.com/docs/gitformat-pack and the "Git Objects" chapter of Pro Git; a loose object is
zlib("<type> <size>\\0<content>") under its own hash.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

import msgspec

from memeci.errors import DataError, GitError
from memeci.registry.command import Guard, start_git

_CHUNK = 1 << 20
_HEADER_LIMIT = 4096
REGULAR_FILE = "100644"
HASHES = {"sha1": hashlib.sha1, "sha256": hashlib.sha256}
_HEX_LENGTH = {40: "sha1", 64: "sha256"}


class Header(msgspec.Struct, frozen=True):
    """What an object is, before its content is read. ``size`` is in bytes."""

    id: str
    kind: str
    size: int


class ObjectReader:
    """Reads objects of one repository, all by one git process. A context manager."""

    def __init__(self, cwd: Path, *, git_dir: Path | None = None, guard: Guard | None = None) -> None:
        where = [f"--git-dir={git_dir}"] if git_dir else []
        # Above the threshold git streams a blob instead of holding it whole.
        arguments = [*where, "-c", "core.bigFileThreshold=1m", "cat-file", "--batch"]
        self._process = start_git(arguments, cwd=cwd, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, guard=guard)

    def __enter__(self) -> ObjectReader:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        process = self._process
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
        process.wait()

    def read(self, name: str, limit: int) -> tuple[Header, bytes] | None:
        """Return the object that ``name`` (anything git understands, "<commit>:<path>" too) names; None if there is none.

        Raises DataError, and is of no further use, when the object is larger than ``limit`` bytes.
        """
        header = self._ask(name, limit)
        return None if header is None else (header, self._take(header.size))

    def copy(self, name: str, target: Path, limit: int) -> tuple[Header, str] | None:
        """Write an object's content to ``target``; return its header and the SHA-256 of its content, None if there is none."""
        header = self._ask(name, limit)
        if header is None:
            return None
        digest, left = hashlib.sha256(), header.size
        target.unlink(missing_ok=True)
        with target.open("xb") as file:
            while left:
                chunk = self._pipe_read(min(left, _CHUNK))
                digest.update(chunk)
                file.write(chunk)
                left -= len(chunk)
        self._pipe_read(1)
        return header, digest.hexdigest()

    def _ask(self, name: str, limit: int) -> Header | None:
        if "\n" in name or "\0" in name:
            return None
        assert self._process.stdin is not None  # noqa: S101
        assert self._process.stdout is not None  # noqa: S101
        try:
            self._process.stdin.write(name.encode("utf-8", "surrogateescape") + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise _broken(name) from error
        line = self._process.stdout.readline(_HEADER_LIMIT)
        fields = line.decode("utf-8", "replace").rstrip("\n").rsplit(" ", 2)
        if len(fields) == 3 and fields[2].isdigit():
            header = Header(fields[0], fields[1], int(fields[2]))
            if header.size > limit:
                raise DataError(
                    f"{name} is {header.size:,} bytes large; at most {limit:,} are read.",
                    "no record or predictions file of a release is that large, so this is not one.",
                    "choose another baseline with --baseline, or release this model again.",
                )
            return header
        if line.endswith((b" missing\n", b" ambiguous\n")):
            return None
        raise _broken(name)

    def _take(self, size: int) -> bytes:
        data = self._pipe_read(size) if size else b""
        self._pipe_read(1)
        return data

    def _pipe_read(self, size: int) -> bytes:
        assert self._process.stdout is not None  # noqa: S101
        data = self._process.stdout.read(size)
        if len(data) != size:
            raise _broken("an object")
        return data


def _broken(name: str) -> GitError:
    return GitError(
        f"git could not read {name}.", "the object is damaged or missing, or larger than git may hold.", "run `git fsck` to see which."
    )


class TreeEntry(msgspec.Struct, frozen=True):
    """One line of a tree: ``mode`` in octal as git writes it."""

    mode: str
    id: str


def parse_tree(data: bytes, id_length: int) -> dict[str, TreeEntry]:
    """Return name → entry of a raw tree; ``id_length`` is 20 bytes (SHA-1) or 32 (SHA-256). Raises ValueError if malformed."""
    entries: dict[str, TreeEntry] = {}
    at = 0
    while at < len(data):
        blank, end = data.index(b" ", at), data.index(b"\0", at)
        identity = data[end + 1 : end + 1 + id_length]
        if blank > end or len(identity) != id_length:
            raise ValueError("malformed tree")
        name = data[blank + 1 : end].decode("utf-8", "surrogateescape")
        entries[name] = TreeEntry(data[at:blank].decode("ascii", "replace"), identity.hex())
        at = end + 1 + id_length
    return entries


def format_tree(entries: Mapping[str, str]) -> bytes:
    """Return a raw tree of regular files, from name → object id."""
    ordered = sorted((name.encode(), bytes.fromhex(identity)) for name, identity in entries.items())
    return b"".join(REGULAR_FILE.encode() + b" " + name + b"\0" + identity for name, identity in ordered)


def parse_headers(data: bytes) -> dict[str, str]:
    """Return the first value of each header line of a raw commit or tag."""
    head = data.split(b"\n\n", 1)[0].decode("utf-8", "replace")
    headers: dict[str, str] = {}
    for line in head.split("\n"):
        key, _, value = line.partition(" ")
        headers.setdefault(key, value)
    return headers


def compute_object_id(kind: str, data: bytes, object_format: str) -> str:
    """Return the name git gives to an object of this content."""
    return HASHES[object_format](f"{kind} {len(data)}".encode() + b"\0" + data).hexdigest()


def object_format_of(identity: str) -> str:
    """Return "sha1" or "sha256", from the length of an object's name; raises KeyError for anything else."""
    return _HEX_LENGTH[len(identity)]


def write_object(objects: Path, kind: str, data: bytes, object_format: str) -> str:
    """Write a loose object (for small ones: it is held whole) and return its name. Harmless if it is there already."""
    identity = compute_object_id(kind, data, object_format)
    folder = objects / identity[:2]
    target = folder / identity[2:]
    if target.exists():
        return identity
    folder.mkdir(exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix="tmp_obj_", dir=folder)  # git's own prefix: `git gc` sweeps what a crash left
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(zlib.compress(f"{kind} {len(data)}".encode() + b"\0" + data, 1))
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o444)
        os.rename(temporary, target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return identity
