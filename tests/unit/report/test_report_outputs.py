"""The outputs of a workflow step: always the same names, and nothing a Docker command would choke on."""

from __future__ import annotations

import json

import msgspec
import pytest

from memeci.records import Candidate, DockerTag
from memeci.report import build_outputs
from tests.builders.evaluations import CANDIDATE_COMMIT, failing, first_run


def test_docker_tags__the_pun_and_the_commit_with_the_image_before_them() -> None:
    outputs = build_outputs(failing(), image="ghcr.io/o/r", source_url="https://github.com/o/r")

    assert outputs["docker-tag"] == "si-yi-chi-jiu-4f1c9e7"
    assert outputs["docker-tags"].split("\n") == ["ghcr.io/o/r:si-yi-chi-jiu-4f1c9e7", f"ghcr.io/o/r:sha-{CANDIDATE_COMMIT}"]
    labels = outputs["docker-labels"].split("\n")
    assert f"org.opencontainers.image.revision={CANDIDATE_COMMIT}" in labels
    assert any(label.startswith("dev.memeci.pun=") for label in labels)


def test_a_release__adds_its_version_and_latest() -> None:
    tags = build_outputs(failing(), release_tag="sentiment@v1.4.0")["docker-tags"].split("\n")
    assert tags[-2:] == ["1.4.0", "latest"]


def test_deltas__are_json_by_metric_and_slice() -> None:
    deltas = json.loads(build_outputs(failing())["deltas"])

    assert round(deltas["macro_f1"], 6) == -0.0792
    assert round(deltas["accuracy@platform=ios"], 6) == -0.121
    assert deltas["macro_f1@platform=watch"] is None


@pytest.mark.parametrize("time", ["0000-00-00T00:00:00Z", "2026-13-45T99:99:99Z", "٢٠٢٦-٠١-٠١T٠٠:٠٠:٠٠Z", "2026-01-01T00:00:00Z\n", ""])
def test_a_time_that_never_was__is_left_out(time: str) -> None:
    provenance = msgspec.structs.replace(failing().provenance, created_at=time)
    labels = build_outputs(msgspec.structs.replace(failing(), provenance=provenance))["docker-labels"]

    assert "org.opencontainers.image.created" in build_outputs(failing())["docker-labels"]
    assert "org.opencontainers.image.created" not in labels
    assert "org.opencontainers.image.revision" in labels


def test_hostile_tag_and_commit__are_left_out() -> None:
    record = msgspec.structs.replace(failing(), docker_tag=DockerTag("a b\n--push"), candidate=Candidate("x", "$(id)"))
    outputs = build_outputs(record, image="$(id)")

    assert (outputs["docker-tag"], outputs["docker-tags"], outputs["docker-labels"]) == ("", "", "")


def test_names_do_not_depend_on_the_run() -> None:
    assert build_outputs(failing()).keys() == build_outputs(first_run()).keys()
