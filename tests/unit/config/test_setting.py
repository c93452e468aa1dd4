"""Any text is YAML settings or a ConfigError, never anything else; and what PyYAML reads, we read alike."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from memeci.config.json_schema import build_config_schema
from memeci.config.keys import KEYS
from memeci.config.setting import Setting, parse_yaml
from memeci.errors import ConfigError

PLAIN = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_categories=["Cs", "Cn", "Zl", "Zp"]), max_size=12)
TREES = st.recursive(PLAIN, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(PLAIN, inner, max_size=4), max_leaves=20)
YAML_PIECES = st.lists(
    st.sampled_from(
        ["a", ":", " ", "\n", "  ", "- ", "[", "]", "{", "}", "&x ", "*x", "<<: ", "'", '"', "|", "\t", "? ", "---\n", "!!str "]
    )
)


def _to_plain(setting: Setting) -> Any:
    if isinstance(setting.value, dict):
        return {name: _to_plain(child) for name, child in setting.value.items()}
    if isinstance(setting.value, list):
        return [_to_plain(item) for item in setting.value]
    return setting.value


@given(YAML_PIECES.map("".join) | st.text())
@settings(max_examples=150)
def test_any_text__is_settings_or_an_error_of_ours(text: str) -> None:
    with contextlib.suppress(ConfigError):
        parse_yaml(text, "memeci.yml")


@given(TREES)
def test_what_pyyaml_writes__is_read_back(tree: Any) -> None:
    # Without quotes for everything, PyYAML's reader would make numbers and dates of some texts.
    assert _to_plain(parse_yaml(yaml.safe_dump(tree, default_style='"', allow_unicode=True), "memeci.yml")) == tree


@pytest.mark.parametrize("key", KEYS, ids=[key.name for key in KEYS])
@given(tree=TREES)
@settings(max_examples=15)
def test_any_value_of_any_key__is_taken_or_refused_with_its_place(key: Any, tree: Any) -> None:
    setting = parse_yaml(yaml.safe_dump(tree, default_style='"', allow_unicode=True), "memeci.yml", key.name)
    refused = []
    try:
        key.kind.parse(setting)
    except ConfigError as error:
        refused.append(error)
    assert all(error.what.startswith("memeci.yml line ") and error.why for error in refused)


def test_lines__are_those_of_the_keys() -> None:
    root = parse_yaml("a: 1\nb:\n  - x\n  - y:\n      z: 3\n", "memeci.yml")
    assert isinstance(root.value, dict)
    items = root.value["b"].value
    assert isinstance(items, list)
    inner = items[1].value
    assert isinstance(inner, dict)
    assert (root.value["a"].line, root.value["b"].line, items[0].line, inner["y"].line) == (1, 2, 3, 4)
    assert inner["y"].key == "b[1].y"


def test_null__is_nothing_but_quoted_it_is_a_text() -> None:
    root = parse_yaml("a: null\nb: ~\nc:\nd: 'null'\ne: ''\n", "memeci.yml")
    assert _to_plain(root) == {"a": None, "b": None, "c": None, "d": "null", "e": ""}


def test_every_kind__describes_itself_to_editors() -> None:
    for name, schema in build_config_schema()["properties"].items():
        assert {"type", "enum", "anyOf"} & set(schema), name
