"""One municipality's story in words, with what would have changed it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd

from dxsim.language import in_language, say, spoken
from dxsim.records.biography import (
    AS_IT_WAS,
    LEAD,
    MEASURES,
    Biography,
    cause_words,
)
from dxsim.scenario.policies import began_texts
from dxsim.terms.operations import Lot, lots
from dxsim.views.labels import changes_text, labels, month_text, type_label, vendor_label
from dxsim.views.text import columns

_MILLION = 1e6
_WHOLE = 1 - 1e-9  # a share of the work that counts as all of it
_DIGITS = {"months_to_live": 0, "late_systems": 0, "cost_per_resident_2035": 0, "excluded_share": 3}


def story(told: Biography, changes: pd.DataFrame, language: str | None = None) -> str:
    """Return the story of a municipality as text for a terminal.

    Parameters
    ----------
    told : Biography
        What happened.
    changes : pandas.DataFrame
        What would have happened, as `dxsim.records.biography.counterfactuals` gives it.
    language : {"en", "ja"}, optional
        The language that is spoken (`dxsim.set_language`) unless another is named.
    """
    with in_language(language):
        parts = [
            "\n".join(_heading(told)),
            _section(say("Who it is"), _who(told)),
            _section(say("What it decided and when"), [_when_table(told)]),
            _section(say("Why"), [_why_table(told), *_why(told)]),
            _section(say("What held it up (months of a system, until it is live)"), [_delay_table(told)]),
            _section(say("What its vendor did"), _vendor(told)),
            _section(say("Money"), _money(told)),
            _section(say("Staff"), _staff(told)),
            _section(say("Group"), _group(told)),
            _section(say("Neighbours"), _neighbours(told)),
            _section(say("Residents"), _residents(told)),
            _section(say("What would have changed it (same seed, one change at a time)"), [_changes_table(changes)]),
            labels()["not_a_forecast"],
        ]
        return "\n\n".join(parts)


def _section(heading: str, lines: Sequence[str]) -> str:
    return "\n".join([heading, *(f"  {line}" for block in lines for line in block.splitlines())])


def _heading(told: Biography) -> list[str]:
    scenario, about = told.manifest["scenario"], told.about
    changes = changes_text(scenario["overrides"])
    title = spoken(scenario["title"]) + (f" — {changes}" if changes else "")
    first = say(
        "{name} ({code}): {type} in {prefecture}, {people:,} residents",
        name=told.name,
        code=told.code,
        type=type_label(about["type"]).lower(),
        prefecture=about["prefecture_name"],
        people=about["population"],
    )
    began = began_texts(scenario["policies"], told.manifest["policies_began"])
    return [first, labels()["run_title"].format(title=title, seed=told.manifest["seed"]), *began]


def _month(month: pd.Timestamp) -> str:
    return "–" if pd.isna(month) else month_text(f"{month:%Y-%m}")


def _lot(key: str) -> Lot:
    return next(lot for lot in lots() if lot.lot == key)


def _main_lot(told: Biography) -> Lot:
    """Return the lot with the most systems."""
    return _lot(str(told.lots.loc[told.lots["systems"].idxmax(), "lot"]))


def _who(told: Biography) -> list[str]:
    about, lots_ = told.about, told.lots
    held = lots_.groupby("legacy_vendor", sort=True)["systems"].sum()
    return [
        say(
            "{vendor} runs {count} of its {systems} systems in April 2021",
            vendor=vendor_label(str(held.idxmax())),
            count=int(held.max()),
            systems=about["systems"],
        ),
        say(
            "readiness {readiness:+.2f} at the start: place {rank:,} of {municipalities:,}, from the most ready",
            readiness=about["readiness"],
            rank=about["rank"],
            municipalities=about["municipalities"],
        ),
    ]


def _when_table(told: Biography) -> str:
    heading = [
        *(say("lot"), say("decided"), say("first order"), say("work begins"), say("all live"), say("late")),
        say("vendor"),
    ]
    rows = [
        [
            _lot(row["lot"]).name,
            *(_month(row[stage]) for stage in ("decided", "ordered", "started", "live")),
            _late(row),
            _vendor_words(row),
        ]
        for row in told.lots.to_dict("records")
    ]
    return columns([heading, *rows])


def _late(row: dict[str, Any]) -> str:
    if not row["late_systems"]:
        return labels()["none"]
    reason = labels()[f"reason_{row['reason']}"] if row["reason"] else "–"
    return say("{late} of {systems} ({reason})", late=row["late_systems"], systems=row["systems"], reason=reason)


def _vendor_words(row: dict[str, Any]) -> str:
    old = vendor_label(row["legacy_vendor"])
    if not isinstance(row["vendor"], str):
        return say("{vendor} (no decision)", vendor=old)
    new = vendor_label(row["vendor"])
    words = say("stays with {vendor}", vendor=new) if row["stays"] else say("from {old} to {new}", old=old, new=new)
    if row["last_vendor"] != row["vendor"]:
        words = say("{vendor}; later {last}", vendor=words, last=vendor_label(row["last_vendor"]))
    return words


def _why_table(told: Biography) -> str:
    heading = [
        *(say("lot"), say("tipped by"), say("own motive"), say("peers"), say("the mandate")),
        *(say("cumulative hazard"), say("threshold"), say("at the gate before"), say("vendor because of")),
    ]
    rows = []
    for row in told.lots.to_dict("records"):
        has_decided = isinstance(row["vendor"], str)
        gate = "–"
        if not pd.isna(row["gate_before"]):
            gate = f"{row['cumulative_hazard_before']:.2f} ({_month(row['gate_before'])})"
        terms = [f"{row[cause]:.4f}" for cause in ("own_motive", "peers", "mandate")]
        rows.append(
            [
                _lot(row["lot"]).name,
                cause_words(row["cause"]) if has_decided else "–",
                *terms,
                f"{row['cumulative_hazard']:.2f}",
                f"{row['threshold']:.2f}",
                gate,
                _choice_words(row) if has_decided else "–",
            ]
        )
    return columns([heading, *rows], right=[2, 3, 4, 5, 6])


def _choice_words(row: dict[str, Any]) -> str:
    words = {
        "incumbency": say("its being there"),
        "switching": say("the cost of switching"),
        "neighbours": say("the neighbours"),
        "wait": say("a shorter wait"),
        "market_share": say("its share of the market"),
        "taste": say("the municipality's own preference"),
        "only_offer": say("no other offer"),
        "lead": say("the lead of its group"),
        "package": say("the rest of its package"),
    }
    return words[row["why"]]


def _why(told: Biography) -> list[str]:
    lines = [
        say(
            "own motive, peers, mandate: hazard a month when it decided; the sum over months is the cumulative hazard; "
            "the cause is drawn"
        ),
    ]
    lot = _main_lot(told)
    row = told.lots.set_index("lot").loc[lot.lot]
    if not pd.isna(row["decided"]):
        then = told.hazards[told.hazards["lot"] == lot.lot].iloc[-1]
        ahead, slack = then["lead_time"], then["slack"]
        if slack >= 0:
            what = say(
                "{lot}: when deciding, it reckoned with {ahead:.0f} months of work, with {slack:.0f} to spare",
                lot=lot.name,
                ahead=ahead,
                slack=slack,
            )
        else:
            what = say(
                "{lot}: when deciding, it reckoned with {ahead:.0f} months of work, {lack:.0f} too many",
                lot=lot.name,
                ahead=ahead,
                lack=-slack,
            )
        lines.append(what)
    leads = told.lots.loc[told.lots["why"] == LEAD, "lead"].dropna().unique()
    return lines + [say("it followed the lead of its group, {lead}", lead=lead) for lead in leads]


def _delay_table(told: Biography) -> str:
    """Return for each lot what held its systems up, the longest first."""
    rows = [[say("lot"), say("months"), say("of these")]]
    for lot, held in told.delays.groupby("lot", sort=False):
        amounts = zip(held["held"], held["months"], strict=True)
        parts = [f"{labels()[f'hold_up_{name}']} {months:.1f}" for name, months in amounts]
        rows.append([_lot(str(lot)).name, f"{held['months'].sum():.0f}", "; ".join(parts)])
    return columns(rows, right=[1])


def _vendor(told: Biography) -> list[str]:
    lines = []
    by_vendor = told.lots[told.lots["vendor"].notna()].groupby("vendor", sort=True)
    for vendor, rows in sorted(by_vendor, key=lambda pair: -int(pair[1]["systems"].sum())):
        lines.append(
            say(
                "{vendor} (systems: {count}): products ready from {first} to {last}",
                vendor=vendor_label(vendor),
                count=int(rows["systems"].sum()),
                first=_month(rows["product"].min()),
                last=_month(rows["product"].max()),
            )
        )
        queue = told.queues[(told.queues["vendor"] == vendor) & told.queues["ahead"].notna()]
        if len(queue):
            lines.append(
                say(
                    "{vendor}: it waits in the queue from {first} to {last}, at first behind {ahead:,.0f} systems of"
                    " others; the book holds up to {wait:.0f} months of work",
                    vendor=vendor_label(vendor),
                    first=_month(queue["month"].iloc[0]),
                    last=_month(queue["month"].iloc[-1]),
                    ahead=queue["ahead"].iloc[0],
                    wait=queue["queue_wait"].max(),
                )
            )
    return lines + _mishaps(told.events)


def _mishaps(events: pd.DataFrame) -> list[str]:
    """Return what vendors did to the municipality's systems, one line for each kind and month."""
    lines = []
    kinds = ("rebooked", "withdrawn", "planned", "released", "failed_cutover")
    for (month, kind), rows in events[events["kind"].isin(kinds)].groupby(["month", "kind"], sort=True):
        when, count = _month(month), len(rows)
        vendor = ", ".join(vendor_label(name) for name in sorted(set(rows["vendor"].dropna())))
        words = {
            "rebooked": say("{month}: shortage; systems booked again for later: {count}", month=when, count=count),
            "withdrawn": say(
                "{month}: systems withdrawn from {vendor}: {count}", month=when, count=count, vendor=vendor
            ),
            "planned": say(
                "{month}: systems tendered again, now with {vendor}: {count}", month=when, count=count, vendor=vendor
            ),
            "released": say(
                "{month}: systems on which {vendor} stops its work: {count}", month=when, count=count, vendor=vendor
            ),
            "failed_cutover": say("{month}: cut-overs rolled back: {count}", month=when, count=count),
        }
        lines.append(words[kind])
    return lines or [say("no order of it is put off, withdrawn or rolled back")]


