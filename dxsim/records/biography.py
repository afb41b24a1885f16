"""One municipality through a run: what it decided when and why, what came of it, and what would have changed it.

`biography` steps the model month by month and looks at one municipality after each of them. Nothing is worked out a
second time: the terms of a hazard and of a choice come from the same small functions that the model itself calls, fed
with what the municipality knew when it decided. `counterfactuals` runs the model again under the same seed, one lever
at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dxsim.errors import InputError, Problem
from dxsim.language import say
from dxsim.model.codes import (
    CAUSES,
    CHANNELS,
    HIGHEST_LEVEL,
    NEVER,
    NOBODY,
    PROGRAMMES,
    REASONS,
    STATES,
    Account,
    Held,
    Listed,
    Programme,
    SystemState,
    names,
)
from dxsim.records.dates import month_starts
from dxsim.records.findings import Findings
from dxsim.records.frame import frame_of
from dxsim.records.measures import ratio
from dxsim.records.provenance import describe_run, now
from dxsim.scenario.registry import REGISTRY, Value
from dxsim.terms.calendar import MONTHS
from dxsim.terms.municipalities import five_digits
from dxsim.terms.operations import lots, operations

if TYPE_CHECKING:
    from pathlib import Path

    from dxsim.model.run import Inputs
    from dxsim.model.state import Run, State
    from dxsim.nation.nation import Nation
    from dxsim.nation.vendor_table import VendorTable
    from dxsim.scenario.scenario import Scenario

Row = dict[str, Any]

LEAD, PACKAGE, ONLY_OFFER = "lead", "package", "only_offer"  # why a vendor was chosen, where no terms were weighed
HELD = names(Held)
MEASURES = ("months_to_live", "late_systems", "cost_per_resident_2035", "excluded_share")
AS_IT_WAS = "as_it_was"
THREADS = 2
_NEAREST = 3  # names that an error suggests


@dataclass(frozen=True, repr=False, eq=False)
class Biography:
    """What happened to one municipality.

    Parameters
    ----------
    code, name : str
        Of the municipality.
    about : mapping
        What it is: ``type``, ``prefecture_name``, ``population``, ``systems``, ``readiness`` (effect on the log hazard
        of a decision), ``rank`` (1 = most ready of ``municipalities``), ``platform``, ``baseline_cost``
        (yen a year before migration), ``running_2035`` (yen booked in FY2035), ``deadline`` (its month, YYYY-MM).
    months : pandas.DataFrame
        One row a month, as of its end: ``readiness``, ``belief``, ``envelope`` (yen), ``refused`` (lots for which the
        money was missing), ``staff``, ``pool``, ``lent``, ``supply``, ``demand`` (FTE), ``overload``, the three
        ``*_service`` (shares of the work served), ``group`` (code of its lead), ``group_size``,
        ``neighbours_committed`` (with some lot), ``live``, ``late``, ``interfaces``; yen so far: ``one_off``,
        ``subsidy``, ``grant``, ``running``, ``reserve``, ``penalty``; so far ``incidents``, ``affected``,
        ``security_incidents``; residents in the month: ``online``, ``assisted``, ``analog``, ``excluded``;
        ``online_share`` of procedures.
    hazards : pandas.DataFrame
        One row a month and lot not yet decided: ``own_motive``, ``peers``, ``mandate`` (terms of the hazard, 1/month),
        ``cumulative_hazard_*`` by cause, ``cumulative_hazard``, ``threshold``, ``gate`` (open), ``slack`` (months),
        ``lead_time`` (months), ``expected_deadline`` (months since April 2021), ``exposure`` (share of peers),
        ``neighbours_committed``.
    queues : pandas.DataFrame
        One row a month and vendor with systems of the municipality that are not live: ``vendor``, ``systems`` (those),
        the vendor's ``queue_wait`` (months) and ``book`` (reference jobs), ``ahead`` (systems of others that stand in
        its queue before the municipality's first one on which work has not begun; nan if none waits).
    systems : pandas.DataFrame
        One row a month and system: ``state`` at the month's end; ``held``, what held it up in the month, from the start
        of the mandate until it is live.
    delays : pandas.DataFrame
        One row a lot and what held it up: ``lot``, ``held``, ``months`` (mean of its systems), the longest first.
    events : pandas.DataFrame
        What the log says of it: ``month``, ``kind``, ``lot``, ``operation``, ``programme``, ``vendor``, ``cause``,
        ``reason``, ``value``, ``amount`` and the same in ``words``.
    lots : pandas.DataFrame
        One row each: ``decided``, ``cause``, ``cumulative_hazard`` and ``threshold``, the three terms of the hazard
        then; ``gate_before``, with ``cumulative_hazard_before`` and the terms then (``*_before``); ``ordered`` and
        ``started`` (the first system), ``live`` (the last one), ``systems``, ``late_systems``, ``reason`` (the most
        frequent), ``legacy_vendor``, ``vendor`` (decided for), ``last_vendor``, ``stays``, ``product`` (month from
        which the vendor decided for has one), ``why`` (the term that spoke most for the vendor against ``runner_up``,
        or that it came with the lead of the group or the package),
        ``margin`` (utils by which it is ahead), ``lead`` (code of the lead whose decision it followed) and
        ``tendered_again`` (systems).
    neighbours : pandas.DataFrame
        One row each and lot: ``code``, ``name``, ``lot``, ``decided``, ``before`` (decided in an earlier month),
        ``vendor``, ``same_vendor``, ``late_systems``.
    manifest : mapping
        Of the run.
    """

    code: str
    name: str
    about: Mapping[str, Any]
    months: pd.DataFrame
    hazards: pd.DataFrame
    queues: pd.DataFrame
    systems: pd.DataFrame
    delays: pd.DataFrame
    events: pd.DataFrame
    lots: pd.DataFrame
    neighbours: pd.DataFrame
    manifest: Mapping[str, Any]

    def __repr__(self) -> str:
        """Return whose it is; the tables would fill the screen."""
        return f"Biography({self.name!r}, {self.code}: {', '.join(self.tables())})"

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables by name."""
        names = ("months", "hazards", "queues", "systems", "delays", "events", "lots", "neighbours")
        return {name: getattr(self, name) for name in names}


