"""How a sweep is carried out: ``threads=2 batch=32 execution=dask address=tcp://...``; none of it changes a result."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dxsim.errors import InputError, Problem, nearest
from dxsim.language import say
from dxsim.scenario.configuration import is_unprintable

MOST_THREADS, LARGEST_BATCH = 1024, 10_000


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Settings(BaseModel):
    """How a sweep is carried out.

    Attributes
    ----------
    output : Path or None
        Folder of a new sweep; None: ``results/<study>/<sweep id>``.
    nation, vendor_table : Path or None
        Where these are now, if they are not where they were when the sweep began.
    threads : int
        Threads of this process, or of each worker.
    batch : int or None
        Runs that are written together, and lost together if the process is killed; None: a few seconds' worth.
    execution : {"here", "dask"}
        In this process, or on a Dask cluster.
    address : str or None
        Of the cluster's scheduler; None: a cluster of processes on this machine.
    workers : int
        Processes of a cluster on this machine.
    writer : {"gather", "workers"}
        Who writes the results of a cluster: this process, or the workers, who then need the same folder.
    language : {"en", "ja"}
        Of messages.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    output: Path | None = None
    nation: Path | None = None
    vendor_table: Path | None = None
    threads: Annotated[int, Field(ge=1, le=MOST_THREADS)] = Field(default_factory=processors)
    batch: Annotated[int, Field(ge=1, le=LARGEST_BATCH)] | None = None
    execution: Literal["here", "dask"] = "here"
    address: str | None = None
    workers: Annotated[int, Field(ge=1, le=MOST_THREADS)] = 2
    writer: Literal["gather", "workers"] = "gather"
    language: Literal["en", "ja"] = "en"


def read_settings(words: Iterable[str], keys: Collection[str] = tuple(Settings.model_fields)) -> Settings:
    """Turn words such as ``threads=2`` into settings; only these `keys` are known.

    Raises
    ------
    InputError
        With every problem.

    Examples
    --------
    >>> read_settings(["threads=2", "execution=dask"]).threads
    2
    """
    bounds = {
        "output": say("a folder, or null"),
        "nation": say("a folder, or null"),
        "vendor_table": say("a file, or null"),
        "threads": say("a whole number from {low} to {high}", low=1, high=MOST_THREADS),
        "batch": say("a whole number from {low} to {high}", low=1, high=LARGEST_BATCH),
        "execution": say("one of {choices}", choices="here, dask"),
        "address": say("the address of a Dask scheduler, such as tcp://10.0.0.1:8786"),
        "workers": say("a whole number from {low} to {high}", low=1, high=MOST_THREADS),
        "writer": say("one of {choices}", choices="gather, workers"),
        "language": say("en or ja"),
    }
    bounds = {key: bound for key, bound in bounds.items() if key in keys}
    given: dict[str, str] = {}
    problems = []
    for word in words:
        key, equals, value = word.partition("=")
        if is_unprintable(word):
            problems.append(Problem(word[:60], say("has characters that can't be printed")))
        elif not equals or not value:
            problems.append(Problem(word[:60], say("write KEY=VALUE")))
        elif key not in bounds:
            hint = nearest(key, list(bounds)) or say(" (known: {known})", known=", ".join(bounds))
            problems.append(Problem(word[:60], say("no such key{hint}", hint=hint)))
        elif key in given:
            problems.append(Problem(word[:60], say("{key} is given twice", key=key)))
        else:
            given[key] = value
    try:
        settings = Settings.model_validate({key: None if value == "null" else value for key, value in given.items()})
    except ValidationError as error:
        for fault in error.errors():
            key = str(fault["loc"][0])
            what = say("{key} must be {bounds} (got {value})", key=key, bounds=bounds[key], value=repr(given[key]))
            problems.append(Problem("", what))
    if "address" in given and given.get("execution") != "dask":
        problems.append(Problem("", say("address goes with execution=dask")))
    if problems:
        raise InputError(say("command line"), problems)
    return settings
