"""Run all of the calibration, or the parts named: python -m benchmarks.calibrate [--n DATA_SETS] [PART …]."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

from benchmarks.calibrate import coverage, false_alarms, power, retrained
from benchmarks.calibrate.tables import report_progress

# name → (what runs, data sets a setting)
PARTS: dict[str, tuple[Callable[[int], None], int]] = {
    "power": (power.main, 1_000),
    "false-alarms": (false_alarms.main, 1_200),
    "noise-floor": (false_alarms.main_noise, 200),
    "coverage": (coverage.main, 1_000),
    "retrained": (retrained.main, 20),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--n", type=int, help="data sets a setting (seeds, for retrained)")
    arguments = parser.parse_args()
    for name in arguments.parts or PARTS:
        run, n = PARTS[name]
        start = time.perf_counter()
        run(arguments.n or n)
        report_progress(f"{name}: {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
