"""Do the tests pass on the oldest packages that are allowed, on the newest, and on what comes next?"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
DEPENDENCIES = [Requirement(text) for text in PROJECT["project"]["dependencies"]]
# What depends on other packages: input, tables, sweeps, figures, Mesa and Hydra. The page and the twin do not.
TESTS = (
    *("tests/scenario", "tests/nation", "tests/records", "tests/analysis", "tests/views", "tests/sweep"),
    *("tests/test_agents.py", "tests/test_hashes.py", "tests/test_examples.py", "tests/test_cli.py"),
)
NEXT = ("hydra-core>=1.4.0rc3",)  # release candidates of what the project builds on


def lowest(requirement: Requirement) -> str:
    """Return the oldest version that is allowed, ``name==version``."""
    (bound,) = [part.version for part in requirement.specifier if part.operator == ">="]
    return f"{requirement.name}=={bound}"


LANES = ("lowest", "newest", "next")


def packages_of(lane: str) -> list[str]:
    """Return what is installed for a lane."""
    if lane == "lowest":
        return [lowest(requirement) for requirement in DEPENDENCIES]
    coming = {Requirement(text).name for text in NEXT} if lane == "next" else set()
    return [*(str(each) for each in DEPENDENCIES if each.name not in coming), *(NEXT if coming else ())]


def test_every_dependency_has_a_lower_bound() -> None:
    assert len(DEPENDENCIES) > 10
    assert all("==" in lowest(requirement) for requirement in DEPENDENCIES)


@pytest.mark.long
@pytest.mark.parametrize("lane", LANES)
def test_the_tests_pass_on_these_versions(lane: str, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    python = str(tmp_path / "venv" / "bin" / "python")
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, *packages_of(lane), *PROJECT["dependency-groups"]["test"]], check=True)
    environment = os.environ | {"PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    done = subprocess.run(
        [python, "-m", "pytest", "-q", "-x", "-n", "2", "-p", "no:cacheprovider", *TESTS],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
