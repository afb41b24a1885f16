"""Files written whole or not at all, and where the files that ship with dxsim live."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

BYTE_ORDER_MARK = "\ufeff"
PACKAGE = Path(__file__).resolve().parent


def shipped(folder: str) -> Path:
    """Return where `folder` (``configs`` or ``scenarios``) lives: in the installed package, else in the checkout."""
    inside = PACKAGE / folder
    return inside if inside.is_dir() else PACKAGE.parent / folder


def is_folder(path: Path) -> bool:
    """Return whether there is a folder at `path`; one that can't be looked at, or whose name can't be, is none."""
    try:
        return path.is_dir()
    except OSError:
        return False


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a hidden temporary file beside `path`, then move it into place in one step.

    A reader sees the old file or the new one, never a part; on any error nothing is left behind. A symbolic link stays:
    it is the file that it points to that is written.
    """
    path = path.resolve() if path.is_symlink() else path
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    except OSError as error:  # say of which file, not of the temporary one or of none
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` whole, as UTF-8 with line feeds."""
    write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf-8", newline="\n"))


def write_bytes(path: Path, content: bytes | memoryview) -> None:
    """Write `content` to `path` whole."""
    write_whole(path, lambda temporary: temporary.write_bytes(content))


def write_csv(path: Path, table: pd.DataFrame, **options: Any) -> None:  # noqa: ANN401 - of pandas
    """Write a table for people whole, as CSV.

    One with Japanese in it begins with a byte-order mark, without which spreadsheets garble it; so does the dictionary
    of a sweep. Files that are for programs (nations, the export of a sweep) never have one.
    """
    text = table.to_csv(index=False, lineterminator="\n", **options)
    write_text(path, text if text.isascii() else BYTE_ORDER_MARK + text)


def sha256(path: Path) -> str:
    """Return the SHA-256 of the file at `path`, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
