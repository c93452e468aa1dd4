"""What starting costs: a heavy library that slips into the wrong import is seen here, not in somebody's CI minutes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def _loaded(statement: str) -> set[str]:
    """Return the modules in a fresh interpreter after ``statement``."""
    code = f"{statement}\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": "."})
    return set(done.stdout.split())


HEAVY = {"numpy", "duckdb", "jinja2", "rich", "git", "PIL", "resvg_py", "pypinyin", "urllib.request", "xml.etree.ElementTree"}


@pytest.mark.parametrize(
    ("statement", "also"),
    [
        ("import memeci.cli", {"yaml", "msgspec", "json", "tempfile"}),
        ("import memeci.config", {"statistics", "tempfile"}),
        ("import memeci.registry", {"statistics"}),
        ("import memeci.puns", {"yaml"}),
    ],
)
def test_what_every_command_imports__is_light(statement: str, also: set[str]) -> None:
    assert not _loaded(statement) & (HEAVY | also)


def test_a_picture_is_drawn_without_a_network_library() -> None:
    assert not _loaded("import memeci.memes.render") & {"urllib.request", "http.client", "ssl"}


def test_nearly_all_frozen_values_are_structs() -> None:
    """A dataclass is compiled from source when its module loads, 0.4 ms each; an evaluation loads about 150 such classes."""
    found = _loaded(
        "import sys, memeci.cli, memeci.pipeline.evaluate, memeci.memes.render, memeci.report, memeci.registry\n"
        "mine = [m for n, m in list(sys.modules.items()) if n.startswith('memeci')]\n"
        "made = {f'dataclass:{c.__module__}.{c.__name__}' for m in mine for c in vars(m).values()\n"
        "        if isinstance(c, type) and '__dataclass_fields__' in vars(c) and c.__module__.startswith('memeci')}\n"
        "sys.modules |= dict.fromkeys(made)"
    )
    assert len({name for name in found if name.startswith("dataclass:")}) < 25


@pytest.mark.parametrize(("wrong", "code"), [(9, 0), (2, 1)])
def test_a_command_of_its_own_process__leaves_with_its_code_and_no_temporary_folder(tmp_path: Path, wrong: int, code: int) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    for name, k in (("old.csv", 9), ("new.csv", wrong)):
        rows = [f"{i},{i % 2},{(i + (i % k == 0)) % 2}" for i in range(200)]
        (tmp_path / name).write_text("\n".join(["id,label,prediction", *rows]))
    command = [sys.executable, "-m", "memeci", "evaluate", "new.csv", "--baseline", "old.csv", "--no-meme"]
    surroundings = {**os.environ, "PYTHONPATH": str(Path.cwd()), "TMPDIR": str(temporary)}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=surroundings)

    assert done.returncode == code, done.stderr
    assert "accuracy" in done.stdout
    assert not list(temporary.iterdir())


def test_an_evaluation_loads_nothing_it_can_do_without(tmp_path: Path) -> None:
    """Without compiled bytecode, as on a fresh runner, each of these takes 0.05 to 0.3 s."""
    for name, wrong in (("old.csv", 7), ("new.csv", 9)):
        rows = [f"{i},{i % 2},{(i + (i % wrong == 0)) % 2},{i % wrong / wrong:.3f}" for i in range(200)]
        (tmp_path / name).write_text("\n".join(["id,label,prediction,score", *rows]))
    options = ["evaluate", "new.csv", "--baseline", "old.csv", "--no-meme"]
    loaded = _loaded(
        f"import os, sys, contextlib; os.chdir({str(tmp_path)!r})\n"
        "from memeci.cli import main\n"
        f"with contextlib.redirect_stdout(sys.stderr), contextlib.suppress(SystemExit): main({options})"
    )

    assert "_duckdb" in loaded
    # DuckDB 1 loads pandas wherever it is installed, and pandas loads what it likes.
    unused = {f"memeci.{name}" for name in ("usercode", "puns.image", "diagnosis.incident", "registry.scratch", "pipeline.rerun")}
    assert not loaded & unused
    assert not loaded & (
        {"duckdb", "PIL", "resvg_py", "git", "xml.etree.ElementTree"}
        | (set() if "pandas" in loaded else {"numpy.ma", "email", "urllib.request"})
    )
