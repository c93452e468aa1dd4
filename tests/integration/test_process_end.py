"""How a process of `memeci` ends: its exit code and its output are complete, however its command ended."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
# A stand-in for the command, in the place of memeci.cli: what it does is all that differs.
START = """
import sys, types
cli = types.ModuleType("memeci.cli")
exec({main!r}, cli.__dict__)
sys.modules["memeci.cli"] = cli
from memeci.__main__ import run
run()
"""


@pytest.mark.parametrize(
    ("main", "code"),
    [
        ("def main(): print('said')", 0),
        ("def main():\n print('said')\n raise SystemExit(1)", 1),
        ("def main():\n print('said')\n raise SystemExit", 0),
        ("def main():\n print('said')\n raise SystemExit('a message is a failure')", 3),
        ("def main():\n print('said')\n raise KeyboardInterrupt", 130),
        ("def main():\n print('said')\n raise ValueError", 3),
    ],
)
def test_ending__is_the_exit_code_and_loses_no_output(main: str, code: int) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", START.format(main=main)], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (code, "said\n")
