"""What travels for a baseline: memeci in a depth-1 clone without tags, beside the same clone unshallowed with its tags.

A repository with 2,000 commits and 500 tags, the newest of them a release with 100,000 predictions, served over http on
loopback by `git http-backend`. Bytes are those the server sent.

    python benchmarks/baseline_fetch.py [--commits 2000] [--tags 500] [--predictions 100000]
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parent.parent))

from memeci.records import Dataset
from memeci.registry import ReleaseRequest, open_registry
from tests.builders.evaluation_dir import build_evaluation, write_evaluation
from tests.builders.git_http_server import GitHttpServer
from tests.builders.repository import RepoBuilder

IDENTITY = {"NAME": "memeci", "EMAIL": "memeci@localhost"}


@dataclass
class Sent:
    """Bytes the server sent, seconds on the clock, CPU seconds of this side and its git processes (and the server's)."""

    size: int
    wall_s: float
    cpu_s: float


def build_history(repo: RepoBuilder, n_commits: int, n_tags: int) -> None:
    """Commits that each rewrite a stretch of one of 60 source files of 300 lines; an annotated tag every few commits."""
    rng = random.Random(0)
    words = [f"{rng.choice(['load', 'fit', 'score', 'clean', 'split', 'embed'])}_{rng.randrange(16**6):06x}" for _ in range(20_000)]
    files = {f"src/module_{i}.py": [" ".join(rng.choices(words, k=6)) for _ in range(300)] for i in range(60)}
    every = max(1, n_commits // n_tags)
    stream = []
    for i in range(n_commits):
        changed = list(files) if i == 0 else [rng.choice(list(files))]
        for name in changed:
            start = rng.randrange(280)
            files[name][start : start + 12] = [" ".join(rng.choices(words, k=6)) for _ in range(12)]
        stream.append(f"commit refs/heads/main\nmark :{i + 1}\ncommitter a <a@b> {1_700_000_000 + i * 3600} +0000\ndata 8\ncommit {i % 10}")
        for name in changed:
            content = "\n".join(files[name]) + "\n"
            stream.append(f"M 100644 inline {name}\ndata {len(content)}\n{content}")
        if i % every == 0 and i // every < n_tags - 1:
            tag = f"v0.{i // every}.0"
            stream.append(f"tag {tag}\nfrom :{i + 1}\ntagger a <a@b> {1_700_000_000 + i * 3600} +0000\ndata {len(tag)}\n{tag}")
    repo.git("fast-import", "--quiet", stdin="\n".join(stream).encode())
    repo.git("reset", "--quiet", "--hard", "main")


def build_predictions(n: int) -> bytes:
    rng = random.Random(1)
    scores = [rng.random() for _ in range(n)]
    table = pa.table(
        {
            "id": [f"review-{i:07d}" for i in range(n)],
            "label": [str(int(rng.random() < 0.4)) for _ in range(n)],
            "prediction": [str(int(score > 0.5)) for score in scores],
            "score": scores,
        }
    )
    buffer = pa.BufferOutputStream()
    pq.write_table(table, buffer, compression="zstd")
    return bytes(buffer.getvalue())


def measure(server: GitHttpServer, action: Callable[[], object]) -> Sent:
    sent, began, cpu = server.sent_bytes, time.perf_counter(), _cpu_s()
    action()
    return Sent(server.sent_bytes - sent, time.perf_counter() - began, _cpu_s() - cpu)


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def find_baseline(clone: Path) -> None:
    registry = open_registry(clone)
    assert registry is not None
    with tempfile.TemporaryDirectory() as into:
        found = registry.find_baseline("sentiment", "latest", predictions_path=None, into=Path(into))
        assert found is not None
        assert found.predictions is not None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("commits", 2000), ("tags", 500), ("predictions", 100_000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    os.environ.update({f"GIT_{who}_{key}": value for who in ("AUTHOR", "COMMITTER") for key, value in IDENTITY.items()})
    with tempfile.TemporaryDirectory(prefix="memeci-bench-") as folder:
        run(Path(folder), options)


def run(folder: Path, options: argparse.Namespace) -> None:
    repo = RepoBuilder(folder / "work")
    build_history(repo, options.commits, options.tags)
    remote = repo.make_remote(folder / "remote.git")
    repo.git("push", "--quiet", "origin", "--tags")
    predictions = build_predictions(options.predictions)
    evaluation = build_evaluation(repo.head, dataset=Dataset(options.predictions, "sha256:0", ("0", "1")))
    registry = open_registry(repo.path)
    assert registry is not None
    registry.release(ReleaseRequest(write_evaluation(folder / "evaluation", evaluation, predictions), push=True))
    remote.git("gc", "--quiet")
    with GitHttpServer(folder) as server:
        url = f"{server.url}/remote.git"
        for name in ("ours", "theirs"):
            subprocess.run(["git", "clone", "--quiet", "--depth=1", "--no-tags", url, str(folder / name)], check=True)
        theirs = RepoBuilder.at(folder / "theirs")
        ours = measure(server, lambda: find_baseline(folder / "ours"))
        unshallow = measure(server, lambda: theirs.git("fetch", "--quiet", "--unshallow", "--tags", "origin"))
    say(options, len(predictions), ours, unshallow)


def say(options: argparse.Namespace, payload: int, ours: Sent, unshallow: Sent) -> None:
    print(f"{options.commits:,} commits, {options.tags:,} tags, {options.predictions:,} predictions ({payload:,} bytes of parquet)\n")
    for name, sent in (("memeci: list tags, fetch one record", ours), ("git fetch --unshallow --tags", unshallow)):
        print(f"{name:40s} {sent.size:12,} bytes   {sent.wall_s:6.2f} s   cpu {sent.cpu_s:5.2f} s")
    print(f"\nbeside the predictions themselves memeci fetched {ours.size - payload:,} bytes; unshallowing brings none of them")
    print(f"ratio of all bytes                       {unshallow.size / ours.size:.2f}")
    print(f"ratio of bytes beside the predictions    {unshallow.size / max(1, ours.size - payload):.1f}")


if __name__ == "__main__":
    main()
