"""The output folder: written whole or not at all, and invisible to git."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from memeci.errors import ConfigError, InfraError, MemeciError, explain_os_error
from memeci.filenames import OUTPUT_DIR

MARKER = ".gitignore"
IGNORE_ALL = "# written by memeci; replaced whole by every evaluation\n*\n"


def write_file(path: Path, data: bytes) -> None:
    """Write one file whole or not at all, in a folder that is made if need be. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name[:100]}.{os.getpid()}")
    try:
        fresh.write_bytes(data)
        os.replace(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)


def write_outputs(folder: Path, files: Mapping[str, bytes | Path]) -> None:
    """Replace ``folder`` by one with these files (bytes, or a file to move in).

    Raises ConfigError if the folder holds something else, InfraError if it cannot be written; then nothing has changed.
    """
    check_outputs(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f"{folder.name}-", dir=folder.parent))
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        _fill(fresh, files)
        _swap(fresh, folder)
    except OSError as error:
        raise _unwritable(folder, error) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def check_outputs(folder: Path) -> None:
    """Raise ConfigError if ``folder`` is a file, holds files that memeci did not write, or lies where nothing can be written."""
    try:
        _check_place(folder)
    except OSError as error:
        raise _unwritable(folder, error) from error


def _check_place(folder: Path) -> None:
    if folder.is_dir():
        marker = folder / MARKER
        ours = marker.is_file() and marker.read_text(encoding="utf-8", errors="replace") == IGNORE_ALL
        if ours or not any(folder.iterdir()):
            return
        why = "it holds other files, and each evaluation replaces the whole folder."
    elif folder.exists() or folder.is_symlink():
        why = "it is not a folder."
    else:
        _check_parents(folder)
        return
    raise ConfigError(f"the results cannot be written to {folder}.", why, f"name an empty or a new folder: --output-dir {OUTPUT_DIR}")


def _check_parents(folder: Path) -> None:
    """Raise OSError where the folder cannot be made: better now than after the predictions."""
    above = next(path for path in folder.absolute().parents if path.exists())
    if not above.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, f"{above} is a file", str(above))
    if not os.access(above, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(above))


def _fill(fresh: Path, files: Mapping[str, bytes | Path]) -> None:
    fresh.chmod(0o755)
    (fresh / MARKER).write_text(IGNORE_ALL, encoding="utf-8")
    for name, content in files.items():
        if isinstance(content, Path):
            shutil.move(content, fresh / name)
        else:
            (fresh / name).write_bytes(content)


def _swap(fresh: Path, folder: Path) -> None:
    """Put ``fresh`` in the place of ``folder``. A directory cannot replace a full one in one step: the old one steps aside."""
    if not folder.exists():
        os.replace(fresh, folder)
        return
    aside = Path(tempfile.mkdtemp(prefix=f"{folder.name}-old-", dir=folder.parent))
    try:
        os.replace(folder, aside / "was")
        os.replace(fresh, folder)
    finally:
        # Also after an interrupt between the two: there is always a whole folder in the end.
        if not folder.exists() and (aside / "was").exists():
            os.replace(aside / "was", folder)
        shutil.rmtree(aside, ignore_errors=True)


def _unwritable(folder: Path, error: OSError) -> MemeciError:
    """Return whose fault it is: the place's that was named, or the disk's."""
    what, next_step = f"the results cannot be written to {folder}.", f"choose another place: --output-dir {OUTPUT_DIR}"
    kind = InfraError if isinstance(explain_os_error(error), InfraError) else ConfigError
    return kind(what, f"{error.strerror or error}.", "free some space, or " + next_step if kind is InfraError else next_step)
