"""What does it cost, who pays, and is there money for it?

IT cost before migration    C = F_0 + v_0 (N + 0.277 max(0, N - 300,000))            yen a year, N residents in 2020
one-off cost                Q = phi_Q C (1 + kappa) / (1 + kappa_mean)                yen, kappa over its lots
running cost of a system    C_o rho l (1 - delta_opt)^years (1 - saved by the group)  yen a year
lock-in                     l = 1 + ell (1 - pi) (1 - e_data) h                       1
    h                       1 with the vendor that was there before, else the market share of the new one
price of one-off cost       l (1 - delta_buy ln|S|)                                   1, in a group S
interfaces                  c_if C / 12 a hundred                                     yen a month
penalty                     f_late for each system past T_D and its own date (`dates`)  yen a month
room                        S_i max(0.02, 1 - current balance ratio)                  yen a year, S_i: standard scale
envelope each April         phi_B max(0.02 S_i, room - rise of running cost)          yen, less what it has to pay back
    from the state          g_lump                                                    yen
reserve at the start        phi_B of the financial adjustment fund                    yen
subsidy                     min(cost, its part of the ceiling, fund)                  yen
    ceiling                 m_sub (25.1 million + 851 N), times 3.83 from month t_Phi yen; to m_sub is added:
                            b_late where the vendor came short (R4), b_group in a group
    fund                    Phi_0, + Delta_Phi in month t_Phi, less what is paid      yen

rho is lognormal with mean rho_mean and standard deviation rho_sd, rho l is cut at 0.7 and 5.7; amounts are booked in
multiples of u_yen. A system that is live from a month on costs by its new contract from that month on, beside its old
one while that runs in parallel; the yearly fall of cost begins in the April after.

The envelope is what information systems get of the money that a municipality is free to spend. Voluntary programmes
need a year's envelope that pays for them, if the `budget` is binding. A council spreads a first instalment over the
five years of a contract: a commitment waits if it takes more than envelope, reserve and four more envelopes. What falls
due beyond envelope and reserve the council appropriates at once, and pays it back from the envelopes that come once all
lots are decided. What is left of an envelope goes to the reserve; it lapses only where all systems are live and the
reserve is as full as at the start. So nobody saves in vain. Running, parallel and interface cost, channels and the
group's transaction cost are obligatory: the council appropriates them month by month, and what running cost rises by is
room no more.

The ledger is double entry in whole yen: every row sums to zero, debits are positive. The account `reserve` is what
unspent envelopes added to the reserve less what was drawn since the start: above zero where a municipality saves for
systems that are not live yet. The members of a group split its running cost by rounding running totals, so that shares
sum to the bill exactly.

Sources: MIC municipal IT cost FY2017 (ZDNet 2018), also for the surcharge of large cities, which closes the gap to
478.6 billion yen in all; running cost at least 30 % below FY2018 (target of the state), at most 5.7 times among core
cities (ITmedia 2025-06). Ceiling before the top-up: of the fund's 150.9 billion yen for migration, so that core cities
get 340 million yen each on average (survey of 62 core cities, 2023-10); it rises like the fund, from 182.5 to 698.8
billion yen (Jiji 2023-11-07). Standard scale and reserve: `dxsim.nation.averages`. Margins grow with a seller's market
share as in Cournot's oligopoly.
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
LARGE_CITY_SURCHARGE, LARGE_CITY_POPULATION = 0.277, 300_000.0  # 1; residents above which it counts
RUNNING_MINIMUM, RUNNING_MAXIMUM = 0.7, 5.7
CEILING_BASE, CEILING_PER_RESIDENT, CEILING_RISE = 25.1e6, 851.0, 3.83  # yen; yen; 1
CONTRACT_YEARS = 5  # over which costs are compared and leased (Digital Agency, verification FY2024)
LEAST_ROOM = 0.02  # of the standard scale, where current expenses take all of it
PER_CENT = 100.0  # unit of the current balance ratio

PURSE = np.dtype(
    [
        ("baseline", np.float64),  # IT cost before migration, yen a year
        ("unit_running", np.float64),  # the same per unit of work weight, yen a month
        ("unit_one_off", np.float64),  # one-off cost per unit of work weight, yen
        ("unit_ceiling", np.float64),  # ceiling of the subsidy per unit of work weight before its rise, yen
        ("legacy", np.float64),  # running cost of systems not yet live, yen a month
        ("parallel", np.float64),  # running cost of old systems that run beside live ones, yen a month
        ("new", np.float64),  # running cost of live systems before what a group saves, yen a month
        ("legacy_due", np.float64),  # these three as they were when the month began, yen a month
        ("parallel_due", np.float64),
        ("new_due", np.float64),
        ("saving", np.float64),  # share of running cost that the group saves
        ("coordination", np.float64),  # share in the group's transaction cost, yen a month
        ("grant", np.float64),  # cooperation grant, yen a month
        ("running_total", np.int64),  # what was booked as running cost in the last twelve months before April, yen
        ("room", np.float64),  # what current expenses left of the standard scale before migration, yen a year
        ("granted", np.int64),  # envelope of this year before anything is paid back, yen
        ("opening_reserve", np.int64),  # reserve at the start, yen
        ("debt", np.int64),  # emergency budgets that are not paid back, yen
    ]
)


@kernel
def it_cost(population: float, fixed: float, unit: float) -> float:
    """Return C, the yearly IT cost (yen) of a municipality of this `population` before migration."""
    return fixed + unit * (population + LARGE_CITY_SURCHARGE * max(0.0, population - LARGE_CITY_POPULATION))


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
def ceiling_now(purse: np.record, lever: np.record, parameters: np.record, month: int, extra: float) -> float:
    """Return the ceiling of the subsidy (yen per unit of work weight); `extra` is added to its multiple."""
    rise = CEILING_RISE if month >= parameters.fund_top_up_month else 1.0
    return purse.unit_ceiling * (lever.ceiling_multiple + extra) * rise


@kernel
def left_to_pay(purse: np.record, lever: np.record, parameters: np.record, month: int, is_member: bool) -> float:
    """Return the share of one-off cost at price 1 that the subsidy leaves to a member of a group, or to one alone."""
    ceiling = ceiling_now(purse, lever, parameters, month, lever.group_bonus if is_member else 0.0)
    return 1.0 - min(1.0, ceiling / max(1.0, purse.unit_one_off))


@kernel
def lock_in(parameters: np.record, is_incumbent: bool, market_share: float) -> float:
    """Return l, what a vendor that knows its customer bound takes against a market without lock-in."""
    hold = 1.0 if is_incumbent else market_share
    return 1.0 + parameters.lock_in * (1.0 - parameters.portability) * (1.0 - parameters.data_export) * hold


@kernel
def running_multiple(mean: float, deviation: float, lock: float, draw: float) -> float:
    """Return rho l: rho is lognormal of this `mean` and standard `deviation`; `draw` is standard normal, `lock` l."""
    variance = math.log(1.0 + (deviation / mean) ** 2)
    multiple = lock * mean * math.exp(math.sqrt(variance) * draw - variance / 2.0)
    return min(RUNNING_MAXIMUM, max(RUNNING_MINIMUM, multiple))


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
        purse.baseline = it_cost(place.population, p.fixed_cost, p.unit_cost)
        complexity = complexities / max(1, lots)
        one_off = one_off_cost(purse.baseline, p.one_off_ratio, complexity, p.complexity_mean)
        purse.unit_running = purse.baseline / MONTHS_PER_YEAR / max(1.0, weights)
        purse.unit_one_off = one_off / max(1.0, weights)
        purse.unit_ceiling = (CEILING_BASE + CEILING_PER_RESIDENT * place.population) / max(1.0, weights)
        purse.legacy = purse.unit_running * weights
        purse.room = place.standard_scale * max(LEAST_ROOM, 1.0 - place.current_balance_ratio / PER_CENT)
        purse.opening_reserve = booked(p.envelope_share * place.reserve, p.rounding_unit)
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
def allotment(share: float, scale: float, room: float, rise: float) -> float:
    """Return the envelope (yen) of a year: a `share` of the `room` (yen a year) that the `rise` of running cost leaves.

    A small part of the standard `scale` (yen a year) is always there.
    """
    return share * max(LEAST_ROOM * scale, room - max(0.0, rise))


@kernel
def open_year(run: Run, month: int) -> None:
    """Note what running and parallel cost come to this month; in April running cost falls and envelopes are granted."""
    p = run.parameters
    for i in range(run.places.size):
        purse = run.purses[i]
        if month % MONTHS_PER_YEAR == 0:
            purse.new -= p.optimisation * purse.new_due  # of systems that were live in March
            open_budget(run, i)
        purse.legacy_due, purse.parallel_due, purse.new_due = purse.legacy, purse.parallel, purse.new


@kernel
def open_budget(run: Run, i: int) -> None:
    """Save what is left of a municipality's envelope, or let it lapse, and grant a new one."""
    p, place, municipality, purse, ledger = (
        run.parameters,
        run.places[i],
        run.municipalities[i],
        run.purses[i],
        run.ledger[i],
    )
    sums = run.money[place.kind]
    post(ledger, sums, Account.RESERVE, Account.ENVELOPE, ledger[Account.ENVELOPE])
    if municipality.live == municipality.systems:
        post(ledger, sums, Account.LAPSED, Account.RESERVE, max(0, ledger[Account.RESERVE]))
    rise = float(purse.running_total) - purse.baseline
    granted = booked(allotment(p.envelope_share, place.standard_scale, purse.room, rise), p.rounding_unit)
    purse.granted = granted
    if municipality.open_lots == 0:
        paid_back = min(purse.debt, granted)
        purse.debt -= paid_back
        granted -= paid_back
    post(ledger, sums, Account.ENVELOPE, Account.APPROPRIATION, granted)
    receive(ledger, sums, run.treasury, booked(run.levers[i].lump_sum, p.rounding_unit))
    purse.running_total = 0


