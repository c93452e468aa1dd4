"""A million random commits: is every tag valid and its own, does it decode, how much of a hash is idiom, how fast is it?

    python benchmarks/docker_tags.py [--n 1000000] [--seed 1]

Leaves with 1 if a promise of docs/docker-tags.md does not hold. One process, one core; about a minute and 400 MB for a million.
"""

from __future__ import annotations

import argparse
import collections
import random
import re
import sys
import time

from memeci.puns import Explanation, build_docker_tag, decode_tag, explain_commit

DOCKER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\Z")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    commits = [f"{rng.getrandbits(160):040x}" for _ in range(options.n)]
    assert len(set(commits)) == options.n
    build_docker_tag(commits[0])

    started = time.process_time()
    tags = [build_docker_tag(commit).tag for commit in commits]
    elapsed_s = time.process_time() - started
    promises = {
        "every tag is valid": all(DOCKER.match(tag) for tag in tags),
        "no two commits share a tag": len(set(tags)) == options.n,
        "every tag decodes": all(commit.startswith(decode_tag(tag).prefix) for commit, tag in zip(commits, tags, strict=True)),
        "20,000 tags a second": options.n / elapsed_s >= 20_000,
    }
    print(
        f"{options.n:,} commits, seed {options.seed}: {options.n / elapsed_s:,.0f} tags a second of CPU time; longest {max(map(len, tags))}"
    )
    print_collisions(commits, tags)
    promises["99 % have an idiom of three digits or more"] = print_readings(commits) >= 0.99
    for promise, held in promises.items():
        print(f"{'held  ' if held else 'BROKEN'}  {promise}")
    return 0 if all(promises.values()) else 1


def print_collisions(commits: list[str], tags: list[str]) -> None:
    """Print how many tags would collide with a shorter prefix."""
    words = [tag.rpartition(".g")[0] for tag in tags]
    for digits in (7, 8, 10, 12):
        bare = _count_shared(commit[:digits] for commit in commits)
        whole = _count_shared((word, commit[:digits]) for word, commit in zip(words, commits, strict=True))
        print(f"{digits:2} digits: {bare:,} commits share their prefix with another, {whole:,} their whole tag")


def _count_shared(keys: object) -> int:
    return sum(count for count in collections.Counter(keys).values() if count > 1)  # type: ignore[call-overload]


def print_readings(commits: list[str]) -> float:
    """Print how much of the hashes is idiom, and the readings with most points. Return the share with an idiom of three digits."""
    with_idiom = inside = 0
    longest: collections.Counter[int] = collections.Counter()
    seen: collections.Counter[str] = collections.Counter()
    best: list[tuple[int, Explanation]] = []
    for commit in commits:
        explanation = explain_commit(commit)
        idioms = [s for s in explanation.segments if s.points]
        length = max((s.end - s.start for s in idioms), default=0)
        longest[length] += 1
        with_idiom += length >= 3
        inside += sum(s.end - s.start for s in idioms)
        seen.update(s.entry.hanzi for s in explanation.pun)
        points = sum(s.points for s in explanation.pun)
        if len(best) < 40 or points > best[-1][0]:
            best = sorted([*best, (points, explanation)], key=lambda item: -item[0])[:40]
    n = len(commits)
    print(f"idiom of three digits or more: {with_idiom / n:.3%}; characters inside idioms: {inside / n / len(commits[0]):.1%}")
    print("longest idiom: " + ", ".join(f"{length} digits {count / n:.2%}" for length, count in sorted(longest.items())))
    print(f"{len(seen):,} different idioms in the puns; most frequent: " + ", ".join(f"{h} {c / n:.1%}" for h, c in seen.most_common(8)))
    for _, explanation in best[:40]:
        tag = explanation.docker_tag
        print(f"  {tag.tag}  {tag.hanzi}  {tag.gloss}")
    return with_idiom / n


if __name__ == "__main__":
    sys.exit(main())
