"""``dxsim odd``: the model's description, made from the model."""

from __future__ import annotations

from pathlib import Path

from dxsim.cli.terminal import tell
from dxsim.errors import InputError, Problem
from dxsim.files import write_text
from dxsim.language import say
from dxsim.views.documents.odd import DOCUMENT, odd


def print_odd(output: str | None, check: bool) -> None:
    """Print the ODD document or write it to a file; or only compare it with that file, by default with the shipped one.

    Raises
    ------
    InputError
        If the file that is checked says something else.
    """
    if check:
        path = Path(output) if output else DOCUMENT
        if not path.is_file() or path.read_text(encoding="utf-8") != odd():
            what = say("it is not what the model says now; `dxsim odd -o {file}` writes it anew", file=path)
            raise InputError(say("ODD document"), [Problem(str(path), what)])
    elif output:
        write_text(Path(output), odd())
    else:
        tell(odd(), end="")
