"""Characters that can't be seen, or that steer a terminal, written out, so that no text shows other than it is."""

from __future__ import annotations

import unicodedata

# Controls (C0, C1), invisible and steering ones (zero width, right-to-left), lone surrogates, separators of lines.
_CATEGORIES = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
# Letters and marks that show nothing. Selectors of variants are not among them: names of towns need them.
_EMPTY_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")


def is_hidden(letter: str) -> bool:
    r"""Return whether a character can't be seen, or steers what shows it.

    Examples
    --------
    >>> is_hidden("\u202e"), is_hidden("\u3000"), is_hidden("a")
    (True, False, False)
    """
    return unicodedata.category(letter) in _CATEGORIES or letter in _EMPTY_LETTERS


def is_whole(text: str) -> bool:
    r"""Return whether a text has no half of a character (lone surrogate), which no file can hold.

    Examples
    --------
    >>> is_whole("\u81ea\u6cbb\u4f53"), is_whole("\ud800")
    (True, False)
    """
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def visible(text: str, keep: str = "") -> str:
    r"""Return `text` with hidden characters as Python writes them; what is written out already stays as it is.

    Parameters
    ----------
    text : str
        May come from anywhere.
    keep : str
        Characters that stay: ``"\n"`` where a text has lines of its own.

    Examples
    --------
    >>> print(visible("a\u202eb\x1b[2J\n"))
    a\u202eb\x1b[2J\n
    """
    if text.isprintable() and _EMPTY_LETTERS.isdisjoint(text):
        return text
    return "".join(_written_out(letter) if letter not in keep and is_hidden(letter) else letter for letter in text)


def _written_out(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")
