"""CPU time and size of one picture per template, and of the GIFs: `python benchmarks/memes.py`.

The first picture pays for the imports (Jinja, Pillow, resvg, YAML) and the font; the numbers asked for are of the second.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from memeci.memes.drawing import Style, draw
from memeci.memes.templates import list_templates
from tests.unit.memes.pictures import record_for


def measure(template: str, needs: tuple[str, ...], *, animate: bool = False) -> tuple[float, int, int]:
    """Return (CPU seconds, bytes of the PNG, bytes of the GIF)."""
    record = record_for(needs)
    start = time.process_time()
    picture = draw(record, theme="memeops", language="both", animate=animate, style=Style(template))
    return time.process_time() - start, len(picture.png), len(picture.gif or b"")


def main() -> None:
    templates = list_templates()
    first, *_ = measure(templates[0].id, templates[0].needs)
    print(f"first picture of a process, with imports   {first:.3f} s CPU")
    print(f"{'template':<18}{'CPU s':>7}{'PNG kB':>8}{'GIF s':>7}{'GIF kB':>8}")
    for template in templates:
        measure(template.id, template.needs)
        seconds, png, _ = min(measure(template.id, template.needs) for _ in range(3))
        line = f"{template.id:<18}{seconds:>7.3f}{png / 1000:>8.0f}"
        if template.animated:
            gif_s, _, gif = min(measure(template.id, template.needs, animate=True) for _ in range(3))
            line += f"{gif_s - seconds:>7.2f}{gif / 1000:>8.0f}"
        print(line)


if __name__ == "__main__":
    main()
