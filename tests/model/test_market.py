"""The vendors at the start: shares, territories, bundling, specialists, branches and product dates.

Statistical checks compare a mean with its expectation; a |z| above 5 by chance has a probability of 6e-7 a check.
"""

from __future__ import annotations

import numpy as np
import pytest

from dxsim.model.centres import local_centre
from dxsim.model.codes import NEVER
from dxsim.model.initialisation import (
    draw_market,
    home_of,
    is_specialist,
    market_shares,
    suppliers_of_lots,
)
from dxsim.model.run import begin, country_arrays, prepare
from dxsim.model.state import Country, Market
from dxsim.nation.nation import load_nation
from dxsim.scenario.scenario import load_scenario
from dxsim.terms.operations import lots

JAPAN = country_arrays(load_nation("synthetic"))
ISLANDS = JAPAN._replace(offsets=np.zeros_like(JAPAN.offsets), neighbours=JAPAN.neighbours[:0])  # nobody has neighbours
LOTS = [lot.lot for lot in lots()]
SPECIAL = [number for number, lot in enumerate(lots()) if lot.has_specialists]
Z = 5.0


def market(seed: int, country: Country = JAPAN, **values: float) -> Market:
    named = {f"vendor.{name}": value for name, value in values.items()}
    p = load_scenario("baseline", named).record()[0]
    share = suppliers_of_lots(country, int(p.count), int(p.specialists), float(p.market_exponent))
    return draw_market(country, share, p, seed)


def test_shares_follow_zipf():
    share = market_shares(20, 0.95)
    assert share.sum() == pytest.approx(1.0)
    assert share[0] / share[3] == pytest.approx(4**0.95)
    assert (market_shares(5, 0.0) == 0.2).all()


@pytest.mark.parametrize("specialists", [0, 1, 4])
def test_specialists_share_what_is_not_bundled_of_their_lot(specialists):
    share = suppliers_of_lots(JAPAN, 20, specialists, 1.1)
    assert share.shape == (20 + specialists * len(SPECIAL), len(LOTS))
    assert share.sum(axis=0) == pytest.approx(np.ones(len(LOTS)))
    assert [is_specialist(row) for row in share] == [False] * 20 + [True] * (specialists * len(SPECIAL))
    for turn, lot in enumerate(SPECIAL):
        own = share[20 + turn * specialists : 20 + (turn + 1) * specialists, lot]
        bundled = lots()[lot].bundling_factor if specialists else 1.0
        assert share[:20, lot].sum() == pytest.approx(bundled)
        assert own == pytest.approx(market_shares(specialists, 1.1) * (1.0 - bundled))


def test_lots_run_where_they_apply_and_nowhere_else():
    drawn = market(1)
    assert ((drawn.legacy >= 0) == JAPAN.applies[JAPAN.places.kind]).all()
    assert drawn.legacy.max() < len(drawn.share)
    rows, numbers = np.nonzero(drawn.legacy >= 0)
    assert (drawn.share[drawn.legacy[rows, numbers], numbers] > 0).all()  # by who sells them
    both = drawn.legacy[:, LOTS.index("child_rearing")] >= 0
    with_children = drawn.legacy[both, LOTS.index("child_disability")]
    assert (drawn.legacy[both, LOTS.index("child_rearing")] == with_children).all()


@pytest.mark.parametrize("concentration", [0.2, 5.0])
def test_territories_are_as_concentrated_as_the_dirichlet_says(concentration):
    # With all lots at the main vendor, two municipalities of one prefecture share theirs with probability
    # (1 + c * sum s^2) / (1 + c), the expected sum of squared shares of a Dirichlet with parameters c * s.
    share = market_shares(20, 1.1)
    expected = (1.0 + concentration * (share**2).sum()) / (1.0 + concentration)
    together = []
    for seed in range(40):
        all_bundled = {"package_bundling": 1.0, "bundling_size_slope": 0.0, "count": 20, "market_exponent": 1.1}
        drawn = market(seed, ISLANDS, territory_concentration=concentration, **all_bundled)
        for prefecture in range(1, 48):
            main = drawn.legacy[JAPAN.places.prefecture == prefecture, LOTS.index("core")]
            count = np.bincount(main, minlength=20)
            together.append((count * (count - 1)).sum() / (main.size * (main.size - 1)))
    error = np.std(together, ddof=1) / np.sqrt(len(together))
    assert abs(np.mean(together) - expected) / error < Z


def test_home_is_as_often_as_not_where_the_neighbours_are():
    """Every neighbour and the municipality itself count once, so territories cross borders where people do."""
    places, draws = JAPAN.places, (np.arange(2_000) + 0.5) / 2_000
    for i in range(0, places.size, 97):
        around = JAPAN.neighbours[JAPAN.offsets[i] : JAPAN.offsets[i + 1]]
        homes = np.array([home_of(JAPAN, i, draw) for draw in draws])
        votes = np.bincount([places.prefecture[i], *places.prefecture[around]], minlength=48) / (1 + around.size)
        assert np.abs(np.bincount(homes, minlength=48) / draws.size - votes).max() < 1 / draws.size + 1e-12


