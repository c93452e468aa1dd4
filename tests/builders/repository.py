"""Real git repositories for tests, in a folder of the test."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path


class RepoBuilder:
    """A repository that grows by commits, tags, clones. Everything is real git."""

    def __init__(self, path: Path, *, object_format: str = "sha1", bare: bool = False) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        options = ["--bare"] if bare else []
        self.git("init", "--quiet", "--initial-branch=main", f"--object-format={object_format}", *options)

    @classmethod
    def at(cls, path: Path) -> RepoBuilder:
        """A builder for a repository that is there already."""
        builder = cls.__new__(cls)
        builder.path = path
        return builder

    def git(self, *arguments: str, stdin: bytes | None = None) -> str:
        """Run git here and return what it printed, without the last newline."""
        done = subprocess.run(["git", *arguments], cwd=self.path, input=stdin, capture_output=True, check=False)
        assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr.decode()}"
        return done.stdout.decode().rstrip("\n")

    def commit(self, files: Mapping[str, str | bytes] | None = None, message: str = "a change") -> str:
        """Commit files (none: an empty commit) and return the commit's id."""
        for name, content in (files or {}).items():
            target = self.path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.encode() if isinstance(content, str) else content)
            self.git("add", "--", name)
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.head

    def tag(self, name: str, *, annotated: bool = True) -> str:
        self.git("tag", *(["-a", "-m", name] if annotated else []), "--", name)
        return self.git("rev-parse", f"refs/tags/{name}")

    @property
    def head(self) -> str:
        return self.git("rev-parse", "HEAD")

    def refs(self, prefix: str = "refs/") -> dict[str, str]:
        lines = self.git("for-each-ref", "--format=%(refname) %(objectname)", prefix).splitlines()
        return dict(line.split(" ") for line in lines)

    def make_remote(self, path: Path) -> RepoBuilder:
        """A bare remote called origin, with main pushed to it."""
        object_format = self.git("rev-parse", "--show-object-format")
        remote = RepoBuilder(path, object_format=object_format, bare=True)
        self.git("remote", "add", "origin", str(path))
        self.git("push", "--quiet", "origin", "HEAD:refs/heads/main")
        return remote

    def clone(self, path: Path, *options: str) -> RepoBuilder:
        """A clone of this (bare) repository over file://, as CI makes them with ``--depth=1 --no-tags``."""
        subprocess.run(["git", "clone", "--quiet", *options, f"file://{self.path}", str(path)], check=True, capture_output=True)
        return RepoBuilder.at(path)
