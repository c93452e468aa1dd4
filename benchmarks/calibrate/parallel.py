"""Cases of the calibration side by side in two processes. Each case draws from its own seed: the order of the work changes nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

PROCESSES = 2

Case = TypeVar("Case")
Result = TypeVar("Result")


def run_cases(measure: Callable[[Case], Result], cases: Iterable[Case]) -> Iterator[Result]:
    """Yield the result of every case, in order. ``measure`` is a function of a module: a new process finds it by name."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # two processes of two threads each would only be in each other's way
    with ProcessPoolExecutor(min(PROCESSES, os.cpu_count() or 1), mp_context=get_context("spawn")) as pool:
        yield from pool.map(measure, cases)
