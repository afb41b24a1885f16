"""Does the deadline sub-model describe another deadline: the municipal mergers of 1999 to 2006?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure
from scipy.optimize import minimize

import dxsim
from dxsim.analysis.extrapolation import deadline_law
from dxsim.model.beliefs import expected_deadline
from dxsim.model.commitment import lead_time, mandate_hazard, urgency
from dxsim.model.run import begin, prepare
from dxsim.scenario.registry import REGISTRY
from dxsim.views.style import CASE_COLOURS, INK, new_figure, style
from experiments.marks import table, write_between_marks

Floats = npt.NDArray[np.float64]

HERE = Path(__file__).parent
START = 1999 * 12 + 3  # April 1999
TOTAL, FIRST_DATE, PROLONGED = 84, 72, 61  # months: to March 2006, to March 2005, to the law of May 2004
KNOWN = 60  # the forecasts are told the counts until March 2004
POINTS = 9  # quantiles of readiness that stand for all municipalities
HAZARD, SCALE = REGISTRY["commitment.mandate_hazard"], REGISTRY["commitment.urgency_scale"]
PARAMETERS = dxsim.load_scenario("baseline").record()[0]
LEAD = lead_time(PARAMETERS.planning_months, 0.0, PARAMETERS.minimum_months)
ONE, TWO, LAW = "one date", "two dates", "deadline law"
COLOURS = dict(zip((ONE, TWO, LAW), CASE_COLOURS, strict=False))
Curve = Callable[[Floats], Floats]  # of two numbers: share that is gone by month, (85,)


def main() -> None:
    """Fit, write the figure, and the table of README.md between the marks."""
    counts = pd.read_csv(HERE / "counts.csv", parse_dates=["date"])
    start = int(counts["municipalities"].iloc[0])
    last = counts["date"] - pd.Timedelta(days=1)  # a count of the first of a month is one of the month before
    months = last.dt.year * 12 + last.dt.month - START
    yearly = counts[counts["source"] == "MIC"].groupby(months).first()  # 31 March 2005, not the day after
    month, gone = yearly.index.to_numpy(), start - yearly["municipalities"].to_numpy()
    inputs = prepare(dxsim.load_nation("synthetic"), dxsim.load_scenario("baseline"), 1)
    readiness = np.quantile(begin(inputs).municipalities.readiness, (np.arange(POINTS) + 0.5) / POINTS)
    curves = {ONE: model(readiness, two_dates=False), TWO: model(readiness, two_dates=True), LAW: law}
    found = {
        (name, known): fitted(curve, month[month <= known], gone[month <= known] / start, is_law=name == LAW)
        for known in (TOTAL, KNOWN)
        for name, curve in curves.items()
    }
    paths = {key: start * curves[key[0]](values) for key, values in found.items()}
    with style():
        figure(counts, start, paths).savefig(HERE / "mergers.png", metadata={"Software": None})
    write_between_marks(HERE / "README.md", markdown(month, gone, found, paths))


def model(readiness: Floats, *, two_dates: bool) -> Curve:
    """Return the share that is gone by month under the model's own hazard, as a function of m and tau_0."""

    def gone(values: Floats) -> Floats:
        hazard, scale = values
        total = np.zeros((TOTAL + 1, readiness.size))
        for month in range(TOTAL):
            belief = 0.0 if two_dates and month < PROLONGED else 1.0
            slack = expected_deadline(belief, float(FIRST_DATE), float(TOTAL)) - month - LEAD
            pressure = hazard * urgency(slack, scale)
            total[month + 1] = total[month] + [
                mandate_hazard(x, pressure, PARAMETERS.mandate_uniformity) for x in readiness
            ]
        decided = 1.0 - np.exp(-total).mean(axis=1)
        lag = round(LEAD)
        return np.concatenate([np.zeros(lag), decided[: TOTAL + 1 - lag]])

    return gone


def law(values: Floats) -> Floats:
    """Return the share that is gone by month under the deadline law, of which the total share is fitted."""
    return np.array([values[0] * deadline_law(month, TOTAL) for month in range(TOTAL + 1)])


