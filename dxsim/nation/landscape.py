"""Invent the map of a synthetic nation: landmasses, islands, areas of municipalities and who borders on whom.

Each prefecture is an ellipse with the area, centre and spread of the real one's land; ellipses of one main island
grow together into a landmass with a rough coast. A landmass is divided by a power diagram (a Voronoi diagram in which
each site has a weight) whose sites move to the middle of their cells while the weights are adjusted until the cells
have the areas asked for (Nocaj and Brandes 2012, "Computing Voronoi treemaps").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import networkx as nx
import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import ConvexHull, cKDTree
from shapely.geometry import MultiPolygon, Point, Polygon
from shapely.ops import unary_union

Array = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]

GRID_KM = 0.1  # corners of published boundaries lie on this grid
TOUCHING_KM = 0.001
SHORTEST_BORDER_KM = 0.5  # cells that share less don't border on each other
PIXELS_PER_MUNICIPALITY = 80
ROUNDS, LAST_MOVE, STEP, HEALINGS = 200, 170, 0.3, 5
STRAIT_KM = 4.0  # least width of water between landmasses
CLOSING_KM = 28.0  # gaps up to twice this between ellipses are land
COAST_STEP_KM = 4.0
SHORTEST_WAVE_KM, LONGEST_WAVE_KM, WAVES, STEEPNESS = 14.0, 70.0, 48, 0.05
STEEPNESS_OF_ISLANDS = 0.02


@dataclass(frozen=True)
class Ellipse:
    """Where a prefecture's land lies.

    Parameters
    ----------
    centre : ndarray of float, shape (2,)
        East and north, km.
    covariance : ndarray of float, shape (2, 2)
        Of the positions in it, km2.
    area : float
        km2.
    """

    centre: Array
    covariance: Array
    area: float

    def _axes(self) -> Array:
        """Return the matrix that turns the unit disc into the ellipse."""
        spread, axes = np.linalg.eigh(self.covariance)
        stretch = np.sqrt(spread / np.sqrt(spread.prod()) * self.area / np.pi)
        return np.asarray((axes * stretch) @ axes.T)

    def outline(self) -> Polygon:
        """Return the outline as a polygon of 72 corners."""
        angle = np.linspace(0, 2 * np.pi, 72, endpoint=False)
        return Polygon(self.centre + np.column_stack([np.cos(angle), np.sin(angle)]) @ self._axes())

    def distance(self, points: Array) -> Array:
        """Return the distance of points from the centre, in radii of the ellipse in their direction."""
        return np.asarray(np.linalg.norm((points - self.centre) @ np.linalg.inv(self._axes()), axis=1))


class Waves:
    """A smooth random field on the plane: waves of many lengths, the longer the higher.

    Parameters
    ----------
    generator : numpy.random.Generator
        Where the waves come from.
    shortest, longest : float
        Wave lengths, km.
    """

    def __init__(self, generator: np.random.Generator, shortest: float, longest: float) -> None:
        length = np.geomspace(shortest, longest, WAVES)
        angle, self.phase = generator.uniform(0, 2 * np.pi, (2, WAVES))
        self.number = 2 * np.pi / length * np.array([np.cos(angle), np.sin(angle)])
        self.height = length

    def __call__(self, points: Array) -> Array:
        """Return the field at points of shape (k, 2), in km of wave height per unit of steepness."""
        return np.asarray(np.sin(points @ self.number + self.phase) @ self.height)


def rough(shape: Polygon, east: Waves, north: Waves, steepness: float) -> Polygon:
    """Return `shape` without holes and with its outline moved by two random fields."""
    outline = shapely.segmentize(Polygon(shape.exterior), COAST_STEP_KM)
    points = shapely.get_coordinates(outline)
    moved = Polygon(points + steepness * np.column_stack([east(points), north(points)]))
    return largest(moved.buffer(0))


def largest(shape: Any) -> Polygon:  # noqa: ANN401
    """Return the largest polygon of a shape, without holes, or an empty one."""
    polygons = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    return Polygon(max(polygons, key=lambda part: part.area, default=Polygon()).exterior)


def landmass(ellipses: Sequence[Ellipse], east: Waves, north: Waves, others: Sequence[Polygon]) -> Polygon:
    """Return one main island around the ellipses of its prefectures, apart from the `others`."""
    merged = unary_union([ellipse.outline() for ellipse in ellipses])
    closed = merged.buffer(CLOSING_KM).buffer(-CLOSING_KM)
    return largest(
        rough(largest(closed), east, north, STEEPNESS).difference(MultiPolygon(list(others)).buffer(STRAIT_KM))
    )


def island(
    generator: np.random.Generator,
    centre: Array,
    spread: float,
    area: float,
    land: MultiPolygon,
    waves: tuple[Waves, Waves],
) -> Polygon:
    """Return an island of `area` somewhere around `centre`, apart from the `land` that there is.

    Parameters
    ----------
    generator : numpy.random.Generator
        Where place and shape come from.
    centre : ndarray of float, shape (2,)
        Where such islands lie on average, km.
    spread : float
        Root mean square distance from there, km; grows until there is room.
    area : float
        km2.
    land : shapely.MultiPolygon
        What is there already.
    waves : tuple of Waves
        For the coast.
    """
    radius = np.sqrt(area / np.pi)
    for attempt in count():
        place = centre + generator.normal(size=2) * (spread / np.sqrt(2) + attempt)
        if land.distance(Point(place)) > STRAIT_KM + 2 * radius:
            break
    stretch = generator.uniform(0.6, 1.0)
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    disc = Polygon(radius * np.column_stack([np.cos(angle) * stretch, np.sin(angle) / stretch]))
    turned = shapely.affinity.rotate(disc, generator.uniform(0, 180))
    shape = rough(shapely.affinity.translate(turned, *place), *waves, STEEPNESS_OF_ISLANDS)
    return shapely.affinity.scale(shape, *[np.sqrt(area / shape.area)] * 2)


def domains(ellipses: Sequence[Ellipse], areas: Array, points: Array) -> Rows:
    """Return for each point the prefecture to which it belongs.

    Parameters
    ----------
    ellipses : sequence of Ellipse
        Of the p prefectures of a landmass.
    areas : ndarray of float, shape (p,)
        How the land is shared out among them.
    points : ndarray of float, shape (k, 2)
        Middles of the squares that make up the land.
    """
    distance = np.array([ellipse.distance(points) for ellipse in ellipses])
    target = areas / areas.sum() * len(points)
    reach = np.zeros(len(ellipses))
    for _ in range(ROUNDS):
        owner = np.argmin(distance - reach[:, None], axis=0)
        reach += 0.2 * np.log(target / np.maximum(np.bincount(owner, minlength=len(ellipses)), 1))
    return np.asarray(owner)


def pixels(shape: Polygon, size: float) -> Array:
    """Return the middles of the squares of `size` km inside `shape`, shape (k, 2)."""
    west, south, east, north = shape.bounds
    x, y = np.meshgrid(np.arange(west + size / 2, east, size), np.arange(south + size / 2, north, size))
    points = np.column_stack([x.ravel(), y.ravel()])
    shapely.prepare(shape)
    return np.asarray(points[shapely.contains_xy(shape, points[:, 0], points[:, 1])])


def pixel_size(shape: Polygon, municipalities: int) -> float:
    """Return the side in km of the squares by which a landmass of so many municipalities is measured."""
    return float(np.sqrt(shape.area / (PIXELS_PER_MUNICIPALITY * municipalities)))


def relax(sites: Array, areas: Array, points: Array, area_of_point: float) -> tuple[Array, Array]:
    """Move sites and weights until the cells of their power diagram have the areas asked for.

    Parameters
    ----------
    sites : ndarray of float, shape (n, 2)
        Where the sites start, km.
    areas : ndarray of float, shape (n,)
        Areas asked for, km2; scaled to fill the land.
    points : ndarray of float, shape (k, 2)
        Middles of the squares that make up the land.
    area_of_point : float
        Area of a square, km2.

    Returns
    -------
    sites : ndarray of float, shape (n, 2)
    weights : ndarray of float, shape (n,)
        km2.
    """
    target = areas * len(points) * area_of_point / areas.sum()
    weights = target / np.pi
    for step in range(ROUNDS):
        weights = _each_in_its_cell(sites, weights, target)
        owner = owners(sites, weights, points)
        size = np.bincount(owner, minlength=len(sites))
        if step < LAST_MOVE and step % 2:  # weights take longer than sites to settle
            middle = np.column_stack([np.bincount(owner, points[:, axis], len(sites)) for axis in (0, 1)])
            sites = np.where(size[:, None] > 0, middle / np.maximum(size, 1)[:, None], sites)
        weights = weights + STEP * (target - size * area_of_point)
    return sites, _each_in_its_cell(sites, weights, target)


def _each_in_its_cell(sites: Array, weights: Array, target: Array) -> Array:
    """Raise the weight of each site that lies in the cell of another, so that no cell is lost."""
    for _ in range(HEALINGS):
        owner = owners(sites, weights, sites)
        distance = ((sites - sites[owner]) ** 2).sum(axis=1)
        lost = distance > 0
        if not lost.any():
            break
        weights = np.where(lost, weights[owner] - distance + 0.1 * target, weights)
    return weights


def owners(sites: Array, weights: Array, points: Array) -> Rows:
    """Return for each point the site whose squared distance less its weight is least."""
    height = np.sqrt(weights.max() - weights)
    tree = cKDTree(np.column_stack([sites, height]))
    return np.asarray(tree.query(np.column_stack([points, np.zeros(len(points))]))[1])


def cells(sites: Array, weights: Array, land: Polygon) -> list[Polygon]:
    """Return the cells of a power diagram clipped to the land; of a cell in pieces, the largest.

    The diagram is the projection of the lower hull of the sites lifted to x^2 + y^2 - weight (Aurenhammer 1987).
    """
    if len(sites) == 1:
        return [land]
    middle = sites.mean(axis=0)
    reach = 20 * np.ptp(np.vstack([sites, shapely.get_coordinates(land)]), axis=0).max()
    angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    far = reach * np.column_stack([np.cos(angle), np.sin(angle)])
    points = np.vstack([sites - middle, far])
    lifted = (points**2).sum(axis=1) - np.concatenate([weights, np.full(len(far), weights.mean())])
    hull = ConvexHull(np.column_stack([points, lifted]))
    below = hull.equations[:, 2] < 0
    corners = middle - hull.equations[below, :2] / (2 * hull.equations[below, 2:3])
    around: list[list[int]] = [[] for _ in points]
    for number, triangle in enumerate(hull.simplices[below]):
        for site in triangle:
            around[site].append(number)
    shapes = [shapely.convex_hull(shapely.multipoints(corners[around[site]])) for site in range(len(sites))]
    shapely.prepare(land)
    return [
        shape if shapely.contains_properly(land, shape) else largest(shapely.intersection(shape, land))
        for shape in shapes
    ]


def borders(shapes: Sequence[Polygon]) -> list[tuple[int, int, float]]:
    """Return the pairs of shapes that share a border, and its length in km."""
    tree = shapely.STRtree(shapes)
    one, other = tree.query(shapes, predicate="dwithin", distance=TOUCHING_KM)
    result = []
    for a, b in zip(one[one < other], other[one < other], strict=True):
        shared = shapely.intersection(shapes[a].buffer(2 * TOUCHING_KM), shapes[b].boundary).length
        if shared >= SHORTEST_BORDER_KM:
            result.append((int(a), int(b), round(float(shared), 1)))
    return sorted(result)


def sea_ties(
    shapes: Sequence[Polygon], land: Sequence[tuple[int, int, float]]
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Return the ties that make the network one: islands to the nearest coast, then group to group.

    Parameters
    ----------
    shapes : sequence of Polygon
        Areas of the municipalities.
    land : sequence of (int, int, float)
        Who borders on whom.

    Returns
    -------
    sea_nearest : list of (int, int)
        From each shape without a border to the nearest other one.
    component_link : list of (int, int)
        From each group that is still apart, smallest first, to the nearest shape outside it.
    """
    graph = nx.Graph()
    graph.add_nodes_from(range(len(shapes)))
    graph.add_edges_from((a, b) for a, b, _ in land)
    array = np.array(shapes, dtype=object)
    nearest = set()
    for a in list(nx.isolates(graph)):
        distance = shapely.distance(shapes[a], array)
        distance[a] = np.inf
        nearest.add(_pair(a, int(distance.argmin())))
    graph.add_edges_from(nearest)
    links = set()
    while not nx.is_connected(graph):
        group = min(map(sorted, nx.connected_components(graph)), key=lambda part: (len(part), part))
        distance = shapely.distance(unary_union(list(array[group])), array)
        distance[group] = np.inf
        b = int(distance.argmin())
        a = group[int(shapely.distance(shapes[b], array[group]).argmin())]
        links.add(_pair(a, b))
        graph.add_edge(a, b)
    return sorted(nearest), sorted(links)


def _pair(a: int, b: int) -> tuple[int, int]:
    return (a, b) if a < b else (b, a)
