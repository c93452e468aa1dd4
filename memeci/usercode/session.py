"""A command in a session of its own, so that whatever it starts can be stopped together with it, and nothing is left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from memeci.errors import Interrupted

STOP_S = 5.0
"""What an interrupted command has to put its things in order. GitHub's runner kills 10 s after it asked to stop."""
POLL_S = 0.05


def start_session(command: str, folder: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a shell command; both of its streams come through one pipe. Raises OSError where it cannot be started."""
    # A shell on purpose: the user wrote a shell line into a file of the repository, as in a workflow's `run:`.
    return subprocess.Popen(  # noqa: S602
        command,
        shell=True,
        cwd=folder,
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def stop_session(process: subprocess.Popen[bytes], cause: BaseException) -> None:
    """Pass the signal on to everything the command started, and kill what is still there after STOP_S."""
    number = cause.signal if isinstance(cause, Interrupted) else signal.SIGINT
    try:
        deadline = time.monotonic() + STOP_S
        while _signal(process, number) and time.monotonic() < deadline:
            number = 0  # from now on only: is there anybody left?
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(POLL_S)
    finally:
        _signal(process, signal.SIGKILL)


def _signal(process: subprocess.Popen[bytes], number: int) -> bool:
    """Send a signal to the command's process group; return whether there is one."""
    try:
        os.killpg(process.pid, number)
    except OSError:
        return False
    return True


def hold_signals() -> Callable[[], None]:
    """Keep signals back until the function returned is called: between fork and Popen's return a child is nobody's to stop.

    Blocking them would be inherited by the child; a handler of ours is not.
    """
    held: list[int] = []
    before = {}
    with contextlib.suppress(ValueError):  # only the main thread may
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            if callable(signal.getsignal(number)):
                before[number] = signal.signal(number, lambda number, _frame: held.append(number))

    def release() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)
        for received in held[:1]:
            signal.raise_signal(received)

    return release
