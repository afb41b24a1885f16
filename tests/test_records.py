"""Records: what the tables say of a run worked out by hand, and that they are written whole, alike and safely."""

from __future__ import annotations

import errno
import io
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import dxsim
from dxsim.errors import InputError
from dxsim.language import by_language
from dxsim.model.fields import columns_of
from dxsim.model.state import COUNT_FIELDS
from dxsim.nation.vendor_table import read_vendor_table
from dxsim.records import TABLES, Records, check_output, read_records, write_records
from dxsim.records.findings import Findings
from dxsim.records.measures import concentration
from dxsim.records.provenance import describe_run, git_state, now, without_folders
from dxsim.records.store import check_writable
from dxsim.records.summary import summarise
from dxsim.scenario.scenario import Announcement, VendorEvent, scenario_names
from dxsim.terms.kpis import find_kpi, kpi_table
from dxsim.views.labels import kpi_label

WANTED = {
    "live_share_deadline": 63 / 76,
    "live_share_2026_01": 38 / 76,
    "live_share_2027_03": 75 / 76,
    "live_share_2031_03": 75 / 76,
    "late_share": 13 / 76,
    "late_reason_share_R1": 1 / 13,
    "late_reason_share_R2": 0.0,
    "late_reason_share_R3": 0.0,
    "late_reason_share_R4": 12 / 13,
    "late_reason_share_R5": 0.0,
    "municipalities_late_share": 0.5,
    "municipalities_late_10_share": 0.25,
    "mean_late_systems": 6.5,
    "declared_systems_2025_10": 12.0,
    "declared_municipalities_2025_10": 1.0,
    "months_to_live_50": 58.0,
    "months_to_live_90": 72.0,
    "months_to_live_95": 72.0,
    "hhi_systems_start": 10_000.0,
    "hhi_systems": 10_000 * (75**2 + 1) / 76**2,
    "hhi_population_start": 10_000.0,
    "switch_rate": 1 / 20,
}


@pytest.mark.parametrize("kpi", WANTED)
def test_kpis_of_the_hand_made_run(four_bodies_records: Records, kpi: str) -> None:
    values = four_bodies_records.summary.set_index("kpi")["value"]
    assert values[kpi] == pytest.approx(WANTED[kpi], abs=1e-12)


def test_population_concentration_weighs_systems_by_residents(four_bodies_records: Records) -> None:
    everything = 20 * 60_000 + 20 * 900_000 + 18 * 9_000 + 18 * 900
    small = 60_000 / everything
    value = four_bodies_records.summary.set_index("kpi")["value"]["hhi_population"]
    assert value == pytest.approx(10_000 * ((1 - small) ** 2 + small**2))


def test_a_run_without_late_systems_has_no_reasons_and_no_mean(four_bodies_findings: Findings) -> None:
    outcome = four_bodies_findings.outcome
    systems = outcome.state.systems.copy()
    systems.live, systems.reason = np.minimum(np.abs(systems.live), 60), 0
    on_time = outcome._replace(state=outcome.state._replace(systems=systems))
    values = summarise(replace(four_bodies_findings, outcome=on_time), ()).set_index("kpi")["value"]
    assert values["late_share"] == 0.0
    assert math.isnan(values["mean_late_systems"])
    assert math.isnan(values["late_reason_share_R4"])


def test_a_share_that_is_never_reached_is_missing(four_bodies_findings: Findings) -> None:
    outcome = four_bodies_findings.outcome
    counts = outcome.series.counts_by_month.copy()
    counts.live = 0
    stuck = outcome._replace(series=outcome.series._replace(counts_by_month=counts))
    values = summarise(replace(four_bodies_findings, outcome=stuck), ()).set_index("kpi")["value"]
    assert values[[f"months_to_live_{p}" for p in (50, 90, 95)]].isna().all()


def test_every_kpi_has_a_unit_a_formula_and_a_name_in_both_languages(four_bodies_records: Records) -> None:
    used = {find_kpi(name)[0].kpi for name in four_bodies_records.summary["kpi"]}
    assert used == set(kpi_table())
    for name in four_bodies_records.summary["kpi"]:
        kpi = find_kpi(name)[0]
        assert kpi.unit
        assert kpi.formula
        assert kpi.missing
        assert kpi.direction in ("more", "less", "neither")
        for label in by_language(lambda name=name: kpi_label(name, "2026-03")).values():
            assert label
            assert "{" not in label


@pytest.mark.parametrize("name", scenario_names())
def test_scenarios_name_kpis_that_there_are(four_bodies_records: Records, name: str) -> None:
    named = {expectation.kpi for expectation in dxsim.load_scenario(name).expected}
    assert named <= set(four_bodies_records.summary["kpi"])


