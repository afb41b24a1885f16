"""A run worked out by hand: four municipalities, so that every table and KPI can be checked with pencil and paper.

| type            | systems | live at the end of     | late                         |
| other city      | 20      | January 2026 (all)     | none                         |
| designated city | 20      | March 2026 (8)         | 12 for R4, live in March 2027 |
| town            | 18      | March 2026 (17)        | 1 for R1, never live         |
| village         | 18      | March 2025 (all)       | none                         |

All systems start with "Vendor 01"; the other city gives health management to "Vendor 02" in January 2026.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from dxsim.language import LANGUAGES, in_language
from dxsim.model.run import Outcome
from dxsim.model.state import MONTHLY, VENDOR
from dxsim.nation.nation import Nation
from dxsim.nation.small import grid_nation
from dxsim.records import Records
from dxsim.records.findings import Findings
from dxsim.records.frame import frame_of
from dxsim.records.provenance import describe_run, now
from dxsim.records.summary import summarise
from dxsim.records.tabulation import outcome_tables
from dxsim.scenario.scenario import load_scenario
from dxsim.terms.municipalities import TYPES
from dxsim.terms.operations import operations
from tests.records.hand_made import further_fields

DEADLINE = 60  # index of the first month after March 2026
HORIZON = 180
SURVEY = 54  # October 2025


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    """The language that is spoken in a test: each in turn."""
    with in_language(request.param):
        yield request.param


@pytest.fixture(scope="session")
def four_bodies() -> Nation:
    return grid_nation(
        2, 2, population=[60_000, 900_000, 9_000, 900], type_=["other_city", "designated_city", "town", "village"]
    )


@pytest.fixture(scope="session")
def four_bodies_outcome() -> Outcome:
    applies = np.array([[lot_applies(body, row.lot) for row in operations()] for body in range(4)])
    live = np.array([[58] * 20, [72] * 12 + [60] * 8, [60] * 20, [48] * 20])
    live[2, 0] = -1
    live[~applies] = -1
    reason = np.where(live > DEADLINE, 4, 0)
    reason[2, 0] = 1
    health = [row.operation for row in operations()].index("health_management")
    vendor = np.where(applies, 0, -1)
    vendor[0, health] = 1
    never = np.full((4, 20), -1)
    commit = np.where(applies, 30, -1)
    kind = [list(TYPES).index(name) for name in ("other_city", "designated_city", "town", "village")]
    monthly = np.zeros((HORIZON, len(TYPES), len(MONTHLY)), np.int32)
    served = np.zeros((HORIZON, 2, len(VENDOR)))
    population = np.array([60_000, 900_000, 9_000, 900])[:, None]
    for t in range(HORIZON):
        is_live = (live > 0) & (live <= t + 1)
        counts = {
            "committed": (commit >= 0) & (commit <= t),
            "live": is_live,
            "late_R1": (reason == 1) & (t + 1 >= DEADLINE) & ~is_live,
            "late_R4": (reason == 4) & (t + 1 >= DEADLINE) & ~is_live,
            "declared_R4": (reason == 4) & (t >= SURVEY),
        }
        for name, mask in counts.items():
            monthly[t, kind, MONTHLY.index(name)] = mask.sum(axis=1)
        monthly[t, kind, MONTHLY.index("bodies_declared")] = (counts["declared_R4"]).any(axis=1)
        in_use = np.where(is_live, vendor, np.where(applies, 0, -1))
        for number in range(2):
            served[t, number, VENDOR.index("systems_served")] = (in_use == number).sum()
            served[t, number, VENDOR.index("population_served")] = ((in_use == number) * population).sum()
    return Outcome(
        monthly=monthly,
        vendors=served,
        vendor_names=("Vendor 01", "Vendor 02"),
        state=np.where(applies, np.where(live > 0, 6, 4), -1).astype(np.int8),
        reason=reason.astype(np.int8),
        vendor=vendor.astype(np.int16),
        legacy_vendor=np.where(applies, 0, -1).astype(np.int16),
        commit=commit.astype(np.int16),
        cause=np.where(applies, 2, -1).astype(np.int8),
        order=never.astype(np.int16),
        start=never.astype(np.int16),
        live=live.astype(np.int16),
        work=np.where(applies, 1.0, 0.0),
        readiness=np.array([0.0, 1.0, -0.5, -1.0]),
        belief=np.full(4, 0.25),
        naive=np.array([True, False, True, False]),
        work_balance=np.zeros((2, 4)),
        **further_fields(),
    )


def lot_applies(body: int, lot: str) -> bool:
    """Towns and villages (bodies 2 and 3) run neither child-rearing allowance nor public assistance."""
    return body < 2 or lot not in ("child_rearing", "public_assistance")


@pytest.fixture(scope="session")
def four_bodies_findings(four_bodies: Nation, four_bodies_outcome: Outcome) -> Findings:
    return Findings(four_bodies_outcome, frame_of(four_bodies), DEADLINE)


@pytest.fixture(scope="session")
def four_bodies_records(four_bodies: Nation, four_bodies_findings: Findings) -> Records:
    manifest = describe_run(four_bodies, load_scenario("baseline"), 1, now())
    tables = outcome_tables(four_bodies_findings)
    return Records(**tables, summary=summarise(four_bodies_findings, (SURVEY,)), manifest=manifest)
