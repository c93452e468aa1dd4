"""The way in for repositories that never used memeci: predictions, or a file of metrics, in the tree of a tag or commit."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from memeci.errors import DataError
from memeci.registry.command import MIB
from memeci.registry.objects import ObjectReader
from memeci.registry.release_record import PREDICTIONS_LIMIT

METRICS_FILES = (
    "metrics.json",
    "eval/metrics.json",
    "evaluation/metrics.json",
    "reports/metrics.json",
    "dvclive/metrics.json",
    "results.json",
)
"""Where metrics lie in repositories at large, the most common place first; after the folder of the predictions itself."""

_METRICS_LIMIT = MIB
_MAX_METRICS = 1000
_POINTER = re.compile(rb"version https://git-lfs\.github\.com/spec/|(?:outs|- md5):", re.ASCII)


class Adopted(msgspec.Struct, frozen=True):
    """What a tree had: ``predictions`` copied out, or ``metrics``; ``commit`` is the tree's."""

    commit: str
    predictions: Path | None = None
    metrics: Mapping[str, float] | None = None


def read_from_tree(reader: ObjectReader, commit: str, predictions_path: str | None, into: Path) -> Adopted | None:
    """Return the predictions or metrics that the tree of ``commit`` has; None if it has neither.

    ``predictions_path`` is relative to the repository. Raises DataError for a pointer to a file kept elsewhere.
    """
    found = reader.read(f"{commit}^{{commit}}", 16 * MIB)
    if found is None:
        return None
    identity = found[0].id
    path = _normal_path(predictions_path)
    if path is not None:
        target = into / f"baseline{''.join(PurePosixPath(path).suffixes[-2:])}"
        copied = reader.copy(f"{identity}:{path}", target, PREDICTIONS_LIMIT)
        if copied is not None and copied[0].kind == "blob":
            _refuse_pointer(target, path)
            return Adopted(identity, predictions=target)
        target.unlink(missing_ok=True)
    metrics = _read_metrics(reader, identity, path)
    return None if metrics is None else Adopted(identity, metrics=metrics)


def _normal_path(path: str | None) -> str | None:
    """Return a path inside the repository as git names it; None for one that leaves it, or names many files."""
    if path is None:
        return None
    parts = [part for part in PurePosixPath(path.replace("\\", "/")).parts if part != "."]
    odd = not parts or parts[0] == "/" or ".." in parts or any(sign in path for sign in "*?[\n\0")
    return None if odd else "/".join(parts)


def _refuse_pointer(file: Path, path: str) -> None:
    if file.stat().st_size > 1024 or not _POINTER.search(file.read_bytes()):
        return
    file.unlink()
    raise DataError(
        f'the baseline\'s "{path}" is not in git, only a pointer to it.',
        "it is kept in Git LFS or DVC, which memeci does not fetch from.",
        "fetch the file yourself and compare with it: --baseline FILE; the next `memeci release` keeps what is needed in git.",
    )


def _read_metrics(reader: ObjectReader, commit: str, predictions_path: str | None) -> dict[str, float] | None:
    beside = str(PurePosixPath(predictions_path).parent / "metrics.json") if predictions_path else METRICS_FILES[0]
    for place in dict.fromkeys((beside, *METRICS_FILES)):
        found = reader.read(f"{commit}:{place}", _METRICS_LIMIT)
        metrics = parse_metrics(found[1]) if found is not None and found[0].kind == "blob" else {}
        if metrics:
            return metrics
    return None


def parse_metrics(data: bytes) -> dict[str, float]:
    """Return the numbers in a JSON object, nested names joined with "."; empty where there are none, or it is not JSON."""
    try:
        content = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):
        return {}
    numbers: dict[str, float] = {}
    _collect(content, "", numbers)
    return numbers


def _collect(value: Any, name: str, numbers: dict[str, float]) -> None:
    if len(numbers) >= _MAX_METRICS:
        return
    if isinstance(value, dict):
        for key, item in value.items():
            _collect(item, f"{name}.{key}" if name else str(key), numbers)
    elif name and isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= sys.float_info.max:
        numbers[name] = float(value)
