"""The action, run by act from a second, consumer repository against a forge on loopback, with the very files users copy."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders.act import HEAD, ROOT, Consumer, make_consumer, needs_act, pull_request
from tests.builders.commands import run_memeci
from tests.builders.forge import ME, TOKEN, State, serve_forge

pytestmark = [needs_act, pytest.mark.slow]


@pytest.fixture
def server() -> Iterator[State]:
    with serve_forge() as state:
        yield state


@pytest.fixture
def consumer(tmp_path: Path, server: State) -> Consumer:
    made = make_consumer(tmp_path, server)
    made.use_workflow("ci-templates/github/memeci.yml")
    made.predict("worse")
    made.commit()
    return made


def ours(server: State) -> list[str]:
    return [c["body"] for c in server.comments if c["user"]["login"] == ME]


def test_pull_request__the_gate_fails_and_the_comment_says_why(consumer: Consumer, server: State) -> None:
    run = consumer.run("pull_request", pull_request())

    assert run.code == 1
    assert run.output("verdict") == "fail"
    assert json.loads(run.output("deltas"))["accuracy"] < 0
    assert run.output("comment-url").startswith(server.url)
    assert f"sha-{HEAD}" in run.log
    assert "### ❌ `sentiment`: fail" in ours(server)[0]
    assert TOKEN not in run.log


def test_fresh_repository__what_init_writes_runs_as_it_is(tmp_path: Path, server: State) -> None:
    made = make_consumer(tmp_path, server)
    assert run_memeci(made.path, "init", "worse.csv", "--model", "sentiment", "--forge", "github").code == 0
    made.commit()
    run = made.run("pull_request", pull_request())

    assert run.output("verdict") == "no_baseline", run.log
    assert "### 🌱 `sentiment`: no baseline yet" in ours(server)[0]


def test_second_run__one_comment_in_the_end_among_95_others_and_an_impostor(consumer: Consumer, server: State) -> None:
    consumer.run("pull_request", pull_request())
    copied = ours(server)[0]
    server.comments.clear()
    for i in range(95):
        server.add_comment(f"chat {i}")
    server.add_comment(copied, "impostor")
    consumer.run("pull_request", pull_request())
    consumer.predict("baseline")
    run = consumer.run("pull_request", pull_request())

    assert run.code == 0
    assert len(server.comments) == 97
    assert len(ours(server)) == 1
    assert "### ✅ `sentiment`: pass" in ours(server)[0]
    assert copied in [c["body"] for c in server.comments]


@pytest.mark.parametrize(
    ("event", "payload"),
    [("push", {"after": HEAD}), ("merge_group", {"merge_group": {"head_sha": HEAD, "base_sha": HEAD}})],
)
def test_no_pull_request__verdict_and_summary_without_a_comment(
    consumer: Consumer, server: State, event: str, payload: dict[str, object]
) -> None:
    workflow = (consumer.path / ".github/workflows/it.yml").read_text()
    consumer.write(".github/workflows/it.yml", workflow.replace("on: pull_request", f"on: {event}"))
    run = consumer.run(event, payload)

    assert run.code == 1
    assert run.output("verdict") == "fail"
    assert "### ❌ `sentiment`: fail" in run.log
    assert server.requests == []


def test_fork__a_token_that_only_reads_does_not_turn_the_job_red(consumer: Consumer, server: State) -> None:
    server.read_only = True
    consumer.predict("baseline")
    run = consumer.run("pull_request", pull_request(repository="contributor/r"))

    assert run.code == 0
    assert "may only read" in run.log
    assert server.comments == []


def test_forge_down__the_verdict_is_the_same(consumer: Consumer, server: State) -> None:
    server.url = "http://127.0.0.1:9"

    assert consumer.run("pull_request", pull_request()).output("verdict") == "fail"


def test_fork_pair__the_publisher_posts_what_the_evaluation_left(consumer: Consumer, server: State) -> None:
    server.head_sha = HEAD
    server.read_only = True
    consumer.use_workflow("ci-templates/github/memeci-evaluate.yml")
    evaluated = consumer.run("pull_request", pull_request(repository="contributor/r"))
    server.read_only = False
    consumer.use_workflow("ci-templates/github/memeci-publish.yml")
    run = consumer.run("workflow_run", finished_run())

    assert evaluated.code == 1
    assert sorted(p.name for p in consumer.store.iterdir()) == ["record.json", "request.json"]
    assert run.code == 0, run.log
    assert "### ❌ `sentiment`: fail" in ours(server)[0]


CRASHING = """\
model: sentiment
command: |
  echo 'loading @team <img src=x> ``` | done'
  echo "Authorization: Bearer $HUB_TOKEN"
  exit 137
