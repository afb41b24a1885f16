"""``dxsim notebooks``: the notebooks that ship, with their outputs and keys, in a folder of one's own."""

from __future__ import annotations

from pathlib import Path

from dxsim.cli.terminal import tell
from dxsim.errors import InputError, Problem
from dxsim.files import shipped, write_bytes
from dxsim.language import say
from dxsim.records.store import check_writable


def copy_notebooks(folder: str) -> None:
    """Copy the notebooks to `folder`, which may be new.

    Raises
    ------
    InputError
        If the folder can't be written, or files that stand there would be overwritten; nothing is copied then.
    """
    place = Path(folder)
    files = [path for path in sorted(shipped("notebooks").glob("[0-9]*")) if path.suffix in (".ipynb", ".md")]
    if place.exists() and not place.is_dir():
        raise InputError(say("notebooks"), [Problem(str(place), say("this is a file, not a folder"))])
    what = say("it is there already and is not overwritten; choose another folder")
    problems = [Problem(str(place / path.name), what) for path in files if (place / path.name).exists()]
    if problems:
        raise InputError(say("notebooks"), problems)
    check_writable(place)
    for path in files:
        write_bytes(place / path.name, path.read_bytes())
    tell(say("The notebooks are in {folder}, with their outputs", folder=place))
    tell(say("Open them in an editor that knows notebooks, with the Python that runs dxsim; or"))
    tell("  pip install jupyterlab")
    tell(f"  jupyter-lab {place}")
