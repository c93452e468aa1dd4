"""Runs whole processes in turn, A B A B …, and prints medians and the ratio pair by pair."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Run:
    """One finished process: wall and CPU seconds, peak memory in MB."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def run_process(command: list[str], **options) -> Run:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    # A child of a child, so that the peak is this command's own.
    measure = (
        "import resource, subprocess, sys; code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(0)"
    )
    done = subprocess.run([sys.executable, "-c", measure, *command], capture_output=True, text=True, check=True, **options)
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(wall, cpu, int(done.stdout) / 1024)


def compare(name_a: str, command_a: list[str], name_b: str, command_b: list[str], runs: int = 3, **options) -> None:
    """Print medians of both and the median of the ratios A/B."""
    pairs = [(run_process(command_a, **options), run_process(command_b, **options)) for _ in range(runs)]
    for i, name in enumerate((name_a, name_b)):
        chosen = [pair[i] for pair in pairs]
        print(
            f"{name:42s} wall {statistics.median(r.wall_s for r in chosen):7.2f} s   "
            f"cpu {statistics.median(r.cpu_s for r in chosen):7.2f} s   peak {max(r.peak_mb for r in chosen):6.0f} MB"
        )
    wall = statistics.median(a.wall_s / b.wall_s for a, b in pairs)
    cpu = statistics.median(a.cpu_s / b.cpu_s for a, b in pairs)
    print(f"{'ratio':42s} wall {wall:7.2f}     cpu {cpu:7.2f}     ({runs} pairs)\n")


def compare_calls(name_a: str, call_a: Callable[[], object], name_b: str, call_b: Callable[[], object], runs: int = 3) -> None:
    """Print medians of both, run in turn within this process, and the median of the ratios B/A."""
    pairs = [(time_call(call_a), time_call(call_b)) for _ in range(runs)]
    for i, name in enumerate((name_a, name_b)):
        wall, cpu = (statistics.median(pair[i][k] for pair in pairs) for k in (0, 1))
        print(f"{name:42s} wall {wall:7.2f} s   cpu {cpu:7.2f} s")
    wall, cpu = (statistics.median(b[k] / a[k] for a, b in pairs) for k in (0, 1))
    print(f"{'times faster':42s} wall {wall:7.1f}     cpu {cpu:7.1f}     ({runs} pairs)\n")


def time_call(call: Callable[[], object]) -> tuple[float, float]:
    """Return wall and CPU seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - wall, time.process_time() - cpu
