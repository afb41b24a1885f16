"""How outcomes must move, or stay, when a nation, a scenario or the way of running it changes.

"Pathwise" means: for every system and every seed, because runs with the same seed share all draws. The relations need
preconditions; tests that switch one off and find violations record where they end. Relations about commitments, queues
and vendors alone are tested on the core of the model (`cases.CORE_ONLY`), all others, and where they hold these too, on
the whole of it.
"""

from __future__ import annotations

import hashlib
import math
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from dxsim.model import cutover, money, programmes, residents, staff
from dxsim.model.codes import COHORTS, Cause, Talks
from dxsim.model.commitment import is_gate_open
from dxsim.model.levers import BODY_LEVERS
from dxsim.model.run import Inputs, Outcome, begin, prepare, run_inputs, run_many, run_model
from dxsim.model.schedule import advance
from dxsim.nation.nation import Nation, make_nation
from dxsim.nation.small import grid_nation
from dxsim.nation.vendor_table import VendorTable
from dxsim.scenario.registry import REGISTRY
from dxsim.scenario.scenario import VendorEvent, load_scenario
from tests.model.cases import (
    ALIKE,
    CORE_ONLY,
    DEADLINE,
    LIMIT,
    MONTHS,
    SINGLE,
    STEADY_VENDORS,
    UNIT_JOBS,
    alike_nation,
    arrays_of,
    arrive,
    copy_of_run,
    cut_over_early,
    differing_fields,
    fields_of,
    mixed_nation,
    plain,
    spread_thresholds,
)

NATION = mixed_nation(10, 14)
SEEDS = range(1, 7)
NOT_YET = 32767

# Nobody's hazard reads the vendors' queues: only the mandate, by the time that is left, does.
BLIND = {
    "commitment.mandate_hazard": 0,
    "commitment.own_motive_hazard": 0.015,
    "policy.extension_rule": "none",
}
# The mandate presses, and queues have no length: no review looks at delays.
NO_QUEUES = BLIND | {"commitment.mandate_hazard": 0.45, "vendor.capacity_ratio": 1e6}
PEERS = {"commitment.peer_hazard": 0.04}
# Vendors are chosen for reasons that no queue and no neighbour changes, and never let go of a job.
FIXED_VENDORS = {
    "vendor.wait_aversion": 0,
    "vendor.neighbour_weight": 0,
    "vendor.incumbency": 20,
    "vendor.shortage_threshold": 1,
    "vendor.retender_probability": 0,
}


def core(overrides: dict[str, object], seed: int, nation: Nation = NATION) -> Inputs:
    return prepare(nation, load_scenario("baseline", CORE_ONLY | overrides), seed)


def whole(overrides: dict[str, object], seed: int, nation: Nation = NATION) -> Inputs:
    return prepare(nation, load_scenario("baseline", overrides), seed)


def run_with_readiness(inputs: Inputs, rise: float) -> Outcome:
    """Run with the readiness of every second municipality raised; the others feel it through peers and queues only."""
    run = begin(inputs)
    run.municipalities.readiness[::2] += rise
    advance(run, 0, MONTHS)
    return Outcome(inputs, run.state, run.series)


def commit_of(run: Outcome) -> np.ndarray:
    """Return the month in which the lot of each system was committed, (n, 20), -1 = never."""
    return run.state.lots.commit[:, run.inputs.country.lot_of]


def legacy_of(run: Outcome) -> np.ndarray:
    """Return the vendor of each system at the start, (n, 20), -1 = does not apply."""
    return run.state.lots.legacy[:, run.inputs.country.lot_of]


def live_of(run: Outcome) -> np.ndarray:
    """Return the first month in which each system was live, (n, 20), -1 = never."""
    return run.state.systems.live


def when(months: np.ndarray) -> np.ndarray:
    """Return months with "never" after all others."""
    return np.where(months < 0, NOT_YET, months)


def later(base: np.ndarray, changed: np.ndarray) -> int:
    """Return how many systems come later in `changed` than in `base`."""
    return int((when(changed) > when(base)).sum())


def more_hazard(overrides: dict[str, object], seed: int) -> dict[str, tuple[Outcome, Outcome]]:
    """Return pairs of a run and one with a higher hazard of commitment."""
    base = core(overrides, seed)
    ready = run_inputs(base)
    return {
        "readiness": (ready, run_with_readiness(base, 1.0)),
        "own motive": (ready, run_inputs(core({**overrides, "commitment.own_motive_hazard": 0.025}, seed))),
        "peers": (ready, run_inputs(core({**overrides, "commitment.peer_hazard": 0.08}, seed))),
    }


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("setting", [BLIND, NO_QUEUES], ids=["no mandate", "no queues"])
def test_more_hazard_never_delays_a_commitment(seed, setting):
    for base, changed in more_hazard(setting | PEERS, seed).values():
        assert later(commit_of(base), commit_of(changed)) == 0
        assert later(commit_of(changed), commit_of(base)) > 50


# Products are there and the mandate presses from the start, so that books, not products, make the waits.
BOOKS_COUNT = {
    "vendor.readiness_mean": 0,
    "vendor.specialist_readiness_mean": 0,
    "policy.mandate_start": "2021-04",
    "commitment.gate_rule": "always_open",
    "commitment.peer_hazard": 0,
}
SUBSIDY = {"subsidy.ceiling_multiple": 3.0}


