"""What stands where in the folder of a sweep, and what vouches for it.

::

    manifest.json           code, nation, versions: with the plan all that is needed to go on, elsewhere too
    study.yaml              what was asked
    plan.parquet            one row per planned run, and the scenarios that they start from
    dictionary.csv          what every column of every table means
    begun/                  these four again, as the sweep began: if one of them is damaged, it is taken from here
    records/TABLE/*.parquet what the runs left, one file for each batch
    runs/*.parquet          the mark of a batch: its runs, done or failed, and the checksums of its files
    summary.parquet         when all is done: mean, spread and Monte Carlo error of every KPI, case by case
    ro-crate-metadata.json  when all is done: the sweep described for archives
    aside/                  what was damaged, or not of this sweep, when it went on; nothing is read from here

The manifest ends with the checksum of what stands in it. It has the checksums of what the sweep began with, and, once
the sweep is finished, of all else but the records, for which marks vouch. The name of a mark ends with the mark's own
checksum, and within it stands which sweep it belongs to. What nobody vouches for is not part of the sweep.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

MANIFEST, STUDY, PLAN, DICTIONARY = "manifest.json", "study.yaml", "plan.parquet", "dictionary.csv"
SUMMARY, CRATE = "summary.parquet", "ro-crate-metadata.json"
RECORDS, MARKS, BEGUN, ASIDE, LOCK = "records", "runs", "begun", "aside", ".lock"
TABLES = ("kpis", "strata", "months", "municipalities")
FORMAT = 2
DONE, FAILED = "done", "failed"
ID_DIGITS = 16
CHECKSUM, GIVEN, FILES, FINISHED = "checksum", "given", "files", "finished"  # keys of a manifest
_GROWING = (FINISHED, FILES, "failed", "lost", CHECKSUM)  # keys that change while a sweep goes on

MARK_SCHEMA = pa.schema(
    [
        ("run", pa.string()),
        ("status", pa.string()),  # DONE or FAILED
        ("seconds", pa.float64()),  # of computing
        ("month", pa.string()),  # in which it failed, YYYY-MM, as far as known
        ("error", pa.string()),  # kind of error, null if done
        ("message", pa.string()),  # null if done
        ("attempt", pa.int32()),  # 1, and one more for each retry
    ]
)


def manifest_text(manifest: Mapping[str, Any]) -> str:
    """Return a manifest as it is written, with the checksum of what stands in it."""
    content = {key: value for key, value in manifest.items() if key != CHECKSUM}
    return json.dumps({**content, CHECKSUM: _digest(content)}, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def read_manifest(path: Path) -> dict[str, Any] | None:
    """Return the manifest at `path`; None if there is none of this format that vouches for itself."""
    content = _read_json(path)
    is_whole = content and CHECKSUM in content and content.get("format") == FORMAT
    return content if is_whole else None


def other_format(path: Path) -> object:
    """Return the format of a manifest that another version of dxsim wrote; None if it is not that."""
    content = _read_json(path) or {}
    return None if content.get("format") == FORMAT else content.get("format")


def origin(manifest: Mapping[str, Any]) -> str:
    """Return by what a sweep is known in its marks and records: the checksum of its manifest as it began."""
    return _digest({key: value for key, value in manifest.items() if key not in _GROWING})


def is_sweep(folder: Path) -> bool:
    """Return whether a folder is that of a sweep, be it damaged."""
    return any((folder / name).exists() for name in (PLAN, BEGUN, MARKS))


def _read_json(path: Path) -> dict[str, Any] | None:
    """Return what stands in a manifest; with a checksum, only if it is as it was written, to the letter."""
    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text)
        is_whole = isinstance(content, dict) and (CHECKSUM not in content or manifest_text(content) == text)
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, ValueError, RecursionError):
        return None
    return content if is_whole else None


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
