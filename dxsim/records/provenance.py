"""Where records come from: all that is needed to run them again, and nothing about whose machine it was."""

from __future__ import annotations

import hashlib
import platform
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from dxsim import __version__
from dxsim.characters import visible
from dxsim.files import PACKAGE, sha256
from dxsim.terms.calendar import MONTHS, month_name

if TYPE_CHECKING:
    from dxsim.nation.nation import Nation
    from dxsim.nation.vendor_table import VendorTable
    from dxsim.scenario.scenario import Scenario

SOFTWARE = "dxsim"
FORMAT = 2
_ROOMS_OF_RESULTS = ("terms", "model", "nation", "scenario", "records")
_COMPILERS = ("numba", "llvmlite", "numpy")
_PACKAGES = ("numpy", "scipy", "numba", "llvmlite", "pandas", "pyarrow", "networkx", "matplotlib")


def describe_run(
    nation: Nation,
    scenario: Scenario,
    seed: int,
    started: datetime,
    vendor_table: VendorTable | None = None,
    begins: Iterable[int] = (),
) -> dict[str, Any]:
    """Return the manifest of a run that ends now; the scenario in it can be rebuilt, whoever's file it was.

    `begins` are the months in which policies began; those that never did are null in the manifest.
    """
    return {
        **describe_software(),
        "seed": seed,
        "scenario": describe_scenario(scenario),
        "policies_began": [month_name(int(month)) if month < MONTHS else None for month in begins],
        "nation": describe_nation(nation),
        "vendor_table_sha256": vendor_table.fingerprint if vendor_table else None,
        "registry_sha256": sha256(PACKAGE / "scenario" / "parameters.csv"),
        "started": started.isoformat(timespec="milliseconds"),
        "finished": now().isoformat(timespec="milliseconds"),
    }


def describe_scenario(scenario: Scenario) -> dict[str, Any]:
    """Return all of a scenario that can change a result, with its name and title."""
    return {
        "name": scenario.name,
        "title": dict(scenario.title),
        "fingerprint": scenario.fingerprint,
        "values": dict(scenario.values),
        "overrides": dict(scenario.overrides),
        "policies": [asdict(policy) for policy in scenario.policies],
        "surveys": list(scenario.surveys),
        "events": _events(scenario),
    }


def describe_software() -> dict[str, Any]:
    """Return what runs: dxsim, Python, the packages that matter, and the kind of machine."""
    return {
        "software": {"name": SOFTWARE, "version": __version__, "format": FORMAT, "git": git_state(PACKAGE.parent)},
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
        "platform": {"system": platform.system(), "machine": platform.machine()},
    }


def describe_nation(nation: Nation) -> dict[str, Any]:
    """Return what a nation is and whom to thank for it."""
    return {
        "name": visible(nation.name),
        "fingerprint": nation.fingerprint,
        "municipalities": len(nation.municipalities),
        "attribution": list(nation.attribution),
        "sources": dict(nation.sources),
    }


@cache
def code_identity() -> Mapping[str, str]:
    """Return what decides the bits of a result: the SHA-256 of the sources of model and records, and the compilers."""
    digest = hashlib.sha256()
    sources = [PACKAGE / "kernel.py", PACKAGE / "streams.py"]
    for room in _ROOMS_OF_RESULTS:
        sources += sorted(path for path in (PACKAGE / room).rglob("*") if path.suffix in (".py", ".csv"))
    for source in sources:
        digest.update(source.relative_to(PACKAGE).as_posix().encode() + b"\0" + source.read_bytes() + b"\0")
    return {"sources": digest.hexdigest(), **{name: version(name) for name in _COMPILERS}}


def now() -> datetime:
    """Return the present time, with its zone."""
    return datetime.now(UTC)


def _events(scenario: Scenario) -> list[dict[str, Any]]:
    announced = [{"kind": "announcement", **asdict(event)} for event in scenario.announcements]
    by_vendors = [
        {
            "kind": "vendor",
            **asdict(event),
            "vendors": list(event.vendors),
            "withdrawn_lots": list(event.withdrawn_lots),
        }
        for event in scenario.vendor_events
    ]
    return sorted(announced + by_vendors, key=lambda event: event["month"])


def git_state(folder: Path) -> dict[str, Any] | None:
    """Return the commit of the checkout in `folder` and whether tracked files differ from it; None outside one."""
    if not (folder / ".git").exists():
        return None
    try:
        commit = _git(folder, "rev-parse", "HEAD")
        changes = _git(folder, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return None
    return {"commit": commit, "dirty": bool(changes)}


def _git(folder: Path, *arguments: str) -> str:
    answer = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True)
    return answer.stdout.strip()


def without_folders(value: object) -> object:
    """Return `value` with every absolute path cut to its last part; ``key=value`` texts and containers are searched.

    Examples
    --------
    >>> without_folders(["run", "output=/home/someone/results/mine", "seed=1"])
    ['run', 'output=mine', 'seed=1']
    """
    if isinstance(value, Mapping):
        return {str(key): without_folders(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_folders(item) for item in value]
    if isinstance(value, PurePath):
        return without_folders(str(value))
    if isinstance(value, str):
        key, equals, text = value.rpartition("=")
        return f"{key}{equals}{Path(text).name}" if Path(text).is_absolute() else value
    return value
