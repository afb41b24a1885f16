"""The vendors at the start: shares, territories, bundling and product dates.

Statistical checks compare a mean with its expectation; a |z| above 5 by chance has a probability of 6e-7 a check.
"""

from __future__ import annotations

import numpy as np
import pytest

from dxsim.model.initialisation import draw_market, market_shares
from dxsim.model.run import country_arrays
from dxsim.model.state import Market
from dxsim.nation.nation import load_nation
from dxsim.scenario.scenario import load_scenario
from dxsim.terms.operations import lots

JAPAN = country_arrays(load_nation("synthetic"))
LOTS = [lot.lot for lot in lots()]
Z = 5.0


def market(seed: int, **values: float) -> Market:
    named = {f"vendor.{name}": value for name, value in values.items()}
    parameters = load_scenario("baseline", named).record()[0]
    return draw_market(JAPAN, market_shares(parameters.count, parameters.market_exponent), parameters, seed)


def test_shares_follow_zipf():
    share = market_shares(20, 0.95)
    assert share.sum() == pytest.approx(1.0)
    assert share[0] / share[3] == pytest.approx(4**0.95)
    assert (market_shares(5, 0.0) == 0.2).all()


def test_lots_run_where_they_apply_and_nowhere_else():
    drawn = market(1)
    assert ((drawn.legacy >= 0) == JAPAN.applies[JAPAN.places.kind]).all()
    assert drawn.legacy.max() < 20


@pytest.mark.parametrize("concentration", [0.2, 5.0])
def test_territories_are_as_concentrated_as_the_dirichlet_says(concentration):
    # With all lots at the main vendor, two municipalities of one prefecture share theirs with probability
    # (1 + c * sum s^2) / (1 + c), the expected sum of squared shares of a Dirichlet with parameters c * s.
    share = market_shares(20, 1.1)
    expected = (1.0 + concentration * (share**2).sum()) / (1.0 + concentration)
    together = []
    for seed in range(40):
        drawn = market(seed, territory_concentration=concentration, package_bundling=1.0, bundling_size_slope=0.0)
        for prefecture in range(1, 48):
            main = drawn.legacy[JAPAN.places.prefecture == prefecture, LOTS.index("core")]
            count = np.bincount(main, minlength=20)
            together.append((count * (count - 1)).sum() / (main.size * (main.size - 1)))
    error = np.std(together, ddof=1) / np.sqrt(len(together))
    assert abs(np.mean(together) - expected) / error < Z


@pytest.mark.parametrize(("lot", "factor"), [("health", 1.0), ("family_register", 0.35)])
def test_the_main_vendor_gets_a_lot_as_often_as_stated(lot, factor):
    # Two lots of a municipality are with one vendor if both are bundled, or if drawn alike from the national shares.
    share = market_shares(20, 0.0)
    settings = {"package_bundling": 0.8, "bundling_size_slope": 0.0, "market_exponent": 0.0}
    core, other = LOTS.index("core"), LOTS.index(lot)
    alike = np.mean(
        [np.mean((drawn := market(seed, **settings)).legacy[:, core] == drawn.legacy[:, other]) for seed in range(60)]
    )
    both = 0.8 * 0.8 * factor
    expected = both + (1.0 - both) * share[0]
    error = np.sqrt(expected * (1.0 - expected) / (60 * len(JAPAN.places)))
    assert abs(alike - expected) / error < 2 * Z  # the main vendors of a prefecture go together, so the error is larger


def test_large_cities_buy_less_from_one_vendor():
    def is_bundled(seed: int) -> np.ndarray:
        drawn = market(seed, package_bundling=0.8, bundling_size_slope=0.15, territory_concentration=12.0)
        return drawn.legacy[:, LOTS.index("core")] == drawn.legacy[:, LOTS.index("health")]

    bundled = np.mean([is_bundled(seed) for seed in range(40)], axis=0)
    large = JAPAN.places.population > 300_000
    small = JAPAN.places.population < 10_000
    assert bundled[large].mean() < bundled[small].mean() - 0.2


def test_product_dates_have_the_stated_mean_spread_and_common_part():
    ready = np.array(
        [
            market(seed, readiness_mean=50.0, readiness_sd=6.0, readiness_common=0.75).product_month
            for seed in range(200)
        ],
        dtype=float,
    )
    rounded_up = 50.5  # the mean of a date that is rounded up to a whole month
    assert abs(ready.mean() - rounded_up) < Z * 6.0 / np.sqrt(200 * 20)
    assert ready[:, :, 0].std() == pytest.approx(np.hypot(6.0, np.sqrt(1 / 12)), rel=0.06)
    assert np.corrcoef(ready[:, :, 0].ravel(), ready[:, :, 4].ravel())[0, 1] == pytest.approx(0.75, abs=0.05)