def test_all_is_the_sum_of_the_types(four_bodies_records: Records) -> None:
    monthly = four_bodies_records.monthly
    assert len(monthly) == 180 * 8
    columns = ["systems", "municipalities", *columns_of(COUNT_FIELDS)]
    of_types = monthly[monthly["type"] != "all"].groupby("month")[columns].sum()
    of_all = monthly[monthly["type"] == "all"].set_index("month")[columns]
    pd.testing.assert_frame_equal(of_types, of_all, check_dtype=False)
    assert of_all["systems"].eq(76).all()
    assert of_all["municipalities"].eq(4).all()


def test_months_name_the_state_at_their_end(four_bodies_records: Records) -> None:
    systems = four_bodies_records.systems
    city = systems[systems["code"] == "01201"]
    assert (city["live"] == pd.Timestamp("2026-01-01")).all()
    assert (city["commit"] == pd.Timestamp("2023-10-01")).all()
    assert systems["order"].isna().all()
    monthly = four_bodies_records.monthly.query("type == 'other_city'").set_index("month")["live"]
    assert monthly["2025-12-01"] == 0
    assert monthly["2026-01-01"] == 20


def test_one_row_for_each_system_that_applies(four_bodies_records: Records) -> None:
    systems = four_bodies_records.systems
    assert systems.groupby("code").size().tolist() == [20, 20, 18, 18]
    assert not systems.duplicated(["code", "operation"]).any()
    never = systems[systems["live"].isna()]
    assert never[["code", "state", "late", "reason"]].to_numpy().tolist() == [["01203", "migrating", True, "R1"]]
    assert systems.loc[~systems["late"], "reason"].isna().all()
    assert (systems["cause"] == "mandate").all()
    moved = systems[systems["vendor"] != systems["legacy_vendor"]]
    assert moved[["code", "operation", "vendor"]].to_numpy().tolist() == [["01201", "health_management", "Vendor 02"]]


def test_municipalities_count_their_systems(four_bodies_records: Records) -> None:
    bodies = four_bodies_records.municipalities
    assert bodies["late_systems"].tolist() == [0, 12, 1, 0]
    assert bodies["late_R4"].tolist() == [0, 12, 0, 0]
    assert bodies["late_R1"].tolist() == [0, 0, 1, 0]
    assert bodies["outstanding_systems"].tolist() == [0, 0, 1, 0]
    assert bodies["systems"].tolist() == [20, 20, 18, 18]
    assert bodies["main_vendor"].tolist() == ["Vendor 01"] * 4
    assert bodies["last_live"].isna().tolist() == [False, False, True, False]
    assert bodies["last_live"][1] == pd.Timestamp("2027-03-01")


def test_concentration_is_10000_for_one_vendor_and_falls_with_their_number() -> None:
    assert concentration(np.array([5.0, 0.0, 0.0])) == 10_000
    assert concentration(np.ones(8)) == pytest.approx(1250)
    assert np.isnan(concentration(np.zeros(3)))


def test_records_read_back_as_they_were(four_bodies_records: Records, tmp_path: Path) -> None:
    write_records(four_bodies_records, tmp_path / "run")
    again = read_records(tmp_path / "run")
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(again, name), getattr(four_bodies_records, name))
    files = again.manifest["files"]
    assert set(files) == {f"{name}.parquet" for name in TABLES}
    assert {**four_bodies_records.manifest, "files": files} == again.manifest


