"""Runs the git program: bounded output, bounded time, and a message of git's as an error of ours. Knows no ref of memeci.

The git program itself and not GitPython: importing that costs more than all the git processes of a baseline look-up
together, and its object database reads no SHA-256 repository (docs/decisions/0004).
"""

from __future__ import annotations

import os
import re
import select
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import msgspec

from memeci.errors import GitError

KIB = 1024
MIB = 1024 * KIB

_STDERR_LIMIT = 64 * KIB
_STDOUT_LIMIT = 64 * MIB
_LOCAL_TIMEOUT_S = 300.0

# A shell sets what only the child shall see: fixed messages to recognise, no password prompt, limits on what a remote may make
# us store (RLIMIT_FSIZE, in 512-byte blocks) or hold (GIT_ALLOC_LIMIT, the largest single allocation git makes). $1 is the
# file size limit, $2 the global configuration ("" keeps the user's), $3 and $4 a setting and the
# descriptor its secret value is read from: it is on no command line ("": none).
_GUARDED = """
export LC_ALL=C LANGUAGE=C GIT_TERMINAL_PROMPT=0 GCM_INTERACTIVE=never GIT_ALLOC_LIMIT=1g
ulimit -f "$1" 2>/dev/null
if [ -n "$2" ]; then
  export GIT_CONFIG_GLOBAL="$2" GIT_CONFIG_NOSYSTEM=1
  unset GIT_CONFIG_COUNT GIT_CONFIG_PARAMETERS GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_COMMON_DIR GIT_NAMESPACE
  unset GIT_OBJECT_DIRECTORY GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_SHALLOW_FILE
fi
if [ -n "$3" ]; then
  n=${GIT_CONFIG_COUNT:-0}
  IFS= read -r value <"/dev/fd/$4"
  export "GIT_CONFIG_KEY_$n=$3" "GIT_CONFIG_VALUE_$n=$value" "GIT_CONFIG_COUNT=$((n + 1))"
fi
shift 4
exec git "$@"
"""


class Output(msgspec.Struct, frozen=True):
    """What a finished git process left. ``stderr`` is cut at 64 KiB and carries no password."""

    code: int
    stdout: bytes
    stderr: str

    @property
    def text(self) -> str:
        return self.stdout.decode("utf-8", "surrogateescape")


@dataclass(frozen=True)
class Guard:
    """Limits and surroundings of a git process that talks to a remote, or works in a scratch repository."""

    file_limit: int
    timeout_s: float = 900.0
    global_config: Path | None = None
    secret: tuple[str, str] | None = field(default=None, repr=False)


def run_git(
    arguments: Sequence[str],
    *,
    cwd: Path,
    stdin: bytes = b"",
    guard: Guard | None = None,
    stdout_limit: int = _STDOUT_LIMIT,
) -> Output:
    """Run ``git ARGUMENTS`` and return what it left, whatever its exit code.

    Raises GitError when git is not installed, runs longer than its time, or prints more than ``stdout_limit`` bytes.
    """
    timeout_s = guard.timeout_s if guard else _LOCAL_TIMEOUT_S
    try:
        with tempfile.TemporaryFile() as errors, _input_file(stdin) as given:
            process = start_git(arguments, cwd=cwd, stdin=given, stderr=errors, guard=guard)
            stdout = _read_bounded(process, stdout_limit, timeout_s, arguments)
            errors.seek(0)
            stderr = errors.read(_STDERR_LIMIT).decode("utf-8", "replace")
    except OSError as error:
        raise GitError("git could not be run.", f"{error.strerror or error}.", "is the disk, or the temporary folder, full?") from error
    return Output(process.returncode, stdout, redact(stderr))


