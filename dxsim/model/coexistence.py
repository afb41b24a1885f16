"""What does it cost to run old and new systems side by side, and what do new systems bring that work together?

interfaces between old and new    I = rho_if n (n_T - n)            n of n_T systems live; at most 100 rho_if of 20
benefit index of a municipality   B = w / 2 + b / 2                 [0, 1]
    within the municipality       w = n (n - 1) / (n_T (n_T - 1))   pairs of systems that are both live
    between municipalities        b = r (live share of those it may share data with)^2
benefit                           G = v_int B C / 12                yen a month, C the yearly IT cost before migration

Under the rule `data_sharing` = none no data flow between municipalities: r = 0; prefecture (r = 0.5) and national (r =
1) say whose live share counts, and how far data reach. Interfaces cost money (`money`) and own work (`staff`) and raise
the security hazard (`security`). The benefit goes to society and stands in no ledger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dxsim.kernel import kernel
from dxsim.model.fields import Field
from dxsim.scenario.registry import choices
from dxsim.terms.calendar import MONTHS_PER_YEAR

if TYPE_CHECKING:
    from dxsim.model.state import Run


DataSharing = choices("security.data_sharing")
REACH = (0.0, 0.5, 1.0)  # r of a data flow, by the data-sharing rule
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
def between_bodies(live_share: float, reach: float) -> float:
    """Return b in [0, 1]; `live_share` is that of those it may share data with, `reach` how far they go."""
    return reach * live_share**2


@kernel
def benefit_index(within: float, between: float) -> float:
    """Return B in [0, 1], half from `within` the municipality, half from `between` municipalities, both in [0, 1]."""
    return within / 2.0 + between / 2.0


@kernel
def monthly_benefit(index: float, share: float, baseline: float) -> float:
    """Return G (yen a month) at a benefit `index`; at most a `share` of the yearly IT cost `baseline`."""
    return share * baseline / MONTHS_PER_YEAR * index


@kernel
def look_at_live_shares(run: Run) -> None:
    """Work out the live share that counts for the municipalities of each prefecture."""
    rule = run.parameters.data_sharing
    for prefecture in range(run.live_share.size):
        run.area_live[prefecture], run.area_systems[prefecture] = 0, 0
        run.live_share[prefecture] = 0.0
    if rule == DataSharing.NONE:
        return
    for i in range(run.places.size):
        area = run.places[i].prefecture if rule == DataSharing.PREFECTURE else 0
        run.area_live[area] += run.municipalities[i].live
        run.area_systems[area] += run.municipalities[i].systems
    for prefecture in range(run.live_share.size):
        area = prefecture if rule == DataSharing.PREFECTURE else 0
        run.live_share[prefecture] = run.area_live[area] / max(1, run.area_systems[area])


@kernel
def count_interfaces(run: Run, month: int) -> None:
    """Count every municipality's interfaces between old and new systems, and value what works together."""
    p = run.parameters
    look_at_live_shares(run)
    for i in range(run.places.size):
        place, municipality = run.places[i], run.municipalities[i]
        flows = run.flows[place.kind]
        run.harm[i].interfaces = interfaces(municipality.live, municipality.systems, p.interface_density)
        between = between_bodies(run.live_share[place.prefecture], REACH[p.data_sharing])
        index = benefit_index(pairs_live(municipality.live, municipality.systems), between)
        flows.interfaces += run.harm[i].interfaces
        flows.interoperability += monthly_benefit(index, p.interoperability_benefit, run.purses[i].baseline)