@pytest.mark.parametrize(
    ("setting", "without_precondition"),
    [
        (
            NO_QUEUES | BOOKS_COUNT | {"commitment.mandate_hazard": 0.1, "commitment.mandate_uniformity": 0},
            {"vendor.capacity_ratio": 0.85},
        ),
        ({"money.envelope_share": 0.002}, {"money.budget": "binding"}),
        (
            {"cooperation.transaction_cost": 3e6, "cooperation.procurement_discount": 0.25},
            {"cooperation.formation": "yearly"},
        ),
    ],
    ids=[
        "municipalities read the wait",
        "one lot's money is another's",
        "groups decide as one",
    ],
)
def test_more_hazard_can_delay_once_a_precondition_is_gone(setting, without_precondition):
    """Where the relation ends: any one precondition, switched off, is enough for later commitments."""
    violations = {"with": 0, "without": 0}
    for seed in SEEDS:
        for name, change in {"with": {}, "without": without_precondition}.items():
            base = core(BLIND | PEERS | setting | change, seed)
            violations[name] += later(commit_of(run_inputs(base)), commit_of(run_with_readiness(base, 2.0)))
    assert violations["with"] == 0
    assert violations["without"] > 0


@pytest.mark.parametrize("seed", SEEDS)
def test_more_hazard_never_delays_a_go_live_with_unlimited_capacity(seed):
    """Without peers, who differ by lot: a lot that is ordered with a longer job shares its window.

    And without reserve months: who orders too late for them does without, and so may be planned for an earlier month.
    """
    overrides = BLIND | FIXED_VENDORS | {"vendor.capacity_ratio": 1e4, "vendor.readiness_mean": 24}
    overrides |= {"vendor.specialist_readiness_mean": 24, "vendor.travel_share": 1, "commitment.peer_hazard": 0}
    overrides |= {"vendor.reserve_months": 0}
    for base, changed in more_hazard(overrides, seed).values():
        both = (commit_of(base) >= 0) & (commit_of(changed) >= 0)
        assert (base.state.systems.vendor == changed.state.systems.vendor)[both].all()
        assert later(live_of(base), live_of(changed)) == 0
        assert later(live_of(changed), live_of(base)) > 10


def test_more_hazard_delays_some_go_lives_with_scarce_capacity():
    """No relation per system: whoever commits earlier takes the place of others in the queue."""
    overrides = BLIND | PEERS | FIXED_VENDORS | {"vendor.capacity_ratio": 0.6}
    base = core(overrides, 1)
    assert later(live_of(run_inputs(base)), live_of(run_with_readiness(base, 1.0))) > 0


@pytest.mark.parametrize("seed", SEEDS)
def test_more_capacity_never_delays_a_go_live(seed):
    overrides = BLIND | PEERS | FIXED_VENDORS
    base = run_inputs(core({**overrides, "vendor.capacity_ratio": 0.6}, seed))
    for more in (0.61, 0.9, 3.0):
        changed = run_inputs(core({**overrides, "vendor.capacity_ratio": more}, seed))
        assert (base.state.systems.vendor == changed.state.systems.vendor).all()
        assert (base.state.systems.order == changed.state.systems.order).all()
        assert later(live_of(base), live_of(changed)) == 0
        assert later(live_of(changed), live_of(base)) > 50


def on_time(run: Outcome) -> float:
    systems = run.state.systems
    return float(((systems.live >= 0) & (systems.live <= DEADLINE))[systems.state >= 0].mean())


def work_on_time(run: Outcome) -> float:
    """Return the share of systems that are on time, each weighted by its vendor work."""
    systems = run.state.systems
    applies, is_on_time = systems.state >= 0, (systems.live >= 0) & (systems.live <= DEADLINE)
    return float(systems.work[applies & is_on_time].sum() / systems.work[applies].sum())


def mean_effect(
    base: dict[str, object], changed: dict[str, object], seeds: range, share: Callable[[Outcome], float] = on_time
) -> float:
    """Return the mean effect on the `share` that is on time, over pairs of runs with the same seed."""
    runs = [whole(overrides, seed) for seed in seeds for overrides in (base, changed)]
    shares = np.array([share(run) for run in run_many(runs, 2)]).reshape(-1, 2)
    return float((shares[:, 1] - shares[:, 0]).mean())


DELTA = 0.01  # how far a share of systems may fall through crowding in the queues
LITTLE_MONEY = {"subsidy.ceiling_multiple": 0.5}  # which only the largest feel
SCARCE_ENGINEERS = {"vendor.capacity_ratio": 0.7}


def test_more_subsidy_makes_no_fewer_systems_on_time_where_engineers_are_plenty():
    plenty = LITTLE_MONEY | {"vendor.capacity_ratio": 1e6, "vendor.travel_share": 1}
    assert mean_effect(plenty, plenty | SUBSIDY, range(1, 31)) >= 0.0


def test_more_subsidy_puts_no_less_work_on_time_where_engineers_are_scarce():
    """Whole model: no relation per system, and none exact for the total."""
    scarce = LITTLE_MONEY | SCARCE_ENGINEERS
    assert mean_effect(scarce, scarce | SUBSIDY, range(1, 31), work_on_time) >= 0.0


def test_more_subsidy_makes_no_fewer_systems_on_time_where_short_jobs_are_done_first():
    scarce = LITTLE_MONEY | SCARCE_ENGINEERS | {"vendor.queue_discipline": "shortest_job"}
    assert mean_effect(scarce, scarce | SUBSIDY, range(1, 31)) >= -DELTA


