"""Which patterns does the model show? Statistics of many seeds against what was observed."""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

import dxsim
from dxsim.model.run import prepare
from dxsim.records.frame import frame_of
from experiments.patterns.statistics import run_logged, series_errors, statistics

HERE = Path(__file__).parent
PATTERNS = HERE / "patterns.csv"
INTERVAL = (0.05, 0.95)  # quantiles over seeds


def main() -> None:
    """Run the seeds, print the table and write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=60, help="how many seeds (default 60)")
    parser.add_argument("--first-seed", type=int, default=1000, help="the first of them (default 1000)")
    parser.add_argument("--scenario", default="baseline", help="name of a shipped scenario, or a file")
    parser.add_argument(
        "--nation",
        help="synthetic, or a file or folder made by `dxsim nation build` (default: official files in ../shared)",
    )
    parser.add_argument("--set", nargs="*", default=[], metavar="GROUP.NAME=VALUE", help="parameters changed")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="runs at a time")
    parser.add_argument("-o", "--output", type=Path, default=Path("results") / "patterns.csv", help="file of the table")
    parser.add_argument("--markdown", type=Path, help="file for the table as Markdown, as the ODD has it")
    options = parser.parse_args()
    nation = official_nation() if options.nation is None else dxsim.load_nation(options.nation)
    overrides = {key: yaml.safe_load(value) for key, value in (change.split("=", 1) for change in options.set)}
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    runs = statistics_of_seeds(nation, dxsim.load_scenario(options.scenario, overrides), seeds, options.threads)
    table = pattern_table(runs)
    print(as_text(table))
    print(held_text(runs, table))
    options.output.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(options.output, index=False, float_format="%.6g", lineterminator="\n")
    print(f"written to {options.output}")
    if options.markdown:
        options.markdown.write_text(as_markdown(table) + "\n" + held_text(runs, table) + "\n", encoding="utf-8")


def official_nation() -> dxsim.Nation:
    """Return the nation of the official files beside the repository."""
    from tests.hashes import real_japan

    return real_japan()


def statistics_of_seeds(
    nation: dxsim.Nation, scenario: dxsim.Scenario, seeds: Sequence[int], threads: int
) -> pd.DataFrame:
    """Return a row of statistics for each seed."""
    frame = frame_of(nation)

    def one(seed: int) -> dict[str, float]:
        return statistics(run_logged(prepare(nation, scenario, seed)), frame, extended=True)

    with ThreadPoolExecutor(threads) as pool:
        return pd.DataFrame(list(pool.map(one, seeds)), index=pd.Index(seeds, name="seed"))


def pattern_table(runs: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each statistic of ``patterns.csv``.

    Parameters
    ----------
    runs : pandas.DataFrame
        A row of statistics for each seed.

    Returns
    -------
    pandas.DataFrame
        ``pattern``, ``statistic``, ``what``, ``mean``, ``p5`` and ``p95`` over seeds, ``observed``, ``low`` and
        ``high`` of the accept region, ``held`` (yes or no; empty without a region) of the mean, ``source``. The
        errors of the declared series are those of the mean series.
    """
    table = pd.read_csv(PATTERNS, dtype={"pattern": "str", "statistic": "str", "what": "str", "source": "str"})
    of = runs[table["statistic"]]
    table["mean"] = of.mean().to_numpy()
    of_means = series_errors(dict(zip(table["statistic"], table["mean"], strict=True)))
    table["mean"] = [of_means.get(row.statistic, row.mean) for row in table[["statistic", "mean"]].itertuples()]
    table["p5"], table["p95"] = (of.quantile(at).to_numpy() for at in INTERVAL)
    table["held"] = [
        held(mean, low, high) for mean, low, high in zip(table["mean"], table["low"], table["high"], strict=True)
    ]
    order = ("pattern", "statistic", "what", "mean", "p5", "p95", "observed", "low", "high", "held", "source")
    return table[list(order)]


def held(value: float, low: float, high: float) -> str:
    """Return whether a value lies in a region, ``yes`` or ``no``; nothing if there is no region."""
    if math.isnan(low) and math.isnan(high):
        return ""
    return "yes" if not (math.isnan(value) or value < low or value > high) else "no"


def patterns_held(values: Mapping[str, float], table: pd.DataFrame) -> dict[str, bool]:
    """Return for each pattern with a region whether all of its statistics lie in theirs."""
    found: dict[str, bool] = {}
    for pattern, statistic, low, high in zip(
        table["pattern"], table["statistic"], table["low"], table["high"], strict=True
    ):
        verdict = held(values[statistic], low, high)
        if verdict and isinstance(pattern, str):
            found[pattern] = found.get(pattern, True) and verdict == "yes"
    return found


def held_text(runs: pd.DataFrame, table: pd.DataFrame) -> str:
    """Return which patterns hold in the mean, and how many in each seed."""
    of_means = patterns_held(dict(zip(table["statistic"], table["mean"], strict=True)), table)
    by_seed = [sum(patterns_held(row, table).values()) for row in runs.to_dict("records")]
    names = " ".join(name for name, holds in of_means.items() if holds) or "none"
    return (
        f"{sum(of_means.values())} of {len(of_means)} patterns hold in the mean over {len(runs)} seeds: {names}\n"
        f"in one seed: {np.mean(by_seed):.2f} in the mean, at most {max(by_seed)}"
    )


def as_text(table: pd.DataFrame) -> str:
    """Return the table for a terminal."""
    lines = [f"{'':4} {'statistic':34} {'mean':>8} {'90 % of seeds':>19} {'observed':>9} {'region':>16} held"]
    for row in table.to_dict("records"):
        pattern = row["pattern"] if isinstance(row["pattern"], str) else ""
        low, high = number(row["low"]), number(row["high"])
        region = f"[{low}, {high}]" if row["held"] else ""
        interval = f"[{number(row['p5'])}, {number(row['p95'])}]"
        lines.append(
            f"{pattern:4} {row['statistic']:34} {number(row['mean']):>8} {interval:>19} "
            f"{number(row['observed']):>9} {region:>16} {row['held']}"
        )
    return "\n".join(lines)


def as_markdown(table: pd.DataFrame) -> str:
    """Return the table for the ODD, without the source of each row; misses in bold."""
    lines = ["| | statistic | model | 90 % of seeds | observed | region | held |", "|---|---|--:|---|--:|---|---|"]
    for row in table.to_dict("records"):
        pattern = row["pattern"] if isinstance(row["pattern"], str) else ""
        has_region = isinstance(row["held"], str) and row["held"] != ""
        low, high = number(row["low"]), number(row["high"])
        held = f"**{row['held']}**" if row["held"] == "no" else row["held"] if has_region else ""
        lines.append(
            f"| {pattern} | {row['what']} | {number(row['mean'])} | {number(row['p5'])} to {number(row['p95'])} | "
            f"{number(row['observed'])} | {f'{low} to {high}' if has_region else ''} | {held} |"
        )
    return "\n".join(lines)


def number(value: float) -> str:
    """Return a number of a table, nothing for nan."""
    return "" if math.isnan(value) else f"{value:.3f}"


if __name__ == "__main__":
    main()
