"""Does cooperation help small municipalities more? The baseline against no cooperation, seed by seed."""

from __future__ import annotations

import argparse
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

import dxsim
from dxsim.analysis.paired import paired_difference
from dxsim.records.size_classes import SIZE_CLASSES, by_size_class
from dxsim.views.style import INK, new_figure, style

HERE = Path(__file__).parent
WITH, WITHOUT = "baseline", "no_cooperation"
OUTCOMES = {  # column of by_size_class: title, how a value is written, factor
    "cost_per_resident": ("IT cost per resident, FY2035, yen", "{:,.0f}", 1),
    "late_share": ("late systems, %", "{:.1f}", 100),
    "overloaded_share": ("overloaded municipalities, March 2036, %", "{:.1f}", 100),
    "excluded_share": ("procedures not reached, %", "{:.2f}", 100),
}
START, END = "<!-- table -->\n", "<!-- end of table -->\n"


def main() -> None:
    """Run all pairs and write the table, the figures and the part of README.md between the marks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=30, help="seeds 1 to N (default 30)")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="runs at a time")
    options = parser.parse_args()
    seeds = range(1, options.seeds + 1)
    nation = dxsim.load_nation("synthetic")

    def classes(scenario: str, seed: int) -> pd.DataFrame:
        return by_size_class(dxsim.simulate(nation, dxsim.load_scenario(scenario), seed))

    runs = [(scenario, seed) for scenario in (WITH, WITHOUT) for seed in seeds]
    with ThreadPoolExecutor(options.threads) as pool:
        tables = dict(zip(runs, pool.map(lambda run: classes(*run), runs), strict=True))
    result = compare([tables[WITHOUT, seed] for seed in seeds], [tables[WITH, seed] for seed in seeds])
    result.to_csv(HERE / "by_size_class.csv", index=False, float_format="%.6g", lineterminator="\n")
    first = dxsim.simulate(nation, dxsim.load_scenario(WITH), 1)
    with style():
        dxsim.plots.groups(first, nation).savefig(HERE / "groups.png", metadata={"Software": None})
        difference_figure(result, len(seeds)).savefig(HERE / "difference.png", metadata={"Software": None})
    write_between_marks(HERE / "README.md", markdown(result, len(seeds)))


def compare(without: list[pd.DataFrame], with_: list[pd.DataFrame]) -> pd.DataFrame:
    """Return a row for each outcome and size class: means with and without, and the paired difference."""
    rows = []
    for outcome in OUTCOMES:
        for place, size_class in enumerate(SIZE_CLASSES):
            before, after = (np.array([table[outcome][place] for table in tables]) for tables in (without, with_))
            found = paired_difference(before, after)
            rows.append(
                {
                    "outcome": outcome,
                    "size_class": size_class,
                    "municipalities": with_[0]["municipalities"][place],
                    "cooperating_share": np.mean([table["cooperating_share"][place] for table in with_]),
                    "without": before.mean(),
                    "with": after.mean(),
                    "difference": found.mean,
                    "low": found.low,
                    "high": found.high,
                    "seeds": found.n,
                }
            )
    return pd.DataFrame(rows)


def markdown(result: pd.DataFrame, seeds: int) -> str:
    """Return the table for the README: a row for each size class, three columns for each outcome."""
    lines = [
        f"Means over {seeds} seeds: without cooperation, with it, and the difference [95 % interval].",
        "",
        "| residents | municipalities | in a group | " + " | ".join(title for title, _, _ in OUTCOMES.values()) + " |",
        "|---|--:|--:|" + "---|" * len(OUTCOMES),
    ]
    for size_class, rows in result.groupby("size_class", sort=False):
        by_outcome = rows.set_index("outcome")
        cells = []
        for outcome, (_, written, factor) in OUTCOMES.items():
            row = by_outcome.loc[outcome]
            without, with_, difference, low, high = (
                written.format(factor * row[name]) for name in ("without", "with", "difference", "low", "high")
            )
            cells.append(f"{without} → {with_}: {difference} [{low}, {high}]")
        first = rows.iloc[0]
        lines.append(
            f"| {size_class.replace('_', ' ')} | {first['municipalities']:,} | {first['cooperating_share']:.0%} | "
            + " | ".join(cells)
            + " |"
        )
    return "\n".join(lines) + "\n"


def difference_figure(result: pd.DataFrame, seeds: int) -> Figure:
    """Return the paired differences by size class, one chart for each outcome that differs at all."""
    differing = [outcome for outcome in OUTCOMES if result.loc[result["outcome"] == outcome, "difference"].any()]
    figure = new_figure(width=3.4 * len(differing), height=3.6)
    charts = figure.subplots(1, len(differing), squeeze=False)
    for axes, outcome in zip(charts.flat, differing, strict=True):
        title, _, factor = OUTCOMES[outcome]
        rows = result[result["outcome"] == outcome]
        mean = factor * rows["difference"].to_numpy()
        reach = np.abs(factor * rows[["low", "high"]].to_numpy().T - mean)
        axes.axhline(0, color=INK, linewidth=0.8)
        axes.errorbar(np.arange(len(rows)), mean, yerr=reach, fmt="o", color="#0072b2", capsize=3, markersize=5)
        names = [name.replace("_", " ") for name in rows["size_class"]]
        axes.set_xticks(np.arange(len(rows)), names, rotation=40, ha="right")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
        axes.grid(visible=True)
        axes.set_title(title, fontsize=10)
    figure.suptitle(
        f"With cooperation less without, by residents: mean and 95 % interval over {seeds} seeds",
        x=0.01,
        ha="left",
        fontsize=11,
    )
    return figure


def write_between_marks(file: Path, text: str) -> None:
    """Replace what stands between the marks in `file`."""
    before, _, rest = file.read_text(encoding="utf-8").partition(START)
    _, _, after = rest.partition(END)
    file.write_text(before + START + "\n" + text + "\n" + END + after, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
