"""Template + texts + scene + font → SVG → PNG or GIF. The only place that knows Jinja, resvg and Pillow's image writer."""

from __future__ import annotations

import functools
import io
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from memeci.errors import ConfigError, DataError, MemeciError
from memeci.memes import brush
from memeci.memes.captions import Captions, hash_seed
from memeci.memes.emoji import EmojiBox
from memeci.memes.fonts import Font
from memeci.memes.layout import Block, DoesNotFit, fit_text
from memeci.memes.scene import Scene
from memeci.memes.templates import FOLDER, HEIGHT, WIDTH, Template, TextBox
from memeci.memes.themes import Theme
from memeci.records import Text

if TYPE_CHECKING:
    import jinja2

GIF_WIDTH, GIF_HEIGHT = 800, 450
N_FRAMES = 24
FRAME_MS = 80
LAST_FRAME_MS = 1000
N_COLOURS = 128


class CaptionError(MemeciError):
    """A caption does not fit its box at the smallest size that can be read."""


class Canvas:
    """One picture in the making: what its template may use, and what it must leave out."""

    def __init__(self, template: Template, theme: Theme, captions: Captions, scene: Scene, font: Font, language: str) -> None:
        self.template = template
        self.theme = theme
        self.captions = captions
        self.scene = scene
        self.font = font
        self.language = language
        self.emoji = EmojiBox()
        self.blocks = {"headline": self._fit(captions.headline, template.headline), "footer": self._fit(captions.footer, template.footer)}

    def render(self, moment: float = 1.0, layer: str = "all") -> str:
        """Return the SVG at ``moment`` 0–1 of the animation; ``layer`` is all, still (what never moves) or moving."""
        import jinja2

        try:
            return self._render(moment, layer)
        except jinja2.TemplateSyntaxError as error:
            where = f"{Path(self.template.folder) / (error.name or self.template.id)} line {error.lineno}"
            raise ConfigError(f"{where} is no Jinja template.", error.message or "") from None
        except (jinja2.TemplateError, ArithmeticError, TypeError, ValueError, LookupError) as error:
            what = f'the template "{self.template.id}" cannot be drawn from this record.'
            raise DataError(what, f"{type(error).__name__}: {error}"[:300]) from None

    def _render(self, moment: float, layer: str) -> str:
        pen = brush.Brush(self.font, self.emoji)
        palette = self.theme.palette.get(self.template.mood) or ("#3b1a6e", "#d83a56", "#ffd34d")
        return _load_source(self.template).render(
            scene=self.scene,
            blocks=self.blocks,
            captions=self.captions,
            pen=pen,
            data=self.template.data.pixels,
            theme=self.theme,
            top=palette[0],
            bottom=palette[1],
            accent=palette[2],
            mood=self.template.mood,
            language=self.language,
            say=self._say,
            t=moment,
            layer=layer,
            width=WIDTH,
            height=HEIGHT,
            font_family=self.font.face.family,
            font_weight=self.font.weight,
            math=math,
            noise=_noise,
        )

    def animate(self) -> bytes:
        """Return the GIF: the still layer drawn once, the moving one over it frame by frame; it plays once and ends at rest."""
        from PIL import Image

        size = {"width": GIF_WIDTH, "height": GIF_HEIGHT}
        still = _open(rasterise(self.render(1.0, "still"), self, **size)).convert("RGBA")
        frames = []
        for number in range(N_FRAMES):
            moving = _open(rasterise(self.render(number / (N_FRAMES - 1), "moving"), self, **size)).convert("RGBA")
            frames.append(Image.alpha_composite(still, moving).convert("RGB"))
        palette = frames[-1].quantize(N_COLOURS, Image.Quantize.MEDIANCUT)
        indexed = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
        out = io.BytesIO()
        durations = [FRAME_MS] * (N_FRAMES - 1) + [LAST_FRAME_MS]
        indexed[0].save(out, "GIF", save_all=True, append_images=indexed[1:], duration=durations, optimize=False, disposal=1)
        return out.getvalue()

    def warnings(self) -> tuple[Text, ...]:
        left_out = " ".join(sorted(self.emoji.left_out))
        if not left_out:
            return ()
        return (Text(en=f"Emoji left out of the picture, no font has them: {left_out}", zh=f"图中省略了缺少字体的表情：{left_out}"),)

    def _say(self, zh: str, en: str) -> str:
        """Return a label of the template's own in the picture's language."""
        return en if self.language == "en" else zh

    def _fit(self, text: str, box: TextBox) -> Block | None:
        if not text.strip():
            return None
        try:
            return fit_text(text, box.pixels, self.font.measure, sizes=box.font_sizes, align=box.align)
        except DoesNotFit:
            raise CaptionError(
                f'the caption "{text[:120]}" does not fit the picture.',
                f'the template "{self.template.id}" has room for fewer words at a size that can be read.',
                "shorten it.",
            ) from None


def rasterise(svg: str, canvas: Canvas, width: int = WIDTH, height: int = HEIGHT) -> bytes:
    """Return the PNG of ``svg``. Only the canvas's own fonts are loaded: the same bytes on every machine that has them."""
    import resvg_py

    fonts = [str(canvas.font.face.path), *canvas.emoji.font_files] if "<text" in svg else []
    try:
        png: bytes = resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True, font_files=fonts, width=width, height=height)
    except ValueError as error:
        raise DataError(f'the template "{canvas.template.id}" gave no picture.', str(error)[:300]) from None
    return png


def _open(png: bytes) -> Any:
    from PIL import Image

    return Image.open(io.BytesIO(png))


def _noise(*seed: object) -> float:
    """Return a number between 0 and 1 that looks random and is a function of ``seed``."""
    return hash_seed(repr(seed), "noise") % 10_000 / 10_000


def _load_source(template: Template) -> jinja2.Template:
    return _build_environment(Path(template.folder)).get_template(f"{template.id}/template.svg.j2")


@functools.lru_cache(maxsize=4)
def _build_environment(folder: Path) -> jinja2.Environment:
    """Return the environment: undefined names are errors, every value is escaped, and the user's templates are sandboxed."""
    from jinja2 import FileSystemLoader, StrictUndefined
    from jinja2.sandbox import SandboxedEnvironment

    loader = FileSystemLoader([folder, FOLDER])
    environment = SandboxedEnvironment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["px"] = brush.format_pixels
    return environment
