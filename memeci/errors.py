"""Every failure we can explain, with its exit code. Knows no command and no package of ours."""

from __future__ import annotations

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
        lines = [self.what]
        if self.why:
            lines.append(f"why:   {self.why}")
        if self.next_step:
            lines.append(f"next:  {self.next_step}")
        return "\n".join(lines)


class ConfigError(MemeciError):
    """memeci.yml, an option or the environment says something we cannot use."""


class DataError(MemeciError):
    """Predictions, a record or another input file cannot be used as it is."""


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
