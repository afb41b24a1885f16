"""What does it cost, who pays, and is there money for it?

IT cost before migration    C = F_0 + v_0 N + c_L max(0, N - N_L)                     yen a year, N residents in 2020
one-off cost                Q = phi_Q C (1 + kappa) / (1 + kappa_mean)                yen, kappa over the body's lots
envelope each April         phi_B C - theta_c (rise of running cost), at least 0      yen
    carried over            at most phi_carry phi_B C                                 yen
    from the state          g_lump                                                    yen
subsidy                     min(sigma cost, ceiling cost, fund)                       yen
    ceiling                 sigma_max, before month t_Phi sigma_0; at most 1 with what is added:
                            b_late where the vendor came short (R4), b_group in a group
    fund                    Phi_0, + Delta_Phi in month t_Phi, less what is paid      yen
running cost of a system    C_o rho (1 - delta_opt)^years (1 - saved by the group)    yen a year
interfaces                  c_if C / 12 a hundred                                     yen a month
penalty                     f_late for each overdue system                            yen a month
price in a group S          1 - delta_buy ln|S|                                       1

rho is lognormal with mean rho_mean and standard deviation rho_sd, cut at rho_min and rho_max; amounts are booked in
multiples of u_yen.

A commitment pays its first instalment from the envelope and waits if that is too small; the rest falls due at go-live,
and what the envelope then lacks is drawn from the reserve, and so are penalties. These are for systems past the
national deadline T_D and the body's own date (`dates`). Running, parallel and interface cost,
channels and the group's transaction cost are obligatory: the council appropriates them month by month.

The ledger is double entry in whole yen: every row sums to zero, debits are positive. The members of a group split its
running cost by rounding running totals, so that shares sum to the bill exactly.

Sources: MIC municipal IT cost FY2017 (ZDNet 2018); survey of core cities on migration cost; Jiji 2023-11-07 (fund).
"""

from __future__ import annotations

import math

import numpy as np

from dxsim import streams
from dxsim.kernel import kernel
from dxsim.model.dates import due_date
from dxsim.model.state import (
    APPROPRIATION,
    COOPERATING_BODIES,
    COORDINATION,
    ENVELOPE,
    FUND,
    GRANT,
    GRANTS_PAID,
    INTERFACE,
    LAPSED,
    LIVE,
    ONE_OFF,
    PARALLEL,
    PENALTIES_RECEIVED,
    PENALTY,
    RESERVE,
    RUNNING,
    SAVING,
    SUBSIDIES_PAID,
    SUBSIDY,
    TAXES,
    WORSE_OFF_BODIES,
    Country,
    Floats,
    Integers,
    State,
)

BINDING, UNLIMITED = 0, 1
MONTHS_OF_YEAR = 12
PER_HUNDRED = 100.0  # interfaces


@kernel
def it_cost(population: float, fixed: float, unit: float, surcharge: float, threshold: float) -> float:
    """Return C, the yearly IT cost (yen) of a body of this `population` before migration."""
    return fixed + unit * population + surcharge * max(0.0, population - threshold)


@kernel
def one_off_cost(yearly: float, ratio: float, complexity: float, mean_complexity: float) -> float:
    """Return Q, the one-off cost (yen) of moving all systems of a body with this `yearly` IT cost."""
    return ratio * yearly * (1.0 + complexity) / (1.0 + mean_complexity)


@kernel
def booked(amount: float, unit: int) -> int:
    """Return `amount` (yen) as it is booked: in whole multiples of `unit`."""
    return int(np.rint(amount / unit)) * unit


@kernel
def post(ledger: Integers, money: Integers, debit: int, credit: int, amount: int) -> None:
    """Book `amount` (yen) in a body's `ledger` and in the sums of its type: `debit` rises, `credit` falls."""
    ledger[debit] += amount
    ledger[credit] -= amount
    money[debit] += amount
    money[credit] -= amount


@kernel
def subsidy(cost: int, rate: float, ceiling: float, fund: int, unit: int) -> int:
    """Return what the state pays towards a `cost` (yen): a share, up to the ceiling and to what is in the fund."""
    return min(booked(min(rate, ceiling) * cost, unit), fund)


