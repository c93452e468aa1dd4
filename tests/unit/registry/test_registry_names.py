"""Versions, tags and names against the worked examples of semver.org and what git itself accepts."""

from __future__ import annotations

import itertools

import pytest

from memeci.errors import ConfigError
from memeci.registry.names import Part, TagStyle, Version, check_model, check_namespace, parse_model_tag, parse_version


def test_precedence__is_the_order_given_in_section_11_of_semver() -> None:
    order = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0"]
    order += ["1.0.1", "1.2.0", "1.10.0", "2.0.0"]
    versions = [parse_version(text) for text in order]
    assert all(a < b for a, b in itertools.pairwise(versions))  # type: ignore[operator]


@pytest.mark.parametrize("text", ["1.2.0", "v1.2.0", "1.2.0-rc.1", "1.2.0+build.5", "1.2.0-rc.1+build", "1.0.0--", "1.0.0-0a"])
def test_a_version__reads_and_writes_back(text: str) -> None:
    assert text.removeprefix("v") == str(parse_version(text))


@pytest.mark.parametrize(
    "text", ["", "1", "1.2", "01.2.3", "1.2.3.4", "1.2.3-", "1.2.3-01", "1.2.3 ", "１.2.3", "1.2.3\n", "9" * 10 + ".0.0"]
)
def test_what_is_no_version__is_none(text: str) -> None:
    assert parse_version(text) is None


@pytest.mark.parametrize(
    ("before", "part", "after"),
    [
        ("1.2.3", Part.PATCH, "1.2.4"),
        ("1.2.3", Part.MINOR, "1.3.0"),
        ("1.2.3", Part.MAJOR, "2.0.0"),
        ("1.2.3-rc.1", Part.PATCH, "1.2.3"),
        ("1.3.0-rc.1", Part.MINOR, "1.3.0"),
        ("2.0.0-rc.1", Part.MAJOR, "2.0.0"),
        ("1.2.3-rc.1", Part.MINOR, "1.3.0"),
        ("1.2.3-rc.1", Part.MAJOR, "2.0.0"),
    ],
)
def test_raising__follows_semver_and_finishes_a_prerelease(before: str, part: Part, after: str) -> None:
    version = parse_version(before)
    assert version is not None
    assert after == str(version.raised(part))


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("sentiment@v1.2.0", (TagStyle.RELEASE, Version(1, 2, 0))),
        ("sentiment-v1.2.0", (TagStyle.DASH, Version(1, 2, 0))),
        ("sentiment/v1.2.0", (TagStyle.SLASH, Version(1, 2, 0))),
        ("v1.2.0", (TagStyle.PLAIN, Version(1, 2, 0))),
        ("1.2.0", (TagStyle.BARE, Version(1, 2, 0))),
        ("sentiment-zh@v1.2.0", None),
        ("sentiment@1.2.0", None),
        ("vv1.2.0", None),
        ("sentiment@vv1.2.0", None),
        ("sentiment#prod#1", None),
        ("--upload-pack=x", None),
        ("nightly", None),
    ],
)
def test_tags_of_others__are_passed_over(tag: str, expected: object) -> None:
    assert expected == parse_model_tag(tag, "sentiment")


@pytest.mark.parametrize("name", ["sentiment", "情感", "team/sentiment", "a_b-c.d", "BERT.v2"])
def test_a_plain_name__is_a_model(name: str) -> None:
    assert name == check_model(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "-x",
        "a b",
        "a..b",
        "a~b",
        "a@b",
        "a#b",
        "a{b",
        "a.lock",
        "a/",
        "/a",
        ".a",
        "a/.b",
        "a\x1b[1m",
        "a\u202eb",
        "a\u200bb",
        "a\x9bm",
        "x" * 201,
    ],
)
def test_a_name_that_git_or_a_tag_cannot_hold__is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be the name of a model"):
        check_model(name)


@pytest.mark.parametrize("name", ["refs/memeci", "refs/heads/memeci", "refs/memeci/"])
def test_a_namespace__is_a_full_ref_name(name: str) -> None:
    assert name.rstrip("/") == check_namespace(name)


@pytest.mark.parametrize("name", ["memeci", "refs/heads", "refs/tags/x", "refs/", "--upload-pack=x", "refs/a b"])
def test_what_is_no_namespace__is_refused(name: str) -> None:
    with pytest.raises(ConfigError):
        check_namespace(name)
