"""Tags and labels are what the builders read."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone

import pytest

from memeci.errors import DataError
from memeci.puns import (
    ImageMetadata,
    build_docker_tag,
    build_image_metadata,
    format_bake,
    format_dotenv,
    format_json,
    format_labels,
    format_tags,
    is_release,
    parse_created,
)
from memeci.puns.image import parse_image, parse_release
from memeci.records import DockerTag

LOVE = "5201314" + "0" * 33
PUN = "wo-ai-ni-yi-sheng-yi-shi.taikula.g520131400000"
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=timezone(timedelta(hours=8)))


def build(**options: object) -> ImageMetadata:
    return build_image_metadata(LOVE, build_docker_tag(LOVE), **options)  # type: ignore[arg-type]


def test_commit_without_release__has_the_pun_and_the_full_hash() -> None:
    assert build().tags == (PUN, f"sha-{LOVE}")


def test_release__adds_its_version_and_latest_to_every_image() -> None:
    tags = format_tags(build(images=["ghcr.io/Me/App", "localhost:5000/app"], release="sentiment@v1.2.0")).splitlines()
    names = [PUN, f"sha-{LOVE}", "1.2.0", "latest"]
    assert tags == [f"{image}:{name}" for image in ("ghcr.io/me/app", "localhost:5000/app") for name in names]


def test_pre_release__is_not_latest() -> None:
    assert build(release="1.2.0-rc.1").tags[2:] == ("1.2.0-rc.1",)


def test_build_of_a_version__is_written_with_a_hyphen_as_docker_has_no_plus() -> None:
    metadata = build(release="v1.2.0+cuda12")
    assert metadata.tags[2:] == ("1.2.0-cuda12", "latest")
    assert dict(metadata.labels)["org.opencontainers.image.version"] == "1.2.0+cuda12"


def test_labels__are_the_open_container_ones_and_the_pun() -> None:
    lines = format_labels(build(release="1.2.0", source="https://github.com/me/app", created=NOON)).splitlines()
    assert lines == [
        f"org.opencontainers.image.revision={LOVE}",
        "org.opencontainers.image.version=1.2.0",
        "org.opencontainers.image.source=https://github.com/me/app",
        "org.opencontainers.image.created=2026-11-21T04:00:00Z",
        "dev.memeci.pun=我爱你一生一世，泰裤辣",
    ]


def test_what_is_not_known__makes_no_label() -> None:
    assert "source" not in format_labels(build())
    assert "created" not in format_labels(build())


def test_bake_file__has_one_target_to_inherit_from() -> None:
    bake = json.loads(format_bake(build(images=["app"])))
    assert bake["target"]["memeci"]["tags"] == [f"app:{PUN}", f"app:sha-{LOVE}"]
    assert bake["target"]["memeci"]["labels"]["dev.memeci.pun"] == "我爱你一生一世，泰裤辣"


def test_dotenv__has_one_line_a_variable_and_spaces_only_between_items() -> None:
    variables = dict(line.split("=", 1) for line in format_dotenv(build(images=["app"], created=NOON)).splitlines())
    assert variables["MEMECI_DOCKER_TAG"] == PUN
    assert variables["MEMECI_DOCKER_TAGS"].split(" ") == [f"app:{PUN}", f"app:sha-{LOVE}"]
    assert all("=" in label for label in variables["MEMECI_DOCKER_LABELS"].split(" "))
    assert all(name.replace("_", "").isalpha() for name in variables)


def test_json__holds_the_reading_and_both_lists() -> None:
    assert json.loads(format_json(build())).keys() == {"commit", "tag", "hanzi", "pinyin", "gloss", "tags", "labels"}


@pytest.mark.parametrize(("text", "version"), [("1.2.0", "1.2.0"), ("v0.0.1", "0.0.1"), ("a/b@v10.20.30", "10.20.30")])
def test_release__is_a_version_with_or_without_its_model(text: str, version: str) -> None:
    assert parse_release(text) == (version, True)


@pytest.mark.parametrize("text", ["", "1.2", "01.2.3", "latest", "1.2.3 4", "1.2.3\nlatest", "v1.2.3-", "1.2.3-é"])
def test_anything_else__is_no_release(text: str) -> None:
    with pytest.raises(DataError, match="is no release"):
        parse_release(text)


def test_only_a_model_tag__makes_a_release_by_itself() -> None:
    assert (is_release("sentiment@v1.2.0"), is_release("v1.2.0"), is_release("sentiment@vnext")) == (True, False, False)


@pytest.mark.parametrize("text", ["", "app:1.0", "a//b", "ghcr.io/me/app@sha256:00", "-app", "a b", "app\nlatest", "x" * 300, "../app"])
def test_what_is_no_image__is_refused_kindly(text: str) -> None:
    with pytest.raises(DataError, match="is no name of an image"):
        parse_image(text)


@pytest.mark.parametrize("source", ["https://x\nevil=1", "https://x y", "https://x\x1b[31m"])
def test_source_that_would_break_a_line_of_labels__is_refused(source: str) -> None:
    with pytest.raises(DataError, match="spaces or control characters"):
        build(source=source)


@pytest.mark.parametrize("tag", [DockerTag("a\nlatest"), DockerTag(""), DockerTag("a" * 129), DockerTag("ok", hanzi="我\nevil=1")])
def test_pun_of_a_hostile_record__is_refused(tag: DockerTag) -> None:
    with pytest.raises(DataError):
        build_image_metadata(LOVE, tag)


@pytest.mark.parametrize("text", ["2026-11-21T04:00:00Z", "2026-11-21T12:00:00+08:00", "1795233600"])
def test_moment__is_an_iso_time_or_seconds(text: str) -> None:
    assert parse_created(text) == NOON


@pytest.mark.parametrize("text", ["", "yesterday", "2026-11-21T04:00:00", "9" * 30])
def test_moment_without_a_time_zone_or_sense__is_refused(text: str) -> None:
    with pytest.raises(DataError, match="is no moment"):
        parse_created(text)
