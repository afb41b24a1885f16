"""Who gets procedures done, through which channel, and who is shut out when counters close?

Residents of four age groups a = 1 to 4 (below 65, 65 to 74, 75 to 84, 85 and over) need procedures. By age group:

able in April 2021   d_1, d_2, d_3, d_4                                       share, untrained
in need              nu_1, nu_2, nu_3, nu_4                                   share of the N_a persons, each month
decay of reach       k_1, k_2, k_3, k_4                                       per point for 10,000 residents

ability              d_a(t) = 1 / (1 + (1 / d_a - 1) exp(-g_d t / 12))        share, t months since April 2021
able                 g_a = d_a(t) + (1 - d_a(t)) T_a                          share; T_a trained ones among the unable
counters             alpha = 1 - (1 - alpha_min) min(1, (t - start) / d_close)    share of cases; 1 before they close
choice of online     P = 1 / (1 + exp(-beta_b (b_cnt - b_on)))                burdens b in hours a case
online               N_a nu_a g_a s (alpha P + 1 - alpha)                     cases a month; s = procedures online / 26
demand for help      D_a = N_a nu_a (1 - g_a)                                 cases a month
points of help       x = (n_desk + n_point + n_tab) (residents aged 65 and over) / residents    per 10,000 residents
reach                R_a = 1 - exp(-k_a x)                                    share of the unable
capacity             K = H_open (desks r_desk + points r_point + tablets r_tab)    cases a month
assisted             A_a = D_a R_a min(1, K / sum_a D_a R_a)                  cases a month
excluded             X_a = (1 - alpha) (D_a - A_a)                            cases a month
analog               all other cases: those able and not online, and alpha (D_a - A_a)
trained              T_a rises by theta_tr A_a / (N_a (1 - d_a(t))), to 1 at most    in effect from the next month on
burden               b_on online + b_as assisted + b_cnt analog               hours a month
cost of channels     (c_cnt N alpha + c_desk desks + c_point points + c_tab tablets) / 12    yen a month, appropriated

Able residents always get through: a procedure that is not online stays at the counter. n_desk, n_point and n_tab set
desks, points and tablets per 10,000 residents aged 65 and over. Cost is booked in multiples of u_yen.

When counters close (`analog_rule`): keep, never; sunset, from month t_close on; take_up, from then on as soon as the
online share of a municipality's cases of last month, those excluded included, reaches x_take; budget, from the first
April from then on at which the municipality has an emergency budget to pay back. They close in a straight line over
d_close months.

A higher alpha_min or more capacity never leaves more residents of any group excluded in any month (under take_up more
capacity may: training makes counters close earlier). More points of help never leave more excluded in all; but where
help is full, a point that handles fewer cases than the mean of those in place lets those it reaches crowd others out.

Sources: Herd and Moynihan 2018 (learning, compliance and psychological burden); 390 municipalities use 5,245 post
offices for certificates (January 2025).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dxsim.kernel import kernel
from dxsim.model import money
from dxsim.model.codes import CHANNELS, COHORTS, HIGHEST_LEVEL, NEVER, Account, Programme
from dxsim.model.fields import Field
from dxsim.scenario.registry import choices
from dxsim.terms.calendar import MONTHS_PER_YEAR

if TYPE_CHECKING:
    from dxsim.model.state import Records, Run


AnalogRule = choices("residents.analog_rule")
COUNT = len(COHORTS)
PROCEDURES = HIGHEST_LEVEL[Programme.ONLINE]
UNDER_65, FROM_65, FROM_75, FROM_85 = 0, 1, 2, 3  # places in COHORTS
PER_TEN_THOUSAND = 10_000.0  # residents

COHORT = np.dtype(
    [
        ("persons", np.float64),  # residents in this month
        ("trained", np.float64),  # share of those unable that training has made able
        ("density", np.float64),  # points of help per 10,000 residents that `reach` was worked out for
        ("reach", np.float64),  # share that the points of help reach
        ("online", np.float64),  # residents who use a procedure online in this month
        ("assisted", np.float64),  # who are helped
        ("analog", np.float64),  # who go to the counter
        ("excluded", np.float64),  # who need a procedure and can't reach it
        ("online_total", np.float64),  # the same, persons times months so far
        ("assisted_total", np.float64),  # persons times months so far
        ("analog_total", np.float64),  # persons times months so far
        ("excluded_total", np.float64),  # persons times months so far
    ]
)

# What holds for an age group in all municipalities in a month.
AGE_RATE = np.dtype(
    [
        ("untrained", np.float64),  # share able to use procedures online without training
        ("need", np.float64),  # share that needs a procedure
        ("decay", np.float64),  # of reach, per point of help for 10,000 residents
        ("demand", np.float64),  # cases of the municipality at hand that need help
    ]
)
FLOW_FIELDS = (*(Field(channel, "cases", COHORTS) for channel in CHANNELS), Field("burden_hours", "hours"))


@kernel
def ability(initial: float, growth: float, month: int) -> float:
    """Return d, the share able to use procedures online; `initial` in April 2021, `growth` in logits a year."""
    logit = math.log(initial / (1.0 - initial)) + growth * month / MONTHS_PER_YEAR
    return 1.0 / (1.0 + math.exp(-logit))


@kernel
def able_share(untrained: float, trained: float) -> float:
    """Return g, the share able: those able `untrained`, and the share `trained` of the others."""
    return untrained + (1.0 - untrained) * trained


@kernel
def online_probability(counter_burden: float, online_burden: float, sensitivity: float) -> float:
    """Return P, how likely an able resident prefers online to the counter; burdens in hours a case."""
    return 1.0 / (1.0 + math.exp(-sensitivity * (counter_burden - online_burden)))


@kernel
def retention(closing: int, month: int, months: int, floor: float) -> float:
    """Return alpha in [0, 1], the counter service kept in a `month` if counters close over `months` from `closing`."""
    if month < closing:
        return 1.0
    if month >= closing + months:
        return floor
    return 1.0 - (1.0 - floor) * (month - closing) / months


@kernel
def online_cases(able: float, offered: float, retained: float, preferred: float) -> float:
    """Return the cases done online of those of `able` residents; the `offered` share of procedures is online.

    With probability `retained` there is a counter to choose, and online is preferred to it with that of `preferred`.
    """
    return able * offered * (retained * preferred + (1.0 - retained))


@kernel
def reach(density: float, decay: float) -> float:
    """Return R in [0, 1], the share of residents that points of help of this `density` reach."""
    return 1.0 - math.exp(-decay * density)


@kernel
def assistance_capacity(desks: float, points: float, tablets: float, parameters: np.record) -> float:
    """Return K, the cases a month that these numbers of desks, points and tablets can handle."""
    p = parameters
    return p.opening_hours * (desks * p.desk_rate + points * p.point_rate + tablets * p.tablet_rate)


@kernel
def served_share(capacity: float, reached: float) -> float:
    """Return the share of the cases `reached` that help has `capacity` for, the same in all groups."""
    return 1.0 if reached <= capacity else capacity / reached


@kernel
def excluded_cases(demand: float, assisted: float, retained: float) -> float:
    """Return X, the cases of unable residents whom neither help nor the counter serves."""
    return (1.0 - retained) * (demand - assisted)


@kernel
def trained_share(trained: float, gain: float, assisted: float, unable: float) -> float:
    """Return T after a month in which the share `gain` of `assisted` ones became able, of `unable` persons in all."""
    if unable <= 0.0:
        return trained
    return min(1.0, trained + gain * assisted / unable)


@kernel
def channel_cost(
    persons: float, retained: float, desks: float, points: float, tablets: float, parameters: np.record
) -> float:
    """Return what counters for `persons` and these numbers of desks, points and tablets cost, yen a month."""
    p = parameters
    counters = p.counter_cost * persons * retained
    return (counters + p.desk_cost * desks + p.point_cost * points + p.tablet_cost * tablets) / MONTHS_PER_YEAR


@kernel
def online_share(cohorts: Records) -> float:
    """Return the online share of a municipality's cases of last month, 0 if there were none."""
    online, cases = 0.0, 0.0
    for a in range(COUNT):
        online += cohorts[a].online
        cases += cohorts[a].online + cohorts[a].assisted + cohorts[a].analog + cohorts[a].excluded
    return online / cases if cases > 0.0 else 0.0


