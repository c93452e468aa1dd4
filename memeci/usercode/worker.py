"""The child process of a metric function: examples as JSON lines in, numbers as JSON lines out. Standard library only."""

from __future__ import annotations

import importlib
import json
import math
import sys
from collections.abc import Callable
from typing import Any, TextIO


def main(function: str, folder: str) -> None:
    """Answer each line of standard input; after a failure say what it was, and stop."""
    answers, sys.stdout = sys.stdout, sys.stderr  # what the user's function prints must not mix with the numbers
    sys.path.insert(0, folder)
    try:
        call = _load(function)
    except BaseException as error:
        _answer(answers, {"stage": "import", "error": f"{type(error).__name__}: {error}"})
        return
    for row, line in enumerate(sys.stdin, 1):
        try:
            value = float(call(json.loads(line)))
            if not math.isfinite(value):
                raise ValueError(f"it gave {value}")
        except BaseException as error:
            _answer(answers, {"stage": "call", "row": row, "error": f"{type(error).__name__}: {error}"})
            return
        _answer(answers, value)


def _load(function: str) -> Callable[[Any], Any]:
    module, _, name = function.partition(":")
    call: Callable[[Any], Any] = getattr(importlib.import_module(module), name)
    if not callable(call):
        raise TypeError(f"{name} is a {type(call).__name__}, not a function")
    return call


def _answer(stream: TextIO, value: Any) -> None:
    stream.write(json.dumps(value) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