def test_more_subsidy_for_the_largest_crowds_others_out_where_who_comes_first_is_served_first():
    """Where the relation ends: large jobs, begun earlier, take the scarce engineers of several small ones."""

    def others_on_time(run: Outcome) -> float:
        systems = run.state.systems[run.inputs.country.places.population < 400_000]
        return float(((systems.live >= 0) & (systems.live <= DEADLINE))[systems.state >= 0].mean())

    scarce = LITTLE_MONEY | SCARCE_ENGINEERS
    assert mean_effect(scarce, scarce | SUBSIDY, range(1, 31), others_on_time) < 0.0


def test_more_subsidy_makes_many_more_systems_on_time_where_budgets_are_small():
    less = {"money.envelope_share": 0.001, "subsidy.ceiling_multiple": 0.1}
    assert mean_effect(less, less | SUBSIDY | {"subsidy.ceiling_multiple": 10.0}, range(1, 11)) > 0.1


def test_more_will_makes_saturated_vendors_do_no_more_and_no_less():
    saturated = (
        BOOKS_COUNT
        | FIXED_VENDORS
        | {
            "commitment.own_motive_hazard": 1,
            "vendor.capacity_ratio": 0.05,
            "vendor.planning_months": 3,
            "vendor.travel_share": 1,
            "staff.staffing": "unlimited",
            "money.budget": "unlimited",
        }
    )
    own = "commitment.own_motive_hazard"
    runs = (run_inputs(cut_over_early(whole(saturated | {own: hazard}, 1))) for hazard in (1, 3))
    one, other = (run.series.vendors_by_month[12:DEADLINE] for run in runs)
    assert (one.work_done > 0).any()
    assert other.work_done == pytest.approx(one.work_done, rel=1e-9)
    assert one.work_done == pytest.approx(one.capacity, rel=1e-9)


def test_more_capacity_does_not_make_fewer_systems_on_time_on_average():
    """Whole model: vendor choice, shortages and beliefs react to waits."""
    base = {"vendor.capacity_ratio": 0.7}
    for more in (0.72, 0.9, 2.0):
        effect = mean_effect(base, {"vendor.capacity_ratio": more}, range(1, 21))
        assert effect >= -DELTA
    assert effect > 0.05  # of nearly three times the engineers


@pytest.mark.parametrize("seed", SEEDS)
def test_weaker_mandate_never_hastens_a_commitment(seed):
    base = run_inputs(core(NO_QUEUES | PEERS, seed))
    weaker = run_inputs(core(NO_QUEUES | PEERS | {"commitment.mandate_hazard": 0.2}, seed))
    assert later(commit_of(weaker), commit_of(base)) == 0
    assert later(commit_of(base), commit_of(weaker)) > 50


LATER_DATE = {"policy.deadline": "2027-03"}


@pytest.mark.parametrize("seed", SEEDS)
def test_later_deadline_never_hastens_a_commitment(seed):
    overrides = NO_QUEUES | PEERS
    base = run_inputs(core(overrides, seed))
    moved = run_inputs(core(overrides | LATER_DATE, seed))
    assert later(commit_of(moved), commit_of(base)) == 0
    assert later(commit_of(base), commit_of(moved)) > 50


# Names and places


def test_order_of_rows_does_not_matter():
    generator = np.random.default_rng(9)
    shuffled = make_nation(
        NATION.name,
        NATION.municipalities.iloc[generator.permutation(len(NATION.municipalities))],
        NATION.adjacency.iloc[generator.permutation(len(NATION.adjacency))],
    )
    scenario = load_scenario("baseline", PEERS)
    assert shuffled.fingerprint == NATION.fingerprint
    assert differing_fields(run_model(NATION, scenario, 5), run_model(shuffled, scenario, 5)) == []