def _money(told: Biography) -> list[str]:
    months, about = told.months, told.about
    last = months.iloc[-1]
    lines = [
        say(
            "one-off cost {cost:,.0f} million yen, of which the state pays {paid:,.0f} ({share:.0%})",
            cost=last["one_off"] / _MILLION,
            paid=last["subsidy"] / _MILLION,
            share=last["subsidy"] / last["one_off"] if last["one_off"] else 0.0,
        ),
        say(
            "running cost in FY2035 {cost:,.0f} million yen, {ratio:.2f} times what IT cost before",
            cost=about["running_2035"] / _MILLION,
            ratio=about["running_2035"] / about["baseline_cost"],
        ),
    ]
    short = months[months["refused"] > 0]
    if len(short):
        lines.append(
            say(
                "months in which it wanted to decide and had no money for the first instalment: {count}, first {month}",
                count=len(short),
                month=_month(short["month"].iloc[0]),
            )
        )
    else:
        lines.append(say("money never kept it from deciding"))
    if last["reserve"] > 0:
        lines.append(say("it draws {yen:,.0f} million yen on its reserve", yen=last["reserve"] / _MILLION))
    return lines


def _staff(told: Biography) -> list[str]:
    months = told.months
    peak = months.loc[months["overload"].idxmax()]
    lines = [
        say(
            "DX staff {first:.1f} FTE in the first month, {last:.1f} in the last; work is at most {overload:.2f} times"
            " what they can do ({month})",
            first=months["staff"].iloc[0],
            last=months["staff"].iloc[-1],
            overload=peak["overload"],
            month=_month(peak["month"]),
        )
    ]
    held = months[(months["planning_service"] < _WHOLE) | (months["migration_service"] < _WHOLE)]
    if len(held):
        lines.append(
            say(
                "months in which planning or moving waits for staff: {count}; at worst {planning:.0%} of the planning"
                " and {moving:.0%} of the moving is done",
                count=len(held),
                planning=months["planning_service"].min(),
                moving=months["migration_service"].min(),
            )
        )
    else:
        lines.append(say("neither planning nor moving ever waits for staff"))
    if months["pool"].max() > 0:
        lines.append(say("the prefecture lends it up to {people:.2f} FTE", people=months["pool"].max()))
    if months["lent"].max() > 0:
        lines.append(say("its group lends it up to {people:.1f} FTE", people=months["lent"].max()))
    if months["lent"].min() < 0:
        lines.append(say("it lends its group up to {people:.1f} FTE", people=-months["lent"].min()))
    resigned = told.events.loc[told.events["kind"] == "resigned", "amount"].sum()
    if resigned > 0:
        lines.append(say("{people:.1f} of its DX staff resign", people=resigned))
    return lines


