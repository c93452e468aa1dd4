"""The font a picture is drawn with: found cheaply, believed only by its character map, and measured.

Looked for in this order: paths given by the user, the `fonts` extra, the folders where distributions put the usual
Chinese fonts, fontconfig's list. For text without hanzi a Latin font does.
"""

from __future__ import annotations

import functools
import subprocess
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from memeci.errors import MemeciError
from memeci.memes.sfnt import Face, read_faces

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

EXTRA = ("justmytype_intl_cjk", "fonts/ofl/notosanssc/NotoSansSC[wght].ttf")
FOLDERS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Black.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/opentype/smiley-sans/SmileySans-Oblique.otf",
    "/usr/share/fonts/truetype/smiley-sans/SmileySans-Oblique.ttf",
    "/usr/share/fonts/opentype/source-han-sans/SourceHanSansSC-Bold.otf",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/System/Library/Fonts/PingFang.ttc",
    "/System/Library/Fonts/Hiragino Sans GB.ttc",
    "/Library/Fonts/Arial Unicode.ttf",
    "C:/Windows/Fonts/msyhbd.ttc",
    "C:/Windows/Fonts/msyh.ttc",
)
LATIN = (
    "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf",
    "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans-Bold.ttf",
    "/usr/share/fonts/TTF/DejaVuSans-Bold.ttf",
    "/usr/share/fonts/truetype/liberation/LiberationSans-Bold.ttf",
    "/usr/share/fonts/liberation-sans/LiberationSans-Bold.ttf",
    "/usr/share/fonts/truetype/noto/NotoSans-Bold.ttf",
    "/System/Library/Fonts/Supplemental/Arial Bold.ttf",
    "C:/Windows/Fonts/arialbd.ttf",
)
NEXT_STEP = 'run: pip install "memeci[fonts]"  (or apt-get install fonts-noto-cjk)'
MEASURE_AT = 200


class FontError(MemeciError):
    """No font on this machine can draw the text. The verdict never depends on it."""


class Font(msgspec.Struct, frozen=True):
    """A face with the weight it is drawn at; measures text in em."""

    face: Face
    weight: int

    def measure(self, text: str) -> float:
        """Return the width of ``text`` in em, without kerning (which only ever makes it narrower)."""
        return sum(self._advance(character) for character in text)

    def _advance(self, character: str) -> float:
        return _measure_advance(self.face.path, self.face.index, self.weight if self.face.variable else 0, character)


@functools.lru_cache(maxsize=8192)
def _measure_advance(path: Path, index: int, weight: int, character: str) -> float:
    return float(_load(path, index, weight).getlength(character)) / MEASURE_AT


@functools.lru_cache(maxsize=4)
def _load(path: Path, index: int, weight: int) -> FreeTypeFont:
    from PIL import ImageFont

    font = ImageFont.truetype(str(path), MEASURE_AT, index, layout_engine=ImageFont.Layout.BASIC)
    if weight:
        font.set_variation_by_axes([weight])
    return font


def find_font(text: str, paths: Iterable[Path] = ()) -> Font:
    """Return the first font that has every character of ``text``. Raises FontError with the missing ones and what to install."""
    best_missing: str | None = None
    for path in _iterate_candidates(text, tuple(paths)):
        face = _read_face(path)
        if face is None:
            continue
        missing = face.find_missing(text)
        if not missing:
            return Font(face, 900)
        if best_missing is None or len(missing) < len(best_missing):
            best_missing = missing
    if best_missing is None:
        raise FontError("no font was found to draw a picture with.", next_step=NEXT_STEP)
    raise FontError(
        f"no font here has these characters: {best_missing[:40]}", "a picture with empty boxes would be worse than none.", NEXT_STEP
    )


@functools.lru_cache(maxsize=32)
def _read_face(path: Path) -> Face | None:
    """Return the face to draw Chinese with: in a collection the one named SC, as index 0 of Noto Sans CJK is Japanese."""
    faces = read_faces(path)
    chinese = [face for face in faces if face.family.endswith((" SC", " CN"))]
    return next(iter(chinese or faces), None)


def _iterate_candidates(text: str, paths: tuple[Path, ...]) -> Iterator[Path]:
    yield from paths
    spec = find_spec(EXTRA[0])
    for folder in (spec.submodule_search_locations or []) if spec else []:
        yield Path(folder) / EXTRA[1]
    if all(ord(c) < 0x2E80 for c in text):
        yield from (Path(name) for name in LATIN if Path(name).exists())
    yield from (Path(name) for name in FOLDERS if Path(name).exists())
    yield from _list_fontconfig()


@functools.lru_cache(maxsize=1)
def _list_fontconfig() -> tuple[Path, ...]:
    try:
        result = subprocess.run(["fc-list", ":lang=zh-cn", "file"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(sorted(Path(line.strip().rstrip(": ")) for line in result.stdout.splitlines() if line.strip()))