def test_names_of_vendors_do_not_matter():
    """Vendors swap their names; everybody stays with the incumbent, since tastes are drawn by a vendor's number."""
    generator = np.random.default_rng(9)
    count, n = 6, len(NATION.municipalities)
    contract = generator.choice(count, (n, 6), p=[0.35, 0.25, 0.16, 0.12, 0.08, 0.04]).astype(np.int16)
    ready = np.round(generator.normal(46, 4, (count, 6)))
    names = tuple(f"Maker {letter}" for letter in "ABCDEF")
    renamed = generator.permutation(count)
    table = VendorTable(names, contract, ready, "")
    swapped = VendorTable(names, renamed[contract].astype(np.int16), ready[np.argsort(renamed)], "")
    overrides = PEERS | {"vendor.incumbency": 20, "vendor.shortage_threshold": 1, "vendor.labour_ceiling": 1000}
    overrides |= {"vendor.branch_spread": 0}
    scenario = load_scenario("baseline", overrides)  # the whole model
    assert {event.vendors for event in scenario.vendor_events} == {(1,), (2, 3)}
    both = (prepare(NATION, scenario, 5, vendors) for vendors in (table, swapped))
    one, other = (run_inputs(cut_over_early(inputs)) for inputs in both)  # windows and branches are drawn by vendor
    (mine, my_series), (theirs, their_series) = ((run.state, run.series) for run in (one, other))
    applies = mine.systems.state >= 0
    assert (renamed[mine.systems.vendor[applies]] == theirs.systems.vendor[applies]).all()
    assert (renamed[legacy_of(one)[applies]] == legacy_of(other)[applies]).all()
    stays = mine.systems.vendor == legacy_of(one)
    assert stays[mine.municipalities.group < 0].all()
    assert 0.5 < stays.mean() < 1  # members of a group go with their lead
    assert my_series.vendors_by_month.tobytes() == their_series.vendors_by_month[:, renamed].tobytes()
    assert mine.vendors.tobytes() == theirs.vendors[renamed].tobytes()
    # What a municipality owes and suffers in a month is summed up vendor by vendor.
    for name in mine.purses.dtype.names:
        assert theirs.purses[name] == pytest.approx(mine.purses[name], rel=1e-12, abs=1e-4), name
    for name in my_series.flows_by_month.dtype.names:
        expected = my_series.flows_by_month[name]
        assert their_series.flows_by_month[name] == pytest.approx(expected, rel=1e-12), name
    found, chosen = set(differing_fields(one, other)), {"systems.vendor", "lots.vendor", "lots.legacy"}
    by_vendor = {"vendors", "vendors_by_month", "product_month", "quoted_wait", "deterrent", "largest_first"}
    by_vendor |= {"head", "tail", "branch_share"}
    assert chosen <= found
    assert {"vendors", "vendors_by_month"} <= arrays_of(found - chosen) <= by_vendor | {"purses", "flows_by_month"}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_member_that_comes_along_with_its_lead_commits_for_its_own_cause(seed):
    """Only own motive builds up, so nothing else has tipped a commitment, whether a code comes before the lead's."""
    setting = {
        "commitment.own_motive_hazard": 0.1,
        "commitment.mandate_hazard": 0,
        "commitment.peer_hazard": 0,
        "money.budget": "unlimited",
        "cooperation.shared_system": "on",
        "cooperation.initial_share": 0.9,
    }
    run = begin(whole(setting, seed))
    advance(run, 0, 12)
    state = run.state
    group, commit = state.municipalities.group, state.lots.commit
    lead = state.groups.lead[group]
    along = (group >= 0)[:, None] & (commit >= 0) & (commit == commit[lead])
    for comes_before in (np.arange(group.size) < lead, np.arange(group.size) > lead):
        assert (state.lots.cause[along & comes_before[:, None]] == Cause.OWN_MOTIVE).all()
        assert (along & comes_before[:, None]).sum() > 3
    assert (state.lots.cause[commit >= 0] == Cause.OWN_MOTIVE).all()


# One municipality more


def without_villages() -> Nation:
    """Return the municipalities of the prefectures 02 and 03 that are not villages."""
    table = NATION.municipalities
    kept = table[(table["prefecture"] != "01") & (table["type"] != "village")]
    pairs = NATION.adjacency
    pairs = pairs[pairs["code_a"].isin(kept["code"]) & pairs["code_b"].isin(kept["code"])]
    return make_nation("no villages", kept, pairs)


def with_empty_villages(nation: Nation) -> Nation:
    """Return the nation with villages that nobody lives in or borders on, before and after all other codes."""
    model = nation.municipalities.iloc[[0]]
    ages = {column: 0 for column in model.columns if column.startswith("population")}
    empty = [
        model.assign(
            code=code, name=f"Empty {code}", prefecture=code[:2], prefecture_name=code[:2], type="village", **ages
        )
        for code in ("01501", "01502", "47501")
    ]
    return make_nation("with empty villages", pd.concat([*empty, nation.municipalities]), nation.adjacency)


def differing(one: Outcome, other: Outcome, kept: slice, fields: Iterable[str]) -> list[str]:
    """Return the `fields`, as `fields_of` names them, in which `one` differs from the `kept` ones of `other`."""
    mine, theirs = fields_of(one), fields_of(other)
    return [name for name in fields if mine[name].tobytes() != theirs[name][kept].tobytes()]


KEPT = slice(2, -1)
WHAT_BECAME_OF_SYSTEMS = (
    *(f"systems.{name}" for name in ("state", "reason", "vendor", "order", "start", "live", "work")),
    *(f"systems.{name}" for name in ("window", "held", "blocker")),
    *("lots.legacy", "lots.commit", "lots.cause"),
    *("municipalities.readiness", "municipalities.belief"),
)
WHAT_BECAME_OF_BODIES = (
    *(f"purses.{name}" for name in money.PURSE.names),
    *(f"workforce.{name}" for name in staff.WORKFORCE.names),
    *(f"harm.{name}" for name in cutover.HARM.names),
    *(f"programmes.{name}" for name in programmes.PROGRAMME.names),
    *(f"cohorts.{name}" for name in residents.COHORT.names),
    "ledger",
)


@pytest.mark.parametrize("discipline", ["first_come", "shortest_job", "smallest_municipality"])
def test_empty_bodies_change_nobody_else(discipline):
    small = without_villages()
    large = with_empty_villages(small)
    overrides = PEERS | {
        "policy.extension_rule": "none",
        "vendor.queue_discipline": discipline,
    }
    for seed in SEEDS:
        one, other = (run_inputs(core(overrides, seed, nation)) for nation in (small, large))
        assert differing(one, other, KEPT, WHAT_BECAME_OF_SYSTEMS) == []
        for field in ("contracted", "total_done", "book", "withdrawn"):
            assert one.state.vendors[field].tobytes() == other.state.vendors[field].tobytes(), field
        mine, theirs = one.series.vendors_by_month, other.series.vendors_by_month
        for field in ("capacity", "book", "work_done", "queue_wait", "shortage", "population_served"):
            assert mine[field].tobytes() == theirs[field].tobytes(), field
        assert (live_of(other)[[0, 1, -1]].max(axis=1) >= 0).all()


