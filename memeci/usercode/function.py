"""Runs a metric function of the user's own ("module:function") over examples: one number per example."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TextIO

from memeci.errors import DataError

WORKER = "memeci.usercode.worker"


def compute_numbers(function: str, examples: Iterable[Mapping[str, Any]], folder: Path, environment: Mapping[str, str]) -> list[float]:
    """Return ``function(example)`` for each example, a dict of the file's columns. It runs in ``folder``, in a process of its own.

    Raises DataError where it cannot be imported, raises, or gives no finite number.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", WORKER, function, str(folder)],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        answers = _exchange(process, examples)
    finally:
        process.kill()
        process.wait()
    if answers and isinstance(answers[-1], dict):
        raise _explain(function, answers[-1])
    if process.returncode != 0:
        raise DataError(
            f"the metric {function} ended its process with exit code {process.returncode}.", "", "run it by hand on one example."
        )
    return answers


def _exchange(process: subprocess.Popen[str], examples: Iterable[Mapping[str, Any]]) -> list[Any]:
    """Write examples and read answers at the same time: either pipe may fill up. The worker has ended when this returns."""
    assert process.stdout is not None  # noqa: S101 - asked for above
    writer = threading.Thread(target=_write, args=(process.stdin, examples), daemon=True)
    writer.start()
    with process.stdout:
        answers = [json.loads(line) for line in process.stdout]
    writer.join()
    process.wait()
    return answers


def _write(stdin: TextIO, examples: Iterable[Mapping[str, Any]]) -> None:
    # A worker that failed stops reading, and has said why on its standard output. Closing writes what is still buffered.
    with contextlib.suppress(BrokenPipeError):
        for example in examples:
            stdin.write(json.dumps(example, ensure_ascii=False, default=str) + "\n")
    with contextlib.suppress(BrokenPipeError):
        stdin.close()


def _explain(function: str, failure: dict[str, Any]) -> DataError:
    why = failure["error"]
    if failure["stage"] == "import":
        next_step = "write it as `module:function`, importable where memeci.yml lies."
        return DataError(f"the metric {function} could not be loaded.", why, next_step)
    what = f"the metric {function} failed on example number {failure['row']}."
    return DataError(what, why, "mend the function; it must give a finite number.")
