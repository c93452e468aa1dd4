"""The JSON Schema of record.json. ``python -m memeci.report.record_schema > schema/record.schema.json`` writes it."""

from __future__ import annotations

import json
import sys

from memeci.records import SCHEMA_VERSION, build_json_schema


def format_record_schema() -> str:
    """Return the schema as the text of its file."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"memeci record.json, version {SCHEMA_VERSION}"}
    return json.dumps({**head, **build_json_schema()}, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(format_record_schema())
