"""What does it cost to run old and new systems side by side, and what do new systems save that work together?

interfaces between old and new    I = rho_if n (n_T - n)            n of n_T systems live; at most 100 rho_if of 20
pairs of systems both live        w = n (n - 1) / (n_T (n_T - 1))   [0, 1]
asked for only once               b = T n / n_T (s_P / 2 + s_J / 2)     [0, 1]; s_J only where DATA = 2; 0 where 0
work of a case at the counter     (1 - sigma_int w) (1 - sigma_once b)      against that of April 2021
benefit                           G = c_cnt N (1 - (1 - sigma_int w) (1 - sigma_once b)) / 12      yen a month

DATA is the level of data sharing that the municipality has decided on (`programmes`), T the trust in it (`security`),
s_P and s_J the shares of all systems, of the prefecture and of the nation, that are live at those who share so far:
both sides have to share. Half of those who move do so within their prefecture. Interfaces cost money (`money`) and own
work (`staff`) and raise the security hazard (`security`). What is saved is work at counters, which then serve more
(`residents`); G values it at the cost of counters and stands in no ledger.

Source: report on internal migration 2016 (2.61 of 4.88 million moves of Japanese nationals between municipalities, 53
%, are within a prefecture; kancho-t.com).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dxsim.kernel import kernel
from dxsim.model.codes import Programme
from dxsim.model.fields import Field
from dxsim.terms.calendar import MONTHS_PER_YEAR

if TYPE_CHECKING:
    from dxsim.model.state import Run


NATION = 0  # place of the nation beside the prefectures 1 to 47
WITHIN_PREFECTURE, WITHIN_NATION = 1, 2  # levels of data sharing
NEAR = 0.5  # share of what is asked for that another municipality of the prefecture holds
FLOW_FIELDS = (Field("interfaces", "between old and new systems"), Field("interoperability", "yen"))


@kernel
def interfaces(live: int, systems: int, density: float) -> float:
    """Return I, the interfaces between the `live` ones of a municipality's `systems` and the rest."""
    return density * live * (systems - live)


@kernel
def pairs_live(live: int, systems: int) -> float:
    """Return w in [0, 1], the share of a municipality's pairs of systems that are both live; 0 if no pair."""
    return live * (live - 1) / (systems * (systems - 1)) if systems > 1 else 0.0


@kernel
def once_only(level: int, live: float, in_prefecture: float, in_nation: float) -> float:
    """Return b in [0, 1] but for trust; `live` is its own live share, the others those of systems that share."""
    if level == 0:
        return 0.0
    reach = NEAR * in_prefecture
    if level == WITHIN_NATION:
        reach += (1.0 - NEAR) * in_nation
    return live * reach


@kernel
def work_left(within: float, once: float, interoperability_saving: float, once_only_saving: float) -> float:
    """Return the work of a case at the counter against that of April 2021, by w and b, both in [0, 1]."""
    return (1.0 - interoperability_saving * within) * (1.0 - once_only_saving * once)


@kernel
def monthly_benefit(left: float, counter_cost: float, residents: float) -> float:
    """Return G (yen a month) where so much of the work is `left`; counters cost `counter_cost` a resident and year."""
    return (1.0 - left) * counter_cost * residents / MONTHS_PER_YEAR


@kernel
def look_at_sharing(run: Run) -> None:
    """Work out the share of all systems that is live at those who share, in each prefecture and in the nation."""
    for area in range(run.live_share.size):
        run.area_live[area], run.area_systems[area] = 0, 0
    for i in range(run.places.size):
        prefecture, municipality = run.places[i].prefecture, run.municipalities[i]
        level = run.programmes[i, Programme.DATA].level
        run.area_systems[prefecture] += municipality.systems
        run.area_systems[NATION] += municipality.systems
        if level >= WITHIN_PREFECTURE:
            run.area_live[prefecture] += municipality.live
        if level >= WITHIN_NATION:
            run.area_live[NATION] += municipality.live
    for area in range(run.live_share.size):
        run.live_share[area] = run.area_live[area] / max(1, run.area_systems[area])


@kernel
def count_interfaces(run: Run, month: int) -> None:
    """Count every municipality's interfaces between old and new systems, and value what works together."""
    p = run.parameters
    look_at_sharing(run)
    for i in range(run.places.size):
        place, municipality, harm = run.places[i], run.municipalities[i], run.harm[i]
        live, systems, flows = municipality.live, municipality.systems, run.flows[place.kind]
        level = run.programmes[i, Programme.DATA].level
        harm.interfaces = interfaces(live, systems, p.interface_density)
        harm.within = pairs_live(live, systems)
        near, far = run.live_share[place.prefecture], run.live_share[NATION]
        harm.once_only = harm.trust * once_only(level, live / max(1, systems), near, far)
        left = work_left(harm.within, harm.once_only, p.interoperability_saving, p.once_only_saving)
        residents = place.population * run.population_ratio[i, month // MONTHS_PER_YEAR]
        flows.interfaces += harm.interfaces
        flows.interoperability += monthly_benefit(left, p.counter_cost, residents)