def find_municipality(nation: Nation, text: str) -> int:
    """Return the row of a municipality by its code, without the zero in front or with the check digit too, or its name.

    Raises
    ------
    InputError
        If there is none, with the nearest ones, or more than one.

    Examples
    --------
    >>> from dxsim.nation.small import grid_nation
    >>> find_municipality(grid_nation(2, 2), "Body 3")
    2
    """
    codes, names = list(nation.municipalities["code"]), list(nation.municipalities["name"])
    wanted = text.strip()
    padded = five_digits(wanted)
    if padded in codes:
        return codes.index(padded)
    found = [row for row, name in enumerate(names) if name == wanted]
    if len(found) == 1:
        return found[0]
    if found:
        those = ", ".join(f"{codes[row]} ({nation.municipalities['prefecture_name'][row]})" for row in found)
        what = say(
            "{count} municipalities are called '{name}'; give a code: {codes}",
            count=len(found),
            name=wanted,
            codes=those,
        )
    else:
        near = ", ".join(f"{codes[row]} {names[row]}" for row in _nearest(wanted, padded, codes, names))
        what = say("neither code nor name of a municipality of the nation")
        if near:
            what = say("neither code nor name of a municipality of the nation; nearest: {nearest}", nearest=near)
    raise InputError(say("municipality '{name}'", name=text), [Problem("", what)])


def _nearest(text: str, padded: str, codes: Sequence[str], names: Sequence[str]) -> list[int]:
    import difflib

    by_code = difflib.get_close_matches(padded, codes, n=_NEAREST) if padded.isdigit() else []
    rows = [codes.index(code) for code in by_code]
    if not rows:
        rows = [names.index(name) for name in difflib.get_close_matches(text, names, n=_NEAREST)]
    return rows


