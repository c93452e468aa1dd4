"""A run that ended before there was anything to evaluate → findings: what crashed, told from its exit status and the end of its log
(never the whole log), or what kept memeci from evaluating."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from memeci.diagnosis.rule import Rule, Symptom, apply_rules
from memeci.records import Finding, Priority, Text

MAX_LINES = 6
MAX_CHARACTERS = 160
SIGNAL_BASE = 128
NOT_EVALUATED = "not_evaluated"

# What `docker build`, BuildKit, buildah and kaniko say when a step of the Dockerfile fails.
_BUILD_FAILED = re.compile(
    r"failed to solve|returned a non-zero code|executor failed running|did not complete successfully: exit code"
    r"|error building image|building at STEP|error: build error",
    re.IGNORECASE,
)
_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
_OUT_OF_MEMORY = re.compile(r"out of memory|MemoryError|OOMKilled|Cannot allocate memory", re.IGNORECASE)


class Crash(msgspec.Struct, frozen=True):
    """``exit_status`` as the shell gives it: 128 + n after signal n. ``log`` is the end of what the command wrote."""

    command: str
    exit_status: int
    log: str = ""


def find_build_failure(crash: Crash) -> Iterator[Symptom]:
    if _BUILD_FAILED.search(crash.log):
        yield _symptom(crash)


def find_crash(crash: Crash) -> Iterator[Symptom]:
    if not _BUILD_FAILED.search(crash.log):
        yield _symptom(crash)


INCIDENT_RULES: tuple[Rule[Crash], ...] = (
    Rule(
        "image_build_failed",
        Priority.P0,
        Text(en="The image build failed (exit status {status}): {last}", zh="镜像构建失败（退出码 {status}）：{last}"),
        "The words with which docker, BuildKit, buildah and kaniko report a failed step, in the end of the log.",
        "One such line.",
        find_build_failure,
    ),
    Rule(
        "crash",
        Priority.P0,
        Text(en="`{command}` crashed (exit status {status}{hint_en}): {last}", zh="`{command}` 崩了（退出码 {status}{hint_zh}）：{last}"),
        "The exit status of the user's command; 137 and the words of an out-of-memory error are named.",
        "Any status but 0.",
        find_crash,
    ),
)


FAILURE_RULES: tuple[Rule[str], ...] = (
    Rule(
        NOT_EVALUATED,
        Priority.P0,
        Text(en="Nothing was evaluated: {last}", zh="没能评估：{last}"),
        "The error with which an evaluation in CI ended.",
        "Any error but that of the user's command.",
        lambda what: [Symptom({"command": "memeci ci", "last": _clean(what)})],
    ),
)


def diagnose_failure(what: str) -> tuple[Finding, ...]:
    """Return the finding of an evaluation that ended with an error: predictions that cannot be read, a release that is damaged."""
    return apply_rules(FAILURE_RULES, what)


def diagnose_crash(command: str, exit_status: int, log: str = "") -> tuple[Finding, ...]:
    """Return the finding of a failed command: an image build that failed, or a crash."""
    return apply_rules(INCIDENT_RULES, Crash(command, exit_status, log))


def find_log_tail(log: str, max_lines: int = MAX_LINES) -> tuple[str, ...]:
    """Return the last non-empty lines, without control characters and cut to a line's length."""
    lines = [_clean(line) for line in log[-50_000:].split("\n")]
    return tuple([line for line in lines if line.strip()][-max_lines:])


def _symptom(crash: Crash) -> Symptom:
    tail = find_log_tail(crash.log)
    memory = crash.exit_status == SIGNAL_BASE + 9 or _OUT_OF_MEMORY.search(crash.log) is not None
    return Symptom(
        {
            "command": _clean(crash.command),
            "status": crash.exit_status,
            "last": tail[-1] if tail else "–",
            "hint_en": ", probably out of memory" if memory else "",
            "hint_zh": "，多半是内存不够" if memory else "",
        }
    )


def _clean(line: str) -> str:
    text = "".join(c if c.isprintable() else " " for c in _ANSI.sub("", line.rstrip("\r").rsplit("\r", 1)[-1]))
    return text if len(text) <= MAX_CHARACTERS else text[: MAX_CHARACTERS - 1] + "…"
