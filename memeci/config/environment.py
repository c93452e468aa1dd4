"""What the CI says about this run: which forge, which commit, which pull request, which token. Reads nothing but its variables."""

from __future__ import annotations

import enum
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from memeci.config.keys import KEYS
from memeci.config.loading import Override
from memeci.errors import ConfigError

PREFIX = "MEMECI_"
MAX_EVENT_BYTES = 32 * 1024 * 1024

# Credentials of the forge: of no use to the command that makes predictions. Keys of the user's own (HF_TOKEN …) stay.
_SECRETS = frozenset(
    {
        "GITHUB_TOKEN",
        "GH_TOKEN",
        "GH_ENTERPRISE_TOKEN",
        "GITHUB_ENTERPRISE_TOKEN",
        "INPUT_GITHUB-TOKEN",
        "INPUT_GITHUB_TOKEN",
        "INPUT_TOKEN",
        "ACTIONS_RUNTIME_TOKEN",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        "ACTIONS_ID_TOKEN_REQUEST_URL",
        "GITLAB_TOKEN",
        "GITLAB_PRIVATE_TOKEN",
        "CI_JOB_TOKEN",
        "CI_JOB_JWT",
        "CI_JOB_JWT_V1",
        "CI_JOB_JWT_V2",
        "CI_BUILD_TOKEN",
        "CI_DEPLOY_PASSWORD",
        "CI_REGISTRY_PASSWORD",
        "CI_DEPENDENCY_PROXY_PASSWORD",
        "CI_REPOSITORY_URL",  # holds the job's token
        "MEMECI_TOKEN",
    }
)


class CI(enum.Enum):
    """Where we run."""

    GITHUB = "github"
    GITLAB = "gitlab"
    NONE = "none"


class TokenKind(enum.Enum):
    """What the token may do. GitLab's job token cannot write notes (gitlab-org/gitlab#545150)."""

    ACCESS = "access"
    JOB = "job"


@dataclass(frozen=True)
class Environment:
    """One run of a CI job, or a person's terminal (``ci`` is NONE and most fields None).

    ``head_sha`` is the commit the author pushed, never the temporary merge commit. ``request`` is the number of the pull or
    merge request; ``repository`` "owner/name" where it lives (the target), ``project_id`` GitLab's number for it.
    ``is_fork``: the changes come from another repository (under ``pull_request`` the token then only reads).
    Files are where the runner reads a step's summary and outputs.
    """

    ci: CI = CI.NONE
    head_sha: str | None = None
    tag: str | None = None
    request: int | None = None
    repository: str | None = None
    project_id: str | None = None
    server_url: str | None = None
    api_url: str | None = None
    run_url: str | None = None
    token: str | None = field(default=None, repr=False)
    token_kind: TokenKind | None = None
    is_fork: bool = False
    summary_file: Path | None = None
    output_file: Path | None = None
    overrides: tuple[Override, ...] = ()

    @property
    def source_url(self) -> str | None:
        """Where a person finds the repository; None where the CI does not say."""
        return f"{self.server_url}/{self.repository}" if self.server_url and self.repository else None


def read_environment(environ: Mapping[str, str] | None = None) -> Environment:
    """Return what ``environ`` (default: this process's) says. Raises ConfigError for a GitHub event file that is not one."""
    environ = os.environ if environ is None else environ
    given = {name: value for name, value in environ.items() if value}
    common: dict[str, Any] = {"overrides": find_overrides(given)}
    if given.get("GITHUB_ACTIONS") == "true":
        return Environment(ci=CI.GITHUB, **common, **_read_github(given))
    if given.get("GITLAB_CI") == "true":
        return Environment(ci=CI.GITLAB, **common, **_parse_gitlab(given))
    return Environment(**common)


def clean_environment(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return ``environ`` without the forge's tokens, under whatever name: for the user's command, which needs none of them."""
    environ = os.environ if environ is None else environ
    secrets = {environ[name] for name in _SECRETS if environ.get(name)}
    return {name: value for name, value in environ.items() if name not in _SECRETS and value not in secrets}


def plain_environment(first_on_path: Path, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return ``environ`` without tokens, CI and settings of ours, and a folder first on PATH: as on somebody's laptop."""
    kept = clean_environment(environ)
    foreign = ("GITHUB_", "GITLAB_", "CI_", "GIT_", "RUNNER_", PREFIX)
    plain = {name: value for name, value in kept.items() if name != "CI" and not name.startswith(foreign)}
    return {**plain, "PATH": os.pathsep.join([str(first_on_path), kept.get("PATH", os.defpath)])}


def find_reader_language(environ: Mapping[str, str] | None = None) -> str:
    """Return the language of whoever sits at the terminal: "zh" where the locale's messages are Chinese, else "en"."""
    environ = os.environ if environ is None else environ
    # POSIX: the first of these that is set decides.
    chosen = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "")
    return "zh" if chosen.lower().startswith("zh") else "en"


