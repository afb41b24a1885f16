"""Derive the summary statistics that the synthetic nation is drawn from.

``python -m dxsim.nation.derive_statistics FOLDER SSDSE -o FILE`` reads tables of real municipalities
(``municipalities.csv`` and ``adjacency.csv`` in the folder, and SSDSE-A as published) and writes facts about groups of
them: counts, quantiles by type, mean scores by prefecture, covariances of scores, moments of positions. No figure of a
single municipality is written: groups below `LARGE_GROUP` municipalities are described by five inner quantiles, all
groups without their extremes.

Scores are normal scores: the rank of a municipality among those of its type, (rank - 0.5) / count, through the inverse
of the normal distribution. A score is the sum of a mean by prefecture and a rest, whose covariances are given by type,
or for the types below `LARGE_GROUP` municipalities together.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Mapping
from pathlib import Path

import networkx as nx
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri

from dxsim.files import write_text
from dxsim.nation.official.ssdse import read_ssdse
from dxsim.nation.schema import PROJECTION_YEARS
from dxsim.terms.municipalities import TYPES

LARGE_GROUP = 100
LEVELS = (0.01, *(round(0.05 * step, 2) for step in range(1, 20)), 0.99)
LEVELS_OF_SMALL_GROUPS = (0.1, 0.25, 0.5, 0.75, 0.9)
POOLED = "pooled"
FROM_SSDSE = ("habitable_km2", "households", "aged_single_households", "community_halls")

_LISTS = re.compile(r"\[[^][{}]*\]")  # innermost lists

KM_PER_DEGREE = 6371.0088 * np.pi / 180
ORIGIN = (137.0, 36.0)  # degrees east and north; about the middle of Japan
MAIN_COMPONENT = 20  # land-connected municipalities from which on a landmass is part of the main islands
LANDMASSES: Mapping[str, range] = {
    "Hokkaido": range(1, 2),
    "Honshu": range(2, 36),
    "Shikoku": range(36, 40),
    "Kyushu": range(40, 47),
    "Okinawa": range(47, 48),
}


def plane(latitude: pd.Series[float], longitude: pd.Series[float]) -> tuple[pd.Series[float], pd.Series[float]]:
    """Return east and north in km from the origin, in the sinusoidal projection, which keeps areas.

    Parameters
    ----------
    latitude, longitude : pandas.Series
        Degrees.
    """
    return (
        KM_PER_DEGREE * np.cos(np.radians(latitude)) * (longitude - ORIGIN[0]),
        KM_PER_DEGREE * (latitude - ORIGIN[1]),
    )


def variables(table: pd.DataFrame) -> pd.DataFrame:
    """Return the quantities whose joint distribution is described, one row per municipality.

    Logarithms and log odds, so that every value is a possible one; not known or not defined is NaN.
    """
    population = table["pop_2020"].where(table["pop_2020"] > 0)
    known = table[["pop_u15_2020", "pop_15_64_2020", "pop_65plus_2020"]].sum(axis=1).where(population.notna())
    result = pd.DataFrame({"log_population": np.log(population)})
    result["log_area"] = np.log(table["area_km2"])
    result["age_unknown_share"] = 1 - known / population
    result["log_odds_under_15"] = _log_odds(table["pop_u15_2020"] / known)
    result["log_odds_65_74"] = _log_odds((table["pop_65plus_2020"] - table["pop_75plus_2020"]) / known)
    result["log_odds_75_over"] = _log_odds(table["pop_75plus_2020"] / known)
    result["log_fiscal_index"] = np.log(table["fiscal_index_fy2021"])
    result["log_staff"] = np.log(table["staff_general_admin_2024"])
    result["log_revenue"] = np.log(table["revenue_kyen_fy2022"])
    result["log_local_tax"] = np.log(table["local_tax_kyen_fy2022"])
    result["log_expenditure_over_revenue"] = np.log(table["expenditure_kyen_fy2022"] / table["revenue_kyen_fy2022"])
    result["current_balance_ratio"] = table["current_balance_ratio_fy2022"]
    result["real_debt_service_ratio"] = table["real_debt_service_ratio_fy2022"]
    before = population
    for year in PROJECTION_YEARS:
        result[f"log_growth_to_{year}"] = np.log(table[f"pop_proj_{year}"] / before)
        before = table[f"pop_proj_{year}"]
    result["log_habitable_share"] = np.log(table["habitable_km2"] / table["area_km2"])
    result["log_household_size"] = np.log(population / table["households"])
    result["log_odds_aged_single"] = _log_odds(table["aged_single_households"] / table["pop_65plus_2020"])
    result["log_halls_and_one"] = np.log1p(table["community_halls"])
    return result


def derive(municipalities: pd.DataFrame, adjacency: pd.DataFrame) -> dict[str, object]:
    """Return the summary statistics.

    Parameters
    ----------
    municipalities : pandas.DataFrame
        One real municipality per row, as in the project's development data.
    adjacency : pandas.DataFrame
        Pairs of neighbours with their ``kind``.

    Returns
    -------
    dict
        Ready for JSON; the module's docstring says what a score is.
    """
    types = pd.Categorical(municipalities["type"], categories=list(TYPES))
    prefecture = municipalities["code"].str[:2]
    values = variables(municipalities)
    sizes = pd.Series(types).value_counts()
    small = [name for name in TYPES if sizes[name] < LARGE_GROUP]
    ranks = values.groupby(types, observed=True).rank()
    counts = values.groupby(types, observed=True).transform("count")
    scores = pd.DataFrame(ndtri((ranks - 0.5) / counts), columns=values.columns)
    means = scores.groupby(prefecture).mean()
    rest = scores - means.loc[prefecture].set_index(scores.index)
    group = pd.Series(np.where(np.isin(types, small), POOLED, types))
    return {
        "about": "Facts about groups of Japan's municipalities; made by dxsim.nation.derive_statistics",
        "sources": [
            "Statistics Bureau of Japan, 2020 Population Census; NSTAC, SSDSE-A-2026",
            "National Institute of Population and Social Security Research, regional population projections 2023",
            "Ministry of Internal Affairs and Communications, main fiscal indicators FY2021 and FY2022; staff 2024",
            "Geospatial Information Authority of Japan, area statistics 2026",
            "MLIT National Land Numerical Information N03-2025, through the Digital Agency",
        ],
        "variables": list(values.columns),
        "quantiles": {
            name: {
                "levels": LEVELS_OF_SMALL_GROUPS if name in small else LEVELS,
                "values": [
                    _rounded(
                        values[types == name][variable].quantile(LEVELS_OF_SMALL_GROUPS if name in small else LEVELS)
                    )
                    for variable in values
                ],
            }
            for name in TYPES
        },
        "covariances_of_scores": {
            name: [_rounded(row) for row in rest[group == name].cov().to_numpy()] for name in sorted(group.unique())
        },
        "prefectures": _prefectures(municipalities, adjacency, means),
        "network": _network(municipalities, adjacency, values),
    }


def _log_odds(share: pd.Series[float]) -> pd.Series[float]:
    return np.log(share / (1 - share))


def _rounded(values: npt.ArrayLike, decimals: int = 4) -> list[float]:
    return [round(float(value), decimals) + 0.0 for value in np.asarray(values)]


def _land_graph(codes: pd.Series[str], adjacency: pd.DataFrame) -> nx.Graph:
    graph = nx.Graph()
    graph.add_nodes_from(codes)
    land = adjacency[adjacency["kind"] == "land"]
    graph.add_edges_from(zip(land["code_a"], land["code_b"], strict=True))
    return graph


def _prefectures(
    municipalities: pd.DataFrame, adjacency: pd.DataFrame, means: pd.DataFrame
) -> dict[str, dict[str, object]]:
    """Describe each prefecture: counts, mean scores, and where its land and its people are."""
    components = list(nx.connected_components(_land_graph(municipalities["code"], adjacency)))
    main = set().union(*(component for component in components if len(component) >= MAIN_COMPONENT))
    table = municipalities.assign(outlying=~municipalities["code"].isin(main))
    table["x"], table["y"] = plane(table["rep_lat"], table["rep_lon"])
    result = {}
    for number, members in table.groupby(table["code"].str[:2]):
        mainland, islands = members[~members["outlying"]], members[members["outlying"]]
        centre, spread = _moments(mainland, mainland["area_km2"])
        sizes = sorted((len(c) for c in components if not c & main and next(iter(c))[:2] == number), reverse=True)
        result[str(number)] = {
            "name": members["pref_en"].iloc[0],
            "landmass": next(name for name, numbers in LANDMASSES.items() if int(str(number)) in numbers),
            "counts": {name: int((members["type"] == name).sum()) for name in TYPES},
            "mean_scores": _rounded(means.loc[number], 3),
            "area_km2": round(float(mainland["area_km2"].sum())),
            "centre_km": _rounded(centre, 0),
            "covariance_km2": _rounded(spread[np.triu_indices(2)], 0),
            "centre_of_population_km": _rounded(_moments(mainland, mainland["pop_2020"])[0], 0),
            "outlying": {
                "landmasses": sizes,
                "counts": {name: int((islands["type"] == name).sum()) for name in TYPES},
                # To 50 km: enough to put the islands on the right side, not enough to place a single one.
                "centre_km": _rounded(np.round(_moments(islands)[0] / 50) * 50, 0) if sizes else None,
                "spread_km": round(float(np.sqrt(np.trace(_moments(islands)[1]))), -1) if sizes else None,
            },
        }
    return result


def _moments(
    municipalities: pd.DataFrame, weight: pd.Series[float] | None = None
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    position = municipalities[["x", "y"]].to_numpy()
    share = np.ones(len(municipalities)) if weight is None else weight.to_numpy(dtype=float)
    if not len(municipalities):
        return np.zeros(2), np.zeros((2, 2))
    centre = np.average(position, axis=0, weights=share)
    return centre, np.average([np.outer(p, p) for p in position - centre], axis=0, weights=share)


def _network(municipalities: pd.DataFrame, adjacency: pd.DataFrame, values: pd.DataFrame) -> dict[str, object]:
    """Describe the network as a whole."""
    graph = _land_graph(municipalities["code"], adjacency)
    degree = np.array([graph.degree[code] for code in municipalities["code"]])
    kinds = adjacency["kind"].value_counts()
    land = adjacency[adjacency["kind"] == "land"]
    row = pd.Series(np.arange(len(municipalities)), index=municipalities["code"])
    one, other = row[land["code_a"]].to_numpy(), row[land["code_b"]].to_numpy()
    density = values["log_population"] - values["log_area"]
    similarity = {
        "log_population_density": density,
        "log_area": values["log_area"],
        "log_odds_75_over": values["log_odds_75_over"],
        "log_fiscal_index": values["log_fiscal_index"],
    }
    return {
        "ties": {str(kind): int(count) for kind, count in sorted(kinds.items())},
        "mean_land_neighbours": round(float(degree.mean()), 3),
        "bodies_by_land_neighbours": np.bincount(np.minimum(degree, 12)).tolist(),
        "correlation_of_land_neighbours": {
            name: round(moran(value.to_numpy(dtype=float), one, other), 3) for name, value in similarity.items()
        },
    }


def moran(value: npt.NDArray[np.float64], one: npt.NDArray[np.intp], other: npt.NDArray[np.intp]) -> float:
    """Return Moran's I of a value over pairs of rows with equal weights; rows without a value are left out.

    Parameters
    ----------
    value : ndarray of float, shape (n,)
        NaN where not known.
    one, other : ndarray of int, shape (e,)
        Rows of each pair.
    """
    deviation = value - np.nanmean(value)
    product = deviation[one] * deviation[other]
    return float(np.nanmean(product) / np.nanmean(deviation**2))


def read_real(folder: Path, ssdse: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read the two tables of real municipalities in `folder`; what they lack comes from the file `ssdse`."""
    municipalities = pd.read_csv(folder / "municipalities.csv", dtype={"code": str})
    adjacency = pd.read_csv(folder / "adjacency.csv", dtype={"code_a": str, "code_b": str})
    added = read_ssdse(ssdse).table[["code", *FROM_SSDSE]]
    return municipalities.merge(added, on="code", validate="one_to_one"), adjacency


def as_text(statistics: Mapping[str, object]) -> str:
    """Return statistics as JSON text: one line for each list of figures."""
    text = json.dumps(statistics, indent=1, default=list, ensure_ascii=False)
    return _LISTS.sub(lambda found: " ".join(found.group().split()).replace("[ ", "[").replace(" ]", "]"), text) + "\n"


def main() -> None:
    """Read the folder named on the command line and write the statistics."""
    parser = argparse.ArgumentParser(description="Derive summary statistics of real municipalities")
    parser.add_argument("folder", type=Path, help="folder with municipalities.csv and adjacency.csv")
    parser.add_argument("ssdse", type=Path, help="SSDSE-A of NSTAC (CSV)")
    parser.add_argument("-o", "--output", type=Path, required=True, help="JSON file to write")
    arguments = parser.parse_args()
    write_text(arguments.output, as_text(derive(*read_real(arguments.folder, arguments.ssdse))))


if __name__ == "__main__":
    main()