def test_empty_bodies_change_nobody_else_in_the_whole_model():
    """Where no mean over municipalities counts them: prefectures' staff, data sharing; no vendor gains experience."""
    small = without_villages()
    large = with_empty_villages(small)
    overrides = PEERS | {
        "policy.extension_rule": "none",
        "staff.prefectural_pool": 0,
        "security.data_sharing": "none",
        "security.trust_spread": 0,
        "residents.analog_rule": "staff",
        "residents.analog_floor": 0.4,
    }
    for seed in SEEDS:
        one, other = (run_inputs(whole(overrides, seed, nation)) for nation in (small, large))
        assert differing(one, other, KEPT, (*WHAT_BECAME_OF_SYSTEMS, *WHAT_BECAME_OF_BODIES, "residents")) == []
        grouped = one.state.municipalities.group >= 0
        assert (grouped == (other.state.municipalities.group >= 0)[KEPT]).all()
        assert grouped.any()


def test_one_more_body_changes_no_draw_of_another():
    table, pairs = NATION.municipalities, NATION.adjacency
    dropped = table["code"].iloc[60]
    fewer = make_nation(
        "one less",
        table[table["code"] != dropped],
        pairs[(pairs["code_a"] != dropped) & (pairs["code_b"] != dropped)],
    )
    overrides = {"legacy.bespoke_share": 0.1}
    # Who follows a centre follows whom it follows: without that, only the neighbours can tell.
    overrides |= {"vendor.local_market": 0.0, "programmes.joint_joining": 0.0}
    whole, part = (core(overrides, 3, nation) for nation in (NATION, fewer))
    kept = np.arange(len(table)) != 60
    state, other = begin(whole), begin(part)
    around = whole.country.neighbours[whole.country.offsets[60] : whole.country.offsets[61]]
    apart = ~np.isin(np.arange(len(table)), around)[kept]  # neighbours have one territory less to choose from
    for field in ("complexity", "threshold", "planning_months", "legacy", "package"):
        assert (state.lots[field][kept][apart] == other.lots[field][apart]).all(), field
    for field in ("work", "limit", "state", "vendor"):
        assert (state.systems[field][kept][apart] == other.systems[field][apart]).all(), field
    for field in ("flag", "earliest_start"):
        assert (state.systems[field][kept] == other.systems[field]).all(), field
    for field in ("readiness", "belief"):
        assert (state.municipalities[field][kept] == other.municipalities[field]).all(), field
    assert (np.argsort(state.municipalities.tie[kept]) == np.argsort(other.municipalities.tie)).all()
    assert (whole.market.product_month == part.market.product_month).all()
    packages = sum(len(set(row)) for row in state.lots.package.tolist())
    assert len(np.unique(state.lots.threshold)) == packages
    codes = part.country.places.code
    assert (whole.country.places.code[kept] == codes).all()
    gates = [
        [[is_gate_open(3, code, month, run.parameters) for month in range(24)] for code in codes]
        for run in (whole, part)
    ]
    assert gates[0] == gates[1]
    assert 0 < np.mean(gates[0]) < 1


# Two countries in one


def market_of(nation: Nation, copies: int, seed: int) -> VendorTable:
    """Return a market of six vendors for each copy of `nation`, with products ready at the same dates in each."""
    generator, count, n = np.random.default_rng(seed), 6, len(nation.municipalities)
    contract = generator.choice(count, (n, 6), p=[0.35, 0.25, 0.16, 0.12, 0.08, 0.04])
    ready = np.round(generator.normal(46, 4, (count, 6)))
    names = tuple(f"Maker {number}" for number in range(copies * count))
    contracts = np.concatenate([contract + copy * count for copy in range(copies)])
    return VendorTable(names, contracts.astype(np.int16), np.tile(ready, (copies, 1)), "")


def doubled(nation: Nation) -> Nation:
    """Return a nation and, in prefectures and with codes of its own, a copy without contact to it."""

    def moved(codes: pd.Series) -> pd.Series:
        return codes.str[:2].astype(int).add(20).astype(str) + codes.str[2:]

    table, pairs = nation.municipalities, nation.adjacency
    other = table.assign(code=moved(table["code"]), prefecture=moved(table["prefecture"]), name=table["name"] + " 2")
    other = other.assign(prefecture_name=other["prefecture_name"] + " 2")
    borders = pairs.assign(code_a=moved(pairs["code_a"]), code_b=moved(pairs["code_b"]))
    return make_nation("twice", pd.concat([table, other]), pd.concat([pairs, borders]))


# What couples places without contact: a common ceiling, review, fund, prices by share of the market, and looking
# at all or all of a type.
APART = {
    "vendor.incumbency": 20,
    "vendor.retender_probability": 0,
    "vendor.labour_ceiling": 1000,
    "policy.extension_rule": "none",
    "programmes.exposure": "geographic",
    "subsidy.fund_opening": 1e14,
    "money.lock_in": 0,
}


