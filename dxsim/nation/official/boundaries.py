"""Where municipalities lie, who borders whom, and the outlines for maps, all from one TopoJSON of their areas.

Land neighbours are those whose areas share an arc; areas that only touch in a point share none. A municipality without
land neighbours is tied to the one whose coast is nearest (``sea_nearest``). Then groups that are still apart are
joined, each across the narrowest gap between its coasts and all others (``component_link``), until the network is
whole: these are the shortest ties that can join the groups (a minimum spanning tree).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from dxsim.errors import InputError, Problem
from dxsim.language import say
from dxsim.nation.official.plane import Floats, to_plane
from dxsim.nation.official.topology import Topology, read_topology, ring_points

TOLERANCE_KM = 0.3
"""How far a simplified outline may lie from the true one."""

SMALLEST_KM2 = 1.0
"""Islets and holes below this area are left out of outlines; each municipality's largest part stays."""

_DEGREE_DECIMALS = 5  # one metre
_KM_DECIMALS = 3

Shapes = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Boundaries:
    """What the shapes of municipalities say.

    Parameters
    ----------
    places : pandas.DataFrame
        Columns ``code``, ``latitude``, ``longitude`` (degrees) and ``x_km``, ``y_km`` (on the plane of
        `dxsim.nation.official.plane`) of a point inside the largest part; sorted by code.
    adjacency : pandas.DataFrame
        Columns as in `dxsim.nation.schema.ADJACENCY`.
    outlines : mapping of str to list of ndarray, shape (k, 2)
        Code -> simplified rings in km, islets left out.
    """

    places: pd.DataFrame
    adjacency: pd.DataFrame
    outlines: Mapping[str, list[Floats]]


def read_boundaries(path: Path) -> Boundaries:
    """Read positions, neighbours and outlines from a TopoJSON of municipalities.

    Parameters
    ----------
    path : Path
        TopoJSON; the ``id`` of each shape is the code of the municipality. The Northern Territories are left out.

    Returns
    -------
    Boundaries

    Raises
    ------
    InputError
        If the file can't be used, or its shapes share no arc.
    """
    topology = read_topology(path)
    arcs = tuple(to_plane(arc) for arc in topology.arcs)
    borders = land_borders(topology, arcs)
    if not borders and len(topology.polygons) > 1:
        what = say(
            "no two shapes share an arc, so neighbours can't be told; TopoJSON that keeps the topology is needed"
        )
        raise InputError(say("file '{file}'", file=path), [Problem(path.name, what)])
    return Boundaries(_places(topology, arcs), _adjacency(topology, arcs, borders), _outlines(topology, arcs))


def land_borders(topology: Topology, arcs: tuple[Floats, ...]) -> dict[tuple[str, str], float]:
    """Return pairs of municipalities that share an arc -> length of the border in km, sorted."""
    users: defaultdict[int, set[str]] = defaultdict(set)
    for code, parts in topology.polygons.items():
        for arc in (arc for part in parts for ring in part for arc in ring):
            users[arc if arc >= 0 else ~arc].add(code)
    lengths: defaultdict[tuple[str, str], float] = defaultdict(float)
    for arc, codes in users.items():
        for one, other in combinations(sorted(codes), 2):
            lengths[one, other] += float(np.hypot(*np.diff(arcs[arc], axis=0).T).sum())
    return dict(sorted(lengths.items()))


def _adjacency(topology: Topology, arcs: tuple[Floats, ...], borders: Mapping[tuple[str, str], float]) -> pd.DataFrame:
    codes = list(topology.polygons)
    position = {code: row for row, code in enumerate(codes)}
    ties = [(position[one], position[other]) for one, other in borders]
    coasts = np.array(
        [
            shapely.multilinestrings([shapely.linestrings(ring_points(arcs, part[0])) for part in parts])
            for parts in topology.polygons.values()
        ]
    )
    alone = sorted(set(range(len(codes))) - {row for tie in ties for row in tie})
    nearest = {_across(coasts, np.array([row])) for row in alone} if len(codes) > 1 else set()
    ties += sorted(nearest)
    links = _links(coasts, ties)
    table = pd.DataFrame([(codes[one], codes[other]) for one, other in [*ties, *links]], columns=["code_a", "code_b"])
    table["kind"] = ["land"] * len(borders) + ["sea_nearest"] * len(nearest) + ["component_link"] * len(links)
    table["border_km"] = [*np.round(list(borders.values()), _KM_DECIMALS), *[np.nan] * (len(nearest) + len(links))]
    return table.sort_values(["code_a", "code_b"], ignore_index=True)


def _across(coasts: Shapes, group: npt.NDArray[np.intp]) -> tuple[int, int]:
    """Return the pair of rows, one in the group and one not, whose coasts are nearest to each other."""
    others = np.setdiff1d(np.arange(len(coasts)), group)
    tree = shapely.STRtree(coasts[others])
    (inside, outside), gaps = tree.query_nearest(coasts[group], return_distance=True, all_matches=False)
    shortest = int(np.argmin(gaps))
    one, other = sorted((int(group[inside[shortest]]), int(others[outside[shortest]])))
    return one, other


def _links(coasts: Shapes, ties: list[tuple[int, int]]) -> list[tuple[int, int]]:
    links: list[tuple[int, int]] = []
    count = len(coasts)
    while True:
        one, other = np.array([*ties, *links], dtype=np.int64).reshape(-1, 2).T
        graph = coo_array((np.ones(len(one)), (one, other)), shape=(count, count))
        groups, label = connected_components(graph, directed=False)
        if groups == 1:
            return links
        smallest = np.argmin(np.bincount(label))
        links.append(_across(coasts, np.flatnonzero(label == smallest)))


def _places(topology: Topology, arcs: tuple[Floats, ...]) -> pd.DataFrame:
    points = []
    for parts in topology.polygons.values():
        areas = [_polygon(arcs, part).area for part in parts]
        largest = parts[int(np.argmax(areas))]
        points.append(shapely.get_coordinates(_polygon(topology.arcs, largest).representative_point())[0])
    degrees = np.round(np.array(points), _DEGREE_DECIMALS)
    table = pd.DataFrame({"code": list(topology.polygons), "latitude": degrees[:, 1], "longitude": degrees[:, 0]})
    table[["x_km", "y_km"]] = np.round(to_plane(degrees), _KM_DECIMALS)
    return table


def _polygon(arcs: tuple[Floats, ...], part: list[list[int]]) -> shapely.Polygon:
    outer, *holes = (ring_points(arcs, ring) for ring in part)
    return shapely.Polygon(outer, holes)


def _outlines(topology: Topology, arcs: tuple[Floats, ...]) -> dict[str, list[Floats]]:
    # Each arc is simplified once, so that the outlines of neighbours still meet without gaps.
    simple = tuple(
        shapely.get_coordinates(line)
        for line in shapely.simplify([shapely.linestrings(arc) for arc in arcs], TOLERANCE_KM, preserve_topology=False)
    )
    outlines = {}
    for code, parts in topology.polygons.items():
        rings = [ring for part in parts for ring in part]
        areas = np.array([shapely.Polygon(ring_points(arcs, ring)).area for ring in rings])
        largest = int(np.argmax(areas))
        drawn = [ring_points(simple, ring) for ring, area in zip(rings, areas, strict=True) if area >= SMALLEST_KM2]
        # An islet can be so small that simplifying leaves no area.
        drawn = [ring for ring in drawn if shapely.Polygon(ring).area > 0]
        outlines[code] = drawn or [ring_points(arcs, rings[largest])]
    return outlines
