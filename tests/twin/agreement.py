"""Does a kernel run agree with the twin? The one place that knows how the kernels lay out their state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter

import numpy as np
from numpy.typing import ArrayLike

from dxsim.model.codes import ACCOUNTS, CAUSES, COHORTS, NEVER, NOT_APPLICABLE, PROGRAMMES, TREASURY, Held
from dxsim.model.fields import Field, columns_of, numbers_of
from dxsim.model.levers import BODY_LEVERS
from dxsim.model.run import Inputs, begin, prepare
from dxsim.model.schedule import advance
from dxsim.model.state import COUNT_FIELDS, FLOW_FIELDS, NATIONAL_FIELDS, VENDOR_FIELDS, Series, State
from dxsim.nation import Nation
from dxsim.scenario.scenario import Scenario
from dxsim.terms.calendar import MONTHS
from dxsim.terms.municipalities import PREFECTURES, TYPES
from dxsim.terms.operations import lots, operations
from tests.twin.model import PlainModel
from tests.twin.systems import DONE, LIVE, MIGRATING, ORDERED, PLANNING, WITHDRAWN
from tests.twin.vendor import Vendor

# How far apart numbers may be, relative to one and to their size: the two sides may add up in another order.
EXACT, SUM, PROBABILITY = 0.0, 1e-9, 1e-12


def fields(tolerance: float, names: str, **read: Callable) -> dict[str, tuple[Callable, float]]:
    """Return how to read each field off an object of the twin, and its tolerance."""
    return {name: (read.get(name, attrgetter(name)), tolerance) for name in names.split()}


SYSTEM_FIELDS = fields(
    EXACT,
    "state flag reason since order start live earliest_start vendor window touched held blocker declared failed",
    vendor=attrgetter("vendor.number"),
) | fields(SUM, "work remaining planned limit effort")
LOT_FIELDS = fields(
    EXACT,
    "commit cause vendor legacy package excused refused planning_months neighbours_committed shift",
    vendor=lambda lot: lot.vendor and lot.vendor.number,
    legacy=attrgetter("incumbent.number"),
) | fields(SUM, "complexity threshold running_factor price")
BODY_FIELDS = (
    fields(
        EXACT,
        "platform tie open_lots withdrawn late planning ordered migrating systems live done closing pays_exit",
        closing=attrgetter("residents.closing"),
        platform=attrgetter("programmes.on_platform"),
        systems=lambda body: len(body.systems),
        open_lots=lambda body: len(body.open_lots),
        withdrawn=lambda body: sum(system.state == WITHDRAWN for system in body.systems),
    )
    | fields(SUM, "readiness")
    | fields(PROBABILITY, "belief")
)
SUPPLY_FIELDS = fields(EXACT, "go_lives systems_served shortage") | fields(
    SUM, "initial_capacity capacity book contracted withdrawn work_done total_done population_served"
)
LEVER_FIELDS = fields(EXACT, " ".join(BODY_LEVERS))
PURSE_FIELDS = (
    fields(EXACT, "running_total granted opening_reserve debt")
    | fields(SUM, "baseline unit_running unit_one_off unit_ceiling legacy parallel new room")
    | fields(
        *(SUM, "legacy_due parallel_due new_due"),
        legacy_due=lambda purse: purse.due[0],
        parallel_due=lambda purse: purse.due[1],
        new_due=lambda purse: purse.due[2],
    )
    | fields(SUM, "saving coordination grant")
)
STAFF_FIELDS = (
    fields(EXACT, "overloaded_months")
    | fields(SUM, "staff initial scale experience pool lent supply demand overload")
    | fields(SUM, "planning_service migration_service programme_service migration_demand left_for_migration")
)
HARM_FIELDS = fields(EXACT, "interfaces incidents affected impact rollbacks security_incidents news") | fields(
    SUM, "cumulative_hazard threshold exposed within once_only trust enquiries"
)
PARTS = {"purse": PURSE_FIELDS, "staff": STAFF_FIELDS, "harm": HARM_FIELDS}
PROGRAMME_FIELDS = fields(EXACT, "level") | fields(SUM, "cumulative_hazard threshold factor")
ACCESS_FIELDS = fields(EXACT, "branches") | fields(SUM, "served capacity")
COHORT_FIELDS = fields(SUM, "persons trained waiting online assisted analog excluded") | fields(
    SUM, "online_total assisted_total analog_total excluded_total"
)
GROUP_FIELDS = fields(
    EXACT, "members lead contract_end", members=lambda group: len(group.members), lead=attrgetter("lead.code")
) | fields(SUM, "cost transaction")


def disagreement(nation: Nation, scenario: Scenario, seed: int, every: int = 1) -> str:
    """Run both sides; return what differs in the first month in which they are found apart, or nothing.

    States are compared each `every` months, and the series of all months at the end.
    """
    inputs = prepare(nation, scenario, seed)
    run = begin(inputs)
    model = PlainModel(nation, scenario, rng=seed)
    label = f"seed {seed}, {scenario.name}"
    found = [f"start, {label}: {line}" for line in differences(inputs, run.state, model)]
    for month in range(0, MONTHS, every):
        if found:
            return "\n".join(found)
        last = min(month + every, MONTHS)
        advance(run, month, last)
        for _ in range(month, last):
            model.step()
        lines = [*differences(inputs, run.state, model), *miscounts(model)]
        found = [f"month {last - 1}, {label}: {line}" for line in lines]
    return "\n".join(found or series_differences(run.series, model))


def differences(inputs: Inputs, state: State, model: PlainModel) -> Iterator[str]:
    """Yield the first difference of each kind between the present states of both sides."""
    code, vendor_names = inputs.country.places.code, inputs.vendor_names

    def system_name(place):
        return f"{code[body[place]]:05} {operations()[operation[place]].operation}"

    def lot_name(place):
        return f"{code[body[place]]:05} lot {lots()[lot[place]].lot}"

    def municipality_name(place):
        return f"{code[place]:05}"

    def product_name(place):
        return f"{vendor_names[place // len(lots())]} lot {lots()[place % len(lots())].lot}"

    systems = [system for body in model.municipalities for system in body.systems]
    body, operation = np.nonzero(state.systems.state != NOT_APPLICABLE)
    yield from compare("body", code[body], [system.body.code for system in systems], EXACT)
    yield from compare("operation", operation, [system.operation for system in systems], EXACT)
    yield from compare_fields(SYSTEM_FIELDS, state.systems[body, operation], systems, system_name)
    yield from compare("opens", state.queue.opens[body, operation], [s.opens for s in systems], EXACT, system_name)
    ledger = np.array([system.delay for system in systems])
    for held in Held:
        months = state.delay[body, operation, held]
        yield from compare(f"months of {held.name}", months, ledger[:, held], EXACT, system_name)

    twin_lots = [lot for body in model.municipalities for lot in body.lots if lot]
    body, lot = np.nonzero(state.lots.legacy != NOT_APPLICABLE)
    yield from compare("lot", lot, [twin.number for twin in twin_lots], EXACT)
    yield from compare_fields(LOT_FIELDS, state.lots[body, lot], twin_lots, lot_name)
    hazards = np.array([lot.cumulative_hazard for lot in twin_lots])
    for cause, name in enumerate(CAUSES):
        yield from compare(
            f"hazard by {name}", state.cumulative_hazard[body, lot, cause], hazards[:, cause], SUM, lot_name
        )

    yield from compare_fields(BODY_FIELDS, state.municipalities, model.municipalities, municipality_name)
    yield from compare_wealth(state, model, municipality_name)
    for field, records in (("purse", state.purses), ("staff", state.workforce), ("harm", state.harm)):
        twins = [getattr(body, field) for body in model.municipalities]
        yield from compare_fields(PARTS[field], records, twins, municipality_name)
    if model.month > 0:
        begins = [NEVER if begin is None else begin for begin in model.begins]
        yield from compare("begins", state.begins, begins, EXACT, "policy {}".format)
        levers = [body.lever for body in model.municipalities]
        yield from compare_fields(LEVER_FIELDS, state.levers, levers, municipality_name)
    for number, name in enumerate(PROGRAMMES):
        twins = [body.programmes.by_name[name] for body in model.municipalities]
        yield from compare_fields(PROGRAMME_FIELDS, state.programmes[:, number], twins, municipality_name)
    people = [body.residents for body in model.municipalities]
    yield from compare_fields(ACCESS_FIELDS, state.access, people, municipality_name)
    for number, name in enumerate(COHORTS):
        twins = [body.residents.cohorts[name] for body in model.municipalities]
        yield from compare_fields(COHORT_FIELDS, state.cohorts[:, number], twins, municipality_name)
    yield from compare_groups(inputs, state, model)
    prefectures = [int(prefecture) for prefecture in model.platforms]
    twins = list(model.platforms.values())
    yield from compare_fields(PROGRAMME_FIELDS, state.platforms[prefectures], twins, "platform {}".format)
    yield from compare_fields(SUPPLY_FIELDS, state.vendors, model.vendors, vendor_names.__getitem__)
    branches = [[vendor.branches[f"{area:02}"] for area in range(PREFECTURES + 1)] for vendor in model.vendors]
    yield from compare("branch_share", state.branch_share.ravel(), np.ravel(branches), SUM)
    for name, kernel, twin in zip(vendor_names, queues(state), twin_queues(model), strict=True):
        yield from compare(f"queue of {name}", kernel, twin, EXACT)
    ready = [month for vendor in model.vendors for month in vendor.ready]
    yield from compare("product_month", state.product_month.ravel(), ready, EXACT, product_name)
    waits = [wait for vendor in model.vendors for wait in vendor.quoted_wait]
    yield from compare("quoted_wait", state.quoted_wait.ravel(), waits, SUM, product_name)

    for name, kernel in columns(state.counts, COUNT_FIELDS):
        twin = [model.counts[name][type_] for type_ in TYPES]
        yield from compare(name, kernel, twin, EXACT, list(TYPES).__getitem__)
    yield from compare("extension_granted", state.nation.extension_granted, [model.extension_granted], EXACT)


def compare_groups(inputs: Inputs, state: State, model: PlainModel) -> Iterator[str]:
    """Compare who is in which group, now and from next April on, and each group; a group is known by its first member.

    A row of the kernel may be any; each has to be on the list of its members, and only on that.
    """
    code, bodies, groups = inputs.country.places.code, state.municipalities, state.groups

    def named(g):
        return f"group of {code[groups.head[g]]:05}"

    def by_first_member(row):
        return {g: code[np.flatnonzero(row == g)].tolist() for g in np.unique(row[row >= 0])}

    present, agreed = by_first_member(bodies.group), by_first_member(bodies.next_group)
    twins = {group.members[0].code: group for group in model.groups}
    lists = [[body.code for body in group.members] for group in model.groups]
    yield from compare_lists("groups", present.values(), lists)
    lists = [[body.code for body in agreement.members] for agreement in model.agreements]
    yield from compare_lists("groups from next April on", agreed.values(), lists)
    rows = np.flatnonzero(groups.members)
    if {g: list(members_of(state, g, code)) for g in rows} != present:
        yield "the kernel's lists of members are not what its municipalities say"
    elif twins.keys() == {members[0] for members in present.values()}:
        records = groups[rows].copy()
        records.lead = code[records.lead]
        twin = [twins[present[g][0]] for g in rows]
        yield from compare_fields(GROUP_FIELDS, records, twin, lambda place: named(rows[place]))
    yield from compare("talks", state.talks, list(model.talks.values()), EXACT)


def members_of(state: State, g: int, code: np.ndarray) -> Iterator[int]:
    """Yield the codes of the members on a group's list."""
    member = state.groups.head[g]
    while member != -1:
        yield int(code[member])
        member = state.municipalities.after[member]


