"""Batches of a sweep over the workers of a Dask cluster: processes of this machine, or a cluster that runs elsewhere.

Every batch is answered exactly once, whatever happens to workers meanwhile: Dask gives the batches of a lost worker to
another one. Only a few batches for each thread are on their way at a time, so that memory does not grow with the sweep.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import islice
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar
from uuid import uuid4

from dxsim.errors import DxsimError, InputError, Problem
from dxsim.kernel import is_warm
from dxsim.language import say
from dxsim.records.provenance import code_identity

if TYPE_CHECKING:
    from distributed import Client, Future

Batch = TypeVar("Batch")
Result = TypeVar("Result")
Context = TypeVar("Context")

ALLOWED_LOSSES = 3  # workers that a batch may outlive; it is blamed for the next one
_AHEAD = 3  # batches on their way for each thread: one at work, two so that none waits while the caller writes
_LONGEST_WAIT = 0.2  # seconds until the caller's wish to stop is looked at
_ANSWER_SECONDS = 5.0  # in which a scheduler must answer, and a finished result arrive once the sweep is stopped
_LOOK_SECONDS = 1.0  # between looks at how many threads the cluster has
_ALONE_SECONDS = 60.0  # without any worker, after which a cluster on this machine is given up
# The terminal sends Ctrl-C to all processes; it is for the one that commands the workers.
_DEAF = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"
_CONFIGURATION = {
    "distributed.scheduler.allowed-failures": ALLOWED_LOSSES,
    "distributed.scheduler.worker-saturation": 1.0,  # a lost worker had only what it was at, and none else is blamed
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
    "distributed.worker.profile.enabled": False,
    "distributed.worker.multiprocessing-method": "spawn",
}


class Answer(NamedTuple, Generic[Batch, Result]):
    """What became of a batch: `result`, or the `error` that ended it."""

    batch: Batch
    result: Result | None
    error: BaseException | None


def run_on_cluster(
    batches: Iterable[Batch],
    work: Callable[[Batch, Context], Result],
    context: Context,
    *,
    address: str | None = None,
    workers: int = 2,
    threads: int = 1,
    should_stop: Callable[[], bool] = lambda: False,
) -> Iterator[Answer[Batch, Result]]:
    """Yield what `work` makes of each batch, as batches are done.

    Parameters
    ----------
    batches : iterable
        Small descriptions that can be pickled; taken as there is room.
    work : callable
        A function of a module that workers can import, given a batch and the context. It may be called again for a
        batch whose worker was lost, so what it writes must be written whole, and the second time be the same.
    context : object
        What all batches share; each worker is sent it once.
    address : str, optional
        Of the scheduler of a cluster that runs already, such as ``tcp://10.0.0.1:8786``. By default a cluster of
        processes is started on this machine, which nothing outside it can reach, and ended afterwards.
    workers, threads : int
        Processes to start, and threads in each of them; not used with an `address`.
    should_stop : callable
        Once it says so, no batch is begun, what is finished is yielded, and the rest is cancelled.

    Raises
    ------
    InputError
        If `distributed` is not installed, the scheduler does not answer, or it or its workers can't take up the work.
    DxsimError
        If the scheduler is lost meanwhile.
    """
    subject = say("cluster '{address}'", address=address) if address else say("cluster on this machine")
    _require_distributed(subject)
    from dxsim.sweep.worker import Shared

    name = f"dxsim-{uuid4().hex}"
    with _client(subject, address, workers, threads) as client:
        try:
            client.run_on_scheduler(code_identity)  # a scheduler without dxsim would fail every batch
            client.register_plugin(Shared(context), name)
        except Exception as error:
            what = say("its processes can't take up the work: {reason}", reason=f"{type(error).__name__}: {error}")
            raise InputError(subject, [Problem("", what)]) from error
        try:
            patience = (
                _ALONE_SECONDS if address is None else math.inf
            )  # workers elsewhere may be waiting for their turn
            yield from _answers(client, subject, name, batches, work, should_stop, patience)
        finally:
            if client.status == "running":
                with suppress(OSError):  # the scheduler may have been lost without the client's notice
                    client.unregister_worker_plugin(name)


def _answers(
    client: Client,
    subject: str,
    name: str,
    batches: Iterable[Batch],
    work: Callable[[Batch, Context], Result],
    should_stop: Callable[[], bool],
    patience: float,
) -> Iterator[Answer[Batch, Result]]:
    from dxsim.sweep.worker import run_shared

    waiting = iter(batches)
    running: dict[Future[Any], Batch] = {}
    finished: SimpleQueue[Future[Any]] = SimpleQueue()
    sent, room, looked, seen = 0, _AHEAD, -_LOOK_SECONDS, time.monotonic()
    try:
        while not should_stop():
            try:
                if time.monotonic() - looked > _LOOK_SECONDS:  # workers come and go
                    there, looked = sum(client.nthreads().values()), time.monotonic()
                    room, seen = _AHEAD * max(1, there), looked if there else seen
                    if looked - seen > patience:
                        raise DxsimError(
                            say("{subject}: its workers are lost; what was finished is kept", subject=subject)
                        )
                for batch in islice(waiting, max(0, room - len(running))):
                    future = client.submit(run_shared, name, work, batch, key=f"{name}-{sent}", pure=False)
                    running[future] = batch
                    future.add_done_callback(finished.put)
                    sent += 1
            except OSError as error:
                raise _scheduler_lost(subject) from error
            if not running:
                return
            try:
                future = finished.get(timeout=_LONGEST_WAIT)
            except Empty:
                continue
            if future.status == "cancelled":  # as all are once the client has lost its scheduler
                raise _scheduler_lost(subject)
            answer = _answer(running[future], future)
            if answer is None:
                future.add_done_callback(finished.put)
                continue
            del running[future]
            yield answer
        while not finished.empty():
            future = finished.get()
            answer = _answer(running.pop(future), future)
            if answer is not None:
                yield answer
    finally:
        if running and client.status == "running":
            with suppress(OSError):
                client.cancel(list(running), force=True)


def _answer(batch: Batch, future: Future[Any]) -> Answer[Batch, Any] | None:
    """Return what became of a batch, or None if its result was lost with a worker, so that it is not done after all."""
    from distributed import KilledWorker

    try:
        return Answer(batch, future.result(_ANSWER_SECONDS), None)
    except KilledWorker:
        lost = say("{count} workers were lost, one after the other, during this batch", count=ALLOWED_LOSSES + 1)
        return Answer(batch, None, DxsimError(lost))
    except Exception as error:
        return Answer(batch, None, error) if future.status == "error" else None


def _scheduler_lost(subject: str) -> DxsimError:
    return DxsimError(say("{subject}: its scheduler is lost; what was finished is kept", subject=subject))


def _require_distributed(subject: str) -> None:
    try:
        import distributed  # noqa: F401 - whether it is there
    except ModuleNotFoundError as error:
        what = say("package '{package}' is not installed; try: pip install 'dxsim[cluster]'", package=error.name)
        raise InputError(subject, [Problem("", what)]) from None


@contextmanager
def _client(subject: str, address: str | None, workers: int, threads: int) -> Iterator[Client]:
    import dask.config
    from distributed import Client, LocalCluster

    with ExitStack() as stack:
        if address is None:
            _compile()
            stack.enter_context(dask.config.set(_CONFIGURATION))
            cluster = LocalCluster(
                n_workers=workers,
                threads_per_worker=threads,
                host="127.0.0.1",
                protocol="tcp",
                dashboard_address="127.0.0.1:0",
                scheduler_kwargs={"dashboard": False},
                silence_logs=logging.CRITICAL,
                preload=_DEAF,
            )
            stack.enter_context(cluster)
            yield stack.enter_context(Client(cluster))
            return
        stack.enter_context(_silent("distributed.client"))  # it would print a traceback when the scheduler is lost
        try:
            client = Client(address, timeout=_ANSWER_SECONDS)
        except (OSError, ValueError) as error:
            what = say("no scheduler answers there ({reason})", reason=error)
            raise InputError(subject, [Problem("", what)]) from error
        yield stack.enter_context(client)


@contextmanager
def _silent(name: str) -> Iterator[None]:
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


def _compile() -> None:
    """Compile the kernels in this process if they are not, so that workers find them and need not each do it."""
    if is_warm():
        return
    from dxsim.model.run import run_model
    from dxsim.nation.small import grid_nation
    from dxsim.scenario.scenario import load_scenario

    run_model(grid_nation(2, 2), load_scenario("baseline"), 0)
