"""Many jobs at once, and jobs that die: releases without a hole or a duplicate, never a tag without its record."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from memeci.registry.objects import ObjectReader
from memeci.registry.release_record import read_release
from tests.builders.evaluation_dir import build_evaluation, write_evaluation
from tests.builders.repository import RepoBuilder

N_JOBS = 50
N_KILLS = 100

RELEASE = """
import sys
from pathlib import Path
from memeci.registry import Bump, ReleaseRequest, open_registry
print(open_registry(Path(sys.argv[1])).release(ReleaseRequest(Path(sys.argv[2]), bump=Bump.MAJOR, push=True)).version)
"""
ARCHIVE = """
import sys
from pathlib import Path
from memeci.registry import open_registry
print(open_registry(Path(sys.argv[1])).archive(sys.argv[2].encode(), push=True).commit)
"""


@pytest.fixture
def repo(tmp_path: Path) -> RepoBuilder:
    builder = RepoBuilder(tmp_path / "work")
    builder.commit({"predict.py": "print()\n"})
    builder.make_remote(tmp_path / "remote.git")
    write_evaluation(tmp_path / "evaluation", build_evaluation(builder.head))
    return builder


def remote_of(repo: RepoBuilder) -> RepoBuilder:
    return RepoBuilder.at(repo.path.parent / "remote.git")


def start(script: str, *arguments: str) -> subprocess.Popen[bytes]:
    # A group of its own, so that a kill reaches git and the receiving end as well.
    command = [sys.executable, "-c", script, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True, cwd=Path(__file__).parents[2])


def finish(jobs: Sequence[subprocess.Popen[bytes]]) -> list[str]:
    answers = [job.communicate() for job in jobs]
    assert [0] * len(jobs) == [job.returncode for job in jobs], [answer[1].decode()[-500:] for answer in answers if answer[1]]
    return [answer[0].decode().strip() for answer in answers]


def check_every_tag_has_its_record(remote: RepoBuilder) -> int:
    """Read each release as the baseline look-up does, digests and all; return how many there are."""
    refs = remote.refs()
    tags = [name for name in refs if name.startswith("refs/tags/")]
    with ObjectReader(remote.path) as reader:
        for tag in tags:
            version = tag.rpartition("@")[2]
            read_release(reader, refs[f"refs/memeci/releases/sentiment/{version}"], tag, refs[tag], None)
    return len(tags)


@pytest.mark.slow
def test_50_jobs_releasing_at_once__make_50_versions_without_a_hole(repo: RepoBuilder) -> None:
    jobs = [start(RELEASE, str(repo.path), str(repo.path.parent / "evaluation")) for _ in range(N_JOBS)]
    versions = finish(jobs)
    assert [f"{i}.0.0" for i in range(1, N_JOBS + 1)] == sorted(versions, key=lambda version: int(version.split(".")[0]))
    assert check_every_tag_has_its_record(remote_of(repo)) == N_JOBS


@pytest.mark.slow
def test_50_failures_archived_at_once__are_all_there(repo: RepoBuilder) -> None:
    commits = finish([start(ARCHIVE, str(repo.path), f'{{"job": {i}}}') for i in range(N_JOBS)])
    line = remote_of(repo).git("rev-list", "refs/memeci/memes").split()
    assert sorted(commits) == sorted(line)
    records = {remote_of(repo).git("show", f"{commit}:record.json") for commit in line}
    assert {f'{{"job": {i}}}' for i in range(N_JOBS)} == records


@pytest.mark.slow
def test_a_release_killed_at_any_moment__leaves_both_or_nothing(repo: RepoBuilder) -> None:
    arguments = str(repo.path), str(repo.path.parent / "evaluation")
    assert finish([start(RELEASE, *arguments)]) == ["1.0.0"]
    started = time.monotonic()
    assert sorted(finish([start(RELEASE, *arguments), start(RELEASE, *arguments)])) == ["2.0.0", "3.0.0"]
    whole_s = time.monotonic() - started
    rng = random.Random(20261121)
    for _ in range(N_KILLS // 2):
        jobs = [start(RELEASE, *arguments), start(RELEASE, *arguments)]
        for delay_s in sorted(rng.uniform(0.2, 0.5) * whole_s for _ in jobs):
            time.sleep(delay_s)
            os.killpg(jobs[0].pid, signal.SIGKILL)
            jobs.pop(0).communicate()
    for place in (repo, remote_of(repo)):
        check_every_tag_has_its_record(place)
        place.git("fsck", "--connectivity-only")


@pytest.mark.slow
def test_a_lock_that_a_dead_process_left__ends_the_attempts_and_is_named(repo: RepoBuilder) -> None:
    lock = remote_of(repo).path / "refs" / "tags" / "sentiment@v1.0.0.lock"
    lock.write_text("")
    job = start(RELEASE, str(repo.path), str(repo.path.parent / "evaluation"))
    assert b"look for a stale lock file" in job.communicate()[1]
    assert list(remote_of(repo).refs("refs/tags")) == []
