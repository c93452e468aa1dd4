"""`memeci docker-tag`, the whole command, on real git repositories."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from memeci.cli.group import main
from tests.builders.repository import RepoBuilder

LOVE = "5201314" + "0" * 33
LOVE_TAG = "wo-ai-ni-yi-sheng-yi-shi.taikula.g520131400000"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RepoBuilder:
    builder = RepoBuilder(tmp_path / "repository")
    builder.commit({"model.txt": "weights"}, "first")
    monkeypatch.chdir(builder.path)
    return builder


def run(*arguments: str, stdin: bytes | str | None = None) -> Result:
    return CliRunner().invoke(main, ["docker-tag", *arguments], input=stdin)


def test_no_argument__reads_head(repository: RepoBuilder) -> None:
    result = run()
    assert result.exit_code == 0
    assert re.fullmatch(rf"[a-z0-9-]+\.[a-z0-9]+\.g{repository.head[:12]}\n", result.stdout)


def test_reading__goes_to_standard_error_so_that_the_tag_can_be_captured() -> None:
    result = run(LOVE)
    assert result.stdout == LOVE_TAG + "\n"
    assert result.stderr == "我爱你一生一世，泰裤辣  wǒ ài nǐ yī shēng yī shì, tài kù là  “I love you for a whole lifetime · so cool”\n"


def test_full_hash__needs_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(LOVE).exit_code == 0


@pytest.mark.parametrize("name", ["main", "model@v1.0.0", "HEAD~1", "HEAD^{commit}"])
def test_any_name_git_knows__is_a_commit(repository: RepoBuilder, name: str) -> None:
    repository.commit()
    repository.tag("model@v1.0.0")
    assert run(name).stdout == run(repository.git("rev-parse", f"{name}^{{commit}}")).stdout


@pytest.mark.parametrize("name", ["nonsense", "--upload-pack=touch x", "HEAD:model.txt", "a\nb", "@{u}", "", "x" * 400])
def test_what_names_no_commit__is_said_kindly(repository: RepoBuilder, name: str) -> None:
    result = run("--", name) if name else run("HEAD^{tree}")
    assert result.exit_code == 2
    assert "there is no commit" in result.stderr
    assert not list(repository.path.glob("x*"))


def test_repository_without_a_commit__is_said_kindly(tmp_path: Path) -> None:
    empty = RepoBuilder(tmp_path / "empty")
    result = run("--repository", str(empty.path))
    assert (result.exit_code, "and a new repository none" in result.stderr) == (2, True)


def test_no_repository__is_said_kindly(tmp_path: Path) -> None:
    result = run("--repository", str(tmp_path))
    assert (result.exit_code, "there is no git repository at" in result.stderr) == (2, True)


def test_pull_request_on_github__is_the_commit_its_author_pushed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7, "head": {"sha": LOVE}, "base": {"sha": "1" * 40}}}))
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(event))
    monkeypatch.setenv("GITHUB_SHA", "9" * 40)
    monkeypatch.setenv("GITHUB_REPOSITORY", "me/app")
    assert run().stdout == LOVE_TAG + "\n"
    assert "org.opencontainers.image.source=https://github.com/me/app\n" in run("--format", "labels").stdout


def test_pipeline_of_a_model_tag_on_gitlab__is_a_release(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"GITLAB_CI": "true", "CI_COMMIT_SHA": LOVE, "CI_COMMIT_TAG": "sentiment@v1.2.0"}.items():
        monkeypatch.setenv(name, value)
    lines = run("--format", "tags", "--image", "registry.example.com/App").stdout.splitlines()
    assert lines == [f"registry.example.com/app:{tag}" for tag in (LOVE_TAG, f"sha-{LOVE}", "1.2.0", "latest")]


@pytest.mark.parametrize("name", ["tags", "labels", "dotenv"])
def test_format_of_lines__has_neither_empty_lines_nor_words_for_people(name: str) -> None:
    result = run(LOVE, "--format", name, "--release", "1.2.0")
    assert (result.stderr, "" in result.stdout.splitlines()) == ("", False)


@pytest.mark.parametrize("name", ["bake", "json"])
def test_format_json__is_json(name: str) -> None:
    assert LOVE_TAG in str(json.loads(run(LOVE, "--format", name).stdout))


def test_created__may_come_from_the_reproducible_builds_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert "image.created=1970-01-01T00:00:00Z" in run(LOVE, "--format", "labels").stdout


@pytest.mark.parametrize("options", [[], ["--format", "json"]])
@pytest.mark.parametrize(
    "wrong",
    [["--created", "0001-01-01T00:00:00+23:59"], ["--image", "x y"], ["--release", "nonsense"], ["--source", "a b"]],
    ids=lambda w: w[0],
)
def test_what_no_image_can_be_given__is_refused_whether_shown_or_not(wrong: list[str], options: list[str]) -> None:
    result = run(LOVE, *wrong, *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Traceback" not in result.stderr


def test_hyphen_with_standard_input_closed__is_a_usage_error() -> None:
    command = ["sh", "-c", f"exec {sys.executable} -m memeci docker-tag - <&-"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, "standard input, which is closed" in done.stderr) == (2, True), done.stderr


def test_hyphen__gives_one_tag_a_line_for_the_hashes_on_standard_input() -> None:
    assert run("-", stdin=f"{LOVE}\n\n{LOVE.upper()}\n").stdout == f"{LOVE_TAG}\n{LOVE_TAG}\n"


@pytest.mark.parametrize("line", [b"5201314", b"\xff\xfe\x00", LOVE.encode() + b" main"])
def test_bad_line__is_named_by_its_number(line: bytes) -> None:
    result = run("-", stdin=LOVE.encode() + b"\n" + line + b"\n")
    assert (result.exit_code, "line 2:" in result.stderr) == (2, True)


def test_decode__gives_the_commit_and_explains_it(repository: RepoBuilder) -> None:
    tag = run().stdout.strip()
    result = run("--decode", f"ghcr.io/me/app:{tag}")
    assert result.stdout == repository.head + "\n"
    assert tag in result.stderr
    assert "→ " in result.stderr


@pytest.mark.parametrize("options", [["--style", "leet"], ["--theme", "kitchen"], ["--manners", "frank"]])
def test_decode__recognises_the_words_however_they_were_made(repository: RepoBuilder, options: list[str]) -> None:
    tag = run(*options).stdout.strip()
    result = run("--decode", tag)
    assert (result.stdout, tag in result.stderr, "note:" in result.stderr) == (repository.head + "\n", True, False)


def test_decode_of_made_up_words__says_so(repository: RepoBuilder) -> None:
    result = run("--decode", f"made-up.words.g{repository.head[:12]}")
    assert (result.exit_code, "note: the digits are this commit's" in result.stderr) == (0, True)


def test_decode_of_the_full_hash_tag__works_too(repository: RepoBuilder) -> None:
    assert run("--decode", f"sha-{repository.head}").stdout == repository.head + "\n"


def test_decode_of_a_commit_that_is_not_here__is_said_kindly(repository: RepoBuilder) -> None:
    result = run("--decode", LOVE_TAG)
    assert (result.exit_code, "begins with 520131400000" in result.stderr) == (2, True)


def test_decode_of_a_blob__is_no_commit(repository: RepoBuilder) -> None:
    blob = repository.git("rev-parse", "HEAD:model.txt")
    assert run("--decode", f"a.b.g{blob[:12]}").exit_code == 2


def test_decode_of_an_ambiguous_prefix__names_the_commits(repository: RepoBuilder) -> None:
    # Two commits that share seven digits: made by trying, the way a miner does, on commit objects alone.
    tree = repository.git("rev-parse", "HEAD^{tree}")
    first, second = _find_pair(tree)
    for data in (first, second):
        repository.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=data)
    result = run("--decode", f"a.b.g{_object_id(first)[:7]}")
    assert (result.exit_code, "2 commits begin with" in result.stderr) == (2, True)


def _find_pair(tree: str) -> tuple[bytes, bytes]:
    seen: dict[str, bytes] = {}
    for number in range(200_000):
        data = f"tree {tree}\nauthor a <a@example.invalid> {number} +0000\ncommitter a <a@example.invalid> 0 +0000\n\nx\n".encode()
        previous = seen.setdefault(_object_id(data)[:7], data)
        if previous is not data:
            return previous, data
    raise AssertionError("no two of 200,000 hashes share 28 bits")


def _object_id(data: bytes) -> str:
    import hashlib

    return hashlib.sha1(b"commit %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def test_sha256_repository__has_its_own_puns(tmp_path: Path) -> None:
    builder = RepoBuilder(tmp_path / "long", object_format="sha256")
    builder.commit()
    tag = run("--repository", str(builder.path)).stdout.strip()
    assert run("--repository", str(builder.path), "--decode", tag).stdout == builder.head + "\n"


def test_memeci_yml__gives_theme_and_exclusions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "memeci.yml").write_text("theme: kitchen\npuns:\n  exclude: [我爱你]\n", encoding="utf-8")
    tag = run(LOVE).stdout
    assert "wo-ai-ni" not in tag
    assert tag != run(LOVE, "--theme", "memeops").stdout


def test_tag__is_the_same_in_another_folder_and_locale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(os.environ, "PYTHONHASHSEED", "12345")
    monkeypatch.setenv("LC_ALL", "C")
    assert run(LOVE).stdout == LOVE_TAG + "\n"


def test_help__says_what_it_does() -> None:
    assert "Read a commit hash aloud in Chinese" in run("--help").stdout