@kernel
def ceiling_now(lever: np.record, parameters: np.record, month: int, is_short: bool, is_member: bool) -> float:
    """Return the ceiling of the subsidy as a share of cost; `is_short`: the vendor came short (R4)."""
    base = lever.subsidy_ceiling if month >= parameters.fund_top_up_month else parameters.initial_ceiling
    if is_short:
        base += lever.late_bonus
    if is_member:
        base += lever.group_bonus
    return min(1.0, base)


@kernel
def running_multiple(mean: float, deviation: float, minimum: float, maximum: float, draw: float) -> float:
    """Return rho: lognormal of this `mean` and standard `deviation`, cut at the bounds; `draw` is standard normal."""
    variance = math.log(1.0 + (deviation / mean) ** 2)
    return min(maximum, max(minimum, mean * math.exp(math.sqrt(variance) * draw - variance / 2.0)))


@kernel(inner=True)
def start(country: Country, state: State, parameters: np.record, seed: int) -> None:
    """Set what every body's systems cost before and after migration, and open the fund."""
    p = parameters
    for i in range(country.municipalities.size):
        place, purse = country.municipalities[i], state.purses[i]
        weights, complexities, lots = 0.0, 0.0, 0
        for operation in range(country.lot_of.size):
            if state.systems[i, operation].state >= 0:
                weights += country.weight[operation]
        for number in range(state.lots.shape[1]):
            lot = state.lots[i, number]
            lot.price = 1.0
            if lot.legacy >= 0:
                complexities += lot.complexity
                lots += 1
                draw = streams.normal(seed, streams.RUNNING, place.code, 0, number)
                lot.running_factor = running_multiple(
                    p.running_cost_mean, p.running_cost_sd, p.running_cost_minimum, p.running_cost_maximum, draw
                )
        purse.baseline = it_cost(
            place.population, p.fixed_cost, p.unit_cost, p.large_city_cost, p.large_city_population
        )
        complexity = complexities / max(1, lots)
        one_off = one_off_cost(purse.baseline, p.one_off_ratio, complexity, p.complexity_mean)
        purse.unit_running = purse.baseline / MONTHS_OF_YEAR / max(1.0, weights)
        purse.unit_one_off = one_off / max(1.0, weights)
        purse.legacy = purse.unit_running * weights
    transfer(state.treasury, FUND, TAXES, booked(p.fund_opening, p.rounding_unit))


@kernel
def transfer(treasury: Integers, debit: int, credit: int, amount: int) -> None:
    """Book `amount` (yen) in the state's ledger: `debit` rises, `credit` falls."""
    treasury[debit] += amount
    treasury[credit] -= amount


@kernel(inner=True)
def top_up(state: State, parameters: np.record, month: int) -> None:
    """Raise the national fund in the month of its top-up."""
    if month == parameters.fund_top_up_month:
        transfer(state.treasury, FUND, TAXES, booked(parameters.fund_top_up, parameters.rounding_unit))


@kernel
def allotment(yearly: float, share: float, crowding_out: float, running: float) -> float:
    """Return the new envelope (yen) of a year: less where `running` cost of the last year rose above `yearly`."""
    return max(0.0, share * yearly - crowding_out * max(0.0, running - yearly))


@kernel(inner=True)
def open_year(country: Country, state: State, parameters: np.record, month: int) -> None:
    """In April let envelopes above the carry-over limit lapse and grant new ones; running costs of new systems fall."""
    if month % MONTHS_OF_YEAR != 0:
        return
    p = parameters
    for i in range(country.municipalities.size):
        purse, lever, ledger = state.purses[i], state.levers[i], state.ledger[i]
        sums = state.money[country.municipalities[i].kind]
        kept = booked(p.carry_limit * p.envelope_share * purse.baseline, p.rounding_unit)
        post(ledger, sums, LAPSED, ENVELOPE, max(0, ledger[ENVELOPE] - kept))
        granted = allotment(purse.baseline, p.envelope_share, p.crowding_out, float(purse.running_total))
        post(ledger, sums, ENVELOPE, APPROPRIATION, booked(granted, p.rounding_unit))
        receive(ledger, sums, state.treasury, booked(lever.lump_sum, p.rounding_unit))
        purse.running_total = 0
        if month > 0:
            purse.new *= 1.0 - p.optimisation


@kernel
def receive(ledger: Integers, sums: Integers, treasury: Integers, amount: int) -> None:
    """Give a body a grant of the state (yen); it can be spent like the envelope."""
    post(ledger, sums, ENVELOPE, GRANT, amount)
    transfer(treasury, GRANTS_PAID, TAXES, amount)


