"""Every failure we can explain, with its exit code. Knows no command and no package of ours."""

from __future__ import annotations

import errno
from collections.abc import Iterable

EXIT_OK = 0
EXIT_GATE_FAILED = 1
EXIT_USAGE = 2
EXIT_INFRASTRUCTURE = 3
EXIT_INTERRUPTED = 130
EXIT_SIGNAL = 128
"""Plus the number of the signal, as a shell counts: 143 after SIGTERM."""


class Interrupted(KeyboardInterrupt):
    """A signal other than Ctrl-C's asked us to stop: whatever cleans up after Ctrl-C cleans up after it too."""

    def __init__(self, signal: int) -> None:
        super().__init__()
        self.signal = signal


class MemeciError(Exception):
    """A failure with an explanation: what happened, why we think so, and the next thing to type.

    ``what`` names the value and the place; ``why`` and ``next_step`` may be empty when there is nothing honest to say.
    Exit code 1 belongs to a failed gate alone and never comes from an exception.
    """

    exit_code = EXIT_USAGE

    def __init__(self, what: str, why: str = "", next_step: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.next_step = next_step

    def __str__(self) -> str:
        """Return the three lines; a text with lines of its own is indented, so that none passes for one of the three."""
        named = (("", self.what), ("why:   ", self.why), ("next:  ", self.next_step))
        return "\n".join(name + "\n       ".join(text.splitlines()) for name, text in named if text)


class ConfigError(MemeciError):
    """memeci.yml, an option or the environment says something we cannot use."""


class DataError(MemeciError):
    """Predictions, a record or another input file cannot be used as it is."""


def build_cut_off(name: str, compression: str) -> DataError:
    """Return the error for a compressed file that stops before its end."""
    return DataError(
        f"{name} is cut off.",
        f"its {compression} data stops before its end, or something else follows it.",
        "make or download the file again; was the step that writes or copies it stopped?",
    )


def build_twin_columns(name: str, first: str, second: str, why: str = "") -> DataError:
    """Return the error for a table with two columns of one name; engines tell names apart without regard to case."""
    both = f'"{second}"' if first == second else f'"{first}" and "{second}", which differ in case only'
    return DataError(f"{name} has two columns {both}.", why or "names that differ in case only count as the same.", "rename one of them.")


class CommandError(MemeciError):
    """The user's own command failed. ``log_tail`` holds its last lines; ``exit_status`` is the shell's: 128 + n after signal n."""

    def __init__(self, what: str, why: str = "", next_step: str = "", *, log_tail: tuple[str, ...] = (), exit_status: int = 1) -> None:
        super().__init__(what, why, next_step)
        self.log_tail = log_tail
        self.exit_status = exit_status


class InfraError(MemeciError):
    """The world failed, not the user: it may pass if run again."""

    exit_code = EXIT_INFRASTRUCTURE


class GitError(InfraError):
    """git or a remote repository refused or broke."""


class ForgeError(InfraError):
    """GitHub or GitLab refused or broke."""


_OF_A_PATH = {
    errno.ENAMETOOLONG: "use a shorter path.",
    errno.ELOOP: "its symbolic links lead in a circle: remove one of them.",
    errno.EACCES: "look at its permissions, and at those of the folders above it.",
    errno.EPERM: "look at its permissions, and at those of the folders above it.",
    errno.EROFS: "choose a place that can be written to.",
    errno.ENOTDIR: "a part of the path is a file: correct the path.",
    errno.EISDIR: "it is a folder: name a file.",
}
_OF_THE_MACHINE = {
    errno.ENOSPC: "free some space.",
    errno.EDQUOT: "free some space.",
    errno.EIO: "look at the disk.",
    errno.EMFILE: "raise the limit of open files: ulimit -n",
    errno.ENOMEM: "free some memory.",
}


def explain_os_error(error: OSError, what: str = "") -> MemeciError | None:
    """Return what the operating system refused, as an error of the user's or of the machine's; None for what only a bug explains.

    ``what`` is the first line; by default it names the file.
    """
    name = error.filename if isinstance(error.filename, str) else None
    said = what or (f"{name} cannot be used." if name else "the operating system refused.")
    why = f"{error.strerror or error}."
    if error.errno in _OF_A_PATH:
        return MemeciError(said, why, _OF_A_PATH[error.errno])
    if error.errno in _OF_THE_MACHINE:
        return InfraError(said, why, _OF_THE_MACHINE[error.errno])
    return None


def find_near(name: str, known: Iterable[str], n: int = 1, cutoff: float = 0.6) -> list[str]:
    """Return up to ``n`` of the known names, those most like ``name`` first: what somebody probably meant to write."""
    import difflib

    return difflib.get_close_matches(name, list(known), n, cutoff)