@kernel
def at_hand(purse: np.record, ledger: Integers) -> int:
    """Return what a first instalment may take (yen): envelope, reserve, and what four more envelopes pay back."""
    later = max(0, (CONTRACT_YEARS - 1) * purse.granted - purse.debt)
    return ledger[Account.ENVELOPE] + purse.opening_reserve + ledger[Account.RESERVE] + later


@kernel
def pay(run: Run, i: int, account: int, amount: int) -> None:
    """Pay what falls due (yen) from the envelope, where that lacks the reserve, and then by an emergency budget."""
    purse, ledger, sums = run.purses[i], run.ledger[i], run.money[run.places[i].kind]
    post(ledger, sums, account, Account.ENVELOPE, amount)
    lacking = -ledger[Account.ENVELOPE]
    if lacking > 0:
        drawn = min(lacking, purse.opening_reserve + ledger[Account.RESERVE])
        post(ledger, sums, Account.ENVELOPE, Account.RESERVE, drawn)
        post(ledger, sums, Account.ENVELOPE, Account.APPROPRIATION, lacking - drawn)
        purse.debt += lacking - drawn


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
def subsidy(run: Run, month: int, i: int, cost: int, part: float, is_short: bool) -> int:
    """Return what the state pays (yen) towards a `cost` (yen) that is for this `part` of one-off work weight.

    `is_short`: the vendor came short (R4).
    """
    lever = run.levers[i]
    extra = lever.late_bonus if is_short else 0.0
    if run.municipalities[i].group >= 0:
        extra += lever.group_bonus
    ceiling = booked(
        ceiling_now(run.purses[i], lever, run.parameters, month, extra) * part, run.parameters.rounding_unit
    )
    return min(cost, ceiling, run.treasury[Treasury.FUND])


