"""One run, from a nation and a scenario to records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dxsim.errors import InputError, Problem
from dxsim.language import say
from dxsim.records.findings import Findings
from dxsim.records.provenance import describe_run, now
from dxsim.records.summary import summarise
from dxsim.records.tables import Records

if TYPE_CHECKING:
    from dxsim.nation.nation import Nation
    from dxsim.nation.vendor_table import VendorTable
    from dxsim.scenario.scenario import Scenario

LARGEST_SEED = 2**63 - 1


def simulate(nation: Nation, scenario: Scenario, seed: int = 1, vendor_table: VendorTable | None = None) -> Records:
    """Run the model once.

    Parameters
    ----------
    nation : Nation
        Who takes part.
    scenario : Scenario
        Under which policy, with which parameters.
    seed : int
        0 to 2**63 - 1. The same nation, scenario and seed give the same records, bit for bit.
    vendor_table : VendorTable, optional
        Known vendors of the municipalities, in place of drawn ones.

    Returns
    -------
    Records

    Raises
    ------
    InputError
        If the seed is out of bounds.
    """
    from dxsim.model.run import run_model
    from dxsim.records.frame import frame_of
    from dxsim.records.tabulation import outcome_tables

    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= LARGEST_SEED:
        what = say(
            "a whole number from 0 to {largest} was expected (got {value})", largest=LARGEST_SEED, value=repr(seed)
        )
        raise InputError(say("seed"), [Problem("", what)])
    started = now()
    outcome = run_model(nation, scenario, seed, vendor_table)
    found = Findings(outcome, frame_of(nation), int(scenario.record().deadline[0]))
    return Records(
        **outcome_tables(found),
        summary=summarise(found, scenario.surveys),
        manifest=describe_run(nation, scenario, seed, started, vendor_table),
    )
