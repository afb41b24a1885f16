"""The Mesa face: Mesa's own tools work on it, and it gives the same bits as `run_model`."""

from __future__ import annotations

import mesa
import numpy as np
import pytest

import dxsim
from dxsim.agents import MunicipalDXModel, Municipality
from dxsim.errors import InputError
from dxsim.files import shipped
from dxsim.model.run import run_model
from dxsim.nation.nation import write_nation
from dxsim.nation.small import grid_nation
from dxsim.scenario.scenario import load_scenario
from dxsim.terms.calendar import MONTHS
from tests.model.cases import differing_fields, mixed_nation

NATION = mixed_nation(6, 7)


@pytest.fixture(scope="module")
def finished() -> MunicipalDXModel:
    model = MunicipalDXModel(NATION, "baseline", rng=4)
    while model.running:
        model.step()
    return model


@pytest.mark.parametrize(("scenario", "seed"), [("baseline", 4), ("capacity_programme", 2**40)])
def test_stepping_gives_the_same_bits_as_a_run(scenario, seed):
    model = MunicipalDXModel(NATION, scenario, rng=seed)
    while model.running:
        model.step()
    assert model.month == MONTHS
    assert model.run_seed == seed
    assert differing_fields(run_model(NATION, load_scenario(scenario), seed), model.outcome()) == []


def test_steps_after_the_end_change_nothing(finished):
    before = finished.outcome().state.ledger.copy()
    finished.step()
    assert finished.month == MONTHS
    assert (finished.outcome().state.ledger == before).all()


def test_there_is_one_agent_for_each_municipality_in_the_order_of_codes(finished):
    assert [agent.code for agent in finished.agents] == NATION.municipalities["code"].tolist()
    assert all(isinstance(agent, Municipality) for agent in finished.agents)
    assert finished.agents_by_type[Municipality] is not None


def test_agents_are_views_on_the_arrays(finished):
    left = finished.outcome()
    for agent in finished.agents:
        i = agent.row
        systems = left.state.systems[i]
        assert agent.late_systems == left.state.municipalities.late[i]
        assert agent.live_share == pytest.approx((systems.live >= 0).sum() / (systems.state >= 0).sum())
        assert sum(agent.accounts.values()) == 0
        assert agent.accounts["envelope"] == agent.envelope
        assert agent.subsidy == -agent.accounts["subsidy"] >= 0
        assert agent.population == pytest.approx(left.residents[i, -1])
        assert list(agent.levels.values()) == left.state.programmes.level[i].tolist()
        assert len(agent.systems) == (systems.state >= 0).sum()
        assert set(agent.commitments) <= set(agent.model.nation.municipalities.columns) | {
            "core",
            "child_disability",
            "child_rearing",
            "public_assistance",
            "health",
            "family_register",
        }


def test_neighbours_are_those_of_the_nation(finished):
    pairs = {tuple(sorted(pair)) for pair in NATION.adjacency[["code_a", "code_b"]].to_numpy().tolist()}
    found = {tuple(sorted((agent.code, other.code))) for agent in finished.agents for other in agent.neighbours}
    assert found == pairs


def test_an_agent_can_not_be_changed_from_outside(finished):
    with pytest.raises(AttributeError):
        finished.municipalities[0].readiness = 3.0


def test_select_agg_groupby_and_a_data_collector_work():
    model = MunicipalDXModel(NATION, rng=3)
    collector = mesa.DataCollector(
        model_reporters={"live": lambda m: m.agents.agg("live_share", np.mean)},
        agent_reporters={"live_share": "live_share", "staff": "staff"},
    )
    for _ in range(70):
        model.step()
        collector.collect(model)
    table = collector.get_model_vars_dataframe()
    assert table["live"].is_monotonic_increasing
    assert table["live"].iloc[-1] > 0
    by_agent = collector.get_agent_vars_dataframe()
    assert len(by_agent) == 70 * len(NATION.municipalities)
    large = model.agents.select(lambda agent: agent.population > 100_000)
    assert 0 < len(large) < len(model.agents)
    by_type = model.agents.groupby("type").agg("live_share", np.mean)
    assert set(by_type) == set(NATION.municipalities["type"])


def test_batch_run_of_mesa_works():
    scenarios = ["baseline", "capacity_programme"]
    results = mesa.batch_run(_SmallModel, {"scenario": scenarios}, max_steps=3, display_progress=False)
    assert [row["scenario"] for row in results] == scenarios
    assert all(row["month"] == 3 for row in results)


class _Plain(MunicipalDXModel):
    def __init__(self, scenario="baseline"):
        super().__init__(NATION, scenario)


def test_iterations_of_mesa_have_seeds_of_their_own_and_what_each_was_is_told():
    rows = mesa.batch_run(_Plain, {"scenario": ["baseline"]}, iterations=3, max_steps=90, display_progress=False)
    assert len({row["run_seed"] for row in rows}) == len({row["excluded"] for row in rows}) == 3
    assert all(0 <= row["run_seed"] < 2**53 for row in rows)
    again = MunicipalDXModel(NATION, rng=rows[1]["run_seed"])
    while again.steps <= 90:
        again.step()
    assert (again.date, again.excluded, again.late_systems) == tuple(
        rows[1][key] for key in ("date", "excluded", "late_systems")
    )


def test_the_model_itself_has_a_data_collector():
    (row,) = mesa.batch_run(MunicipalDXModel, {"nation": [NATION], "rng": [3]}, max_steps=5, display_progress=False)
    assert (row["date"], row["run_seed"], row["late_systems"]) == ("2021-10", 3, 0)


def test_a_seed_may_be_given_as_mesa_takes_it():
    assert MunicipalDXModel(NATION, seed=3).run_seed == MunicipalDXModel(NATION, rng=np.int64(3)).run_seed == 3
    drawn = [MunicipalDXModel(NATION, rng=np.random.default_rng(1)).run_seed for _ in range(2)]
    assert drawn[0] == drawn[1] < 2**53
    assert MunicipalDXModel(NATION, rng=None).run_seed != MunicipalDXModel(NATION).run_seed


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"rng": 2**63}, "a whole number from 0"),
        ({"rng": True}, "got True"),
        ({"rng": "x"}, "got 'x'"),
        ({"rng": 1, "seed": 1}, "give rng or seed, not both"),
        ({"nation": 3}, "a nation, its name or its folder was expected"),
        ({"scenario": "basline"}, "did you mean 'baseline'"),
    ],
)
def test_what_is_no_seed_nation_or_scenario_is_refused(given, says):
    with pytest.raises(InputError, match=says):
        MunicipalDXModel(**{"nation": NATION, **given})


def test_nations_and_scenarios_may_be_paths(tmp_path):
    write_nation(NATION, tmp_path / "mixed")
    assert MunicipalDXModel(tmp_path / "mixed", shipped("scenarios") / "big_bang.yaml").scenario.name == "big_bang"


class _SmallModel(MunicipalDXModel):
    def __init__(self, scenario="baseline", rng=1):
        super().__init__(grid_nation(2, 2), scenario, rng=int(rng))
        self.datacollector = mesa.DataCollector(model_reporters={"month": "month"})
        self.datacollector.collect(self)

    def step(self):
        super().step()
        self.datacollector.collect(self)


def test_the_public_surface_has_it():
    assert dxsim.MunicipalDXModel is MunicipalDXModel
    assert dxsim.Municipality is Municipality