@kernel
def own_part(run: Run, month: int, i: int, weight: float, price: float, share: float) -> int:
    """Return what a municipality pays itself (yen) of an instalment, at this `price` level."""
    due = instalment(run.purses[i], weight, price, share, run.parameters.rounding_unit)
    return due - subsidy(run, month, i, due, weight * share, False)


@kernel
def pay_one_off(run: Run, month: int, i: int, weight: float, price: float, share: float, is_short: bool) -> None:
    """Pay a `share` of the one-off cost of systems of this work `weight`: the subsidy first, then what is at hand."""
    due = instalment(run.purses[i], weight, price, share, run.parameters.rounding_unit)
    paid = subsidy(run, month, i, due, weight * share, is_short)
    transfer(run.treasury, Treasury.SUBSIDIES_PAID, Treasury.FUND, paid)
    post(run.ledger[i], run.money[run.places[i].kind], Account.ENVELOPE, Account.SUBSIDY, paid)
    pay(run, i, Account.ONE_OFF, due)


@kernel
def agree_on_prices(run: Run, i: int, number: int, price: float) -> None:
    """Fix what a municipality pays for lot `number`, once and each year; `price` is what its group makes of it."""
    p, lot = run.parameters, run.lots[i, number]
    lock = lock_in(p, lot.vendor == lot.legacy, run.market_share[lot.vendor, number])
    draw = streams.normal(run.seed, streams.RUNNING, run.places[i].code, 0, number)
    lot.price = price * lock
    lot.running_factor = running_multiple(p.running_cost_mean, p.running_cost_sd, lock, draw)