@kernel
def begins_to_close(rule: int, month: int, start: int, take_up: float, threshold: float, debt: int) -> bool:
    """Return whether a municipality with all counters open begins to close; `debt` are emergency budgets (yen)."""
    if month < start or rule == AnalogRule.KEEP:
        return False
    if rule == AnalogRule.TAKE_UP:
        return take_up >= threshold
    return rule == AnalogRule.SUNSET or (month % MONTHS_PER_YEAR == 0 and debt > 0)


@kernel
def set_age_rates(rates: Records, parameters: np.record, month: int) -> None:
    """Set what holds for the age groups of all municipalities in this month."""
    p = parameters
    first, second, third, last = rates[UNDER_65], rates[FROM_65], rates[FROM_75], rates[FROM_85]
    first.untrained, first.need, first.decay = p.ability_under_65, p.need_under_65, p.reach_under_65
    second.untrained, second.need, second.decay = p.ability_65_to_74, p.need_65_to_74, p.reach_65_to_74
    third.untrained, third.need, third.decay = p.ability_75_to_84, p.need_75_to_84, p.reach_75_to_84
    last.untrained, last.need, last.decay = p.ability_85_over, p.need_85_over, p.reach_85_over
    for a in range(COUNT):
        rates[a].untrained = ability(rates[a].untrained, p.ability_growth, month)