@kernel
def instalment(purse: np.record, weight: float, price: float, share: float, unit: int) -> int:
    """Return `share` of the one-off cost (yen) of systems of this work `weight`, at this `price` level."""
    return booked(share * purse.unit_one_off * weight * price, unit)


@kernel
def group_price(size: int, discount: float) -> float:
    """Return the price level of a joint procurement by `size` bodies, 1 for one that buys alone."""
    return 1.0 - discount * math.log(max(1, size))


@kernel
def pay_one_off(
    ledger: Integers, sums: Integers, treasury: Integers, amount: int, rate: float, ceiling: float, unit: int
) -> None:
    """Pay a one-off cost (yen): the subsidy first, the rest from the envelope and, where that lacks, the reserve."""
    paid = subsidy(amount, rate, ceiling, treasury[FUND], unit)
    transfer(treasury, SUBSIDIES_PAID, FUND, paid)
    post(ledger, sums, ENVELOPE, SUBSIDY, paid)
    post(ledger, sums, ONE_OFF, ENVELOPE, amount)
    draw_on_reserve(ledger, sums)


@kernel
def draw_on_reserve(ledger: Integers, sums: Integers) -> None:
    """Fill an overdrawn envelope from the reserve."""
    if ledger[ENVELOPE] < 0:
        post(ledger, sums, ENVELOPE, RESERVE, -ledger[ENVELOPE])


@kernel(inner=True, makes_arrays=True)
def close_month(country: Country, state: State, parameters: np.record, month: int) -> None:
    """Book what every body owes for this month, members of a group by their shares in its bill."""
    book(country, state, parameters, month, np.zeros(country.municipalities.size))


@kernel(inner=True)
def book(country: Country, state: State, parameters: np.record, month: int, bill: Floats) -> None:
    """Book what every body owes; `bill`, (n,) yen, sums up what the members of each group owe, from zero."""
    unit = parameters.rounding_unit
    for i in range(country.municipalities.size):
        place, body, purse = country.municipalities[i], state.municipalities[i], state.purses[i]
        ledger, sums, flows = state.ledger[i], state.money[place.kind], state.flows[place.kind]
        running = max(0.0, purse.legacy + purse.new) * (1.0 - purse.saving)
        if body.group < 0:
            owed = booked(running, unit)
        else:
            before = bill[body.group]
            bill[body.group] = before + running
            owed = booked(before + running, unit) - booked(before, unit)
            flows[COOPERATING_BODIES] += 1.0
            saved = max(0.0, purse.legacy + purse.new) - running + purse.grant - purse.coordination
            flows[SAVING] += saved
            flows[WORSE_OFF_BODIES] += saved < -0.5 * unit  # less is not booked
            post(ledger, sums, COORDINATION, APPROPRIATION, booked(purse.coordination, unit))
            if purse.grant > 0.0:
                receive(ledger, sums, state.treasury, booked(purse.grant, unit))
        post(ledger, sums, RUNNING, APPROPRIATION, owed)
        purse.running_total += owed
        if purse.parallel > 0.0:
            post(ledger, sums, PARALLEL, APPROPRIATION, booked(purse.parallel, unit))
        interfaces = state.harm[i].interfaces
        if interfaces > 0.0:
            cost = parameters.interface_cost * purse.baseline / MONTHS_OF_YEAR * interfaces / PER_HUNDRED
            post(ledger, sums, INTERFACE, APPROPRIATION, booked(cost, unit))
        if body.late > 0 and state.levers[i].late_penalty > 0.0:
            fined = overdue(country, state, parameters, month, i)
            amount = booked(state.levers[i].late_penalty * fined, unit)
            post(ledger, sums, PENALTY, RESERVE, amount)
            transfer(state.treasury, TAXES, PENALTIES_RECEIVED, amount)


@kernel(inner=True)
def overdue(country: Country, state: State, parameters: np.record, month: int, i: int) -> int:
    """Return how many of a body's late systems are past its own date, too."""
    count = 0
    for operation in range(country.lot_of.size):
        system, lot = state.systems[i, operation], state.lots[i, country.lot_of[operation]]
        if system.reason > 0 and system.state < LIVE:
            count += month >= due_date(parameters.deadline, lot, state.nation[0], parameters)
    return count