@kernel
def close_month(run: Run, month: int) -> None:
    """Book what every municipality owes for this month, members of a group by their shares in its bill."""
    unit = run.parameters.rounding_unit
    for group in range(run.bill.size):
        run.bill[group] = 0.0
    for i in range(run.places.size):
        place, municipality, purse = run.places[i], run.municipalities[i], run.purses[i]
        ledger, sums, flows = run.ledger[i], run.money[place.kind], run.flows[place.kind]
        before_saving = max(0.0, purse.legacy_due + purse.new_due)
        running = before_saving * (1.0 - purse.saving)
        if municipality.group < 0:
            owed = booked(running, unit)
        else:
            before = run.bill[municipality.group]
            run.bill[municipality.group] = before + running
            owed = booked(before + running, unit) - booked(before, unit)
            flows.cooperating_municipalities += 1.0
            saved = before_saving - running + purse.grant - purse.coordination
            flows.saving += saved
            flows.worse_off_municipalities += saved < -0.5 * unit  # less is not booked
            post(ledger, sums, Account.COORDINATION, Account.APPROPRIATION, booked(purse.coordination, unit))
            if purse.grant > 0.0:
                receive(ledger, sums, run.treasury, booked(purse.grant, unit))
        post(ledger, sums, Account.RUNNING, Account.APPROPRIATION, owed)
        purse.running_total += owed
        if purse.parallel_due > 0.0:
            post(ledger, sums, Account.PARALLEL, Account.APPROPRIATION, booked(purse.parallel_due, unit))
        interfaces = run.harm[i].interfaces
        if interfaces > 0.0:
            cost = run.parameters.interface_cost * purse.baseline / MONTHS_PER_YEAR * interfaces / PER_HUNDRED
            post(ledger, sums, Account.INTERFACE, Account.APPROPRIATION, booked(cost, unit))
        if municipality.late > 0 and run.levers[i].late_penalty > 0.0:
            fined = overdue(run, month, i)
            amount = booked(run.levers[i].late_penalty * fined, unit)
            pay(run, i, Account.PENALTY, amount)
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
