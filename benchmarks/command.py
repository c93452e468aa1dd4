"""Start-up, and one small `memeci evaluate` against a release: with `dvc metrics diff`, where the path of a dvc is given."""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from timing import compare

N_EXAMPLES = 3_592
MEMECI = [sys.executable, "-m", "memeci"]
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


def print_alone(name: str, command: list[str], folder: Path, runs: int = 9) -> None:
    """Print the median CPU seconds of a command by itself, of its git processes too."""
    spent = []
    for _ in range(runs):
        before = os.times()
        subprocess.run(command, cwd=folder, capture_output=True, check=True)
        after = os.times()
        spent.append(after.children_user + after.children_system - before.children_user - before.children_system)
    print(f"{name:42s} cpu {statistics.median(spent):7.3f} s   ({runs} runs)")


def main() -> None:
    # Modules are compiled at the first run here, as in an installation.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPATH"] = str(Path(__file__).resolve().parents[1])
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory() as other:
        folder, theirs = Path(name), Path(other)
        build_memeci(folder)
        print_alone("memeci --help", [*MEMECI, "--help"], folder)
        print_alone("memeci evaluate --no-meme", [*MEMECI, "evaluate", "--no-meme"], folder)
        print_alone("memeci evaluate", [*MEMECI, "evaluate"], folder)
        if len(sys.argv) < 2:
            return
        dvc = sys.argv[1]
        build_dvc(theirs, dvc)
        diff = ["sh", "-c", 'cd "$0" && exec "$1" metrics diff v1', str(theirs), dvc]
        for label, options in (("memeci evaluate --no-meme", ["--no-meme"]), ("memeci evaluate, with picture", [])):
            compare(label, [*MEMECI, "evaluate", *options], "dvc metrics diff", diff, runs=7, cwd=folder)


if __name__ == "__main__":
    main()