def biography(
    nation: Nation | str | Path,
    scenario: Scenario | str | Path,
    seed: int,
    code: str,
    vendor_table: VendorTable | None = None,
) -> Biography:
    """Run the model and follow one municipality through it.

    Parameters
    ----------
    nation : Nation, str or Path
        Who takes part.
    scenario : Scenario, str or Path
        Under which policy, with which parameters.
    seed : int
        0 to 2**63 - 1.
    code : str
        Code of the municipality, or a name that is unique.
    vendor_table : VendorTable, optional
        Known vendors of the municipalities.

    Raises
    ------
    InputError
        If there is no such municipality.
    """
    from dxsim.model import commitment
    from dxsim.model.request import read_request
    from dxsim.model.run import EVENTS_PER_SYSTEM, begin, prepare
    from dxsim.model.schedule import acts_of

    started = now()
    nation, scenario, (seed,) = read_request(nation, scenario, [seed])
    i = find_municipality(nation, code)
    inputs = prepare(nation, scenario, seed, vendor_table)
    room = EVENTS_PER_SYSTEM * inputs.country.places.size * inputs.country.lot_of.size
    while True:
        run = begin(inputs, room)
        observer, acts = _Observer(nation, inputs, i, run), acts_of(run)
        for month in range(MONTHS):
            for step, act in acts:
                if step.act is commitment.decide:
                    observer.weigh_commitment(month)
                act(run, month)
            if run.logged[0] > run.log.size:
                break
            observer.look(month)
            run.logged[0] = 0
        else:
            break
        room = 2 * int(run.logged[0])
    return observer.told(describe_run(nation, scenario, seed, started, vendor_table, run.state.begins))


