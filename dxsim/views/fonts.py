"""The Japanese font that ships with dxsim, cut down to the letters that are needed."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO

import matplotlib_fontja
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

LAST_LATIN = 0x2E7F  # letters after it come from the Japanese font


def japanese_font(texts: Iterable[str]) -> bytes:
    """Return the font with the Japanese letters of some texts, as WOFF; nothing if they have none."""
    letters = {ord(letter) for text in texts for letter in text if ord(letter) > LAST_LATIN}
    if not letters:
        return b""
    font = TTFont(matplotlib_fontja.get_font_ttf_path(), recalcTimestamp=False)
    subsetter = Subsetter(Options(flavor="woff", notdef_outline=True, layout_features=[]))
    subsetter.populate(unicodes=letters)
    subsetter.subset(font)
    font.flavor = "woff"
    file = BytesIO()
    font.save(file)
    return file.getvalue()
