"""The description of a sweep for archives: what RO-Crate 1.1 and Process Run Crate 0.5 demand, and nothing private."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import pytest
from rocrate.rocrate import ROCrate

from dxsim.sweep.crate import write_crate
from dxsim.sweep.layout import CRATE
from dxsim.sweep.runner import run_sweep
from dxsim.sweep.study_file import read_study


@pytest.fixture
def results(desk):
    return run_sweep(read_study("./study.yaml"), "out")


@pytest.fixture
def crate(results):
    return ROCrate(results.folder)


def test_the_metadata_file_and_the_root_have_what_ro_crate_demands(results, crate):
    graph = {entity["@id"]: entity for entity in json.loads((results.folder / CRATE).read_text("utf-8"))["@graph"]}
    about = graph["ro-crate-metadata.json"]
    assert about["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    assert about["about"] == {"@id": "./"}
    root = crate.root_dataset
    assert root["name"]
    assert root["description"]
    assert root["license"]
    assert datetime.fromisoformat(root["datePublished"]).tzinfo
    listed = {part["@id"] for part in graph["./"]["hasPart"]}
    assert listed == {entity.id for entity in crate.data_entities}
    for place in listed:
        assert (results.folder / place).exists(), place
    on_disk = {path.name for path in results.folder.iterdir() if not path.name.startswith(".")}
    assert on_disk == {Path(place).parts[0] for place in listed} | {CRATE}


def test_every_reference_leads_somewhere(results):
    graph = {entity["@id"]: entity for entity in json.loads((results.folder / CRATE).read_text("utf-8"))["@graph"]}
    for entity in graph.values():
        for value in entity.values():
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, dict):
                    known = item["@id"] in graph or item["@id"].startswith(
                        ("https://w3id.org/ro/crate", "http://schema")
                    )
                    assert known, item


def test_the_run_is_described_as_the_profile_demands(results, crate):
    """What Process Run Crate 0.5 lists as MUST or SHOULD, but for the agent, whom dxsim can't know."""
    profile = crate.root_dataset["conformsTo"]
    assert profile.id == "https://w3id.org/ro/wfrun/process/0.5"
    assert profile.type == "CreativeWork"
    actions = crate.get_by_type("CreateAction")
    assert len(actions) == 1
    action = actions[0]
    assert crate.root_dataset["mentions"] == action
    assert action["name"]
    assert action["description"] == "dxsim sweep run study.yaml"
    assert datetime.fromisoformat(action["startTime"]) <= datetime.fromisoformat(action["endTime"])
    software = action["instrument"]
    assert software.type == "SoftwareApplication"
    assert software["name"] == "dxsim"
    assert software["softwareVersion"] == results.manifest["software"]["version"]
    git = results.manifest["software"]["git"]  # None outside a checkout
    assert software.get("identifier", "").startswith(git["commit"] if git else "")
    assert any(words.startswith("numba ") for words in software["softwareRequirements"])
    given, made = [entity.id for entity in action["object"]], [entity.id for entity in action["result"]]
    assert given == ["study.yaml", "plan.parquet", "#nation"]
    assert {"records/kpis/", "runs/", "summary.parquet", "dictionary.csv", "manifest.json"} <= set(made)


def test_the_nation_is_credited(results):
    manifest = dict(results.manifest)
    manifest["nation"] = {**manifest["nation"], "attribution": ["出典 (source): somebody"]}
    write_crate(results.folder, manifest)
    nation = ROCrate(results.folder).dereference("#nation")
    assert nation["creditText"] == ["出典 (source): somebody"]
    assert nation["identifier"] == manifest["nation"]["fingerprint"]


def test_the_same_sweep_gives_the_same_bytes_without_a_path_of_this_machine(results, desk):
    before = (results.folder / CRATE).read_bytes()
    assert write_crate(results.folder, results.manifest) is None
    assert (results.folder / CRATE).read_bytes() == before
    for private in (str(desk), str(Path.home()), str(Path(__file__).parents[2])):
        assert private.encode() not in before
    assert not list(results.folder.glob(".ro-crate*"))
