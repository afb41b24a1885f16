"""A run worked out by hand: four municipalities, so that every table and KPI can be checked with pencil and paper.

| type            | systems | live at the end of     | late                         |
| other city      | 20      | January 2026 (all)     | none                         |
| designated city | 20      | March 2026 (8)         | 12 for R4, live in March 2027 |
| town            | 18      | March 2026 (17)        | 1 for R1, never live         |
| village         | 18      | March 2025 (all)       | none                         |

From the mandate of October 2022 on every system waits twelve months for a decision and six for planning. Then the late
ones of the designated city wait for engineers, the late one of the town is a hard case, and all others are worked on.

All systems start with "Vendor 01"; the other city gives health management to "Vendor 02" in January 2026.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import filelock
import numpy as np
import pytest
from hypothesis import settings

from dxsim.language import LANGUAGES, in_language
from dxsim.model.codes import NOT_APPLICABLE, Cause, Held, Reason, SystemState
from dxsim.model.run import Outcome
from dxsim.model.state import Series, State, empty_series, empty_state
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
from dxsim.terms.operations import lots, operations
from tests.records.hand_made import fill, given, kinds

# The same code meets the same cases, whoever runs it; HYPOTHESIS_PROFILE=search looks for new ones.
settings.register_profile("steady", derandomize=True, database=None)
settings.register_profile("search")
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


DEADLINE = 60  # index of the first month after March 2026
HORIZON = 180
MANDATE = 18  # index of October 2022
SURVEY = 54  # October 2025
R1, R4 = Reason.MAINFRAME - 1, Reason.VENDOR_RESOURCES - 1  # places among the reasons of lateness


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    """The language that is spoken in a test: each in turn."""
    with in_language(request.param):
        yield request.param


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documentation, built once for all processes of the tests; whatever Sphinx warns of fails here."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = shared / "site"
    with filelock.FileLock(shared / "site.lock"):
        if not folder.is_dir():
            build = [sys.executable, "-m", "docs.build", str(folder)]
            done = subprocess.run(build, cwd=Path(__file__).parents[1], capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def four_bodies() -> Nation:
    return grid_nation(
        2, 2, population=[60_000, 900_000, 9_000, 900], type_=["other_city", "designated_city", "town", "village"]
    )


@pytest.fixture(scope="session")
def four_bodies_outcome(four_bodies: Nation) -> Outcome:
    state = empty_state(4, len(lots()), len(operations()), 2, len(TYPES))
    series = empty_series(2, len(TYPES))
    fill(state, series)
    state.municipalities.readiness = 0.0, 1.0, -0.5, -1.0
    state.municipalities.belief = 0.25
    fill_systems(state)
    book_delays(state)
    count_systems(state, series)
    return Outcome(given(four_bodies), state, series)


def fill_systems(state: State) -> None:
    has_lot = np.array([[lot_applies(body, row.lot) for row in lots()] for body in range(4)])
    applies = np.array([[lot_applies(body, row.lot) for row in operations()] for body in range(4)])
    systems = state.systems
    systems.live = [[58] * 20, [72] * 12 + [60] * 8, [60] * 20, [48] * 20]
    systems.live[2, 0] = -1
    systems.live[~applies] = -1
    systems.reason = np.where(systems.live > DEADLINE, Reason.VENDOR_RESOURCES, Reason.ON_TIME)
    systems.reason[2, 0] = Reason.MAINFRAME
    systems.state = np.where(systems.live > 0, SystemState.DONE, SystemState.MIGRATING)
    systems.state[~applies] = NOT_APPLICABLE
    systems.vendor = np.where(applies, 0, NOT_APPLICABLE)
    systems.vendor[0, [row.operation for row in operations()].index("health_management")] = 1
    systems.order, systems.start = -1, -1
    systems.work = applies
    state.lots.legacy = np.where(has_lot, 0, NOT_APPLICABLE)
    state.lots.commit = np.where(has_lot, 30, -1)
    state.lots.cause = np.where(has_lot, Cause.MANDATE, NOT_APPLICABLE)


def book_delays(state: State) -> None:
    systems, applies = state.systems, state.systems.state != NOT_APPLICABLE
    after = np.where(systems.live > 0, systems.live, HORIZON) - (MANDATE + 12 + 6)
    held = np.select(
        [systems.reason == Reason.MAINFRAME, systems.reason == Reason.VENDOR_RESOURCES],
        [Held.HARD, Held.NO_ENGINEER],
        Held.WORK,
    )
    state.delay[:, :, Held.UNDECIDED] = 12 * applies
    state.delay[:, :, Held.PLANNING] = 6 * applies
    np.put_along_axis(state.delay, held[..., None], (after * applies)[..., None], axis=2)


def count_systems(state: State, series: Series) -> None:
    systems, applies = state.systems, state.systems.state != NOT_APPLICABLE
    has_r1, has_r4 = systems.reason == Reason.MAINFRAME, systems.reason == Reason.VENDOR_RESOURCES
    population = np.array([60_000, 900_000, 9_000, 900])[:, None]
    for t in range(HORIZON):
        counts, served = series.counts_by_month[t], series.vendors_by_month[t]
        is_live = (systems.live > 0) & (systems.live <= t + 1)
        is_declared = has_r4 & (t >= SURVEY)
        is_overdue = ~is_live & (t + 1 >= DEADLINE)
        counts.committed[kinds()] = (applies & (t >= 30)).sum(axis=1)
        counts.live[kinds()] = is_live.sum(axis=1)
        counts.late[kinds(), R1] = (has_r1 & is_overdue).sum(axis=1)
        counts.late[kinds(), R4] = (has_r4 & is_overdue).sum(axis=1)
        counts.declared[kinds(), R4] = is_declared.sum(axis=1)
        counts.municipalities_declared[kinds()] = is_declared.any(axis=1)
        in_use = np.where(is_live, systems.vendor, np.where(applies, 0, -1))
        for number in range(2):
            served.systems_served[number] = (in_use == number).sum()
            served.population_served[number] = ((in_use == number) * population).sum()


def lot_applies(body: int, lot: str) -> bool:
    """Towns and villages (municipalities 2 and 3) run neither child-rearing allowance nor public assistance."""
    return body < 2 or lot not in ("child_rearing", "public_assistance")


@pytest.fixture(scope="session")
def four_bodies_findings(four_bodies: Nation, four_bodies_outcome: Outcome) -> Findings:
    return Findings(four_bodies_outcome, frame_of(four_bodies), DEADLINE)


@pytest.fixture(scope="session")
def four_bodies_records(four_bodies: Nation, four_bodies_findings: Findings) -> Records:
    manifest = describe_run(four_bodies, load_scenario("baseline"), 1, now())
    tables = outcome_tables(four_bodies_findings)
    return Records(**tables, summary=summarise(four_bodies_findings, (SURVEY,)), manifest=manifest)
