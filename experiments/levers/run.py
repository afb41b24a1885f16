"""What does each lever do? Every shipped scenario against the one that it extends, seed by seed."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd

import dxsim
from dxsim.analysis.paired import PairedDifference, kpi_values, paired_difference
from dxsim.files import shipped
from dxsim.scenario.policies import Policy
from dxsim.scenario.scenario import scenario_names
from dxsim.scenario.scenario_file import ScenarioEntries, read_scenario_file
from dxsim.scenario.triggers import trigger_text
from dxsim.terms.calendar import MONTHS, month_name
from dxsim.terms.kpis import find_kpi

HERE = Path(__file__).parent
SAME = 0.01  # largest difference that counts as none: a point of a share, a hundredth of anything else
START, END = "<!-- table -->\n", "<!-- end of table -->\n"
MANY = 3  # scenarios that name a KPI before its levers are put in order


def main() -> None:
    """Run all pairs and write the table, also into README.md between the marks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=30, help="seeds 1 to N (default 30)")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="runs at a time")
    options = parser.parse_args()
    seeds = range(1, options.seeds + 1)
    nation = dxsim.load_nation("synthetic")
    files = {name: read_scenario_file(shipped("scenarios") / f"{name}.yaml").entries for name in scenario_names()}
    studied = {name: entries for name, entries in files.items() if entries.extends and entries.expected}

    def summary(scenario: str, seed: int) -> pd.DataFrame:
        return dxsim.simulate(nation, dxsim.load_scenario(scenario), seed).summary

    needed = dict.fromkeys([*(str(entries.extends) for entries in studied.values()), *studied])
    runs = [(scenario, seed) for scenario in needed for seed in seeds]
    with ThreadPoolExecutor(options.threads) as pool:
        found = dict(zip(runs, pool.map(lambda run: summary(*run), runs), strict=True))
    summaries = {scenario: [found[scenario, seed] for seed in seeds] for scenario in needed}
    rows = [row for name, entries in studied.items() for row in compare(name, entries, summaries)]
    result = pd.DataFrame(rows)
    result.to_csv(HERE / "levers.csv", index=False, float_format="%.6g", lineterminator="\n")
    write_between_marks(HERE / "README.md", markdown(result, len(seeds)) + "\n" + in_order(result))


def compare(
    name: str, entries: ScenarioEntries, summaries: dict[str, list[pd.DataFrame]]
) -> list[dict[str, str | float]]:
    """Return a row for each KPI of which the scenario says what it expects."""
    rows: list[dict[str, str | float]] = []
    for expected in entries.expected:
        before, after = (kpi_values(summaries[scenario], expected.kpi) for scenario in (str(entries.extends), name))
        difference = paired_difference(before, after)
        rows.append(
            {
                "scenario": name,
                "extends": str(entries.extends),
                "lever": lever(entries),
                "kpi": expected.kpi,
                "unit": find_kpi(expected.kpi)[0].unit,
                "before": float(before.mean()),
                "difference": difference.mean,
                "low": difference.low,
                "high": difference.high,
                "seeds": difference.n,
                "expected": expected.direction,
                "holds": holds(expected.direction, difference, float(before.mean())),
            }
        )
    return rows


def lever(entries: ScenarioEntries) -> str:
    """Return what the scenario changes, in one line."""
    changes = [
        f"{group}.{name}={value}" for group, members in entries.parameters.items() for name, value in members.items()
    ]
    changes += [policy_text(policy) for policy in entries.policies or []]
    changes += [f"other {key}" for key in ("announcements", "vendor_events") if getattr(entries, key) is not None]
    return "; ".join(changes)


def policy_text(policy: Policy) -> str:
    """Return what a policy does, when and for whom."""
    how = {"set": "=", "add": "+=", "multiply": "*="}[policy.how]
    when = [f"from {month_name(policy.first)}"] if policy.first > 0 else []
    when += [f"until {month_name(policy.last - 1)}"] if policy.last < MONTHS else []
    when += [trigger_text(policy.when)] if policy.when else []
    who = policy.who
    lists = [" and ".join(names) for names in (who.types, who.prefectures, who.codes) if names]
    bounds = (("residents from", who.population_from), ("residents below", who.population_below))
    whom = [*lists, *(f"{word} {number:,.0f}" for word, number in bounds if number is not None)]
    return " ".join([f"{policy.lever}{how}{policy.value:.10g}", *when, *(["for", ", ".join(whom)] if whom else [])])


