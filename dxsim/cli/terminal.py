"""The terminal never stops the work: streams that are closed or full, readers that leave, signals that end it."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from types import FrameType
from typing import Any, TextIO, cast

from dxsim.characters import visible
from dxsim.errors import DxsimWarning
from dxsim.language import fill

_ENDING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


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


def tell_of_compiling() -> None:
    """Say aside that the model is being compiled, if it is."""
    from dxsim.kernel import is_warm
    from dxsim.views.labels import labels

    if not is_warm():
        tell(labels()["run_compile"], is_aside=True)


class Ended(KeyboardInterrupt):
    """The system or its user ends the command, as Ctrl-C does."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Patient:
    """A stream that takes whatever is printed: what its reader does not want, or it has no room for, is lost.

    Attributes
    ----------
    fault : OSError or None
        Why something could not be written; none if the reader only left, as `head` does.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.fault: OSError | None = None

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the stream's own
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write `text`, or drop it."""
        with self._bearing():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Hand on what was written, or drop it."""
        with self._bearing():
            self._stream.flush()

    @contextlib.contextmanager
    def _bearing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if not isinstance(error, BrokenPipeError):
                self.fault = error
            with contextlib.suppress(OSError, ValueError):  # what is left in the buffer goes nowhere, too
                os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())


@contextlib.contextmanager
def patient_streams() -> Iterator[Patient]:
    """Let nothing that is printed fail, and give standard output."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed, as by `>&-`
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123 - as long as the process
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a console that can't show Japanese shows "?" and goes on
            stream.reconfigure(errors="replace")
    before = sys.stdout, sys.stderr
    output = Patient(sys.stdout)
    sys.stdout, sys.stderr = cast("tuple[TextIO, TextIO]", (output, Patient(sys.stderr)))
    try:
        yield output
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        sys.stdout, sys.stderr = before


@contextlib.contextmanager
def ended_in_order() -> Iterator[None]:
    """Let signals that end a process raise `Ended`, so that nothing is left half-written; ignored ones stay ignored."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)  # the second one ends it at once
        raise Ended(number)

    mine = [number for number in _ENDING if signal.getsignal(number) is signal.SIG_DFL]
    for number in mine:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in mine:
            signal.signal(number, signal.SIG_DFL)


@contextlib.contextmanager
def told_warnings() -> Iterator[None]:
    """Print what dxsim warns of as lines of its own, each once."""
    with warnings.catch_warnings():
        warnings.simplefilter("default", DxsimWarning)
        usual = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:  # noqa: ANN401
            if not issubclass(category, DxsimWarning):
                usual(message, category, *place, **more)
                return
            from dxsim.views.labels import labels

            tell(fill(labels()["warning"], warning=message), is_aside=True)

        warnings.showwarning = show
        yield