predictions: worse.csv
baseline: baseline.csv
"""


def test_command_that_crashes__takes_the_place_of_the_last_verdict(consumer: Consumer, server: State) -> None:
    consumer.run("pull_request", pull_request())
    consumer.write("memeci.yml", CRASHING)
    consumer.environment["HUB_TOKEN"] = "correct-horse-battery"
    crashed = consumer.run("pull_request", pull_request())
    (body,) = ours(server)

    assert crashed.code != 0
    assert crashed.output("comment-url").startswith(server.url)
    assert "### 💥 `sentiment`: crashed" in body
    assert "exit status 137, probably out of memory" in body
    assert "````text\nloading @team <img src=x> ``` | done\n" in body
    assert "correct-horse" not in body
    assert f"{server.url}/o/r/blob/" in body
    assert "### 💥 `sentiment`: crashed" in crashed.log

    consumer.predict("baseline")
    assert consumer.run("pull_request", pull_request()).code == 0
    assert "### ✅ `sentiment`: pass" in ours(server)[0]


def test_predictions_that_cannot_be_read__take_the_place_of_the_last_verdict(consumer: Consumer, server: State) -> None:
    consumer.run("pull_request", pull_request())
    consumer.write("worse.csv", "id,answer\n1,<b>yes</b>\n")
    broken = consumer.run("pull_request", pull_request())
    (body,) = ours(server)

    assert broken.code != 0
    assert "### 💥 `sentiment`: not evaluated" in body
    assert "next:  " in body
    assert "/blob/" in body
    assert "::error" in broken.log


def test_fork_pair__the_publisher_tells_of_a_crash_too(consumer: Consumer, server: State) -> None:
    server.head_sha = HEAD
    consumer.write("memeci.yml", CRASHING)
    consumer.use_workflow("ci-templates/github/memeci-evaluate.yml")
    consumer.run("pull_request", pull_request(repository="contributor/r"))
    server.comments.clear()
    consumer.use_workflow("ci-templates/github/memeci-publish.yml")
    run = consumer.run("workflow_run", finished_run())

    assert run.code == 0, run.log
    assert "### 💥 `sentiment`: crashed" in ours(server)[0]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("record.json", b"{}"),
        ("record.json", b"[" * 100_000),
        ("record.json", b" " * 9_000_000),
        ("request.json", b'{"number": 8, "head_sha": "' + HEAD.encode() + b'"}'),
        ("request.json", b'{"number": 7, "head_sha": "' + b"0" * 40 + b'"}'),
        ("request.json", b'{"number": "7; rm -rf /", "head_sha": "x"}'),
    ],
    ids=["no record", "deep", "large", "another request", "another commit", "no number"],
)
def test_fork_pair__a_hostile_artifact_posts_nothing(consumer: Consumer, server: State, name: str, content: bytes) -> None:
    server.head_sha = HEAD
    consumer.use_workflow("ci-templates/github/memeci-evaluate.yml")
    consumer.run("pull_request", pull_request())
    server.comments.clear()
    (consumer.store / name).write_bytes(content)
    consumer.use_workflow("ci-templates/github/memeci-publish.yml")
    run = consumer.run("workflow_run", finished_run())

    assert run.code != 0
    assert "Traceback" not in run.log
    assert "::error title=memeci::" in run.log
    assert server.comments == []


def test_fork_pair__a_request_that_moved_on_is_left_to_the_newer_run(consumer: Consumer, server: State) -> None:
    consumer.use_workflow("ci-templates/github/memeci-evaluate.yml")
    consumer.run("pull_request", pull_request())
    server.comments.clear()
    server.head_sha = "f" * 40
    consumer.use_workflow("ci-templates/github/memeci-publish.yml")

    assert "a newer run will post" in consumer.run("workflow_run", finished_run()).log
    assert server.comments == []


def test_release__tags_the_model_and_names_the_image(consumer: Consumer, tmp_path: Path) -> None:
    remote = tmp_path / "remote.git"
    consumer.use_workflow("ci-templates/github/memeci-release.yml")
    consumer.predict("baseline")
    consumer.write("memeci.yml", (consumer.path / "memeci.yml").read_text().replace("baseline: baseline.csv", "baseline: none"))
    consumer.git("init", "--quiet", "--bare", str(remote))
    consumer.git("remote", "add", "origin", str(remote))
    commit = consumer.commit()
    consumer.git("push", "--quiet", "origin", "main")
    run = consumer.run("push", {"after": commit, "ref": "refs/heads/main"})

    assert run.code == 0, run.log
    assert run.output("release-tag").startswith("sentiment@v")
    assert run.output("release-tag") in consumer.git("ls-remote", "--tags", "origin")
    assert f"ghcr.io/o/r:sha-{commit}" in (tmp_path / "recorded.txt").read_text()


def test_command__runs_without_any_token(consumer: Consumer) -> None:
    consumer.write("memeci.yml", (consumer.path / "memeci.yml").read_text() + 'command: env > "$STORE/seen.txt"\n')
    consumer.run("pull_request", pull_request())
    seen = (consumer.store / "seen.txt").read_text()

    assert "PATH=" in seen
    assert TOKEN not in seen


def test_no_packages__is_an_error_of_ours_and_not_a_failed_gate(consumer: Consumer, tmp_path: Path) -> None:
    consumer.environment["MEMECI_PACKAGES"] = str(tmp_path / "nothing")
    run = consumer.run("pull_request", pull_request())

    assert (run.code, run.output("verdict")) == (1, "")
    # On a busy machine act loses the last lines of a step that ends at once, so the script is asked itself what it says.
    script = ["bash", str(ROOT / "action" / "run.sh")]
    alone = {**os.environ, **consumer.environment, "GITHUB_ACTION_PATH": str(ROOT)}
    done = subprocess.run(script, env=alone, cwd=consumer.path, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "::error title=memeci::memeci could not be installed" in done.stdout


def finished_run() -> dict[str, object]:
    run = {"id": 1, "event": "pull_request", "head_sha": HEAD, "head_repository": {"full_name": "contributor/r"}}
    return {"workflow_run": run}
