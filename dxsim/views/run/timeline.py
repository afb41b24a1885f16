"""One municipality's way through a run: its systems, its decision, its vendor's queue and its staff over the months."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.dates import YearLocator
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from dxsim.language import spoken
from dxsim.model.codes import CAUSES, STATES
from dxsim.records import Records
from dxsim.records.biography import Biography
from dxsim.scenario.policies import began_texts
from dxsim.terms.calendar import MONTHS, month_index, month_name
from dxsim.terms.operations import lots, operations
from dxsim.views.labels import changes_text, labels, month_text, vendor_label
from dxsim.views.style import (
    FAINT,
    INK,
    Plot,
    deadline_month,
    filled,
    mark_deadline,
    month_end,
    months_axis,
    new_figure,
    style,
    write_below,
)

STATE_COLOURS = dict(
    zip(STATES, ("#e6e6e6", "#bcdcf2", "#e69f00", "#d55e00", "#0072b2", "#8fd6be", "#009e73"), strict=True)
)
CAUSE_COLOURS = dict(zip(CAUSES, ("#009e73", "#cc79a7", "#e69f00"), strict=True))
VENDOR_COLOURS = ("#0072b2", "#e69f00", "#cc79a7", "#009e73")
_SMALL, _TITLE, _PER_LINE = 6.5, 9, 100
_ROOM = 1.1  # above the highest value
_COLUMNS, _LINE = 5, 10.5  # of a legend; the height of a line in points
_COLUMNS_OF_NAMES = 3  # names of vendors are long
_AFTERWARDS = 12  # months shown after the last change


def timeline_figure(story: Biography) -> Plot:
    """Return the timeline of a municipality as a figure.

    Parameters
    ----------
    story : Biography
        Of one municipality in one run.
    """
    text = labels()
    run = cast("Records", story)  # the style reads the manifest of what it is given, and no table
    scenario = story.manifest["scenario"]
    changes = changes_text(scenario["overrides"])
    title = spoken(scenario["title"]) + (f" — {changes}" if changes else "")
    title = text["run_title"].format(title=title, seed=story.manifest["seed"])
    with style():
        figure = new_figure(height=9.8)
        parts = figure.subplots(4, 1, sharex=True, height_ratios=(4.2, 1.7, 1.5, 1.5))
        draw_systems(parts[0], story)
        draw_decision(parts[1], story)
        draw_queue(parts[2], story)
        draw_staff(parts[3], story)
        until = last_month(story)
        for axes in parts:
            months_axis(axes)
            axes.xaxis.set_major_locator(YearLocator(1))  # type: ignore[no-untyped-call]
            axes.set_xlim(right=month_end(month_name(until))[0])
            axes.tick_params(labelsize=_SMALL + 1)
            axes.axvline(month_end(deadline_month(run))[0], color=INK, linewidth=1.0, linestyle=(0, (4, 2)), zorder=3)
            for fields, month in zip(scenario["policies"], story.manifest["policies_began"], strict=True):
                if fields["when"] and month:
                    axes.axvline(month_end(month)[0], color=FAINT, linewidth=1.0, linestyle=(0, (1, 2)), zorder=3)
        mark_deadline(parts[1], run)
        heading = f"{story.name} ({story.code})\n" + filled(title, _PER_LINE)
        figure.suptitle(heading, x=0.01, ha="left", fontsize=_TITLE)
        began = story.manifest["policies_began"]
        write_below(figure, [*began_texts(scenario["policies"], began), text["not_a_forecast"]], FAINT)
    figure.description = describe_timeline(story)
    return figure


def last_month(story: Biography) -> int:
    """Return the month (index) up to which there is something to see: some time after the last change."""
    changes = story.systems.drop_duplicates(["operation", "state"])["month"].max()
    last = month_index(f"{changes:%Y-%m}")
    return min(MONTHS - 1, max(last, month_index(str(story.about["deadline"]))) + _AFTERWARDS)


def draw_systems(axes: Axes, story: Biography) -> None:
    """Draw one bar for each system, coloured by its state month by month."""
    text = labels()
    codes = story.systems["state"].map({name: place for place, name in enumerate(STATES)})
    table = story.systems.assign(state=codes).pivot(index="operation", columns="month", values="state")
    rows = [operation for operation in operations() if operation.operation in table.index]
    values = table.loc[[row.operation for row in rows]].to_numpy(np.int64)
    edges = np.concatenate([month_end(month_name(-1)), month_end(story.months["month"])])
    colours = ListedColormap(list(STATE_COLOURS.values()))
    axes.pcolormesh(edges, np.arange(len(rows) + 1), values, cmap=colours, vmin=-0.5, vmax=len(STATES) - 0.5)
    for place in range(1, len(rows)):
        is_new = rows[place].lot != rows[place - 1].lot
        axes.axhline(place, color="white", linewidth=2.0 if is_new else 0.4)
    axes.set_yticks(np.arange(len(rows)) + 0.5, [row.name for row in rows])
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    axes.spines["left"].set_visible(False)
    seen = [name for place, name in enumerate(STATES) if (values == place).any()]
    handles = [Patch(color=STATE_COLOURS[name], label=text[f"state_{name}"]) for name in seen]
    _title(axes, axes, text["timeline_systems"], handles)


def _title(axes: Axes, top: Axes, title: str, handles: Sequence[Patch | Line2D], columns: int = _COLUMNS) -> None:
    """Write a title over `axes` and a legend below it, on the axes that are drawn last."""
    rows = math.ceil(len(handles) / columns)
    axes.set_title(title, fontsize=_TITLE, pad=_LINE * rows + _TITLE / 2)
    top.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(-0.01, 1.0),
        borderpad=0.0,
        ncols=columns,
        fontsize=_SMALL,
        columnspacing=1.0,
        handlelength=1.6,
    )


def main_lot(story: Biography) -> str:
    """Return the lot with the most systems; among equals the first."""
    return str(story.lots.loc[story.lots["systems"].idxmax(), "lot"])


def draw_decision(axes: Axes, story: Biography) -> None:
    """Draw how the cumulative hazard grew to the decision on the largest lot, by cause, with threshold and gates."""
    text = labels()
    lot = main_lot(story)
    rows = story.hazards[story.hazards["lot"] == lot]
    when = month_end(rows["month"])
    columns = [rows[f"cumulative_hazard_{cause}"].to_numpy() for cause in CAUSES]
    axes.stackplot(when, columns, colors=list(CAUSE_COLOURS.values()), linewidth=0)
    axes.axhline(float(rows["threshold"].iloc[0]), color=INK, linewidth=1.0)
    open_ = rows["gate"].to_numpy()
    axes.plot(when[open_], np.zeros(open_.sum()), "|", color=INK, markersize=5, clip_on=False)
    highest = max(float(rows["threshold"].iloc[0]), float(sum(columns).max()))
    axes.set_ylim(0, 1.2 * highest)  # room for the deadline's name
    name = next(row for row in lots() if row.lot == lot).name
    axes.set_ylabel(text["timeline_decision_y"], fontsize=_SMALL + 1)
    handles: list[Patch | Line2D] = [
        *(Patch(color=CAUSE_COLOURS[cause], label=text[f"cause_{cause}"]) for cause in CAUSES),
        Line2D([], [], color=INK, linewidth=1.0, label=text["timeline_threshold"]),
        Line2D([], [], color=INK, linestyle="", marker="|", label=text["timeline_gate"]),
    ]
    _title(axes, axes, text["timeline_decision"].format(lot=name), handles)


def draw_queue(axes: Axes, story: Biography) -> None:
    """Draw, for each vendor, how many systems stood before the municipality's first, and its months of work."""
    text = labels()
    wait = axes.twinx()
    vendors = story.queues.groupby("vendor")["systems"].max().sort_values(ascending=False, kind="stable").index
    handles = [
        Line2D([], [], color=INK, linewidth=1.5, label=text["timeline_vendor_y"]),
        Line2D([], [], color=INK, linewidth=1.0, linestyle=(0, (2, 2)), label=text["timeline_wait"]),
    ]
    highest, longest = 1.0, 1.0
    for vendor, colour in zip(vendors, VENDOR_COLOURS, strict=False):
        rows = story.queues[story.queues["vendor"] == vendor].set_index("month").reindex(story.months["month"])
        when = month_end(story.months["month"])
        axes.plot(when, rows["ahead"], color=colour, linewidth=1.5, marker=".", markersize=2)
        wait.plot(when, rows["queue_wait"], color=colour, linewidth=1.0, linestyle=(0, (2, 2)))
        highest = max(highest, float(np.nan_to_num(rows["ahead"].to_numpy()).max()))
        longest = max(longest, float(np.nan_to_num(rows["queue_wait"].to_numpy()).max()))
        handles.append(Line2D([], [], color=colour, linewidth=3.0, label=vendor_label(vendor)))
    axes.set_ylim(0, _ROOM * highest)
    wait.set_ylim(0, _ROOM * longest)
    wait.spines["right"].set_visible(True)
    wait.tick_params(labelsize=_SMALL + 1)
    axes.set_ylabel(text["timeline_ahead"], fontsize=_SMALL + 1)
    wait.set_ylabel(text["timeline_months"], fontsize=_SMALL + 1)
    _title(axes, wait, text["timeline_vendor"], handles, _COLUMNS_OF_NAMES)


