"""One user's clone: where it lies, what its tip is, which tags it and its remote have. Reads only; knows no record."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path

import msgspec

from memeci.errors import ConfigError, GitError
from memeci.registry.command import MIB, Guard, Output, check_succeeded, format_last_words, run_git
from memeci.registry.credentials import Credentials, build_secret
from memeci.registry.objects import ObjectReader
from memeci.registry.settings import Setting, parse_settings

# In ref-filter.c of git; the last since git 2.45.
_BROKEN = re.compile(r"^warning: ignoring (?:broken ref|ref with broken name|dangling symref) (\S+)$", re.MULTILINE)


class Head(msgspec.Struct, frozen=True):
    """The commit that is checked out. ``commit`` is None before the first one, ``branch`` None when HEAD is detached."""

    commit: str | None
    dirty: bool
    branch: str | None


class TagRef(msgspec.Struct, frozen=True):
    """A tag as a listing shows it. ``id`` is the tag object (the commit for a lightweight tag); ``commit`` where the listing
    says it; ``remote`` whether the remote listed it."""

    name: str
    id: str
    commit: str | None
    remote: bool


class Repository(msgspec.Struct, frozen=True, dict=True):
    """``top`` is the folder of the work tree (the repository itself where it is bare); ``objects`` its object directory."""

    top: Path
    objects: Path
    object_format: str
    shallow: bool
    bare: bool
    asked_remote: str | None = None
    credentials: Credentials | None = None

    @cached_property
    def settings(self) -> tuple[Setting, ...]:
        """All of git's configuration here, in its order; the token of the job last, where it is needed."""
        return self._own_settings if self.secret is None else (*self._own_settings, self.secret)

    @cached_property
    def _own_settings(self) -> tuple[Setting, ...]:
        output = run_git(["config", "--list", "-z"], cwd=self.top)
        return parse_settings(check_succeeded(output, "git could not read its configuration.").text)

    @cached_property
    def secret(self) -> tuple[str, str] | None:
        """The setting that lets git reach the remote with the token of the job; None where the clone needs none."""
        if self.credentials is None or self.remote is None:
            return None
        urls = [value for key, value in self._own_settings if key == f"remote.{self.remote}.url"]
        return build_secret(self.credentials, urls[0] if urls and urls[0] else self.remote, self._own_settings)

    def guard(self, file_limit: int) -> Guard:
        """Return the limits and the token for a git process that talks to the remote from the clone itself."""
        return Guard(file_limit=file_limit, secret=self.secret)

    @cached_property
    def remote(self) -> str | None:
        """The remote to talk to: the one asked for, "origin", or the only one; None without any."""
        names = {match[1] for key, _ in self._own_settings if (match := re.fullmatch(r"remote\.(.+)\.url", key, re.DOTALL))}
        if self.asked_remote is not None:
            return _check_remote(self.asked_remote, names)
        if "origin" in names or len(names) < 2:
            return "origin" if "origin" in names else next(iter(names), None)
        raise ConfigError(
            "this repository has several remotes, and none is called origin.",
            f"the remotes are: {', '.join(sorted(names))}.",
            f"say which one: --remote {min(names)}",
        )

    def reader(self) -> ObjectReader:
        return ObjectReader(self.top)

    def read_head(self) -> Head:
        """Return commit, branch and whether tracked files were changed; files that git does not track make nothing dirty."""
        arguments = ["--no-optional-locks", "status", "--porcelain=v2", "--branch", "--untracked-files=no", "--ignore-submodules=untracked"]
        if self.bare:
            return self._bare_head()
        lines = check_succeeded(run_git(arguments, cwd=self.top), "git could not say what is checked out.").text.splitlines()
        facts = dict(line[2:].split(" ", 1) for line in lines if line.startswith("# branch."))
        commit, branch = facts.get("branch.oid", "(initial)"), facts.get("branch.head", "(detached)")
        return Head(
            None if commit == "(initial)" else commit,
            any(not line.startswith("#") for line in lines),
            None if branch == "(detached)" else branch,
        )

    def _bare_head(self) -> Head:
        output = run_git(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"], cwd=self.top)
        return Head(output.text.strip() or None, False, None)

    def list_refs(self, prefixes: Iterable[str], needed: Callable[[str], bool] | None = None) -> dict[str, str]:
        """Return full name → object id of the local refs below ``prefixes`` (each a full name or one that ends with "/").

        Raises GitError for a broken ref of a name that is ``needed`` (any, unless told): git passes over it, and a release
        that cannot be seen is not the same as none.
        """
        arguments = ["for-each-ref", "--format=%(objectname) %(refname)", *prefixes]
        output = check_succeeded(run_git(arguments, cwd=self.top), "git could not list the refs of this repository.")
        if output.stderr:
            # Once more in English: the words of the first answer are in the user's language.
            said = run_git(arguments, cwd=self.top, guard=Guard(file_limit=MIB)).stderr
            broken = [name for name in _BROKEN.findall(said) if needed is None or needed(name)]
            if broken:
                raise _broken(broken, self.remote)
        return {name: identity for identity, _, name in (line.partition(" ") for line in output.text.splitlines())}

    def understands(self, revision: str) -> bool:
        """Return whether git can tell what a revision with a search in it means (`@{upstream}`, `:/text`): it stops at one it cannot."""
        if not any(sign in revision for sign in ("@{", ":/", "^{/")):
            return True
        return run_git(["rev-parse", "--verify", "--quiet", "--end-of-options", revision], cwd=self.top).code == 0

    def list_tags_at(self, commit: str) -> list[str]:
        """Return the names of the local tags on a commit."""
        arguments = ["for-each-ref", f"--points-at={commit}", "--format=%(refname:lstrip=2)", "refs/tags/"]
        return run_git(arguments, cwd=self.top).text.splitlines()

    def list_remote_tags(self) -> dict[str, TagRef]:
        """Return name → tag of the remote; nothing without a remote. One round trip that transfers tags and no other refs."""
        if self.remote is None:
            return {}
        refs = parse_listing(self.ask_remote(["ls-remote", "--tags", "--", self.remote]).text)
        return {
            name.removeprefix("refs/tags/"): TagRef(name.removeprefix("refs/tags/"), identity, refs.get(f"{name}^{{}}", identity), True)
            for name, identity in refs.items()
            if name.startswith("refs/tags/") and not name.endswith("^{}")
        }

    def list_remote_refs(self, patterns: Iterable[str]) -> dict[str, str]:
        """Return full name → object id of the refs of the remote that match ``patterns``, peeled tags as "<name>^{}"."""
        if self.remote is None:
            return {}
        return parse_listing(self.ask_remote(["ls-remote", "--", self.remote, *patterns]).text)

    def ask_remote(self, arguments: list[str]) -> Output:
        """Run a git command that only asks the remote something. Raises GitError with the way out where the remote fails."""
        output = run_git(arguments, cwd=self.top, guard=self.guard(64 * MIB))
        if output.code != 0:
            raise unreachable(self.remote or "", output)
        return output


def parse_listing(text: str) -> dict[str, str]:
    """Return name → object id from `git ls-remote`; a line of any other shape is passed over."""
    pairs = (line.split("\t", 1) for line in text.split("\n"))
    return {pair[1]: pair[0] for pair in pairs if len(pair) == 2 and re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", pair[0])}


def _broken(names: list[str], remote: str | None) -> GitError:
    more = f" (and {len(names) - 1} more)" if len(names) > 1 else ""
    quoted = shlex.quote(names[0])
    again = f"git fetch {remote} {quoted}:{quoted}" if remote else "git fsck shows the object it named, as dangling"
    return GitError(
        f"the ref {names[0]} is broken{more}.",
        "git passes over it, as if there were no such release; a power cut or a full disk leaves such a ref.",
        f'rm "$(git rev-parse --git-path {quoted})", then get it back: {again}',
    )


def unreachable(remote: str, output: Output) -> GitError:
    """Return the error for a remote that did not answer."""
    return GitError(
        f'the remote "{remote}" could not be read.',
        format_last_words(output.stderr),
        f"check that `git ls-remote {remote}` works here. Offline, `memeci evaluate` takes --baseline FILE or none; history and"
        " leaderboard show what this clone has with --remote ./",
    )


def open_repository(start: Path, remote: str | None, credentials: Credentials | None = None) -> Repository | None:
    """Return the repository that ``start`` lies in; None outside of any. Raises GitError where git refuses it."""
    if shutil.which("git") is None and _find_git_entry(start) is None:
        return None
    arguments = [
        "--is-inside-work-tree",
        "--is-bare-repository",
        "--show-object-format",
        "--is-shallow-repository",
        "--git-path",
        "objects",
        "--show-cdup",
    ]
    output = run_git(["rev-parse", *arguments], cwd=start)
    if output.code != 0:
        # Once more in English: the words of the first answer are in the user's language.
        _check_absent(run_git(["rev-parse", "--git-dir"], cwd=start, guard=Guard(file_limit=MIB)), start)
        return None
    inside, bare, object_format, shallow, objects, cdup = (output.text.split("\n") + [""] * 6)[:6]
    top = (start / cdup).resolve() if inside == "true" else start.resolve()
    return Repository(top, (start / objects).resolve(), object_format, shallow == "true", bare == "true", remote, credentials)


def _check_absent(output: Output, start: Path) -> None:
    """Raise GitError unless git merely says that there is no repository."""
    if "dubious ownership" in output.stderr:
        raise GitError(
            f"git does not trust the repository in {start}.",
            "it belongs to another user, as in a container.",
            f"git config --global --add safe.directory {start.resolve()}",
        )
    entry = _find_git_entry(start)
    if entry is not None and "not a git repository" in output.stderr:
        # Not the same as none: a gate must not pass because nothing can be found to compare with.
        raise GitError(
            f"{entry} is there, but git finds no repository in it.",
            format_last_words(output.stderr),
            "it is damaged, cannot be read here, or belongs to a worktree or submodule whose repository is elsewhere: see `git status`.",
        )
    if "not a git repository" in output.stderr or "GIT_DISCOVERY_ACROSS_FILESYSTEM" in output.stderr:
        return
    raise GitError(f"git cannot open the repository in {start}.", format_last_words(output.stderr), "run `git status` there.")


def _find_git_entry(start: Path) -> Path | None:
    """Return the .git, a folder or a file, of ``start`` or of the nearest folder above that has one."""
    here = start.absolute()
    return next((folder / ".git" for folder in (here, *here.parents) if os.path.lexists(folder / ".git")), None)


def _check_remote(remote: str, names: set[str]) -> str:
    known = remote in names
    looks_like_url = any(sign in remote for sign in ("/", ":", "\\"))
    if remote.startswith("-") or not (known or looks_like_url):
        raise ConfigError(
            f'there is no remote called "{remote}".',
            f"the remotes are: {', '.join(sorted(names)) or 'none'}.",
            "give one of them or a URL: --remote NAME",
        )
    return remote
