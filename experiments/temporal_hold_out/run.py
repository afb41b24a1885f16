"""What was known in December 2025, held against March 2026: the simulation and simple series on the same scores."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure

import dxsim
from dxsim.analysis.ensembles import SCORES, coverage
from dxsim.analysis.extrapolation import EXTRAPOLATIONS, deadline_law
from dxsim.analysis.pattern_statistics import DECLARED_SYSTEMS, SURVEYS, SYSTEMS, late_systems
from dxsim.analysis.runs import in_threads
from dxsim.model.run import prepare, run_inputs
from dxsim.nation.nation import Nation
from dxsim.records.check import check_outcome
from dxsim.records.findings import Findings
from dxsim.records.frame import Frame, frame_of
from dxsim.records.size_classes import SIZE_CLASSES
from dxsim.scenario.scenario import Scenario
from dxsim.terms.calendar import month_index
from dxsim.terms.operations import lots, operations
from dxsim.views.style import CASE_COLOURS, INK, new_figure, style
from experiments.marks import table, write_between_marks
from experiments.patterns.run import official_nation

Floats = npt.NDArray[np.float64]

HERE = Path(__file__).parent
JANUARY, MARCH, MANDATE = (month_index(month) for month in ("2026-01", "2026-03", "2022-10"))
LIVE_KNOWN = 0.285  # of all systems, January 2026, from which the deadline law goes on
SAMPLES = 1000
SHARES = (*(f"done_{size}" for size in SIZE_CLASSES), "done_declared", "done_not_declared")
NATIONAL_DONE = 0.251  # of the 18 operations, January 2026
GROUPS: Mapping[str, tuple[str, ...]] = {
    "late systems, March 2026": ("late_2026_03",),
    "18 operations done by size and by lateness, January 2026": SHARES,
    "running cost over that before": ("cost",),
}
SIMULATION, ANCHORED = "the simulation", "the simulation's change since December, from the observed share"


def main() -> None:
    """Run the seeds; write their values, the figure and the table of README.md between the marks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=100, help="how many seeds (default 100)")
    parser.add_argument("--first-seed", type=int, default=6001, help="the first of them (default 6001)")
    parser.add_argument("--threads", type=int, help="runs at a time (default: all processors)")
    options = parser.parse_args()
    seeds = range(options.first_seed, options.first_seed + options.seeds)
    nation, scenario = official_nation(), dxsim.load_scenario("baseline")
    frame = frame_of(nation)
    rows = in_threads(lambda seed: measured(nation, scenario, seed, frame), seeds, options.threads)
    runs = pd.DataFrame(rows, index=pd.Index(seeds, name="seed"))
    runs.reset_index().to_csv(HERE / "seeds.csv", index=False, float_format="%.6g", lineterminator="\n")
    facts = pd.read_csv(HERE / "observed.csv").set_index("target")
    observed = facts["observed"]
    with style():
        figure(runs, observed).savefig(HERE / "march_2026.png", metadata={"Software": None})
    head = f"Baseline on the official nation, seeds {seeds[0]} to {seeds[-1]}, dxsim {dxsim.__version__}.\n\n"
    text = head + table(scored(runs, observed), 2) + "\n" + table(by_target(runs, facts))
    write_between_marks(HERE / "README.md", text)


def measured(nation: Nation, scenario: Scenario, seed: int, frame: Frame) -> dict[str, float]:
    """Return what one run says of every target, and what it has declared in December 2025."""
    outcome = run_inputs(prepare(nation, scenario, seed))
    check_outcome(outcome)
    found = Findings(outcome, frame, int(outcome.inputs.parameters.deadline))
    systems = frame.applies.sum()
    declared = late_systems(found)
    is_live = frame.applies & (found.live > 0)
    in_all = np.array([lots()[[lot.lot for lot in lots()].index(row.lot)].applies_to == "all" for row in operations()])
    done = (is_live & (found.live <= JANUARY + 1))[:, in_all]
    share, has_declared = done.mean(axis=1), declared.any(axis=1)
    weight = outcome.inputs.country.weight
    return {
        "declared_2025_12": declared.sum() / systems,
        "late_2026_03": 1.0 - (is_live & (found.live <= MARCH + 1)).sum() / systems,
        **{f"done_{size}": share[frame.size_class == place].mean() for place, size in enumerate(SIZE_CLASSES)},
        "done_declared": share[has_declared].mean(),
        "done_not_declared": share[~has_declared].mean(),
        "none_done": (share == 0).mean(),
        "fourteen_done": (done.sum(axis=1) >= 14).mean(),
        "cost": (found.lots["running_factor"] @ weight / weight.sum()).mean(),
    }


