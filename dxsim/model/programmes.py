"""How far do municipalities go in what the state does not impose?

Five programmes d: online procedures ON (0 to 26 of them), AI and RPA (0 to 2), security SEC, data use DATA and data
governance GOV (0 to 3).

hazard of the next level   h_d = (a_d + q_d F_d) exp(beta_d (ln N - mu_N)) s               1/month
    own motive             a_ON, a_AI, a_SEC, a_DATA, a_GOV                                1/month
    exposure counts        q_AI, q_SEC, q_DATA, q_GOV; online 0                            1/month
    size counts            beta_AI, beta_SEC, beta_DATA, beta_GOV; online 0                1
exposure                   F_d = mean level of those looked at / highest level             [0, 1], as of last month
cost of a level            c_level C; c_level C / 26 a procedure                        yen; C: yearly IT cost before

s is the share of the work on programmes that own staff serves; those looked at are by `exposure` all bodies, the body's
type (itself included) or its neighbours (its type where there are none). Hazard adds up to intent; the next level comes
when intent reaches a unit-exponential threshold, at most one a month, and when the envelope can pay for it, if the
`budget` is binding; cost is in multiples of u_yen. Where the state requires the level GOV_min of data governance, a
body below it rises at once, from its reserve if it must.

All start with n_ON procedures online. These depend on neither size nor others: a body takes part in its prefecture's
platform with probability phi_plat, which grows by the hazard a_plat and costs it nothing; the others add procedures
alone (h = a_ON s).

Sources: MIC survey of AI and RPA, 2018 to 2024 (5.8 % to 59.2 % of bodies: 0.044 a month; shares by size of body);
Digital Agency dashboard (26 procedures: no effect of size, clusters by prefecture).
"""

from __future__ import annotations

import math

import numpy as np

from dxsim import streams
from dxsim.kernel import kernel
from dxsim.model import events, money
from dxsim.model.state import (
    ENVELOPE,
    GOVERNANCE,
    HIGHEST_LEVEL,
    LEVELS,
    ONLINE,
    PROGRAMME_COST,
    PROGRAMMES,
    Country,
    Floats,
    Integers,
    Records,
    State,
)

NATIONAL, SIZE, GEOGRAPHIC = 0, 1, 2
OF_PLATFORM = 1  # place of the draws for a platform's growth; its users draw at place 0
COUNT = len(PROGRAMMES)


@kernel
def size_factor(population: float, slope: float, log_population_mean: float) -> float:
    """Return the effect of `population` (persons) on a hazard; `slope` per unit of its natural logarithm."""
    return math.exp(slope * (math.log(max(population, 1.0)) - log_population_mean))


@kernel
def level_hazard(own: float, growth: float, exposure: float, factor: float, service: float) -> float:
    """Return the hazard (1/month) of the next level; `own` and `growth` 1/month, `exposure` and `service` in [0, 1]."""
    return (own + growth * exposure) * factor * service


@kernel
def step_cost(baseline: float, share: float, programme: int, unit: int) -> int:
    """Return what one level costs (yen), a `share` of the yearly IT cost; a procedure costs 1/26 of it."""
    steps = HIGHEST_LEVEL[ONLINE] if programme == ONLINE else 1
    return money.booked(share * baseline / steps, unit)


@kernel
def own_motives(parameters: np.record) -> tuple[float, float, float, float, float]:
    """Return the hazards (1/month) of a body of average size whom nobody influences, by programme."""
    p = parameters
    return p.online_hazard, p.automation_own, p.security_own, p.data_own, p.governance_own


@kernel
def growths(parameters: np.record) -> tuple[float, float, float, float, float]:
    """Return what full exposure adds to the hazards (1/month), by programme."""
    p = parameters
    return 0.0, p.automation_exposure, p.security_exposure, p.data_exposure, p.governance_exposure


@kernel
def slopes(parameters: np.record) -> tuple[float, float, float, float, float]:
    """Return the slopes of the log hazards on log population, by programme."""
    p = parameters
    return 0.0, p.automation_size, p.security_size, p.data_size, p.governance_size


