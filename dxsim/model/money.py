"""What does it cost, who pays, and is there money for it?

IT cost before migration    C = F_0 + v_0 N + c_L max(0, N - N_L)                     yen a year, N residents in 2020
one-off cost                Q = phi_Q C (1 + kappa) / (1 + kappa_mean)                yen, kappa over its lots
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
national deadline T_D and the municipality's own date (`dates`). Running, parallel and interface cost,
channels and the group's transaction cost are obligatory: the council appropriates them month by month.

The ledger is double entry in whole yen: every row sums to zero, debits are positive. The members of a group split its
running cost by rounding running totals, so that shares sum to the bill exactly.

Sources: MIC municipal IT cost FY2017 (ZDNet 2018); survey of core cities on migration cost; Jiji 2023-11-07 (fund).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dxsim import streams
from dxsim.kernel import kernel
from dxsim.model.codes import Account, SystemState, Treasury
from dxsim.model.dates import due_date
from dxsim.scenario.registry import choices
from dxsim.terms.calendar import MONTHS_PER_YEAR

if TYPE_CHECKING:
    from dxsim.model.state import Integers, Run


Budget = choices("money.budget")
PER_HUNDRED = 100.0  # interfaces

PURSE = np.dtype(
    [
        ("baseline", np.float64),  # IT cost before migration, yen a year
        ("unit_running", np.float64),  # the same per unit of work weight, yen a month
        ("unit_one_off", np.float64),  # one-off cost per unit of work weight, yen
        ("legacy", np.float64),  # running cost of systems not yet live, yen a month
        ("parallel", np.float64),  # running cost of old systems that run beside live ones, yen a month
        ("new", np.float64),  # running cost of live systems before what a group saves, yen a month
        ("saving", np.float64),  # share of running cost that the group saves
        ("coordination", np.float64),  # share in the group's transaction cost, yen a month
        ("grant", np.float64),  # cooperation grant, yen a month
        ("running_total", np.int64),  # what was booked as running cost in the last twelve months before April, yen
    ]
)


@kernel
def it_cost(population: float, fixed: float, unit: float, surcharge: float, threshold: float) -> float:
    """Return C, the yearly IT cost (yen) of a municipality of this `population` before migration."""
    return fixed + unit * population + surcharge * max(0.0, population - threshold)


@kernel
def one_off_cost(yearly: float, ratio: float, complexity: float, mean_complexity: float) -> float:
    """Return Q, the one-off cost (yen) of moving all systems of a municipality with this `yearly` IT cost."""
    return ratio * yearly * (1.0 + complexity) / (1.0 + mean_complexity)


@kernel
def booked(amount: float, unit: int) -> int:
    """Return `amount` (yen) as it is booked: in whole multiples of `unit`."""
    return int(np.rint(amount / unit)) * unit


@kernel
def post(ledger: Integers, money: Integers, debit: int, credit: int, amount: int) -> None:
    """Book `amount` (yen) in a municipality's `ledger` and in the sums of its type: `debit` rises, `credit` falls."""
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


@kernel
def start(run: Run) -> None:
    """Set what every municipality's systems cost before and after migration, and open the fund."""
    p = run.parameters
    for i in range(run.places.size):
        place, purse = run.places[i], run.purses[i]
        weights, complexities, lots = 0.0, 0.0, 0
        for operation in range(run.lot_of.size):
            if run.systems[i, operation].state >= 0:
                weights += run.weight[operation]
        for number in range(run.lots.shape[1]):
            lot = run.lots[i, number]
            lot.price = 1.0
            if lot.legacy >= 0:
                complexities += lot.complexity
                lots += 1
                draw = streams.normal(run.seed, streams.RUNNING, place.code, 0, number)
                lot.running_factor = running_multiple(
                    p.running_cost_mean, p.running_cost_sd, p.running_cost_minimum, p.running_cost_maximum, draw
                )
        purse.baseline = it_cost(
            place.population, p.fixed_cost, p.unit_cost, p.large_city_cost, p.large_city_population
        )
        complexity = complexities / max(1, lots)
        one_off = one_off_cost(purse.baseline, p.one_off_ratio, complexity, p.complexity_mean)
        purse.unit_running = purse.baseline / MONTHS_PER_YEAR / max(1.0, weights)
        purse.unit_one_off = one_off / max(1.0, weights)
        purse.legacy = purse.unit_running * weights
    transfer(run.treasury, Treasury.FUND, Treasury.TAXES, booked(p.fund_opening, p.rounding_unit))


@kernel
def transfer(treasury: Integers, debit: int, credit: int, amount: int) -> None:
    """Book `amount` (yen) in the state's ledger: `debit` rises, `credit` falls."""
    treasury[debit] += amount
    treasury[credit] -= amount


@kernel
def top_up(run: Run, month: int) -> None:
    """Raise the national fund in the month of its top-up."""
    if month == run.parameters.fund_top_up_month:
        transfer(
            run.treasury,
            Treasury.FUND,
            Treasury.TAXES,
            booked(run.parameters.fund_top_up, run.parameters.rounding_unit),
        )


@kernel
def allotment(yearly: float, share: float, crowding_out: float, running: float) -> float:
    """Return the new envelope (yen) of a year: less where `running` cost of the last year rose above `yearly`."""
    return max(0.0, share * yearly - crowding_out * max(0.0, running - yearly))


