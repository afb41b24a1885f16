"""Which null models does the simulation beat, on the official nation, and where does it lose?"""

from __future__ import annotations

import argparse
from pathlib import Path

import dxsim
from dxsim.files import write_csv
from dxsim.views.documents.validation import IN_SHORT, null_note, null_rows
from experiments.marks import table, write_between_marks
from experiments.patterns.run import known_half, official_nation

HERE = Path(__file__).parent


def main() -> None:
    """Run the seeds; write the table as CSV and between the marks of README.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, help="how many seeds (default 100)")
    parser.add_argument("--first-seed", type=int, default=6001, help="the first of them (default 6001)")
    parser.add_argument("--threads", type=int, help="runs at a time (default: all processors)")
    options = parser.parse_args()
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    nation = official_nation()
    known = known_half(nation)
    found = dxsim.validate(nation, "baseline", seeds=seeds, known=known, with_nulls=True, threads=options.threads)
    write_csv(HERE / "nulls.csv", found.nulls, float_format="%.6g")
    head = f"Baseline on the official nation, seeds {seeds[0]} to {seeds[-1]}, dxsim {dxsim.__version__}.\n\n"
    short = found.nulls[found.nulls["score"].isin(IN_SHORT)]
    text = head + table(null_rows(short.to_dict("records")), 3) + "\n" + null_note() + "\n"
    write_between_marks(HERE / "README.md", text)


if __name__ == "__main__":
    main()
