"""How many threads numpy's linear algebra may start: a choice it reads from the environment, once, when it is loaded."""

from __future__ import annotations

import os

# What OpenBLAS looks at, in its order (its README, "Setting the number of threads at runtime").
_ASKED = ("OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS")


def load_numpy() -> None:
    """Load numpy with one thread for products of matrices, unless the environment asks for a number.

    OpenBLAS starts a thread a core when it is loaded, and each burns some hundredths of a second waiting for work: more than our
    products take. For programs of our own only: in somebody's notebook numpy is theirs. The environment stays as it was.
    """
    if any(name in os.environ for name in _ASKED):
        return
    os.environ[_ASKED[0]] = "1"
    try:
        import numpy  # noqa: F401  it reads the variable now
    finally:
        del os.environ[_ASKED[0]]
