"""Runs ``command`` of memeci.yml: its output streams through, its failure is an error with the end of its log."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from memeci.errors import CommandError
from memeci.usercode.session import hold_signals, start_session, stop_session

TAIL_LINES = 20
DRAIN_S = 0.5
"""How long output is read on after the command itself has ended, while something it started keeps the pipe open."""
DRAIN_BYTES = 1 << 20
"""At least what a pipe can hold."""
POLL_S = 0.05
LEFT_RUNNING = b"memeci: the command has ended; what it left running in the background is not waited for.\n"


def run_command(command: str, folder: Path, environment: Mapping[str, str], echo: BinaryIO) -> None:
    """Run a shell command in ``folder``; what it prints, on either stream, goes to ``echo`` as it comes.

    Returns when the command itself has ended, also where it left something running. An interrupt is passed on to everything
    it started. Raises CommandError with the last lines where it ends with anything but 0, or cannot be started.
    """
    if "\0" in command:
        raise CommandError("`command` holds a NUL character.", "no shell can run it.", "take it out of memeci.yml.")
    tail: deque[bytes] = deque(maxlen=TAIL_LINES)
    release = hold_signals()
    try:
        process = _start(command, folder, environment)
    except BaseException:
        release()
        raise
    with process:
        try:
            release()
            _stream(process, echo, tail)
            process.wait()
        except BaseException as error:
            stop_session(process, error)
            raise
    if process.returncode != 0:
        raise _explain(command, process.returncode, [line.decode(errors="replace").rstrip() for line in tail])


def _start(command: str, folder: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    try:
        return start_session(command, folder, environment)
    except OSError as error:
        # Linux takes at most 128 KiB in one argument, though a whole command line may be longer.
        next_step = "put it into a script, and name that." if len(command) > 1000 else "look at the folder that memeci.yml lies in."
        raise CommandError("`command` could not be started.", f"{error.strerror or error}.", next_step) from error


def _stream(process: subprocess.Popen[bytes], echo: BinaryIO, tail: deque[bytes]) -> None:
    """Copy the output to ``echo`` and its last lines to ``tail``, until it is closed or the command has ended."""
    assert process.stdout is not None  # noqa: S101 - start_session asks for a pipe
    descriptor = process.stdout.fileno()
    pending, closed = b"", False
    for chunk in _read_chunks(process, descriptor):
        closed = not chunk
        _write(echo, chunk)
        *lines, pending = (pending + chunk)[-65536:].split(b"\n")
        tail.extend(lines)
    if pending:
        tail.append(pending)
    if not closed:
        _write(echo, LEFT_RUNNING)


def _read_chunks(process: subprocess.Popen[bytes], descriptor: int) -> Iterator[bytes]:
    """Yield what the command prints; b"" at the end, if it was closed. Afterwards at most DRAIN_BYTES, for about DRAIN_S."""
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN | select.POLLHUP)
    while process.poll() is None:
        if waiting.poll(POLL_S * 1000):
            chunk = os.read(descriptor, 65536)
            yield chunk
            if not chunk:
                return
    deadline, budget = time.monotonic() + DRAIN_S, DRAIN_BYTES
    while budget > 0 and waiting.poll(max(0.0, deadline - time.monotonic()) * 1000):
        chunk = os.read(descriptor, 65536)
        yield chunk
        if not chunk:
            return
        budget -= len(chunk)


def _write(echo: BinaryIO, data: bytes) -> None:
    # Where nobody reads any more, the predictions are wanted all the same.
    with contextlib.suppress(OSError):
        echo.write(data)
        echo.flush()


def _explain(command: str, code: int, tail: list[str]) -> CommandError:
    how = f"with exit code {code}" if code >= 0 else f"by {_name_signal(-code)}"
    last = next((line for line in reversed(tail) if line.strip()), "")
    return CommandError(
        f"`{command}` ended {how}.",
        f"the last thing it said: {last}" if last else "it said nothing.",
        "run it by hand, and evaluate again when it works.",
        log_tail=tuple(tail),
        exit_status=code if code >= 0 else 128 - code,
    )


def _name_signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return f"signal {number}"
