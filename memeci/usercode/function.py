"""Runs a metric function of the user's own ("module:function") over examples: one number per example."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from memeci.errors import DataError

WORKER = "memeci.usercode.worker"


def compute_numbers(function: str, examples: Iterable[Mapping[str, Any]], folder: Path, environment: Mapping[str, str]) -> list[float]:
    """Return ``function(example)`` for each example, a dict of the file's columns. It runs in ``folder``, in a process of its own.

    Raises DataError where it cannot be imported, raises, or gives no finite number.
    """
    with subprocess.Popen(
        [sys.executable, "-m", WORKER, function, str(folder)],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None  # noqa: S101 - asked for above
        writer = threading.Thread(target=_write, args=(process, examples), daemon=True)
        writer.start()
        answers = [json.loads(line) for line in process.stdout]
        writer.join()
    if answers and isinstance(answers[-1], dict):
        raise _explain(function, answers[-1])
    if process.returncode != 0:
        raise DataError(
            f"the metric {function} ended its process with exit code {process.returncode}.", "", "run it by hand on one example."
        )
    return answers


def _write(process: subprocess.Popen[str], examples: Iterable[Mapping[str, Any]]) -> None:
    assert process.stdin is not None  # noqa: S101 - asked for above
    try:
        for example in examples:
            process.stdin.write(json.dumps(example, ensure_ascii=False, default=str) + "\n")
        process.stdin.close()
    except BrokenPipeError:
        # The worker stopped early and has said why on its standard output.
        return


def _explain(function: str, failure: dict[str, Any]) -> DataError:
    why = failure["error"]
    if failure["stage"] == "import":
        next_step = "write it as `module:function`, importable where memeci.yml lies."
        return DataError(f"the metric {function} could not be loaded.", why, next_step)
    what = f"the metric {function} failed on example number {failure['row']}."
    return DataError(what, why, "mend the function; it must give a finite number.")
