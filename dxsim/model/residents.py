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
online share of a body's cases of last month, those excluded included, reaches x_take; budget, from the first April from
then on at which the body has drawn on its reserve. They close in a straight line over d_close months.

A higher alpha_min or more capacity never leaves more residents of any group excluded in any month (under take_up more
capacity may: training makes counters close earlier). More points of help never leave more excluded in all; but where
help is full, a point that handles fewer cases than the mean of those in place lets those it reaches crowd others out.

Sources: Herd and Moynihan 2018 (learning, compliance and psychological burden); 390 bodies use 5,245 post offices for
certificates (January 2025).
"""

from __future__ import annotations

import math

import numpy as np

from dxsim.kernel import kernel
from dxsim.model import money
from dxsim.model.state import (
    ANALOG_CASES,
    APPROPRIATION,
    ASSISTED_CASES,
    BURDEN_HOURS,
    CHANNELS,
    COHORTS,
    EXCLUDED_CASES,
    HIGHEST_LEVEL,
    NEVER,
    ONLINE,
    ONLINE_CASES,
    RESERVE,
    Country,
    Floats,
    Records,
    State,
)

KEEP, TAKE_UP, SUNSET, BUDGET = 0, 1, 2, 3
COUNT = len(COHORTS)
UNDER_65, FROM_65, FROM_75, FROM_85 = 0, 1, 2, 3  # places in COHORTS
MONTHS_OF_YEAR = 12
PER_TEN_THOUSAND = 10_000.0  # residents


@kernel
def ability(initial: float, growth: float, month: int) -> float:
    """Return d, the share able to use procedures online; `initial` in April 2021, `growth` in logits a year."""
    logit = math.log(initial / (1.0 - initial)) + growth * month / MONTHS_OF_YEAR
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
    return (counters + p.desk_cost * desks + p.point_cost * points + p.tablet_cost * tablets) / MONTHS_OF_YEAR


@kernel
def online_share(cohorts: Records) -> float:
    """Return the online share of a body's cases of last month, 0 if there were none."""
    online, cases = 0.0, 0.0
    for a in range(COUNT):
        online += cohorts[a].online
        cases += cohorts[a].online + cohorts[a].assisted + cohorts[a].analog + cohorts[a].excluded
    return online / cases if cases > 0.0 else 0.0


@kernel
def begins_to_close(rule: int, month: int, start: int, take_up: float, threshold: float, reserve: int) -> bool:
    """Return whether a body whose counters are all open begins to close them; `reserve` is that account's balance."""
    if month < start or rule == KEEP:
        return False
    if rule == TAKE_UP:
        return take_up >= threshold
    return rule == SUNSET or (month % MONTHS_OF_YEAR == 0 and reserve != 0)


@kernel
def of_age_groups(parameters: np.record, month: int, untrained: Floats, need: Floats, decay: Floats) -> None:
    """Fill in what holds in all bodies, by age group: the shares able and in need, and the decay of reach."""
    p = parameters
    untrained[UNDER_65], need[UNDER_65], decay[UNDER_65] = p.ability_under_65, p.need_under_65, p.reach_under_65
    untrained[FROM_65], need[FROM_65], decay[FROM_65] = p.ability_65_to_74, p.need_65_to_74, p.reach_65_to_74
    untrained[FROM_75], need[FROM_75], decay[FROM_75] = p.ability_75_to_84, p.need_75_to_84, p.reach_75_to_84
    untrained[FROM_85], need[FROM_85], decay[FROM_85] = p.ability_85_over, p.need_85_over, p.reach_85_over
    for a in range(COUNT):
        untrained[a] = ability(untrained[a], p.ability_growth, month)


@kernel
def count_cases(cohort: np.record, online: float, assisted: float, analog: float, excluded: float) -> None:
    """Write down an age group's cases of this month, and add them to its totals."""
    cohort.online, cohort.assisted, cohort.analog, cohort.excluded = online, assisted, analog, excluded
    cohort.online_total += online
    cohort.assisted_total += assisted
    cohort.analog_total += analog
    cohort.excluded_total += excluded


