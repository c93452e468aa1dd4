"""Makes a release: an annotated tag on the evaluated commit and a commit with its record, both or neither.

Objects first (nobody sees them), then both refs at once: one atomic push, or one transaction in the clone. In both the
record is named before the tag, so a host that dies halfway leaves a record without a tag, which nobody reads.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import msgspec

from memeci.errors import ConfigError, DataError, GitError
from memeci.filenames import PICTURE_FILE, PREDICTIONS_FILE, RECORD_FILE
from memeci.record_file import RECORD_LIMIT, load_evaluation
from memeci.records import Evaluation, Status
from memeci.registry.bump import Bump, Step, choose_step
from memeci.registry.command import MIB, check_succeeded, run_git
from memeci.registry.names import Version, format_tag, is_of_line, mark_ref, release_ref
from memeci.registry.objects import format_tree, write_object
from memeci.registry.parquet_footer import check_predictions
from memeci.registry.push import MAX_STANDSTILL, PushResult, attempts, gave_up, push_refs
from memeci.registry.release_message import format_message
from memeci.registry.release_record import PICTURE_LIMIT, PREDICTIONS_LIMIT, TAG_COPY, compute_digest
from memeci.registry.release_rules import check_releasable, choose_version, find_taken, parse_wanted
from memeci.registry.repository import Repository
from memeci.registry.scratch import open_scratch
from memeci.registry.writing import create_refs, read_identity

_PNG = b"\x89PNG\r\n\x1a\n"
_AGAIN = "run `memeci evaluate` and `memeci release` again."


class ReleaseRequest(msgspec.Struct, frozen=True):
    """What the user wants released. ``version`` overrides ``bump``; ``force_reason`` is why a failed verdict may pass."""

    evaluation_dir: Path
    bump: Bump = Bump.AUTO
    version: str | None = None
    push: bool = False
    force_reason: str | None = None
    sign: bool = False


class Release(msgspec.Struct, frozen=True):
    """A release that was made. ``remote`` is where it was pushed to, None where it is in the clone only."""

    model: str
    tag: str
    version: str
    commit: str
    record_ref: str
    record_commit: str
    record_digest: str
    reason: str
    previous: str | None
    remote: str | None


class _Prepared(msgspec.Struct, frozen=True):
    """All that does not change when a race is lost and the version is computed again."""

    repository: Repository
    namespace: str
    request: ReleaseRequest
    evaluation: Evaluation
    commit: str
    blobs: dict[str, str]
    digests: dict[str, str]
    identity: str


class _Names(msgspec.Struct, frozen=True):
    """``marked`` says whether the remote has our mark, so that it is known to take refs in our namespace."""

    version: Version
    step: Step
    previous: Version | None
    marked: bool


def release(repository: Repository, namespace: str, request: ReleaseRequest) -> Release:
    """Release the evaluation in ``request.evaluation_dir`` and return what was made.

    Raises DataError where the evaluation may not be released, ConfigError for a version that is taken, GitError where
    git or the remote refuses. Whenever it raises, neither tag nor record is there.
    """
    if request.push and repository.remote is None:
        raise ConfigError("there is no remote to push to.", "this repository has none.", "git remote add origin URL, or leave out --push.")
    try:
        evaluation = _load(request.evaluation_dir)
        check_releasable(evaluation, repository.read_head(), request.force_reason)
        return _race(_prepare(repository, namespace, request, evaluation))
    except OSError as error:
        raise GitError(f"the release could not be written: {error.strerror or error}.", f"the file is {error.filename}.", "") from error


def _load(folder: Path) -> Evaluation:
    record, predictions = folder / RECORD_FILE, folder / PREDICTIONS_FILE
    missing = next((path for path in (record, predictions) if not path.is_file()), None)
    if missing is not None:
        raise DataError(f"{missing} does not exist.", "a release is made from a finished evaluation.", "run `memeci evaluate` first.")
    for path in (record, predictions, folder / PICTURE_FILE):
        _check_own_file(path)
    limits = ((record, RECORD_LIMIT), (predictions, PREDICTIONS_LIMIT), (folder / PICTURE_FILE, PICTURE_LIMIT))
    for path, limit in limits:
        if path.is_file() and path.stat().st_size > limit:
            size = path.stat().st_size / MIB
            raise DataError(
                f"{path} has {size:,.0f} MiB.", f"a release keeps at most {limit // MIB} MiB of it in git.", "evaluate on fewer examples."
            )
    evaluation = load_evaluation(record.read_bytes(), str(record), next_step="run `memeci evaluate` again.")
    check_predictions(predictions, evaluation.dataset.n, str(folder))
    return evaluation


def _check_own_file(path: Path) -> None:
    """Raise DataError for a link, a folder, a device: a release is pushed, and must hold what `memeci evaluate` wrote there."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        what = f"a link to {os.readlink(path)[:200]}" if path.is_symlink() else "no regular file"
        raise DataError(f"{path} is {what}.", "a release stores what `memeci evaluate` wrote there, no more.", f"remove it, then {_AGAIN}")
    if path.name == PICTURE_FILE and path.is_file():
        with path.open("rb") as file:
            if file.read(len(_PNG)) != _PNG:
                raise DataError(f"{path} is no PNG picture.", "it does not begin as one.", f"remove it, then {_AGAIN}")