def find_overrides(environ: Mapping[str, str]) -> tuple[Override, ...]:
    """Return the settings that MEMECI_<KEY> variables give, in the order of memeci.yml's keys. An empty one gives nothing."""
    names = ((key.name, PREFIX + key.name.upper()) for key in KEYS)
    return tuple(Override(key, environ[name], name) for key, name in names if environ.get(name, "").strip())


def _read_github(environ: Mapping[str, str]) -> dict[str, Any]:
    event = _read_event(environ.get("GITHUB_EVENT_PATH"))
    request = _mapping(event.get("pull_request"))
    head, base = _mapping(request.get("head")), _mapping(request.get("base"))
    queue = _mapping(event.get("merge_group"))
    finished = _mapping(event.get("workflow_run"))
    repository = environ.get("GITHUB_REPOSITORY")
    server = environ.get("GITHUB_SERVER_URL", "https://github.com")
    run_id = environ.get("GITHUB_RUN_ID")
    token = environ.get("MEMECI_TOKEN") or environ.get("GITHUB_TOKEN") or environ.get("GH_TOKEN")
    return {
        # GITHUB_SHA is a merge commit made for this run under pull_request, and the default branch under workflow_run.
        "head_sha": _text(head.get("sha")) or _text(queue.get("head_sha")) or _text(finished.get("head_sha")) or environ.get("GITHUB_SHA"),
        "tag": environ.get("GITHUB_REF_NAME") if environ.get("GITHUB_REF_TYPE") == "tag" else None,
        "request": _number(request.get("number")),
        "repository": repository,
        "server_url": server,
        "api_url": environ.get("GITHUB_API_URL", "https://api.github.com"),
        "run_url": f"{server}/{repository}/actions/runs/{run_id}" if repository and run_id else None,
        "token": token,
        "token_kind": TokenKind.ACCESS if token else None,
        "is_fork": bool(request) and _name_of(head) != _name_of(base),
        "summary_file": _path(environ.get("GITHUB_STEP_SUMMARY")),
        "output_file": _path(environ.get("GITHUB_OUTPUT")),
    }


def _parse_gitlab(environ: Mapping[str, str]) -> dict[str, Any]:
    access = environ.get("MEMECI_TOKEN") or environ.get("GITLAB_TOKEN")
    token = access or environ.get("CI_JOB_TOKEN")
    source, target = environ.get("CI_MERGE_REQUEST_SOURCE_PROJECT_ID"), environ.get("CI_MERGE_REQUEST_PROJECT_ID")
    return {
        # Set in merged-results pipelines only, where CI_COMMIT_SHA is a merge commit nobody pushed.
        "head_sha": environ.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA") or environ.get("CI_COMMIT_SHA"),
        "tag": environ.get("CI_COMMIT_TAG"),
        "request": _number(environ.get("CI_MERGE_REQUEST_IID")),
        "repository": environ.get("CI_MERGE_REQUEST_PROJECT_PATH") or environ.get("CI_PROJECT_PATH"),
        "project_id": target or environ.get("CI_PROJECT_ID"),
        "server_url": environ.get("CI_SERVER_URL"),
        "api_url": environ.get("CI_API_V4_URL"),
        "run_url": environ.get("CI_JOB_URL") or environ.get("CI_PIPELINE_URL"),
        "token": token,
        "token_kind": (TokenKind.ACCESS if access else TokenKind.JOB) if token else None,
        "is_fork": bool(source and target) and source != target,
    }


def _read_event(path: str | None) -> Mapping[str, Any]:
    """Return the webhook payload that started the run; empty where there is none (a local runner)."""
    if path is None or not Path(path).is_file():
        return {}
    try:
        with Path(path).open("rb") as file:
            return _mapping(json.loads(file.read(MAX_EVENT_BYTES)))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(
            f"GITHUB_EVENT_PATH: {path} cannot be read as an event.", f"{error}.", "look at what sets this variable."
        ) from None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _number(value: Any) -> int | None:
    return int(value) if isinstance(value, (int, str)) and str(value).isdecimal() else None


def _path(value: str | None) -> Path | None:
    return Path(value) if value else None


def _name_of(side: Mapping[str, Any]) -> str | None:
    """Return "owner/name" of one side of a pull request; None for the head of a fork that was deleted."""
    return _text(_mapping(side.get("repo")).get("full_name"))
