"""Which patterns does the model show on the official nation, and how well does it foretell single municipalities?"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

import pandas as pd
import yaml

import dxsim
from dxsim.analysis.pattern_statistics import MANY
from dxsim.nation.known_outcomes import KnownOutcomes, read_known_outcomes
from dxsim.views.documents.validation import validation_markdown, validation_text
from experiments.marks import OF_SECTIONS, write_between_marks

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "japan"
SECTION = Path(dxsim.__file__).parent / "model" / "odd" / "patterns.md"


def main() -> None:
    """Run the seeds, print the tables; write them into the ODD's section if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=60, help="how many seeds (default 60)")
    parser.add_argument("--first-seed", type=int, default=1000, help="the first of them (default 1000)")
    parser.add_argument("--set", nargs="*", default=[], metavar="GROUP.NAME=VALUE", help="parameters changed")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="runs at a time")
    parser.add_argument("--write", action="store_true", help="write the tables into the ODD's section")
    options = parser.parse_args()
    nation = official_nation()
    overrides = {key: yaml.safe_load(value) for key, value in (change.split("=", 1) for change in options.set)}
    found = dxsim.validate(
        nation,
        dxsim.load_scenario("baseline", overrides),
        seeds=range(options.first_seed, options.first_seed + options.seeds),
        known=known_half(nation),
        with_rivals=True,
        threads=options.threads,
    )
    print(validation_text(found))
    if options.write:
        write_between_marks(SECTION, validation_markdown(found), OF_SECTIONS)


def official_nation() -> dxsim.Nation:
    """Return the nation of the official files beside the repository."""
    from tests.hashes import real_japan

    return real_japan()


def known_half(nation: dxsim.Nation) -> KnownOutcomes:
    """Return what was published of a random half of the municipalities, in the form that ``dxsim validate`` reads."""
    listed = pd.read_csv(SHARED / "outcomes.csv", dtype={"code": "str"})
    systems = [name for name in listed if name.startswith("spec_") and name != "spec_common_functions"]
    late = (listed[systems].fillna(0) > 0).sum(axis=1)
    known = pd.DataFrame(
        {"code": listed["code"], "late": (late > 0).astype(int), "late_10": (late >= MANY).astype(int)}
    )
    programmes = pd.read_csv(SHARED / "dx_indicators_2024.csv", dtype={"code": "str"})
    known = known.merge(programmes[["code", "dx_ai"]].rename(columns={"dx_ai": "automation"}), how="left")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "known.csv")
        known.astype({"automation": "Int64"}).to_csv(path, index=False)
        return read_known_outcomes(path, nation)


if __name__ == "__main__":
    main()
