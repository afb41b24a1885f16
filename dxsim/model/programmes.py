"""How far do municipalities go in what the state does not impose?

Five programmes d: online procedures ON (0 to 26 of them), AI and RPA (0 to 2), security SEC (0 to 3), data sharing DATA
(0 with nobody, 1 within the prefecture, 2 within the nation) and data governance GOV (0 to 3).

hazard of the next level   h_d = (a_d + q_d F_d) exp(beta_d (ln N - mu)) s               1/month
    AI and RPA             a_AI, q_AI, beta_AI
    SEC, GOV               a_vol, q_vol, beta_vol
    DATA                   the same, times T (1 + GOV) / 4: who keeps its own data in order, and whom residents trust
    joining the platform   h = a_ON s
exposure                   F_d = mean level of those looked at / highest level             [0, 1], as of last month
hours given back           sigma_AI level of AI / 2                                        share: counters and DX unit
cost of a level            c_level sqrt(F_0 C); 1/26 of it to join the platform            yen; C: yearly IT cost before

s is the share of the work on programmes that own staff serves, T the trust of residents (`security`), mu the mean log
population; those looked at are by `exposure` all municipalities, the municipality's type (itself included) or its
neighbours (its type where there are none). Hazard adds up; the next level comes when the cumulative hazard reaches a
unit-exponential threshold, at most one a month, and when the year's envelope can pay for it, if the `budget` is binding
(`money`); cost is in multiples of u_yen. DATA goes as far as the rule `data_sharing` allows. Where the state requires
the level GOV_min of data governance, a municipality below it rises at once, from its reserve if it must.

Online procedures are joined or not: each prefecture's platform puts procedures online by the hazard a_plat exp(Z), Z
standard normal, and a municipality has what the platform has from the month in which it joins, and nothing before. With
probability lambda_ON it joins with its local centre, the most populous of itself and its neighbours: at the centre's
threshold, or that of whom the centre joins with.

Sources: MIC survey of AI and RPA, 2018 to 2024 (5.8 % to 59.2 % of municipalities; shares by size of municipality);
Digital Agency dashboard, mid-2024 (26 procedures: two thirds of municipalities have all, a tenth none, no effect of
size, clusters by prefecture).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dxsim import streams
from dxsim.kernel import kernel
from dxsim.model import events, money
from dxsim.model.centres import local_centre
from dxsim.model.codes import HIGHEST_LEVEL, PROGRAMMES, Account, Programme
from dxsim.model.fields import Field
from dxsim.scenario.registry import choices
from dxsim.terms import statistics

if TYPE_CHECKING:
    from dxsim.model.state import Records, Run


Exposure = choices("programmes.exposure")
DataSharing = choices("security.data_sharing")
OF_PLATFORM = 1  # place of the draws for a platform's growth; how fast it is is drawn at place 0
PLATFORM_SPREAD = 1.0  # log sd of that: in mid-2024 prefectures had from half of the procedures to all of them online
COUNT = len(PROGRAMMES)
JOINING = COUNT  # place of the draw for whom a municipality joins the platform with
PROCEDURES, MOST_AUTOMATION = HIGHEST_LEVEL[Programme.ONLINE], HIGHEST_LEVEL[Programme.AUTOMATION]
MOST_DATA, MOST_GOVERNANCE = HIGHEST_LEVEL[Programme.DATA], HIGHEST_LEVEL[Programme.GOVERNANCE]

PROGRAMME = np.dtype(
    [
        ("level", np.int64),  # level reached, 0 to the highest
        ("cumulative_hazard", np.float64),  # hazard built up since the last level, 1
        ("threshold", np.float64),  # hazard at which the next level comes, 1
        ("factor", np.float64),  # effect of size, 1
    ]
)

RATE = np.dtype(
    [
        ("own", np.float64),  # hazard of a municipality of average size whom nobody influences, 1/month
        ("growth", np.float64),  # what full exposure adds to it, 1/month
        ("slope", np.float64),  # of the log hazard on log population
        ("highest", np.int64),  # level
    ]
)
FLOW_FIELDS = (Field("level", "sum of levels", PROGRAMMES),)


@kernel
def size_factor(population: float, slope: float, log_population_mean: float) -> float:
    """Return the effect of `population` (persons) on a hazard; `slope` per unit of its natural logarithm."""
    return math.exp(slope * (math.log(max(population, 1.0)) - log_population_mean))


@kernel
def level_hazard(own: float, growth: float, exposure: float, factor: float, service: float) -> float:
    """Return the hazard (1/month) of the next level; `own` and `growth` 1/month, `exposure` and `service` in [0, 1]."""
    return (own + growth * exposure) * factor * service


@kernel
def step_cost(baseline: float, fixed: float, share: float, programme: int, unit: int) -> int:
    """Return what one level costs (yen), by yearly IT cost and its `fixed` part; 1/26 of it to join a platform."""
    steps = PROCEDURES if programme == Programme.ONLINE else 1
    return money.booked(share * math.sqrt(baseline * fixed) / steps, unit)


@kernel
def willingness_to_share(trust: float, governance: int) -> float:
    """Return how willing a municipality is to share data, [0, 1], at residents' `trust` and a level of `governance`."""
    return trust * (1 + governance) / (1 + MOST_GOVERNANCE)


