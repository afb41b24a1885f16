"""Runs over many seeds in this process: done in threads, and described."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from dxsim.records.provenance import describe_nation, describe_scenario, describe_software, now
from dxsim.sweep.settings import processors

if TYPE_CHECKING:
    from dxsim.nation.nation import Nation
    from dxsim.nation.vendor_table import VendorTable
    from dxsim.scenario.scenario import Scenario

Job = TypeVar("Job")
Result = TypeVar("Result")


def in_threads(work: Callable[[Job], Result], jobs: Sequence[Job], threads: int | None) -> list[Result]:
    """Return what `work` makes of each job, in their order; after an error or Ctrl-C no further job begins.

    So many jobs run at a time as there are `threads`, or processors if that is None.
    """
    pool = ThreadPoolExecutor(threads or processors())
    try:
        return list(pool.map(work, jobs))
    finally:
        pool.shutdown(cancel_futures=True)


def describe_runs(
    nation: Nation, scenario: Scenario, seeds: Sequence[int], vendor_table: VendorTable | None, started: datetime
) -> dict[str, Any]:
    """Return what ran, on which nation and with which software, and when it was done: now."""
    return {
        **describe_software(),
        "scenario": describe_scenario(scenario),
        "nation": describe_nation(nation),
        "vendor_table_sha256": vendor_table.fingerprint if vendor_table else None,
        "seeds": list(seeds),
        "started": started.isoformat(timespec="seconds"),
        "finished": now().isoformat(timespec="seconds"),
    }
