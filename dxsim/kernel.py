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
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

from numba import njit
from numba.core import config as numba_config
from numba.core import types as numba_types

from dxsim.files import PACKAGE

if TYPE_CHECKING:
    from numba.core.compiler import CompileResult
    from numba.core.dispatcher import Dispatcher
    from numba.core.types import Type

config: Any = numba_config  # its settings are set at run time, unseen by type checkers
types: Any = numba_types
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
    sources = (
        PACKAGE / "kernel.py",
        PACKAGE / "streams.py",
        *sorted(PACKAGE.glob("terms/*.py")),
        *sorted(PACKAGE.glob("model/*.py")),
    )
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


@overload
def kernel(function: Function) -> Function: ...


@overload
def kernel(*, inner: bool = ..., makes_arrays: bool = ...) -> Callable[[Function], Function]: ...


def kernel(
    function: Function | None = None, *, inner: bool = False, makes_arrays: bool = False
) -> Function | Callable[[Function], Function]:
    """Compile `function` on first use, keep it on disk, and let it run without the interpreter's lock.

    Parameters
    ----------
    function : callable
        What to compile; left out where options are given: ``@kernel(inner=True)``.
    inner : bool
        Only kernels call it. What lets Python call it is left out then, which with a whole state to unpack takes
        longer to compile than most functions themselves.
    makes_arrays : bool
        It makes arrays, or gets new ones from what it calls. Only then are references to arrays counted: counting
        those of a whole state costs more than most functions do (a cut-over took three times as long). A function
        that makes arrays without saying so does not compile; one that only gets them leaks them, which
        ``tests/test_kernel.py`` would find.
    """
    if function is None:
        return partial(_compiled, inner=inner, makes_arrays=makes_arrays)
    return _compiled(function, inner, makes_arrays)


def _compiled(function: Function, inner: bool, makes_arrays: bool) -> Function:
    if config.DISABLE_JIT:  # NUMBA_DISABLE_JIT: the same in plain Python, to look inside
        return function
    options: dict[str, Any] = {"no_cpython_wrapper": inner, "no_cfunc_wrapper": True, "_nrt": makes_arrays}
    before = config.CACHE_DIR
    config.CACHE_DIR = str(cache_folder())
    try:
        dispatcher = njit(cache=True, nogil=True, error_model="numpy", **options)(function)
    finally:
        config.CACHE_DIR = before
    _compile_once_for_all_values(dispatcher)
    if inner:
        _refuse_python(dispatcher, function.__name__)
    return cast(Function, dispatcher)


def _compile_once_for_all_values(dispatcher: Dispatcher) -> None:
    """Let callers see types only: numba would compile a function anew for each constant that it is handed."""
    resolve = dispatcher.get_call_template

    def get_call_template(arguments: tuple[Type, ...], named: dict[str, Type]) -> object:
        return resolve(
            tuple(map(types.unliteral, arguments)), {name: types.unliteral(kind) for name, kind in named.items()}
        )

    vars(dispatcher)["get_call_template"] = get_call_template


def _refuse_python(dispatcher: Dispatcher, name: str) -> None:
    """Let a call from Python fail as it should: without a way in, it would end the process."""

    def add_overload(compiled: CompileResult) -> None:
        dispatcher.overloads[tuple(cast(Any, compiled).signature.args)] = compiled

    def refuse(*_: object, **__: object) -> None:
        raise TypeError("only kernels call " + name)

    vars(dispatcher).update(add_overload=add_overload, _compile_for_args=refuse)
