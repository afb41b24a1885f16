"""Files written whole or not at all, and where the files that ship with dxsim live."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

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

    A reader sees the old file or the new one, never a part; on any error nothing is left behind.
    """
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
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` whole, as UTF-8 with line feeds."""
    write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf-8", newline="\n"))


def write_bytes(path: Path, content: bytes | memoryview) -> None:
    """Write `content` to `path` whole."""
    write_whole(path, lambda temporary: temporary.write_bytes(content))


def sha256(path: Path) -> str:
    """Return the SHA-256 of the file at `path`, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
