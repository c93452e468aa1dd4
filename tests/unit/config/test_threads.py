"""numpy's threads, counted by the kernel in a process of its own: a library is loaded only once."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy
import pytest

SCRIPT = """
import os
from memeci.config import load_numpy
before = dict(os.environ)
load_numpy()
import numpy
assert before == dict(os.environ)
print(len(os.listdir("/proc/self/task")))
"""


def count_threads(**asked: str) -> int:
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_NUM_THREADS")}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment | asked, capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="counts threads as Linux lists them")
def test_numpy__starts_no_threads_and_leaves_the_environment_as_it_was() -> None:
    assert count_threads() == 1


@pytest.mark.skipif(not os.path.isdir("/proc/self/task") or (os.cpu_count() or 1) < 2, reason="needs Linux and two processors")
@pytest.mark.parametrize("name", ["OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"])
def test_numpy__has_the_threads_somebody_asked_for(name: str) -> None:
    if "openblas" not in str(numpy.show_config(mode="dicts")).lower():
        pytest.skip("another linear algebra")

    assert count_threads(**{name: "2"}) == 2
