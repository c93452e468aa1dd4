"""The JSON Schema of memeci.yml, for editors. ``python -m memeci.config.json_schema > schema/memeci.schema.json`` writes it."""

from __future__ import annotations

import json
import sys

from memeci.config.keys import KEYS
from memeci.config.kinds import Fields, JsonSchema


def build_config_schema() -> JsonSchema:
    """Return the schema: the keys of one model, and ``models:`` as a mapping or a list of the same."""
    model = Fields(KEYS, dict).build_schema()
    reference: JsonSchema = {"$ref": "#/$defs/model"}
    models = {
        "description": "Several models of one repository; keys beside this one hold for all of them.",
        "anyOf": [
            {"type": "object", "additionalProperties": {"anyOf": [reference, {"type": "null"}]}},
            {"type": "array", "items": {**reference, "required": ["model"]}},
        ],
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "memeci.yml",
        **model,
        "properties": {**model["properties"], "models": models},
        "patternProperties": {"^x-": {"description": "A place for YAML anchors; not read."}},
        "$defs": {"model": {**model, "patternProperties": {"^<<$": {}}}},
    }


def format_config_schema() -> str:
    """Return the schema as the text of its file."""
    return json.dumps(build_config_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(format_config_schema())
