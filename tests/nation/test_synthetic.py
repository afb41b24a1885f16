"""The synthetic nation holds to the committed statistics, and these to the real tables where they are at hand."""

from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy.special import ndtri

from dxsim.nation import load_nation
from dxsim.nation.derive_statistics import LARGE_GROUP, as_text, derive, moran, read_real
from dxsim.nation.nation import SYNTHETIC_FOLDER
from dxsim.nation.network import neighbour_lists
from dxsim.nation.schema import PROJECTION_YEARS
from dxsim.nation.synthetic import SEED, STATISTICS_FILE, draw_municipalities, draw_nation, read_statistics
from dxsim.terms.municipalities import TYPES

REAL = Path(__file__).parents[3] / "shared" / "data" / "japan"
SSDSE = REAL.parent / "official" / "SSDSE-A-2026.csv"
STATISTICS = read_statistics()
NATION = load_nation("synthetic")
TABLE = NATION.municipalities


def log_odds(share):
    return np.log(share / (1 - share))


def variables() -> pd.DataFrame:
    """Take the quantities of the statistics from the finished table, not from the generator."""
    known = TABLE.filter(regex="^population_(under|15|65|75)").sum(axis=1)
    result = pd.DataFrame(
        {
            "log_population": np.log(TABLE["population"]),
            "log_area": np.log(TABLE["area_km2"]),
            "log_odds_under_15": log_odds(TABLE["population_under_15"] / known),
            "log_odds_65_74": log_odds(TABLE["population_65_74"] / known),
            "log_odds_75_over": log_odds(TABLE["population_75_over"] / known),
            "log_fiscal_index": np.log(TABLE["fiscal_index"]),
            "log_staff": np.log(TABLE["staff"]),
            "log_revenue": np.log(TABLE["revenue_kyen"]),
            "log_local_tax": np.log(TABLE["local_tax_kyen"]),
            "current_balance_ratio": TABLE["current_balance_ratio"],
            "real_debt_service_ratio": TABLE["real_debt_service_ratio"],
        }
    )
    before = TABLE["population"]
    for year in PROJECTION_YEARS:
        result[f"log_growth_to_{year}"] = np.log(TABLE[f"population_{year}"] / before)
        before = TABLE[f"population_{year}"]
    aged = TABLE["population_65_74"] + TABLE["population_75_over"]
    result["log_habitable_share"] = np.log(TABLE["habitable_km2"] / TABLE["area_km2"])
    result["log_household_size"] = np.log(TABLE["population"] / TABLE["households"])
    result["log_odds_aged_single"] = log_odds(TABLE["aged_single_households"] / aged)
    result["log_halls_and_one"] = np.log1p(TABLE["community_halls"])
    return result


VARIABLES = variables()


def land_rows():
    land = NATION.adjacency[NATION.adjacency["kind"] == "land"]
    codes = pd.Index(TABLE["code"])
    return codes.get_indexer(land["code_a"]), codes.get_indexer(land["code_b"])


def test_counts_by_prefecture_and_type_are_exact():
    counts = TABLE.groupby(["prefecture", "type"]).size()
    expected = {
        (number, name): count
        for number, facts in STATISTICS["prefectures"].items()
        for name, count in facts["counts"].items()
        if count
    }
    assert counts.to_dict() == expected
    assert len(TABLE) == 1741
    assert TABLE["prefecture"].nunique() == 47


@pytest.mark.parametrize("name", TYPES)
def test_the_distribution_within_each_type_is_the_committed_one(name):
    quantiles = STATISTICS["quantiles"][name]
    levels = np.array(quantiles["levels"])
    here = TABLE["type"] == name
    count = int(here.sum())
    for variable, values in zip(STATISTICS["variables"], quantiles["values"], strict=True):
        if variable not in VARIABLES:
            continue
        # The share of municipalities below each committed quantile is its level; the map meets areas less closely.
        share = np.array([(VARIABLES[variable][here] <= value + 1e-2).mean() for value in values])
        below = np.array([(VARIABLES[variable][here] < value - 1e-2).mean() for value in values])
        slack = (0.15 if variable == "log_area" else 0.015) + 1 / count
        assert (below - slack <= levels).all(), variable
        assert (share + slack >= levels).all(), variable


