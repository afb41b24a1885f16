"""What must hold at the end of every month, whatever the parameters; the checks are those of `laws`.

More than 10,000 random sets of parameters: a few on a nation of all types in every month, hundreds on a small one in
some months each, and the rest of the ten thousand with the marker `long`.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from dxsim.model.codes import ACCOUNTS, NEVER, TRANSITIONS, TREASURY, Account, Held, Reason, SystemState, Treasury
from dxsim.model.commitment import is_gate_open
from dxsim.model.events import Kind
from dxsim.model.run import prepare
from dxsim.model.state import COUNT_FIELDS, FLOW_FIELDS, NATIONAL_FIELDS, VENDOR_FIELDS, Series
from dxsim.nation.nation import SYNTHETIC, SYNTHETIC_FOLDER, load_nation
from dxsim.scenario.policies import Policy, Who
from dxsim.scenario.registry import REGISTRY
from dxsim.scenario.scenario import Announcement, Scenario, VendorEvent, contradictions, load_scenario
from dxsim.terms.municipalities import TYPES
from tests.model.cases import KINDS, MONTHS, UNEVEN, copy_of_run, mixed_nation
from tests.model.laws import COST_ACCOUNTS, LOTS, MOVES, TOLERANCE, watch_month
from tests.model.watch import Watch
from tests.scenario.ranges import ranges
from tests.twin.agreement import differences, disagreement, series_differences
from tests.twin.model import PlainModel

EXTREMES = {
    "vendor.capacity_ratio": [0, 0.02, 0.6, 0.85, 1.5, 3, 1e6],
    "vendor.count": [1, 2, 7, 20, 46],
    "vendor.specialists": [0, 2, 6],
    "vendor.travel_share": [0, 0.3, 1],
    "vendor.branch_spread": [0, 0.3, 2],
    "vendor.reserve_months": [0, 1, 6.5],
    "vendor.planning_months": [0, 3, 9],
    "vendor.stabilisation_months": [0, 1, 12],
    "vendor.retender_probability": [0, 0.3, 1],
    "vendor.shortage_threshold": [0, 0.05, 0.5],
    "vendor.readiness_mean": [0, 30, 48],
    "policy.extension_threshold": [0.0, 0.1],
    "policy.engineer_pool": [0, 0, 0.5, 1],
    "legacy.bespoke_share": [0.0, 0.0057, 0.3],
    "money.envelope_share": [0, 0.001, 0.015, 1],
    "money.lock_in": [0, 0.4, 3],
    "money.first_instalment": [0, 0.1, 1],
    "money.rounding_unit": [1, 1, 1000, 1_000_000],
    "subsidy.fund_opening": [0, 2e7, 1e9, 1.825e11],
    "subsidy.fund_top_up": [0, 5.163e11],
    "policy.late_penalty": [0, 0, 1e5, 1e7],
    "staff.staff_of_100": [0.5, 2.4, 20],
    "staff.operations_effort": [0, 0.6, 3],
    "cooperation.initial_share": [0, 0.218, 1],
    "cooperation.largest_group": [1, 2, 20],
    "cooperation.transaction_cost": [0, 3e6, 1.2e7, 1e11],
    "cooperation.contract_months": [0, 12, 60],
    "cooperation.coordination_loss": [0, 0.1, 1],
    "quality.incident_rate": [0, 0.02, 1],
    "quality.rollback_severity": [0, 0.002, 0.05, 1],
    "quality.rollback_work": [0, 0.3, 1],
    "programmes.joining_hazard": [0, 0.06, 5],
    "security.security_hazard": [0, 0.0005, 0.5],
    "residents.analog_floor": [0, 0.3, 1],
    "residents.closing_months": [0, 24],
    "residents.support_desks": [0, 0.2, 5],
    "residents.access_points": [0, 0.3],
}


def random_case(number: int) -> Scenario:
    """Return the scenario of case `number`: within the ranges, and now and then at an extreme."""
    generator = np.random.default_rng([1741, number])
    base = load_baseline()
    while True:
        values: dict[str, object] = {}
        for name, (low, high) in ranges().items():
            entry = REGISTRY[name]
            draw = generator.choice([low, high]) if generator.random() < 0.15 else generator.uniform(low, high)
            values[name] = int(draw) if entry.type == "int" else float(draw)
        for name, entry in REGISTRY.items():
            if entry.type == "choice":
                values[name] = str(generator.choice(entry.choices))
        # What is unlimited or absent leaves little to check.
        for name, usual in (
            ("money.budget", "binding"),
            ("staff.staffing", "binding"),
            ("cooperation.formation", "yearly"),
        ):
            values[name] = usual if generator.random() < 0.8 else values[name]
        values["policy.deadline"] = str(generator.choice(["2024-03", "2025-08", "2026-03", "2027-06", "2028-03"]))
        values["residents.closing_start"] = str(generator.choice(["2021-04", "2024-04", "2030-04"]))
        for name, choices in EXTREMES.items():
            choice = generator.choice(choices)
            values[name] = int(choice) if REGISTRY[name].type == "int" else float(choice)
        if generator.random() < 0.4:
            values["commitment.peer_hazard"] = 0.0
        if not contradictions(base.values | values):
            break
    shocks = []
    for _ in range(generator.integers(0, 4)):
        vendors = tuple(sorted(set(generator.integers(1, 9, 3).tolist())))
        withdrawn = tuple(lot for lot in LOTS if generator.random() < 0.4)
        factor = float(generator.choice([0.0, 0.5, 1.0, 2.0]))
        shocks.append(VendorEvent(int(generator.integers(0, 120)), vendors, factor, withdrawn, ""))
    statements = tuple(
        Announcement(int(generator.integers(0, 90)), float(generator.random()), "")
        for _ in range(generator.integers(0, 4))
    )
    return replace(
        load_scenario("baseline", values),
        vendor_events=tuple(sorted(shocks, key=lambda event: event.month)),
        announcements=statements,
        policies=random_policies(generator),
    )


@cache
def load_baseline() -> Scenario:
    return load_scenario("baseline")


def random_policies(generator: np.random.Generator) -> tuple[Policy, ...]:
    """Return up to three policies on levers, for some or all municipalities, in some months."""
    levers = [name for name, entry in REGISTRY.items() if entry.role == "body_lever"]
    policies = []
    for _ in range(generator.integers(0, 4)):
        lever = str(generator.choice(levers))
        low, high = (float(REGISTRY[lever].code(bound)) for bound in (REGISTRY[lever].low, REGISTRY[lever].high))
        how = str(generator.choice(["set", "add", "multiply"]))
        value = generator.uniform(0.0, 2.0) if how == "multiply" else generator.uniform(low, high)
        first = int(generator.integers(0, 120))
        types = tuple(str(name) for name in generator.choice(KINDS, 3, replace=False))
        who = Who(types=types) if generator.random() < 0.5 else Who()
        policies.append(Policy(lever, float(value), how, first, first + int(generator.integers(1, 90)), who))
    return tuple(policies)


@cache
def nation_of(rows: int, columns: int):
    return mixed_nation(rows, columns)


def watch_case(number: int) -> Watch:
    """Step the case `number` through all months and return how it ends."""
    watch = Watch(prepare(nation_of(6, 7), random_case(number), number))
    for month in range(MONTHS):
        step(watch, month, number)
    watch.replay()
    return watch


def step(watch: Watch, month: int, number: int) -> None:
    try:
        watch_month(watch, month)
    except AssertionError as error:
        raise AssertionError(f"case {number}, month {month}: {error}") from error


def look_in(number: int) -> Watch:
    """Look at the case `number` in some months: the start, an April, an October, around the deadline, the end."""
    inputs = prepare(nation_of(3, 4), random_case(number), number)
    generator = np.random.default_rng([12, number])
    deadline = int(inputs.parameters.deadline)
    months = {0, 12 * int(generator.integers(1, 15)), 6 + 12 * int(generator.integers(0, 15)), deadline - 1}
    months |= {deadline, *generator.integers(1, MONTHS, 2).tolist()}
    watch, done = Watch(inputs, block=12), 0
    for month in sorted(months):
        watch.skip(done, month)
        step(watch, month, number)
        done = month + 1
    watch.replay()
    return watch


def test_moves_of_a_month_use_each_transition():
    assert MOVES[False] >= TRANSITIONS
    assert MOVES[True] > MOVES[False]
    for first, last in MOVES[True]:
        assert last != SystemState.LEGACY or first == SystemState.LEGACY
        assert first < SystemState.LIVE or last >= first


CASES, GLANCES = 20, 300
LONG_CASES, LONG_GLANCES, BLOCKS = 184, 9_500, 20


@pytest.fixture(scope="module")
def ends():
    return []


@pytest.mark.parametrize("number", range(CASES))
def test_invariants_hold_every_month(number, ends):
    ends.append(watch_case(number))


def test_cases_reach_all_that_they_should(ends):
    """The invariants would mean little if cases never withdrew, announced, cooperated, paid, or were late."""
    if len(ends) < CASES:
        pytest.skip("only after all cases")
    final = [watch.state for watch in ends]
    series = [watch.series for watch in ends]

    def count(name, condition):
        return sum(bool(np.any(condition(getattr(state, name)))) for state in final)

    states = set(np.unique(np.concatenate([state.systems.state.ravel() for state in final])))
    assert states >= {-1, SystemState.LEGACY, SystemState.ORDERED, SystemState.DONE}
    reasons = np.unique(np.concatenate([state.systems.reason.ravel() for state in final]))
    assert reasons.tolist() == list(Reason)
    assert set.union(*(watch.log_kinds for watch in ends)) == set(Kind)
    restarted = sum(
        state.vendors.total_done.sum() > (state.systems.work - state.systems.remaining).sum() + TOLERANCE
        for state in final
    )
    assert restarted > 0
    assert sum(run.vendors_by_month.shortage.any() for run in series) >= 4
    assert sum(watch.inputs.parameters.engineer_pool > 0 for watch in ends) >= 3
    assert sum(watch.inputs.events.policies.size > 0 for watch in ends) >= 6
    assert count("vendors", lambda vendors: vendors.withdrawn > 0) >= 4
    assert count("systems", lambda systems: systems.start >= 0) >= 8
    assert count("product_month", lambda month: month == NEVER) >= 4
    assert count("harm", lambda harm: harm.rollbacks > 0) >= 2
    assert count("harm", lambda harm: harm.security_incidents > 0) >= 4
    assert count("ledger", lambda ledger: ledger[:, Account.RESERVE] < 0) >= 4
    assert count("ledger", lambda ledger: ledger[:, Account.PENALTY] > 0) >= 4
    assert count("ledger", lambda ledger: ledger[:, Account.ENVELOPE] > 0) >= 4
    assert count("treasury", lambda treasury: treasury[Treasury.FUND] == 0) >= 3
    assert count("workforce", lambda worker: worker.migration_service < 1) >= 2
    assert count("groups", lambda groups: groups.members > 1) >= 3
    assert count("municipalities", lambda bodies: bodies.closing < NEVER) >= 6
    assert count("cohorts", lambda people: people.excluded_total > 0) >= 6


@pytest.mark.parametrize("block", range(6))
def test_invariants_hold_in_hundreds_of_cases(block):
    size = GLANCES // 6
    for number in range(1_000_000 + block * size, 1_000_000 + (block + 1) * size):
        look_in(number)


@pytest.mark.long
@pytest.mark.parametrize("block", range(BLOCKS))
def test_invariants_hold_in_thousands_of_cases(block):
    """With those of the usual lane more than 10,000 sets of parameters."""
    size = LONG_GLANCES // BLOCKS
    for number in range(2_000_000 + block * size, 2_000_000 + (block + 1) * size):
        look_in(number)


@pytest.mark.long
@pytest.mark.parametrize("block", range(8))
def test_invariants_hold_every_month_in_many_more_cases(block):
    size = LONG_CASES // 8
    for number in range(CASES + block * size, CASES + (block + 1) * size):
        watch_case(number)


@pytest.mark.parametrize("number", range(CASES))
def test_the_equations_of_the_cases_are_those_of_the_twin(number):
    """At the extremes too; the laws say little of how much each mechanism moves."""
    scenario = random_case(number)
    uneven = {name: 1.000123 * scenario.values[name] for name in UNEVEN}
    scenario = replace(scenario, values=scenario.values | uneven)
    assert disagreement(nation_of(3, 4), scenario, number, every=12) == ""


def test_ten_thousand_sets_of_parameters():
    assert CASES + GLANCES + LONG_CASES + LONG_GLANCES >= 10_000
    one, other = random_case(1_000_000), random_case(1_000_001)
    assert one.fingerprint != other.fingerprint


def test_invariants_hold_for_the_whole_nation():
    if not SYNTHETIC_FOLDER.exists():
        pytest.skip("the synthetic nation has not been drawn yet")
    nation, scenario = load_nation(SYNTHETIC), load_scenario("baseline", {"commitment.peer_hazard": 0.03})
    watch = Watch(prepare(nation, scenario, 1))
    for month in range(MONTHS):
        watch_month(watch, month)
    watch.replay()
    assert watch.log_kinds >= {Kind.COMMITTED, Kind.LIVE, Kind.CALLED_LATE, Kind.FAILED_CUTOVER}


# What the checks are worth: each of these mistakes, made in the month that is looked at, is noticed.

TROUBLE = UNEVEN | {
    "quality.incident_rate": 1.0,
    "quality.rollback_severity": 0.002,
    "vendor.capacity_ratio": 0.5,
    "vendor.readiness_mean": 30,
    "vendor.specialist_readiness_mean": 28,
    "vendor.retender_probability": 0.5,
    "vendor.shortage_threshold": 0.1,
    "vendor.stabilisation_months": 6,
    "legacy.no_product_share": 0.05,
    "cooperation.transaction_cost": 4e6,
    "security.security_hazard": 0.01,
    "policy.late_penalty": 1e5,
    "policy.deadline": "2024-03",
    "residents.analog_rule": "sunset",
    "residents.analog_floor": 0.3,
    "residents.closing_start": "2022-04",
    "cooperation.grant_rate": 0.1,
    "staff.operations_effort": 1.5,
}
LOOKED_AT = 40
KIND_OF_3 = TYPES.index(KINDS[3]) if isinstance(TYPES, tuple) else list(TYPES).index(KINDS[3])  # of municipality 3


def pay_twice(state, series):
    """Pay a yen of subsidy, from the fund, that nobody is entitled to; all books balance."""
    for account, yen in ((Account.SUBSIDY, -1), (Account.ENVELOPE, 1)):
        state.ledger[3, account] += yen
        state.money[KIND_OF_3, account] += yen
    state.treasury[[Treasury.FUND, Treasury.SUBSIDIES_PAID]] += (-1, 1)


def charge_more(account):
    """Return a mistake that charges a municipality a yen too much; its books balance."""

    def mistake(state, series):
        for place, yen in ((account, 1), (Account.APPROPRIATION, -1)):
            state.ledger[3, place] += yen
            state.money[KIND_OF_3, place] += yen
            series.money_by_month[LOOKED_AT, KIND_OF_3, place] += yen

    return mistake


def move(record, field, by, where=None):
    """Return a mistake that adds to a field of a record of the state, of one row or of those `where` a state is."""

    def mistake(state, series):
        rows = getattr(state, record)
        if where is None:
            rows[field].reshape(-1)[3] += by
        else:
            found = np.flatnonzero(where(state))
            assert found.size > 0, (record, field)
            rows[field].reshape(-1)[found[0]] += by

    return mistake


def last(where):
    """Return where something holds for the last time."""

    def found(state):
        held = where(state)
        return (np.arange(held.size) == np.flatnonzero(held)[-1]) & held

    return found


def move_array(name, place, by):
    def mistake(state, series):
        getattr(state, name)[place] += by

    return mistake


def move_series(name, field, number, row=2):
    """Return a mistake that adds 1 to a column of a series, one of the entries of its `field`."""

    def mistake(state, series):
        month = getattr(series, name)[field.name][LOOKED_AT : LOOKED_AT + 1]
        month.reshape(-1, len(field.columns()))[row, number] += 1

    return mistake


def moves_of_series(label, name, fields, **more):
    """Return a mistake for each column of a series with these `fields`."""
    return {
        f"{label} {column}": move_series(name, field, number, **more)
        for field in fields
        for number, column in enumerate(field.columns())
    }


def in_state(code):
    return lambda state: (state.systems.state == code).ravel()


MISTAKES = {
    "subsidy twice": pay_twice,
    **{f"charge {ACCOUNTS[account]}": charge_more(account) for account in COST_ACCOUNTS},
    **{f"ledger {name}": move_array("ledger", (5, place), 1) for place, name in enumerate(ACCOUNTS)},
    **{f"treasury {name}": move_array("treasury", place, 1) for place, name in enumerate(TREASURY)},
    "money": move_array("money", (2, Account.RUNNING), 1),
    **moves_of_series("flow", "flows_by_month", FLOW_FIELDS),
    **moves_of_series("monthly", "counts_by_month", [field for field in COUNT_FIELDS if "declared" not in field.name]),
    **moves_of_series(
        "national",
        "national_by_month",
        [field for field in NATIONAL_FIELDS if field.name != "extension_granted"],
        row=0,
    ),
    **moves_of_series("vendor series", "vendors_by_month", VENDOR_FIELDS),
    **{
        f"municipality {name}": move("municipalities", name, 1)
        for name in (
            "open_lots",
            "planning",
            "ordered",
            "migrating",
            "systems",
            "live",
            "done",
            "withdrawn",
            "late",
            "closing",
            "belief",
            "group",
            "next_group",
            "after",
        )
    },
    "next parallel run's end": move("municipalities", "next_done", -1),
    **{
        f"purse {name}": move("purses", name, 1000)
        for name in ("baseline", "unit_running", "legacy", "parallel", "new", "new_due", "running_total", "debt")
    },
    "purse saving": move("purses", "saving", 0.01),
    **{
        f"worker {name}": move("workforce", name, 0.01)
        for name in (
            "staff",
            "experience",
            "pool",
            "lent",
            "supply",
            "demand",
            "overload",
            "migration_demand",
            "left_for_migration",
        )
    },
    "planning service": move("workforce", "planning_service", 0.5),
    "migration service": move("workforce", "migration_service", 0.5),
    "programme service": move("workforce", "programme_service", 0.5),
    **{
        f"harm {name}": move("harm", name, 1)
        for name in ("interfaces", "incidents", "affected", "impact", "rollbacks", "security_incidents", "exposed")
    },
    **{f"harm {name} falls": move("harm", name, -1) for name in ("incidents", "affected", "security_incidents")},
    "level rises": move("programmes", "level", 1),
    "level falls": move("programmes", "level", -1),
    **{
        f"cohort {name}": move("cohorts", name, 0.5)
        for name in ("persons", "trained", "online", "assisted", "analog", "excluded", "online_total", "excluded_total")
    },
    **{
        f"group {name}": move("groups", name, 1, lambda state: state.groups.members > 1)
        for name in ("members", "lead", "head")
    },
    **{
        f"supplier {name}": move("vendors", name, 1)
        for name in (
            "capacity",
            "book",
            "work_done",
            "total_done",
            "withdrawn",
            "contracted",
            "systems_served",
            "go_lives",
            "population_served",
        )
    },
    "queue broken": move("queue", "following", 1, in_state(SystemState.MIGRATING)),
    "work lost": move("systems", "remaining", -0.01, in_state(SystemState.MIGRATING)),
    "work made": move("systems", "remaining", 0.01, in_state(SystemState.ORDERED)),
    "planned too much": move("systems", "planned", 0.5, in_state(SystemState.PLANNING)),
    "jump": move("systems", "state", 1, in_state(SystemState.ORDERED)),
    "back from live": move("systems", "state", -1, in_state(SystemState.LIVE)),
    "live date": move("systems", "live", 1, in_state(SystemState.DONE)),
    "order date": move("systems", "order", -1, in_state(SystemState.ORDERED)),
    "reason": move("systems", "reason", -1, lambda state: (state.systems.reason > 1).ravel()),
    "lever": move("levers", "naming", 20),
    "held": move("systems", "held", 1, in_state(SystemState.LEGACY)),
    "month booked twice": move_array("delay", (3, 0, Held.UNDECIDED), 1),
    "blocker": move("systems", "blocker", 1, in_state(SystemState.MIGRATING)),
    "window": move("systems", "window", 150, in_state(SystemState.LIVE)),
    "opens later": move("queue", "opens", 1, last(in_state(SystemState.ORDERED))),
    "engineers": move_array("branch_share", (0, 1), 0.01),
    "excuse": move("lots", "excused", True, lambda state: ~state.lots.excused.ravel()),
    "hazard at gate": move_array("hazard_at_gate", (3, 0, 0), 1e9),
    "peers": move_array("kind_committed", (2, 1), 1),
}


# What only breaks an equation breaks no law of conservation; the twin, which has the equations, notices it.
NOTICED_BY_THE_TWIN = (
    "subsidy twice",
    *(f"charge {ACCOUNTS[account]}" for account in COST_ACCOUNTS if account not in (Account.RUNNING, Account.PENALTY)),
    *(
        f"flow {name}"
        for name in (
            "overload",
            "burden_hours",
            "interoperability",
            "saving",
            "worse_off_municipalities",
            "counter_work",
        )
    ),
    *(f"purse {name}" for name in ("baseline", "unit_running", "legacy", "parallel", "new", "new_due")),
    *(f"worker {name}" for name in ("experience", "supply", "overload", "migration_demand", "left_for_migration")),
    "programme service",
    "cohort trained",
    "planned too much",
)


@pytest.fixture(scope="module")
def troubled():
    watch = Watch(prepare(nation_of(6, 7), load_scenario("baseline", TROUBLE), 3))
    for month in range(LOOKED_AT):
        watch.skip(month, month + 1)
    return watch


def changed_copy(watch: Watch, mistake) -> Watch:
    """Return a copy of a watch in whose next month the `mistake` is made."""
    other = copy.copy(watch)
    other.run = copy_of_run(watch.inputs, watch.run)
    other.last_order, other.ordered_alone = watch.last_order.copy(), watch.ordered_alone.copy()
    other.booked_again = watch.booked_again.copy()
    other.group, other.log_kinds = watch.group.copy(), set(watch.log_kinds)

    def advance(first: int, last: int) -> np.ndarray:
        log = Watch.advance(other, first, last)
        mistake(other.state, other.series)
        return log

    other.advance = advance
    return other


def test_a_month_without_a_mistake_passes(troubled):
    watch_month(changed_copy(troubled, lambda state, series: None), LOOKED_AT)
    assert troubled.log_kinds >= {Kind.FAILED_CUTOVER, Kind.BREACH, Kind.CALLED_LATE, Kind.WITHDRAWN}


@pytest.fixture(scope="module")
def twin():
    model = PlainModel(nation_of(6, 7), load_scenario("baseline", TROUBLE), rng=3)
    for _ in range(LOOKED_AT + 1):
        model.step()
    return model


def disagreements(watch: Watch, model: PlainModel) -> list[str]:
    """Return what differs between a watch after the month that is looked at and its twin."""
    series = Series(*(array[: LOOKED_AT + 1] for array in watch.series))
    return [*differences(watch.inputs, watch.state, model), *series_differences(series, model)]


def test_a_month_without_a_mistake_is_that_of_the_twin(troubled, twin):
    watch = changed_copy(troubled, lambda state, series: None)
    watch.step(LOOKED_AT)
    assert disagreements(watch, twin) == []


@pytest.mark.parametrize("name", [name for name in MISTAKES if name not in NOTICED_BY_THE_TWIN])
def test_mistakes_are_noticed(troubled, name):
    with pytest.raises(AssertionError):
        watch_month(changed_copy(troubled, MISTAKES[name]), LOOKED_AT)


@pytest.mark.parametrize("name", NOTICED_BY_THE_TWIN)
def test_mistakes_in_equations_are_noticed_by_the_twin(troubled, twin, name):
    watch = changed_copy(troubled, MISTAKES[name])
    watch.step(LOOKED_AT)
    assert disagreements(watch, twin) != []


def test_gates_open_in_april_and_by_chance_with_supplementary_budgets():
    parameters = prepare(nation_of(3, 4), load_scenario("baseline"), 1).parameters
    opened = np.array([[is_gate_open(1, 1000 + i, month, parameters) for month in range(24)] for i in range(4000)])
    assert opened[:, [0, 12]].all()
    chance = [5, 8, 11, 17, 20, 23]
    assert not np.delete(opened, [0, 12, *chance], axis=1).any()
    z = (opened[:, chance].mean(axis=0) - 0.5) / (0.5 / np.sqrt(len(opened)))
    assert np.abs(z).max() < 5.5
