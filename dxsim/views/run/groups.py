"""The map of cooperation: which municipalities share their systems and staff at the end of a run."""

from __future__ import annotations

import math

import networkx as nx
from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from dxsim.nation.nation import Nation
from dxsim.records import Records
from dxsim.views.labels import labels
from dxsim.views.maps import credit_lines, draw_municipalities, map_legend
from dxsim.views.style import (
    FAINT,
    GROUP_COLOURS,
    INK,
    NONE_LATE,
    Plot,
    write_below,
)

_DOT, _LARGE_DOT, _RIM = 1.8, 30.0, 0.2  # points squared, the same times the root of the number of all, points
_SHOWN = 4  # colours in the legend


def draw(figure: Plot, records: Records, nation: Nation) -> None:
    """Draw the map: groups in colours, a dot on each lead, municipalities alone in grey."""
    text, axes = labels(), figure.subplots()
    write_below(figure, credit_lines(nation), FAINT)
    municipalities, counts = records.municipalities, group_counts(records)
    colours = group_colours(records, nation)
    charts = draw_municipalities(
        axes, municipalities, nation, [colours.get(group, NONE_LATE) for group in municipalities["group"]]
    )
    leads = municipalities[municipalities["code"].isin(records.groups["lead"])]
    size = max(_DOT, _LARGE_DOT / math.sqrt(len(municipalities)))
    for chart in charts:
        chart.scatter(leads["x_km"], leads["y_km"], s=size, c=INK, edgecolors="white", linewidths=_RIM, zorder=3)
    axes.set_title(text["groups_title"])
    members = tuple(Patch(facecolor=colour) for colour in GROUP_COLOURS[:_SHOWN])
    dot = Line2D([], [], marker="o", color="none", markerfacecolor=INK, markeredgecolor="white", markersize=4)
    alone = Patch(facecolor=NONE_LATE, edgecolor=FAINT, linewidth=0.4)
    entries: dict[str, Artist | tuple[Artist, ...]] = {
        text["groups_members"].format(**counts): members,
        text["groups_lead"]: dot,
        text["groups_alone"].format(**counts): alone,
    }
    some = list(entries) if counts["groups"] else [text["groups_alone"].format(**counts)]
    map_legend(axes, municipalities, [entries[name] for name in some], some)


def group_colours(records: Records, nation: Nation) -> dict[str, str]:
    """Return a colour for each group, by code of its lead, such that neighbouring groups differ.

    Two groups are neighbours if a member of one is a neighbour of a member of the other.
    """
    leads = list(records.groups["lead"])
    # Numbers, not codes: the hashes of texts differ from process to process, and with them the order of equals.
    number = {lead: place for place, lead in enumerate(leads)}
    group_of = dict(zip(records.municipalities["code"], records.municipalities["group"], strict=True))
    graph = nx.Graph()
    graph.add_nodes_from(range(len(leads)))
    ties = nation.adjacency
    for one, other in zip(ties["code_a"].map(group_of), ties["code_b"].map(group_of), strict=True):
        if one in number and other in number and one != other:
            graph.add_edge(number[one], number[other])
    colour = nx.greedy_color(graph, strategy="saturation_largest_first")
    for group in graph:  # few colours would do; taking turns keeps groups apart that are merely close
        taken = {colour[other] for other in graph[group]}
        close = {colour[other] for neighbour in graph[group] for other in graph[neighbour] if other != group}
        free = [place for place in range(len(GROUP_COLOURS)) if place not in taken]
        choice = [place for place in free if place not in close] or free or [colour[group]]
        colour[group] = choice[group % len(choice)]
    return {lead: GROUP_COLOURS[colour[place] % len(GROUP_COLOURS)] for lead, place in number.items()}


def group_counts(records: Records) -> dict[str, int]:
    """Return how many groups there are, how many municipalities are in one and alone, and the size of the largest."""
    members = int(records.municipalities["group"].notna().sum())
    return {
        "groups": len(records.groups),
        "members": members,
        "alone": len(records.municipalities) - members,
        "largest": max(records.groups["size"], default=0),
    }


def describe(records: Records) -> str:
    """Return what the map shows, in words."""
    return labels()["groups_description"].format(**group_counts(records))
