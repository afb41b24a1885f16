"""What do the observed patterns say of the parameters of lateness, under both readings of what binds?"""

from __future__ import annotations

import argparse
import os
import tempfile
from dataclasses import replace
from pathlib import Path

import dxsim
from dxsim.cli.calibrate import POSTERIOR, print_calibration
from dxsim.files import shipped, write_text
from dxsim.nation.nation import write_nation
from dxsim.sweep.study import Study
from dxsim.sweep.study_file import read_study
from experiments.marks import OF_SECTIONS, write_between_marks
from experiments.patterns.run import official_nation

ROOT = Path(__file__).parents[2]
SECTION = Path(dxsim.__file__).parent / "model" / "odd" / "calibration.md"
SIZES = {"lateness": (3, 60), "lateness_calendar_limited": (2, 0)}  # waves, and worlds that are recovered
LATER = {"low": 46.0, "high": 52.0}  # months since April 2021: products of the second reading come later


def studies() -> dict[str, Study]:
    """Return the studies by the name of their posterior."""
    study = read_study("calibration")
    prior = {key: value for key, value in study.uncertainties.items() if key != "vendor.capacity_ratio"}
    prior["vendor.readiness_mean"] = replace(prior["vendor.readiness_mean"], **LATER)
    second = replace(study, name=f"{study.name}_calendar_limited", variants=("calendar_limited",), uncertainties=prior)
    return {"lateness": study, "lateness_calendar_limited": second}


def main() -> None:
    """Calibrate, store the posteriors and write the tables into the ODD's section; runs that are there are kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "results" / "calibration", help="where runs are kept")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="runs at a time")
    options = parser.parse_args()
    texts = []
    with tempfile.TemporaryDirectory() as nation:
        write_nation(official_nation(), Path(nation) / "official")
        for name, study in studies().items():
            folder = options.folder / name
            words = [f"output={folder}", f"nation={nation}/official", f"threads={options.threads}"]
            waves, truths = SIZES[name]
            print_calibration(study, words, waves, 500, truths)
            write_text(
                shipped("configs") / "posterior" / f"{name}.csv", (folder / POSTERIOR).read_text(encoding="utf-8")
            )
            texts.append((folder / "calibration.md").read_text(encoding="utf-8"))
    write_between_marks(SECTION, "\n\n".join(texts), OF_SECTIONS)


if __name__ == "__main__":
    main()
