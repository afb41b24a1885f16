"""Voluntary programmes: what municipalities do beyond what the state imposes."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt
from typing import TYPE_CHECKING

from dxsim import streams
from dxsim.terms.statistics import LOG_POPULATION_MEAN

if TYPE_CHECKING:
    from tests.twin.model import PlainModel
    from tests.twin.municipality import Municipality

HIGHEST_LEVEL = {"online": 26, "automation": 2, "security": 3, "data": 2, "governance": 3}
PROGRAMMES = tuple(HIGHEST_LEVEL)
SHARING_ALLOWED = {"none": 0, "prefecture": 1, "national": 2}  # by the state's rule
PLATFORM = 1  # address of the draws of a platform


@dataclass(slots=True, eq=False)
class Programme:
    """A programme of a municipality, or the platform of a prefecture; hazards are per month."""

    name: str
    highest: int
    own: float  # hazard of the next level without influence of others
    growth: float  # what full influence adds
    factor: float  # effect of size
    level: int = 0
    cumulative_hazard: float = 0.0  # hazard built up since the last level
    threshold: float = 0.0  # hazard at which the next level comes

    def build_up(self, exposure: float, service: float) -> bool:
        """Add up hazard for the next level; return whether it is enough."""
        self.cumulative_hazard += (self.own + self.growth * exposure) * self.factor * service
        return self.cumulative_hazard >= self.threshold


def platform(model: PlainModel, prefecture: str) -> Programme:
    """Return the platform on which a prefecture puts procedures online."""
    p = model.parameters
    speed = exp(model.normal(streams.PLATFORM, int(prefecture), 0, 0))
    new = Programme("online", HIGHEST_LEVEL["online"], p.platform_hazard, 0.0, speed)
    await_next_of_platform(model, prefecture, new)
    return new


def await_next_of_platform(model: PlainModel, prefecture: str, programme: Programme):
    programme.cumulative_hazard = 0.0
    programme.threshold = model.exponential(streams.PLATFORM, int(prefecture), PLATFORM, programme.level)


class Programmes:
    """The programmes of a municipality, by name."""

    def __init__(self, body: Municipality):
        self.body = body
        self.model = body.model
        self.on_platform = False
        self.by_name = {name: self.begin(name) for name in PROGRAMMES}
        p = self.model.parameters
        level = p.level_cost * sqrt(body.purse.baseline * p.fixed_cost)
        self.costs = {
            name: self.model.booked(level / (HIGHEST_LEVEL[name] if name == "online" else 1)) for name in PROGRAMMES
        }
        self.open = [programme for programme in self.by_name.values() if programme.highest > 0]

    def begin(self, name: str) -> Programme:
        p, body = self.model.parameters, self.body
        if name == "online":
            own, growth, slope = p.joining_hazard, 0.0, 0.0
        else:
            kind = "automation" if name == "automation" else "voluntary"
            own, growth, slope = (getattr(p, f"{kind}_{what}") for what in ("own", "exposure", "size"))
        factor = exp(slope * (log(max(body.population, 1.0)) - LOG_POPULATION_MEAN))
        highest = SHARING_ALLOWED[p.data_sharing] if name == "data" else HIGHEST_LEVEL[name]
        programme = Programme(name, highest, own, growth, factor)
        self.await_next(programme)
        return programme

    def __getitem__(self, name: str) -> int:
        """Return the level of a programme."""
        return self.by_name[name].level

    @property
    def levels(self) -> dict[str, int]:
        return {name: programme.level for name, programme in self.by_name.items()}

    def rise(self, programme: Programme, level: int):
        self.model.levels[self.body.type][programme.name] += level - programme.level
        programme.level = level

    def await_next(self, programme: Programme):
        number = PROGRAMMES.index(programme.name)
        code = self.joins_with.code if programme.name == "online" and not self.on_platform else self.body.code
        programme.cumulative_hazard = 0.0
        programme.threshold = self.model.exponential(streams.PROGRAMME, code, number, programme.level)

    @property
    def joins_with(self) -> Municipality:
        """Who joins the platform at the same threshold, maybe itself."""
        body, share = self.body, self.model.parameters.joint_joining
        while self.model.uniform(streams.PROGRAMME, body.code, len(PROGRAMMES), 0) < share:
            if body.local_centre is body:
                break
            body = body.local_centre
        return body

    def climb(self, programme: Programme):
        """Pay for the next level and reach it, or join the platform."""
        self.body.purse.spend("programmes", self.costs[programme.name])
        if programme.name == "online":
            self.on_platform = True
            self.rise(programme, self.model.platforms[self.body.prefecture].level)
        else:
            self.rise(programme, programme.level + 1)
        self.await_next(programme)
        if (self.on_platform and programme.name == "online") or programme.level == programme.highest:
            self.open.remove(programme)

    def follow_platform(self, level: int):
        """Put procedures online as the platform does, at no cost."""
        if self.on_platform:
            self.rise(self.by_name["online"], level)

    @property
    def willing_to_share(self) -> float:
        return self.body.harm.trust * (1 + self["governance"]) / 4

    @property
    def hours_given_back(self) -> float:
        return self.model.parameters.automation_saving * self["automation"] / 2

    def progress(self, exposure: dict[str, float]):
        """Move on in what it decides on; `exposure` is by programme and as of last month."""
        body, is_binding = self.body, self.model.parameters.budget == "binding"
        service = body.staff.programme_service
        for programme in tuple(self.open):
            name = programme.name
            is_required = name == "governance" and programme.level < body.lever.governance_requirement
            keen = self.willing_to_share if name == "data" else 1.0
            if not is_required and not programme.build_up(exposure[name], service * keen):
                continue
            if is_required or not is_binding or self.costs[name] <= body.purse.envelope:
                self.climb(programme)
