"""A record → a picture: templates, themes, layout, fonts. Everything drawn comes from the record."""

from memeci.memes.drawing import Picture, draw
from memeci.memes.fonts import FontError

__all__ = ["FontError", "Picture", "draw"]
