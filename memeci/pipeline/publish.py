"""Publish: a finished evaluation, or a crash, to the pull request. The verdict is made by then, and nothing here can change it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec

from memeci.config import CI, Environment
from memeci.errors import DataError
from memeci.filenames import PICTURE_FILE, RECORD_FILE
from memeci.pipeline.picture import Drawn, choose_theme
from memeci.record_file import RECORD_LIMIT, load_record
from memeci.records import DockerTag, Evaluation, Frozen, Incident, Record, Text
from memeci.report import PictureLink, build_outputs, choose_language, render_annotations, render_comment, render_summary

if TYPE_CHECKING:
    # Talking to a network costs 0.05 s of imports, which an evaluation at a desk does not need.
    from memeci.forges import Forge, Picture, Receipt

REQUEST_FILE = "request.json"
_SUMMARY = Text("the job summary", "任务摘要")
_OUTPUTS = Text("the outputs for later steps", "给后续步骤的输出")
MAX_REQUEST_BYTES = 4096


class RequestNote(Frozen, frozen=True):
    """Which pull request an evaluation belongs to; travels beside record.json to the workflow that may write."""

    number: Annotated[int, msgspec.Meta(ge=1)]
    head_sha: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{40}([0-9a-f]{24})?$")]


@dataclass(frozen=True)
class Show:
    """What belongs to the showing and not to the record: the picture, the image's name before Docker tags, a new release."""

    drawn: Drawn | None = None
    image: str | None = None
    release_tag: str = ""


class Published(msgspec.Struct, frozen=True):
    """``annotations`` are lines for GitHub's log; ``outputs`` what later steps read; ``notices`` say what was not written."""

    receipt: Receipt
    outputs: dict[str, str]
    annotations: str = ""
    notices: tuple[Text, ...] = ()


def publish(record: Record, directory: Path, environment: Environment, show: Show = Show()) -> Published:
    """Bring what stands in ``directory`` to the forge: comment, summary, outputs. Raises nothing of the forge's, nor of its files'."""
    from memeci.forges import open_forge

    forge = open_forge(environment)
    receipt = _comment(record, forge, show.drawn)
    link = _link(show.drawn, receipt.picture_url)
    summary = render_summary(record, language=choose_language(record.language), picture=link)
    outputs = {**_describe_decision(record, environment, show), **_list_places(directory, receipt)}
    notices = (
        *_list_faults(_SUMMARY, lambda: forge.write_summary(summary, directory)),
        *_list_faults(_OUTPUTS, lambda: forge.write_outputs(outputs, directory)),
    )
    return Published(receipt, outputs, _annotate(record, environment), notices)


def load_artifact(directory: Path, environment: Environment) -> tuple[Record, Environment]:
    """Return the record of an artifact that anybody may have made, and the environment with its pull request, checked.

    Only the record is used, by its schema; comment and picture are made again from it. Its commit must be the one the
    finished run was for, and the pull request it names must point at that commit now. Raises DataError where not.
    """
    from memeci.forges import open_forge

    record = _confine(_load_record(directory))
    evaluated = record.commit if isinstance(record, Incident) else record.candidate.commit
    note = _load_note(directory)
    commit = environment.head_sha
    if commit is None or note.head_sha != commit or evaluated != commit:
        raise DataError(
            "the evaluation does not belong to the run that made it.",
            f"the run was for {commit}, request.json says {note.head_sha}, record.json {str(evaluated)[:64]!r}.",
            "nothing was posted.",
        )
    checked = replace(environment, request=note.number)
    head = open_forge(checked).fetch_request_head()
    if head != commit:
        raise DataError(
            f"the evaluation is not of what request {note.number} points at now.",
            f"it evaluated {commit}; the request is at {head}.",
            "a newer run will post; nothing was posted.",
        )
    return record, checked