def test_correlations_within_types_are_the_committed_ones():
    ranks = VARIABLES.groupby(TABLE["type"]).rank()
    scores = pd.DataFrame(ndtri((ranks - 0.5) / ranks.groupby(TABLE["type"]).transform("count")))
    means = np.array([STATISTICS["prefectures"][number]["mean_scores"] for number in TABLE["prefecture"]])
    for name in ("other_city", "town", "village"):
        here = (TABLE["type"] == name).to_numpy()
        committed = np.array(STATISTICS["covariances_of_scores"][name]) + np.cov(means[here].T)
        spread = np.sqrt(np.diag(committed))
        expected = pd.DataFrame(committed / np.outer(spread, spread), STATISTICS["variables"], STATISTICS["variables"])
        found = scores[here].corr()
        difference = (found - expected.loc[found.index, found.columns]).abs().to_numpy()
        # Sampling error of a correlation of 0 is 1 / sqrt(count).
        assert np.sqrt((difference**2).mean()) < 0.06
        assert difference.max() < 3.6 / np.sqrt(here.sum())


def test_prefectures_differ_as_the_committed_ones_do():
    ranks = VARIABLES.groupby(TABLE["type"]).rank()
    scores = pd.DataFrame(ndtri((ranks - 0.5) / ranks.groupby(TABLE["type"]).transform("count")))
    found = scores.groupby(TABLE["prefecture"]).mean()
    for place, variable in enumerate(STATISTICS["variables"]):
        if variable in found:
            expected = [facts["mean_scores"][place] for facts in STATISTICS["prefectures"].values()]
            assert np.corrcoef(found[variable], expected)[0, 1] > 0.75, variable


def test_staff_grow_with_population_as_in_the_real_nation():
    slope = np.polyfit(VARIABLES["log_population"], VARIABLES["log_staff"], 1)[0]
    assert slope == pytest.approx(0.667, abs=0.05)


def test_the_nation_has_about_its_real_population():
    assert TABLE["population"].sum() == pytest.approx(126.1e6, rel=0.02)


def test_the_network_is_connected_and_planar_on_land_with_about_five_neighbours():
    facts = STATISTICS["network"]
    network = nx.from_pandas_edgelist(NATION.adjacency, "code_a", "code_b", "kind")
    network.add_nodes_from(TABLE["code"])
    assert nx.is_connected(network)
    land = nx.Graph([edge[:2] for edge in network.edges(data="kind") if edge[2] == "land"])
    assert nx.check_planarity(land)[0]
    land.add_nodes_from(network)
    degree = np.array([count for _, count in land.degree])
    assert degree.mean() == pytest.approx(facts["mean_land_neighbours"], abs=0.3)
    assert 4.6 < degree.mean() < 5.5
    assert (degree == 0).sum() == facts["bodies_by_land_neighbours"][0]
    found, expected = np.bincount(np.minimum(degree, 12)) / 1741, np.array(facts["bodies_by_land_neighbours"]) / 1741
    assert np.abs(np.cumsum(found) - np.cumsum(expected)).max() < 0.13  # invented areas are rounder than real ones
    kinds = NATION.adjacency["kind"].value_counts()
    assert kinds["sea_nearest"] == pytest.approx(facts["ties"]["sea_nearest"], abs=8)
    assert kinds["component_link"] == pytest.approx(facts["ties"]["component_link"], abs=8)


def test_islands_are_tied_to_the_nearest_coast():
    shapes = {code: shapely.Polygon(rings[0]) for code, rings in NATION.boundaries.items()}
    every = np.array(list(shapes.values()))
    ties = NATION.adjacency[NATION.adjacency["kind"] == "sea_nearest"]
    offsets, _ = neighbour_lists(NATION)
    for one, other in zip(ties["code_a"], ties["code_b"], strict=True):
        gap = shapely.distance(shapes[one], shapes[other])
        nearest = [np.sort(shapely.distance(shapes[code], every))[1] for code in (one, other)]
        assert gap == pytest.approx(min(nearest), abs=0.3) or gap == pytest.approx(max(nearest), abs=0.3)
    assert (np.diff(offsets) > 0).all()