@kernel
def open_year(run: Run, month: int) -> None:
    """In April let envelopes above the carry-over limit lapse and grant new ones; running costs of new systems fall."""
    if month % MONTHS_PER_YEAR != 0:
        return
    p = run.parameters
    for i in range(run.places.size):
        purse, lever, ledger = run.purses[i], run.levers[i], run.ledger[i]
        sums = run.money[run.places[i].kind]
        kept = booked(p.carry_limit * p.envelope_share * purse.baseline, p.rounding_unit)
        post(ledger, sums, Account.LAPSED, Account.ENVELOPE, max(0, ledger[Account.ENVELOPE] - kept))
        granted = allotment(purse.baseline, p.envelope_share, p.crowding_out, float(purse.running_total))
        post(ledger, sums, Account.ENVELOPE, Account.APPROPRIATION, booked(granted, p.rounding_unit))
        receive(ledger, sums, run.treasury, booked(lever.lump_sum, p.rounding_unit))
        purse.running_total = 0
        if month > 0:
            purse.new *= 1.0 - p.optimisation


@kernel
def receive(ledger: Integers, sums: Integers, treasury: Integers, amount: int) -> None:
    """Give a municipality a grant of the state (yen); it can be spent like the envelope."""
    post(ledger, sums, Account.ENVELOPE, Account.GRANT, amount)
    transfer(treasury, Treasury.GRANTS_PAID, Treasury.TAXES, amount)


@kernel
def instalment(purse: np.record, weight: float, price: float, share: float, unit: int) -> int:
    """Return `share` of the one-off cost (yen) of systems of this work `weight`, at this `price` level."""
    return booked(share * purse.unit_one_off * weight * price, unit)


@kernel
def group_price(size: int, discount: float) -> float:
    """Return the price level of a joint procurement by `size` municipalities, 1 for one that buys alone."""
    return 1.0 - discount * math.log(max(1, size))


@kernel
def pay_one_off(
    ledger: Integers, sums: Integers, treasury: Integers, amount: int, rate: float, ceiling: float, unit: int
) -> None:
    """Pay a one-off cost (yen): the subsidy first, the rest from the envelope and, where that lacks, the reserve."""
    paid = subsidy(amount, rate, ceiling, treasury[Treasury.FUND], unit)
    transfer(treasury, Treasury.SUBSIDIES_PAID, Treasury.FUND, paid)
    post(ledger, sums, Account.ENVELOPE, Account.SUBSIDY, paid)
    post(ledger, sums, Account.ONE_OFF, Account.ENVELOPE, amount)
    draw_on_reserve(ledger, sums)


@kernel
def draw_on_reserve(ledger: Integers, sums: Integers) -> None:
    """Fill an overdrawn envelope from the reserve."""
    if ledger[Account.ENVELOPE] < 0:
        post(ledger, sums, Account.ENVELOPE, Account.RESERVE, -ledger[Account.ENVELOPE])


@kernel
def close_month(run: Run, month: int) -> None:
    """Book what every municipality owes for this month, members of a group by their shares in its bill."""
    unit = run.parameters.rounding_unit
    for group in range(run.bill.size):
        run.bill[group] = 0.0
    for i in range(run.places.size):
        place, municipality, purse = run.places[i], run.municipalities[i], run.purses[i]
        ledger, sums, flows = run.ledger[i], run.money[place.kind], run.flows[place.kind]
        running = max(0.0, purse.legacy + purse.new) * (1.0 - purse.saving)
        if municipality.group < 0:
            owed = booked(running, unit)
        else:
            before = run.bill[municipality.group]
            run.bill[municipality.group] = before + running
            owed = booked(before + running, unit) - booked(before, unit)
            flows.cooperating_municipalities += 1.0
            saved = max(0.0, purse.legacy + purse.new) - running + purse.grant - purse.coordination
            flows.saving += saved
            flows.worse_off_municipalities += saved < -0.5 * unit  # less is not booked
            post(ledger, sums, Account.COORDINATION, Account.APPROPRIATION, booked(purse.coordination, unit))
            if purse.grant > 0.0:
                receive(ledger, sums, run.treasury, booked(purse.grant, unit))
        post(ledger, sums, Account.RUNNING, Account.APPROPRIATION, owed)
        purse.running_total += owed
        if purse.parallel > 0.0:
            post(ledger, sums, Account.PARALLEL, Account.APPROPRIATION, booked(purse.parallel, unit))
        interfaces = run.harm[i].interfaces
        if interfaces > 0.0:
            cost = run.parameters.interface_cost * purse.baseline / MONTHS_PER_YEAR * interfaces / PER_HUNDRED
            post(ledger, sums, Account.INTERFACE, Account.APPROPRIATION, booked(cost, unit))
        if municipality.late > 0 and run.levers[i].late_penalty > 0.0:
            fined = overdue(run, month, i)
            amount = booked(run.levers[i].late_penalty * fined, unit)
            post(ledger, sums, Account.PENALTY, Account.RESERVE, amount)
            transfer(run.treasury, Treasury.TAXES, Treasury.PENALTIES_RECEIVED, amount)


@kernel
def overdue(run: Run, month: int, i: int) -> int:
    """Return how many of a municipality's late systems are past its own date, too."""
    count = 0
    for operation in range(run.lot_of.size):
        system, lot = run.systems[i, operation], run.lots[i, run.lot_of[operation]]
        if system.reason > 0 and system.state < SystemState.LIVE:
            count += month >= due_date(run.parameters.deadline, lot, run.nation[0], run.parameters)
    return count