@kernel
def await_next(programme: np.record, seed: int, stream: int, entity: int, place: int) -> None:
    """Draw the hazard that it takes to reach the next level, from none."""
    programme.intent = 0.0
    programme.threshold = streams.exponential(seed, stream, entity, place, programme.level)


@kernel
def start(country: Country, state: State, parameters: np.record, seed: int) -> None:
    """Set the levels at the start, who is on a platform, the effects of size and the first thresholds."""
    slope = slopes(parameters)
    for prefecture in range(1, state.platforms.size):
        platform = state.platforms[prefecture]
        platform.level, platform.factor = parameters.initial_online, 1.0
        await_next(platform, seed, streams.PLATFORM, prefecture, OF_PLATFORM)
    for i in range(country.municipalities.size):
        place, body = country.municipalities[i], state.municipalities[i]
        body.platform = streams.uniform(seed, streams.PLATFORM, place.code, 0, 0) < parameters.platform_share
        for d in range(COUNT):
            programme = state.programmes[i, d]
            programme.level = parameters.initial_online if d == ONLINE else 0
            programme.factor = size_factor(place.population, slope[d], parameters.log_population_mean)
            await_next(programme, seed, streams.PROGRAMME, place.code, d)


@kernel
def build_up(programme: np.record, hazard: float, highest: int) -> bool:
    """Add a month's `hazard` to the intent of a programme below its `highest` level; return whether it is enough."""
    if programme.level >= highest:
        return False
    programme.intent += hazard
    return programme.intent >= programme.threshold


@kernel
def grow_platforms(platforms: Records, hazard: float, seed: int) -> None:
    """Let each prefecture's platform put procedures online, at most one in this month."""
    for prefecture in range(1, platforms.size):
        platform = platforms[prefecture]
        if build_up(platform, hazard, HIGHEST_LEVEL[ONLINE]):
            platform.level += 1
            await_next(platform, seed, streams.PLATFORM, prefecture, OF_PLATFORM)


@kernel(makes_arrays=True)
def levels_now(programmes: Records) -> Integers:
    """Return a copy of all levels, (n, 5)."""
    n = programmes.shape[0]
    levels = np.empty((n, COUNT), dtype=np.int64)
    for i in range(n):
        for d in range(COUNT):
            levels[i, d] = programmes[i, d].level
    return levels


@kernel(makes_arrays=True)
def sums_of_levels(places: Records, programmes: Records, kinds: int) -> Integers:
    """Return the sum of the levels of the bodies of each type, (kinds, 5)."""
    total = np.zeros((kinds, COUNT), dtype=np.int64)
    for i in range(places.size):
        of_kind = total[places[i].kind]
        for d in range(COUNT):
            of_kind[d] += programmes[i, d].level
    return total


@kernel(makes_arrays=True)
def mean_levels(total: Integers, kind_size: Integers, rule: int) -> Floats:
    """Return the mean level over the highest, (kinds, 5), of each type, or of all bodies under the national `rule`.

    `total`, (kinds, 5), are the sums of levels.
    """
    kinds, n = kind_size.size, kind_size.sum()
    nation = np.zeros(COUNT, dtype=np.int64)
    for kind in range(kinds):
        for d in range(COUNT):
            nation[d] += total[kind, d]
    mean = np.zeros((kinds, COUNT))
    for kind in range(kinds):
        for d in range(COUNT):
            if rule == NATIONAL:
                mean[kind, d] = nation[d] / (n * HIGHEST_LEVEL[d])
            elif kind_size[kind] > 0:
                mean[kind, d] = total[kind, d] / (kind_size[kind] * HIGHEST_LEVEL[d])
    return mean