def test_neighbours_are_alike_about_as_much_as_real_ones():
    facts = STATISTICS["network"]["correlation_of_land_neighbours"]
    values = VARIABLES.assign(log_population_density=VARIABLES["log_population"] - VARIABLES["log_area"])
    for variable, expected in facts.items():
        assert moran(values[variable].to_numpy(), *land_rows()) == pytest.approx(expected, abs=0.13), variable


def test_areas_do_not_overlap_and_hold_their_points():
    shapes = [shapely.Polygon(NATION.boundaries[code][0]) for code in TABLE["code"]]
    assert all(shape.is_valid for shape in shapes)
    assert shapely.union_all(shapes).area == pytest.approx(sum(shape.area for shape in shapes), rel=0.001)
    assert shapely.area(shapes) == pytest.approx(TABLE["area_km2"].to_numpy(), rel=0.01, abs=0.1)
    points = shapely.points(TABLE[["x_km", "y_km"]].to_numpy())
    assert shapely.distance(shapes, points).max() < 0.15


def test_codes_and_names_are_unique_numbered_like_real_ones_and_plainly_synthetic():
    assert TABLE["code"].is_unique
    assert TABLE["name"].is_unique
    assert TABLE["name"].str.fullmatch(r"[A-Z][a-z]+ (City|Ward|Town|Village) \d{2,3}").all()
    number = TABLE["code"].str[2:].astype(int)
    ranges = {"designated_city": (100, 199), "special_ward": (101, 123), "town": (301, 799), "village": (301, 799)}
    for name in TYPES:
        assert number[TABLE["type"] == name].between(*ranges.get(name, (201, 299))).all()
    assert set(TABLE.loc[TABLE["type"] == "special_ward", "prefecture"]) == {"13"}


def test_the_committed_nation_is_the_one_that_its_seed_draws():
    drawn = draw_nation(SEED)
    pd.testing.assert_frame_equal(drawn.municipalities, TABLE, rtol=1e-6, atol=0.11)
    pairs, committed = (
        set(zip(a["code_a"], a["code_b"], a["kind"], strict=True)) for a in (drawn.adjacency, NATION.adjacency)
    )
    # On another processor the last bit of a coordinate can decide whether two cells touch in a point or along a line.
    assert len(pairs ^ committed) <= 0.002 * len(committed)
    assert sum(path.stat().st_size for path in SYNTHETIC_FOLDER.iterdir()) < 1_200_000


def test_another_seed_draws_other_bodies_with_the_same_distribution():
    one, other = (draw_municipalities(STATISTICS, np.random.default_rng(seed)) for seed in (1, 2))
    assert (one["log_population"] != other["log_population"]).mean() > 0.9
    for name in TYPES:
        here = one["type"] == name
        assert np.allclose(np.sort(one["log_staff"][here]), np.sort(other["log_staff"][here]))


def test_the_statistics_name_no_municipality_and_describe_no_group_by_its_extremes():
    text = STATISTICS_FILE.read_text(encoding="utf-8")
    assert "市" not in text
    for name in TYPES:
        quantiles = STATISTICS["quantiles"][name]
        count = sum(facts["counts"][name] for facts in STATISTICS["prefectures"].values())
        assert min(quantiles["levels"]) > 0
        assert max(quantiles["levels"]) < 1
        assert len(quantiles["levels"]) == (5 if count < LARGE_GROUP else 21)


@pytest.mark.skipif(not REAL.is_dir(), reason="the real tables (../shared/data/japan) are not at hand")
def test_the_committed_statistics_are_those_of_the_real_tables():
    assert as_text(derive(*read_real(REAL, SSDSE))) == STATISTICS_FILE.read_text(encoding="utf-8")


@pytest.mark.skipif(not REAL.is_dir(), reason="the real tables (../shared/data/japan) are not at hand")
def test_no_body_has_the_figures_of_a_real_one():
    real, _ = read_real(REAL, SSDSE)
    pairs = set(zip(real["pop_2020"], real["staff_general_admin_2024"], strict=True))
    same = [pair in pairs for pair in zip(TABLE["population"], TABLE["staff"], strict=True)]
    assert sum(same) <= 3  # small numbers can meet by chance
    assert not set(TABLE["name"]) & {*real["name_ja"], *real["name_romaji"]}
