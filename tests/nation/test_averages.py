"""What a nation's table leaves blank is an average by population; what SSDSE lacks is derived from what it has."""

import numpy as np
import pandas as pd
import pytest

from dxsim.model.run import country_arrays, population_path
from dxsim.nation import load_nation
from dxsim.nation.averages import HABITABLE, STAFF, before_transfers_of, known_or_average, projections
from dxsim.nation.nation import make_nation
from dxsim.nation.small import grid_nation
from tests.hashes import OFFICIAL, SHARED, real_japan

BLANK = pd.DataFrame({"population": [0.0, 5_000.0, 100_000.0]})


def test_nothing_is_nan_where_everything_is_blank():
    figures = known_or_average(BLANK)
    assert all(np.isfinite(values).all() for values in figures.values())
    for name in ("administration", "habitable_km2", "community_halls", "standard_scale", "current_balance_ratio"):
        assert (np.diff(figures[name]) > 0).all(), name
    assert figures["administration"][1] == pytest.approx(71.4, abs=0.1)


def test_what_is_known_is_taken_as_it_is():
    known = {
        "staff": 12.0,
        "area_km2": 30.0,
        "habitable_km2": 7.0,
        "community_halls": 0.0,
        "population_65_74": 300.0,
        "population_75_over": 200.0,
        "aged_single_households": 100.0,
        "standard_scale_kyen": 2e6,
        "current_balance_ratio": 77.0,
        "reserve_kyen": 5e5,
    }
    figures = known_or_average(pd.DataFrame({"population": [2_000.0], **{name: [v] for name, v in known.items()}}))
    assert {name: values[0] for name, values in figures.items()} == {
        "administration": 12.0,
        "area_km2": 30.0,
        "habitable_km2": 7.0,
        "community_halls": 0.0,
        "aged_single_share": 0.2,
        "standard_scale": 2e9,
        "current_balance_ratio": 77.0,
        "reserve": 5e8,
    }


def test_local_allocation_tax_makes_up_for_a_weak_tax_base():
    assert before_transfers_of(np.array([100.0]), np.array([0.5])) == pytest.approx(175.0)
    assert before_transfers_of(np.array([100.0]), np.array([1.2])) == pytest.approx(100.0)


def test_the_reserve_weighs_more_in_small_municipalities():
    figures = known_or_average(BLANK)
    share = figures["reserve"] / figures["standard_scale"]
    assert share[1] == pytest.approx(0.442, abs=0.001)
    assert share[2] == pytest.approx(0.18)


def test_a_nation_without_optional_columns_can_be_run():
    grid = grid_nation(2, 2)
    table = grid.municipalities.drop(columns=["area_km2", "habitable_km2"]).assign(staff=np.nan, fiscal_index=np.nan)
    places = country_arrays(make_nation("bare", table, grid.adjacency)).places
    assert np.isfinite(places.administration).all()
    assert np.isnan(places.staff).all()


def test_the_synthetic_nation_has_the_finances_of_the_real_one():
    figures = known_or_average(load_nation("synthetic").municipalities)
    assert figures["standard_scale"].sum() / 1e12 == pytest.approx(32.6, rel=0.05)


@pytest.mark.skipif(not OFFICIAL.is_dir(), reason="the official files (../shared/data/official) are not at hand")
def test_stand_ins_meet_the_published_sums_of_the_real_nation():
    table = real_japan().municipalities
    figures = known_or_average(table)
    scale, reserve = figures["standard_scale"], figures["reserve"]
    towns = table["type"].isin(["town", "village"]).to_numpy()
    designated = (table["type"] == "designated_city").to_numpy()
    assert scale.sum() / 1e12 == pytest.approx(32.637, rel=0.01)
    assert scale[towns].sum() / 1e12 == pytest.approx(3.8205, rel=0.1)
    assert scale[designated].sum() / 1e12 == pytest.approx(7.5651, rel=0.1)
    assert reserve[~towns].sum() / scale[~towns].sum() == pytest.approx(0.142, abs=0.005)
    bare = known_or_average(table[["population"]])
    for name in ("administration", "habitable_km2", "standard_scale", "community_halls"):
        assert np.median(bare[name] / np.maximum(figures[name], 1.0)) == pytest.approx(1.0, abs=0.2), name
    here = table["population"] > 0
    for (intercept, slope), column in ((STAFF, "staff"), (HABITABLE, "habitable_km2")):
        found = np.polyfit(np.log(table["population"][here]), np.log(table[column][here]), 1)
        assert found == pytest.approx([slope, intercept], abs=0.005), column


