"""Who gets procedures done, through which channel, how long do counters keep up, and who is shut out?

Residents of four age groups a = 1 to 4 (below 65, 65 to 74, 75 to 84, 85 and over; N_a persons) need nu procedures a
month. Some are able to do them online, others have to be served in person by a staff that shrinks.

able            d_a = phi_able U_a(t)     share, untrained; U_a users of the internet: 0.95, 0.76, 0.54, 0.23 in 2021
                U_a(t) = (1 - t / 120) U_a + t / 120 U_(a-1)          t months since April 2021; cohorts carry it on
                g_a = d_a + (1 - d_a) T_a                             share; T_a trained ones among the unable
offered         s = c_on procedures online / 26                       share of cases
counters        alpha = 1 - (1 - alpha_min) min(1, (t - start) / d_close)    kept for what is online; 1 before
visit           v = b_cnt + 2 d / 20                                  hours; at 20 km/h
choice          P = W T v' / (v' + b_on')                             W willing, T trust (`security`)
                v' = v / q - m, b_on' = b_on - m, m = sigma_once b b_on     who is turned away has to come again
willing         W = 1 / (1 + (1 / omega_0 - 1) exp(-g_w t / 12))      share of those able
online          N_a nu g_a s (alpha P + 1 - alpha)                    cases a month
places          n = 1 + alpha branch offices + desks + points         branch offices: phi_br of community halls
distance        d = sqrt(habitable area / n) / 2                      km, mean to the nearest of n places
kept away       k = l (1 - exp(-d / D_acc))                           of cases of 65 and over not done online
help            r_help H (desks + points) for the unable who come, r_help H tablets for those kept away; H = 160 hours
turned away     (1 - alpha) s of the unable who come and are not helped
arrivals        all others, who come to the counter                   Z cases a month
capacity        K = nu N_0 (1 - 0.0024 y) (N / N_0)^(1.19 + 1 - 0.67)        cases a month, set each April; y years on
work            (1 - hours given back by AI) (1 - sigma_int w) (1 - sigma_once b)   a case, against April 2021
served          q = min(1, (K / work - omega_on (online + helped)) / (Z + waiting + enquiries))
waiting         (1 - gamma_up) (1 - q) (Z + waiting)                  cases; gamma_up of those not served give up
excluded        kept away and without a tablet, turned away, and who give up
trained         T_a rises by theta_tr helped / (N_a (1 - d_a)), to 1 at most      in effect from the next month on
burden          (b_on - m) online + (v - m) (helped + served) + v (not served)    hours a month
cost            (c_cnt N (1 - s (1 - alpha)) + c_desk desks + c_point points + c_tab tablets) / 12  yen, appropriated

The start is in balance, which is derived and not measured: the general administration staff of April 2021 was just
enough to serve all nu N_0 cases at the counter, in every municipality. Later on staff is as much as the population of
working age, which falls faster than the population where that shrinks (1.19, and 0.24 % a year everywhere), while the
work on a case rises as a town hall shrinks (economies of scale: staff grows with population to the power 0.67). So
service per resident erodes with (N / N_0)^0.52 (1 - 0.0024 y) unless fewer come; how much staff there is cancels.
n_desk, n_point and n_tab set desks, points and tablets per
10,000 residents, in whole numbers: what is not whole is a chance, drawn once. l is the share of the aged who live
alone. An enquiry is one of a resident hit by an incident. Cost is booked in multiples of u_yen.

When counters close (`analog_rule`): keep, never; sunset, from month t_close on; take_up, from then on as soon as the
online share of a municipality's cases of last month, those excluded included, reaches x_take; staff, from then on as
soon as counters served less than 95 % of those who came last month. They close in a straight line over d_close months,
for procedures that are online; branch offices close as they do.

More help never leaves more residents kept away or turned away. A higher alpha_min never turns more away; but with
counters open fewer of the aged go online, so that distance keeps a few more of them away.

Sources: survey on the use of telecommunications 2016 (users of the internet aged below 60, 60 to 69, 70 to 79, 80 and
over, the same cohorts five years later); SSDSE-A-2026 (staff on population, habitable area, community halls, single
households of the aged); IPSS 2023 (population of working age on population, 2050 against 2020, by municipality: own
regression, R2 0.95); as a check Japan Research Institute 2021 (staff that can be had over staff needed in 2045: 0.83 in
large cities, 0.75 in other cities, 0.65 in towns and villages); Herd and Moynihan 2018 (burden); 390 municipalities use
5,245 post offices for certificates (January 2025).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dxsim import streams
from dxsim.kernel import kernel
from dxsim.model import money
from dxsim.model.codes import CHANNELS, COHORTS, HIGHEST_LEVEL, NEVER, Account, Programme
from dxsim.model.coexistence import work_left
from dxsim.model.fields import Field
from dxsim.model.programmes import hours_given_back
from dxsim.scenario.registry import choices
from dxsim.terms.calendar import MONTHS_PER_YEAR

if TYPE_CHECKING:
    from dxsim.model.state import Records, Run


AnalogRule = choices("residents.analog_rule")
COUNT = len(COHORTS)
PROCEDURES = HIGHEST_LEVEL[Programme.ONLINE]
UNDER_65, FROM_65 = 0, 1  # places in COHORTS
PER_TEN_THOUSAND = 10_000.0  # residents
INTERNET_USE = (0.95, 0.76, 0.54, 0.23)  # by age group in April 2021
MONTHS_PER_AGE_GROUP = 120  # in which who is in one grows into the next
BRANCH, DESK, POINT, TABLET = range(4)  # places of the draws
OPENING_HOURS = 160.0  # of help in a month: eight hours on twenty days
KM_PER_HOUR = 20.0  # to the counter, by the means that the aged have
SCALE = 0.67  # SSDSE-A-2026: growth of general administration staff with population, ln on ln
WORKING_AGE = 1.19  # IPSS 2023: growth of the population of working age with population, 2020 to 2050, ln on ln
AGEING = 0.0024  # of it, a year, where population stays what it is
ENOUGH = 0.95  # share of those who come that counters serve
LEAST_SERVED = 0.1  # below which nobody reckons with more visits

COHORT = np.dtype(
    [
        ("persons", np.float64),  # residents in this month
        ("trained", np.float64),  # share of those unable that training has made able
        ("waiting", np.float64),  # cases that will come to the counter again next month
        ("online", np.float64),  # residents who use a procedure online in this month
        ("assisted", np.float64),  # who are helped
        ("analog", np.float64),  # who are served at the counter
        ("excluded", np.float64),  # who need a procedure and can't reach it, or give up
        ("online_total", np.float64),  # the same, persons times months so far
        ("assisted_total", np.float64),  # persons times months so far
        ("analog_total", np.float64),  # persons times months so far
        ("excluded_total", np.float64),  # persons times months so far
    ]
)

ACCESS = np.dtype(
    [
        ("branches", np.float64),  # branch offices
        ("desk_draw", np.float64),  # chance that decides about the odd desk, uniform
        ("point_draw", np.float64),  # about the odd point
        ("tablet_draw", np.float64),  # about the odd tablet
        ("places", np.float64),  # places for which distance was worked out
        ("distance", np.float64),  # km to the nearest one
        ("away", np.float64),  # share of the aged whom distance keeps away
        ("capacity", np.float64),  # cases a month that counters can serve in this year, at the work of April 2021
        ("served", np.float64),  # share of those who came to the counter in this month that was served
    ]
)

# What holds for an age group in all municipalities in a month, and the cases of the municipality at hand.
AGE_RATE = np.dtype(
    [
        ("untrained", np.float64),  # share able to use procedures online without training
        ("online", np.float64),  # cases done online
        ("kept_away", np.float64),  # cases of those whom distance keeps away
        ("asking", np.float64),  # cases of the unable who come
        ("arrivals", np.float64),  # cases that come to the counter for the first time
        ("turned_away", np.float64),  # cases for which the counter has closed
        ("assisted", np.float64),  # cases helped
    ]
)
FLOW_FIELDS = (
    *(Field(channel, "cases", COHORTS) for channel in CHANNELS),
    Field("burden_hours", "hours"),
    Field("waiting", "cases"),
    Field("counter_work", "cases at the work of April 2021"),
    Field("counter_capacity", "cases at the work of April 2021"),
)


@kernel
def internet_users(group: int, month: int) -> float:
    """Return U, the users of the internet in an age `group`; who grows old takes along what it can."""
    passed = month // MONTHS_PER_AGE_GROUP
    share = (month - passed * MONTHS_PER_AGE_GROUP) / MONTHS_PER_AGE_GROUP
    now, next_ones = INTERNET_USE[max(0, group - passed)], INTERNET_USE[max(0, group - passed - 1)]
    return (1.0 - share) * now + share * next_ones


@kernel
def able_share(untrained: float, trained: float) -> float:
    """Return g, the share able: those able `untrained`, and the share `trained` of the others."""
    return untrained + (1.0 - untrained) * trained


@kernel
def willing_share(initial: float, growth: float, month: int) -> float:
    """Return W, the share of those able who are willing; `initial` in April 2021, `growth` in logits a year."""
    logit = math.log(initial / (1.0 - initial)) + growth * month / MONTHS_PER_YEAR
    return 1.0 / (1.0 + math.exp(-logit))


@kernel
def online_probability(counter_burden: float, online_burden: float) -> float:
    """Return how likely a willing and trusting resident prefers online to the counter; burdens in hours a case."""
    total = counter_burden + online_burden
    return counter_burden / total if total > 0.0 else 0.5


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
    """Return the cases done online of those of `able` residents; the `offered` share of cases can be done online.

    With probability `retained` there is a counter to choose, and online is preferred to it with that of `preferred`.
    """
    return able * offered * (retained * preferred + (1.0 - retained))


@kernel
def whole(number: float, draw: float) -> float:
    """Return a whole number whose mean over uniform draws is `number`."""
    return math.floor(number + draw)


@kernel
def mean_distance(area: float, places: float) -> float:
    """Return the mean distance (km) to the nearest of some `places` scattered over an `area` (km2)."""
    return 0.5 * math.sqrt(area / places)


@kernel
def kept_away_share(alone: float, distance: float, scale: float) -> float:
    """Return k, the share of the aged whom a `distance` (km) keeps away, of the share that lives `alone`."""
    return alone * (1.0 - math.exp(-distance / scale))


@kernel
def shrunk_capacity(initial: float, ratio: float, years: float) -> float:
    """Return K from the `initial` one after so many `years`, in which the population has changed by this `ratio`."""
    return initial * (1.0 - AGEING * years) * ratio ** (WORKING_AGE + 1.0 - SCALE)


@kernel
def served_share(capacity: float, asked: float) -> float:
    """Return the share of the cases `asked` that there is `capacity` for, the same in all groups."""
    return 1.0 if asked <= capacity else max(0.0, capacity) / asked


@kernel
def trained_share(trained: float, gain: float, assisted: float, unable: float) -> float:
    """Return T after a month in which the share `gain` of `assisted` ones became able, of `unable` persons in all."""
    if unable <= 0.0:
        return trained
    return min(1.0, trained + gain * assisted / unable)


@kernel
def channel_cost(
    persons: float, kept: float, desks: float, points: float, tablets: float, parameters: np.record
) -> float:
    """Return what the share of counters `kept` for `persons`, and desks, points and tablets cost, yen a month."""
    p = parameters
    counters = p.counter_cost * persons * kept
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
def begins_to_close(rule: int, month: int, start: int, take_up: float, threshold: float, served: float) -> bool:
    """Return whether a municipality with all counters open begins to close; they `served` a share of those who came."""
    if month < start or rule == AnalogRule.KEEP:
        return False
    if rule == AnalogRule.TAKE_UP:
        return take_up >= threshold
    return rule == AnalogRule.SUNSET or served < ENOUGH


@kernel
def start(run: Run) -> None:
    """Open the branch offices, and draw who gets the odd place of help."""
    for i in range(run.places.size):
        place, access = run.places[i], run.access[i]
        draw = streams.uniform(run.seed, streams.POINTS, place.code, 0, BRANCH)
        access.branches = whole(run.parameters.branch_share * place.community_halls, draw)
        access.desk_draw = streams.uniform(run.seed, streams.POINTS, place.code, 0, DESK)
        access.point_draw = streams.uniform(run.seed, streams.POINTS, place.code, 0, POINT)
        access.tablet_draw = streams.uniform(run.seed, streams.POINTS, place.code, 0, TABLET)
        access.served = 1.0


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
    for a in range(COUNT):
        run.age_rates[a].untrained = p.online_ability * internet_users(a, month)
    willing = willing_share(p.initial_willingness, p.willingness_growth, month)
    for i in range(run.places.size):
        consider_closing(run, month, i)
        if month % MONTHS_PER_YEAR == 0:
            staff_counters(run, month, i)
        serve_body(run, month, i, willing)


@kernel
def consider_closing(run: Run, month: int, i: int) -> None:
    """Let a municipality begin to close its counters if the rule says so."""
    p, municipality = run.parameters, run.municipalities[i]
    if municipality.closing == NEVER and p.analog_rule != AnalogRule.KEEP:
        take_up = online_share(run.cohorts[i]) if p.analog_rule == AnalogRule.TAKE_UP else 0.0
        served = run.access[i].served
        if begins_to_close(p.analog_rule, month, p.closing_start, take_up, p.take_up_threshold, served):
            municipality.closing = month


@kernel
def residents_2020(run: Run, i: int) -> float:
    """Return the residents of a municipality in 2020, of all ages."""
    residents = 0.0
    for a in range(COUNT):
        residents += run.ages[i, a]
    return residents


@kernel
def staff_counters(run: Run, month: int, i: int) -> None:
    """Work out in April what the counters of a municipality can serve in the year."""
    year, first = month // MONTHS_PER_YEAR, run.population_ratio[i, 0]
    ratio = run.population_ratio[i, year] / first if first > 0.0 else 0.0
    run.access[i].capacity = shrunk_capacity(run.parameters.need * residents_2020(run, i) * first, ratio, year)


@kernel
def locate(run: Run, i: int, places: float) -> None:
    """Work out how far it is to the nearest of these `places`, and whom that keeps away."""
    access, place = run.access[i], run.places[i]
    if access.places != places:
        access.places = places
        access.distance = mean_distance(place.habitable_km2, places)
        access.away = kept_away_share(place.aged_single_share, access.distance, run.parameters.access_distance)


@kernel
def serve_body(run: Run, month: int, i: int, willing: float) -> None:
    """Serve the residents of a municipality; so many of the able ones are `willing` to go online."""
    p, lever, harm, access, rates = run.parameters, run.levers[i], run.harm[i], run.access[i], run.age_rates
    flows = run.flows[run.places[i].kind]
    retained = retention(run.municipalities[i].closing, month, p.closing_months, lever.analog_floor)
    offered = p.online_coverage * run.programmes[i, Programme.ONLINE].level / PROCEDURES
    residents, ratio = residents_2020(run, i), run.population_ratio[i, month // MONTHS_PER_YEAR]
    desks = whole(lever.support_desks * residents / PER_TEN_THOUSAND, access.desk_draw)
    points = whole(lever.access_points * residents / PER_TEN_THOUSAND, access.point_draw)
    tablets = whole(lever.tablets * residents / PER_TEN_THOUSAND, access.tablet_draw)
    locate(run, i, 1.0 + retained * access.branches + desks + points)

    known = p.once_only_saving * harm.once_only * p.online_burden
    visit, online_burden = p.counter_burden + 2.0 * access.distance / KM_PER_HOUR, p.online_burden - known
    visits_burden = visit / max(LEAST_SERVED, access.served) - known
    preferred = willing * harm.trust * online_probability(max(0.0, visits_burden), online_burden)

    all_online, kept_away, asking = 0.0, 0.0, 0.0
    for a in range(COUNT):
        cohort, rate = run.cohorts[i, a], rates[a]
        cohort.persons = run.ages[i, a] * ratio
        cases = cohort.persons * p.need
        able = cases * able_share(rate.untrained, cohort.trained)
        rate.online = online_cases(able, offered, retained, preferred)
        away = access.away if a >= FROM_65 else 0.0
        rate.kept_away = away * (cases - rate.online)
        rate.asking = (1.0 - away) * (cases - able)
        rate.arrivals = cases - rate.online - rate.kept_away
        all_online += rate.online
        kept_away += rate.kept_away
        asking += rate.asking
    visited = served_share(p.help_rate * OPENING_HOURS * tablets, kept_away)
    helped = served_share(p.help_rate * OPENING_HOURS * (desks + points), asking)

    coming, by_network = harm.enquiries, all_online
    for a in range(COUNT):
        rate = rates[a]
        rate.assisted = visited * rate.kept_away + helped * rate.asking
        closed = offered * (1.0 - retained) * (1.0 - helped) * rate.asking
        rate.turned_away = closed + (1.0 - visited) * rate.kept_away
        rate.arrivals -= helped * rate.asking + closed
        by_network += rate.assisted
        coming += rate.arrivals + run.cohorts[i, a].waiting
    harm.enquiries = 0.0
    work = work_left(harm.within, harm.once_only, p.interoperability_saving, p.once_only_saving)
    work *= 1.0 - hours_given_back(run.programmes[i, Programme.AUTOMATION].level, p)
    access.served = served_share(access.capacity / work - p.online_work * by_network, coming)

    went, came, waits = 0.0, 0.0, 0.0
    for a in range(COUNT):
        cohort, rate = run.cohorts[i, a], rates[a]
        here = rate.arrivals + cohort.waiting
        served = access.served * here
        gave_up = p.giving_up * (here - served)
        cohort.waiting = here - served - gave_up
        count_cases(cohort, rate.online, rate.assisted, served, rate.turned_away + gave_up)
        cohort.trained = trained_share(
            cohort.trained, lever.training, rate.assisted, cohort.persons * (1.0 - rate.untrained)
        )
        went += rate.assisted + served
        came += here
        waits += cohort.waiting
        flows.online[a] += cohort.online
        flows.assisted[a] += cohort.assisted
        flows.analog[a] += cohort.analog
        flows.excluded[a] += cohort.excluded
    unserved = (1.0 - access.served) * came
    flows.burden_hours += online_burden * all_online + (visit - known) * went + visit * unserved
    flows.waiting += waits
    flows.counter_work += work * (coming + p.online_work * by_network)
    flows.counter_capacity += access.capacity
    kept = 1.0 - offered * (1.0 - retained)
    cost = money.booked(channel_cost(residents * ratio, kept, desks, points, tablets, p), p.rounding_unit)
    money.post(run.ledger[i], run.money[run.places[i].kind], Account.CHANNELS, Account.APPROPRIATION, cost)