def test_a_centre_is_the_most_populous_of_a_place_and_its_neighbours():
    population = JAPAN.places.population
    for i in range(0, population.size, 41):
        around = JAPAN.neighbours[JAPAN.offsets[i] : JAPAN.offsets[i + 1]]
        assert population[local_centre(JAPAN, i)] == max([population[i], *population[around]])
    assert [local_centre(ISLANDS, i) for i in range(50)] == list(range(50))


def test_places_follow_their_centre_as_often_as_stated_and_no_further():
    centres = np.array([local_centre(JAPAN, i) for i in range(JAPAN.places.size)])
    follows = centres != np.arange(centres.size)
    settings = {
        "package_bundling": 1.0,
        "bundling_size_slope": 0.0,
        "market_exponent": 0.0,
        "count": 40,
        "territory_concentration": 1000.0,
    }

    def mains(seed: int, local: float) -> np.ndarray:
        return market(seed, local_market=local, **settings).legacy[:, LOTS.index("core")]

    whole = mains(1, 1.0)
    assert (whole == whole[centres]).all()
    drawn = [mains(seed, 0.6) for seed in range(30)]
    alike = np.mean([np.mean((main == main[centres])[follows]) for main in drawn])
    expected = 0.6 + 0.4 / 40  # by chance, where forty vendors have equal shares
    assert abs(alike - expected) < Z * np.sqrt(expected * (1 - expected) / (30 * follows.sum()))


@pytest.mark.parametrize(("lot", "factor"), [("health", 0.65), ("family_register", 0.05), ("child_disability", 1.0)])
def test_the_main_vendor_gets_a_lot_as_often_as_stated(lot, factor):
    # What is not bundled is a specialist's, or, where there are none, a vendor's of the same or another territory.
    settings = {
        "package_bundling": 0.8,
        "bundling_size_slope": 0.0,
        "market_exponent": 0.0,
        "count": 20,
        "local_market": 0.0,
    }
    core, other = LOTS.index("core"), LOTS.index(lot)
    alike = np.mean(
        [np.mean((drawn := market(seed, **settings)).legacy[:, core] == drawn.legacy[:, other]) for seed in range(60)]
    )
    is_special = LOTS.index(lot) in SPECIAL
    chance = 0.2 / 20  # of what is not bundled to be the main vendor's, or any other's, all the same
    expected = (0.8 + chance) * 0.8 * factor if is_special else 0.8 * 0.8 + 2 * 0.8 * chance + 0.2 * chance
    error = np.sqrt(expected * (1.0 - expected) / (60 * len(JAPAN.places)))
    assert abs(alike - expected) / error < Z


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
            market(
                seed,
                count=20,
                readiness_mean=50.0,
                readiness_sd=6.0,
                readiness_common=0.75,
                specialists=4,
                specialist_readiness_mean=44.0,
            ).product_month
            for seed in range(200)
        ],
        dtype=float,
    )
    special = np.concatenate([ready[:, 20 + 4 * turn : 24 + 4 * turn, lot].ravel() for turn, lot in enumerate(SPECIAL)])
    assert abs(special.mean() - 44.5) < Z * 6.0 / np.sqrt(200 * 12)
    assert (ready[:, 20:] != NEVER).sum() == special.size  # they sell one lot only
    ready = ready[:, :20]
    rounded_up = 50.5  # the mean of a date that is rounded up to a whole month
    assert abs(ready.mean() - rounded_up) < Z * 6.0 / np.sqrt(200 * 20)
    assert ready[:, :, 0].std() == pytest.approx(np.hypot(6.0, np.sqrt(1 / 12)), rel=0.06)
    assert np.corrcoef(ready[:, :, 0].ravel(), ready[:, :, 4].ravel())[0, 1] == pytest.approx(0.75, abs=0.05)


def test_branches_have_the_engineers_that_the_work_there_takes_more_or_less():
    nation = load_nation("synthetic")

    def branches(spread: float) -> tuple[np.ndarray, np.ndarray]:
        run = begin(prepare(nation, load_scenario("baseline", {"vendor.branch_spread": spread}), 3))
        prefecture = np.broadcast_to(run.places.prefecture[:, None], run.systems.shape)
        applies, work = run.systems.state >= 0, np.zeros(run.branch_share.shape)
        np.add.at(work, (run.systems.vendor[applies], prefecture[applies]), run.systems.work[applies])
        return run.branch_share.copy(), work

    share, work = branches(0.0)
    busy = work.sum(axis=1) > 0
    assert share[busy] == pytest.approx(work[busy] / work[busy].sum(axis=1, keepdims=True))
    uneven, work = branches(0.6)
    assert uneven[busy].sum(axis=1) == pytest.approx(np.ones(busy.sum()))
    assert ((uneven > 0) == (work > 0)).all()
    vendor, area = np.nonzero(work[:20])
    ratio = np.log(uneven[vendor, area] / work[vendor, area])
    of_vendor = np.bincount(vendor, ratio) / np.maximum(1, np.bincount(vendor))
    many = np.bincount(vendor)[vendor] > 30
    deviation = (ratio - of_vendor[vendor])[many]
    assert deviation.std() == pytest.approx(0.6, rel=0.2)