def _prepare(repository: Repository, namespace: str, request: ReleaseRequest, evaluation: Evaluation) -> _Prepared:
    files = [name for name in (RECORD_FILE, PREDICTIONS_FILE, PICTURE_FILE) if (request.evaluation_dir / name).is_file()]
    paths = [str((request.evaluation_dir / name).resolve()) for name in files]
    output = run_git(["hash-object", "-w", "--no-filters", "--", *paths], cwd=repository.top)
    ids = check_succeeded(output, "git could not store the evaluation.", "is the disk full?").text.split()
    digests = {
        name: _digest_of(request.evaluation_dir / file) for name, file in (("record", RECORD_FILE), ("predictions", PREDICTIONS_FILE))
    }
    commit = evaluation.candidate.commit or ""
    return _Prepared(
        repository, namespace, request, evaluation, commit, dict(zip(files, ids, strict=True)), digests, read_identity(repository)
    )


def _digest_of(path: Path) -> str:
    return compute_digest(path.read_bytes())


def _race(prepared: _Prepared) -> Release:
    repository = prepared.repository
    remote = repository.remote if prepared.request.push else None
    tried: list[Version] = []
    for _ in attempts():
        names = _choose_names(prepared, remote)
        tried.append(names.version)
        if tried.count(names.version) > MAX_STANDSTILL:
            break
        tag = format_tag(prepared.evaluation.model, names.version)
        ref = release_ref(prepared.namespace, prepared.evaluation.model, names.version)
        tag_id, record_commit = _write(prepared, names, tag)
        refs = {ref: record_commit, f"refs/tags/{tag}": tag_id}
        if _publish(prepared, names, refs, remote) is PushResult.DONE:
            if remote is not None:
                create_refs(repository, refs, keep_going=True)
            previous = None if names.previous is None else str(names.previous)
            digest, reason = prepared.digests["record"], f"{names.step.part.value}: {names.step.reason}"
            return Release(
                prepared.evaluation.model, tag, str(names.version), prepared.commit, ref, record_commit, digest, reason, previous, remote
            )
    raise gave_up("the release", remote or "this clone")


def _choose_names(prepared: _Prepared, remote: str | None) -> _Names:
    model, request = prepared.evaluation.model, prepared.request
    below = f"{prepared.namespace}/releases/{model}/"
    there = () if remote is None else prepared.repository.list_remote_refs([f"refs/tags/{model}@v*", f"{prepared.namespace}/*"])
    here = prepared.repository.list_refs(["refs/tags/", below], needed=lambda name: is_of_line(name, model))
    refs = {*here, *there}
    step = choose_step(prepared.evaluation, request.bump)
    wanted = None if request.version is None else parse_wanted(request.version)
    version, previous = choose_version(find_taken(refs, model, below), step, wanted)
    if previous is None and wanted is None:
        step = Step(step.part, "the first release")
    return _Names(version, Step(step.part, "asked for") if wanted else step, previous, mark_ref(prepared.namespace) in there)


