"""``dxsim explain``: every number of a story is from the run, and the run is the one that `dxsim run` makes."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from dxsim.cli import main
from dxsim.errors import InputError
from dxsim.language import LANGUAGES, in_language, set_language
from dxsim.model import events
from dxsim.model.codes import CAUSES, CHANNELS, Held
from dxsim.model.run import begin, prepare
from dxsim.model.schedule import advance
from dxsim.model.vendor_choice import TERMS
from dxsim.nation.nation import Nation, make_nation, write_nation
from dxsim.records import Records, simulate
from dxsim.records.biography import (
    AS_IT_WAS,
    LEAD,
    MEASURES,
    ONLY_OFFER,
    PACKAGE,
    Biography,
    biography,
    counterfactuals,
    find_municipality,
    levers,
)
from dxsim.scenario.scenario import Scenario, load_scenario
from dxsim.terms.calendar import MONTHS
from dxsim.terms.operations import lots, operations
from dxsim.views.documents.story import story
from dxsim.views.labels import labels
from dxsim.views.run.timeline import describe_timeline, last_month, main_lot, timeline_figure
from tests.model.cases import mixed_nation

# Peers count, money is short, vendors let municipalities down, groups come and go.
EVENTFUL = {
    "commitment.peer_hazard": 0.02,
    "money.envelope_share": 0.002,
    "vendor.capacity_ratio": 0.5,
    "vendor.retender_probability": 0.5,
    "policy.naming": 0.5,
    "quality.incident_rate": 0.2,
}
SEED = 4
ROWS = (0, 6, 17, 30)
JAPANESE = re.compile(r"[぀-ヿ一-鿿]")


@pytest.fixture(scope="module")
def nation() -> Nation:
    return mixed_nation(6, 6)


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return load_scenario("baseline", EVENTFUL)


@pytest.fixture(scope="module")
def records(nation: Nation, scenario: Scenario) -> Records:
    return simulate(nation, scenario, SEED)


@pytest.fixture(scope="module")
def told(nation: Nation, scenario: Scenario) -> dict[int, Biography]:
    return {row: biography(nation, scenario, SEED, nation.municipalities["code"][row]) for row in ROWS}


@pytest.fixture(scope="module")
def changes(nation: Nation, scenario: Scenario) -> pd.DataFrame:
    return counterfactuals(nation, scenario, SEED, nation.municipalities["code"][ROWS[1]])


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    before = set_language("en")
    yield
    set_language(before)


@pytest.mark.parametrize("row", ROWS)
def test_a_biography_is_of_the_same_run(told: dict[int, Biography], records: Records, row: int) -> None:
    one = told[row]
    body = records.municipalities.iloc[row]
    systems = records.systems[records.systems["code"] == one.code]
    last = one.months.iloc[-1]
    assert one.code == body["code"]
    assert one.lots["late_systems"].sum() == body["late_systems"]
    assert one.about["systems"] == body["systems"] == one.lots["systems"].sum()
    assert one.about["running_2035"] == body["running_2035"]
    assert (one.months["refused"] >= 0).all()
    for column, in_records in {
        "one_off": "one_off_cost",
        "subsidy": "subsidy",
        "reserve": "reserve_drawn",
        "staff": "staff",
        "overload": "overload",
        "incidents": "incidents",
        "affected": "affected",
        "security_incidents": "security_incidents",
        "belief": "belief",
        "readiness": "readiness",
        "group_size": "group_size",
    }.items():
        assert last[column] == body[in_records], column
    assert (last["group"] if isinstance(last["group"], str) else None) == (
        body["group"] if isinstance(body["group"], str) else None
    )
    for channel in CHANNELS:
        assert one.months[channel].sum() == pytest.approx(body[channel], rel=1e-9)
    for lot in one.lots.to_dict("records"):
        own = systems[systems["lot"] == lot["lot"]]
        assert lot["systems"] == len(own)
        assert lot["late_systems"] == own["late"].sum()
        for mine, theirs in {"decided": own["commit"].min(), "ordered": own["order"].min()}.items():
            assert lot[mine] == theirs or (pd.isna(lot[mine]) and pd.isna(theirs))
        whole = own["live"].max() if own["live"].notna().all() else pd.NaT
        assert lot["live"] == whole or (pd.isna(lot["live"]) and pd.isna(whole))
        assert {lot["cause"]} == set(own["cause"].where(own["cause"].notna(), None))
        assert lot["legacy_vendor"] == own["legacy_vendor"].iloc[0]


@pytest.mark.parametrize("row", ROWS)
def test_the_terms_of_a_hazard_are_those_that_the_model_added_up(
    nation: Nation, scenario: Scenario, told: dict[int, Biography], row: int
) -> None:
    """Month by month, the terms in the story are what the cumulative hazard of the state grew by."""
    inputs = prepare(nation, scenario, SEED)
    run = begin(inputs)
    names = [lot.lot for lot in lots()]
    hazards = told[row].hazards.set_index(["month", "lot"])
    compared = 0
    for month, when in enumerate(told[row].months["month"]):
        before = run.cumulative_hazard[row].copy()
        advance(run, month, month + 1)
        grown = run.cumulative_hazard[row] - before
        for lot, name in enumerate(names):
            if (when, name) in hazards.index:
                terms = hazards.loc[(when, name)]
                np.testing.assert_allclose(terms[list(CAUSES)].to_numpy(float), grown[lot], rtol=1e-9, atol=1e-12)
                assert terms["cumulative_hazard"] == pytest.approx(run.cumulative_hazard[row, lot].sum(), rel=1e-12)
                compared += 1
            else:
                assert (grown[lot] == 0).all()
    assert compared > 50


@pytest.mark.parametrize("row", ROWS)
def test_a_lot_is_decided_at_an_open_gate_with_hazard_enough_or_with_its_lead(
    told: dict[int, Biography], row: int
) -> None:
    for lot in told[row].lots.to_dict("records"):
        then = told[row].hazards[told[row].hazards["lot"] == lot["lot"]]
        if pd.isna(lot["decided"]):  # whenever it could have been, money was lacking
            ready = then.loc[then["gate"].astype(bool) & (then["cumulative_hazard"] >= lot["threshold"]), "month"]
            assert (told[row].months.set_index("month").loc[ready, "refused"] > 0).all()
            assert pd.isna(lot["why"])
            continue
        assert lot["why"] in (*TERMS, LEAD, PACKAGE, ONLY_OFFER)
        assert then["month"].iloc[-1] == lot["decided"]
        if lot["why"] != LEAD:
            assert lot["cumulative_hazard"] >= lot["threshold"]
            assert bool(then["gate"].iloc[-1])
        if not pd.isna(lot["gate_before"]):
            at = then.set_index("month").loc[lot["gate_before"]]
            assert lot["cumulative_hazard_before"] == at["cumulative_hazard"]
            assert lot["mandate_before"] == at["mandate"]
            assert lot["gate_before"] < lot["decided"]


def test_the_terms_of_a_utility_single_out_the_vendor_that_was_chosen(nation: Nation, scenario: Scenario) -> None:
    """Not one vendor but the chosen one has the largest sum of the terms."""
    free = replace(scenario, values={**scenario.values, "vendor.incumbency": 0.0, "vendor.neighbour_weight": 2.0})
    switched = 0
    for row in ROWS:
        one = biography(nation, free, SEED, nation.municipalities["code"][row])
        for lot in one.lots.to_dict("records"):
            if lot["why"] in TERMS:
                assert lot["margin"] > 0
                switched += not lot["stays"]
    assert switched > 0


@pytest.mark.parametrize("row", ROWS)
def test_events_are_those_of_the_log(nation: Nation, scenario: Scenario, told: dict[int, Biography], row: int) -> None:
    inputs = prepare(nation, scenario, SEED)
    run = begin(inputs, 200_000)
    advance(run, 0, MONTHS)
    own = run.log[: int(run.logged[0])]
    own = own[own["municipality"] == row]
    table = told[row].events
    assert list(table["kind"]) == [events.KINDS[kind] for kind in own["kind"]]
    assert list(table["value"]) == own["value"].tolist()
    assert table["words"].str.len().min() > 3
    assert table["words"].nunique() > 20


def test_queues_count_the_systems_of_others_before_its_own(told: dict[int, Biography]) -> None:
    rows = pd.concat([one.queues for one in told.values()])
    waiting = rows[rows["ahead"].notna()]
    assert len(waiting) > 10
    assert (waiting["ahead"] >= 0).all()
    assert waiting["ahead"].max() > 0
    assert (rows["systems"] > 0).all()


def test_states_of_systems_end_where_the_records_end(told: dict[int, Biography], records: Records) -> None:
    for one in told.values():
        final = one.systems.groupby("operation")["state"].last()
        own = records.systems[records.systems["code"] == one.code].set_index("operation")["state"]
        assert final.to_dict() == own.to_dict()


def test_what_held_it_up_is_the_ledger_of_the_run(
    nation: Nation, scenario: Scenario, told: dict[int, Biography]
) -> None:
    run = begin(prepare(nation, scenario, SEED))
    advance(run, 0, MONTHS)
    for row, one in told.items():
        applies = run.systems.state[row] >= 0
        months = one.delays.groupby("held")["months"].sum()
        lot_of = run.lot_of[applies]
        share = 1.0 / np.bincount(lot_of, minlength=len(lots()))[lot_of]
        for held in Held:
            expected = (run.delay[row, applies, held] * share).sum()
            assert months.get(held.name.lower(), 0.0) == pytest.approx(expected), held
        by_month = one.systems[one.systems["held"].notna()].groupby("held").size()
        for held in Held:
            assert by_month.get(held.name.lower(), 0) == run.delay[row, applies, held].sum(), held


@pytest.mark.parametrize("row", ROWS)
def test_the_story_says_what_held_each_lot_up(told: dict[int, Biography], changes: pd.DataFrame, row: int) -> None:
    one = told[row]
    for language in LANGUAGES:
        with in_language(language):
            text = story(one, changes, language)
            for lot, rows in one.delays.groupby("lot"):
                name = next(known.name for known in lots() if known.lot == lot)
                first = rows.iloc[0]
                words = f"{labels()[f'hold_up_{first.held}']} {first.months:.1f}"
                assert any(name in line and words in line for line in text.splitlines()), (name, words)


def test_neighbours_are_those_of_the_nation(told: dict[int, Biography], nation: Nation, records: Records) -> None:
    one = told[ROWS[1]]
    pairs = nation.adjacency
    own = set(pairs.loc[pairs["code_a"] == one.code, "code_b"]) | set(pairs.loc[pairs["code_b"] == one.code, "code_a"])
    assert set(one.neighbours["code"]) == own
    late = one.neighbours.groupby("code")["late_systems"].sum()
    shared = set(one.lots["lot"])
    theirs = records.systems[records.systems["code"].isin(own) & records.systems["lot"].isin(shared)]
    assert late.to_dict() == theirs.groupby("code")["late"].sum().to_dict()


def test_a_counterfactual_is_a_run_of_its_own(nation: Nation, scenario: Scenario, changes: pd.DataFrame) -> None:
    row = ROWS[1]
    by_lever = changes.set_index("lever")
    assert list(by_lever.index) == [AS_IT_WAS, *levers(scenario)]
    for lever in (AS_IT_WAS, "products", "grant"):
        parameters = {} if lever == AS_IT_WAS else levers(scenario)[lever]
        other = simulate(nation, load_scenario("baseline", EVENTFUL | parameters), SEED)
        body = other.municipalities.iloc[row]
        own = other.systems[other.systems["code"] == body["code"]]
        found = by_lever.loc[lever]
        assert found["late_systems"] == body["late_systems"]
        assert found["cost_per_resident_2035"] == pytest.approx(body["cost_per_resident_2035"], rel=1e-12)
        needed = body[list(CHANNELS)].sum()
        assert found["excluded_share"] == pytest.approx(body["excluded"] / needed, rel=1e-12)
        months = (own["live"].dt.year - 2021) * 12 + own["live"].dt.month - 3
        assert (found["months_to_live"] == months.max()) or (np.isnan(found["months_to_live"]) and months.isna().any())
    before = by_lever.loc[AS_IT_WAS, list(MEASURES)].to_numpy(float)
    for lever, found in by_lever.iterrows():
        same = np.array_equal(found[list(MEASURES)].to_numpy(float), before, equal_nan=True)
        assert found["changes"] == (not same), lever
    assert not by_lever.loc[AS_IT_WAS, "changes"]


def test_a_lever_that_is_set_already_is_said_to_be(nation: Nation) -> None:
    firm = load_scenario("baseline", {"policy.extension_rule": "none", "policy.readiness_shift": -36})
    table = counterfactuals(nation, firm, SEED, nation.municipalities["code"][0]).set_index("lever")
    assert not table.loc["firm", "is_new"]
    assert not table.loc["products", "is_new"]  # the least that the registry allows
    assert not table.loc["firm", "changes"]
    assert "so in this scenario already: products 6 months earlier; no extension for anybody" in story(
        biography(nation, firm, SEED, nation.municipalities["code"][0]), table.reset_index()
    )


def numbers(text: str) -> list[str]:
    return re.findall(r"\d+(?:,\d{3})*(?:\.\d+)?", text)


@pytest.mark.parametrize("row", ROWS)
def test_the_facts_of_a_story_are_those_of_the_run(
    told: dict[int, Biography], changes: pd.DataFrame, records: Records, row: int
) -> None:
    one = told[row]
    body = records.municipalities.iloc[row]
    text = story(one, changes, "en")
    lines = text.splitlines()
    assert lines[0].startswith(f"{body['name']} ({body['code']}): ")
    assert f"{body['population']:,} residents" in lines[0]
    million = 1e6
    assert f"one-off cost {body['one_off_cost'] / million:,.0f} million yen" in text
    assert f"of which the state pays {body['subsidy'] / million:,.0f} (" in text
    ratio = body["running_2035"] / body["baseline_cost"]
    assert f"running cost in FY2035 {body['running_2035'] / million:,.0f} million yen, {ratio:.2f} times" in text
    if body["reserve_drawn"] > 0:
        assert f"it draws {body['reserve_drawn'] / million:,.0f} million yen on its reserve" in text
    needed = body[list(CHANNELS)].sum()
    assert f"{body['excluded'] / needed:.1%} could not be done" in text
    assert f"incidents at cut-overs: {body['incidents']}, residents hit: {int(body['affected']):,};" in text
    own = records.systems[records.systems["code"] == body["code"]]
    for lot in lots():
        rows = own[own["lot"] == lot.lot]
        if rows.empty:
            continue
        line = next(line for line in lines if line.startswith(f"  {lot.name_en}  "))
        first = rows["commit"].min()
        assert ("–" if pd.isna(first) else f"{first:%Y-%m}") in line
        late = rows["late"].sum()
        if late:
            assert f"{late} of {len(rows)} (R" in line
        else:
            assert "none" in line
    refused = one.months.loc[one.months["refused"] > 0, "month"]
    expected = f"first instalment: {len(refused)}, first" if len(refused) else "money never kept it from deciding"
    assert expected in text
    assert lines[-1] == "One simulated run; not a forecast for any municipality"


def test_the_table_of_changes_gives_differences_and_names_what_changes_nothing(
    told: dict[int, Biography], changes: pd.DataFrame
) -> None:
    text = story(told[ROWS[1]], changes, "en")
    base = changes.iloc[0]
    last = f"{base['months_to_live']:,.0f}" if not np.isnan(base["months_to_live"]) else "not by March 2036"
    line = next(line for line in text.splitlines() if line.startswith("  as it was"))
    assert numbers(line)[-3:] == [
        f"{base['late_systems']:.0f}",
        f"{base['cost_per_resident_2035']:,.0f}",
        f"{base['excluded_share']:.1%}"[:-1],
    ]
    assert last in line
    named = {"products": "products 6 months earlier", "alone": "no cooperation", "firm": "no extension for anybody"}
    quiet = next((line for line in text.splitlines() if line.startswith("  nothing changes: ")), "")
    for row in changes.to_dict("records"):
        if row["lever"] in named and row["is_new"]:
            assert (named[row["lever"]] in quiet) == (not row["changes"])
            if row["changes"] and row["late_systems"] != base["late_systems"]:
                line = next(line for line in text.splitlines() if line.startswith(f"  {named[row['lever']]}"))
                assert f"{row['late_systems'] - base['late_systems']:+,.0f}" in line


@pytest.mark.parametrize("row", ROWS)
def test_both_languages_tell_the_same_numbers(told: dict[int, Biography], changes: pd.DataFrame, row: int) -> None:
    english, japanese = (story(told[row], changes, language) for language in LANGUAGES)
    assert len(english.splitlines()) == len(japanese.splitlines())
    for one, other in zip(english.splitlines()[2:-1], japanese.splitlines()[2:-1], strict=True):
        assert bool(one.strip()) == bool(other.strip())
        if one.strip():
            assert JAPANESE.search(other), other
        plain = [re.sub(r"(\d{4})年(\d{1,2})月", lambda m: f"{m[1]}-{int(m[2]):02}", other)]
        if "million" not in one and "2021" not in one and "2036" not in other:
            assert sorted(numbers(plain[0])) == sorted(numbers(one)), (one, other)


def test_the_words_of_events_are_spoken_in_japanese_too(nation: Nation, scenario: Scenario) -> None:
    set_language("ja")
    words = biography(nation, scenario, SEED, nation.municipalities["code"][ROWS[1]]).events["words"]
    assert all(JAPANESE.search(word) for word in words)


def test_the_timeline_draws_what_the_tables_say(told: dict[int, Biography], language: str) -> None:
    one = told[ROWS[1]]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a glyph that no font has is a warning
        figure = timeline_figure(one)
        figure.canvas.draw()
    systems, decision, queue, staff = figure.axes[:4]
    names = [label.get_text() for label in systems.get_yticklabels()]
    known = {row.operation: row.name for row in operations()}
    assert names == [known[key] for key in known if key in set(one.systems["operation"])]
    assert systems.collections[0].get_array().size == len(names) * MONTHS
    rows = one.hazards[one.hazards["lot"] == main_lot(one)]
    threshold = next(line for line in decision.lines if len(line.get_xdata()) == 2 and line.get_ydata()[0] > 0)
    assert threshold.get_ydata()[0] == rows["threshold"].iloc[0]
    assert any(np.array_equal(line.get_ydata(), one.months["demand"]) for line in staff.lines)
    drawn = [line for line in queue.lines if len(line.get_ydata()) == MONTHS]
    assert len(drawn) == min(4, one.queues["vendor"].nunique())
    assert 60 <= last_month(one) < MONTHS
    assert str(int(one.lots["late_systems"].sum())) in describe_timeline(one)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_nation(mixed_nation(3, 3), tmp_path / "small")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "arguments",
    [
        ["01201", "nation=small", "seed=2", "-o", "out", "--language", "ja"],
        ["--language=ja", "-o", "out", "01201", "nation=small", "seed=2"],
        ["01201", "-o", "out", "nation=small", "language=ja", "seed=2"],
        ["1201", "nation=small", "output=out", "seed=2", "language=ja"],
        ["Body 1", "nation=small", "output=out", "seed=2", "language=ja"],
    ],
)
def test_the_command_prints_the_story_and_writes_tables_and_figure(
    desk: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert main(["explain", *arguments]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("Body 1（01201）")
    written = {path.name for path in (desk / "out").iterdir()}
    tables = {"months", "hazards", "queues", "systems", "delays", "events", "lots", "neighbours", "counterfactuals"}
    assert written == {f"{name}.csv" for name in tables} | {"story.txt", "timeline.png"}
    assert (desk / "out" / "story.txt").read_text("utf-8") in printed
    months = pd.read_csv(desk / "out" / "months.csv")
    assert len(months) == MONTHS
    with Image.open(desk / "out" / "timeline.png") as image:
        assert "Body 1（01201）の年表" in image.text["Description"]
        assert len(np.unique(np.asarray(image.convert("L")))) > 20


def test_nothing_is_written_unless_a_folder_is_named(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "01201", "nation=small"]) == 0
    assert capsys.readouterr().out.startswith("Body 1 (01201): ")
    assert [path.name for path in desk.iterdir()] == ["small"]


def test_figures_can_be_left_out(desk: Path) -> None:
    assert main(["explain", "01201", "nation=small", "figures=false", "-o", "out"]) == 0
    assert not (desk / "out" / "timeline.png").exists()


@pytest.mark.parametrize(
    ("arguments", "says", "in_japanese"),
    [
        (["01299", "nation=small"], "nearest: 01", "近いもの：01"),
        (["Bdy 3", "nation=small"], "Body 3", "Body 3"),
        (["zzzzzzzz", "nation=small"], "neither code nor name", "コードでも名称でもありません"),
        (["", "nation=small"], "neither code nor name", "コードでも名称でもありません"),
        (["01201", "nation=small", "policy.deadlin=2027-03"], "policy.deadline", "policy.deadline"),
        (["01201", "nation=nowhere"], "nowhere", "nowhere"),
        (["01201", "nation=small", "-o", "small/municipalities.csv"], "is a file", "ファイル"),
        (["01201", "nation=small", "-o", "small/municipalities.csv/deeper"], "-o FOLDER", "-o フォルダー"),
    ],
)
def test_what_is_typed_wrong_is_said_in_one_sentence(
    desk: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str, in_japanese: str
) -> None:
    for language, words in (("en", says), ("ja", in_japanese)):
        assert main(["explain", *arguments, "--language", language]) == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert words in printed.err
        assert "Traceback" not in printed.err
        if language == "ja":
            assert all(JAPANESE.search(line) for line in printed.err.splitlines())
    assert [path.name for path in desk.iterdir()] == ["small"]


def test_a_name_that_several_have_is_refused_with_their_codes() -> None:
    one = mixed_nation(2, 2)
    bodies = one.municipalities.assign(name=["Fuchu", "Fuchu", "Body 3", "Body 4"])
    twins = make_nation("twins", bodies, one.adjacency)
    first, second = bodies["code"][:2]
    with pytest.raises(InputError, match=f"2 municipalities are called 'Fuchu'; give a code: {first} .*{second}"):
        find_municipality(twins, "Fuchu")
    assert find_municipality(twins, second) == 1
    assert find_municipality(twins, "Body 4") == 3


def test_a_body_without_neighbours_or_group_has_a_story_too() -> None:
    nation = mixed_nation(1, 1, prefectures=1)
    scenario = load_scenario("baseline", {"cooperation.formation": "none"})
    one = biography(nation, scenario, 1, "01201")
    text = story(one, counterfactuals(nation, scenario, 1, "01201"))
    assert "it has no neighbours" in text
    assert "alone throughout" in text
    timeline_figure(one)


def test_a_body_that_never_decides_has_a_story_too(nation: Nation) -> None:
    never = load_scenario("baseline", {"commitment.own_motive_hazard": 0, "commitment.mandate_hazard": 0})
    one = biography(nation, never, 1, "01201")
    text = story(one, counterfactuals(nation, never, 1, "01201"))
    assert one.lots["decided"].isna().all()
    assert "(no decision)" in text
    assert "not by March 2036" in text
    with in_language("ja"):
        timeline_figure(one)
