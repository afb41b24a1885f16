"""The order of a month, printed and run: each line of `PHASES` is one call in `advance`, in the same order."""

from __future__ import annotations

import numpy as np

from dxsim.kernel import kernel
from dxsim.model import (
    capacity,
    coexistence,
    commitment,
    cooperation,
    formation,
    lateness,
    levers,
    money,
    observer,
    planning,
    policy,
    programmes,
    readiness,
    residents,
    security,
    shortage,
    staff,
    vendor_choice,
    vendor_queue,
)
from dxsim.model.state import Country, Events, Market, Series, State

PHASES = (
    ("levers.apply", "policies begin and end"),
    ("money.top_up", "the national fund is topped up"),
    ("cooperation.take_effect", "April: groups agreed in October begin"),
    ("money.open_year", "April: envelopes"),
    ("staff.open_year", "April: rotation and hiring"),
    ("readiness.look_around", "April: what subsidy, groups and running cost make of readiness"),
    ("capacity.change", "vendors grow, hire, release teams; scheduled shocks strike"),
    ("vendor_queue.leave_lots", "vendors that leave a lot withdraw its systems"),
    ("policy.announce", "national statements move beliefs"),
    ("policy.review", "December review: is the second date granted?"),
    ("capacity.quote", "vendors quote their waits"),
    ("vendor_choice.weigh", "what these waits and market shares make of each vendor"),
    ("staff.dispatch", "each quarter: prefectures share their staff out"),
    ("staff.allocate", "own work is served in its order; groups lend staff; overload makes staff resign"),
    ("commitment.decide", "who commits which lot (states as of last month)"),
    ("vendor_choice.choose_for_new_commitments", "which vendor"),
    ("vendor_choice.tender_again", "withdrawn systems choose anew"),
    ("commitment.commit", "commitments take effect together; peers are told"),
    ("planning.order", "systems whose planning is done are ordered"),
    ("vendor_queue.join_queues", "orders join the vendors' queues"),
    ("vendor_queue.share_engineers", "idle engineers are lent"),
    ("vendor_queue.serve", "vendors work; cut-overs go well or not; finished systems are live from next month"),
    ("vendor_queue.switch_packages", "packages that are done are cut over together, where that is the rule"),
    ("vendor_queue.stabilise", "parallel runs end"),
    ("coexistence.count_interfaces", "interfaces between old and new systems; what working together is worth"),
    ("programmes.progress", "voluntary programmes"),
    ("residents.serve_residents", "residents go online, are helped, go to the counter, or are shut out"),
    ("security.strike", "security and privacy incidents"),
    ("money.close_month", "bills, shares in groups and penalties are booked"),
    ("formation.form", "October: groups form, change and dissolve, from April on"),
    ("lateness.call_late", "at the deadline: reasons"),
    ("shortage.review_books", "end of quarter: shortages are announced, systems tendered or booked again"),
    ("lateness.survey", "survey months: bodies declare late systems"),
    ("observer.observe", "the month is written down"),
)


@kernel(makes_arrays=True)
def advance(
    country: Country,
    market: Market,
    events: Events,
    parameters: np.record,
    seed: int,
    state: State,
    series: Series,
    first: int,
    last: int,
) -> None:
    """Run the months `first` to `last` - 1, changing `state` and writing `series`."""
    n, n_lots = state.lots.shape
    decided = np.empty(n * n_lots, dtype=np.int64)
    chosen = np.empty(n * n_lots, dtype=np.int64)
    ordered = np.empty(state.systems.size, dtype=np.int64)
    finish = np.empty(state.systems.size, dtype=np.int16)
    available, draws = np.empty(market.share.size), np.empty(market.share.size)
    largest_first = np.argsort(-state.vendors["initial_capacity"], kind="mergesort")
    for month in range(first, last):
        levers.apply(state, events, parameters, month)
        money.top_up(state, parameters, month)
        cooperation.take_effect(country, state, parameters, month)
        money.open_year(country, state, parameters, month)
        staff.open_year(country, state, parameters, month)
        readiness.look_around(country, state, parameters, month)
        capacity.change(state, events, parameters, month)
        vendor_queue.leave_lots(country, state, events, month)
        policy.announce(state, events, parameters, month)
        policy.review(country, state, parameters, month)
        capacity.quote(state, parameters, month)
        vendor_choice.weigh(state, market, parameters)
        staff.dispatch(country, state, parameters, month)
        staff.allocate(country, state, parameters, seed, month)
        count = commitment.decide(country, state, parameters, seed, month, decided)
        vendor_choice.choose_for_new_commitments(country, state, parameters, seed, month, decided, chosen, count, draws)
        vendor_choice.tender_again(country, state, parameters, seed, month, draws)
        commitment.commit(country, state, parameters, seed, month, decided, chosen, count)
        count = planning.order(country, state, parameters, month, ordered)
        vendor_queue.join_queues(state, parameters, month, ordered, count)
        for vendor in range(market.share.size):
            available[vendor] = capacity.vendor_output(state.vendors[vendor], parameters)
        vendor_queue.share_engineers(state, parameters, month, available)
        for vendor in largest_first:
            vendor_queue.serve(country, state, parameters, seed, month, vendor, available[vendor])
        vendor_queue.switch_packages(country, state, parameters, seed, month)
        vendor_queue.stabilise(country, state, parameters, month)
        coexistence.count_interfaces(country, state, parameters, month)
        programmes.progress(country, state, parameters, seed, month)
        residents.serve_residents(country, state, parameters, month)
        security.strike(country, state, parameters, seed, month)
        money.close_month(country, state, parameters, month)
        formation.form(country, state, parameters, seed, month)
        lateness.call_late(country, state, parameters, month)
        shortage.review_books(country, state, parameters, seed, month, finish)
        lateness.survey(country, state, events, parameters, month)
        observer.observe(state, series, month)
