"""Emoji: drawn by us where we have a drawing (`<code points>.svg`, 100 × 100), else by a colour font, else left out with a warning."""

from __future__ import annotations

import functools
from html import escape
from pathlib import Path

FOLDER = Path(__file__).parent
FONTS = (
    "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf",
    "/usr/share/fonts/google-noto-color-emoji-fonts/NotoColorEmoji.ttf",
    "/usr/share/fonts/noto/NotoColorEmoji.ttf",
)
VARIATION = "\ufe0f"
SKIN = {chr(code) for code in range(0x1F3FB, 0x1F400)}


class EmojiBox:
    """Draws emoji and remembers which it could not, and which font it needed for the others."""

    def __init__(self) -> None:
        self.left_out: set[str] = set()
        self.font_files: list[str] = []

    def draw(self, cluster: str, x: float, y: float, size: float) -> str:
        """Return the emoji with its upper left corner at (x, y); "" where nothing can draw it."""
        name = format_name(cluster)
        drawing = _read_drawing(name)
        if drawing is not None:
            scale = f"{size / 100:.4f}"
            return f'<g class="emoji" data-emoji="{name}" transform="translate({x:.1f} {y:.1f}) scale({scale})">{drawing}</g>'
        font = next((path for path in FONTS if Path(path).exists()), None)
        if font is None:
            self.left_out.add(cluster)
            return ""
        self.font_files = [font]
        return (
            f'<text x="{x:.1f}" y="{y + 0.87 * size:.1f}" font-family="Noto Color Emoji" font-weight="400"'
            f' font-size="{0.86 * size:.1f}">{escape(cluster, quote=False)}</text>'
        )


def format_name(cluster: str) -> str:
    """Return the file name of an emoji: its code points in hexadecimal, without variation selectors and skin tones."""
    return "-".join(f"{ord(c):x}" for c in cluster if c != VARIATION and c not in SKIN)


@functools.lru_cache(maxsize=64)
def _read_drawing(name: str) -> str | None:
    path = FOLDER / f"{name}.svg"
    return path.read_text(encoding="utf-8").strip() if path.is_file() else None