def aged_table(**columns: list[float]) -> pd.DataFrame:
    """Return municipalities of 10,000 residents, 4,000 of whom are 65 and over, with further `columns`."""
    n = len(next(iter(columns.values()))) if columns else 1
    return pd.DataFrame(
        {
            "population": [10_000.0] * n,
            "population_65_74": [2_000.0] * n,
            "population_75_over": [2_000.0] * n,
            **columns,
        }
    )


def test_a_municipality_without_projections_shrinks_like_those_of_its_size_and_age():
    left = projections(aged_table())
    expected = 10_000 * np.exp(0.435 + 0.0151 * np.log(10_000) - 2.964 * 0.4)
    assert left["population_2050"] == pytest.approx([expected])
    assert left["population_2025"] == pytest.approx([10_000 * (expected / 10_000) ** 0.151])
    assert (np.diff(np.concatenate(list(left.values()))) < 0).all()
    path = population_path(aged_table())
    assert path[0, 4] == pytest.approx(left["population_2025"][0] / 10_000)
    assert path[0, -1] < 0.8 < path[0, 4]


def test_any_projection_that_a_municipality_has_is_taken_as_it_is():
    table = aged_table(population_2030=[9_000.0, np.nan], population_2050=[np.nan, np.nan])
    filled = projections(table)
    assert filled["population_2030"][0] == 9_000.0
    assert np.isnan(filled["population_2050"][0])
    assert np.isfinite([values[1] for values in filled.values()]).all()
    assert (population_path(table)[0, 9:] == 0.9).all()


def test_nobody_grows_without_bound_and_the_empty_stay_empty():
    young = aged_table().assign(population_65_74=0.0, population_75_over=0.0)
    as_young = aged_table().assign(population_65_74=1_400.0, population_75_over=0.0)
    assert projections(young)["population_2050"] == pytest.approx(projections(as_young)["population_2050"])
    nobody = aged_table().assign(population=0.0, population_65_74=0.0, population_75_over=0.0)
    assert np.isfinite(population_path(nobody)).all()


def test_the_synthetic_nation_keeps_its_projections():
    table = load_nation("synthetic").municipalities
    for name, values in projections(table).items():
        assert np.array_equal(values, table[name].to_numpy(np.float64), equal_nan=True), name


@pytest.mark.skipif(not OFFICIAL.is_dir(), reason="the official files (../shared/data/official) are not at hand")
def test_the_official_nation_shrinks_as_projected():
    table = real_japan().municipalities
    population = table["population"].to_numpy(np.float64)
    left = projections(table)["population_2050"]
    assert left.sum() / population.sum() == pytest.approx(0.830, abs=0.01)  # IPSS 2023
    small = (population > 0) & (population < 10_000)
    assert (left[small] / population[small]).mean() == pytest.approx(0.547, abs=0.015)
    known = pd.read_csv(SHARED / "japan" / "municipalities.csv", dtype={"code": str}).set_index("code")
    projected = known["pop_proj_2050"].reindex(table["code"]).to_numpy(np.float64) / np.maximum(1.0, population)
    here = np.isfinite(projected) & (population > 0)
    logs = np.log(projected[here])
    unexplained = ((logs - np.log(left[here] / population[here])) ** 2).sum()
    assert 1.0 - unexplained / ((logs - logs.mean()) ** 2).sum() == pytest.approx(0.82, abs=0.01)
    assert run_years(table)[-1] == pytest.approx(0.895 + (0.925 - 0.895) * 0.8, abs=0.015)


def run_years(table: pd.DataFrame) -> np.ndarray:
    """Return the whole nation's residents of each fiscal year against 2020."""
    population = table["population"].to_numpy(np.float64)
    return np.asarray((population_path(table) * population[:, None]).sum(axis=0) / population.sum())
