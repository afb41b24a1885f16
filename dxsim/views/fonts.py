"""The Japanese font that ships with dxsim, cut down to the letters that are needed."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from io import BytesIO

import matplotlib as mpl
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

LAST_LATIN = 0x2E7F  # letters after it come from the Japanese font


@cache
def font_file() -> str:
    """Return the file of the font that has Japanese letters."""
    with mpl.rc_context():  # importing it changes the fonts of everybody's figures
        import matplotlib_fontja
    return str(matplotlib_fontja.get_font_ttf_path())


def japanese_font(texts: Iterable[str]) -> bytes:
    """Return the font with the Japanese letters of some texts, as WOFF; nothing if they have none."""
    letters = {ord(letter) for text in texts for letter in text if ord(letter) > LAST_LATIN}
    if not letters:
        return b""
    font = TTFont(font_file(), recalcTimestamp=False)
    subsetter = Subsetter(Options(flavor="woff", notdef_outline=True, layout_features=[]))
    subsetter.populate(unicodes=letters)
    subsetter.subset(font)
    font.flavor = "woff"
    file = BytesIO()
    font.save(file)
    return file.getvalue()
