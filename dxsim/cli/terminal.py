"""The one way from a command to a terminal, on which nothing hidden is shown."""

from __future__ import annotations

import sys
from typing import TextIO

from dxsim.characters import visible


def tell(text: str, end: str = "\n", *, is_aside: bool = False) -> None:
    """Print lines at once; whatever hidden characters they have, but for line feeds, are written out.

    Parameters
    ----------
    text : str
        What is told.
    end : str
        What follows it.
    is_aside : bool
        Whether it is about how things go and not what was asked for: then it goes to standard error.
    """
    stream: TextIO = sys.stderr if is_aside else sys.stdout
    print(visible(text, keep="\n") + end, end="", file=stream, flush=True)