def ensembles(runs: pd.DataFrame) -> dict[str, dict[str, Floats]]:
    """Return what each model says, (members, targets), by group of targets; the simulation is the first."""
    months = np.array([month_index(survey.replace("_", "-")) for survey in SURVEYS], np.float64)
    shares, at = np.array(DECLARED_SYSTEMS) / SYSTEMS, np.array([MARCH], np.float64)
    total = MARCH + 1 - MANDATE
    live = LIVE_KNOWN / deadline_law(JANUARY + 1 - MANDATE, total)
    anchored = shares[-1] * runs["late_2026_03"] / runs["declared_2025_12"]
    late, done, cost = GROUPS
    return {
        late: {
            SIMULATION: runs[["late_2026_03"]].to_numpy(),
            ANCHORED: anchored.to_numpy()[:, None],
            "persistence: the share of December 2025": EXTRAPOLATIONS["persistence"](months, shares, at),
            "the growth rate of autumn 2025": EXTRAPOLATIONS["growth"](months, shares, at),
            "logistic curve through six surveys": EXTRAPOLATIONS["logistic"](months, shares, at),
            "deadline law from what was live in January": np.array([[1.0 - live]]),
        },
        done: {
            SIMULATION: runs[list(SHARES)].to_numpy(),
            "the national share for everybody": np.full((1, len(SHARES)), NATIONAL_DONE),
        },
        cost: {SIMULATION: runs[["cost"]].to_numpy(), "as before": np.ones((1, 1))},
    }


def scored(runs: pd.DataFrame, observed: pd.Series[float]) -> list[list[str]]:
    """Return the scores of each model, and the skill of the simulation against it, with a head."""
    head = ["foretold", "model", "middle", "bias", "CRPS", "weighted interval score", "in 50 %", "in 90 %"]
    rows = [[*head, "skill of the simulation [95 %]"]]
    chance = np.random.default_rng(1)
    samples = chance.integers(0, len(runs), (SAMPLES, len(runs)))
    for group, models in ensembles(runs).items():
        seen = observed[list(GROUPS[group])].to_numpy(np.float64)
        simulation = models[SIMULATION]
        drawn = SCORES["crps"](simulation[samples], seen)
        for name, members in models.items():
            values = {score: float(of(members, seen)) for score, of in SCORES.items()}
            of_samples = SCORES["crps"](members[samples], seen) if name == ANCHORED else values["crps"]
            low, high = np.quantile(1 - drawn / of_samples, [0.025, 0.975])
            skill = 1 - float(SCORES["crps"](simulation, seen)) / values["crps"]
            middle = f"{np.median(members):.3f}" if seen.size == 1 else ""
            cells = [f"{values[score]:.3f}" for score in ("bias", "crps", "wis")]
            inside = [f"{values[score]:.0%}" for score in ("coverage_50", "coverage_90")]
            last = "" if name == SIMULATION else f"{skill:.2f} [{low:.2f}, {high:.2f}]"
            rows.append([group, name, middle, *cells, *inside, last])
    return rows


def by_target(runs: pd.DataFrame, facts: pd.DataFrame) -> list[list[str]]:
    """Return the simulation's values beside what was observed, with a head."""
    rows = [["foretold", "observed", "simulation", "90 % of seeds", "inside"]]
    for name, what, seen in zip(facts.index, facts["what"], facts["observed"], strict=True):
        low, high = runs[name].quantile([0.05, 0.95])
        inside = coverage(0.9)(runs[[name]].to_numpy(), np.array([seen]))
        cells = [f"{seen:.3f}", f"{runs[name].mean():.3f}", f"{low:.3f} to {high:.3f}", "yes" if inside else "**no**"]
        rows.append([what, *cells])
    return rows


def figure(runs: pd.DataFrame, observed: pd.Series[float]) -> Figure:
    """Return what each model said of March 2026, and how far municipalities of each size were in January."""
    plot = new_figure(width=10.0, height=3.8)
    left, right = plot.subplots(1, 2, width_ratios=[1, 1])
    late, *_ = GROUPS
    models = ensembles(runs)[late]
    for place, members in enumerate(models.values()):
        colour = CASE_COLOURS[0] if place < 2 else CASE_COLOURS[1]
        low, middle, high = np.quantile(members[:, 0], [0.05, 0.5, 0.95])
        left.hlines(place, 100 * low, 100 * high, color=colour, linewidth=1.6)
        left.plot(100 * middle, place, "o", color=colour, markersize=5)
    left.axvline(100 * observed["late_2026_03"], color=INK, linewidth=1)
    names = [
        "simulation",
        "simulation from\nDecember's share",
        "persistence",
        "growth rate",
        "logistic",
        "deadline law",
    ]
    left.set_yticks(range(len(names)), names, fontsize=8)
    left.set_ylim(len(names) - 0.4, -0.6)
    left.set_xlim(0, 100)
    left.set_title("late systems, end of March 2026, %\n(line: observed)", fontsize=10)
    places = np.arange(len(SIZE_CLASSES))
    of_size = runs[[f"done_{size}" for size in SIZE_CLASSES]]
    low, middle, high = (100 * of_size.quantile(at).to_numpy() for at in (0.05, 0.5, 0.95))
    right.errorbar(
        places, middle, yerr=[middle - low, high - middle], fmt="o", color=CASE_COLOURS[0], label="simulation"
    )
    right.plot(places, 100 * observed[list(of_size)].to_numpy(), "D", color=INK, fillstyle="none", label="observed")
    right.axhline(100 * NATIONAL_DONE, color=CASE_COLOURS[1], linewidth=1, label="national share")
    right.set_xticks(places, [size.replace("_", " ") for size in SIZE_CLASSES], rotation=40, ha="right", fontsize=8)
    right.set_ylim(0, None)
    right.set_title("18 operations done, January 2026, %,\nby residents", fontsize=10)
    right.legend(fontsize=8, frameon=False)
    for axes in (left, right):
        axes.grid(visible=True)
    return plot


if __name__ == "__main__":
    main()
