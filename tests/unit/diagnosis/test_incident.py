"""A crashed command: what its log's end says, and nothing that would steer a terminal."""

from __future__ import annotations

import pytest

from memeci.diagnosis import describe, diagnose_crash
from memeci.diagnosis.incident import find_log_tail


def test_crash__names_command_status_and_last_line() -> None:
    (finding,) = diagnose_crash("python train.py", 1, "a\nRuntimeError: boom\n\n")
    assert finding.kind == "crash"
    assert describe(finding).en == "`python train.py` crashed (exit status 1): RuntimeError: boom"


@pytest.mark.parametrize(("status", "log"), [(137, ""), (1, "torch.cuda.OutOfMemoryError: CUDA out of memory."), (1, "MemoryError")])
def test_out_of_memory__is_named(status: int, log: str) -> None:
    assert "out of memory" in str(diagnose_crash("x", status, log)[0].numbers["hint_en"])


@pytest.mark.parametrize(
    "line",
    [
        'ERROR: failed to solve: process "/bin/sh -c pip install" did not complete successfully: exit code: 1',
        "The command '/bin/sh -c make' returned a non-zero code: 2",
        "error building image: error building stage: failed to execute command",
    ],
)
def test_image_build__told_by_the_words_of_the_builder(line: str) -> None:
    assert diagnose_crash("docker build .", 1, line)[0].kind == "image_build_failed"


def test_empty_log__is_no_error() -> None:
    assert "–" in describe(diagnose_crash("x", 3)[0]).zh


def test_log_tail__no_escape_codes_no_progress_bars_no_endless_lines() -> None:
    log = "\x1b[31mred\x1b[0m\n 10%\r 20%\r100% done\n\x07bell\n" + "x" * 10_000
    assert find_log_tail(log) == ("red", "100% done", " bell", "x" * 159 + "…")
