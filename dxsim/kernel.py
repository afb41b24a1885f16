"""How dxsim compiles: one decorator, one cache that is never stale.

Numba keys a cached function by its own file alone, so a change in an equation that lives in another file would
go unnoticed. Here the cache folder carries a fingerprint of every file that holds a kernel.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit
from numba.core import config as numba_config

from dxsim.files import PACKAGE

config: Any = numba_config  # its settings are set at run time, unseen by type checkers
PREFIX = "dxsim-kernels-"
KEPT_SECONDS = 14 * 24 * 3600
Function = TypeVar("Function", bound=Callable[..., object])


def _is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _parent_folder() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    wanted = [Path(config.CACHE_DIR)] if config.CACHE_DIR else [PACKAGE / "__pycache__", Path(home) / "dxsim"]
    for folder in wanted:
        if _is_writable(folder):
            return folder
    return Path(tempfile.mkdtemp(prefix="dxsim-"))


@cache
def cache_folder() -> Path:
    """Return the folder of the compiled kernels of exactly this source; those of sources long unused are removed."""
    sources = (PACKAGE / "kernel.py", PACKAGE / "streams.py", *sorted(PACKAGE.glob("model/*.py")))
    digest = hashlib.sha256(str(PACKAGE).encode())
    for source in sources:
        digest.update(source.name.encode() + source.read_bytes())
    folder = _parent_folder() / f"{PREFIX}{digest.hexdigest()[:16]}"
    for old in folder.parent.glob(f"{PREFIX}*"):
        with suppress(OSError):  # another process may remove it at the same time
            if old != folder and time.time() - old.stat().st_mtime > KEPT_SECONDS:
                shutil.rmtree(old, ignore_errors=True)
    folder.mkdir(exist_ok=True)
    os.utime(folder)
    return folder


def is_warm() -> bool:
    """Return whether the kernels of this source were compiled before on this machine."""
    return any(cache_folder().rglob("schedule.advance*.nbc"))


def kernel(function: Function) -> Function:
    """Compile `function` on first use, keep it on disk, and let it run without the interpreter's lock."""
    before = config.CACHE_DIR
    config.CACHE_DIR = str(cache_folder())
    try:
        return cast(Function, njit(cache=True, nogil=True, error_model="numpy")(function))
    finally:
        config.CACHE_DIR = before
