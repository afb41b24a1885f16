"""``dxsim docs``: the documentation, opened in a browser from the installed package."""

from __future__ import annotations

import webbrowser

from dxsim.cli.terminal import tell
from dxsim.errors import InputError, Problem
from dxsim.files import PACKAGE
from dxsim.language import either, say

SITE = PACKAGE / "site"


def open_docs(*, is_told_only: bool) -> None:
    """Open the documentation, in Japanese where there is a page in Japanese, and say where it is.

    Parameters
    ----------
    is_told_only : bool
        Only say where it is.

    Raises
    ------
    InputError
        If it has not been built, as in a fresh checkout.
    """
    page = SITE / either("index.html", "docs/ja/index.html")
    if not page.is_file():
        what = say("it has not been built yet; in a checkout, `python dev.py docs` builds it")
        raise InputError(say("documentation"), [Problem("", what)])
    tell(str(page))
    if not is_told_only and not webbrowser.open(page.as_uri()):
        tell(say("No browser was found; open this file with one"), is_aside=True)