def test_a_copy_of_the_country_changes_nobody_and_fares_alike_on_average():
    """Bit for bit for the first one; the second has draws of its own, so that shares of both vary half as much."""
    small = mixed_nation(5, 6)
    twice, alone, together = doubled(small), market_of(small, 1, 3), market_of(small, 2, 3)
    scenario = load_scenario("baseline", APART)
    scenario = replace(scenario, vendor_events=())  # they are for vendors by rank in the nation
    n, seeds = len(small.municipalities), range(1, 121)
    shares = []
    for seed in seeds:
        pair = run_model(twice, scenario, seed, together)
        systems = pair.state.systems
        applies = systems.state >= 0
        is_on_time = applies & (systems.live >= 0) & (systems.live <= DEADLINE)
        shares.append([is_on_time[half].sum() / applies[half].sum() for half in (slice(n), slice(n, None))])
        if seed > 8:
            continue
        one = run_model(small, scenario, seed, alone)
        assert differing(one, pair, slice(n), (*WHAT_BECAME_OF_SYSTEMS, *WHAT_BECAME_OF_BODIES)) == []
    first, second = np.array(shares).T
    error = math.sqrt((first.var(ddof=1) + second.var(ddof=1)) / first.size)
    assert error > 0
    assert abs(first.mean() - second.mean()) < LIMIT * error
    assert abs(np.corrcoef(first, second)[0, 1]) * math.sqrt(first.size) < LIMIT
    both = (first + second) / 2
    # The ratio of variances of independent normal samples would lie within these bounds but for 6e-7.
    assert 0.2 < both.var(ddof=1) / ((first.var(ddof=1) + second.var(ddof=1)) / 2) < 0.95


def test_half_vendors_with_half_the_book_do_as_much_together():
    """To one job a vendor: each half has one job in hand."""
    nation = alike_nation(100)
    overrides = (
        UNIT_JOBS
        | STEADY_VENDORS
        | ALIKE
        | {
            "vendor.count": 1,
            "vendor.planning_months": 0,
            "vendor.readiness_mean": 0,
            "vendor.incumbency": 20,
            "commitment.own_motive_hazard": 1,
            "commitment.mandate_hazard": 0,
        }
    )
    generator = np.random.default_rng(11)
    pairs = np.sort(generator.integers(0, 60, 150))  # the jobs of a month come in pairs, one for each half
    halves = np.tile((np.arange(100) % 2)[:, None], 6).astype(np.int16)
    done = []
    for names, contract in ((("Whole",), np.zeros_like(halves)), (("Left", "Right"), halves)):
        table = VendorTable(names, contract, np.full((len(names), 6), 0.0), "")
        inputs = cut_over_early(prepare(nation, plain(overrides), 1, table))
        run = begin(inputs)
        arrive(run.state, np.repeat(pairs, 2))
        run.vendors.capacity[:] = 2.7 / len(names)
        advance(run, 0, MONTHS)
        jobs = np.isin(inputs.country.lot_of, SINGLE)
        live = run.systems.live[:, jobs][run.systems.order[:, jobs] >= 0]
        assert live.size == 300
        done.append((live[:, None] <= np.arange(MONTHS)) & (live[:, None] >= 0))
        assert run.vendors_by_month.work_done.sum() == pytest.approx(300, rel=1e-9)
    one, two = (systems.sum(axis=0) for systems in done)
    assert np.abs(one - two).max() <= 2
    assert one[-1] == two[-1] == 300


# Money and groups


YEN = [name for name, entry in REGISTRY.items() if entry.unit.startswith("yen")]
MONEY_MOVES = {
    "policy.late_penalty": 50_000.0,
    "subsidy.lump_sum": 1_000_000.0,
    "subsidy.fund_opening": 2e9,
    "cooperation.transaction_cost": 4_000_000.0,
    "cooperation.grant_rate": 0.1,
    "cooperation.shared_staff": "off",  # which is worth a wage that is a constant
    "residents.analog_rule": "staff",
    "residents.analog_floor": 0.3,
    "money.envelope_share": 0.002,
}


def test_all_yen_are_known():
    assert {"money.fixed_cost", "money.rounding_unit", "transaction_cost", "residents.desk_cost"} <= {
        *YEN,
        *(name.split(".")[1] for name in YEN),
    }
    assert len(YEN) == 12


@pytest.mark.parametrize("doublings", [1, 5])
@pytest.mark.parametrize("rule", ["equal_saving", "shapley", "population"])
def test_the_unit_of_money_does_not_matter(doublings, rule):
    """All yen times a power of two, the smallest amount that is booked included: the same decisions, bit for bit.

    Published ceilings of the subsidy stay as they are, so their multiple grows, and so do a municipality's finances.
    """
    factor = 2**doublings
    setting = MONEY_MOVES | PEERS | {"cooperation.sharing_rule": rule}
    base = load_scenario("baseline", setting)
    assert all(float(base.values[name]) > 0 for name in YEN)
    scaled = {name: type(REGISTRY[name].default)(base.values[name] * factor) for name in YEN}
    scaled["subsidy.ceiling_multiple"] = factor
    mine, theirs = (whole(setting | more, 7) for more in ({}, scaled))
    places = theirs.country.places.copy()
    places.standard_scale, places.reserve = factor * places.standard_scale, factor * places.reserve
    one, other = run_inputs(mine), run_inputs(theirs._replace(country=theirs.country._replace(places=places)))
    assert one.state.ledger.any(axis=0).all()
    mine, theirs = fields_of(one), fields_of(other)
    in_yen = {"ledger", "treasury", "money", "money_by_month", "national_by_month.fund_balance"}
    in_yen |= {f"purses.{name}" for name in money.PURSE.names if name not in ("saving", "unit_ceiling")}
    in_yen |= {"groups.cost", "groups.transaction", "flows_by_month.saving", "flows_by_month.interoperability"}
    in_yen |= {f"levers.{name}" for name in BODY_LEVERS if any(key.endswith(f".{name}") for key in YEN)}
    in_yen.add("levers.ceiling_multiple")
    for name in in_yen:
        assert (mine[name] * factor == theirs[name]).all(), name
    assert set(differing_fields(one, other)) <= in_yen
    assert (one.state.groups.members > 1).any()
    assert one.series.flows_by_month.refusals.sum() > 0


