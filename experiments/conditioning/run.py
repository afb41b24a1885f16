"""How well are single municipalities foretold from a known half, and what do worlds like today's expect?"""

from __future__ import annotations

import argparse
from pathlib import Path

import dxsim
from dxsim.files import write_whole
from dxsim.views.documents.conditioning import conditioning_markdown
from dxsim.views.sweep.conditioning import conditioning_figure
from experiments.marks import write_between_marks
from experiments.patterns.run import known_half, official_nation

HERE = Path(__file__).parent


def main() -> None:
    """Run the seeds; write the tables between the marks of README.md, and the figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="how many seeds (default 200)")
    parser.add_argument("--first-seed", type=int, default=6001, help="the first of them (default 6001)")
    parser.add_argument("--threads", type=int, help="runs at a time (default: all processors)")
    options = parser.parse_args()
    nation = official_nation()
    found = dxsim.condition(
        nation,
        "baseline",
        known_half(nation),
        seeds=range(options.first_seed, options.first_seed + options.seeds),
        with_rivals=True,
        threads=options.threads,
    )
    write_between_marks(HERE / "README.md", conditioning_markdown(found))
    write_whole(HERE / "conditioning.png", conditioning_figure(found).savefig)


if __name__ == "__main__":
    main()
