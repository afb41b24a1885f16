"""What a worker of a Dask cluster holds and does; imported where `distributed` is known to be installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from distributed import Worker, WorkerPlugin, get_worker

from dxsim.errors import DxsimError
from dxsim.language import say
from dxsim.records.provenance import code_identity

Batch = TypeVar("Batch")
Result = TypeVar("Result")
Context = TypeVar("Context")


class Shared(WorkerPlugin):
    """What all batches share. Each worker is sent it once, one that joins or starts again too, before its first batch.

    Parameters
    ----------
    context : object
        Can be pickled.
    """

    def __init__(self, context: object) -> None:
        self.context = context
        self.identity = dict(code_identity())

    def setup(self, worker: Worker) -> None:
        """Refuse to work with other code than that of the process that commands the workers.

        Raises
        ------
        DxsimError
            If a source of the model or a compiler differs here.
        """
        here = code_identity()
        different = [name for name, value in self.identity.items() if here.get(name) != value]
        if different:
            raise DxsimError(say("not the same there as here: {names}", names=", ".join(different)))


def run_shared(name: str, work: Callable[[Batch, Context], Result], batch: Batch) -> Result:
    """Return what `work` makes of a batch and of the context that was sent to this worker under `name`."""
    plugin = cast(Shared, get_worker().plugins[name])
    return work(batch, cast(Context, plugin.context))