def test_the_same_records_give_the_same_bytes(four_bodies_records: Records, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        write_records(four_bodies_records, tmp_path / folder)
    for name in TABLES:
        assert (tmp_path / "one" / f"{name}.parquet").read_bytes() == (
            tmp_path / "two" / f"{name}.parquet"
        ).read_bytes()


def test_records_replace_older_records_whole(four_bodies_records: Records, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    write_records(four_bodies_records, folder, also=lambda making: (making / "extra.txt").write_text("old"))
    write_records(replace(four_bodies_records, manifest={**four_bodies_records.manifest, "seed": 2}), folder)
    assert read_records(folder).manifest["seed"] == 2
    assert not (folder / "extra.txt").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_failure_leaves_the_older_records_and_no_litter(four_bodies_records: Records, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    write_records(four_bodies_records, folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def fail(_: Path) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_records(four_bodies_records, folder, also=fail)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("manifest", [None, "{}", "not json", '{"software": {"name": "other"}, "files": {}}', "[]"])
def test_a_folder_of_somebody_else_is_refused(
    four_bodies_records: Records, tmp_path: Path, manifest: str | None
) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    if manifest is not None:
        (tmp_path / "manifest.json").write_text(manifest)
    with pytest.raises(InputError, match="output="):
        write_records(four_bodies_records, tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_a_file_that_a_user_put_beside_records_is_not_lost(four_bodies_records: Records, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    write_records(four_bodies_records, folder)
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match=r"notes\.txt"):
        check_output(folder)


def test_a_file_where_a_folder_should_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file")
    with pytest.raises(InputError, match="is a file"):
        check_output(tmp_path / "run" / "deeper")


def test_new_and_empty_folders_will_do(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    check_output(tmp_path / "empty")
    check_output(tmp_path / "new" / "newer")
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


def test_a_place_where_nothing_can_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[Path] = []

    def refuse(*_: object, dir: Path, **__: object) -> None:
        tried.append(dir)
        if dir == tmp_path:
            raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("dxsim.records.store.tempfile.TemporaryFile", lambda **given: refuse(**given) or io.BytesIO())
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "new" / "newer", tmp_path / "empty"):  # a folder is replaced within its parent
        with pytest.raises(InputError, match=r"can't be written: Read-only file system; .* output=FOLDER"):
            check_output(folder)
    assert tried == [tmp_path, tmp_path / "empty", tmp_path]
    check_writable(tmp_path / "empty" / "new")
    with pytest.raises(InputError, match=r"Read-only file system; .* -o FOLDER"):
        check_writable(tmp_path / "new")


def test_changed_and_missing_tables_are_all_named(four_bodies_records: Records, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    write_records(four_bodies_records, folder)
    (folder / "market.parquet").unlink()
    with (folder / "summary.parquet").open("ab") as file:
        file.write(b"x")
    with pytest.raises(InputError) as caught:
        read_records(folder)
    assert {problem.where for problem in caught.value.problems} == {"market.parquet", "summary.parquet"}


def test_other_folders_are_not_records(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a folder of dxsim's records"):
        read_records(tmp_path)


def test_the_manifest_names_everything_but_the_machine(four_bodies_records: Records, tmp_path: Path) -> None:
    write_records(four_bodies_records, tmp_path / "run")
    text = (tmp_path / "run" / "manifest.json").read_text(encoding="utf-8")
    manifest = json.loads(text)
    assert manifest["software"]["version"] == dxsim.__version__
    assert manifest["seed"] == 1
    assert {"numpy", "numba", "pandas", "pyarrow"} <= set(manifest["packages"])
    for checksum in (
        manifest["registry_sha256"],
        manifest["scenario"]["fingerprint"],
        manifest["nation"]["fingerprint"],
    ):
        assert len(checksum) == 64
    for place in (Path.home(), Path.cwd(), tmp_path):
        assert str(place) not in text


def test_a_users_scenario_can_be_rebuilt_from_the_manifest(four_bodies, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "name: mine\nextends: baseline\ntitle: {en: Mine}\nmeaning: {en: A test.}\nsurveys: [2025-10]\n"
        "announcements: [{month: 2024-12, signal: 0.7, text: Late}]\n"
        "vendor_events: [{month: 2025-10, vendors: [1, 3], capacity_factor: 0.4, withdrawn_lots: [core], text: Out}]\n"
    )
    scenario = dxsim.load_scenario(tmp_path / "mine.yaml", {"policy.portability": 0.9})
    manifest = json.loads(json.dumps(describe_run(four_bodies, scenario, 1, now())))["scenario"]
    events = [dict(event) for event in manifest["events"]]
    announced = [Announcement(**event) for event in events if event.pop("kind") == "announcement"]
    by_vendors = [VendorEvent(**event) for event in events if "vendors" in event]
    rebuilt = replace(
        scenario,
        values=manifest["values"],
        announcements=tuple(announced),
        vendor_events=tuple(by_vendors),
        surveys=tuple(manifest["surveys"]),
    )
    assert rebuilt.fingerprint == scenario.fingerprint == manifest["fingerprint"]
    assert [event["text"]["en"] for event in manifest["events"]] == ["Late", "Out"]
    assert manifest["overrides"] == {"policy.portability": 0.9}


def test_a_vendor_table_leaves_its_fingerprint_in_the_manifest(four_bodies, tmp_path: Path) -> None:
    (tmp_path / "vendors.csv").write_text("code,lot,vendor\n01201,core,A\n")
    table = read_vendor_table(tmp_path / "vendors.csv", four_bodies)
    baseline = dxsim.load_scenario("baseline")
    assert dxsim.simulate(four_bodies, baseline, 1, table).manifest["vendor_table_sha256"] == table.fingerprint
    assert dxsim.simulate(four_bodies, baseline, 1).manifest["vendor_table_sha256"] is None


def test_absolute_paths_lose_their_folders() -> None:
    given = {"a": ["output=/tmp/somewhere/mine", "seed=1"], "b": Path("/srv/data/nation"), "c": "results/x", "d": 3}
    assert without_folders(given) == {"a": ["output=mine", "seed=1"], "b": "nation", "c": "results/x", "d": 3}


def test_outside_a_checkout_there_is_no_commit(tmp_path: Path) -> None:
    assert git_state(tmp_path) is None


@pytest.mark.parametrize("seed", [-1, 2**63, 1.5, True, "1"])
def test_seeds_out_of_bounds_are_refused(four_bodies, seed: object) -> None:
    with pytest.raises(InputError, match="seed"):
        dxsim.simulate(four_bodies, dxsim.load_scenario("baseline"), seed)