class _Observer:
    """Looks at one municipality when it decides and at the end of each month."""

    def __init__(self, nation: Nation, inputs: Inputs, i: int, run: Run) -> None:
        self.nation, self.inputs, self.i, self.run = nation, inputs, i, run
        first, last = inputs.country.offsets[i], inputs.country.offsets[i + 1]
        self.neighbours = [int(j) for j in inputs.country.neighbours[first:last]]
        self.codes = list(nation.municipalities["code"])
        self.months: list[Row] = []
        self.hazards: list[Row] = []
        self.weighed: dict[int, Row] = {}
        self.queues: list[Row] = []
        self.systems: list[Row] = []
        self.events: list[Row] = []
        self.choices: dict[int, Row] = {}
        readiness = run.municipalities["readiness"]
        self.about: Row = {
            "readiness": float(readiness[i]),
            "rank": int((readiness > readiness[i]).sum()) + 1,
            "municipalities": len(self.codes),
        }

    def weigh_commitment(self, month: int) -> None:
        """Note the terms of the hazard of every open lot, as `commitment.decide` is about to put them together."""
        from dxsim.model import commitment

        run, i, p = self.run, self.i, self.run.parameters
        motives, gate = run.motives[0], commitment.is_gate_open(run.seed, run.places[i].code, month, p)
        commitment.look_at_peers(run)
        commitment.weigh_motives(run, month, i)
        self.weighed = {}
        for number, lot in enumerate(run.lots[i]):
            if lot.legacy < 0 or lot.commit >= 0 or not run.offered[number]:
                continue
            peers = commitment.hazard_by_peers(run, i, number) if motives.peers > 0.0 else 0.0
            mandate = commitment.hazard_by_mandate(run, month, i, number)
            self.weighed[number] = {
                **dict(zip(CAUSES, (float(motives.own), peers, mandate), strict=True)),
                "gate": bool(gate),
                "slack": float(motives.slack),
                "lead_time": float(motives.lead_time),
                "expected_deadline": float(motives.due),
                "exposure": commitment.peer_exposure(run, i, number),
                "neighbours_committed": int(lot.neighbours_committed),
            }

    def look(self, month: int) -> None:
        """Write down what has become of the municipality at the end of the month."""
        run, i = self.run, self.i
        refused = self._read_log()
        for number, weighed in self.weighed.items():
            hazard = run.cumulative_hazard[i, number].tolist()
            self.hazards.append(
                {
                    "month": month,
                    "lot": lots()[number].lot,
                    **{cause: weighed.pop(cause) for cause in CAUSES},
                    **{f"cumulative_hazard_{cause}": amount for cause, amount in zip(CAUSES, hazard, strict=True)},
                    "cumulative_hazard": sum(hazard),
                    "threshold": float(run.lots[i, number].threshold),
                    **weighed,
                }
            )
        for lot in np.flatnonzero(run.lots["commit"][i] == month):
            self.choices[int(lot)] = self._weigh_vendors(month, int(lot))
        self.months.append(self._month(month, refused))
        self.queues += self._queues(month)
        for operation, system in enumerate(run.systems[i]):
            if system.state >= 0:
                is_booked = month >= run.parameters.mandate_start and not 0 <= system.live <= month
                row = {"month": month, "operation": operations()[operation].operation, "state": STATES[system.state]}
                self.systems.append(row | {"held": HELD[system.held] if is_booked else None})

    def _weigh_vendors(self, month: int, lot: int) -> Row:
        """Return why a lot went to its vendor: the terms of the utility of the chosen one and of the next best."""
        from dxsim.model import vendor_choice

        run, i = self.run, self.i
        chosen = int(run.lots["vendor"][i, lot])
        lead = int(vendor_choice.lead_of(run.municipalities, run.groups, run.parameters.shared_system, i))
        place = run.decided[: run.listed[Listed.DECIDED]].tolist().index(i * run.lots.shape[1] + lot)
        if chosen == vendor_choice.leading_choice(run, place):
            if lead != i and run.lots["legacy"][lead, lot] >= 0:
                return {"why": LEAD, "runner_up": None, "lead": self.codes[lead]}
            return {"why": PACKAGE, "runner_up": None}
        offers = [int(vendor) for vendor in np.flatnonzero(run.product_month[:, lot] != NEVER)]
        terms = {vendor: np.zeros(len(vendor_choice.TERMS)) for vendor in offers}
        for vendor in offers:
            vendor_choice.weigh_vendor(run, month, i, lot, vendor, terms[vendor])
        rivals = [vendor for vendor in offers if vendor != chosen]
        if not rivals:
            return {"why": ONLY_OFFER, "runner_up": None}
        second = max(rivals, key=lambda vendor: sum(terms[vendor].tolist()))
        ahead = (terms[chosen] - terms[second]).tolist()
        return {
            "why": vendor_choice.TERMS[int(np.argmax(ahead))],
            "runner_up": self.inputs.vendor_names[second],
            "margin": sum(ahead),
        }

    def _month(self, month: int, refused: int) -> Row:
        state, i = self.run.state, self.i
        municipality, worker, harm = state.municipalities[i], state.workforce[i], state.harm[i]
        group, ledger = int(municipality.group), state.ledger[i]
        member = group >= 0
        channels = {channel: float(state.cohorts[channel][i].sum()) for channel in CHANNELS}
        work = ("staff", "pool", "lent", "supply", "demand", "overload")
        services = ("planning_service", "migration_service", "programme_service")
        committed = sum(bool((state.lots["commit"][j] >= 0).any()) for j in self.neighbours)
        return {
            "month": month,
            "readiness": float(municipality.readiness),
            "belief": float(municipality.belief),
            "envelope": int(ledger[Account.ENVELOPE]),
            "refused": refused,
            **{name: float(worker[name]) for name in (*work, *services)},
            "group": self.codes[int(state.groups[group].lead)] if member else None,
            "group_size": int(state.groups["members"][group]) if member else 1,
            "neighbours_committed": committed,
            "live": int(municipality.live),
            "late": int(municipality.late),
            "interfaces": float(harm.interfaces),
            "one_off": int(ledger[Account.ONE_OFF]),
            "subsidy": -int(ledger[Account.SUBSIDY]),
            "grant": -int(ledger[Account.GRANT]),
            "running": int(ledger[Account.RUNNING]),
            "reserve": -int(ledger[Account.RESERVE]),
            "penalty": int(ledger[Account.PENALTY]),
            "incidents": int(harm.incidents),
            "affected": int(harm.affected),
            "security_incidents": int(harm.security_incidents),
            **channels,
            "online_share": float(state.programmes["level"][i, Programme.ONLINE]) / HIGHEST_LEVEL[Programme.ONLINE],
        }

    def _queues(self, month: int) -> list[Row]:
        state = self.run.state
        own, names = state.systems[self.i], self.inputs.vendor_names
        vendors = own["vendor"][(own["state"] >= 0) & (own["state"] < SystemState.LIVE)]
        return [
            {
                "month": month,
                "vendor": names[vendor],
                "systems": int((vendors == vendor).sum()),
                "queue_wait": float(state.vendors[vendor].queue_wait),
                "book": float(state.vendors[vendor].book),
                "ahead": _systems_ahead(state, self.i, int(vendor)),
            }
            for vendor in np.unique(vendors)
        ]

    def _read_log(self) -> int:
        """Take over what the log of the month says of the municipality; return how many lots it had no money for."""
        from dxsim.model import events

        log = self.run.log[: int(self.run.logged[0])]
        own = log[log["municipality"] == self.i]
        for event in own:
            self.events.append(self._event(event))
        return int((own["kind"] == events.Kind.REFUSED).sum())

    def _event(self, event: np.record) -> Row:
        from dxsim.model import events

        kind, place = int(event.kind), int(event.place)
        row: Row = dict.fromkeys(("lot", "operation", "programme", "vendor", "cause", "reason"))
        row |= {"month": int(event.month), "kind": events.KINDS[kind]}
        row |= {"value": int(event.value), "amount": float(event.amount)}
        if kind in (events.Kind.COMMITTED, events.Kind.REFUSED):
            row["lot"] = lots()[place].lot
        elif kind == events.Kind.LEVEL:
            row["programme"] = PROGRAMMES[place]
        elif place >= 0:
            row["operation"], row["lot"] = operations()[place].operation, operations()[place].lot
        if events.KINDS[kind] in _WITH_VENDOR:
            row["vendor"] = self.inputs.vendor_names[int(event.value)]
        if kind == events.Kind.COMMITTED:
            row["cause"] = CAUSES[int(event.cause)]
        elif kind in (events.Kind.FLAGGED, events.Kind.CALLED_LATE):
            row["reason"] = REASONS[int(event.cause)]
        return row

    def told(self, manifest: Mapping[str, Any]) -> Biography:
        """Return the tables."""
        state = self.run.state
        record = self.nation.municipalities.iloc[self.i]
        municipality, purse = state.municipalities[self.i], state.purses[self.i]
        about = self.about | {
            "type": str(record["type"]),
            "prefecture_name": str(record["prefecture_name"]),
            "population": int(record["population"]),
            "systems": int(municipality.systems),
            "platform": bool(municipality.platform),
            "baseline_cost": float(purse.baseline),
            "running_2035": int(purse.running_total),
            "deadline": str(manifest["scenario"]["values"]["policy.deadline"]),
        }
        events = _frame(self.events, ("month",), _EVENT_COLUMNS)
        events["words"] = [event_words(event) for event in events.to_dict("records")]
        hazards = pd.DataFrame(self.hazards)
        return Biography(
            code=str(record["code"]),
            name=str(record["name"]),
            about=about,
            months=_frame(self.months, ("month",)),
            hazards=_frame(self.hazards, ("month",)),
            queues=_frame(self.queues, ("month",)),
            systems=_frame(self.systems, ("month",)),
            delays=pd.DataFrame(self._delays(state), columns=["lot", "held", "months"]),
            events=events,
            lots=_frame(self._lots(state, hazards), _LOT_DATES),
            neighbours=_frame(self._neighbours(state), ("decided",), _NEIGHBOUR_COLUMNS),
            manifest=manifest,
        )

    def _lots(self, state: State, hazards: pd.DataFrame) -> list[Row]:
        names, deadline = self.inputs.vendor_names, int(self.inputs.parameters.deadline)
        again = [event["lot"] for event in self.events if event["kind"] == "planned"]
        rows = []
        for number, lot in enumerate(lots()):
            here = state.lots[self.i, number]
            if here.legacy < 0:
                continue
            own = state.systems[self.i][self.inputs.country.lot_of == number]
            late = (own["live"] < 0) | (own["live"] > deadline)
            reasons = own["reason"][late & (own["reason"] > 0)]
            decided = int(here.commit)
            known = hazards[hazards["lot"] == lot.lot].set_index("month")
            gates = known.index[known["gate"] & (known.index < decided)] if decided >= 0 else known.index[:0]
            row: Row = {
                "lot": lot.lot,
                "decided": decided,
                "cause": CAUSES[here.cause] if decided >= 0 else None,
                "cumulative_hazard": float(known["cumulative_hazard"].iloc[-1]),
                "threshold": float(here.threshold),
                **{cause: float(known[cause].iloc[-1]) for cause in CAUSES},
                "gate_before": int(gates[-1]) if len(gates) else NOBODY,
                "cumulative_hazard_before": float(known["cumulative_hazard"][gates[-1]])
                if len(gates)
                else float("nan"),
                **{
                    f"{cause}_before": float(known[cause][gates[-1]]) if len(gates) else float("nan")
                    for cause in CAUSES
                },
                "ordered": _first(own["order"]),
                "started": _first(own["start"]),
                "live": int(own["live"].max()) - 1 if (own["live"] >= 0).all() else NOBODY,
                "systems": int(own.size),
                "late_systems": int(late.sum()),
                "reason": REASONS[int(np.bincount(reasons).argmax())] if reasons.size else None,
                "legacy_vendor": names[here.legacy],
                "vendor": names[here.vendor] if decided >= 0 else None,
                "last_vendor": names[int(np.bincount(own["vendor"]).argmax())],
                "stays": bool(here.vendor == here.legacy) if decided >= 0 else None,
                "product": int(self.inputs.market.product_month[here.vendor, number]) if decided >= 0 else NOBODY,
                "tendered_again": again.count(lot.lot),
            }
            choice = self.choices.get(number, {})
            rows.append(row | {key: choice.get(key) for key in ("lead", "why", "runner_up", "margin")})
        return rows

    def _delays(self, state: State) -> list[Row]:
        rows: list[Row] = []
        for number, lot in enumerate(lots()):
            if state.lots["legacy"][self.i, number] >= 0:
                months = state.delay[self.i, self.inputs.country.lot_of == number].mean(axis=0)
                order = [held for held in np.argsort(-months, kind="stable") if months[held] > 0]
                rows += [{"lot": lot.lot, "held": HELD[held], "months": float(months[held])} for held in order]
        return rows

    def _neighbours(self, state: State) -> list[Row]:
        names, deadline = self.inputs.vendor_names, int(self.inputs.parameters.deadline)
        rows = []
        for j in self.neighbours:
            for number, lot in enumerate(lots()):
                here, own = state.lots[j, number], state.lots[self.i, number]
                if here.legacy < 0 or own.legacy < 0:
                    continue
                systems = state.systems[j][self.inputs.country.lot_of == number]
                both = here.commit >= 0 and own.commit >= 0
                rows.append(
                    {
                        "code": self.codes[j],
                        "name": str(self.nation.municipalities["name"].iloc[j]),
                        "lot": lot.lot,
                        "decided": int(here.commit),
                        "before": bool(here.commit >= 0 and (own.commit < 0 or here.commit < own.commit)),
                        "vendor": names[here.vendor] if here.commit >= 0 else None,
                        "same_vendor": bool(both and here.vendor == own.vendor),
                        "late_systems": int(((systems["live"] < 0) | (systems["live"] > deadline)).sum()),
                    }
                )
        return rows


