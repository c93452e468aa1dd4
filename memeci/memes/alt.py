"""Alt text: what the picture says and shows, in both languages, for those who cannot see it. About 125 characters."""

from __future__ import annotations

from memeci.memes.captions import Captions, shorten
from memeci.memes.layout import strip_emoji
from memeci.records import Text

LIMIT = 180


def build_alt(captions: Captions, sentence: Text, title: Text) -> Text:
    """Return caption, finding with its numbers, and where there is room the kind of picture. No emoji: readers spell them out."""
    return Text(
        en=_build("Meme: ", f'"{strip_emoji(captions.spoken.en).strip()}". {sentence.en}'.strip(), f" Drawn as {title.en}."),
        zh=_build("梗图：", f"“{strip_emoji(captions.spoken.zh).strip()}”。{sentence.zh}", f"画的是：{title.zh}。"),
    )


def _build(start: str, text: str, end: str) -> str:
    text = shorten(start + text, LIMIT)
    text = text if text.endswith((".", "。", "…", "!")) else text + ("." if end.isascii() else "。")
    return text + end if len(text) + len(end) <= LIMIT else text