def _publish(prepared: _Prepared, names: _Names, refs: dict[str, str], remote: str | None) -> PushResult:
    """Make both refs visible at once.

    Before the very first record a mark goes ahead, alone: a host that refuses our namespace refuses it there. Without it
    git would apply the rest of an atomic push to a host that hides such refs, which would be a tag without record.
    """
    if remote is None:
        return create_refs(prepared.repository, refs)
    if not names.marked:
        push_refs(prepared.repository, remote, {mark_ref(prepared.namespace): _write_mark(prepared.repository)})
    return push_refs(prepared.repository, remote, refs)


def _write_mark(repository: Repository) -> str:
    # The same commit wherever it is made: whoever pushes it second has nothing to push.
    tree = write_object(repository.objects, "tree", b"", repository.object_format)
    who = "memeci <memeci@localhost> 0 +0000"
    text = f"tree {tree}\nauthor {who}\ncommitter {who}\n\nmemeci keeps records of releases beside this ref.\n"
    return write_object(repository.objects, "commit", text.encode(), repository.object_format)


def _write(prepared: _Prepared, names: _Names, tag: str) -> tuple[str, str]:
    """Write tag object and record commit; return their ids. No ref points at them yet."""
    repository, request = prepared.repository, prepared.request
    force = request.force_reason if prepared.evaluation.verdict.status is Status.FAIL else None
    reason = f"{names.step.part.value}, {names.step.reason}"
    message = format_message(prepared.evaluation, names.version, prepared.digests, step=reason, force_reason=force)
    tag_object = _sign(prepared, tag, message) if request.sign or _signs_always(repository) else _format_tag_object(prepared, tag, message)
    tag_id = write_object(repository.objects, "tag", tag_object, repository.object_format)
    copy = write_object(repository.objects, "blob", tag_object, repository.object_format)
    tree = write_object(repository.objects, "tree", format_tree({**prepared.blobs, TAG_COPY: copy}), repository.object_format)
    # Drawn by lot: two jobs that release the same record at once must not make the same commit, or both would have won.
    body = f"Record of {tag}\n\nlot: {secrets.token_hex(16)}\n"
    # On top of the mark, because git's push negotiation (see push.py) gives up on commits that stand alone.
    parent = _write_mark(repository)
    commit = f"tree {tree}\nparent {parent}\nauthor {prepared.identity}\ncommitter {prepared.identity}\n\n{body}"
    return tag_id, write_object(repository.objects, "commit", commit.encode(), repository.object_format)


def _format_tag_object(prepared: _Prepared, tag: str, message: str) -> bytes:
    return f"object {prepared.commit}\ntype commit\ntag {tag}\ntagger {prepared.identity}\n\n{message}".encode()


def _signs_always(repository: Repository) -> bool:
    values = [value for key, value in repository.settings if key == "tag.gpgsign"]
    return bool(values) and (values[-1] is None or values[-1].lower() in {"true", "yes", "on", "1"})


def _sign(prepared: _Prepared, tag: str, message: str) -> bytes:
    """Return the tag object as `git tag --sign` makes it, with the user's key and format, without a ref in the clone."""
    repository = prepared.repository
    with open_scratch(repository.top, repository.settings, repository.object_format, borrow_from=repository.objects) as scratch:
        arguments = ["tag", "--sign", "--cleanup=verbatim", "--file=-", "--", tag, prepared.commit]
        output = scratch.run(arguments, scratch.guard(), stdin=message.encode())
        check_succeeded(output, "git could not sign the tag.", "set `git config user.signingkey`, or leave out --sign.")
        return check_succeeded(scratch.run(["cat-file", "tag", f"refs/tags/{tag}"], scratch.guard()), "git lost the tag.").stdout
