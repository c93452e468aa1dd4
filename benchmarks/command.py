"""Start-up, and one small `memeci evaluate` against a release: with `dvc metrics diff`, where the path of a dvc is given.

Everything is measured twice. *Warm* is a command that ran here before: Python finds its modules compiled. *Cold* is the
first run on a CI runner whose tools were installed a moment ago by an installer that compiles nothing (uv): Python's own
library is compiled, every module of a package is not, and nothing of that is kept. Each command runs with the Python it is
installed in; the fairest memeci is one in an environment of its own.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
N_EXAMPLES = 3_592
MEMECI = [sys.executable, "-m", "memeci"]
# What no evaluation can do without: the libraries, a database, and leaving as memeci leaves.
LIBRARIES = """
import os
os.environ["OPENBLAS_NUM_THREADS"] = "1"
import click, jinja2, msgspec, numpy, yaml, _duckdb
from rich.console import Console
from rich.table import Table
_duckdb.connect(config={"threads": 1}).execute("select 1").fetchall()
os._exit(0)
"""
GIT = ["git", "-c", "user.name=benchmark", "-c", "user.email=benchmark@example.invalid"]


def run(*command: str, folder: Path) -> str:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


def commit(folder: Path, message: str) -> None:
    run("git", "add", "--all", folder=folder)
    run(*GIT, "commit", "--quiet", "--message", message, folder=folder)


def draw_predictions(seed: int, n_wrong: int) -> str:
    """Return a CSV of scored predictions; the labels are the same for every seed."""
    labels = random.Random(0).choices([0, 1], [2, 1], k=N_EXAMPLES)
    rng = random.Random(seed)
    wrong = set(rng.sample(range(N_EXAMPLES), n_wrong))
    rows = ["id,label,prediction,score"]
    for i, label in enumerate(labels):
        predicted = 1 - label if i in wrong else label
        rows.append(f"{i},{label},{predicted},{(predicted + rng.random()) / 2:.4f}")
    return "\n".join(rows) + "\n"


def build_memeci(folder: Path) -> None:
    """Make a repository with one release and a later, slightly better model."""
    run("git", "init", "--quiet", folder=folder)
    (folder / "memeci.yml").write_text("model: reviews\npredictions: predictions.csv\n", encoding="utf-8")
    (folder / "predictions.csv").write_text(draw_predictions(1, 375), encoding="utf-8")
    commit(folder, "Train a model")
    run(*MEMECI, "evaluate", "--no-meme", folder=folder)
    run(*MEMECI, "release", folder=folder)
    (folder / "predictions.csv").write_text(draw_predictions(2, 350), encoding="utf-8")
    commit(folder, "Train on more")


def build_dvc(folder: Path, dvc: str) -> None:
    """Make a repository whose tag v1 and workspace hold different metrics. Raises RuntimeError if dvc sees no difference."""
    run("git", "init", "--quiet", folder=folder)
    run(dvc, "init", "--quiet", folder=folder)
    (folder / "dvc.yaml").write_text("metrics:\n- metrics.json\n", encoding="utf-8")
    (folder / "metrics.json").write_text(json.dumps({"accuracy": 0.8956, "f1": 0.833}), encoding="utf-8")
    commit(folder, "Train a model")
    run(*GIT, "tag", "--annotate", "--message", "v1", "v1", folder=folder)
    (folder / "metrics.json").write_text(json.dumps({"accuracy": 0.9003, "f1": 0.843}), encoding="utf-8")
    commit(folder, "Train on more")
    if "0.9003" not in run(dvc, "metrics", "diff", "v1", folder=folder):
        raise RuntimeError("`dvc metrics diff v1` shows no difference: there is nothing to compare with")


def spend(command: list[str], folder: Path, environment: dict[str, str]) -> float:
    """Run a command and return its CPU seconds, with those of the processes it waited for."""
    before = os.times()
    subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def print_medians(commands: dict[str, tuple[list[str], Path]], environment: dict[str, str], runs: int) -> None:
    """Run the commands in turn and print the median CPU seconds of each, and of its ratio to the last one."""
    for command, folder in commands.values():
        spend(command, folder, environment)
    spent = [{name: spend(*command, environment) for name, command in commands.items()} for _ in range(runs)]
    *_, reference = commands
    for name in commands:
        ratio = statistics.median(turn[name] / turn[reference] for turn in spent)
        print(f"  {name:32s} cpu {statistics.median(turn[name] for turn in spent):6.3f} s    {ratio:5.2f} × {reference}")


def compile_library(commands: dict[str, tuple[list[str], Path]], environment: dict[str, str], cache: Path) -> None:
    """Fill ``cache`` with what the commands load of Python's own library, compiled."""
    for command, folder in commands.values():
        spend(command, folder, environment)
    packages = [*cache.rglob("site-packages"), cache / ROOT.relative_to("/")]
    for path in packages:
        shutil.rmtree(path, ignore_errors=True)


def main(runs: int = 9) -> None:
    python = {k: v for k, v in os.environ.items() if k not in {"PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX"}} | {
        "PYTHONPATH": str(ROOT)
    }
    os.environ.update(PYTHONPATH=str(ROOT))
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory() as other, tempfile.TemporaryDirectory() as cache:
        folder, theirs = Path(name), Path(other)
        build_memeci(folder)
        commands = {
            "memeci --help": ([*MEMECI, "--help"], folder),
            "memeci evaluate": ([*MEMECI, "evaluate"], folder),
            "memeci evaluate --no-meme": ([*MEMECI, "evaluate", "--no-meme"], folder),
            "its libraries alone": ([sys.executable, "-c", LIBRARIES], folder),
        }
        if len(sys.argv) > 1:
            build_dvc(theirs, sys.argv[1])
            commands["dvc metrics diff"] = ([sys.argv[1], "metrics", "diff", "v1"], theirs)
        print(f"warm, median of {runs}")
        print_medians(commands, python, runs)
        cold = python | {"PYTHONPYCACHEPREFIX": cache}
        compile_library(commands, cold, Path(cache))
        print(f"cold, median of {runs}")
        print_medians(commands, cold | {"PYTHONDONTWRITEBYTECODE": "1"}, runs)


if __name__ == "__main__":
    main()
