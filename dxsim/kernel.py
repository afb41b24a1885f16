"""How dxsim compiles: one decorator, one cache that is never stale.

Numba keys a cached function by its own file alone, so a change in an equation that lives in another file would
go unnoticed. Here the cache folder carries a fingerprint of every file that holds a kernel.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast, overload

from numba import njit, typeof
from numba.core import config as numba_config
from numba.core import types as numba_types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler

from dxsim.files import PACKAGE

if TYPE_CHECKING:
    from numba.core.compiler import CompileResult
    from numba.core.dispatcher import Dispatcher
    from numba.core.types import Type

config: Any = numba_config  # its settings are set at run time, unseen by type checkers
types: Any = numba_types
PREFIX = "dxsim-kernels-"
_WARM = "all-steps-compiled"
KEPT_SECONDS = 14 * 24 * 3600
_setting = threading.Lock()  # of the cache folder, which is one for the process
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
        *(PACKAGE / name for name in ("kernel.py", "reference.py", "streams.py")),
        PACKAGE / "scenario" / "parameters.csv",  # has the codes of choices
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


def is_compiled() -> bool:
    """Return whether kernels are compiled at all; with NUMBA_DISABLE_JIT they run as plain Python."""
    return not config.DISABLE_JIT


def is_warm() -> bool:
    """Return whether all steps of this source were compiled before on this machine."""
    return (cache_folder() / _WARM).exists()


@cache
def mark_warm() -> None:
    """Note that all steps of this source have been compiled."""
    if is_compiled():
        (cache_folder() / _WARM).touch()


class _Part(JITCodeLibrary):
    """Code that is only ever linked into that of callers, which is where it is optimised and made machine code.

    Numba does both anew for each function together with all that it calls: a function five calls down would be
    compiled six times over.
    """

    def finalize(self) -> None:
        for library in dict.fromkeys(self._linking_libraries):
            self._reload_init.update(library._reload_init)
            self._final_module.link_in(library._get_module_for_linking(), preserve=True)
        self._finalize_dynamic_globals()
        self._finalized = True


class _PartCompiler(Compiler):
    """Numba's usual compiler, up to the point where machine code is made."""

    def define_pipelines(self) -> Any:  # noqa: ANN401 - numba has no types for these
        self.state.flags.no_compile = True
        self.state.library = _Part(self.state.targetctx.codegen(), self.state.func_id.func_qualname)
        self.state.library.enable_object_caching()
        return super().define_pipelines()


@overload
def kernel(function: Function) -> Function: ...


@overload
def kernel(*, makes_arrays: bool = ...) -> Callable[[Function], Function]: ...


def kernel(
    function: Function | None = None, *, makes_arrays: bool = False
) -> Function | Callable[[Function], Function]:
    """Compile `function` on first use, keep it on disk, and let it run without the interpreter's lock.

    Called by another kernel it becomes a part of that one; called from Python it is compiled as a whole and kept.

    Parameters
    ----------
    function : callable
        What to compile; left out where options are given: ``@kernel(makes_arrays=True)``.
    makes_arrays : bool
        It makes arrays, or gets new ones from what it calls. Only then are references to arrays counted, which takes
        time. A function that makes arrays without saying so does not compile; one that only gets them leaks them,
        which ``tests/test_kernel.py`` would find.
    """
    if function is None:
        return partial(_compiled, makes_arrays=makes_arrays)
    return _compiled(function, makes_arrays)


def _compiled(function: Function, makes_arrays: bool) -> Function:
    if not is_compiled():
        return function
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True, "_nrt": makes_arrays}
    compiler: dict[str, Any] = {**options, "pipeline_class": _PartCompiler, "no_cpython_wrapper": True}
    part = njit(**compiler)(function)
    vars(part)["whole"] = cache(partial(_whole, function, options))
    _let_kernels_link(part)
    return cast(Function, part)


def _whole(function: Function, options: dict[str, Any]) -> Dispatcher:
    with _setting:
        before = config.CACHE_DIR
        config.CACHE_DIR = str(cache_folder())
        try:
            dispatcher = njit(cache=True, **options)(function)
        finally:
            config.CACHE_DIR = before
    _compile_once_for_all_values(dispatcher)
    return cast("Dispatcher", dispatcher)


def entry(function: Function, *arguments: object) -> Function:
    """Return a kernel compiled for arguments of the kinds of these: the quickest call from Python, unchecked."""
    return _entry(function, tuple(map(typeof, arguments))) if is_compiled() else function


@cache
def _entry(function: Function, kinds: tuple[Type, ...]) -> Function:
    return cast(Function, cast(Any, function).whole().compile(kinds))


def _let_kernels_link(part: Dispatcher) -> None:
    """Let `part` be linked into the kernels that call it, and let Python call it as a whole."""

    def add_overload(compiled: CompileResult) -> None:
        key = object()  # by which callers find its code; numba would take the address of machine code
        linked = cast(Any, compiled)._replace(entry_point=key)
        part.targetctx.insert_user_function(key, linked.fndesc, [linked.library])
        part.overloads[tuple(linked.signature.args)] = linked

    def call_from_python(*_: object, **__: object) -> Dispatcher:
        return cast("Dispatcher", cast(Any, part).whole())

    vars(part).update(add_overload=add_overload, _compile_for_args=call_from_python)
    _compile_once_for_all_values(part)


def _compile_once_for_all_values(dispatcher: Dispatcher) -> None:
    """Let callers see types only: numba would compile a function anew for each constant that it is handed."""
    resolve = dispatcher.get_call_template

    def get_call_template(arguments: tuple[Type, ...], named: dict[str, Type]) -> object:
        return resolve(
            tuple(map(types.unliteral, arguments)), {name: types.unliteral(kind) for name, kind in named.items()}
        )

    vars(dispatcher)["get_call_template"] = get_call_template