_WITH_VENDOR = ("committed", "ordered", "started", "withdrawn", "planned", "released")  # their value is a vendor
_EVENT_COLUMNS = ("month", "kind", "lot", "operation", "programme", "vendor", "cause", "reason", "value", "amount")
_LOT_DATES = ("decided", "gate_before", "ordered", "started", "live", "product")
_NEIGHBOUR_COLUMNS = ("code", "name", "lot", "decided", "before", "vendor", "same_vendor", "late_systems")


def _frame(rows: Sequence[Row], dates: Sequence[str], columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Return rows as a table; month indices in the columns `dates` become months, below zero NaT."""
    table = pd.DataFrame(list(rows), columns=list(columns) if columns else None)
    for name in dates:
        table[name] = month_starts(table[name].to_numpy(np.int64))
    return table


def _first(months: np.ndarray) -> int:
    """Return the first month that there is, or -1."""
    return int(months[months >= 0].min()) if (months >= 0).any() else NOBODY


def _systems_ahead(state: State, i: int, vendor: int) -> float:
    """Return how many systems of others stand in a vendor's queue before the municipality's first; nan = none waits."""
    per_municipality = state.systems.shape[1]
    own = state.systems[i]
    if not ((own["vendor"] == vendor) & (own["state"] == SystemState.ORDERED)).any():
        return float("nan")
    following, states = state.queue["following"].ravel(), state.systems["state"].ravel()
    ahead, place = 0, int(state.head[vendor])
    while place >= 0:
        is_own = place // per_municipality == i
        if is_own and states[place] == SystemState.ORDERED:
            return float(ahead)
        ahead += not is_own
        place = int(following[place])
    return float("nan")


def event_words(event: Mapping[str, Any]) -> str:
    """Return what an event says, in the language that is spoken."""
    kind, vendor = event["kind"], event["vendor"]
    lot = next((lot.name for lot in lots() if lot.lot == event["lot"]), None)
    system = next((operation.name for operation in operations() if operation.operation == event["operation"]), None)
    if kind == "committed":
        cause = cause_words(event["cause"])
        return say("{lot}: decided, with {vendor}; tipped by {cause}", lot=lot, vendor=vendor, cause=cause)
    if kind == "refused":
        yen = event["amount"]
        return say("{lot}: no money for the first instalment ({yen:,.0f} yen short)", lot=lot, yen=yen)
    if kind == "joined":
        return say("it joins a group") if event["value"] >= 0 else say("it is in no group any more")
    if kind == "resigned":
        return say("{people:.1f} of its DX staff resign", people=event["amount"])
    if kind == "breach":
        return say("security incident: {records:,.0f} records exposed", records=event["amount"])
    if kind == "level":
        return _level_words(event["programme"], event["value"])
    return _system_words(event, system, vendor)


def cause_words(cause: str) -> str:
    """Return what tipped a commitment, in the language that is spoken."""
    return {"own_motive": say("own motive"), "peers": say("peers"), "mandate": say("the mandate")}[cause]


def _level_words(programme: str, level: int) -> str:
    words = {
        "online": say("online procedures: {level} of 26", level=level),
        "automation": say("AI and RPA: level {level}", level=level),
        "security": say("security: level {level}", level=level),
        "data": say("data sharing: level {level}", level=level),
        "governance": say("data governance: level {level}", level=level),
    }
    return words[programme]


def _system_words(event: Mapping[str, Any], system: str | None, vendor: str | None) -> str:
    kind = event["kind"]
    if kind == "rebooked":
        month = f"{month_starts(event['value'])!s:.7}"
        return say("{system}: booked again, not before {month}", system=system, month=month)
    if kind == "incident":
        return say(
            "{system}: incident at the cut-over, {people:,} residents hit, corrected after {months:.0f} months",
            system=system,
            people=event["value"],
            months=event["amount"],
        )
    words = {
        "ordered": say("{system}: ordered from {vendor}", system=system, vendor=vendor),
        "started": say("{system}: {vendor} begins to work", system=system, vendor=vendor),
        "failed_cutover": say("{system}: the cut-over is rolled back", system=system),
        "live": say("{system}: live", system=system),
        "done": say("{system}: the parallel run ends", system=system),
        "withdrawn": say("{system}: withdrawn from {vendor}", system=system, vendor=vendor),
        "planned": say("{system}: tendered again, now with {vendor}", system=system, vendor=vendor),
        "released": say("{system}: {vendor} stops its work", system=system, vendor=vendor),
        "flagged": say("{system}: known to be late ({reason})", system=system, reason=event["reason"]),
        "called_late": say("{system}: late ({reason})", system=system, reason=event["reason"]),
    }
    return words[kind]


def _raised(key: str, value: float) -> Value:
    """Return the value of a parameter after a change, within its bounds."""
    parameter = REGISTRY[key]
    within = min(max(value, float(parameter.minimum or 0)), float(parameter.maximum or value))
    return parameter.read(int(within) if parameter.type == "int" else within)


def levers(scenario: Scenario) -> dict[str, dict[str, Value]]:
    """Return what might have changed it, one lever each: name and the parameters that it sets."""
    now_ = scenario.values
    return {
        "capacity": {
            "policy.capacity_programme": _raised(
                "policy.capacity_programme", float(now_["policy.capacity_programme"]) + 0.4
            )
        },
        "products": {
            "policy.readiness_shift": _raised("policy.readiness_shift", float(now_["policy.readiness_shift"]) - 6)
        },
        "firm": {"policy.extension_rule": "none"},
        "subsidy": {"subsidy.ceiling_multiple": REGISTRY["subsidy.ceiling_multiple"].read(10)},
        "pool": {"staff.prefectural_pool": REGISTRY["staff.prefectural_pool"].read(15)},
        "alone": {"cooperation.formation": "none"},
        "grant": {"cooperation.grant_rate": REGISTRY["cooperation.grant_rate"].read(0.3)},
        "portability": {"policy.portability": REGISTRY["policy.portability"].read(1)},
    }


def counterfactuals(
    nation: Nation | str | Path,
    scenario: Scenario | str | Path,
    seed: int,
    code: str,
    vendor_table: VendorTable | None = None,
) -> pd.DataFrame:
    """Run the model again under the same seed, with one lever changed at a time.

    Returns
    -------
    pandas.DataFrame
        ``lever`` ("as_it_was" first), ``parameters`` (what was set), ``is_new`` (whether that differs from the
        scenario), ``months_to_live`` (from April 2021 until the last system is live; nan if some never is),
        ``late_systems``, ``cost_per_resident_2035`` (yen), ``excluded_share`` (of the procedures that residents
        needed), each of these four for this municipality alone, and ``changes`` (whether any differs).
    """
    from dxsim.model.request import read_request
    from dxsim.model.run import prepare, run_many

    nation, scenario, (seed,) = read_request(nation, scenario, [seed])
    i = find_municipality(nation, code)
    changes: dict[str, dict[str, Value]] = {AS_IT_WAS: {}} | levers(scenario)
    new = {name: any(scenario.values[key] != value for key, value in changes[name].items()) for name in changes}
    names = [name for name in changes if new[name] or name == AS_IT_WAS]
    inputs = [
        prepare(nation, replace(scenario, values={**scenario.values, **changes[name]}), seed, vendor_table)
        for name in names
    ]
    found = dict(zip(names, run_many(inputs, THREADS), strict=True))
    deadline = int(scenario.record().deadline[0])
    rows = []
    for name, change in changes.items():
        outcome = found[name if name in found else AS_IT_WAS]
        measured = measures(Findings(outcome, frame_of(nation), deadline), i)
        text = ", ".join(f"{key}={value}" for key, value in change.items())
        rows.append({"lever": name, "parameters": text, "is_new": new[name], **measured})
    table = pd.DataFrame(rows)
    before = table.loc[0, list(MEASURES)].astype(np.float64)
    table["changes"] = [not _same(row, before) for _, row in table[list(MEASURES)].iterrows()]
    return table


def measures(found: Findings, i: int) -> dict[str, float]:
    """Return what a run means for one municipality, by `MEASURES`; as in the tables of `dxsim.records.Records`."""
    live = found.live[i][found.frame.applies[i]]
    return {
        "months_to_live": float(live.max()) if (live >= 0).all() else float("nan"),
        "late_systems": int(found.late_systems[i]),
        "cost_per_resident_2035": float(found.cost_per_resident[i]),
        "excluded_share": float(ratio(found.cases["excluded"][i], found.needed[i])),
    }


def _same(row: pd.Series, other: pd.Series) -> bool:
    one, two = row.to_numpy(np.float64), other.to_numpy(np.float64)
    return bool(((one == two) | (np.isnan(one) & np.isnan(two))).all())