@kernel
def neighbours_mean(offsets: Integers, neighbours: Integers, levels: Integers, i: int, d: int, other: float) -> float:
    """Return the mean level over the highest of a body's neighbours, or `other` if it has none."""
    degree = offsets[i + 1] - offsets[i]
    if degree == 0:
        return other
    total = 0
    for place in range(offsets[i], offsets[i + 1]):
        total += levels[neighbours[place], d]
    return total / (degree * HIGHEST_LEVEL[d])


@kernel
def pay(ledger: Integers, sums: Integers, cost: int) -> None:
    """Pay for a level (yen) from the envelope and, where that lacks, the reserve."""
    money.post(ledger, sums, PROGRAMME_COST, ENVELOPE, cost)
    money.draw_on_reserve(ledger, sums)


@kernel(makes_arrays=True)
def progress(country: Country, state: State, parameters: np.record, seed: int, month: int) -> None:
    """Let platforms and bodies move on by what they and others had reached last month."""
    p = parameters
    grow_platforms(state.platforms, p.platform_hazard, seed)
    total = sums_of_levels(country.municipalities, state.programmes, country.kind_size.size)
    mean = mean_levels(total, country.kind_size, p.exposure)
    levels = levels_now(state.programmes) if p.exposure == GEOGRAPHIC else np.empty((0, COUNT), dtype=np.int64)
    own, growth, highest = np.array(own_motives(p)), np.array(growths(p)), np.array(HIGHEST_LEVEL)
    move_on(country, state, p, seed, month, own, growth, highest, mean, levels, total)
    for kind in range(total.shape[0]):
        for d in range(COUNT):
            state.flows[kind, LEVELS + d] += total[kind, d]


@kernel(inner=True)
def move_on(
    country: Country,
    state: State,
    parameters: np.record,
    seed: int,
    month: int,
    own: Floats,
    growth: Floats,
    highest: Integers,
    mean: Floats,
    levels: Integers,
    total: Integers,
) -> None:
    """Let all bodies move on.

    (5,) `own`, `growth` and `highest` are hazards and highest levels by programme, (kinds, 5) `mean` is that of
    `mean_levels`, (n, 5) `levels` are those of last month where neighbours count; (kinds, 5) `total`, the sums of
    levels, is kept up to date.
    """
    p = parameters
    for i in range(country.municipalities.size):
        place, service = country.municipalities[i], state.workforce[i].programme_service
        for d in range(COUNT):
            programme = state.programmes[i, d]
            before = programme.level
            if before >= highest[d]:
                continue
            if d == ONLINE and state.municipalities[i].platform:
                programme.level = max(before, state.platforms[place.prefecture].level)
            elif d == GOVERNANCE and before < min(state.levers[i].governance_requirement, highest[d]):
                take_step(programme, place, state.purses[i], state.ledger[i], state.money[place.kind], p, seed, d)
            else:
                exposure = mean[place.kind, d]
                if p.exposure == GEOGRAPHIC:
                    exposure = neighbours_mean(country.offsets, country.neighbours, levels, i, d, exposure)
                hazard = level_hazard(own[d], growth[d], exposure, programme.factor, service)
                if build_up(programme, hazard, highest[d]):
                    cost = step_cost(state.purses[i].baseline, p.level_cost, d, p.rounding_unit)
                    if p.budget == money.UNLIMITED or cost <= state.ledger[i, ENVELOPE]:
                        take_step(
                            programme, place, state.purses[i], state.ledger[i], state.money[place.kind], p, seed, d
                        )
            if programme.level > before:
                total[place.kind, d] += programme.level - before
                events.note(state.log, state.logged, month, events.LEVEL, i, d, programme.level, 0, 0.0)


@kernel
def take_step(
    programme: np.record,
    place: np.record,
    purse: np.record,
    ledger: Integers,
    sums: Integers,
    parameters: np.record,
    seed: int,
    d: int,
) -> None:
    """Let a body reach the next level of its programme `d`, and pay for it."""
    programme.level += 1
    await_next(programme, seed, streams.PROGRAMME, place.code, d)
    pay(ledger, sums, step_cost(purse.baseline, parameters.level_cost, d, parameters.rounding_unit))