def _confine(record: Record) -> Record:
    """Return the record without a say in which files are read here, or what an image is called.

    A theme can be a folder, also one in the artifact; and later steps push the image under the tag.
    """
    confined = msgspec.structs.replace(record, theme=choose_theme(record), language=choose_language(record.language))
    if isinstance(confined, Incident) or confined.docker_tag == _build_pun(confined):
        return confined
    return msgspec.structs.replace(confined, docker_tag=None)


def _build_pun(record: Evaluation) -> DockerTag | None:
    """Return the pun on the commit. memeci.yml is not at hand: one that its exclude list changed is another."""
    from memeci.puns import build_docker_tag

    try:
        return build_docker_tag(record.candidate.commit or "", theme=record.theme)
    except DataError:
        return None


def _load_record(directory: Path) -> Record:
    path = directory / RECORD_FILE
    return load_record(_read_bounded(path, RECORD_LIMIT), str(path), next_step="evaluate again: memeci evaluate")


def write_request_note(directory: Path, environment: Environment) -> None:
    """Write request.json for the workflow that may write, where there is a request to tell of."""
    if environment.request is not None and environment.head_sha is not None:
        note = RequestNote(environment.request, environment.head_sha)
        (directory / REQUEST_FILE).write_bytes(msgspec.json.encode(note) + b"\n")


def _load_note(directory: Path) -> RequestNote:
    path = directory / REQUEST_FILE
    try:
        return msgspec.json.decode(_read_bounded(path, MAX_REQUEST_BYTES), type=RequestNote)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DataError(f"{path} does not say which pull request this is.", f"{str(error)[:300]}.", "nothing was posted.") from None


def _read_bounded(path: Path, limit: int) -> bytes:
    # An unpacked artifact may hold links that lead out of its folder.
    if path.is_symlink() or not path.is_file():
        raise DataError(
            f"{path} was not found.", "this folder holds no finished evaluation.", "name the folder that `memeci evaluate` wrote."
        )
    with path.open("rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise DataError(f"{path} is larger than {limit:,} bytes.", "no evaluation of ours is.", "nothing was posted.")
    return data


def _comment(record: Record, forge: Forge, drawn: Drawn | None) -> Receipt:
    from memeci.forges import deliver

    def render(url: str | None, limit: int) -> str:
        return render_comment(record, language=choose_language(record.language), picture=_link(drawn, url), limit=limit)

    return deliver(forge, key=record.model, picture=_name(drawn), render=render)


def _list_faults(name: Text, write: Callable[[], None]) -> Iterator[Text]:
    """Write a file of the runner's, and yield what kept it from being written: its disk or its path, never our verdict."""
    try:
        write()
    except OSError as error:
        why = error.strerror or str(error)
        yield Text(f"{name.en} could not be written: {why}.", f"{name.zh}没有写成：{why}。")


def _name(drawn: Drawn | None) -> Picture | None:
    if drawn is None:
        return None
    import hashlib

    from memeci.forges import Picture

    return Picture(f"{hashlib.sha256(drawn.png).hexdigest()[:16]}.png", drawn.png)


def _link(drawn: Drawn | None, url: str | None) -> PictureLink | None:
    return PictureLink(drawn.alt, url, drawn.caption) if drawn is not None else None


def _describe_decision(record: Record, environment: Environment, show: Show) -> dict[str, str]:
    """Return the outputs that say what was decided; none where nothing was."""
    if isinstance(record, Incident):
        return {}
    return build_outputs(record, image=show.image, source_url=environment.source_url, release_tag=show.release_tag) | {
        "release-tag": show.release_tag
    }


def _list_places(directory: Path, receipt: Receipt) -> dict[str, str]:
    picture = directory / PICTURE_FILE
    return {
        "comment-url": receipt.comment_url or "",
        "record-path": str(directory / RECORD_FILE),
        "meme-path": str(picture) if picture.is_file() else "",
    }


def _annotate(record: Record, environment: Environment) -> str:
    """Return the lines for GitHub's log. Of a crash the error itself tells there."""
    if environment.ci is not CI.GITHUB or isinstance(record, Incident):
        return ""
    return render_annotations(record, language=choose_language(record.language))
