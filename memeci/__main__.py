"""``memeci`` and ``python -m memeci``: the command in a process of its own, which ends with it."""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import sys

from memeci.errors import EXIT_INFRASTRUCTURE, EXIT_INTERRUPTED, EXIT_OK

GC_THRESHOLD = 200_000
"""New objects between two looks for cycles. Nearly all a short run makes is modules and classes that stay: looking through
them every 700 objects finds nothing. Small evaluations end before the first look, large ones still free theirs."""


def run() -> None:
    """Run the command, and leave without taking five hundred modules apart one by one."""
    gc.set_threshold(GC_THRESHOLD)
    code = EXIT_INFRASTRUCTURE

    def leave() -> None:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError, AttributeError):  # closed by the reader, or by the caller
                stream.flush()
        os._exit(code)

    atexit.register(leave)  # the first that is registered is the last that runs: temporary folders are gone by then
    try:
        from memeci.cli import main

        main()
        code = EXIT_OK
    except KeyboardInterrupt:  # while modules were loading; later the command answers it
        code = EXIT_INTERRUPTED
        raise
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else EXIT_OK if end.code is None else EXIT_INFRASTRUCTURE
        raise


if __name__ == "__main__":
    run()
