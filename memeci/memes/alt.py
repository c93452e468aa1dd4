"""Alt text: what the picture says and shows, in both languages, for those who cannot see it. About 125 characters."""

from __future__ import annotations

from memeci.memes.captions import Captions, shorten
from memeci.memes.layout import Kind, split_tokens
from memeci.records import Text

LIMIT = 180


def build_alt(captions: Captions, sentence: Text, title: Text) -> Text:
    """Return caption, finding with its numbers, and where there is room the kind of picture. No emoji: readers spell them out."""
    return Text(
        en=_build("Meme: ", f'"{_strip_emoji(captions.spoken.en)}". {sentence.en}'.strip(), f" Drawn as {title.en}."),
        zh=_build("梗图：", f"“{_strip_emoji(captions.spoken.zh)}”。{sentence.zh}", f"画的是：{title.zh}。"),
    )


def _build(start: str, text: str, end: str) -> str:
    text = shorten(start + text, LIMIT)
    text = text if text.endswith((".", "。", "…", "!")) else text + ("." if end.isascii() else "。")
    return text + end if len(text) + len(end) <= LIMIT else text


def _strip_emoji(text: str) -> str:
    return "".join(token.text for token in split_tokens(text) if token.kind is not Kind.EMOJI).strip()
