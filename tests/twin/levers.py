"""What the state decides municipality by municipality: policies, and the dates of phased cohorts."""

from __future__ import annotations

from collections import defaultdict
from types import SimpleNamespace
from typing import TYPE_CHECKING

from dxsim.scenario.policies import Policy, Who
from dxsim.scenario.registry import REGISTRY
from dxsim.terms.operations import lots
from tests.twin.residents import AGE_GROUPS

if TYPE_CHECKING:
    from tests.twin.model import PlainModel
    from tests.twin.municipality import Municipality

LEVERS = tuple(parameter.name for parameter in REGISTRY.values() if parameter.role == "body_lever")
PREFECTURES = 47


def is_for(who: Who, body: Municipality) -> bool:
    """Return whether all conditions hold for a municipality; an empty one holds for everybody."""
    return (
        (not who.types or body.type in who.types)
        and (not who.prefectures or body.prefecture in who.prefectures)
        and (not who.codes or f"{body.code:05}" in who.codes)
        and (who.population_from is None or body.population >= who.population_from)
        and (who.population_below is None or body.population < who.population_below)
    )


def common_levers(parameters: SimpleNamespace) -> SimpleNamespace:
    """Return the levers of a municipality for which there is no policy."""
    return SimpleNamespace(**{name: getattr(parameters, name) for name in LEVERS})


def levers_of(body: Municipality, common: SimpleNamespace, policies: list[Policy]) -> SimpleNamespace:
    """Return the levers of a municipality under the policies of this month, one after the other."""
    mine = [policy for policy in policies if is_for(policy.who, body)]
    if not mine:
        return common
    lever = SimpleNamespace(**vars(common))
    for policy in mine:
        parameter = REGISTRY[policy.lever]
        value = getattr(lever, parameter.name)
        if policy.how == "set":
            value = policy.value
        elif policy.how == "add":
            value += policy.value
        else:
            value *= policy.value
        setattr(lever, parameter.name, min(parameter.maximum, max(parameter.minimum, value)))
    return lever


def is_awaited(model: PlainModel, policy: Policy) -> bool:
    """Return whether what a policy waits for is there at the start of this month, and in time for it to begin."""
    when = policy.when
    if not policy.first <= model.month < policy.last - when.lag:
        return False
    figure = watched(model, when.figure)
    return figure > when.above if when.above is not None else figure < when.below


def watched(model: PlainModel, figure: str) -> float:
    """Return a watched figure as of the end of last month."""
    if figure == "shortage_notices":
        return model.notices
    if figure in ("overloaded", "excluded"):
        last = model.datacollector.model_vars["flows"][-1].values()
        if figure == "overloaded":
            return sum(flows.get("overloaded_municipalities", 0) for flows in last) / len(model.municipalities)
        cases = {
            channel: sum(flows.get(f"{channel}_{age}", 0.0) for flows in last for age in AGE_GROUPS)
            for channel in ("online", "assisted", "analog", "excluded")
        }
        return cases["excluded"] / sum(cases.values()) if cases["excluded"] else 0.0
    names = ["live"] if figure == "live" else [f"{figure.removesuffix('_late')}_R{reason}" for reason in range(1, 6)]
    systems = sum(len(body.systems) for body in model.municipalities)
    return sum(model.counts[name].total() for name in names) / systems


def shift_dates(model: PlainModel):
    """Give cohorts dates of their own: the last one has the national deadline, each other one an earlier one."""
    p = model.parameters
    if p.phasing == "none":
        return
    ranked = ranks(model.municipalities, p.phasing)
    for body in model.municipalities:
        for lot in filter(None, body.lots):
            if p.phasing == "by_lot":
                rank, members = lot.number, len(lots())
            elif p.phasing == "by_prefecture":
                rank, members = int(body.prefecture) - 1, PREFECTURES
            else:
                rank, members = ranked[body]
            cohort = rank * p.cohorts // members
            lot.shift = -(p.cohorts - 1 - cohort) * p.cohort_months


def ranks(bodies: list[Municipality], phasing: str) -> dict[Municipality, tuple[int, int]]:
    """Return the rank of each municipality by population or among its main vendor's clients, and how many rank."""
    groups = [bodies]
    sign = -1 if phasing == "large_first" else 1
    order = {body: sign * body.population for body in bodies}
    if phasing == "by_vendor_load":
        clients = defaultdict(list)
        for body in bodies:
            clients[next(lot.incumbent for lot in body.lots if lot)].append(body)
        groups = list(clients.values())
        order = {body: body.tie for body in bodies}
    return {body: (rank, len(group)) for group in groups for rank, body in enumerate(sorted(group, key=order.get))}