def compare_lists(what: str, kernel: Iterable[list[int]], twin: Iterable[list[int]]) -> Iterator[str]:
    """Yield the first lists of codes that only one side has."""
    one, other = set(map(tuple, kernel)), set(map(tuple, twin))
    if one != other:
        kernel_only, twin_only = min(one - other, default=()), min(other - one, default=())
        yield f"{what}: only the kernel has {kernel_only}, only the twin {twin_only}"


def compare_wealth(state: State, model: PlainModel, name: Callable[[int], str]) -> Iterator[str]:
    """Compare all ledgers to the yen; those of municipalities sum to zero."""
    ledgers = [body.purse.ledger.balance for body in model.municipalities]
    for ledger in (*ledgers, model.treasury.balance):
        if sum(ledger.values()):
            yield f"a ledger of the twin does not balance: {ledger}"
    if state.ledger.sum(axis=1).any() or state.treasury.sum():
        yield "a ledger of the kernel does not balance"
    for number, account in enumerate(ACCOUNTS):
        yield from compare(account, state.ledger[:, number], [ledger[account] for ledger in ledgers], EXACT, name)
        sums = [model.money[type_].balance[account] for type_ in TYPES]
        yield from compare(f"sum of {account}", state.money[:, number], sums, EXACT, list(TYPES).__getitem__)
    yield from compare("treasury", state.treasury, [model.treasury.balance[name] for name in TREASURY], EXACT)


