"""What a real run says of municipalities, of types and of the nation adds up."""

from __future__ import annotations

import numpy as np
import pytest

import dxsim
from dxsim.model.codes import ACCOUNTS, CHANNELS
from dxsim.model.run import run_model
from dxsim.records import Records
from dxsim.records.findings import Findings
from dxsim.records.frame import frame_of
from dxsim.records.tables import SOURCES
from dxsim.records.tabulation import outcome_tables
from tests.model.cases import mixed_nation


@pytest.fixture(scope="module")
def run() -> Records:
    return dxsim.simulate(mixed_nation(5, 6), dxsim.load_scenario("baseline"), seed=3)


@pytest.mark.parametrize(
    ("of_bodies", "of_months"),
    [
        ("incidents", "incidents"),
        ("affected", "affected_residents"),
        ("impact", "impact"),
        ("rollbacks", "rollbacks"),
        ("security_incidents", "security_incidents"),
        ("exposed_records", "exposed_records"),
    ],
)
def test_bodies_and_months_agree_on_harm(run: Records, of_bodies: str, of_months: str) -> None:
    flows = run.flows[run.flows["type"] == "all"]
    assert run.municipalities[of_bodies].sum() == pytest.approx(flows[of_months].sum())


@pytest.mark.parametrize("channel", CHANNELS)
def test_bodies_and_months_agree_on_residents(run: Records, channel: str) -> None:
    months = run.residents[run.residents["type"] == "all"]
    assert run.municipalities[channel].sum() == pytest.approx(months[channel].sum(), rel=1e-9)


def test_bodies_and_months_agree_on_money(run: Records) -> None:
    booked = run.money[run.money["type"] == "all"].groupby("account")["yen"].sum()
    bodies = run.municipalities
    assert bodies["one_off_cost"].sum() == booked["one_off"] > 0
    assert bodies["subsidy"].sum() == booked["subsidy"] > 0
    assert bodies["reserve_drawn"].sum() == booked["reserve"]
    assert bodies["own_burden"].sum() == run.summary.set_index("kpi")["value"]["own_burden"]
    last = run.money[(run.money["type"] == "all") & (run.money["month"] >= "2035-04-01")]
    assert bodies["running_2035"].sum() == last.loc[last["account"] == "running", "yen"].sum() > 0


def test_every_yen_comes_from_somewhere(run: Records) -> None:
    wide = run.money.pivot(index=["month", "type"], columns="account", values="yen")
    assert set(wide) == set(ACCOUNTS)
    assert (wide[list(SOURCES)].sum(axis=1) == wide.drop(columns=list(SOURCES)).sum(axis=1)).all()


def test_groups_bodies_and_the_nation_agree(run: Records) -> None:
    bodies, groups = run.municipalities, run.groups
    members = bodies[bodies["group"].notna()]
    assert groups["size"].sum() == len(members) == run.market["cooperating_municipalities"].iloc[-1]
    assert len(groups) == run.market["groups"].iloc[-1]
    sizes = members.groupby("group").size()
    assert (groups.set_index("lead")["size"].sort_index() == sizes.sort_index()).all()
    assert set(" ".join(groups["members"]).split()) == set(members["code"])
    last = run.flows[run.flows["type"] == "all"].iloc[-1]
    assert 12 * last["saving"] == pytest.approx(members["saving"].sum())
    assert last["worse_off_municipalities"] == (members["saving"] / 12 < -0.5).sum()


def test_bodies_have_the_levels_that_the_last_month_counts(run: Records) -> None:
    last = run.flows[run.flows["type"] == "all"].iloc[-1]
    for programme in ("online", "automation", "security", "data", "governance"):
        assert run.municipalities[f"level_{programme}"].mean() == pytest.approx(last[f"level_{programme}"])


def test_tables_follow_from_the_outcome_alone(run: Records) -> None:
    nation = mixed_nation(5, 6)
    outcome = run_model(nation, dxsim.load_scenario("baseline"), 3)
    again = outcome_tables(Findings(outcome, frame_of(nation), 60))
    assert np.array_equal(again["money"]["yen"], run.money["yen"])
    assert again["equity"]["value"].equals(run.equity["value"])
