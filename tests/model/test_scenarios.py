"""Every shipped scenario moves its KPIs as its file says, on the same random numbers as the baseline.

"lower" and "higher" ask for that sign of the mean and of at least nine of ten paired differences: with no effect, a
check passes by chance with probability 0.011. Single seeds may differ, since a vendor announces a shortage for all its
customers at once: a little more capacity can move that past a date. "same" asks for a mean of less than one point.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from dxsim.nation.nation import load_nation
from dxsim.records import simulate
from dxsim.scenario.scenario import load_scenario, scenario_names

SEEDS = range(1, 11)
EXPECTATIONS = [
    (name, expectation.kpi, expectation.direction)
    for name in scenario_names()
    for expectation in load_scenario(name).expected
]
# The first scenarios of each kind of lever; the others take as long again and run with -m long.
SHORT_LANE = {
    *("deadline_2027", "capacity_programme", "open_standards", "no_vendor_notices", "earlier_specifications", "naming"),
    *("prefectural_staff_pool", "no_cooperation", "phased_small_first", "digital_only_sunset", "support_desks"),
    *("national_data_sharing", "subsidy_small"),
}
T_OF_A_TWENTIETH = 1.833  # quantile of Student's t with nine degrees of freedom, one-sided


@cache
def kpis(name: str, *overrides: tuple[str, float]) -> dict[str, np.ndarray]:
    scenario = load_scenario(name, dict(overrides))
    runs = [simulate(load_nation("synthetic"), scenario, seed).summary for seed in SEEDS]
    return {kpi: np.array([run.set_index("kpi")["value"][kpi] for run in runs]) for kpi in runs[0]["kpi"]}


def differences(
    kpi: str,
    name: str,
    *overrides: tuple[str, float],
    against: str = "baseline",
    both: tuple[tuple[str, float], ...] = (),
) -> np.ndarray:
    """Return what a scenario changes in a KPI by seed; `both` are settings of it and of the one it is held against."""
    return kpis(name, *overrides, *both)[kpi] - kpis(against, *both)[kpi]


@pytest.mark.parametrize(
    ("name", "kpi", "direction"),
    [
        pytest.param(*row, marks=[] if row[0] in SHORT_LANE else [pytest.mark.long], id=f"{row[0]}-{row[1]}")
        for row in EXPECTATIONS
    ],
)
def test_scenarios_move_their_kpis_as_documented(name, kpi, direction):
    difference = differences(kpi, name)
    if direction == "same":
        assert abs(difference.mean()) < 0.01
        return
    moved = difference if direction == "higher" else -difference
    # Of expectations without any effect one in twenty would pass.
    assert moved.mean() > T_OF_A_TWENTIETH * moved.std(ddof=1) / np.sqrt(len(SEEDS))


def test_every_scenario_but_the_baseline_says_what_it_expects():
    assert {name for name, _, _ in EXPECTATIONS} == set(scenario_names()) - {"baseline"}


def test_engineers_help_where_they_are_short_and_dates_help_where_the_calendar_binds():
    engineers, dates = ("policy.capacity_programme", 0.4), ("policy.readiness_shift", -6)
    short = differences("late_share", "baseline", engineers)
    plentiful = differences("late_share", "calendar_limited", engineers, against="calendar_limited")
    earlier = differences("late_share", "calendar_limited", dates, against="calendar_limited")
    assert short.mean() < -0.01
    assert (short < 0.0).all()
    assert -0.003 < plentiful.mean() <= 0.0
    assert short.mean() < 5 * plentiful.mean()
    assert earlier.mean() < -0.10


def test_groups_first_serves_members_at_the_cost_of_others():
    """The sum of both is about nothing, which is what the scenario expects."""
    nation = load_nation("synthetic")
    effect = []
    for seed in SEEDS:
        late = []
        for name in ("baseline", "groups_first"):
            systems = simulate(nation, load_scenario(name), seed).systems
            is_member = systems["code"].map(membership(seed)) > 1
            late.append([systems.loc[which, "late"].mean() for which in (is_member, ~is_member)])
        effect.append(np.subtract(late[1], late[0]))
    members, others = np.array(effect).T
    assert (members < 0.0).sum() >= len(SEEDS) - 1
    assert (others > 0.0).sum() >= len(SEEDS) - 1
    assert members.mean() < -0.01
    assert others.mean() > 0.005


@cache
def membership(seed: int) -> dict[str, int]:
    """Return the size of every municipality's group in the baseline."""
    bodies = simulate(load_nation("synthetic"), load_scenario("baseline"), seed).municipalities
    return dict(zip(bodies["code"], bodies["group_size"], strict=True))