def compare_fields(
    fields: dict[str, tuple[Callable, float]], records: np.ndarray, objects: list, name: Callable[[int], str]
) -> Iterator[str]:
    for field, (read, tolerance) in fields.items():
        twin = np.array(list(map(read, objects)), dtype=float)  # what never happened is None in the twin, so nan here
        yield from compare(field, records[field], np.nan_to_num(twin, nan=NOT_APPLICABLE), tolerance, name)


def compare(
    field: str, kernel: ArrayLike, twin: ArrayLike, tolerance: float, name: Callable[[int], str] = "place {}".format
) -> Iterator[str]:
    """Yield where a field differs first, and what both sides have there; `name` names a place."""
    one, other = np.asarray(kernel, dtype=float), np.asarray(twin, dtype=float)
    if one.shape != other.shape:
        yield f"{field}: the kernel has {one.shape}, the twin {other.shape}"
        return
    differs = ~(np.abs(one - other) <= tolerance * (1.0 + np.abs(one)))
    if differs.any():
        place = int(differs.argmax())
        yield f"{name(place)}, {field}: the kernel has {one[place]}, the twin {other[place]}"


def columns(records: np.ndarray, fields: Iterable[Field]) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the name of each column of records of these fields, and its numbers."""
    yield from zip(columns_of(fields), np.moveaxis(numbers_of(records), -1, 0), strict=True)


def queues(state: State) -> Iterator[list[int]]:
    """Yield each vendor's queue, as places (i * O + o) of systems."""
    following = state.queue.following.ravel()
    for head in state.head:
        found, system = [], head
        while system != -1:
            found.append(int(system))
            system = following[system]
        yield found


