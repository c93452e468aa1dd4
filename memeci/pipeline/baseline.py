"""Finds what to compare with: a file, a tag, the last release, or nothing yet."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from memeci.config import ColumnsConfig
from memeci.errors import ConfigError, find_near
from memeci.records import Baseline, BaselineKind, Evaluation, ReleaseSummary

if TYPE_CHECKING:
    from memeci.registry import Registry

DATA_SUFFIXES = (".parquet", ".csv", ".tsv", ".json", ".jsonl", ".ndjson")


class FoundSide(msgspec.Struct, frozen=True):
    """``source`` is the predictions file; without one there are only ``metrics`` or ``record`` to compare with.

    ``released``: the file is a release's own, with its names. ``columns`` are the names where they are other than today's.
    """

    baseline: Baseline
    source: str | None
    released: bool = False
    record: Evaluation | None = None
    metrics: Mapping[str, float] | None = None
    history: tuple[ReleaseSummary, ...] = ()
    columns: ColumnsConfig | None = None


class Search(msgspec.Struct, frozen=True):
    """Where releases are looked for (None: in no repository), of which model, and the folder for what is found."""

    registry: Registry | None
    model: str
    into: Path


def find_baseline(spec: str, source: str, search: Search) -> FoundSide | None:
    """Return the baseline that ``spec`` names for the predictions in ``source``; None for "none", or while nothing is released.

    A path that exists is a file; everything else is asked of git. Raises ConfigError where neither knows it.
    """
    if spec == "none":
        return None
    if _is_path(spec):
        return FoundSide(Baseline(BaselineKind.FILE, name=spec), spec)
    if _looks_like_file(spec):
        raise _no_such_file(spec)
    registry = search.registry
    if registry is None:
        if spec == "latest":
            return None
        raise ConfigError(
            f"the baseline {spec!r} was not found.",
            "there is no such file, and this folder is in no git repository that could have such a tag.",
            "name a file of predictions, or `--baseline none`.",
        )
    found = registry.find_baseline(search.model, spec, predictions_path=_path_in_tree(source, registry), into=search.into)
    if found is None:
        return None
    return FoundSide(
        found.baseline,
        None if found.predictions is None else str(found.predictions),
        released=found.record is not None,
        record=found.record,
        metrics=found.metrics,
        history=found.history,
    )


def _is_path(spec: str) -> bool:
    if any(c in spec for c in "*?["):
        return True
    return os.path.exists(spec) and spec != "latest"  # a name too long for a path is a name all the same


def _looks_like_file(spec: str) -> bool:
    """A tag may hold slashes and dots, but none ends like a data file."""
    return spec.lower().removesuffix(".gz").removesuffix(".zst").endswith(DATA_SUFFIXES)


def _no_such_file(spec: str) -> ConfigError:
    folder = Path(spec).parent
    names = [path.name for path in folder.iterdir()] if os.access(folder, os.R_OK) and folder.is_dir() else []
    near = find_near(Path(spec).name, names)
    return ConfigError(
        f"the baseline {spec} does not exist.",
        f"near it lies: {near[0]}." if near else f"there is nothing of that name in {folder}.",
        f"--baseline {folder / near[0]}" if near else "name a file that is there, a tag, or `--baseline none`.",
    )


def _path_in_tree(source: str, registry: Registry) -> str | None:
    """Return where the predictions lie in the repository, or None if they do not."""
    try:
        return Path(source).resolve().relative_to(registry.top.resolve()).as_posix()
    except ValueError:
        return None
