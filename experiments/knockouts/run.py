"""What does each mechanism do? The tables of knock-outs in the ODD, on the official and the synthetic nation."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

import dxsim
from dxsim.analysis.knockout import SIZE_GROUPS, Knockouts, knockout
from dxsim.views.documents.knockouts import cell, group_label, knockout_label, scale_of_column
from dxsim.views.quantities import outcome_label
from experiments.marks import OF_SECTIONS, write_between_marks
from experiments.patterns.run import official_nation

SECTION = Path(dxsim.__file__).parent / "model" / "odd" / "knockouts.md"
SMALL = "under_10k"
OF_SMALL = (
    "late_share",
    "mean_level_automation",
    "excluded_share",
    "cost_per_resident_2035",
    "impact_person_months",
    "exposed_records",
    "overloaded_share",
)
DIGITAL = "digital_transformation"


def main() -> None:
    """Run all knock-outs on both nations and write the tables between the marks of the ODD's section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=30, help="seeds 1 to N (default 30)")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="runs at a time")
    options = parser.parse_args()
    nations = {"official": official_nation(), "synthetic": dxsim.load_nation("synthetic")}
    scenario = dxsim.load_scenario("baseline")
    parts = []
    for name, nation in nations.items():
        found = knockout(nation, scenario, seeds=range(1, options.seeds + 1), threads=options.threads)
        parts += tables(found, name)
    day = pd.Timestamp.now().strftime("%-d %B %Y")
    text = f"Baseline, seeds 1 to {options.seeds}, {day}.\n\n" + "\n\n".join(parts) + "\n"
    write_between_marks(SECTION, text, OF_SECTIONS)


def tables(found: Knockouts, nation: str) -> list[str]:
    """Return headings and tables of one nation: lateness by size, the small ones, and what is digital by size."""
    table = found.differences
    late = {group_label(group): of(table, group, "late_share") for group in SIZE_GROUPS}
    small = {outcome_label(kpi): of(table, SMALL, kpi) for kpi in OF_SMALL}
    shut_out = {group_label(group): of(table, group, "excluded_share") for group in SIZE_GROUPS}
    digital = {group: rows[rows["knockout"] == DIGITAL] for group, rows in shut_out.items()}
    return [
        f"#### The {nation} nation: late systems by size",
        written(late),
        f"#### The {nation} nation: municipalities below 10,000 residents",
        written(small),
        f"#### The {nation} nation: procedures not reached, by size, with and without all that is digital",
        written(digital),
    ]


def of(table: pd.DataFrame, group: str, kpi: str) -> pd.DataFrame:
    """Return the rows of a KPI for a group of sizes."""
    return table[(table["size_group"] == group) & (table["kpi"] == kpi)]


def written(parts: Mapping[str, pd.DataFrame]) -> str:
    """Return a Markdown table with a column for each part and a row for each knock-out, the values with units first."""
    scales = {name: scale_of_column(rows) for name, rows in parts.items()}
    cells = {
        name: [
            f"{scales[name].text(rows['reference_mean'].iloc[0])} {scales[name].unit}",
            *(cell(row, scales[name]) for row in rows.to_dict("records")),
        ]
        for name, rows in parts.items()
    }
    names = next(iter(parts.values()))["knockout"]
    lines = [["taken away", *parts], ["---", *["--:"] * len(parts)]]
    lines += [list(row) for row in zip(["nothing", *map(knockout_label, names)], *cells.values(), strict=True)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    main()
