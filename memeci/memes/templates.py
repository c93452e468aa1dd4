"""The templates: a folder each, with `template.svg.j2` (the drawing) and `meme.yml` (what it needs, and where text may go)."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Any

import msgspec

from memeci.errors import ConfigError
from memeci.memes.layout import Box
from memeci.records import Frozen, Text

FOLDER = Path(__file__).parent / "templates"
WIDTH, HEIGHT = 1200, 675

Fraction = float


class TextBox(Frozen, frozen=True):
    """A place for text, in fractions of the picture's width (x, w) and height (y, h, sizes)."""

    x: Fraction
    y: Fraction
    w: Fraction
    h: Fraction
    sizes: tuple[Fraction, Fraction] = (0.045, 0.125)
    align: str = "center"

    @property
    def pixels(self) -> Box:
        return Box(self.x * WIDTH, self.y * HEIGHT, self.w * WIDTH, self.h * HEIGHT)

    @property
    def font_sizes(self) -> tuple[float, float]:
        return self.sizes[0] * HEIGHT, self.sizes[1] * HEIGHT


class Template(Frozen, frozen=True):
    """``needs`` names parts of the scene without which there is nothing to draw. ``data`` is where the data marks go.

    ``speaks`` names the captions it brings its own of, whatever the finding.
    """

    title: Text
    mood: str
    headline: TextBox
    footer: TextBox
    data: TextBox
    needs: tuple[str, ...] = ()
    animated: bool = False
    speaks: str = ""
    id: str = ""
    folder: str = str(FOLDER)


def list_templates(folders: tuple[Path, ...] = ()) -> tuple[Template, ...]:
    """Return every template, ours and those of the user's folders, by id."""
    ids = {path.parent.name for folder in (FOLDER, *folders) for path in folder.glob("*/meme.yml")}
    return tuple(load_template(name, folders) for name in sorted(ids))


def has_template(name: str, folders: tuple[Path, ...] = ()) -> bool:
    return any(os.path.isfile(folder / name / "meme.yml") for folder in (*folders, FOLDER))


@functools.lru_cache(maxsize=64)
def load_template(name: str, folders: tuple[Path, ...] = ()) -> Template:
    """Return the template called ``name``; the user's folders come first. Raises ConfigError with file, line and reason."""
    for folder in (*folders, FOLDER):
        path = folder / name / "meme.yml"
        if os.path.isfile(path):  # a name too long for a path is no template
            return msgspec.structs.replace(_parse(path), id=name, folder=str(folder))
    known = ", ".join(sorted({path.parent.name for folder in (FOLDER, *folders) for path in folder.glob("*/meme.yml")}))
    raise ConfigError(f'there is no meme template "{name}".', f"known templates: {known}.", "memeci meme --list shows them.")


def _parse(path: Path) -> Template:
    import yaml

    try:
        data: Any = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
        return msgspec.convert(data, Template)
    except (yaml.YAMLError, msgspec.ValidationError, OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not a meme template.", str(error), "mend it; docs/memes.md says what belongs in.") from None
