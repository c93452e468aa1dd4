"""The GitLab include, the component and what `memeci init` writes, run by gitlab-ci-local (on PATH) as a merge-request
pipeline against a forge on loopback."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.builders.commands import run_memeci
from tests.builders.forge import ME, TOKEN, State, serve_forge

ROOT = Path(__file__).parents[2]
TOOL = shutil.which("gitlab-ci-local")
pytestmark = [pytest.mark.skipif(TOOL is None, reason="gitlab-ci-local is not on PATH"), pytest.mark.slow]

INCLUDE = "include:\n  - local: /memeci.yml.tpl.yml\nmemeci:\n  variables: {MEMECI_PREDICTIONS: worse.csv}\n"
COMPONENT = "include:\n  - local: /component.yml\n    inputs: {predictions: worse.csv, job-name: memeci}\n"

# Stands in for the image: `python3 -m venv` gives an environment that has memeci already, so that nothing is downloaded.
SHIM = """#!/bin/sh
mkdir -p "$3/bin"
printf '#!/bin/sh\\nexit 0\\n' > "$3/bin/python"
printf '#!/bin/sh\\nPYTHONPATH={root} exec {python} -m memeci "$@"\\n' > "$3/bin/memeci"
chmod +x "$3/bin/python" "$3/bin/memeci"
"""


@dataclass
class Project:
    path: Path
    server: State
    shims: Path

    def run(self, **variables: str) -> str:
        """Run a merge-request pipeline; return its log."""
        api = f"{self.server.url}/sub"
        known = {
            "GITLAB_CI": "true",
            "CI_PIPELINE_SOURCE": "merge_request_event",
            "CI_MERGE_REQUEST_IID": "7",
            "CI_MERGE_REQUEST_PROJECT_ID": "12",
            "CI_API_V4_URL": f"{api}/api/v4",
            "CI_SERVER_URL": api,
            "TMPDIR": str(self.shims),
        }
        command = [str(TOOL), "--force-shell-executor"]
        for name, value in {**known, **variables}.items():
            command += ["--variable", f"{name}={value}"]
        environment = {**os.environ, "PATH": f"{self.shims}:{os.environ['PATH']}", "HOME": str(self.shims)}
        done = subprocess.run(command, check=False, cwd=self.path, capture_output=True, text=True, timeout=120, env=environment)
        return done.stdout + done.stderr

    def artifact(self, name: str) -> Path:
        return next(self.path.rglob(f".gitlab-ci-local/artifacts/*/.memeci/{name}"))


@pytest.fixture
def server() -> Iterator[State]:
    with serve_forge() as state:
        yield state


@pytest.fixture(params=["include", "component", "init"])
def project(tmp_path: Path, server: State, request: pytest.FixtureRequest) -> Project:
    path, shims = tmp_path / "project", tmp_path / "shims"
    path.mkdir()
    shims.mkdir()
    for name in ("baseline", "worse"):
        shutil.copy(ROOT / "examples" / "action" / f"{name}.csv", path)
    if request.param == "init":
        run_memeci(path, "init", "worse.csv", "--model", "sentiment", "--forge", "gitlab")
        with (path / "memeci.yml").open("a") as file:
            file.write("baseline: baseline.csv\n")
    else:
        (path / "memeci.yml").write_text("model: sentiment\nbaseline: baseline.csv\n")
        (path / ".gitlab-ci.yml").write_text(INCLUDE if request.param == "include" else COMPONENT)
    shutil.copy(ROOT / "ci-templates/gitlab/memeci.yml", path / "memeci.yml.tpl.yml")
    shutil.copy(ROOT / "ci-templates/gitlab/component.yml", path)
    (shims / "python3").write_text(SHIM.format(root=ROOT, python=sys.executable))
    (shims / "python3").chmod(0o755)
    for command in (
        ["init", "-q", "-b", "main"],
        ["remote", "add", "origin", "https://gitlab.example/g/p.git"],
        ["add", "-A"],
        ["commit", "-qm", "x"],
    ):
        subprocess.run(["git", *command], cwd=path, check=True)
    return Project(path, server, shims)


def test_without_a_token__reports_and_artifacts_show_everything(project: Project, server: State) -> None:
    log = project.run()

    assert "FAIL  memeci" in log
    assert "may not write notes" in log
    assert server.requests == []
    assert "<failure" in project.artifact("junit.xml").read_text()
    assert json.loads(project.artifact("codequality.json").read_text())
    assert "MEMECI_VERDICT=fail" in project.artifact("memeci.env").read_text()
    assert project.artifact("metrics.txt").read_text().endswith("# EOF\n")
    links = json.loads(project.artifact("annotations.json").read_text())["memeci"]
    assert {link["external_link"]["label"] for link in links} >= {"memeci report", "memeci record"}


def test_with_a_token__one_note_edited_in_place(project: Project, server: State) -> None:
    for _ in range(2):
        log = project.run(MEMECI_TOKEN=TOKEN)

    assert "edited: " in log
    assert TOKEN not in log
    assert [c["user"]["login"] for c in server.comments] == [ME]
    assert "### ❌ `sentiment`: fail" in server.comments[0]["body"]


def test_command_that_crashes__is_told_in_the_note_and_in_the_artifacts(project: Project, server: State) -> None:
    project.run(MEMECI_TOKEN=TOKEN)
    log = project.run(MEMECI_TOKEN=TOKEN, MEMECI_COMMAND="echo loading; exit 3")
    (note,) = (c["body"] for c in server.comments)

    assert "FAIL  memeci" in log
    assert "### 💥 `sentiment`: crashed" in note
    assert "```text\nloading\n```" in note
    assert "/uploads/" in note
    assert "### 💥 `sentiment`: crashed" in project.artifact("summary.md").read_text()


def test_include__at_most_six_lines_of_the_users() -> None:
    assert len(INCLUDE.splitlines()) <= 6
    assert len(COMPONENT.splitlines()) <= 6


def test_component__every_input_is_used_and_the_job_is_that_of_the_include() -> None:
    header, body = (ROOT / "ci-templates/gitlab/component.yml").read_text().split("\n---\n")
    include = yaml.safe_load((ROOT / "ci-templates/gitlab/memeci.yml").read_text())["memeci"]
    job = yaml.safe_load(body)["$[[ inputs.job-name ]]"]

    assert all(f"$[[ inputs.{name} ]]" in body for name in yaml.safe_load(header)["spec"]["inputs"])
    assert (job["script"], job["artifacts"], job["rules"]) == (include["script"], include["artifacts"], include["rules"])
