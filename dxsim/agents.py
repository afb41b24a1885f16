"""The Mesa face: the same model, month by month, as a `mesa.Model` with one agent per municipality.

`MunicipalDXModel` owns the arrays of a run and advances them by the kernel that `dxsim.simulate` uses, so results are
the same bit for bit. `Municipality` is a view on one row: Mesa's own tools (``agents.select``, ``agg``, ``groupby``,
``DataCollector``, ``batch_run`` as long as Mesa has it, visualisation) read it like any agent. Properties can't be
set: the kernel decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import mesa
import numpy as np

from dxsim.errors import InputError, Problem
from dxsim.language import say
from dxsim.model.codes import ACCOUNTS, CAUSES, PROGRAMMES, STATES, Account
from dxsim.model.request import read_request
from dxsim.model.run import Outcome, begin, prepare
from dxsim.model.schedule import advance
from dxsim.nation.nation import Nation
from dxsim.nation.vendor_table import VendorTable
from dxsim.scenario.scenario import Scenario
from dxsim.terms.calendar import MONTHS, MONTHS_PER_YEAR, month_name
from dxsim.terms.operations import lots, operations

LARGEST_DRAWN = 2**53  # drawn seeds are below this, so that every other program reads them right


class Municipality(mesa.Agent):
    """A municipality: a view on row `row` of the model's arrays, as of the start of the model's month."""

    model: MunicipalDXModel

    def __init__(self, model: MunicipalDXModel, row: int) -> None:
        super().__init__(model)
        self.row = row
        record = model.nation.municipalities.iloc[row]
        self.code = str(record["code"])
        self.name = str(record["name"])
        self.prefecture = str(record["prefecture"])
        self.type = str(record["type"])
        self.x_km, self.y_km = float(record["x_km"]), float(record["y_km"])

    @property
    def _body(self) -> np.record:
        municipality: np.record = self.model.run.state.municipalities[self.row]
        return municipality

    @property
    def neighbours(self) -> list[Municipality]:
        """The municipalities next to it."""
        country = self.model.inputs.country
        first, last = country.offsets[self.row], country.offsets[self.row + 1]
        return [self.model.municipalities[k] for k in country.neighbours[first:last]]

    @property
    def population(self) -> float:
        """Residents in this fiscal year, persons."""
        country = self.model.inputs.country
        year = min(self.model.month, MONTHS - 1) // MONTHS_PER_YEAR
        return float(country.places.population[self.row] * country.population_ratio[self.row, year])

    @property
    def readiness(self) -> float:
        """Readiness index, weighted z-score."""
        return float(self._body.readiness)

    @property
    def belief(self) -> float:
        """Probability with which it expects an extension."""
        return float(self._body.belief)

    @property
    def systems(self) -> Mapping[str, str]:
        """State of each system, by operation."""
        states = self.model.run.state.systems.state[self.row]
        return {
            operation.operation: STATES[state]
            for operation, state in zip(operations(), states, strict=True)
            if state >= 0
        }

    @property
    def commitments(self) -> Mapping[str, tuple[str, str]]:
        """Month and cause of the commitment of each lot that is committed."""
        rows = self.model.run.state.lots[self.row]
        return {
            lot.lot: (month_name(int(row.commit)), CAUSES[row.cause])
            for lot, row in zip(lots(), rows, strict=True)
            if row.commit >= 0
        }

    @property
    def live_share(self) -> float:
        """Share of its systems that are live or done."""
        return float(self._body.live / max(1, self._body.systems))

    @property
    def late_systems(self) -> int:
        """Systems past the deadline and not live."""
        return int(self._body.late)

    @property
    def group(self) -> Municipality | None:
        """The lead of its group, or None."""
        number = int(self._body.group)
        return None if number < 0 else self.model.municipalities[int(self.model.run.state.groups[number].lead)]

    @property
    def staff(self) -> float:
        """DX staff, FTE."""
        return float(self.model.run.state.workforce[self.row].staff)

    @property
    def overload(self) -> float:
        """Own work over what staff can do."""
        return float(self.model.run.state.workforce[self.row].overload)

    @property
    def envelope(self) -> int:
        """Discretionary IT money left, yen."""
        return int(self.model.run.state.ledger[self.row, Account.ENVELOPE])

    @property
    def subsidy(self) -> int:
        """Subsidy received so far, yen."""
        return -int(self.model.run.state.ledger[self.row, Account.SUBSIDY])

    @property
    def accounts(self) -> Mapping[str, int]:
        """Its ledger, yen: debits positive, credits negative."""
        return dict(zip(ACCOUNTS, self.model.run.state.ledger[self.row].tolist(), strict=True))

    @property
    def levels(self) -> Mapping[str, int]:
        """Level of each voluntary programme."""
        return dict(zip(PROGRAMMES, self.model.run.state.programmes.level[self.row].tolist(), strict=True))

    @property
    def excluded(self) -> float:
        """Residents shut out last month, persons."""
        return float(self.model.run.state.cohorts.excluded[self.row].sum())


def _seed(rng: object, seed: object) -> object:
    """Return the seed that Mesa's two arguments mean."""
    if rng is not None and seed is not None:
        raise InputError(say("run"), [Problem(say("seed"), say("give rng or seed, not both"))])
    given = seed if rng is None else rng
    if given is None or isinstance(given, np.random.Generator):
        return int(np.random.default_rng(given).integers(LARGEST_DRAWN))
    return given


