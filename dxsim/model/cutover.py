"""What goes wrong when a system is switched, whom does it hit, and does the new system stay?

incidents     Poisson(mu)    mu = mu_0 w exp(nu_kappa kappa (1 - e_data) + nu_r rush
                                             + nu_omega min(1, max(0, omega - 1)) - nu_t x_test)
residents     rint(N share)  share = v_med exp(1.5 Z), at most 1; Z standard normal
correction    k months       P(k) = (1 - exp(-c_fix)) exp(-c_fix (k - 1)): geometric, mean 1 / (1 - exp(-c_fix))
impact        sum of residents times months                                                person-months

An incident comes from one uniform draw, by inversion. w is the work weight, kappa the legacy complexity of the lot,
e_data the duty of vendors to hand data over, x_test the effort on tests, omega the overload of own staff; rush is 1
from three months before the municipality's own date on (`dates`; the national one is T_D), also once it is missed. A
cut-over with an incident above the share v_back of residents is rolled back: the system keeps its place in the vendor's
queue, and the part phi_back of its work is to be done again. Each incident costs trust (`security`), and each resident
hit asks once at the counter (`residents`).

Source: Nikkei Computer 2005: 18 of 58 merged municipalities had trouble, so that -ln(1 - 0.31) / 20 = 0.0186 a system.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dxsim import streams
from dxsim.kernel import kernel
from dxsim.model import events
from dxsim.model.dates import due_date
from dxsim.model.fields import Field
from dxsim.terms.calendar import MONTHS_PER_YEAR

if TYPE_CHECKING:
    from dxsim.model.state import Run


LARGEST_EXPONENT = 700.0  # exp of more is not a finite float64
RUSH_MONTHS = 3  # before its date, in which a cut-over is rushed: one quarter
MOST_OVERLOAD = 1.0  # above 1, beyond which incidents rise no further
SEVERITY_SD = 1.5  # of the log share of residents hit: from one in a million to a fifth of all
MOST_INCIDENTS = 64  # at one cut-over: what lies beyond the addresses of an operation's draws is cut off

HARM = np.dtype(
    [
        ("interfaces", np.float64),  # between old and new systems
        ("within", np.float64),  # share of its pairs of systems that are both live
        ("once_only", np.float64),  # share of what residents would bring again that others' systems hand over
        ("incidents", np.float64),  # at cut-overs so far
        ("affected", np.float64),  # residents hit so far, with repetition
        ("impact", np.float64),  # person-months so far
        ("rollbacks", np.float64),  # cut-overs rolled back so far
        ("cumulative_hazard", np.float64),  # security hazard built up since the last incident, 1
        ("threshold", np.float64),  # hazard at which the next one happens, 1
        ("security_incidents", np.float64),  # so far
        ("exposed", np.float64),  # records exposed so far
        ("trust", np.float64),  # of residents, 0 to 1
        ("enquiries", np.float64),  # residents hit who have not asked at the counter yet
        ("news", np.int64),  # incidents of this month, of both kinds
    ]
)

FLOW_FIELDS = (
    Field("incidents", "incidents at cut-overs"),
    Field("affected_residents", "residents, with repetition"),
    Field("impact", "person-months"),
    Field("rollbacks", "cut-overs"),
)


@kernel
def rush(month: int, deadline: float) -> float:
    """Return 1 from the last months before `deadline` (the first month after it) on, also once it is missed."""
    return 1.0 if deadline - RUSH_MONTHS <= month else 0.0


@kernel
def expected_incidents(
    parameters: np.record, weight: float, complexity: float, in_rush: float, overload: float, testing: float
) -> float:
    """Return mu, the incidents expected at a cut-over; `in_rush` and `testing` are in [0, 1]."""
    p = parameters
    worse = p.complexity_effect * complexity * (1.0 - p.data_export) + p.rush_effect * in_rush
    worse += p.overload_effect * min(MOST_OVERLOAD, max(0.0, overload - 1.0))
    return p.incident_rate * weight * math.exp(min(LARGEST_EXPONENT, worse - p.test_effect * testing))


@kernel
def incident_count(expected: float, draw: float) -> int:
    """Return the Poisson number of incidents at a uniform `draw`: the more `expected`, the more (or as many)."""
    term = math.exp(-expected)
    total, count = term, 0
    while draw >= total and count < MOST_INCIDENTS:
        count += 1
        term *= expected / count
        total += term
    return count


@kernel
def severity(median: float, deviation: float, draw: float) -> float:
    """Return the share of residents that an incident hits; `draw` is standard normal, `deviation` that of the log."""
    return min(1.0, median * math.exp(deviation * draw))


@kernel
def months_to_correct(hazard: float, draw: float) -> float:
    """Return the months, at least 1, until an incident is corrected at a `hazard` a month, by a uniform `draw`."""
    return max(1.0, math.ceil(-math.log(draw) / hazard))


@kernel
def attempt(run: Run, month: int, i: int, operation: int) -> bool:
    """Switch a system whose vendor work ends in this month, count the harm, and return whether it goes live.

    If not, `system.remaining` is what has to be done again, and the vendor's book has grown by as much.
    """
    p, place, system, harm = run.parameters, run.places[i], run.systems[i, operation], run.harm[i]
    lot, supplier = run.lots[i, system.lot], run.vendors[system.vendor]
    expected = expected_incidents(
        p,
        run.weight[operation],
        lot.complexity,
        rush(month, due_date(p.deadline, lot, run.nation[0], p)),
        run.workforce[i].overload,
        run.levers[i].test_effort,
    )
    first = operation * MOST_INCIDENTS
    count = incident_count(expected, streams.uniform(run.seed, streams.INCIDENT, place.code, month, first))
    if count == 0:
        return True
    if suffer(run, month, i, operation, count) <= p.rollback_severity:
        return True
    again: float = p.rollback_work * system.work
    system.remaining = again
    system.failed = True
    supplier.book += again
    supplier.contracted += again
    harm.rollbacks += 1.0
    run.flows[place.kind].rollbacks += 1.0
    events.note(run, month, events.Kind.FAILED_CUTOVER, i, operation, 0, 0, again)
    return False


@kernel
def suffer(run: Run, month: int, i: int, operation: int, count: int) -> float:
    """Let `count` incidents hit the residents of a municipality; return the largest share that one of these hits."""
    p, place, harm = run.parameters, run.places[i], run.harm[i]
    flows, first = run.flows[place.kind], operation * MOST_INCIDENTS
    population = place.population * run.population_ratio[i, month // MONTHS_PER_YEAR]
    worst = 0.0
    for k in range(count):
        draw = streams.normal(run.seed, streams.SEVERITY, place.code, month, first + k)
        share = severity(p.severity_median, SEVERITY_SD, draw)
        draw = streams.uniform(run.seed, streams.CORRECTION, place.code, month, first + k)
        residents, months = np.rint(share * population), months_to_correct(p.correction_hazard, draw)
        worst = max(worst, share)
        harm.incidents += 1.0
        harm.affected += residents
        harm.impact += residents * months
        harm.enquiries += residents
        harm.news += 1
        flows.incidents += 1.0
        flows.affected_residents += residents
        flows.impact += residents * months
        events.note(run, month, events.Kind.INCIDENT, i, operation, int(residents), 0, months)
    return worst
