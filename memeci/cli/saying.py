"""What a command prints beside its verdict. Where nobody takes it, it is lost: the verdict stands, and decides the exit code alone."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from collections.abc import Iterator

import click

NO_READER = frozenset({errno.EPIPE, errno.EBADF})
VERDICT = "memeci.verdict"
"""Under this name click's context keeps the exit code of a verdict, from the moment there is one."""


def keep_verdict(code: int) -> int:
    """Return ``code``, once the group knows it: a failed gate stays one, whatever breaks after it."""
    click.get_current_context().meta[VERDICT] = code
    return code


def say(text: str) -> None:
    """Print a line for people on standard error, if it takes one."""
    with contextlib.suppress(OSError):
        click.echo(text, err=True)


def show(text: str) -> None:
    """Write to standard output, if it takes anything."""
    with ignore_lost_output():
        sys.stdout.write(text)
        sys.stdout.flush()


@contextlib.contextmanager
def ignore_lost_output(faults: frozenset[int] | None = None) -> Iterator[None]:
    """Go on where standard output takes nothing more: its reader left (`memeci … | head`), it never was there, its disk is full.

    Where what is printed is the result, a full disk is an error: ``NO_READER`` lets that pass on. None stands for all faults.
    """
    try:
        yield
    except OSError as error:
        if faults is not None and error.errno not in faults:
            raise
        discard_output()


def discard_output() -> None:
    """Let go of what is still buffered: it has nowhere to go, and the interpreter would complain when it ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