def draw_staff(axes: Axes, story: Biography) -> None:
    """Draw own work and what own staff can do; what is lacking is filled."""
    text = labels()
    months = story.months
    when, demand = month_end(months["month"]), months["demand"].to_numpy()
    supply = (months["supply"] + months["lent"]).to_numpy()
    lacking = STATE_COLOURS["withdrawn"]
    axes.fill_between(when, demand, supply, where=demand > supply, color=lacking, alpha=0.5, linewidth=0)
    axes.plot(when, supply, color=STATE_COLOURS["done"], linewidth=2.6)
    axes.plot(when, demand, color=INK, linewidth=1.0)
    axes.set_ylim(0, _ROOM * float(max(demand.max(), supply.max())))
    axes.set_ylabel(text["timeline_staff_y"], fontsize=_SMALL + 1)
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=INK, linewidth=1.0, label=text["timeline_demand"]),
        Line2D([], [], color=STATE_COLOURS["done"], linewidth=2.6, label=text["timeline_supply"]),
        Patch(color=lacking, alpha=0.5, label=text["timeline_lacking"]),
    ]
    _title(axes, axes, text["timeline_staff"], handles)


def describe_timeline(story: Biography) -> str:
    """Return what the figure shows, in words."""
    return labels()["timeline_description"].format(
        name=story.name,
        code=story.code,
        start=month_text(month_name(0)),
        end=month_text(month_name(MONTHS - 1)),
        systems=story.about["systems"],
        late=int(story.lots["late_systems"].sum()),
        month=month_text(story.about["deadline"]),
    )