@kernel
def hours_given_back(level: int, parameters: np.record) -> float:
    """Return the share of hours, [0, 1), that AI and RPA at this `level` give back to own staff."""
    return parameters.automation_saving * level / MOST_AUTOMATION


@kernel
def furthest_sharing(rule: int) -> int:
    """Return the highest level of data sharing that the state's rule allows."""
    if rule == DataSharing.NONE:
        return 0
    return 1 if rule == DataSharing.PREFECTURE else MOST_DATA


@kernel
def set_rates(rates: Records, parameters: np.record) -> None:
    """Set what holds for all municipalities, by programme."""
    p = parameters
    for d in range(COUNT):
        rates[d].own, rates[d].growth, rates[d].slope = p.voluntary_own, p.voluntary_exposure, p.voluntary_size
        rates[d].highest = HIGHEST_LEVEL[d]
    online, automation = rates[Programme.ONLINE], rates[Programme.AUTOMATION]
    online.own, online.growth, online.slope = p.joining_hazard, 0.0, 0.0
    automation.own, automation.growth, automation.slope = p.automation_own, p.automation_exposure, p.automation_size
    rates[Programme.DATA].highest = furthest_sharing(p.data_sharing)


@kernel
def await_next(programme: np.record, seed: int, stream: int, entity: int, place: int) -> None:
    """Draw the hazard that it takes to reach the next level, from none."""
    programme.cumulative_hazard = 0.0
    programme.threshold = streams.exponential(seed, stream, entity, place, programme.level)


@kernel
def start(run: Run) -> None:
    """Draw the first thresholds, and set the effects of size."""
    set_rates(run.rates, run.parameters)
    for prefecture in range(1, run.platforms.size):
        platform = run.platforms[prefecture]
        platform.factor = math.exp(PLATFORM_SPREAD * streams.normal(run.seed, streams.PLATFORM, prefecture, 0, 0))
        await_next(platform, run.seed, streams.PLATFORM, prefecture, OF_PLATFORM)
    for i in range(run.places.size):
        place = run.places[i]
        for d in range(COUNT):
            programme = run.programmes[i, d]
            programme.factor = size_factor(place.population, run.rates[d].slope, statistics.LOG_POPULATION_MEAN)
            code = run.places[whom_to_join_with(run, i)].code if d == Programme.ONLINE else place.code
            await_next(programme, run.seed, streams.PROGRAMME, code, d)


@kernel
def whom_to_join_with(run: Run, i: int) -> int:
    """Return with whom a municipality joins the platform: itself, its local centre, or with whom that one joins."""
    while streams.uniform(run.seed, streams.PROGRAMME, run.places[i].code, JOINING, 0) < run.parameters.joint_joining:
        centre = local_centre(run, i)
        if centre == i:
            break
        i = centre
    return i


@kernel
def build_up(programme: np.record, hazard: float, highest: int) -> bool:
    """Add a month's `hazard` to that of a programme below its `highest` level; return whether the sum is enough."""
    if programme.level >= highest:
        return False
    programme.cumulative_hazard += hazard
    return programme.cumulative_hazard >= programme.threshold


@kernel
def grow_platforms(platforms: Records, hazard: float, seed: int) -> None:
    """Let each prefecture's platform put procedures online, at most one in this month."""
    for prefecture in range(1, platforms.size):
        platform = platforms[prefecture]
        if build_up(platform, hazard * platform.factor, PROCEDURES):
            platform.level += 1
            await_next(platform, seed, streams.PLATFORM, prefecture, OF_PLATFORM)