class MunicipalDXModel(mesa.Model):
    """A nation under a scenario as a Mesa model; one `step` is one month, and it stops after March 2036.

    Parameters
    ----------
    nation : Nation, str or Path
        A nation, ``"synthetic"`` or a folder.
    scenario : Scenario, str or Path
        A scenario, the name of a shipped one or a path.
    rng : int or numpy.random.Generator, optional
        Seed of the run, 0 to 2**63 - 1, or what one is drawn from. As in Mesa a seed is drawn where none is given, so
        that the iterations of ``mesa.batch_run`` differ; `run_seed` says which.
    seed : int, optional
        The same as `rng`, by Mesa's older name.
    vendor_table : VendorTable, optional
        Who runs which lot at the start.

    Attributes
    ----------
    run_seed : int
        Seed of the run: given to `dxsim.simulate` it gives the same bits.
    datacollector : mesa.DataCollector
        What ``mesa.batch_run`` asks for: month by month the `reporters`. A subclass may put its own in its place.

    Examples
    --------
    >>> from dxsim.nation.small import grid_nation
    >>> model = MunicipalDXModel(grid_nation(3, 3), rng=1)
    >>> model.step()
    >>> len(model.agents), model.month
    (9, 1)
    """

    reporters: ClassVar[Mapping[str, str]] = {
        name: name for name in ("date", "run_seed", "live_share", "late_systems", "excluded")
    }

    def __init__(
        self,
        nation: Nation | str | Path = "synthetic",
        scenario: Scenario | str | Path = "baseline",
        *,
        rng: int | np.random.Generator | None = None,
        seed: int | None = None,
        vendor_table: VendorTable | None = None,
    ) -> None:
        wanted = _seed(rng, seed)
        self.nation, self.scenario, (self.run_seed,) = read_request(nation, scenario, [wanted])
        super().__init__(rng=self.run_seed)
        self.inputs = prepare(self.nation, self.scenario, self.run_seed, vendor_table)
        self.run = begin(self.inputs)
        self.month = 0
        self.municipalities = [Municipality(self, row) for row in range(len(self.nation.municipalities))]
        self.datacollector = self._own_collector = mesa.DataCollector(model_reporters=dict(self.reporters))

    @property
    def date(self) -> str:
        """The month that the next step runs, ``YYYY-MM``."""
        return month_name(min(self.month, MONTHS - 1))

    @property
    def live_share(self) -> float:
        """Share of all systems that are live or done."""
        rows = self.run.state.municipalities
        return float(rows.live.sum() / max(1, rows.systems.sum()))

    @property
    def late_systems(self) -> int:
        """Systems past the deadline and not live."""
        return int(self.run.state.municipalities.late.sum())

    @property
    def excluded(self) -> float:
        """Residents shut out last month, persons."""
        return float(self.run.state.cohorts.excluded.sum())

    def step(self) -> None:
        """Run one month."""
        if self.month < MONTHS:
            advance(self.run, self.month, self.month + 1)
            self.month += 1
        self.running = self.month < MONTHS
        if self.datacollector is self._own_collector:
            self.datacollector.collect(self)

    def outcome(self) -> Outcome:
        """Return what the run has left so far."""
        return Outcome(self.inputs, self.run.state, self.run.series)
