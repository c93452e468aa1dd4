"""The schema that editors use is the one the code generates, and it knows every key."""

from __future__ import annotations

from pathlib import Path

from memeci.config.json_schema import build_config_schema, format_config_schema
from memeci.config.keys import KEYS

FILE = Path(__file__).parents[3] / "schema" / "memeci.schema.json"


def test_schema_file__is_up_to_date() -> None:
    command = "python -m memeci.config.json_schema > schema/memeci.schema.json"
    assert FILE.read_text(encoding="utf-8") == format_config_schema(), f"run: {command}"


def test_every_key__has_a_description_and_unknown_ones_are_refused() -> None:
    schema = build_config_schema()
    assert set(schema["properties"]) == {key.name for key in KEYS} | {"models"}
    assert all(entry["description"].endswith(".") for entry in schema["properties"].values())
    assert schema["additionalProperties"] is False