@kernel
def count_cases(cohort: np.record, online: float, assisted: float, analog: float, excluded: float) -> None:
    """Write down an age group's cases of this month, and add them to its totals."""
    cohort.online, cohort.assisted, cohort.analog, cohort.excluded = online, assisted, analog, excluded
    cohort.online_total += online
    cohort.assisted_total += assisted
    cohort.analog_total += analog
    cohort.excluded_total += excluded


@kernel
def serve_residents(run: Run, month: int) -> None:
    """Let residents do, or miss, what they need in this month, train those helped, and book what channels cost."""
    p = run.parameters
    set_age_rates(run.age_rates, p, month)
    preferred = online_probability(p.counter_burden, p.online_burden, p.burden_sensitivity)
    for i in range(run.places.size):
        consider_closing(run, month, i)
        serve_body(run, month, i, preferred)


@kernel
def consider_closing(run: Run, month: int, i: int) -> None:
    """Let a municipality begin to close its counters if the rule says so."""
    p, municipality = run.parameters, run.municipalities[i]
    if municipality.closing == NEVER and p.analog_rule != AnalogRule.KEEP:
        take_up = online_share(run.cohorts[i]) if p.analog_rule == AnalogRule.TAKE_UP else 0.0
        debt = run.purses[i].debt
        if begins_to_close(p.analog_rule, month, p.closing_start, take_up, p.take_up_threshold, debt):
            municipality.closing = month


@kernel
def serve_body(run: Run, month: int, i: int, preferred: float) -> None:
    """Serve the residents of a municipality; `preferred` is how likely an able one prefers online to the counter."""
    p, kind, lever, rates = run.parameters, run.places[i].kind, run.levers[i], run.age_rates
    retained = retention(run.municipalities[i].closing, month, p.closing_months, lever.analog_floor)
    offered = run.programmes[i, Programme.ONLINE].level / PROCEDURES

    ratio, young, aged = run.population_ratio[i, month // MONTHS_PER_YEAR], run.ages[i, UNDER_65], 0.0
    for a in range(FROM_65, COUNT):
        aged += run.ages[i, a]
    residents = young + aged
    density = (lever.support_desks + lever.access_points + lever.tablets) * aged / max(1.0, residents)
    if run.cohorts[i, 0].density != density:
        for a in range(COUNT):
            run.cohorts[i, a].density = density
            run.cohorts[i, a].reach = reach(density, rates[a].decay)
    tens_of_thousands = aged * ratio / PER_TEN_THOUSAND
    desks = lever.support_desks * tens_of_thousands
    points = lever.access_points * tens_of_thousands
    tablets = lever.tablets * tens_of_thousands

    reached = 0.0
    for a in range(COUNT):
        cohort, rate = run.cohorts[i, a], rates[a]
        cohort.persons = run.ages[i, a] * ratio
        rate.demand = cohort.persons * rate.need * (1.0 - able_share(rate.untrained, cohort.trained))
        reached += rate.demand * cohort.reach
    served = served_share(assistance_capacity(desks, points, tablets, p), reached)

    burden, flows = 0.0, run.flows[kind]
    for a in range(COUNT):
        cohort, rate = run.cohorts[i, a], rates[a]
        able = cohort.persons * rate.need - rate.demand
        online = online_cases(able, offered, retained, preferred)
        assisted = rate.demand * cohort.reach * served
        excluded = excluded_cases(rate.demand, assisted, retained)
        analog = (able - online) + (rate.demand - assisted - excluded)
        count_cases(cohort, online, assisted, analog, excluded)
        unable = cohort.persons * (1.0 - rate.untrained)
        cohort.trained = trained_share(cohort.trained, lever.training, assisted, unable)
        burden += p.online_burden * online + p.assisted_burden * assisted + p.counter_burden * analog
        flows.online[a] += online
        flows.assisted[a] += assisted
        flows.analog[a] += analog
        flows.excluded[a] += excluded
    flows.burden_hours += burden
    cost = money.booked(channel_cost(residents * ratio, retained, desks, points, tablets, p), p.rounding_unit)
    money.post(run.ledger[i], run.money[kind], Account.CHANNELS, Account.APPROPRIATION, cost)