def twin_queues(model: PlainModel) -> Iterator[list[int]]:
    row = {body: i for i, body in enumerate(model.municipalities)}
    for vendor in model.vendors:
        yield [row[system.body] * len(operations()) + system.operation for system in vendor.queue]


def miscounts(model: PlainModel) -> Iterator[str]:
    """Yield every running count of the twin that is not what its systems say."""
    past_deadline = model.month >= model.parameters.deadline
    counted = {name: Counter() for name in model.counts if "declared" not in name}
    for body in model.municipalities:
        states = Counter(system.state for system in body.systems)
        for name, expected in (
            ("planning", states[PLANNING]),
            ("ordered", states[ORDERED]),
            ("migrating", states[MIGRATING]),
            ("live", states[LIVE] + states[DONE]),
            ("done", states[DONE]),
        ):
            if getattr(body, name) != expected:
                yield f"{body.code:05}: the twin counts {getattr(body, name)} systems {name}, but has {expected}"
        counted["municipalities_committed"][body.type] += all(system.lot.commit is not None for system in body.systems)
        counted["municipalities_late"][body.type] += past_deadline and any(
            system.state < LIVE for system in body.systems
        )
        for system in body.systems:
            counted["committed"][body.type] += system.lot.commit is not None
            counted["ordered"][body.type] += system.order is not None
            counted["started"][body.type] += system.start is not None
            counted["live"][body.type] += system.live is not None
            counted["done"][body.type] += system.state > LIVE
            if past_deadline and system.state < LIVE:
                counted[f"late_R{system.reason}"][body.type] += 1
    for name, count in counted.items():
        if count != model.counts[name]:
            yield f"the twin counts {name} as {dict(model.counts[name])}, but has {dict(count)}"


def series_differences(series: Series, model: PlainModel) -> list[str]:
    """Return the first difference of each series that the observers wrote."""
    found: list[str] = []
    table = model.datacollector.get_model_vars_dataframe()
    for name, kernel in columns(series.counts_by_month, COUNT_FIELDS):
        twin = [by_type.get(type_, 0) for by_type in table[name] for type_ in TYPES]
        found += compare(f"series of {name} by month and type", kernel.ravel(), twin, EXACT)
    for name, kernel in columns(series.national_by_month, NATIONAL_FIELDS):
        found += compare(f"series of {name} by month", kernel, table[name], PROBABILITY)
    money = zip(ACCOUNTS, np.moveaxis(series.money_by_month, -1, 0), strict=True)
    flows = columns(series.flows_by_month, FLOW_FIELDS)
    for kernels, column, tolerance in ((money, "money", EXACT), (flows, "flows", SUM)):
        for name, kernel in kernels:
            twin = [by_type[type_].get(name, 0) for by_type in table[column] for type_ in TYPES]
            if name == "saving":  # differences of bills: where these cancel, crumbs of a yen are left
                kernel, twin = kernel.round(6), np.round(twin, 6)
            found += compare(f"series of {name} by month and type", kernel.ravel(), twin, tolerance)
    table = model.datacollector.get_agenttype_vars_dataframe(Vendor)
    for name, kernel in columns(series.vendors_by_month, VENDOR_FIELDS):
        found += compare(f"series of {name} by month and vendor", kernel.ravel(), table[name], SUM)
    return found
