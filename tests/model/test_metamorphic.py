"""How outcomes must move, or stay, when a nation, a scenario or the way of running it changes.

"Pathwise" means: for every system and every seed, because runs with the same seed share all draws. The relations need
preconditions; tests that switch one off and find violations record where they end.
"""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from dxsim.model.commitment import is_gate_open
from dxsim.model.run import Inputs, Outcome, begin, outcome, prepare, proceed, run_inputs, run_many, run_model
from dxsim.model.state import VENDOR
from dxsim.nation.nation import Nation, make_nation
from dxsim.nation.small import grid_nation
from dxsim.nation.vendor_table import VendorTable
from dxsim.scenario.scenario import VendorEvent, load_scenario
from tests.model.cases import MONTHS, copy_of, differing_fields, mixed_nation, plain

NATION = mixed_nation(10, 14)
SEEDS = range(1, 7)
NOT_YET = 32767

# Nobody's hazard reads the vendors' queues: all ignore the wait, no shortage moves a belief, no review looks at delays.
BLIND = {"commitment.naive_share": 1, "belief.shortage_belief_rise": 0, "policy.extension_rule": "none"}
PEERS = {"commitment.peer_hazard": 0.04}
# Vendors are chosen for reasons that no queue and no neighbour changes, and never let go of a job.
FIXED_VENDORS = {
    "vendor.wait_aversion": 0,
    "vendor.neighbour_weight": 0,
    "vendor.shortage_threshold": 1,
    "vendor.retender_probability": 0,
}


def baseline(overrides: dict[str, object], seed: int, nation: Nation = NATION) -> Inputs:
    return prepare(nation, load_scenario("baseline", overrides), seed)


def run_with_readiness(inputs: Inputs, rise: float) -> Outcome:
    """Run with the readiness of every second body raised; the others feel it through peers and queues only."""
    state, series = begin(inputs)
    state.municipalities.readiness[::2] += rise
    proceed(inputs, state, series, 0, MONTHS)
    return outcome(inputs, state, series)


def when(months: np.ndarray) -> np.ndarray:
    """Return months with "never" after all others."""
    return np.where(months < 0, NOT_YET, months)


def later(base: np.ndarray, changed: np.ndarray) -> int:
    """Return how many systems come later in `changed` than in `base`."""
    return int((when(changed) > when(base)).sum())


def more_hazard(overrides: dict[str, object], seed: int) -> dict[str, tuple[Outcome, Outcome]]:
    """Return pairs of a run and one with a higher hazard of commitment."""
    base = baseline(overrides, seed)
    return {
        "readiness": (run_inputs(base), run_with_readiness(base, 1.0)),
        "own motive": (
            run_inputs(base),
            run_inputs(baseline({**overrides, "commitment.own_motive_hazard": 0.01}, seed)),
        ),
        "peers": (run_inputs(base), run_inputs(baseline({**overrides, "commitment.peer_hazard": 0.08}, seed))),
    }


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("response", ["linear", "threshold"])
def test_more_hazard_never_delays_a_commitment(seed, response):
    for base, changed in more_hazard(BLIND | PEERS | {"commitment.peer_response": response}, seed).values():
        assert later(base.commit, changed.commit) == 0
        assert later(changed.commit, base.commit) > 50


# Products are there and the mandate presses from the start, so that books, not products, make the waits.
BOOKS_COUNT = {
    "vendor.readiness_mean": 0,
    "policy.mandate_start": "2021-04",
    "commitment.gate_rule": "always_open",
    "commitment.readiness_slope": 1,
    "commitment.peer_hazard": 0,
}


@pytest.mark.parametrize(
    ("setting", "without_precondition"),
    [
        (BOOKS_COUNT | {"commitment.mandate_hazard": 0.1}, {"commitment.naive_share": 0}),
        ({}, {"belief.shortage_belief_rise": 0.3}),
        (
            BOOKS_COUNT
            | {
                "commitment.mandate_hazard": 0.02,
                "policy.enforcement": 0,
                "policy.extension_threshold": 0.9,
                "vendor.capacity_ratio": 0.05,
                "legacy.bespoke_share": 0.3,
            },
            {"policy.extension_rule": "conditional"},
        ),
    ],
    ids=["bodies read the wait", "shortages move beliefs", "a review looks at delays"],
)
def test_more_hazard_can_delay_once_the_hazard_reads_the_queue(setting, without_precondition):
    """Where the relation ends: any one precondition, switched off, is enough for later commitments."""
    violations = {"with": 0, "without": 0}
    for seed in SEEDS:
        for name, change in {"with": {}, "without": without_precondition}.items():
            base = baseline(BLIND | PEERS | setting | change, seed)
            violations[name] += later(run_inputs(base).commit, run_with_readiness(base, 2.0).commit)
    assert violations["with"] == 0
    assert violations["without"] > 0


