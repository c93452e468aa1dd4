"""Sends refs to a remote in one atomic push, and tells a lost race from a refusal. Knows no record.

A push that failed says little by its exit code, so what counts is what the remote then has: the caller lists it again.
"""

from __future__ import annotations

import enum
import random
import re
import time
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from memeci.errors import GitError
from memeci.registry.command import MIB, Output, format_last_words, run_git
from memeci.registry.repository import Repository
from memeci.registry.scratch import Scratch

MAX_ATTEMPTS = 200
MAX_WAIT_S = 300.0
MAX_STANDSTILL = 10
"""Lost races for one and the same version. Whoever wins a race takes the version, so this is no race: a lock was left behind."""

_FILE_LIMIT = 1024 * MIB
_FIRST_DELAY_S = 0.05
_MAX_DELAY_S = 3.0


class PushResult(enum.Enum):
    DONE = "done"
    LOST_RACE = "lost_race"  # somebody else's ref is there, or was being written: look again


_RACE = re.compile(
    r"\(already exists\)|\(fetch first\)|\(non-fast-forward\)|\(stale info\)|reference already exists|cannot lock ref"
    r"|failed to update ref|failed to lock|incorrect old value|unable to create .*\.lock|is at [0-9a-f]+ but expected"
    r"|\(atomic transaction failed\)|\(reference conflict\)|shallow file has changed",
    re.IGNORECASE,
)


class Refusal(msgspec.Struct, frozen=True):
    """A remote's way of saying no, and what to do about it."""

    pattern: str
    what: str
    next_step: str


_ONLY_BRANCHES_AND_TAGS = Refusal(
    # The last one is Codeup's: "PermissionDenied: branch:refs/memeci/… is illegal".
    r"hidden ref|only (?:allow|accept|support)s? .*(?:branch|heads)|remote: .*refs/(?!heads|tags)\S* is (?:illegal|invalid|not allowed)",
    'the remote "{remote}" takes only branches and tags: it refused {ref}.',
    "set `registry: {{namespace: refs/heads/memeci}}` in memeci.yml: records then lie in branches, which every host takes.",
)
IN_THE_WAY = re.compile(r"exists; cannot create|non-empty directory|directory file conflict", re.IGNORECASE)
"""git's words for a ref `a` where `a/b` is to be made, or the other way round."""

_REFUSALS = (
    Refusal(
        IN_THE_WAY.pattern,
        'a branch or tag at the remote "{remote}" is in the way of {ref}.',
        "rename or delete it, or set another `registry: {{namespace: …}}` in memeci.yml.",
    ),
    _ONLY_BRANCHES_AND_TAGS,
    Refusal(
        r"shallow update not allowed|did not receive expected object|missing necessary objects|unpacker error",
        'the remote "{remote}" does not have the commit that was evaluated.',
        "push the branch first, then release again.",
    ),
    Refusal(
        r"atomic push|does not support --atomic",
        'the remote "{remote}" cannot push atomically.',
        "release on a host that can (git 2.4 or newer): a tag must never stand there without its record.",
    ),
    Refusal(
        r"could not read Username|Authentication failed|Permission .*denied|returned error: 40[13]|access denied|not allowed to push"
        r"|Write access|read-only|publickey",
        'the remote "{remote}" does not let you push.',
        "give the job write access: `permissions: {{contents: write}}` on GitHub, a project token with write_repository on GitLab.",
    ),
    Refusal(
        r"protected|pre-receive hook declined|hook declined|GH013|rule violations",
        'a rule of the remote "{remote}" refused the push.',
        "allow the pattern of these refs in the rules for tags (and branches) of the repository, or release with an account that may.",
    ),
)


def push_refs(
    repository: Repository,
    remote: str,
    refs: Mapping[str, str],
    *,
    scratch: Scratch | None = None,
    expected: Mapping[str, str] | None = None,
) -> PushResult:
    """Push full ref name → object id ("" deletes) all or nothing, never forced. From the clone, or from ``scratch``.

    With ``expected`` only while the remote still has those ids. Raises GitError where the remote refuses, or cannot be reached.
    """
    sender = _Sender(repository, remote, scratch)
    leases = [f"--force-with-lease={name}:{identity}" for name, identity in (expected or {}).items()]
    output = sender.push([f"{identity}:{name}" for name, identity in refs.items()], *leases)
    lines = _parse_porcelain(output.text)
    if output.code == 0:
        # "=": the remote has exactly this already, so somebody else brought it there.
        return PushResult.LOST_RACE if all(line.flag == "=" for line in lines) else PushResult.DONE
    refused = [line for line in lines if line.flag == "!" and "failed to report status" not in line.summary]
    if not refused and _has_arrived(repository, refs):
        return PushResult.DONE
    if refused:
        _undo(sender, refs, lines)
    if _was_race(output, lines):
        return PushResult.LOST_RACE
    raise _explain(output, lines, remote)