@kernel
def remember_levels(run: Run) -> None:
    """Write down last month's levels: their sums by type and, where neighbours count, each of them."""
    is_local = run.parameters.exposure == Exposure.GEOGRAPHIC
    for kind in range(run.kind_size.size):
        for d in range(COUNT):
            run.level_sums[kind, d] = 0
    for i in range(run.places.size):
        of_kind = run.level_sums[run.places[i].kind]
        for d in range(COUNT):
            of_kind[d] += run.programmes[i, d].level
            if is_local:
                run.levels_before[i, d] = run.programmes[i, d].level


@kernel
def average_levels(run: Run) -> None:
    """Work out the mean level over the highest of each type, or of all municipalities under the rule `national`."""
    n = run.kind_size.sum()
    for d in range(COUNT):
        nation = 0
        for kind in range(run.kind_size.size):
            nation += run.level_sums[kind, d]
        for kind in range(run.kind_size.size):
            run.mean_level[kind, d] = 0.0
            if run.parameters.exposure == Exposure.NATIONAL:
                run.mean_level[kind, d] = nation / (n * HIGHEST_LEVEL[d])
            elif run.kind_size[kind] > 0:
                run.mean_level[kind, d] = run.level_sums[kind, d] / (run.kind_size[kind] * HIGHEST_LEVEL[d])


@kernel
def neighbours_mean(run: Run, i: int, d: int, other: float) -> float:
    """Return the mean level over the highest of a municipality's neighbours last month, or `other` if it has none."""
    degree = run.offsets[i + 1] - run.offsets[i]
    if degree == 0:
        return other
    total = 0
    for place in range(run.offsets[i], run.offsets[i + 1]):
        total += run.levels_before[run.neighbours[place], d]
    return total / (degree * HIGHEST_LEVEL[d])


@kernel
def progress(run: Run, month: int) -> None:
    """Let platforms and municipalities move on by what they and others had reached last month."""
    set_rates(run.rates, run.parameters)
    grow_platforms(run.platforms, run.parameters.platform_hazard, run.seed)
    remember_levels(run)
    average_levels(run)
    for i in range(run.places.size):
        move_on(run, month, i)
    for kind in range(run.kind_size.size):
        for d in range(COUNT):
            run.flows[kind].level[d] += run.level_sums[kind, d]


@kernel
def move_on(run: Run, month: int, i: int) -> None:
    """Let a municipality move on in all programmes in which it is below the highest level."""
    place, lever, service = run.places[i], run.levers[i], run.workforce[i].programme_service
    for d in range(COUNT):
        programme, rate = run.programmes[i, d], run.rates[d]
        before = programme.level
        if before >= rate.highest:
            continue
        if d == Programme.ONLINE and run.municipalities[i].platform:
            programme.level = run.platforms[place.prefecture].level
        elif d == Programme.GOVERNANCE and before < min(lever.governance_requirement, rate.highest):
            take_step(run, i, d)
        else:
            exposure = run.mean_level[place.kind, d]
            if run.parameters.exposure == Exposure.GEOGRAPHIC:
                exposure = neighbours_mean(run, i, d, exposure)
            hazard = level_hazard(rate.own, rate.growth, exposure, programme.factor, service)
            if d == Programme.DATA:
                governance = run.programmes[i, Programme.GOVERNANCE].level
                hazard *= willingness_to_share(run.harm[i].trust, governance)
            if build_up(programme, hazard, rate.highest) and affords_step(run, i, d):
                take_step(run, i, d)
        if programme.level > before:
            run.level_sums[place.kind, d] += programme.level - before
            events.note(run, month, events.Kind.LEVEL, i, d, programme.level, 0, 0.0)


@kernel
def affords_step(run: Run, i: int, d: int) -> bool:
    """Return whether a municipality's envelope pays for the next level of its programme `d`."""
    p = run.parameters
    cost = step_cost(run.purses[i].baseline, p.fixed_cost, p.level_cost, d, p.rounding_unit)
    return p.budget == money.Budget.UNLIMITED or cost <= run.ledger[i, Account.ENVELOPE]


@kernel
def take_step(run: Run, i: int, d: int) -> None:
    """Let a municipality reach the next level of its programme `d`, or join the platform, and pay for it."""
    p, place, programme = run.parameters, run.places[i], run.programmes[i, d]
    if d == Programme.ONLINE:
        run.municipalities[i].platform = True
        programme.level = run.platforms[place.prefecture].level
    else:
        programme.level += 1
    await_next(programme, run.seed, streams.PROGRAMME, place.code, d)
    money.pay(
        run, i, Account.PROGRAMMES, step_cost(run.purses[i].baseline, p.fixed_cost, p.level_cost, d, p.rounding_unit)
    )