def _group(told: Biography) -> list[str]:
    group = told.months["group"].fillna("")
    changed = told.months[group != group.shift(fill_value="")]
    lines = [] if group.iloc[0] else [say("alone in April 2021")]
    for row in changed.to_dict("records"):
        when = _month(row["month"])
        if isinstance(row["group"], str):
            size = row["group_size"]
            lines.append(
                say(
                    "{month}: in the group that {lead} leads, members: {size}", month=when, lead=row["group"], size=size
                )
            )
        else:
            lines.append(say("{month}: alone again", month=when))
    if lines == [say("alone in April 2021")]:
        return [say("alone throughout")]
    return lines


def _neighbours(told: Biography) -> list[str]:
    lot = _main_lot(told)
    rows = told.neighbours[told.neighbours["lot"] == lot.lot]
    if not len(rows):
        return [say("it has no neighbours")]
    late = told.neighbours.groupby("code")["late_systems"].sum()
    return [
        say(
            "{lot}: {before} of its {all} neighbours had decided before it, {same} chose the same vendor",
            lot=lot.name,
            before=int(rows["before"].sum()),
            all=len(rows),
            same=int(rows["same_vendor"].sum()),
        ),
        say("{late} of {all} neighbours are late with some system", late=int((late > 0).sum()), all=len(late)),
    ]


