"""Runs ``command`` of memeci.yml: its output streams through, its failure is an error with the end of its log."""

from __future__ import annotations

import io
import signal
import subprocess
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from memeci.errors import CommandError

TAIL_LINES = 20


def run_command(command: str, folder: Path, environment: Mapping[str, str], echo: BinaryIO) -> None:
    """Run a shell command in ``folder``; what it prints, on either stream, goes to ``echo`` as it comes.

    Raises CommandError with the last lines where it ends with anything but 0.
    """
    if "\0" in command:
        raise CommandError("`command` holds a NUL character.", "no shell can run it.", "take it out of memeci.yml.")
    tail: deque[bytes] = deque(maxlen=TAIL_LINES)
    # A shell on purpose: the user wrote a shell line into a file of the repository, as in a workflow's `run:`.
    with subprocess.Popen(  # noqa: S602
        command, shell=True, cwd=folder, env=dict(environment), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        try:
            _stream(process, echo, tail)
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0:
        raise _explain(command, process.returncode, [line.decode(errors="replace").rstrip() for line in tail])


def _stream(process: subprocess.Popen[bytes], echo: BinaryIO, tail: deque[bytes]) -> None:
    assert isinstance(process.stdout, io.BufferedReader)  # noqa: S101 - a pipe was asked for above
    pending = b""
    while chunk := process.stdout.read1():
        echo.write(chunk)
        echo.flush()
        *lines, pending = (pending + chunk)[-65536:].split(b"\n")
        tail.extend(lines)
    if pending:
        tail.append(pending)
    process.wait()


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