class _Line(msgspec.Struct, frozen=True):
    """One ref in the answer of `git push --porcelain`: "*" created, "=" was there, "-" deleted, "!" refused and why."""

    flag: str
    ref: str
    summary: str


class _Sender(msgspec.Struct, frozen=True):
    repository: Repository
    remote: str
    scratch: Scratch | None

    def push(self, specs: Sequence[str], *more: str) -> Output:
        settings = ["push.followTags=false", "push.gpgSign=false", "http.lowSpeedLimit=1000", "http.lowSpeedTime=60", "gc.auto=0"]
        if self.repository.shallow and self.scratch is None:
            # Where the remote has moved on, a shallow clone does not see what they have in common; asking keeps the tree off the wire.
            settings.append("push.negotiate=true")
        options = ["--atomic", "--porcelain", "--no-verify", "--recurse-submodules=no", "--no-signed", *more]
        arguments = [*(part for setting in settings for part in ("-c", setting)), "push", *options, "--", self.remote, *specs]
        if self.scratch is not None:
            return self.scratch.run(arguments, self.scratch.guard(_FILE_LIMIT))
        return run_git(arguments, cwd=self.repository.top, guard=self.repository.guard(_FILE_LIMIT))


def _parse_porcelain(text: str) -> list[_Line]:
    fields = [line.split("\t") for line in text.splitlines() if line[1:2] == "\t"]
    return [_Line(field[0], field[1].rpartition(":")[2], field[2]) for field in fields if len(field) >= 3]


def _undo(sender: _Sender, refs: Mapping[str, str], lines: Sequence[_Line]) -> None:
    """Take back what a refused push created all the same.

    git's receive-pack sorts out refs hidden by ``receive.hideRefs`` before it starts an atomic push, and applies the rest
    (seen in 2.39). The lease lets only what we just pushed be deleted.
    """
    made = [line.ref for line in lines if line.flag == "*" and refs.get(line.ref)]
    if made:
        sender.push([f":{ref}" for ref in made], *(f"--force-with-lease={ref}:{refs[ref]}" for ref in made))


def _has_arrived(repository: Repository, refs: Mapping[str, str]) -> bool:
    """Whether the remote has everything although the push failed: the line may break after the remote did its part."""
    try:
        there = repository.list_remote_refs(list(refs))
    except GitError:
        return False
    return all(there.get(name, "") == identity for name, identity in refs.items())


def _was_race(output: Output, lines: Sequence[_Line]) -> bool:
    refused = [line.summary for line in lines if line.flag == "!"]
    said = output.stderr + "\n".join(refused)
    if any("hidden ref" in summary or "hook declined" in summary for summary in refused) or IN_THE_WAY.search(said):
        return False
    return _RACE.search(said) is not None


def _explain(output: Output, lines: Sequence[_Line], remote: str) -> GitError:
    why = format_last_words(output.stderr)
    refused = [line.ref for line in lines if line.flag == "!" and "atomic" not in line.summary]
    elsewhere = [ref for ref in refused if not ref.startswith(("refs/heads/", "refs/tags/"))]
    said = output.stderr + "\n".join(line.summary for line in lines if line.flag == "!" and "atomic" not in line.summary)
    if elsewhere and elsewhere == refused and "declined" in said:
        return _say(_ONLY_BRANCHES_AND_TAGS, remote, elsewhere[0], why)
    for refusal in _REFUSALS:
        if re.search(refusal.pattern, said, re.IGNORECASE):
            return _say(refusal, remote, (elsewhere or refused or [""])[0], why)
    return GitError(f'the push to "{remote}" failed.', why, f"check that `git push {remote}` works here.")


def _say(refusal: Refusal, remote: str, ref: str, why: str) -> GitError:
    return GitError(refusal.what.format(remote=remote, ref=ref), why, refusal.next_step.format())


def attempts(rng: random.Random | None = None) -> Iterator[int]:
    """Yield 0, 1, 2 …, waiting longer (and by chance) before each; ends after MAX_ATTEMPTS or MAX_WAIT_S seconds."""
    rng = rng or random.Random()  # noqa: S311 - a delay needs no secrecy
    started = time.monotonic()
    for attempt in range(MAX_ATTEMPTS):
        yield attempt
        if time.monotonic() - started > MAX_WAIT_S:
            return
        time.sleep(rng.uniform(0, min(_MAX_DELAY_S, _FIRST_DELAY_S * 2**attempt)))


def gave_up(what: str, remote: str) -> GitError:
    """Return the error for a race that was lost every time."""
    return GitError(
        f"{what} was not possible: others kept writing first.",
        f'every attempt to push to "{remote}" came too late.',
        "run it again; if it goes on, look for a stale lock file on the remote.",
    )