def holds(expected: str, found: PairedDifference, before: float) -> str:
    """Return ``yes``, ``no``, or ``unclear`` where the interval does not say."""
    if expected == "same":
        return "yes" if abs(found.mean) < SAME * max(1.0, abs(before)) else "no"
    if found.direction in ("lower", "higher"):
        return "yes" if found.direction == expected else "no"
    return "no" if found.direction == "same" else "unclear"


def markdown(result: pd.DataFrame, seeds: int) -> str:
    """Return the table for the README."""
    counts = result["holds"].value_counts()
    lines = [
        f"Means over {seeds} seeds. Of {len(result)} expectations {counts.get('yes', 0)} hold, "
        f"{counts.get('no', 0)} do not and {counts.get('unclear', 0)} are unclear at this number of seeds.",
        "",
        "| scenario | against | lever | KPI | before | difference [95 % interval] | expected | holds |",
        "|---|---|---|---|--:|--:|---|---|",
    ]
    last = ""
    for row in result.to_dict("records"):
        before, change = written(row["unit"], row["before"], [row[name] for name in ("difference", "low", "high")])
        again = row["scenario"] == last
        last = row["scenario"]
        who = [""] * 3 if again else [f"`{last}`", f"`{row['extends']}`", row["lever"].replace("|", "\\|")]
        cells = [*who, f"`{row['kpi']}`", before, change, row["expected"], row["holds"]]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def in_order(result: pd.DataFrame) -> str:
    """Return what the table shows, in words: levers by strength on each KPI of several, and what fails."""
    lines = ["Where several scenarios name the same figure, from the strongest to the weakest:", ""]
    for kpi, rows in result.groupby("kpi", sort=False):
        if len(rows) < MANY:
            continue
        strongest = rows.iloc[np.argsort(-rows["difference"].abs().to_numpy(), kind="stable")]
        named = [
            f"`{row['scenario']}` {written(row['unit'], 0.0, [row['difference']] * 3)[1].partition(' [')[0]}"
            for row in strongest.to_dict("records")
        ]
        lines.append(f"- `{kpi}`: " + ", ".join(named) + ".")
    for answer, words in (("no", "Not as expected"), ("unclear", "Unclear")):
        rows = result[result["holds"] == answer]
        if len(rows):
            named = [f"`{row['scenario']}` on `{row['kpi']}`" for row in rows.to_dict("records")]
            lines.append(f"- {words}: " + ", ".join(named) + ".")
    return "\n".join(lines) + "\n"


def written(unit: str, before: float, change: Sequence[float]) -> tuple[str, str]:
    """Return the mean before, and the difference with its interval, as text in a unit of a handy size."""
    largest = max(abs(before), *map(abs, change))
    if unit.startswith("share"):
        factor, sign, of_change, form = 100.0, " %", " points", ".2f"
    elif unit == "yen":
        factor, sign, of_change, form = 1e-9, " bn yen", " bn yen", ",.4g"
    elif largest >= 1e6:
        factor, sign, of_change, form = 1e-6, " million", " million", ",.4g"
    else:
        factor, sign, of_change, form = 1.0, "", "", ",.0f" if largest >= 1e3 else ".4g"
    mean, low, high = (f"{factor * value:{form}}" for value in change)
    return f"{factor * before:{form}}{sign}", f"{mean}{of_change} [{low}, {high}]"


def write_between_marks(file: Path, text: str) -> None:
    """Replace what stands between the marks in `file`."""
    before, _, rest = file.read_text(encoding="utf-8").partition(START)
    _, _, after = rest.partition(END)
    file.write_text(before + START + "\n" + text + "\n" + END + after, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
