"""Records as a folder: one Parquet file per table and a manifest. Whole or not at all.

The Parquet files hold no time of day, so the same inputs give the same bytes; the manifest says when it was.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from dxsim.characters import is_whole
from dxsim.errors import InputError, Problem
from dxsim.files import sha256
from dxsim.language import say
from dxsim.records.provenance import FORMAT, SOFTWARE
from dxsim.records.tables import TABLES, Records

MANIFEST = "manifest.json"
_OF_FILE_MANAGERS = (".DS_Store", "Thumbs.db", "desktop.ini")  # appear where somebody only looks


def write_records(records: Records, folder: str | Path, also: Callable[[Path], object] | None = None) -> None:
    """Write records as a folder; one of dxsim's that stands there is replaced.

    Parameters
    ----------
    records : Records
        What to write.
    folder : str or Path
        Where to; see `check_output`.
    also : callable, optional
        Called with the folder while it is being made, to add further files (figures); the manifest lists them too.

    Raises
    ------
    InputError
        If the folder is not dxsim's to replace or can't be written.
    """
    folder = Path(folder)
    check_output(folder)
    folder = folder.resolve() if folder.is_symlink() else folder  # what a link points to is written, and the link stays
    with _whole_folder(folder) as making:
        for name in TABLES:
            getattr(records, name).to_parquet(making / f"{name}.parquet", compression="zstd", index=False)
        if also is not None:
            also(making)
        written = sorted(path for path in making.rglob("*") if path.is_file())
        manifest = dict(records.manifest)
        manifest["files"] = {path.relative_to(making).as_posix(): sha256(path) for path in written}
        text = json.dumps(manifest, ensure_ascii=False, indent=2, allow_nan=False)
        (making / MANIFEST).write_text(text + "\n", encoding="utf-8", newline="\n")


def read_records(folder: str | Path) -> Records:
    """Read a folder that `write_records` made.

    Raises
    ------
    InputError
        If it is not such a folder, a file is missing or a file is not the one that was written.
    """
    folder = Path(folder)
    if not is_whole(str(folder)):
        what = say("the name of the folder is not UTF-8")
        raise InputError(say("records '{folder}'", folder=folder), [Problem("", what)])
    manifest = _manifest(folder)
    if manifest is None:
        raise InputError(
            say("records '{folder}'", folder=folder), [Problem("", say("not a folder of dxsim's records"))]
        )
    found = manifest["software"].get("format")
    if found != FORMAT:
        what = say("format {format} was expected (got {found})", format=FORMAT, found=repr(found))
        raise InputError(say("records '{folder}'", folder=folder), [Problem(MANIFEST, what)])
    names = [f"{name}.parquet" for name in TABLES]
    problems = [Problem(name, fault) for name in names if (fault := _fault(folder, name, manifest))]
    if problems:
        raise InputError(say("records '{folder}'", folder=folder), problems)
    return Records(**{name: pd.read_parquet(folder / f"{name}.parquet") for name in TABLES}, manifest=manifest)


def check_output(folder: Path) -> None:
    """Refuse a place where records can't be written, or where writing them would lose what dxsim did not write.

    A new or empty folder will do, and so will a folder of records, which will be replaced, unless somebody put
    other files into it.

    Raises
    ------
    InputError
        With what stands in the way.
    """
    try:
        problem = _dangling(folder) or _unwritable(folder) or _unwritable(folder.resolve().parent) or _loss(folder)
    except OSError as error:
        problem = str(error.strerror)
    _refuse(folder, problem, "output=")


def check_writable(folder: Path) -> None:
    """Refuse a folder into which nothing can be written, before there is anything to write.

    Raises
    ------
    InputError
        With the reason.
    """
    _refuse(folder, _dangling(folder) or _unwritable(folder), "-o ")


def _refuse(folder: Path, problem: str, option: str) -> None:
    if problem:
        what = say("{problem}; choose another with {option}FOLDER", problem=problem, option=option)
        raise InputError(say("output folder '{folder}'", folder=folder), [Problem("", what)])


def _dangling(folder: Path) -> str:
    """Return which link on the way to a folder points to nothing."""
    for place in (folder, *folder.parents):
        if place.is_symlink() and not place.exists():
            return say("'{place}' is a link to nothing", place=place)
    return ""


def _unwritable(folder: Path) -> str:
    """Return why nothing can be written into a folder, which may not exist yet; a file is tried, and gone at once."""
    place = folder
    if not is_whole(str(folder)):  # bytes that are no text: tables can't be written there
        return say("the name of the folder is not UTF-8")
    try:
        place = next(place for place in (folder, *folder.parents) if place.exists())
        if not place.is_dir():
            return say("'{place}' is a file", place=place)
        tempfile.TemporaryFile(dir=place, prefix=".dxsim-").close()
    except OSError as error:
        return say("'{place}' can't be written: {reason}", place=place, reason=error.strerror)
    return ""


def _loss(folder: Path) -> str:
    """Return what of somebody else's would be lost if records replaced a folder."""
    if not folder.exists() or not any(folder.iterdir()):
        return ""
    manifest = _manifest(folder)
    if manifest is None:
        return say("it holds other things than dxsim's records, and would be replaced")
    files = {folder / name for name in (MANIFEST, *manifest["files"])}
    ours = files | {parent for file in files for parent in file.parents}
    foreign = [
        path.relative_to(folder).as_posix()
        for path in sorted(folder.rglob("*"))
        if (path not in ours or path.is_symlink()) and path.name not in _OF_FILE_MANAGERS
    ]
    return say("it holds files that dxsim did not write ({files})", files=", ".join(foreign[:3])) if foreign else ""


def _manifest(folder: Path) -> dict[str, Any] | None:
    """Return the manifest of a folder of records, or None if that is not what it is."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return manifest if _is_ours(manifest) else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _is_ours(manifest: Any) -> bool:  # noqa: ANN401 - whatever a file says
    """Return whether a manifest has what everybody reads in it, each of its kind."""
    scenario, nation = manifest["scenario"], manifest["nation"]
    groups = (manifest["files"], scenario["values"], scenario["overrides"], scenario["title"])
    names = (scenario["name"], nation["name"], nation["fingerprint"])
    return (
        manifest["software"]["name"] == SOFTWARE
        and isinstance(manifest["seed"], int)
        and all(isinstance(group, dict) for group in groups)
        and all(isinstance(name, str) for name in names)
    )


def _fault(folder: Path, name: str, manifest: dict[str, Any]) -> str:
    if not (folder / name).is_file():
        return say("missing")
    is_same = sha256(folder / name) == manifest["files"].get(name)
    return "" if is_same else say("not the file that {manifest} was written for", manifest=MANIFEST)


@contextmanager
def _whole_folder(folder: Path) -> Iterator[Path]:
    """Give a hidden folder beside `folder` to fill; move it into place at the end, or leave nothing behind."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    except OSError as error:
        what = say("can't be written: {reason}", reason=error.strerror)
        raise InputError(say("output folder '{folder}'", folder=folder), [Problem("", what)]) from error
    try:
        making, before = scratch / "new", scratch / "old"
        making.mkdir()
        yield making
        if folder.exists():
            folder.rename(before)
        try:
            making.rename(folder)
        except BaseException:
            if before.exists():
                before.rename(folder)
            raise
    except OSError as error:  # such as a full disk; the file it happened to is gone with its folder
        what = say("can't be written: {reason}", reason=error.strerror or error)
        raise InputError(say("output folder '{folder}'", folder=folder), [Problem("", what)]) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
