"""One run, from a nation and a scenario to records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dxsim.records.findings import Findings
from dxsim.records.provenance import describe_run, now
from dxsim.records.summary import summarise
from dxsim.records.tables import Records
from dxsim.terms.seeds import LARGEST_SEED as LARGEST_SEED  # where the app looks for it

if TYPE_CHECKING:
    from pathlib import Path

    from dxsim.nation.nation import Nation
    from dxsim.nation.vendor_table import VendorTable
    from dxsim.scenario.scenario import Scenario


def simulate(
    nation: Nation | str | Path,
    scenario: Scenario | str | Path,
    seed: int = 1,
    vendor_table: VendorTable | None = None,
) -> Records:
    """Run the model once.

    Parameters
    ----------
    nation : Nation, str or Path
        Who takes part: a nation, ``"synthetic"`` or a folder.
    scenario : Scenario, str or Path
        Under which policy, with which parameters: a scenario, the name of a shipped one or a path.
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
        If the seed is out of bounds, there is no such nation or scenario, or somebody changed the nation's tables.

    Warns
    -----
    DxsimWarning
        If a policy is for nobody.
    """
    from dxsim.model.request import read_request
    from dxsim.model.run import run_model
    from dxsim.records.frame import frame_of
    from dxsim.records.tabulation import outcome_tables

    nation, scenario, (seed,) = read_request(nation, scenario, [seed])
    started = now()
    outcome = run_model(nation, scenario, seed, vendor_table)
    found = Findings(outcome, frame_of(nation), int(scenario.record().deadline[0]))
    return Records(
        **outcome_tables(found),
        summary=summarise(found, scenario.surveys),
        manifest=describe_run(nation, scenario, seed, started, vendor_table, outcome.state.begins),
    )
