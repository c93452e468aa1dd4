"""How a process of `memeci` ends: its exit code and its output are complete, however its command ended."""

from __future__ import annotations

import os
import signal
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


NAMED_IN_A_CLASS = """
import os, signal
import click

class Name:
    def __set_name__(self, owner, name):
        try:
            os.kill(os.getpid(), signal.{name})
        except KeyboardInterrupt as error:  # as Python 3.10 and 3.11 do of themselves
            raise RuntimeError("Error calling __set_name__") from error

@click.command()
def command():
    class Loaded:
        name = Name()
"""
LAZY = """
from memeci.cli import group
from tests_command import command
group.LazyGroup.get_command = lambda *_: command
group.main(["history"])
"""


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_a_class_is_made__ends_as_the_signal_does(tmp_path: Path, number: signal.Signals) -> None:
    (tmp_path / "tests_command.py").write_text(NAMED_IN_A_CLASS.format(name=number.name))
    start = (
        f"import signal; signal.signal(signal.{number.name}, signal.{'default_int_handler' if number == signal.SIGINT else 'SIG_DFL'})\n"
    )
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}"}
    done = subprocess.run([sys.executable, "-c", start + LAZY], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (128 + number, "interrupted")
