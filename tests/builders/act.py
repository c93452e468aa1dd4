"""A consumer's repository and a runner: workflows run for real by `act`, against a forge on loopback.

Actions of other people are stood in for by stubs that record their inputs, or copy a folder.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.builders.forge import TOKEN, State

ROOT = Path(__file__).parents[2]
ACT = Path(sys.prefix) / "bin" / "act"
HEAD = "4f1c9e7a2b3d5f60718293a4b5c6d7e8f9012345"
BASE = "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567"
CONFIG = "model: sentiment\npredictions: {predictions}\nbaseline: baseline.csv\nslices: [platform]\n"

needs_act = pytest.mark.skipif(not ACT.exists(), reason="act is not installed beside this Python")

UPLOAD = 'mkdir -p "$STORE"; for f in $WANTED; do cp "$f" "$STORE"/; done'
DOWNLOAD = 'mkdir -p "$WANTED"; cp "$STORE"/* "$WANTED"/'
RECORD = 'printf "%s\\n" "$INPUTS" >> "$STORE/../recorded.txt"'


@dataclass
class Consumer:
    """A repository of a user's, outside of ours. ``store`` is where stubs keep artifacts."""

    path: Path
    server: State
    store: Path
    environment: dict[str, str] = field(default_factory=dict)

    def write(self, name: str, text: str) -> None:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def use_workflow(self, template: str) -> None:
        """Copy a shipped template, whole, and make it the only workflow."""
        shutil.rmtree(self.path / ".github", ignore_errors=True)
        self.write(".github/workflows/it.yml", (ROOT / template).read_text(encoding="utf-8"))

    def predict(self, name: str) -> None:
        self.write("memeci.yml", CONFIG.format(predictions=f"{name}.csv"))

    def git(self, *command: str) -> str:
        return subprocess.run(["git", *command], cwd=self.path, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self) -> str:
        self.git("add", "-A")
        self.git("commit", "--quiet", "--allow-empty", "-m", "work")
        return self.git("rev-parse", "HEAD")

    def run(self, event: str, payload: dict[str, Any]) -> Run:
        """Run the workflow for an event, in the repository as it stands."""
        file = self.store.parent / "event.json"
        file.write_text(json.dumps({"repository": {"full_name": "o/r", "default_branch": "main"}, **payload}))
        variables = {
            "GITHUB_API_URL": self.server.url,
            "GITHUB_SERVER_URL": self.server.url,
            "GITHUB_REPOSITORY": "o/r",
            "MEMECI_PACKAGES": sys.prefix,
            "STORE": str(self.store),
            **self.environment,
        }
        command = [str(ACT), event, "-e", str(file), "-P", "ubuntu-latest=-self-hosted", "-s", f"GITHUB_TOKEN={TOKEN}", "--no-cache-server"]
        for name, value in variables.items():
            command += ["--env", f"{name}={value}"]
        for reference, folder in self._list_stubs().items():
            command += ["--local-repository", f"{reference}={folder}"]
        done = subprocess.run(
            command, check=False, cwd=self.path, capture_output=True, text=True, timeout=120, env=_clean(self.store.parent)
        )
        return Run(done.returncode, done.stdout + done.stderr)

    def _list_stubs(self) -> dict[str, Path]:
        used = {m for f in self.path.glob(".github/workflows/*.yml") for m in re.findall(r"uses: ([\w./-]+@[\w.]+)", f.read_text())}
        stubs = {}
        for reference in used:
            name = reference.split("@")[0]
            if name == "memeci/memeci":
                stubs[reference] = _copy_action(self.store.parent / "action")
            elif name != "actions/checkout":
                stubs[reference] = _write_stub(self.store.parent / "stubs" / name, name)
        return stubs


@dataclass(frozen=True)
class Run:
    code: int
    log: str

    def output(self, name: str) -> str:
        """Return an output as the runner understood it."""
        found = re.search(rf"::set-output:: {name}=(.*)", self.log)
        return found[1] if found else ""


def pull_request(number: int = 7, repository: str = "o/r", sha: str = HEAD) -> dict[str, Any]:
    head = {"sha": sha, "ref": "topic", "repo": {"full_name": repository}}
    return {"pull_request": {"number": number, "head": head, "base": {"sha": BASE, "ref": "main", "repo": {"full_name": "o/r"}}}}


def make_consumer(folder: Path, server: State) -> Consumer:
    """Return a repository with two prediction files, on a branch main."""
    consumer = Consumer(folder / "consumer", server, folder / "store")
    consumer.path.mkdir()
    consumer.store.mkdir()
    for name in ("baseline", "worse"):
        shutil.copy(ROOT / "examples" / "action" / f"{name}.csv", consumer.path)
    consumer.git("init", "--quiet", "--initial-branch=main")
    return consumer


def _copy_action(folder: Path) -> Path:
    """Return a folder with what the action needs and nothing else of a developer's checkout."""
    if not folder.exists():
        folder.mkdir()
        shutil.copy(ROOT / "action.yml", folder)
        for part in ("action", "memeci"):
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def _write_stub(folder: Path, name: str) -> Path:
    """Write an action that stands in for ``name``; a repository, because act asks for one."""
    folder.mkdir(parents=True, exist_ok=True)
    run = {"actions/upload-artifact": UPLOAD, "actions/download-artifact": DOWNLOAD}.get(name, RECORD)
    inputs = {
        "path",
        "name",
        "run-id",
        "github-token",
        "include-hidden-files",
        "tags",
        "labels",
        "push",
        "registry",
        "username",
        "password",
    }
    step = {"shell": "bash", "run": run, "env": {"WANTED": "${{ inputs.path }}", "INPUTS": "${{ inputs.tags }}"}}
    action = {"name": name, "inputs": {i: {"required": False} for i in sorted(inputs)}, "runs": {"using": "composite", "steps": [step]}}
    (folder / "action.yml").write_text(json.dumps(action))
    return folder


def _clean(home: Path) -> dict[str, str]:
    return {**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}