@pytest.mark.parametrize("seed", [1, 2])
def test_cooperation_that_nobody_wants_is_as_none(seed):
    """The whole model, month by month: nothing but the count of moves tested differs."""
    none, unwanted = (
        {"cooperation.formation": "none"},
        {
            "cooperation.transaction_cost": 1e12,
            "cooperation.initial_share": 0,
            "cooperation.talks_share": 0.5,
        },
    )
    one, other = (begin(whole(change, seed)) for change in (none, unwanted))
    for month in range(0, MONTHS, 6):
        advance(one, month, month + 6)
        advance(other, month, month + 6)
        assert set(differing_fields(one.state, other.state)) <= {"talks"}
    assert other.talks[Talks.MOVES_TESTED] > 0
    found = set(differing_fields(one.series, other.series))
    assert found
    assert found <= {f"national_by_month.{code.name.lower()}" for code in Talks}


def groups_by_year(inputs: Inputs) -> np.ndarray:
    """Return the group of every municipality at the end of each year."""
    run = begin(inputs)
    groups = []
    for month in range(0, MONTHS, 12):
        advance(run, month, month + 12)
        groups.append(run.municipalities.group.copy())
    return np.array(groups)


LIVELY = {"cooperation.transaction_cost": 4_000_000.0, "cooperation.talks_share": 0.1, "money.budget": "unlimited"}


def test_a_lump_sum_for_everybody_changes_no_group():
    """With budgets that bind nobody; else the money lets lots commit earlier, and a group buys fewer together."""
    one, other = (groups_by_year(whole(LIVELY | {"subsidy.lump_sum": yen}, 2)) for yen in (0, 5e7))
    assert (one == other).all()
    assert np.unique(one[-1]).size > 5
    assert (one[0] != one[-1]).any()
    binding = {"money.budget": "binding", "money.envelope_share": 0.003}
    one, other = (groups_by_year(whole(LIVELY | binding | {"subsidy.lump_sum": yen}, 2)) for yen in (0, 5e7))
    assert (one[:2] == other[:2]).all()  # until lots commit


@pytest.mark.parametrize("rule", ["equal_saving", "shapley", "separable_costs"])
def test_cost_fees_and_grants_times_four_change_no_group(rule):
    setting = LIVELY | {
        "cooperation.sharing_rule": rule,
        "cooperation.grant_rate": 0.2,
        "cooperation.shared_staff": "off",
    }
    names = ("money.fixed_cost", "money.unit_cost", "cooperation.transaction_cost", "subsidy.ceiling_multiple")
    base = load_scenario("baseline", setting).values
    scaled = {name: float(base[name]) * 4 for name in names}  # all that is in yen, published ceilings too
    one, other = (groups_by_year(whole(setting | more, 2)) for more in ({}, scaled))
    assert (one == other).all()
    assert np.unique(one[-1]).size > 5


def test_more_that_can_be_pooled_saves_every_group_at_the_start_no_less():
    costs = []
    for share in (0.2, 0.45, 0.7):
        run = begin(whole({"cooperation.poolable_share": share, "cooperation.initial_share": 0.8}, 3))
        advance(run, 0, 1)
        costs.append(run.groups.cost[run.groups.members > 1])
    assert costs[0].size > 10
    for less, more in pairwise(costs):
        assert (more <= less).all()
        assert (more < less).mean() > 0.8  # the others run no old system of one vendor


# Residents


def excluded_by_month(overrides: dict[str, object], seed: int) -> tuple[np.ndarray, Outcome]:
    """Return who is excluded in each month, (180, n, 4), and the outcome."""
    inputs = whole(overrides, seed, SMALL)
    run = begin(inputs)
    excluded = []
    for month in range(MONTHS):
        advance(run, month, month + 1)
        excluded.append(run.cohorts.excluded.copy())
    return np.array(excluded), Outcome(inputs, run.state, run.series)


SMALL = mixed_nation(4, 5)
CLOSING = {
    "residents.analog_rule": "sunset",
    "residents.analog_floor": 0.2,
    "residents.closing_start": "2023-04",
    "residents.support_desks": 0.1,
    "residents.access_points": 0.1,
    "residents.need": 0.05,
    "residents.access_distance": 1e6,
    "residents.giving_up": 0,
    "programmes.joining_hazard": 1,
}
MORE_HELP = {
    "counters": {"residents.analog_floor": 0.6},
    "desks": {"residents.support_desks": 2.0},
    "points": {"residents.access_points": 1.0},
    "rates": {"residents.help_rate": 4},
    "later": {"residents.closing_start": "2026-04"},
    "slower": {"residents.closing_months": 60},
    "training": {"residents.training": 0.1},
}


@pytest.mark.parametrize("change", MORE_HELP)
def test_more_help_or_counters_exclude_nobody_more(change):
    """For each municipality, age group and month, in the whole model; channels feed back only into their cost.

    Where distance keeps nobody away and nobody gives up: with counters open fewer go online, so that distance keeps a
    few more away, and more come to a counter that may be short of staff.
    """
    base, one = excluded_by_month(CLOSING, 4)
    changed, other = excluded_by_month(CLOSING | MORE_HELP[change], 4)
    assert (changed <= base + 0.01).all()
    assert (changed < base - 0.1).any()
    assert base.shape[2] == len(COHORTS)
    of_channels = {"levers", "money", "money_by_month", "flows_by_month", "cohorts", "access", "ledger"}
    found = set(differing_fields(one, other)) - {"municipalities.closing"}
    assert arrays_of(found) <= of_channels


