"""docs/configuration.md and docs/predictions.md know every key and every common name, and their examples load."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from memeci.config import load_config
from memeci.config.keys import KEYS
from memeci.readers.names import COMMON_NAMES, DOUBTFUL_PREFIXES, PROBABILITY_PREFIXES
from memeci.readers.opening import READERS

DOCS = Path(__file__).parents[3] / "docs"


def test_every_key__is_in_the_table() -> None:
    text = (DOCS / "configuration.md").read_text(encoding="utf-8")
    assert [key.name for key in KEYS if f"| `{key.name}` |" not in text] == []


def test_every_common_name_and_suffix__is_in_the_table() -> None:
    text = (DOCS / "predictions.md").read_text(encoding="utf-8")
    names = [name for ranks in COMMON_NAMES.values() for rank in ranks for name in rank]
    suffixes = [suffix for reader in READERS.values() for suffix in reader.suffixes]
    families = [f"{prefix}<label>" for prefix in PROBABILITY_PREFIXES + DOUBTFUL_PREFIXES]
    assert [name for name in [*names, *suffixes, *families] if f"`{name}`" not in text] == []


def test_examples__load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```yaml\n(.*?)```", (DOCS / "configuration.md").read_text(encoding="utf-8"), re.DOTALL)
    whole = [block for block in blocks if "probabilities" not in block]
    assert len(whole) == 3
    for i, block in enumerate(whole):
        path = tmp_path / f"{i}.yml"
        path.write_text(block, encoding="utf-8")
        load_config(path, model="small" if "models:" in block else None)