@pytest.mark.parametrize("seed", SEEDS)
def test_more_hazard_never_delays_a_go_live_with_unlimited_capacity(seed):
    overrides = BLIND | PEERS | FIXED_VENDORS | {"vendor.capacity_ratio": 1e4, "vendor.readiness_mean": 24}
    for base, changed in more_hazard(overrides, seed).values():
        assert (base.vendor == changed.vendor)[(base.commit >= 0) & (changed.commit >= 0)].all()
        assert later(base.live, changed.live) == 0
        assert later(changed.live, base.live) > 10


def test_more_hazard_delays_some_go_lives_with_scarce_capacity():
    """No relation per system: whoever commits earlier takes the place of others in the queue."""
    overrides = BLIND | PEERS | FIXED_VENDORS | {"vendor.capacity_ratio": 0.6}
    base = baseline(overrides, 1)
    assert later(run_inputs(base).live, run_with_readiness(base, 1.0).live) > 0


@pytest.mark.parametrize("seed", SEEDS)
def test_more_capacity_never_delays_a_go_live(seed):
    overrides = BLIND | PEERS | FIXED_VENDORS
    base = run_inputs(baseline({**overrides, "vendor.capacity_ratio": 0.6}, seed))
    for more in (0.61, 0.9, 3.0):
        changed = run_inputs(baseline({**overrides, "vendor.capacity_ratio": more}, seed))
        assert (base.vendor == changed.vendor).all()
        assert (base.order == changed.order).all()
        assert later(base.live, changed.live) == 0
        assert later(changed.live, base.live) > 50


@pytest.mark.parametrize("seed", SEEDS)
def test_weaker_mandate_never_hastens_a_commitment(seed):
    base = run_inputs(baseline(BLIND | PEERS, seed))
    weaker = run_inputs(baseline(BLIND | PEERS | {"commitment.mandate_hazard": 0.2}, seed))
    assert later(weaker.commit, base.commit) == 0
    assert later(base.commit, weaker.commit) > 50


LATER_DATE = {"policy.deadline": "2027-03"}


@pytest.mark.parametrize("seed", SEEDS)
def test_later_deadline_never_hastens_a_commitment(seed):
    """Enforcement is kept up after the deadline; else the earlier date lets go first."""
    overrides = BLIND | PEERS | {"policy.enforcement": 1}
    base = run_inputs(baseline(overrides, seed))
    moved = run_inputs(baseline(overrides | LATER_DATE, seed))
    assert later(moved.commit, base.commit) == 0
    assert later(base.commit, moved.commit) > 50


def test_later_deadline_can_hasten_those_whom_the_earlier_one_let_go():
    overrides = BLIND | {
        "policy.enforcement": 0,
        "commitment.mandate_hazard": 0.05,
        "commitment.urgency_scale": 1,
        "belief.initial_extension_belief": 0,
        "belief.belief_learning": 0,
    }
    hastened = sum(
        later(run_inputs(baseline(overrides | LATER_DATE, seed)).commit, run_inputs(baseline(overrides, seed)).commit)
        for seed in SEEDS
    )
    assert hastened > 0


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
    scenario = load_scenario("baseline", overrides)
    assert {event.vendors for event in scenario.vendor_events} == {(1,), (2, 3, 4)}
    one, other = (run_model(NATION, scenario, 5, vendors) for vendors in (table, swapped))
    applies = one.state >= 0
    for field in ("vendor", "legacy_vendor"):
        mine, theirs = getattr(one, field), getattr(other, field)
        assert (renamed[mine[applies]] == theirs[applies]).all()
    assert (one.vendor == one.legacy_vendor).all()
    assert one.vendors.tobytes() == other.vendors[:, renamed].tobytes()
    assert one.work_balance.tobytes() == other.work_balance[renamed].tobytes()
    assert set(differing_fields(one, other)) == {"vendor", "legacy_vendor", "vendors", "work_balance"}


# One body more


def without_villages() -> Nation:
    """Return the bodies of the prefectures 02 and 03 that are not villages."""
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


