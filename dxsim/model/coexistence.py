"""What does it cost to run old and new systems side by side, and what do new systems bring that work together?

interfaces between old and new    I = rho_if n (n_T - n)            n of n_T systems live; at most 100 rho_if of 20
benefit index of a body           B = w / 2 + b / 2                 [0, 1]
    within the body               w = n (n - 1) / (n_T (n_T - 1))   pairs of systems that are both live
    between bodies                b = r (live share of those it may share data with)^2
benefit                           G = v_int B C / 12                yen a month, C the yearly IT cost before migration

Under the rule `data_sharing` = none no data flow between bodies: r = 0; prefecture (r = 0.5) and national (r = 1) say
whose live share counts, and how far data reach. Interfaces cost money (`money`) and own work (`staff`) and raise the
security hazard (`security`). The benefit goes to society and stands in no ledger.
"""

from __future__ import annotations

import numpy as np

from dxsim.kernel import kernel
from dxsim.model.state import INTERFACES, INTEROPERABILITY, PREFECTURES, Country, Floats, Records, State

NONE, PREFECTURE, NATIONAL = 0, 1, 2
REACH = (0.0, 0.5, 1.0)  # r of a data flow, by the data-sharing rule
MONTHS_OF_YEAR = 12


@kernel
def interfaces(live: int, systems: int, density: float) -> float:
    """Return I, the interfaces between the `live` ones of a body's `systems` and the rest."""
    return density * live * (systems - live)


@kernel
def pairs_live(live: int, systems: int) -> float:
    """Return w in [0, 1], the share of a body's pairs of systems that are both live; 0 where there is no pair."""
    return live * (live - 1) / (systems * (systems - 1)) if systems > 1 else 0.0


@kernel
def between_bodies(live_share: float, reach: float) -> float:
    """Return b in [0, 1]; `live_share` is that of the bodies with which data may be shared, `reach` how far they go."""
    return reach * live_share**2


@kernel
def benefit_index(within: float, between: float) -> float:
    """Return B in [0, 1], half of it from `within` the body, half from `between` bodies, both in [0, 1]."""
    return within / 2.0 + between / 2.0


@kernel
def monthly_benefit(index: float, share: float, baseline: float) -> float:
    """Return G (yen a month) at a benefit `index`; at most a `share` of the yearly IT cost `baseline`."""
    return share * baseline / MONTHS_OF_YEAR * index


@kernel(makes_arrays=True)
def live_shares(places: Records, bodies: Records, rule: int) -> Floats:
    """Return the live share that counts for the bodies of each prefecture, (48,)."""
    share = np.zeros(PREFECTURES + 1)
    if rule == NONE:
        return share
    live, systems = np.zeros(share.size, dtype=np.int64), np.zeros(share.size, dtype=np.int64)
    for i in range(places.size):
        area = places[i].prefecture if rule == PREFECTURE else 0
        live[area] += bodies[i].live
        systems[area] += bodies[i].systems
    for prefecture in range(share.size):
        area = prefecture if rule == PREFECTURE else 0
        share[prefecture] = live[area] / max(1, systems[area])
    return share


@kernel(makes_arrays=True)
def count_interfaces(country: Country, state: State, parameters: np.record, month: int) -> None:
    """Count every body's interfaces between old and new systems, and value what works together."""
    share = live_shares(country.municipalities, state.municipalities, parameters.data_sharing)
    value_bodies(country, state, parameters, share)


@kernel(inner=True)
def value_bodies(country: Country, state: State, parameters: np.record, share: Floats) -> None:
    """Count the interfaces of every body and value what works together; (48,) `share` is that of `live_shares`."""
    p = parameters
    for i in range(country.municipalities.size):
        place, body, flows = (
            country.municipalities[i],
            state.municipalities[i],
            state.flows[country.municipalities[i].kind],
        )
        state.harm[i].interfaces = interfaces(body.live, body.systems, p.interface_density)
        between = between_bodies(share[place.prefecture], REACH[p.data_sharing])
        index = benefit_index(pairs_live(body.live, body.systems), between)
        flows[INTERFACES] += state.harm[i].interfaces
        flows[INTEROPERABILITY] += monthly_benefit(index, p.interoperability_benefit, state.purses[i].baseline)
