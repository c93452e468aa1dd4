"""What the CI says: the commit the author pushed, the number of the request, whose repository, and no token in sight."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from memeci.config import CI, Environment, Override, TokenKind, clean_environment, read_environment
from memeci.errors import ConfigError

HEAD, MERGE, BASE = "a" * 40, "b" * 40, "c" * 40


def _pull_request(head: str | None = "team/models", base: str = "team/models") -> dict[str, Any]:
    return {
        "number": 12,
        "pull_request": {
            "number": 12,
            "head": {"sha": HEAD, "repo": {"full_name": head} if head else None},
            "base": {"sha": BASE, "repo": {"full_name": base}},
        },
        "repository": {"default_branch": "main"},
    }


def _github(tmp_path: Path, event: object, **more: str) -> Environment:
    path = tmp_path / "event.json"
    path.write_text(event if isinstance(event, str) else json.dumps(event))
    return read_environment(
        {
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_PATH": str(path),
            "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_SHA": MERGE,
            "GITHUB_REPOSITORY": "team/models",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_API_URL": "https://api.github.com",
            "GITHUB_RUN_ID": "77",
            "GITHUB_HEAD_REF": "better-model",
            "GITHUB_BASE_REF": "main",
            "GITHUB_REF_NAME": "12/merge",
            "GITHUB_REF_TYPE": "branch",
            "GITHUB_STEP_SUMMARY": "/tmp/summary",  # noqa: S108
            "GITHUB_OUTPUT": "/tmp/output",  # noqa: S108
            "GITHUB_TOKEN": "ghs_secret",
            **more,
        }
    )


def test_pull_request__gives_the_pushed_commit_not_the_merge(tmp_path: Path) -> None:
    found = _github(tmp_path, _pull_request())
    assert (found.ci, found.head_sha, found.request, found.tag) == (CI.GITHUB, HEAD, 12, None)
    assert found.run_url == "https://github.com/team/models/actions/runs/77"
    assert (found.summary_file, found.output_file) == (Path("/tmp/summary"), Path("/tmp/output"))  # noqa: S108
    assert not found.is_fork


@pytest.mark.parametrize("head", ["stranger/models", None])
def test_pull_request_from_a_fork__is_one_even_after_the_fork_was_deleted(head: str | None, tmp_path: Path) -> None:
    assert _github(tmp_path, _pull_request(head)).is_fork


def test_push__gives_its_own_commit(tmp_path: Path) -> None:
    found = _github(tmp_path, {"before": BASE}, GITHUB_EVENT_NAME="push", GITHUB_HEAD_REF="", GITHUB_REF_NAME="main")
    assert (found.head_sha, found.request) == (MERGE, None)
    assert not found.is_fork


def test_pushed_tag__is_a_tag(tmp_path: Path) -> None:
    found = _github(tmp_path, {}, GITHUB_HEAD_REF="", GITHUB_REF_NAME="sentiment@v1.0.0", GITHUB_REF_TYPE="tag")
    assert found.tag == "sentiment@v1.0.0"


def test_merge_queue_and_workflow_run__give_the_evaluated_commit(tmp_path: Path) -> None:
    assert _github(tmp_path, {"merge_group": {"head_sha": HEAD, "base_sha": BASE}}).head_sha == HEAD
    assert _github(tmp_path, {"workflow_run": {"head_sha": HEAD}}).head_sha == HEAD


@pytest.mark.parametrize("event", ["[]", '{"pull_request": 3}', '{"pull_request": {"head": [], "number": "x"}}', "{}"])
def test_strange_event__gives_what_the_variables_say(event: str, tmp_path: Path) -> None:
    found = _github(tmp_path, event)
    assert (found.head_sha, found.request) == (MERGE, None)


@pytest.mark.parametrize("event", ["not json", "[" * 200_000])
def test_event_that_is_no_json__is_an_error(event: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="GITHUB_EVENT_PATH"):
        _github(tmp_path, event)


GITLAB = {
    "GITLAB_CI": "true",
    "CI_PIPELINE_SOURCE": "merge_request_event",
    "CI_COMMIT_SHA": MERGE,
    "CI_MERGE_REQUEST_IID": "7",
    "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": HEAD,
    "CI_MERGE_REQUEST_DIFF_BASE_SHA": BASE,
    "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "better",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
    "CI_MERGE_REQUEST_PROJECT_ID": "5",
    "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "5",
    "CI_MERGE_REQUEST_PROJECT_PATH": "team/models",
    "CI_PROJECT_PATH": "team/models",
    "CI_SERVER_URL": "https://gitlab.example",
    "CI_API_V4_URL": "https://gitlab.example/api/v4",
    "CI_JOB_TOKEN": "job-secret",
}


def test_merge_request__gives_the_pushed_commit_and_the_job_token() -> None:
    found = read_environment(GITLAB)
    assert (found.ci, found.head_sha, found.request) == (CI.GITLAB, HEAD, 7)
    assert (found.repository, found.project_id, found.api_url) == ("team/models", "5", "https://gitlab.example/api/v4")
    assert (found.token, found.token_kind, found.is_fork) == ("job-secret", TokenKind.JOB, False)


def test_project_token__is_preferred_and_a_fork_is_seen() -> None:
    found = read_environment({**GITLAB, "GITLAB_TOKEN": "glpat", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "9"})
    assert (found.token, found.token_kind, found.is_fork) == ("glpat", TokenKind.ACCESS, True)


def test_plain_branch_pipeline__falls_back_to_the_commit() -> None:
    found = read_environment({"GITLAB_CI": "true", "CI_COMMIT_SHA": HEAD, "CI_COMMIT_BRANCH": "main", "CI_COMMIT_BEFORE_SHA": "0" * 40})
    assert (found.head_sha, found.request) == (HEAD, None)


def test_terminal__is_no_ci() -> None:
    assert read_environment({}) == Environment()


def test_token__is_in_no_repr(tmp_path: Path) -> None:
    assert "secret" not in repr(_github(tmp_path, _pull_request()))
    assert "secret" not in repr(read_environment(GITLAB))


def test_overrides__come_from_variables_with_a_value() -> None:
    found = read_environment({"MEMECI_ALPHA": "0.05", "MEMECI_MODEL": "", "MEMECI_MIN_SLICE_SIZE": "9", "MEMECI_UNRELATED": "x"})
    assert found.overrides == (Override("min_slice_size", "9", "MEMECI_MIN_SLICE_SIZE"), Override("alpha", "0.05", "MEMECI_ALPHA"))


def test_users_command__sees_no_token_of_the_forge_under_any_name_but_keeps_its_own() -> None:
    cleaned = clean_environment(
        {
            "PATH": "/bin",
            "HF_TOKEN": "mine",
            "GITHUB_TOKEN": "ghs_secret",
            "COPY_OF_IT": "ghs_secret",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "oidc",
            "CI_JOB_TOKEN": "job-secret",
            "CI_REPOSITORY_URL": "https://gitlab-ci-token:job-secret@gitlab.example/x.git",
            "MEMECI_TOKEN": "",
        }
    )
    assert cleaned == {"PATH": "/bin", "HF_TOKEN": "mine"}
