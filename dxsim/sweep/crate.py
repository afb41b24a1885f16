"""A sweep described for archives: RO-Crate metadata after the Process Run Crate profile, beside the data that it is of.

Source: Workflow Run RO-Crate working group, Process Run Crate 0.5, which extends RO-Crate 1.1.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dxsim.files import write_text
from dxsim.sweep.layout import BEGUN, CRATE, DICTIONARY, MANIFEST, MARKS, PLAN, RECORDS, STUDY, SUMMARY

if TYPE_CHECKING:
    from rocrate.model.data_entity import DataEntity
    from rocrate.rocrate import ROCrate

RO_CRATE = "1.1"
PROFILE, PROFILE_VERSION = "https://w3id.org/ro/wfrun/process", "0.5"
PARQUET, CSV, JSON, YAML = "application/vnd.apache.parquet", "text/csv", "application/json", "application/yaml"
LICENCE = "Chosen by whoever publishes these results; what they were made from has the credits and terms named there."
_GIVEN = {
    STUDY: ("Study", "The experiment as it was described", YAML),
    PLAN: ("Plan", "One row per planned run: its id, alternative, parameters and seed", PARQUET),
}
_MADE = {
    f"{RECORDS}/kpis/": ("KPIs", "One row per finished run", PARQUET),
    f"{RECORDS}/strata/": ("Strata", "One row per finished run and class of municipalities", PARQUET),
    f"{RECORDS}/months/": ("Months", "One row per finished run, month and type of municipality", PARQUET),
    f"{RECORDS}/municipalities/": (
        "Municipalities",
        "One row per finished run and municipality: its final state",
        PARQUET,
    ),
    f"{MARKS}/": ("Runs", "One row per run that was tried: done or failed", PARQUET),
    SUMMARY: ("Summary", "Mean, spread and Monte Carlo error of every KPI, case by case", PARQUET),
    DICTIONARY: ("Data dictionary", "What every column of every table means, in English and Japanese", CSV),
    f"{BEGUN}/": ("Beginning", "Second copies of study, plan, dictionary and manifest, as the sweep began", ""),
    MANIFEST: ("Manifest", "Versions, fingerprints and settings: all that is needed to run this again", JSON),
}


def write_crate(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write ``ro-crate-metadata.json`` into the folder of a finished sweep; the same sweep, the same bytes.

    Parameters
    ----------
    folder : Path
        Of the sweep. Nothing in it is copied or changed.
    manifest : mapping
        Of the sweep, finished.
    """
    from rocrate.model.contextentity import ContextEntity
    from rocrate.model.softwareapplication import SoftwareApplication
    from rocrate.rocrate import ROCrate

    crate = ROCrate(version=RO_CRATE)
    profile = {"@type": "CreativeWork", "name": "Process Run Crate", "version": PROFILE_VERSION}
    title = _english(manifest["study"].get("title"), manifest["study"]["name"])
    crate.root_dataset.properties().update(
        {
            "name": title,
            "description": _english(manifest["study"].get("question"), title),
            "datePublished": manifest["finished"],
            "license": LICENCE,
            "identifier": manifest["sweep"],
        }
    )
    crate.root_dataset["conformsTo"] = crate.add(ContextEntity(crate, f"{PROFILE}/{PROFILE_VERSION}", profile))
    software = crate.add(SoftwareApplication(crate, "#dxsim", _software(manifest)))
    nation = crate.add(ContextEntity(crate, "#nation", _nation(manifest["nation"])))
    action = {
        "@type": "CreateAction",
        "name": "Simulation of all runs of the plan",
        "description": " ".join(["dxsim", "sweep", "run", STUDY]),
        "startTime": manifest["started"],
        "endTime": manifest["finished"],
        "actionStatus": {"@id": "http://schema.org/CompletedActionStatus"},
    }
    run = crate.add(ContextEntity(crate, f"#sweep-{manifest['sweep']}", action))
    run["instrument"] = software
    run["object"] = [*_add(crate, folder, _GIVEN), nation]
    run["result"] = _add(crate, folder, _MADE)
    crate.root_dataset["mentions"] = run
    text = json.dumps(crate.metadata.generate(), ensure_ascii=False, indent=2, sort_keys=True)
    write_text(folder / CRATE, text + "\n")


def _english(texts: Mapping[str, str] | None, otherwise: str) -> str:
    """Return a text of a study in English, in another language if that is all there is, or `otherwise`."""
    return (texts or {}).get("en") or next(iter((texts or {}).values()), otherwise)


def _software(manifest: Mapping[str, Any]) -> dict[str, Any]:
    software, packages = manifest["software"], manifest["packages"]
    git = software["git"]
    properties = {
        "name": software["name"],
        "softwareVersion": software["version"],
        "softwareRequirements": [f"Python {manifest['python']}", *(f"{name} {packages[name]}" for name in packages)],
    }
    if git:
        properties["identifier"] = git["commit"] + (" and uncommitted changes" if git["dirty"] else "")
    return properties


def _nation(nation: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "@type": "CreativeWork",
        "name": nation["name"],
        "description": "The municipalities that took part; its tables are not in this folder.",
        "identifier": nation["fingerprint"],
        "creditText": list(nation["attribution"]),
    }


def _add(crate: ROCrate, folder: Path, parts: Mapping[str, tuple[str, str, str]]) -> list[DataEntity]:
    """Add those parts of the sweep that are there; folders as one, so that the number of files does not matter."""
    added = []
    for place, (name, description, media_type) in parts.items():
        if (folder / place).exists():
            about = {"name": name, "description": description}
            about |= {"encodingFormat": media_type} if media_type else {}
            add = crate.add_dataset if place.endswith("/") else crate.add_file
            added.append(add(dest_path=place, properties=about))
    return added
