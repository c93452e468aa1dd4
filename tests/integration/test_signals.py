"""What a signal leaves behind: no process, no temporary folder, no half-written results, and the exit code a shell expects."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from memeci.filenames import OUTPUT_DIR

ROOT = Path(__file__).parent.parent.parent
ROWS = "id,label,prediction\n" + "".join(f"{i},{'ab'[i % 2]},{'ab'[i % 3 % 2]}\n" for i in range(40))


@pytest.fixture(autouse=True)
def _foreground() -> Iterator[None]:
    """Undo what a shell and nohup do to background jobs, of which the tests may be one: they and their children ignore these signals."""
    heard = {signal.SIGINT: signal.default_int_handler, signal.SIGQUIT: signal.SIG_DFL, signal.SIGHUP: signal.SIG_DFL}
    before = {number: signal.signal(number, handler) for number, handler in heard.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


class Running:
    """``memeci evaluate`` under way, with a command that tells its own number through a pipe before it waits for ever."""

    def __init__(self, folder: Path, command: str) -> None:
        os.mkfifo(folder / "told")
        (folder / "tmp").mkdir()
        (folder / "memeci.yml").write_text(f"model: m\npredictions: p.csv\ncommand: |\n  {command}\n", encoding="utf-8")
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "memeci", "evaluate", "--no-meme"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder / "tmp")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def wait_for_child(self) -> int:
        """Return the number of the process that the command started, once it runs."""
        with (self.folder / "told").open(encoding="ascii") as told:
            return int(told.read())

    def finish(self) -> tuple[int, str]:
        _, said = self.process.communicate(timeout=60)
        return self.process.returncode, said

    def left(self) -> list[str]:
        return [path.name for path in (self.folder / "tmp").iterdir()]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "p.csv").write_text(ROWS, encoding="utf-8")
    yield tmp_path
    for name in ("spared",):
        if (tmp_path / name).exists():
            os.kill(int((tmp_path / name).read_text()), signal.SIGKILL)


def _ends(number: int) -> bool:
    """Whether a process that was told to end does: a signal needs its moment."""
    try:
        descriptor = os.pidfd_open(number)
    except OSError:
        return True
    try:
        return bool(select.select([descriptor], [], [], 20)[0])
    finally:
        os.close(descriptor)


needs_pidfd = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="Linux only")


@needs_pidfd
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal__stops_all_that_the_command_started(folder: Path, number: signal.Signals) -> None:
    running = Running(folder, "sleep 600 & echo $! > told; wait")
    child = running.wait_for_child()
    running.process.send_signal(number)
    code, said = running.finish()
    assert (128 + number, "interrupted") == (code, said.strip())
    assert _ends(child)
    assert not running.left()
    assert not (folder / OUTPUT_DIR).exists()


@needs_pidfd
def test_a_command_that_will_not_stop__is_killed(folder: Path) -> None:
    running = Running(folder, "trap '' TERM INT; echo $$ > told; while :; do sleep 1; done")
    child = running.wait_for_child()
    running.process.terminate()
    assert running.finish()[0] == 143
    assert _ends(child)


def test_a_command_may_put_things_in_order__before_it_goes(folder: Path) -> None:
    running = Running(folder, "trap 'echo saved > kept; exit 1' TERM; echo $$ > told; while :; do sleep 0.1; done")
    running.wait_for_child()
    running.process.terminate()
    assert running.finish()[0] == 143
    assert (folder / "kept").read_text() == "saved\n"


def test_what_the_command_left_running__is_not_waited_for_and_said(folder: Path) -> None:
    running = Running(folder, "sleep 600 & echo $! > spared; cp spared told; echo done")
    running.wait_for_child()
    code, said = running.finish()
    assert code == 0
    assert "done\nmemeci: the command has ended; what it left running in the background is not waited for." in said


def test_output_that_nobody_reads__does_not_end_the_command(folder: Path) -> None:
    running = Running(folder, "echo $$ > told; cat held; echo hello; echo made > made")
    os.mkfifo(folder / "held")
    running.wait_for_child()
    assert running.process.stderr is not None
    running.process.stderr.close()
    (folder / "held").write_text("go")
    assert running.process.wait(60) == 0
    assert running.process.stdout is not None
    running.process.stdout.close()
    assert (folder / "made").exists()
    assert (folder / OUTPUT_DIR / "record.json").exists()