# Finer time


def share_committed(steps: int, months: int, nation: Nation) -> float:
    """Return the share committed after `months` of which each is cut into `steps` shorter ones with smaller hazards.

    What is counted in months grows with the steps: the deadline, the scale of urgency and the lead. Planning and vendor
    work pass in whole steps too, but here they delay nobody's decision.
    """
    overrides = (
        ALIKE
        | NO_QUEUES
        | {
            "vendor.planning_months": 0,
            "vendor.minimum_months": 6,
            "policy.mandate_start": "2021-04",
            "commitment.mandate_uniformity": 1,
            "commitment.prefecture_exposure_weight": 0,
            "commitment.type_exposure_weight": 1,
            "belief.initial_extension_belief": 0,
        }
    )
    inputs = prepare(nation, plain(overrides), 1)
    parameters = inputs.parameters.copy()
    parameters.own_motive_hazard, parameters.peer_hazard, parameters.mandate_hazard = (
        hazard / steps for hazard in (0.005, 0.05, 0.06)
    )
    parameters.urgency_scale = 4.0 * steps
    parameters.minimum_months = 6.0 * steps
    parameters.deadline = parameters.second_deadline = 48 * steps
    inputs = inputs._replace(parameters=parameters)
    run = begin(inputs)
    spread_thresholds(run.state)
    advance(run, 0, months * steps)
    return float((run.lots.commit[:, 0] >= 0).mean())


def test_finer_time_steps_converge_in_order_of_their_length():
    """Hazards, which are all that acts in continuous time; capacity and calendar are monthly by definition."""
    nation = alike_nation(20_000)
    shares = [share_committed(steps, 40, nation) for steps in (1, 2, 4)]
    first, second = (abs(fine - coarse) for coarse, fine in pairwise(shares))
    assert 0.3 < shares[-1] < 0.95
    assert 1.7 < first / second < 2.4
    assert second < 0.01


# Ways of running


def test_resumed_run_is_the_same_run():
    inputs = prepare(NATION, load_scenario("baseline", PEERS), 4)
    whole = run_inputs(inputs)
    run = begin(inputs)
    advance(run, 0, 90)
    kept = copy_of_run(inputs, run)
    advance(run, 90, MONTHS)
    run.systems.live[:] = 7  # what is done to the first copy does not reach the second
    advance(kept, 90, MONTHS)
    assert differing_fields(whole, Outcome(inputs, kept.state, kept.series)) == []


def test_runs_leave_their_inputs_alone():
    inputs = prepare(NATION, load_scenario("baseline", PEERS), 4)
    first = run_inputs(inputs)
    assert differing_fields(first, run_inputs(inputs)) == []


def test_threads_batches_and_order_change_no_bit():
    cases = [("baseline", {}), ("baseline", PEERS), ("firm_deadline", {}), ("open_standards", {})]
    runs = [
        prepare(NATION, load_scenario(name, overrides), seed) for seed in (1, 2, 2**62 + 1) for name, overrides in cases
    ]
    alone = [run_inputs(run) for run in runs]
    for threads in (1, 2):
        together = run_many(runs, threads)
        assert [differing_fields(one, other) for one, other in zip(alone, together, strict=True)] == [[]] * len(runs)
    mixed = list(range(len(runs)))
    random.Random(3).shuffle(mixed)  # noqa: S311
    reordered = run_many([runs[place] for place in mixed], 2)
    for place, found in zip(mixed, reordered, strict=True):
        assert differing_fields(alone[place], found) == []
    assert differing_fields(alone[0], alone[4]) != []


DIGEST = """
import hashlib
import numpy
from dxsim.model.run import Outcome, run_model
from dxsim.nation.small import grid_nation
from dxsim.scenario.scenario import load_scenario

run = run_model(grid_nation(6, 7, prefectures=3), load_scenario("baseline", {"commitment.peer_hazard": 0.04}), 11)
digest = hashlib.sha256()
for value in (*run.state, *run.series):
    digest.update(numpy.asarray(value).tobytes())
print(digest.hexdigest())
"""


def test_fresh_process_elsewhere_gives_the_same_bits(tmp_path):
    here = run_model(grid_nation(6, 7, prefectures=3), load_scenario("baseline", PEERS), 11)
    digest = hashlib.sha256()
    for value in (*here.state, *here.series):
        digest.update(np.asarray(value).tobytes())
    for number, hash_seed in enumerate(("1", "4242")):
        folder = tmp_path / str(number)
        folder.mkdir()
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": "Asia/Tokyo"}
        found = subprocess.run(
            [sys.executable, "-c", DIGEST], cwd=folder, env=environment, capture_output=True, text=True, check=True
        )
        assert found.stdout.strip() == digest.hexdigest()
        assert list(folder.iterdir()) == []


def test_seeds_and_events_change_results():
    """Guard of the relations above: runs do differ when something that counts differs."""
    inputs = prepare(NATION, plain(), 1)
    other = run_inputs(prepare(NATION, plain(), 2))
    expected = {"systems.live", "systems.vendor", "systems.work", "systems.window", "branch_share"}
    assert expected <= set(differing_fields(run_inputs(inputs), other))
    event = VendorEvent(40, (1,), 0.1, (), "")
    slower = run_inputs(prepare(NATION, replace(plain(), vendor_events=(event,)), 1))
    assert "systems.live" in differing_fields(run_inputs(inputs), slower)