def fitted(curve: Curve, month: npt.NDArray[np.int64], share: Floats, *, is_law: bool) -> Floats:
    """Return the numbers with the least squared error at `month`, within the bounds of the registry."""
    bounds = [(1e-6, HAZARD.maximum), (SCALE.minimum, SCALE.maximum)]
    starts = [(0.01, 0.5), (0.1, 0.5), (0.01, 5.0), (0.1, 5.0), (1.0, 0.05)]
    if is_law:
        bounds, starts = [(1e-6, 1.0)], [(0.1,), (0.5,)]

    def error(logs: Floats) -> float:
        return float(((curve(np.exp(logs))[month] - share) ** 2).sum())

    tries = [minimize(error, np.log(first), bounds=np.log(bounds), method="Nelder-Mead") for first in starts]
    return np.asarray(np.exp(min(tries, key=lambda found: found.fun).x))


def markdown(
    month: npt.NDArray[np.int64],
    gone: Floats,
    found: dict[tuple[str, int], Floats],
    paths: dict[tuple[str, int], Floats],
) -> str:
    """Return the table: what is gone at each date, the errors and what was fitted."""
    keys = list(paths)
    told = {TOTAL: "all counts", KNOWN: "counts to March 2004"}
    rows = [["municipalities gone by", "observed", *(f"{name}, {told[known]}" for name, known in keys)]]
    for at, observed in zip(month, gone, strict=True):
        year, number = divmod(START + int(at) - 1, 12)
        cells = [f"{paths[key][at]:,.0f}" for key in keys]
        rows.append([f"end of {pd.Timestamp(year, number + 1, 1):%B %Y}", f"{observed:,}", *cells])
    share = [f"{paths[key][FIRST_DATE] / paths[key][TOTAL]:.1%}" for key in keys]
    observed_share = gone[month == FIRST_DATE][0] / gone[month == TOTAL][0]
    rows.append(["share of them gone twelve months before the end", f"{observed_share:.1%}", *share])
    for text, is_meant in (("until March 2004", month <= KNOWN), ("after March 2004", month > KNOWN)):
        errors = [np.sqrt(((paths[key][month] - gone)[is_meant] ** 2).mean()) for key in keys]
        rows.append([f"root mean square error, {text}", "", *(f"{error:,.0f}" for error in errors)])
    values = [" ".join(f"{value:.3g}" for value in found[key]) for key in keys]
    rows.append(["fitted: m (1/month) and tau_0 (months); of the law its total share", "", *values])
    return table(rows)


def figure(counts: pd.DataFrame, start: int, paths: dict[tuple[str, int], Floats]) -> Figure:
    """Return observed counts and curves: fitted to all counts, and to those until March 2004."""
    plot = new_figure(width=9.0, height=3.8)
    years = 1999.25 + np.arange(TOTAL + 1) / 12
    for axes, known, title in zip(
        plot.subplots(1, 2, sharey=True),
        (TOTAL, KNOWN),
        ("fitted to all counts", "fitted to the counts until March 2004"),
        strict=True,
    ):
        for name, colour in COLOURS.items():
            axes.plot(years, start - paths[name, known], color=colour, label=name)
        day = counts["date"].dt.year + (counts["date"].dt.day_of_year - 1) / 365
        axes.plot(day, counts["municipalities"], "o", color=INK, markersize=4, label="observed")
        axes.axvline(1999.25 + FIRST_DATE / 12, color=INK, linewidth=0.8, linestyle=":")
        axes.set_title(title, fontsize=10)
        axes.set_xlim(1999, 2006.5)
        axes.set_ylim(0, 3400)
        axes.grid(visible=True)
    plot.axes[0].set_ylabel("municipalities")
    plot.axes[0].legend(fontsize=8, frameon=False, loc="lower left")
    plot.axes[1].text(2005.2, 250, "applications\ndue", fontsize=8, ha="right")
    return plot


if __name__ == "__main__":
    main()
