"""Which files a person means by a path, a folder or a glob."""

from __future__ import annotations

import errno
import itertools
import os
import shlex
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from memeci.errors import DataError, find_near

_GLOB_CHARACTERS = frozenset("*?[")
_FETCHED_BY = {".git/annex/": "git annex get", ".dvc/cache/": "dvc pull"}


def list_files(spec: str, suffixes: tuple[str, ...], compressions: tuple[str, ...]) -> list[Path]:
    """Return the files that ``spec`` means, sorted by name; at least one.

    A folder gives the files below it whose names end in one of ``suffixes`` (and one of ``compressions``), without hidden
    ones and those that begin with "_", as writers like Spark leave them beside the data.
    """
    path = Path(spec)
    _check_reachable(spec)
    if path.is_dir():
        return _list_folder(path, suffixes, compressions)
    if path.is_file():
        return [path]
    if path.exists():
        raise DataError(f"{spec} is not a file.", "it is a device, a pipe or a socket.", "write the predictions to a file first.")
    if "://" in spec:
        raise DataError(f"{spec} is an address.", "memeci reads files on this machine.", "download it in a step before, and name the file.")
    if _GLOB_CHARACTERS & set(spec):
        return _list_glob(spec)
    _check_links([path])
    raise DataError(f"{spec} does not exist.", _explain_missing(path), _suggest_next(path))


def _check_reachable(spec: str) -> None:
    """Raise DataError where the system will not say what ``spec`` is: too long, no permission, links in a circle, a NUL in it."""
    if "\0" in spec:
        raise DataError("the name of a file holds a NUL character.", "no system has files of such a name.", "take it out.")
    try:
        os.stat(spec)
    except OSError as error:
        if error.errno not in {errno.ENOENT, errno.ENOTDIR}:
            raise DataError(f"{spec} cannot be read.", f"{error.strerror}.", "correct the path, or look at its permissions.") from None


def is_partitioned(spec: str, paths: Sequence[Path]) -> bool:
    """Return whether folders below the one that ``spec`` names carry a column, as Hive and Spark write: platform=ios/.

    Folders above it are places, not data: /runs/score=0.9/preds.csv has no column of that name.
    """
    named = Path(spec)
    fixed = named.parts if named.exists() else tuple(itertools.takewhile(lambda part: not _GLOB_CHARACTERS & set(part), named.parts))
    base = Path(*fixed)
    below = [path.relative_to(base).parts[:-1] for path in paths if path.is_relative_to(base)]
    return bool(below) and all(any("=" in part for part in parts) for parts in below)


def _list_folder(folder: Path, suffixes: tuple[str, ...], compressions: tuple[str, ...]) -> list[Path]:
    files = sorted(f for f in _walk(folder) if _names_data(f, suffixes, compressions) or _is_partition(f))
    _check_links(files)
    if not files:
        others = sorted(f.name for f in _walk(folder))
        why = f"it has only: {', '.join(others[:5])}{' …' if len(others) > 5 else ''}." if others else "it is empty."
        raise DataError(f"{folder} holds no predictions.", why, f"a prediction file ends in {', '.join(dict.fromkeys(suffixes))}.")
    return files


def _walk(folder: Path, above: frozenset[Path] = frozenset()) -> Iterator[Path]:
    real = folder.resolve()
    if real in above:  # a link that leads back up
        return
    for path in folder.iterdir():
        if path.name.startswith((".", "_")):
            continue
        if path.is_dir():
            yield from _walk(path, above | {real})
        elif path.is_file() or _leads_nowhere(path):
            yield path


def _leads_nowhere(path: Path) -> bool:
    return path.is_symlink() and not path.exists()


def _is_partition(path: Path) -> bool:
    """Whether this is a folder of Hive's whose link leads nowhere: platform=ios."""
    return "=" in path.name and _leads_nowhere(path)


def _check_links(paths: Iterable[Path]) -> None:
    """Raise DataError for a link that leads nowhere: without that shard, the rest would be evaluated as if it were all."""
    path = next(filter(_leads_nowhere, paths), None)
    if path is None:
        return
    target, name = os.readlink(path), shlex.quote(str(path))
    fetch = next((f"{command} {name}" for place, command in _FETCHED_BY.items() if place in target), "fetch the file it names")
    why = f"it names {target[:200]}, which is not there."
    raise DataError(f"{path} is a link that leads nowhere.", why, f"{fetch}, or remove the link: rm {name}")


def _names_data(path: Path, suffixes: tuple[str, ...], compressions: tuple[str, ...]) -> bool:
    name = path.name.lower()
    for ending in compressions:
        name = name.removesuffix(ending)
    return name.endswith(suffixes)


def _list_glob(pattern: str) -> list[Path]:
    import glob

    found = sorted(Path(p) for p in glob.glob(pattern, recursive=True))
    _check_links(found)
    files = [path for path in found if path.is_file()]
    if not files:
        raise DataError(f"no file matches {pattern}.", f"memeci looked from {Path.cwd()}.", "quote the pattern, or list the folder.")
    return files


def _explain_missing(path: Path) -> str:
    if not path.parent.is_dir():
        return f"there is no folder {path.parent} in {Path.cwd()}."
    near = find_near(path.name, (p.name for p in path.parent.iterdir()))
    return f"the nearest name beside it is {near[0]}." if near else f"memeci looked in {path.parent.resolve()}."


def _suggest_next(path: Path) -> str:
    return f"run the step that writes {path.name}, or correct the path."
