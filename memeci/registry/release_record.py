"""One release as it lies in git: the annotated tag, and the commit with record, predictions and picture. Builds and checks both.

The commit also carries a copy of the tag object. Its git hash must be the one the tag's ref names, so the digests that the
tag's message ends with are known without fetching the tag: fetching a tag would bring the whole tree of its commit along.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import msgspec

from memeci.errors import DataError
from memeci.filenames import PREDICTIONS_FILE, RECORD_FILE
from memeci.record_file import RECORD_LIMIT, load_evaluation
from memeci.records import Evaluation
from memeci.registry.command import KIB, MIB
from memeci.registry.objects import REGULAR_FILE, ObjectReader, TreeEntry, compute_object_id, object_format_of, parse_headers, parse_tree
from memeci.registry.parquet_footer import check_predictions

TAG_COPY = "tag"
_COPY = "baseline.parquet"

PREDICTIONS_LIMIT = 512 * MIB
PICTURE_LIMIT = 16 * MIB
TAG_LIMIT = 64 * KIB
_TREE_LIMIT = 64 * KIB
_DIGEST = re.compile(r"^memeci-(record|predictions): sha256:([0-9a-f]{64})$", re.MULTILINE)


class ReleaseContent(msgspec.Struct, frozen=True):
    """What a release holds. ``commit`` is the one that was evaluated; ``predictions`` where they were copied to."""

    evaluation: Evaluation
    commit: str
    record_digest: str
    predictions: Path | None


def compute_digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def format_digests(record_digest: str, predictions_digest: str) -> str:
    """Return the last lines of a tag's message."""
    return f"memeci-predictions: sha256:{predictions_digest}\nmemeci-record: sha256:{record_digest}\n"


def parse_digests(tag: bytes) -> dict[str, str]:
    """Return {"record": …, "predictions": …} from a raw tag object; the last line of each kind counts."""
    return dict(_DIGEST.findall(tag.decode("utf-8", "replace")))


def read_release(reader: ObjectReader, record_commit: str, tag: str, tag_id: str, into: Path | None) -> ReleaseContent:
    """Return the content of a release whose record commit ``reader`` can see; predictions are written into the folder ``into``.

    ``tag_id`` is the id of the tag object that the ref names. Raises DataError where anything does not match anything else.
    """
    entries = _read_entries(reader, record_commit, tag)
    tag_object = _read_blob(reader, entries, TAG_COPY, TAG_LIMIT, tag)
    if compute_object_id("tag", tag_object, object_format_of(tag_id)) != tag_id:
        raise _mismatch(tag, "the tag is not the one that its record was released with: it was moved or made again.")
    digests = parse_digests(tag_object)
    record = _read_blob(reader, entries, RECORD_FILE, RECORD_LIMIT, tag)
    record_digest = compute_digest(record)
    if digests.get("record") != record_digest:
        raise _mismatch(tag, f"the tag names the digest {_short(digests.get('record'))}, the record has {_short(record_digest)}.")
    evaluation = load_evaluation(record, f"the record of {tag}")
    commit = parse_headers(tag_object).get("object", "")
    if evaluation.candidate.commit not in {None, commit}:
        raise _mismatch(tag, f"the tag is on commit {commit[:12]}, the record is about {str(evaluation.candidate.commit)[:12]}.")
    predictions = None if into is None else _copy_predictions(reader, entries, digests.get("predictions"), tag, into)
    if predictions is not None:
        check_predictions(predictions, evaluation.dataset.n, tag)
    return ReleaseContent(evaluation, commit, record_digest, predictions)


def _read_entries(reader: ObjectReader, record_commit: str, tag: str) -> dict[str, TreeEntry]:
    found = reader.read(f"{record_commit}^{{tree}}", _TREE_LIMIT)
    if found is None:
        raise _mismatch(tag, "its record is not a commit with files.")
    header, data = found
    try:
        entries = parse_tree(data, len(header.id) // 2)
    except ValueError as error:
        raise _mismatch(tag, "the list of files in its record is damaged.") from error
    odd = [name for name, entry in entries.items() if entry.mode != REGULAR_FILE or "/" in name or name in {".", "..", ".git"}]
    if odd:
        raise _mismatch(tag, f"its record holds {odd[0][:80]!r}, which is not a plain file.")
    return entries


def _read_blob(reader: ObjectReader, entries: dict[str, TreeEntry], name: str, limit: int, tag: str) -> bytes:
    found = reader.read(entries[name].id, limit) if name in entries else None
    if found is None or found[0].kind != "blob":
        raise _mismatch(tag, f"its record has no {name}.")
    return found[1]


def _copy_predictions(reader: ObjectReader, entries: dict[str, TreeEntry], digest: str | None, tag: str, into: Path) -> Path | None:
    if PREDICTIONS_FILE not in entries and digest is None:
        return None
    if PREDICTIONS_FILE not in entries:
        raise _mismatch(tag, f"its record has no {PREDICTIONS_FILE}, though the tag names their digest.")
    target = into / _COPY
    copied = reader.copy(entries[PREDICTIONS_FILE].id, target, PREDICTIONS_LIMIT)
    if copied is None or copied[0].kind != "blob" or copied[1] != digest:
        target.unlink(missing_ok=True)
        raise _mismatch(tag, "its predictions do not have the digest that the tag names.")
    return target


def _short(digest: str | None) -> str:
    return f"{digest[:12]}…" if digest else "none"


def _mismatch(tag: str, why: str) -> DataError:
    return DataError(
        f"the release {tag} does not match its record, so it is not used.",
        why,
        "compare with another release (--baseline NAME), or release this model again.",
    )