@kernel(makes_arrays=True)
def serve_residents(country: Country, state: State, parameters: np.record, month: int) -> None:
    """Let residents do, or miss, what they need in this month, train those helped, and book what channels cost."""
    untrained, need, decay = np.empty(COUNT), np.empty(COUNT), np.empty(COUNT)
    of_age_groups(parameters, month, untrained, need, decay)
    offered = np.arange(HIGHEST_LEVEL[ONLINE] + 1) / HIGHEST_LEVEL[ONLINE]
    serve_bodies(country, state, parameters, month, untrained, need, decay, np.empty(COUNT), offered)


@kernel(inner=True)
def serve_bodies(
    country: Country,
    state: State,
    parameters: np.record,
    month: int,
    untrained: Floats,
    need: Floats,
    decay: Floats,
    demand: Floats,
    offered_at: Floats,
) -> None:
    """Serve the residents of all bodies.

    (4,) `untrained`, `need` and `decay` are the shares able and in need and the decay of reach of each age group,
    `demand` is overwritten, and (27,) `offered_at` is the share of procedures that are online at each level.
    """
    p = parameters
    preferred = online_probability(p.counter_burden, p.online_burden, p.burden_sensitivity)
    for i in range(country.municipalities.size):
        kind, body, lever = country.municipalities[i].kind, state.municipalities[i], state.levers[i]
        if body.closing == NEVER and p.analog_rule != KEEP:
            take_up = online_share(state.cohorts[i]) if p.analog_rule == TAKE_UP else 0.0
            reserve = state.ledger[i, RESERVE]
            if begins_to_close(p.analog_rule, month, p.closing_start, take_up, p.take_up_threshold, reserve):
                body.closing = month
        retained = retention(body.closing, month, p.closing_months, lever.analog_floor)
        offered = offered_at[state.programmes[i, ONLINE].level]

        ratio, young, aged = country.population_ratio[i, month // MONTHS_OF_YEAR], country.cohorts[i, UNDER_65], 0.0
        for a in range(FROM_65, COUNT):
            aged += country.cohorts[i, a]
        residents = young + aged
        density = (lever.support_desks + lever.access_points + lever.tablets) * aged / max(1.0, residents)
        if state.cohorts[i, 0].density != density:
            for a in range(COUNT):
                state.cohorts[i, a].density = density
                state.cohorts[i, a].reach = reach(density, decay[a])
        tens_of_thousands = aged * ratio / PER_TEN_THOUSAND
        desks = lever.support_desks * tens_of_thousands
        points = lever.access_points * tens_of_thousands
        tablets = lever.tablets * tens_of_thousands

        reached = 0.0
        for a in range(COUNT):
            cohort = state.cohorts[i, a]
            cohort.persons = country.cohorts[i, a] * ratio
            demand[a] = cohort.persons * need[a] * (1.0 - able_share(untrained[a], cohort.trained))
            reached += demand[a] * cohort.reach
        served = served_share(assistance_capacity(desks, points, tablets, p), reached)

        burden = 0.0
        for a in range(COUNT):
            cohort = state.cohorts[i, a]
            able = cohort.persons * need[a] - demand[a]
            online = online_cases(able, offered, retained, preferred)
            assisted = demand[a] * cohort.reach * served
            excluded = excluded_cases(demand[a], assisted, retained)
            analog = (able - online) + (demand[a] - assisted - excluded)
            count_cases(cohort, online, assisted, analog, excluded)
            unable = cohort.persons * (1.0 - untrained[a])
            cohort.trained = trained_share(cohort.trained, lever.training, assisted, unable)
            burden += p.online_burden * online + p.assisted_burden * assisted + p.counter_burden * analog
            state.flows[kind, ONLINE_CASES + a] += online
            state.flows[kind, ASSISTED_CASES + a] += assisted
            state.flows[kind, ANALOG_CASES + a] += analog
            state.flows[kind, EXCLUDED_CASES + a] += excluded
        state.flows[kind, BURDEN_HOURS] += burden
        cost = channel_cost(residents * ratio, retained, desks, points, tablets, p)
        money.post(state.ledger[i], state.money[kind], CHANNELS, APPROPRIATION, money.booked(cost, p.rounding_unit))
