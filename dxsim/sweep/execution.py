"""Jobs of a sweep over the threads of this process: the kernels run without the interpreter's lock.

Threads hand batches over to the caller, who writes them; the number of threads, the size of batches and the order in
which they end change no result.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from types import FrameType

from dxsim.sweep.recording import Context, Job, run_batch
from dxsim.sweep.store import Batch

_LONGEST_WAIT = 0.2  # seconds until a signal is looked at


def run_here(
    batches: Sequence[Sequence[Job]],
    context: Context,
    threads: int,
    should_stop: Callable[[], bool] = lambda: False,
    on_run: Callable[[], object] = lambda: None,
) -> Iterator[Batch]:
    """Yield the batches of jobs as they are done.

    Parameters
    ----------
    batches : sequence of sequence of Job
        What is to do.
    context : Context
        What the jobs share.
    threads : int
        At least 1.
    should_stop : callable
        Once it says so, the threads end the runs that they are at, and what is finished is yielded.
    on_run : callable
        Called after each run, in the thread that did it.
    """
    with ThreadPoolExecutor(threads, thread_name_prefix="dxsim-sweep") as pool:
        waiting = list(reversed(batches))
        running: set[Future[Batch | None]] = set()
        while running or (waiting and not should_stop()):
            # One batch more than threads, so that none is idle while the caller writes.
            while waiting and len(running) <= threads and not should_stop():
                running.add(pool.submit(run_batch, waiting.pop(), context, should_stop, on_run))
            finished, running = wait(running, _LONGEST_WAIT, FIRST_COMPLETED)
            yield from (batch for future in finished if (batch := future.result()) is not None)


@contextmanager
def stop_on_signal() -> Iterator[threading.Event]:
    """Give an event that the first Ctrl-C or SIGTERM sets; the second one interrupts at once.

    Only the main thread of a process can be asked so; elsewhere the event stays as it is.
    """
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def ask(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