def start_git(
    arguments: Sequence[str],
    *,
    cwd: Path,
    stdin: int | IO[bytes],
    stderr: int | IO[bytes],
    guard: Guard | None = None,
) -> subprocess.Popen[bytes]:
    """Start git with its standard output as a pipe; the caller waits for it. Raises GitError when it is not installed."""
    descriptor = None if guard is None or guard.secret is None else _pipe(guard.secret[1])
    command = ["git", *arguments] if guard is None else _guarded(arguments, guard, descriptor)
    passed = () if descriptor is None else (descriptor,)
    try:
        return subprocess.Popen(command, cwd=cwd, stdin=stdin, stdout=subprocess.PIPE, stderr=stderr, pass_fds=passed)
    except FileNotFoundError as error:
        raise GitError("git is not installed.", f"the command {command[0]} was not found.", "install git 2.31 or newer.") from error
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _pipe(value: str) -> int:
    """Return a descriptor that ``value`` (short, one line) can be read from."""
    reading, writing = os.pipe()
    os.write(writing, value.encode() + b"\n")
    os.close(writing)
    return reading


def _guarded(arguments: Sequence[str], guard: Guard, descriptor: int | None) -> list[str]:
    blocks = str(max(1, guard.file_limit // 512))
    config = "" if guard.global_config is None else str(guard.global_config)
    setting = "" if guard.secret is None else guard.secret[0]
    return ["/bin/sh", "-c", _GUARDED, "memeci", blocks, config, setting, str(descriptor or ""), *arguments]


def _input_file(data: bytes) -> IO[bytes]:
    # A file instead of a pipe: whatever git reads or leaves unread, nobody waits for anybody.
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    file.write(data)
    file.seek(0)
    return file


def _read_bounded(process: subprocess.Popen[bytes], limit: int, timeout_s: float, arguments: Sequence[str]) -> bytes:
    assert process.stdout is not None  # noqa: S101 - Popen was asked for a pipe
    deadline = time.monotonic() + timeout_s
    chunks: list[bytes] = []
    size = 0
    try:
        while chunk := _read_until(process.stdout.fileno(), deadline):
            chunks.append(chunk)
            size += len(chunk)
            if size > limit:
                why = "the repository lists far too much."
                raise GitError(f"git {_verb(arguments)} printed more than {limit // MIB} MiB and was stopped.", why)
        process.wait(max(0.0, deadline - time.monotonic()))
    except (TimeoutError, subprocess.TimeoutExpired) as error:
        what = f"git {_verb(arguments)} took longer than {timeout_s:.0f} s and was stopped."
        raise GitError(what, "", "run it again, or look at the remote.") from error
    finally:
        # Not communicate(): a helper that git left behind may keep the pipe open for ever.
        process.stdout.close()
        if process.poll() is None:
            process.kill()
        process.wait()
    return b"".join(chunks)


def _read_until(descriptor: int, deadline: float) -> bytes:
    """Return the next bytes, none at the end; raises TimeoutError when the deadline passes first."""
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN | select.POLLHUP)
    if not waiting.poll(max(0.0, deadline - time.monotonic()) * 1000):
        raise TimeoutError
    return os.read(descriptor, 256 * KIB)


def _verb(arguments: Sequence[str]) -> str:
    skip = False
    for argument in arguments:
        if skip or argument.startswith("-"):
            skip = argument in {"-c", "-C"} and not skip
            continue
        return argument
    return ""


def redact(text: str) -> str:
    """Return ``text`` with user and password taken out of every URL in it."""
    return re.sub(r"(?<=://)[^/@\s]+@", "***@", text)


def check_succeeded(output: Output, what: str, next_step: str = "") -> Output:
    """Return ``output``; raises GitError with git's own last words where git failed."""
    if output.code == 0:
        return output
    raise GitError(what, format_last_words(output.stderr), next_step)


def format_last_words(stderr: str) -> str:
    """Return the lines of git's message that say something, at most three, in one line."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip() and not line.startswith("hint:")]
    return "git says: " + " · ".join(lines[-3:]) if lines else "git gave no reason."
