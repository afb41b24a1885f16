"""Draw a synthetic Japan from committed summary statistics.

Real: the 47 prefectures, how many municipalities of which type each has, and how figures are spread and go together
(``data/synthetic_statistics.json``, made by `dxsim.nation.derive_statistics`). Invented: every single municipality,
its name and its place. Scores of all figures are drawn together (a Gaussian copula: mean by prefecture, covariance by
type), ranked within the type and turned into figures through the type's quantiles, so that each type's distribution
holds whatever the seed. The map comes from `dxsim.nation.landscape`.

``python -m dxsim.nation.synthetic -o FOLDER --seed 1`` draws one.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.special import expit, ndtri

from dxsim.files import PACKAGE, sha256
from dxsim.nation.landscape import (
    GRID_KM,
    LONGEST_WAVE_KM,
    SHORTEST_WAVE_KM,
    Ellipse,
    Waves,
    borders,
    cells,
    domains,
    island,
    landmass,
    largest,
    pixel_size,
    pixels,
    relax,
    sea_ties,
)
from dxsim.nation.nation import Nation, make_nation, write_nation
from dxsim.nation.schema import PROJECTION_YEARS
from dxsim.terms.municipalities import TYPES

STATISTICS_FILE = PACKAGE / "nation" / "data" / "synthetic_statistics.json"
SEED = 1  # of the nation that ships with dxsim
POOLED = "pooled"
FIRST_ADDED = "log_habitable_share"  # variables from here on were added later; those before keep their draws
CREDIT = (
    "架空の国 (synthetic nation): dxsim が要約統計から生成、実在の団体はない "
    "(drawn from summary statistics; no municipality in it exists)"
)

FIRST_NUMBER = {"designated_city": 100, "special_ward": 101, "town": 301, "village": 301}
OTHER_FIRST_NUMBER = 201
NAMES = {"special_ward": "Ward", "town": "Town", "village": "Village"}
OTHER_NAME = "City"

URBAN_MARKS = (1.0, 0.7, 0.7)  # weights of being dense, small and young
CENTRE_KM = 20.0  # radius of a centre of population
JITTER_KM = 0.1  # so that no two sites are one
SHORTEST_SUBCENTRE_KM, LONGEST_SUBCENTRE_KM = 50.0, 200.0
SUBCENTRES = 0.2  # height of secondary centres against population potential

Array = npt.NDArray[np.float64]


def read_statistics() -> dict[str, Any]:
    """Return the committed summary statistics."""
    statistics: dict[str, Any] = json.loads(STATISTICS_FILE.read_text(encoding="utf-8"))
    return statistics


def draw_nation(seed: int) -> Nation:
    """Draw a synthetic Japan.

    Parameters
    ----------
    seed : int
        At least 0; the same seed gives the same nation.

    Returns
    -------
    Nation
        Of 1,741 municipalities with boundaries.
    """
    statistics = read_statistics()
    generator = np.random.default_rng(seed)
    municipalities = _numbered(draw_municipalities(statistics, generator), statistics)
    shapes = draw_map(municipalities, statistics, generator)
    land = borders(shapes)
    sea_nearest, links = sea_ties(shapes, land)
    shapes = [largest(shapely.set_precision(shape, GRID_KM)) for shape in shapes]
    codes = municipalities["code"].to_numpy()
    ties = [
        *((codes[a], codes[b], "land", length) for a, b, length in land),
        *((codes[a], codes[b], "sea_nearest", np.nan) for a, b in sea_nearest),
        *((codes[a], codes[b], "component_link", np.nan) for a, b in links),
    ]
    return make_nation(
        "synthetic",
        _municipalities(municipalities, shapes),
        pd.DataFrame(ties, columns=["code_a", "code_b", "kind", "border_km"]),
        boundaries={
            code: [shapely.get_coordinates(shape.exterior)[:-1]] for code, shape in zip(codes, shapes, strict=True)
        },
        attribution=[CREDIT],
        sources={STATISTICS_FILE.name: f"sha256 {sha256(STATISTICS_FILE)}", "seed": str(seed)},
    )


def draw_municipalities(statistics: Mapping[str, Any], generator: np.random.Generator) -> pd.DataFrame:
    """Draw the figures of all municipalities.

    Parameters
    ----------
    statistics : mapping
        As `read_statistics` returns them.
    generator : numpy.random.Generator
        Where chance comes from.

    Returns
    -------
    pandas.DataFrame
        One row each: ``prefecture``, ``type``, ``outlying`` (whether on an island) and the variables of the statistics.
    """
    rows = [
        (number, name, place < facts["outlying"]["counts"][name])
        for number, facts in statistics["prefectures"].items()
        for name in TYPES
        for place in range(facts["counts"][name])
    ]
    municipalities = pd.DataFrame(rows, columns=["prefecture", "type", "outlying"])
    variables = statistics["variables"]
    mean = np.array([statistics["prefectures"][number]["mean_scores"] for number in municipalities["prefecture"]])
    later = len(variables) - variables.index(FIRST_ADDED)
    noise = generator.normal(size=(len(mean), len(variables) - later))
    noise = np.hstack([noise, generator.spawn(1)[0].normal(size=(len(mean), later))])
    roots = {name: _root(np.array(matrix), later) for name, matrix in statistics["covariances_of_scores"].items()}
    root = [roots.get(name, roots[POOLED]) for name in municipalities["type"]]
    scores = pd.DataFrame(mean + np.einsum("ij,ijk->ik", noise, np.array(root)), columns=variables)
    ranks = scores.groupby(municipalities["type"]).rank()
    even = ndtri((ranks - 0.5) / ranks.groupby(municipalities["type"]).transform("count"))
    for name in TYPES:
        quantiles = statistics["quantiles"][name]
        known = ndtri(np.array(quantiles["levels"]))
        here = (municipalities["type"] == name).to_numpy()
        for variable, values in zip(variables, quantiles["values"], strict=True):
            municipalities.loc[here, variable] = _extended(even.loc[here, variable].to_numpy(), known, np.array(values))
    return municipalities


def _root(covariance: Array, later: int = 0) -> Array:
    """Return R with R'R = `covariance`, made of symmetric roots, which don't depend on the signs of eigenvectors.

    The last `later` variables follow from the first ones and noise of their own, so that adding some moves no other.
    """
    if later:
        first, both = covariance[:-later, :-later], covariance[:-later, -later:]
        root = _root(first)
        carried = np.linalg.pinv(root) @ both
        rest = _root(covariance[-later:, -later:] - carried.T @ carried)
        return np.block([[root, carried], [np.zeros((later, len(root))), rest]])
    size, axes = np.linalg.eigh(covariance)
    return np.asarray((axes * np.sqrt(np.maximum(size, 0))) @ axes.T)


def _extended(score: Array, known: Array, values: Array) -> Array:
    """Interpolate between quantiles on the scale of normal scores; go on in a straight line beyond the outer ones."""
    slopes = np.diff(values) / np.diff(known)
    below, above = np.minimum(score - known[0], 0), np.maximum(score - known[-1], 0)
    return np.asarray(np.interp(score, known, values) + below * slopes[0] + above * slopes[-1])


def _numbered(municipalities: pd.DataFrame, statistics: Mapping[str, Any]) -> pd.DataFrame:
    """Give codes in the way of the real ones and plainly synthetic names; sort by code."""
    order = municipalities["type"].map(list(TYPES).index)
    municipalities = municipalities.assign(order=order).sort_values(
        ["prefecture", "order", "log_population"], ascending=[True, True, False], ignore_index=True
    )
    first = municipalities["type"].map(FIRST_NUMBER).fillna(OTHER_FIRST_NUMBER).astype(int)
    number = first + municipalities.groupby([municipalities["prefecture"], first]).cumcount()
    kind = municipalities["type"].map(NAMES).fillna(OTHER_NAME)
    place = municipalities.groupby([municipalities["prefecture"], kind]).cumcount() + 1
    municipalities["code"] = municipalities["prefecture"] + number.astype(str)
    municipalities["prefecture_name"] = municipalities["prefecture"].map(
        lambda key: statistics["prefectures"][key]["name"]
    )
    municipalities["name"] = municipalities["prefecture_name"] + " " + kind + " " + place.astype(str).str.zfill(2)
    return municipalities.sort_values("code", ignore_index=True)


def _municipalities(municipalities: pd.DataFrame, shapes: list[shapely.Polygon]) -> pd.DataFrame:
    """Turn logarithms and log odds into persons, yen and shares."""
    population = np.exp(municipalities["log_population"]).round()
    table = municipalities[["code", "name", "prefecture", "prefecture_name", "type"]].copy()
    position = shapely.get_coordinates(shapely.point_on_surface(shapes))
    table["x_km"], table["y_km"] = position.round(1).T
    table["population"] = population
    known = population * (1 - municipalities["age_unknown_share"].clip(lower=0))
    young, older, oldest = (expit(municipalities[f"log_odds_{band}"]) for band in ("under_15", "65_74", "75_over"))
    for name, share in (
        ("population_under_15", young),
        ("population_15_64", 1 - young - older - oldest),
        ("population_65_74", older),
        ("population_75_over", oldest),
    ):
        table[name] = np.floor(known * share)
    table["fiscal_index"] = np.exp(municipalities["log_fiscal_index"]).round(2)
    table["staff"] = np.exp(municipalities["log_staff"]).round()
    table["revenue_kyen"] = np.exp(municipalities["log_revenue"]).round()
    table["local_tax_kyen"] = np.exp(municipalities["log_local_tax"]).round()
    table["expenditure_kyen"] = np.exp(
        municipalities["log_revenue"] + municipalities["log_expenditure_over_revenue"]
    ).round()
    for name in ("current_balance_ratio", "real_debt_service_ratio"):
        table[name] = municipalities[name].round(1)
    table["area_km2"] = shapely.area(shapes).round(2)
    table["habitable_km2"] = (table["area_km2"] * np.exp(municipalities["log_habitable_share"].clip(upper=0))).round(2)
    table["households"] = (population / np.exp(municipalities["log_household_size"])).round()
    aged = table["population_65_74"] + table["population_75_over"]
    table["aged_single_households"] = (aged * expit(municipalities["log_odds_aged_single"])).round()
    table["community_halls"] = np.expm1(municipalities["log_halls_and_one"]).clip(lower=0).round()
    growth = municipalities[[f"log_growth_to_{year}" for year in PROJECTION_YEARS]].cumsum(axis=1)
    for year, log_ratio in zip(PROJECTION_YEARS, growth.to_numpy().T, strict=True):
        table[f"population_{year}"] = (population * np.exp(log_ratio)).round()
    return table


def draw_map(
    municipalities: pd.DataFrame, statistics: Mapping[str, Any], generator: np.random.Generator
) -> list[shapely.Polygon]:
    """Place all municipalities on a plane.

    Parameters
    ----------
    municipalities : pandas.DataFrame
        As `draw_municipalities` returns them.
    statistics : mapping
        As `read_statistics` returns them.
    generator : numpy.random.Generator
        Where chance comes from.

    Returns
    -------
    list of shapely.Polygon
        The area of each row of `municipalities`.
    """
    waves = Waves(generator, SHORTEST_WAVE_KM, LONGEST_WAVE_KM), Waves(generator, SHORTEST_WAVE_KM, LONGEST_WAVE_KM)
    prefectures = statistics["prefectures"]
    urban = _urban(municipalities)
    areas = np.exp(municipalities["log_area"].to_numpy())
    shapes: dict[int, shapely.Polygon] = {}
    coasts: list[shapely.Polygon] = []
    for name in dict.fromkeys(facts["landmass"] for facts in prefectures.values()):
        members = [number for number, facts in prefectures.items() if facts["landmass"] == name]
        ellipses = [_ellipse(prefectures[number]) for number in members]
        land = landmass(ellipses, *waves, coasts)
        coasts.append(land)
        rows = np.flatnonzero(municipalities["prefecture"].isin(members) & ~municipalities["outlying"])
        size = pixel_size(land, len(rows))
        points = pixels(land, size)
        prefecture = municipalities["prefecture"].to_numpy()[rows]
        shares = np.array([areas[rows[prefecture == number]].sum() for number in members])
        domain = domains(ellipses, shares, points)
        attraction = _attraction(points, municipalities, prefectures)
        sites = np.empty((len(rows), 2))
        for place, number in enumerate(members):
            here = prefecture == number
            inside = domain == place
            sites[here] = _settle(points[inside], attraction[inside], areas[rows[here]], urban[rows[here]], generator)
        shapes |= dict(zip(rows, _divide(land, sites, areas[rows], points, size), strict=True))
    for number, facts in prefectures.items():
        rows = generator.permutation(
            np.flatnonzero((municipalities["prefecture"] == number) & municipalities["outlying"])
        )
        for count in facts["outlying"]["landmasses"]:
            here, rows = rows[:count], rows[count:]
            outlying = facts["outlying"]
            around = np.array(outlying["centre_km"])
            sea = shapely.MultiPolygon(coasts)
            land = island(generator, around, outlying["spread_km"], float(areas[here].sum()), sea, waves)
            coasts.append(land)
            size = pixel_size(land, len(here))
            points = pixels(land, size)
            sites = generator.choice(points, len(here), replace=False)
            shapes |= dict(zip(here, _divide(land, sites, areas[here], points, size), strict=True))
    return [shapes[row] for row in range(len(municipalities))]


def _ellipse(facts: Mapping[str, Any]) -> Ellipse:
    xx, xy, yy = facts["covariance_km2"]
    return Ellipse(np.array(facts["centre_km"]), np.array([[xx, xy], [xy, yy]]), facts["area_km2"])


def _urban(municipalities: pd.DataFrame) -> Array:
    """Return how much a municipality belongs in the middle of its prefecture: densely settled, small, young."""
    density = municipalities["log_population"] - municipalities["log_area"]
    marks = pd.DataFrame(
        {"dense": density, "small": -municipalities["log_area"], "young": -municipalities["log_odds_75_over"]}
    )
    return np.asarray(((marks - marks.mean()) / marks.std()).to_numpy() @ np.array(URBAN_MARKS))


def _attraction(points: Array, municipalities: pd.DataFrame, prefectures: Mapping[str, Any]) -> Array:
    """Return the logarithm of the population potential of the 47 centres of population."""
    population = np.exp(municipalities["log_population"]).groupby(municipalities["prefecture"]).sum()
    centres = np.array([prefectures[number]["centre_of_population_km"] for number in population.index])
    squared = ((points[:, None, :] - centres) ** 2).sum(axis=2)
    return np.asarray(np.log((population.to_numpy() / (squared + CENTRE_KM**2)).sum(axis=1)))


def _settle(points: Array, attraction: Array, areas: Array, urban: Array, generator: np.random.Generator) -> Array:
    """Place the sites of a prefecture: the most urban where attraction is most, each with land of about its area."""
    hills = Waves(generator, SHORTEST_SUBCENTRE_KM, LONGEST_SUBCENTRE_KM)(points)
    appeal = attraction / attraction.std() + SUBCENTRES * hills / hills.std()
    outwards = points[np.argsort(-appeal)]
    order = np.argsort(-urban)
    edges = np.concatenate([[0], np.cumsum(areas[order])]) / areas.sum() * len(outwards)
    sites = np.empty((len(areas), 2))
    for municipality, start, end in zip(order, edges[:-1], edges[1:], strict=True):
        sites[municipality] = outwards[min(int(generator.uniform(start, end)), len(outwards) - 1)]
    return sites + generator.uniform(-JITTER_KM, JITTER_KM, sites.shape)


def _divide(land: shapely.Polygon, sites: Array, areas: Array, points: Array, size: float) -> list[shapely.Polygon]:
    sites, weights = relax(sites, areas, points, size**2)
    return cells(sites, weights, land)


def main() -> None:
    """Draw a nation and write it to the folder named on the command line."""
    parser = argparse.ArgumentParser(description="Draw a synthetic Japan")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder to write")
    parser.add_argument("--seed", type=int, default=SEED, help=f"any whole number from 0 (default {SEED})")
    arguments = parser.parse_args()
    write_nation(draw_nation(arguments.seed), arguments.output)


if __name__ == "__main__":
    main()
