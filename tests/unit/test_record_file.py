"""Records of other schema versions, and of no schema at all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from memeci.errors import DataError
from memeci.record_file import RECORD_LIMIT, load_evaluation
from memeci.records import SCHEMA_VERSION, Incident, Provenance, encode_record
from tests.builders.evaluation_dir import build_evaluation

EVALUATION = build_evaluation("a" * 40)


def test_a_record_of_today__is_read() -> None:
    assert load_evaluation(encode_record(EVALUATION), "it") == EVALUATION


def test_an_older_record__is_upgraded_step_by_step() -> None:
    content = json.loads(encode_record(EVALUATION)) | {"schema_version": SCHEMA_VERSION - 1}
    content["title"] = content.pop("model")

    def upgrade(record: dict[str, Any]) -> dict[str, Any]:
        return {("model" if key == "title" else key): value for key, value in record.items()}

    assert load_evaluation(json.dumps(content).encode(), "it", {SCHEMA_VERSION - 1: upgrade}) == EVALUATION


def test_an_older_record_without_a_way_up__is_refused() -> None:
    content = json.loads(encode_record(EVALUATION)) | {"schema_version": -7}
    with pytest.raises(DataError, match="cannot be used"):
        load_evaluation(json.dumps(content).encode(), "it")


def test_a_newer_record__is_refused_with_the_advice_to_upgrade_whatever_else_it_holds() -> None:
    with pytest.raises(DataError, match="the record of x was written by a newer memeci") as caught:
        load_evaluation(b'{"kind": "hologram", "schema_version": 99, "new": []}', "the record of x")
    assert "pip install --upgrade memeci" in caught.value.next_step


def test_a_failed_run__is_no_baseline() -> None:
    incident = Incident("m", (), Provenance("0", "2026-01-01T00:00:00Z", "duckdb"))
    with pytest.raises(DataError) as caught:
        load_evaluation(encode_record(incident), "it")
    assert "a failed run" in caught.value.why


def test_a_record_beyond_all_size__is_not_even_looked_at() -> None:
    with pytest.raises(DataError, match="cannot be used"):
        load_evaluation(b" " * (RECORD_LIMIT + 1), "it")
