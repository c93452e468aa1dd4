"""The layers of the house: imports point down, packages of one layer never import each other, one home per outside thing."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "memeci"

LAYERS = [
    {"__main__"},
    {"cli", "service", "dashboard", "callbacks", "api"},
    {"demo"},
    {"pipeline"},
    {"readers", "engines", "registry", "report", "memes", "forges", "usercode", "output_folder", "measuring"},
    {"metrics", "decision", "diagnosis", "puns", "config"},
    {"policy", "tallies", "sums"},
    {"measurements", "formatting", "relation", "record_file", "headline"},
    {"records"},
    {"errors", "filenames", "naming", "class_names", "lazy_names"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}

HOMES = {
    "git": {"registry"},
    "duckdb": {"engines"},
    "_duckdb": {"engines"},
    "jinja2": {"report", "memes"},
    "pypinyin": {"puns"},
    "click": {"cli"},
    "httpx": {"forges"},
    "urllib.request": {"forges"},
    "resvg_py": {"memes"},
    "PIL": {"memes"},
    "subprocess": {"registry", "usercode", "memes", "demo"},
}


def _package(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def _imports(path: Path) -> list[str]:
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names += [f"{node.module}.{alias.name}" for alias in node.names] if node.module == "memeci" else [node.module or ""]
    return names


def _modules() -> list[Path]:
    return sorted(p for p in ROOT.rglob("*.py") if p != ROOT / "__init__.py")


def test_imports_point_down() -> None:
    wrong = []
    for path in _modules():
        here = _package(path)
        for name in _imports(path):
            if not name.startswith("memeci.") or name == "memeci.__version__":
                continue
            there = name.split(".")[1]
            if there != here and LEVEL[here] >= LEVEL[there]:
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert not wrong


def test_one_home_per_outside_thing() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in _modules()
        for name in _imports(path)
        for outside, homes in HOMES.items()
        if (name == outside or name.startswith(outside + ".")) and _package(path) not in homes
    ]
    assert not wrong


def test_only_config_reads_the_environment() -> None:
    wrong = [
        str(path.relative_to(ROOT))
        for path in _modules()
        if _package(path) != "config"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv", "environb"}
    ]
    assert not wrong


def test_dataclasses_replace_is_for_dataclasses() -> None:
    """Most frozen values are msgspec structs (see docs/decisions/0012), which it refuses, and mypy does not see that."""
    users = [
        str(p.relative_to(ROOT)) for p in _modules() if re.search(r"^from dataclasses import .*\breplace\b", p.read_text("utf-8"), re.M)
    ]
    assert users == ["pipeline/publish.py"], "use `from msgspec.structs import replace`"


# Tokens that stay out of a repr, default arguments, and an order of its own: docs/decisions/0012 says when a dataclass stays one.
FROZEN_DATACLASSES = {"Credentials", "Environment", "Guard", "Show", "Style", "Version"}


def test_frozen_values_are_structs() -> None:
    found = {name for p in _modules() for name in re.findall(r"^@dataclass\(frozen=True\)\nclass (\w+)", p.read_text("utf-8"), re.M)}
    assert found == FROZEN_DATACLASSES


@pytest.mark.parametrize("package", sorted(path.parent.name for path in ROOT.glob("*/__init__.py")))
def test_every_public_name_of_a_package__is_there(package: str) -> None:
    """Some load their modules when a name is first asked for: a name without a home would be found out by a user."""
    module = importlib.import_module(f"memeci.{package}")
    assert all(hasattr(module, name) for name in getattr(module, "__all__", ()))
