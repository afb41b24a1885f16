"""The Mesa face: the same model, month by month, as a `mesa.Model` with one agent per municipality.

`MunicipalDXModel` owns the arrays of a run and advances them by the kernel that `dxsim.simulate` uses, so results are
the same bit for bit. `Municipality` is a view on one row: Mesa's own tools (``agents.select``, ``agg``, ``groupby``,
``DataCollector``, ``batch_run``, visualisation) read it like any agent. Properties can't be set: the kernel decides.
"""

from __future__ import annotations

from collections.abc import Mapping

import mesa
import numpy as np

from dxsim.model.codes import ACCOUNTS, CAUSES, PROGRAMMES, STATES, Account
from dxsim.model.run import Outcome, begin, prepare
from dxsim.model.schedule import advance
from dxsim.nation.nation import Nation, load_nation
from dxsim.nation.vendor_table import VendorTable
from dxsim.scenario.scenario import Scenario, load_scenario
from dxsim.terms.calendar import MONTHS, MONTHS_PER_YEAR, month_name
from dxsim.terms.operations import lots, operations


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


class MunicipalDXModel(mesa.Model):
    """A nation under a scenario as a Mesa model; one `step` is one month, and it stops after March 2036.

    Parameters
    ----------
    nation : Nation or str
        A nation, ``"synthetic"`` or a folder.
    scenario : Scenario or str
        A scenario, the name of a shipped one or a path.
    rng : int
        Seed of the run, 0 to 2**63 - 1.
    vendor_table : VendorTable, optional
        Who runs which lot at the start.

    Examples
    --------
    >>> from dxsim.nation.small import grid_nation
    >>> model = MunicipalDXModel(grid_nation(3, 3))
    >>> model.step()
    >>> len(model.agents), model.month
    (9, 1)
    """

    def __init__(
        self,
        nation: Nation | str = "synthetic",
        scenario: Scenario | str = "baseline",
        *,
        rng: int = 1,
        vendor_table: VendorTable | None = None,
    ) -> None:
        super().__init__(rng=rng)
        self.nation = load_nation(nation) if isinstance(nation, str) else nation
        self.scenario = load_scenario(scenario) if isinstance(scenario, str) else scenario
        self.inputs = prepare(self.nation, self.scenario, rng, vendor_table)
        self.run = begin(self.inputs)
        self.month = 0
        self.municipalities = [Municipality(self, row) for row in range(len(self.nation.municipalities))]

    @property
    def date(self) -> str:
        """The month that the next step runs, ``YYYY-MM``."""
        return month_name(min(self.month, MONTHS - 1))

    def step(self) -> None:
        """Run one month."""
        if self.month < MONTHS:
            advance(self.run, self.month, self.month + 1)
            self.month += 1
        self.running = self.month < MONTHS

    def outcome(self) -> Outcome:
        """Return what the run has left so far."""
        return Outcome(self.inputs, self.run.state, self.run.series)
