"""The schema of record.json is the one the structs give, and a record of ours fits it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from memeci.records import encode_record
from memeci.report.record_schema import format_record_schema
from tests.builders.evaluations import failing, first_run, many_classes, regression

FILE = Path(__file__).parents[3] / "schema" / "record.schema.json"


def test_schema_file__is_up_to_date() -> None:
    command = "python -m memeci.report.record_schema > schema/record.schema.json"
    assert FILE.read_text(encoding="utf-8") == format_record_schema(), f"run: {command}"


@pytest.mark.parametrize("record", [failing(), first_run(), many_classes(), regression()])
def test_a_record_fits_the_schema_by_another_validator(record: object) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.validate(json.loads(encode_record(record)), json.loads(FILE.read_text(encoding="utf-8")))  # type: ignore[arg-type]
