"""Scenario discovery: in which futures does an outcome pass a mark? A box in words, and how far it can be trusted.

A future is a case of the study at a point of its uncertain parameters; its outcome is the mean over seeds. Levers,
scenarios and variants are inputs like the uncertain parameters, categorical ones under their labels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from dxsim.analysis.prim import Bools, Box, Inputs, choose, coverage, density, prim, quasi_p
from dxsim.analysis.selection import CASE, FIXED, SCENARIO, VARIANT, Selection, alternatives, check_kpis
from dxsim.errors import InputError, Problem
from dxsim.language import say
from dxsim.scenario.registry import REGISTRY

RESAMPLES = 20
FEWEST = 20  # futures
_SEED = 1


@dataclass(frozen=True, repr=False)
class Discovery:
    """Where an outcome passes a mark.

    Attributes
    ----------
    kpi : str
    mark : float
        In the unit of the KPI.
    is_above : bool
        Whether futures above the mark are of interest, else those below.
    seeds : int
        That the outcome of a future is the mean of, at most.
    futures : pandas.DataFrame
        ``case``, ``point``, the inputs, ``outcome``, ``is_of_interest``, ``is_inside`` (of the chosen box). Futures
        without a finished run, or without an outcome, are left out.
    trade_off : pandas.DataFrame
        By ``box``, from all futures on: ``futures`` inside, ``coverage``, ``density``, ``mass`` (share of all futures),
        ``restricted`` (inputs).
    chosen : int
        Number of the box that is told.
    limits : pandas.DataFrame
        Of the chosen box, by ``input``: ``low``, ``high`` (both inside; nan where free; months as indices of
        `dxsim.scenario.registry.Parameter.code`), ``labels`` inside (of a categorical input), ``density_without`` and
        ``coverage_without`` this restriction, ``quasi_p`` (`dxsim.analysis.prim.quasi_p`).
    stability : pandas.DataFrame
        By ``input``, of boxes found again in resamples of the points: ``restricted_share``, 0 to 1.
    resamples : pandas.DataFrame
        By ``resample``: ``coverage`` and ``density`` of its box among the futures that were not drawn; nan if none.
    columns : Inputs
        The inputs as numbers, with ``labels``.
    labels : mapping of str to sequence of str
        Of categorical inputs, by code.
    boxes : sequence of Box
        All of them, by number.
    found_again : sequence of Box
        Of the resamples.
    """

    kpi: str
    mark: float
    is_above: bool
    seeds: int
    futures: pd.DataFrame
    trade_off: pd.DataFrame
    chosen: int
    limits: pd.DataFrame
    stability: pd.DataFrame
    resamples: pd.DataFrame
    columns: Inputs
    labels: Mapping[str, Sequence[str]]
    boxes: Sequence[Box]
    found_again: Sequence[Box]

    def __repr__(self) -> str:
        """Return what was looked for; the tables would fill the screen."""
        return f"Discovery({self.kpi}, {'above' if self.is_above else 'below'} {self.mark:g})"

    @property
    def of_interest(self) -> Bools:
        """Which futures are of interest."""
        return np.asarray(self.futures["is_of_interest"], bool)


def discover(
    selection: Selection,
    kpi: str,
    *,
    above: float | None = None,
    below: float | None = None,
    box: int | None = None,
) -> Discovery:
    """Find the box of inputs in which a KPI passes a mark (PRIM).

    Parameters
    ----------
    selection : str, Path, Results or Alternative
        As of `dxsim.analysis.compare`; all its alternatives and variants together.
    kpi : str
        One that the sweep recorded.
    above, below : float
        The mark, in the unit of the KPI (a share is 0 to 1); one of the two.
    box : int, optional
        Number of the box that is told, 0 and up (`Discovery.trade_off`); by default the one with the highest harmonic
        mean of coverage and density, or a simpler one that is near it.

    Raises
    ------
    InputError
        If the selection, the KPI, the mark or the number is wrong; if fewer than `FEWEST` futures are done, nothing
        differs between them, or all or none of them pass the mark.
    """
    found = alternatives(selection)
    results, plan = found[0].results, pd.concat([item.plan for item in found])
    check_kpis(say("discovery"), [kpi], [name for name in results.kpis if name != "run"])
    mark = _mark(above, below)
    runs = plan.merge(results.kpis[["run", kpi]], on="run")
    grouped = runs.dropna(subset=[kpi]).groupby([CASE, "point"])
    futures = grouped.first().assign(outcome=grouped[kpi].mean()).reset_index()
    names = [name for name in plan if name in (SCENARIO, VARIANT) or name not in FIXED]
    names = [name for name in names if futures[name].nunique() > 1]
    outcome = futures["outcome"].to_numpy(np.float64)
    is_above = above is not None
    of_interest = outcome > mark if is_above else outcome < mark
    _check(kpi, outcome, of_interest, names)
    columns, labels = inputs_of(futures[names])
    boxes = prim(columns, of_interest)
    if box is not None and not 0 <= box < len(boxes):
        what = say("there are boxes 0 to {last} (got {box})", last=len(boxes) - 1, box=box)
        raise InputError(say("discovery"), [Problem("", what)])
    chosen = choose(boxes, of_interest) if box is None else box
    again, drawn = _found_again(columns, of_interest, futures["point"].to_numpy(), boxes[chosen])
    futures = futures[[CASE, "point", *names, "outcome"]]
    return Discovery(
        kpi=kpi,
        mark=mark,
        is_above=is_above,
        seeds=int(grouped.size().max()),
        futures=futures.assign(is_of_interest=of_interest, is_inside=boxes[chosen].inside),
        trade_off=_trade_off(boxes, of_interest),
        chosen=chosen,
        limits=_limits(columns, labels, boxes[chosen], of_interest),
        stability=pd.DataFrame(
            {"input": names, "restricted_share": [np.mean([name in item.limits for item in again]) for name in names]}
        ),
        resamples=_kept_apart(again, drawn, of_interest),
        columns=columns,
        labels=labels,
        boxes=boxes,
        found_again=again,
    )


def _mark(above: float | None, below: float | None) -> float:
    given = [value for value in (above, below) if value is not None]
    if len(given) != 1 or not np.isfinite(given[0]):
        raise InputError(say("discovery"), [Problem("", say("give a finite number for either above or below"))])
    return given[0]


def _check(kpi: str, outcome: npt.NDArray[np.float64], of_interest: Bools, names: Sequence[str]) -> None:
    """Refuse what no box can be found in."""
    problems = []
    if outcome.size < FEWEST:
        what = say("{count} futures are done; it takes {fewest}", count=outcome.size, fewest=FEWEST)
        problems.append(Problem(kpi, what))
    elif not names:
        problems.append(Problem(kpi, say("nothing differs between the futures; give the study a sample or levers")))
    elif of_interest.all() or not of_interest.any():
        what = say(
            "{count} of {total} futures pass the mark; it lies from {low:.4g} to {high:.4g}",
            count=int(of_interest.sum()),
            total=outcome.size,
            low=float(outcome.min()),
            high=float(outcome.max()),
        )
        problems.append(Problem(kpi, what))
    if problems:
        raise InputError(say("discovery"), problems)


def inputs_of(table: pd.DataFrame) -> tuple[Inputs, dict[str, list[str]]]:
    """Return the inputs as numbers, months as the model has them, and the labels of categorical ones by code."""
    columns, labels = {}, {}
    for name in table:
        parameter = REGISTRY.get(str(name))
        if parameter is None or parameter.type == "choice":
            codes, known = pd.factorize(table[name], sort=True)
            columns[str(name)] = codes.astype(np.float64)
            labels[str(name)] = [str(label) for label in known]
        else:
            columns[str(name)] = np.array([parameter.code(value) for value in table[name]], np.float64)
    return Inputs(columns, {name: len(known) for name, known in labels.items()}), labels


def _trade_off(boxes: Sequence[Box], of_interest: Bools) -> pd.DataFrame:
    rows = [
        {
            "box": number,
            "futures": int(box.inside.sum()),
            "coverage": coverage(box, of_interest),
            "density": density(box, of_interest),
            "mass": float(box.inside.mean()),
            "restricted": len(box.limits),
        }
        for number, box in enumerate(boxes)
    ]
    return pd.DataFrame(rows)


def _limits(columns: Inputs, labels: Mapping[str, Sequence[str]], box: Box, of_interest: Bools) -> pd.DataFrame:
    rows = []
    for name, limit in box.limits.items():
        wider = columns.box({other: box.limits[other] for other in box.limits if other != name})
        ends = (np.nan, np.nan) if isinstance(limit, frozenset) else tuple(np.where(np.isfinite(limit), limit, np.nan))
        inside = [labels[name][code] for code in sorted(limit)] if isinstance(limit, frozenset) else []
        rows.append(
            {
                "input": name,
                "low": float(ends[0]),
                "high": float(ends[1]),
                "labels": ", ".join(inside),
                "density_without": density(wider, of_interest),
                "coverage_without": coverage(wider, of_interest),
                "quasi_p": quasi_p(columns, box, name, of_interest),
            }
        )
    names = ("input", "low", "high", "labels", "density_without", "coverage_without", "quasi_p")
    return pd.DataFrame(rows, columns=names)


def _found_again(
    columns: Inputs, of_interest: Bools, points: npt.NDArray[np.int64], box: Box
) -> tuple[list[Box], list[npt.NDArray[np.int64]]]:
    """Return a box of each resample of the points, and the rows that were drawn.

    Points are drawn, with all their cases, since these are not independent of each other. The box is the one with the
    coverage and density nearest to those of `box`; it is given with all futures within the limits that were found.
    """
    wanted = np.array([coverage(box, of_interest), density(box, of_interest)])
    chance, of_point = np.random.default_rng(_SEED), pd.Series(range(len(points))).groupby(points).indices
    boxes: list[Box] = []
    drawn = []
    while len(boxes) < RESAMPLES:
        rows = np.concatenate([of_point[point] for point in chance.choice(list(of_point), len(of_point))])
        there = of_interest[rows]
        if there.all() or not there.any():
            continue
        resampled = Inputs({name: column[rows] for name, column in columns.columns.items()}, columns.categories)
        trajectory = prim(resampled, there)
        shares = np.array([(coverage(item, there), density(item, there)) for item in trajectory])
        nearest = trajectory[int(((shares - wanted) ** 2).sum(axis=1).argmin())]
        boxes.append(columns.box(nearest.limits))
        drawn.append(rows)
    return boxes, drawn


def _kept_apart(boxes: Sequence[Box], drawn: Sequence[npt.NDArray[np.int64]], of_interest: Bools) -> pd.DataFrame:
    """Return coverage and density of the boxes of resamples among the futures that these did not draw."""
    rows = []
    for number, (box, chosen) in enumerate(zip(boxes, drawn, strict=True)):
        apart = np.ones(of_interest.size, bool)
        apart[chosen] = False
        rest, there = Box(box.limits, box.inside[apart]), of_interest[apart]
        share = coverage(rest, there) if there.any() else np.nan
        rows.append({"resample": number, "coverage": share, "density": density(rest, there)})
    return pd.DataFrame(rows)
