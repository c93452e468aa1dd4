"""A bare repository of our own in a temporary folder, where what a remote sends lands first.

The user's clone stays as it was: no ref, no object, no FETCH_HEAD, and never a `.git/shallow` that cuts a whole history.
The scratch repository reaches the remote with the settings of the user's clone (credentials, proxies, rewritten URLs,
`includeIf` on the folder of the clone): they are copied into a file that only this user can read, and go with the folder.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from memeci.registry.command import MIB, Guard, Output, run_git
from memeci.registry.objects import ObjectReader
from memeci.registry.settings import Setting, format_settings

# What a fetch, a push or a signed tag may need. Everything else (hooks, filters, partial clone, worktrees) stays behind.
_CARRIED = re.compile(
    r"(?:http|credential|url|ssh|protocol|safe|user|author|committer|gpg|remote)\..*"
    r"|core\.(?:sshcommand|askpass|gitproxy)|tag\.gpgsign",
    re.DOTALL,
)
_NOT_CARRIED = re.compile(r"remote\..*\.(?:promisor|partialclonefilter|fetch|push|mirror|prune|prunetags|tagopt)", re.DOTALL)


class Scratch(msgspec.Struct, frozen=True):
    """The repository, and the folder that git is run in: URLs like ``../model.git`` are relative to the user's clone."""

    git_dir: Path
    cwd: Path

    def guard(self, file_limit: int = 64 * MIB) -> Guard:
        return Guard(file_limit=file_limit, global_config=self.git_dir / "copied")

    def run(self, arguments: Sequence[str], guard: Guard, stdin: bytes = b"") -> Output:
        return run_git([f"--git-dir={self.git_dir}", *arguments], cwd=self.cwd, guard=guard, stdin=stdin)

    def fetch(self, remote: str, refs: Sequence[str], *, file_limit: int, filter_spec: str | None = None) -> Output:
        """Fetch full ref names at depth 1, each to a ref ``refs/fetched/<number>`` in the order given.

        ``file_limit`` bounds the bytes of the pack that is stored, not of what it unpacks to.
        """
        settings = [
            "fetch.unpackLimit=1",  # keep the pack: unpacking would hold each object whole
            "core.bigFileThreshold=1m",
            "fetch.negotiationAlgorithm=noop",
            "gc.auto=0",
            "maintenance.auto=false",
            "core.hooksPath=/dev/null",
            "protocol.version=2",
            "http.lowSpeedLimit=1000",
            "http.lowSpeedTime=60",
        ]
        specs = [f"+{ref}:refs/fetched/{i}" for i, ref in enumerate(refs)]
        options = ["--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"]
        if filter_spec:
            options.append(f"--filter={filter_spec}")
        arguments = [*(part for setting in settings for part in ("-c", setting)), "fetch", *options, "--", remote, *specs]
        return self.run(arguments, self.guard(file_limit))

    def overflowed(self, file_limit: int) -> bool:
        """Whether what the last fetch stored ran into its limit. (git only says "invalid index-pack output" then.)"""
        packs = (self.git_dir / "objects" / "pack").glob("tmp_pack_*")
        return any(pack.stat().st_size >= file_limit // 512 * 512 for pack in packs)

    def reader(self) -> ObjectReader:
        return ObjectReader(self.cwd, git_dir=self.git_dir, guard=self.guard(file_limit=1024 * MIB))


@contextmanager
def open_scratch(
    cwd: Path, settings: Sequence[Setting], object_format: str, *, borrow_from: Path | None = None, parent: Path | None = None
) -> Iterator[Scratch]:
    """Make the repository (in ``parent``, else where temporary files go), and remove it whatever happens.

    ``borrow_from`` is an object directory whose objects it may use.
    """
    git_dir = Path(tempfile.mkdtemp(prefix="memeci-git-", dir=parent))
    try:
        _write_repository(git_dir, object_format)
        if borrow_from is not None:
            (git_dir / "objects" / "info" / "alternates").write_text(f"{borrow_from}\n", encoding="utf-8")
        carried = [(key, value) for key, value in settings if _CARRIED.fullmatch(key) and not _NOT_CARRIED.fullmatch(key)]
        handle = os.open(git_dir / "copied", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(format_settings(carried))
        yield Scratch(git_dir, cwd)
    finally:
        shutil.rmtree(git_dir, ignore_errors=True)


def _write_repository(git_dir: Path, object_format: str) -> None:
    # By hand what `git init --bare` does, without the process: https://git-scm.com/docs/gitrepository-layout
    for folder in ("objects/info", "objects/pack", "refs/heads", "refs/tags"):
        (git_dir / folder).mkdir(parents=True)
    (git_dir / "HEAD").write_text("ref: refs/heads/none\n", encoding="ascii")
    version, extension = (1, "[extensions]\n\tobjectFormat = sha256\n") if object_format == "sha256" else (0, "")
    config = f"[core]\n\trepositoryFormatVersion = {version}\n\tbare = true\n{extension}"
    (git_dir / "config").write_text(config, encoding="ascii")
