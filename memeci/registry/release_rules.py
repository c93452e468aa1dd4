"""What may be released, and as which version. Pure; knows no git process."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from memeci.errors import ConfigError, DataError
from memeci.records import Evaluation, Status
from memeci.registry.bump import Step
from memeci.registry.names import FIRST, Part, TagStyle, Version, check_model, parse_model_tag, parse_version

if TYPE_CHECKING:
    from memeci.registry.repository import Head


def check_releasable(evaluation: Evaluation, head: Head, force_reason: str | None) -> None:
    """Raise where this evaluation may not be released from this commit. Pure."""
    check_model(evaluation.model)
    again = "commit, then run `memeci evaluate` and `memeci release` again."
    commit = evaluation.candidate.commit
    if head.commit is None:
        raise DataError("there is no commit to tag yet.", "this repository is empty.", "git commit, then evaluate and release.")
    if head.dirty or evaluation.candidate.dirty:
        when = "now" if head.dirty else "when the model was evaluated"
        raise DataError(f"files that git tracks were changed {when}.", "the tag would name a commit that is not what was evaluated.", again)
    if commit != head.commit:
        raise DataError(
            f"the evaluation is of commit {(commit or 'unknown')[:12]}, but {head.commit[:12]} is checked out.",
            "a release tags what was evaluated, and nothing else.",
            "run `memeci evaluate` again on this commit." if commit is None else f"git checkout {commit[:12]}, or evaluate again.",
        )
    if evaluation.verdict.status is Status.FAIL and not (force_reason or "").strip():
        raise DataError(
            f"the verdict on this model is: fail. {evaluation.verdict.sentence.en}",
            "a failed model is released only with a reason, which its tag keeps.",
            'mend the model, or: memeci release --force-reason "why it may go out"',
        )


def choose_version(taken: Iterable[Version], step: Step, wanted: Version | None) -> tuple[Version, Version | None]:
    """Return the version to release and the one before it. Raises ConfigError where ``wanted`` is taken. Pure."""
    known = set(taken)
    final = [version for version in known if not version.prerelease]
    previous = max(final or known, default=None)
    if wanted is not None:
        if wanted in known:
            raise ConfigError(
                f"version {wanted} exists already.", "a release is never overwritten.", f"--version {wanted.raised(Part.PATCH)}"
            )
        return wanted, max((version for version in known if version < wanted), default=None)
    version = FIRST if previous is None else previous.raised(step.part)
    while version in known:
        version = version.raised(Part.PATCH)
    return version, previous


def parse_wanted(text: str) -> Version:
    """Return the version a user typed; raises ConfigError for anything else."""
    version = parse_version(text)
    if version is None:
        raise ConfigError(
            f'"{text[:100]}" is not a version.', "it must be a semantic version such as 1.4.0 or 2.0.0-rc.1.", "--version 1.4.0"
        )
    return version


def find_taken(refs: Iterable[str], model: str, below: str) -> Iterable[Version]:
    """Yield the versions of a model that its tags, or the records ``below``, have used already."""
    for name in refs:
        if name.startswith(below):
            version = parse_version(name[len(below) :])
        else:
            parsed = parse_model_tag(name.removeprefix("refs/tags/").removesuffix("^{}"), model)
            version = parsed[1] if parsed is not None and parsed[0] is TagStyle.RELEASE else None
        if version is not None:
            yield version
