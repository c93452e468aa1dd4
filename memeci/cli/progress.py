"""A progress bar on a terminal for whatever lasts longer than a second; silence anywhere else."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

PATIENCE_S = 1.0


@contextmanager
def show_progress() -> Iterator[Callable[[str, float | None], None] | None]:
    """Yield what reports progress, or None where nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    bar = _Bar()
    try:
        yield bar.report
    finally:
        bar.close()


class _Bar:
    """Shows itself a second after it was made: short work stays quiet."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._shown = False

    def report(self, doing: str, share: float | None) -> None:
        if time.monotonic() - self._began < PATIENCE_S:
            return
        self._shown = True
        filled = "" if share is None else f" {'█' * int(share * 20):░<20} {share:4.0%}"
        _write(f"\r\x1b[K{doing}{filled}")

    def close(self) -> None:
        if self._shown:
            _write("\r\x1b[K")


def _write(text: str) -> None:
    with suppress(OSError):  # the terminal may be gone; the work goes on
        sys.stderr.write(text)
        sys.stderr.flush()
