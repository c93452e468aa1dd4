"""Which forge a repository lives on, and where its workflow goes."""

from __future__ import annotations

import enum
import subprocess
from importlib import resources
from pathlib import Path


class ForgeName(enum.Enum):
    GITHUB = "github"
    GITLAB = "gitlab"
    NONE = "none"


def find_root(folder: Path) -> Path:
    """Return the top of the repository that holds ``folder``; ``folder`` itself outside of one."""
    found = _read_git(folder, "rev-parse", "--show-toplevel")
    return Path(found) if found else folder.resolve()


def find_forge(root: Path) -> ForgeName:
    """Return the forge that the remotes' addresses name, else the one whose files are there."""
    addresses = (_read_git(root, "config", "--get-regexp", r"^remote\..*\.url$") or "").lower()
    for forge in (ForgeName.GITHUB, ForgeName.GITLAB):
        if forge.value in addresses:
            return forge
    if (root / ".gitlab-ci.yml").exists():
        return ForgeName.GITLAB
    return ForgeName.GITHUB if (root / ".github").is_dir() else ForgeName.NONE


def choose_workflow_path(forge: ForgeName, root: Path) -> Path | None:
    """Return where the workflow goes. A .gitlab-ci.yml that exists is the user's: ours goes beside it, to be included."""
    if forge is ForgeName.GITHUB:
        return root / ".github" / "workflows" / "memeci.yml"
    if forge is ForgeName.GITLAB:
        own = root / ".gitlab-ci.yml"
        return root / ".gitlab" / "memeci.yml" if own.exists() else own
    return None


def read_workflow(forge: ForgeName) -> str:
    """Return the text of the workflow."""
    return resources.files("memeci.cli.starter").joinpath(f"{forge.value}.yml").read_text(encoding="utf-8")


def _read_git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else None
