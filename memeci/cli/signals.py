"""Signals that ask us to stop end a run as Ctrl-C does: what is half done is put back, temporary folders go, commands are stopped."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

from memeci.errors import Interrupted

# GitHub cancels with SIGINT, then SIGTERM; GitLab, systemd and Docker with SIGTERM; a closed terminal with SIGHUP, Ctrl-\ with SIGQUIT.
_ASKING = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


@contextlib.contextmanager
def stop_on_signals() -> Iterator[list[int]]:
    """Turn each signal into an Interrupted; the list takes the number of the first. One that is ignored (nohup) stays ignored.

    The list is for who meets a bare KeyboardInterrupt: libraries that were at work may have made one out of ours.
    """
    received: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        if not received:  # a second one must not disturb the cleaning up after the first
            received.append(number)
            raise Interrupted(number)

    before = {}
    with contextlib.suppress(ValueError):  # only the main thread may
        for number in _ASKING:
            if signal.getsignal(number) is signal.SIG_DFL:
                before[number] = signal.signal(number, stop)
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