def _residents(told: Biography) -> list[str]:
    months = told.months
    sums = months[["online", "assisted", "analog", "excluded"]].sum()
    shares = sums / sums.sum() if sums.sum() else sums
    last = months.iloc[-1]
    return [
        say(
            "of the procedures that they needed, {online:.0%} were done online, {assisted:.1%} with help,"
            " {analog:.0%} at the counter; {excluded:.1%} could not be done",
            **shares.to_dict(),
        ),
        say(
            "incidents at cut-overs: {incidents}, residents hit: {people:,}; security incidents: {breaches}",
            incidents=int(last["incidents"]),
            people=int(last["affected"]),
            breaches=int(last["security_incidents"]),
        ),
    ]


def _changes_table(changes: pd.DataFrame) -> str:
    heading = [
        *("", say("months to the last go-live"), say("late systems"), say("yen per resident in FY2035")),
        say("could not be done"),
    ]
    before = changes[changes["lever"] == AS_IT_WAS].iloc[0]
    rows = [heading, [say("as it was"), *(_value(name, before[name]) for name in MEASURES)]]
    quiet, had = [], []
    for row in changes[changes["lever"] != AS_IT_WAS].to_dict("records"):
        name = _lever_words(row["lever"])
        if not row["is_new"]:
            had.append(name)
        elif not row["changes"]:
            quiet.append(name)
        else:
            rows.append([name, *(_difference(measure, before[measure], row[measure]) for measure in MEASURES)])
    lines = [columns(rows, right=[1, 2, 3, 4])]
    if quiet:
        lines.append(say("nothing changes: {names}", names="; ".join(quiet)))
    if had:
        lines.append(say("so in this scenario already: {names}", names="; ".join(had)))
    return "\n".join(lines)


def _lever_words(lever: str) -> str:
    return {
        "capacity": say("40 % more vendor engineers"),
        "products": say("products 6 months earlier"),
        "firm": say("no extension for anybody"),
        "subsidy": say("subsidy up to the whole cost"),
        "pool": say("15 FTE in each prefecture's pool"),
        "alone": say("no cooperation"),
        "grant": say("a cooperation grant of 30 %"),
        "portability": say("full portability"),
    }[lever]


def _value(name: str, value: float) -> str:
    if math.isnan(value):
        return say("not by March 2036")
    if name == "excluded_share":
        return f"{value:.1%}"
    return f"{value:,.{_DIGITS[name]}f}"


def _difference(name: str, before: float, after: float) -> str:
    if before == after or (math.isnan(before) and math.isnan(after)):
        return "="
    if math.isnan(before) or math.isnan(after):
        return _value(name, after)
    if name == "excluded_share":
        return f"{100 * (after - before):+.2f} pt"
    return f"{after - before:+,.{_DIGITS[name]}f}"