@pytest.mark.parametrize("discipline", ["first_come", "shortest_job", "smallest_municipality"])
def test_empty_bodies_change_nobody_else(discipline):
    """Without learning: systems without work would count as experience, see below."""
    small = without_villages()
    large = with_empty_villages(small)
    overrides = PEERS | {
        "policy.extension_rule": "none",
        "vendor.learning_exponent": 0,
        "vendor.queue_discipline": discipline,
    }
    for seed in SEEDS:
        one, other = (run_inputs(baseline(overrides, seed, nation)) for nation in (small, large))
        kept = slice(2, -1)
        for field in ("state", "reason", "vendor", "legacy_vendor", "commit", "cause", "order", "start", "live"):
            assert (getattr(one, field) == getattr(other, field)[kept]).all(), field
        for field in ("work", "readiness", "belief", "naive"):
            assert getattr(one, field).tobytes() == getattr(other, field)[kept].tobytes(), field
        assert one.work_balance.tobytes() == other.work_balance.tobytes()
        for column in ("capacity", "book", "work_done", "queue_wait", "shortage", "population_served"):
            place = VENDOR.index(column)
            assert one.vendors[:, :, place].tobytes() == other.vendors[:, :, place].tobytes(), column
        assert (other.live[[0, 1, -1]].max(axis=1) >= 0).all()


def test_empty_bodies_teach_vendors():
    """The reason for the condition above: experience counts systems made live, whatever work they were."""
    small = without_villages()
    large = with_empty_villages(small)
    overrides = {"policy.extension_rule": "none", "commitment.own_motive_hazard": 0.01}
    one, other = (run_inputs(baseline(overrides, 1, nation)) for nation in (small, large))
    assert (one.work == other.work[2:-1]).all()
    assert other.vendors[:, :, VENDOR.index("work_done")].tobytes() != (
        one.vendors[:, :, VENDOR.index("work_done")].tobytes()
    )


def test_one_more_body_changes_no_draw_of_another():
    table, pairs = NATION.municipalities, NATION.adjacency
    dropped = table["code"].iloc[60]
    fewer = make_nation(
        "one less",
        table[table["code"] != dropped],
        pairs[(pairs["code_a"] != dropped) & (pairs["code_b"] != dropped)],
    )
    overrides = {"legacy.bespoke_share": 0.1}
    whole, part = (baseline(overrides, 3, nation) for nation in (NATION, fewer))
    kept = np.arange(len(table)) != 60
    state, other = begin(whole)[0], begin(part)[0]
    for field in ("complexity", "threshold", "planning_months", "legacy", "hard"):
        assert (state.lots[field][kept] == other.lots[field]).all(), field
    for field in ("work", "limit", "flag", "gate", "state", "vendor"):
        assert (state.systems[field][kept] == other.systems[field]).all(), field
    for field in ("readiness", "naive", "belief"):
        assert (state.municipalities[field][kept] == other.municipalities[field]).all(), field
    assert (np.argsort(state.municipalities.tie[kept]) == np.argsort(other.municipalities.tie)).all()
    assert (whole.market.ready == part.market.ready).all()
    assert len(np.unique(state.lots.threshold)) == state.lots.size
    codes = part.country.municipalities.code
    assert (whole.country.municipalities.code[kept] == codes).all()
    gates = [
        [[is_gate_open(3, code, month, run.parameters) for month in range(24)] for code in codes]
        for run in (whole, part)
    ]
    assert gates[0] == gates[1]
    assert 0 < np.mean(gates[0]) < 1


# Ways of running


def test_resumed_run_is_the_same_run():
    inputs = prepare(NATION, load_scenario("baseline", PEERS), 4)
    whole = run_inputs(inputs)
    state, series = begin(inputs)
    proceed(inputs, state, series, 0, 90)
    kept_state, kept_series = copy_of(state), copy_of(series)
    proceed(inputs, state, series, 90, MONTHS)
    state.systems.live[:] = 7  # what is done to the first copy does not reach the second
    proceed(inputs, kept_state, kept_series, 90, MONTHS)
    assert differing_fields(whole, outcome(inputs, kept_state, kept_series)) == []


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
from dxsim.model.run import Outcome, run_model
from dxsim.nation.small import grid_nation
from dxsim.scenario.scenario import load_scenario

run = run_model(grid_nation(6, 7, prefectures=3), load_scenario("baseline", {"commitment.peer_hazard": 0.04}), 11)
digest = hashlib.sha256()
for name in Outcome._fields[:3] + Outcome._fields[4:]:
    digest.update(getattr(run, name).tobytes())
print(digest.hexdigest())
"""


def test_fresh_process_elsewhere_gives_the_same_bits(tmp_path):
    here = run_model(grid_nation(6, 7, prefectures=3), load_scenario("baseline", PEERS), 11)
    digest = hashlib.sha256()
    for name in Outcome._fields[:3] + Outcome._fields[4:]:
        digest.update(getattr(here, name).tobytes())
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
    assert {"live", "vendor", "work", "readiness"} <= set(differing_fields(run_inputs(inputs), other))
    event = VendorEvent(40, (1,), 0.1, (), "")
    slower = run_inputs(prepare(NATION, replace(plain(), vendor_events=(event,)), 1))
    assert "live" in differing_fields(run_inputs(inputs), slower)
