"""Curves of outcomes over each uncertain parameter, while all others stay as the scenario has them.

They show what a mechanism does (thresholds, saturation, a turn), and nothing of what parameters do together: see the
other samples for that. Source: ten Broeke et al. (2016), who advise to begin with them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from dxsim.analysis.comparison import by_point, cube, outcomes, variants_of
from dxsim.analysis.paired import paired_difference
from dxsim.analysis.selection import Alternative, Selection, alternatives, check_kpis
from dxsim.errors import InputError, Problem
from dxsim.language import say
from dxsim.sweep.design import ONE_AT_A_TIME, points
from dxsim.sweep.study import Study

Floats = npt.NDArray[np.float64]

_FORM = "{method: one_at_a_time, size: 9}"
SWING = "one_at_a_time_swing"


def one_at_a_time(selection: Selection, kpis: Sequence[str] | None = None, confidence: float = 0.95) -> pd.DataFrame:
    """Return how each KPI moves while one uncertain parameter goes through its range.

    Parameters
    ----------
    selection : str, Path, Results or Alternative
        As of `dxsim.analysis.compare`, of a sweep with ``sample: {method: one_at_a_time}``.
    kpis : sequence of str, optional
        All by default.
    confidence : float
        Of the intervals, 0 to 1.

    Returns
    -------
    pandas.DataFrame
        Columns case, variant, kpi, parameter, ``value`` (of the parameter, in its unit), ``is_usual`` (the value that
        the scenario has), ``mean`` over seeds, ``difference`` from the mean at the usual value, ``low`` and ``high``
        (Monte Carlo interval of the difference, seed by seed; nan with one seed), ``seeds``. In the order of values.

    Raises
    ------
    InputError
        If the selection is wrong, a KPI is unknown, or the sweep has another sample.
    """
    rows = []
    for alternative in alternatives(selection):
        study = study_of(alternative)
        if study is None:
            what = say("the study has no sample of one parameter at a time; give it sample: {form}", form=_FORM)
            raise InputError(say("sensitivity"), [Problem(alternative.name, what)])
        frame = outcomes(alternative, "kpis")
        check_kpis(say("sensitivity"), kpis or (), list(frame))
        frame = frame[list(kpis)] if kpis else frame
        drawn = alternative.plan.drop_duplicates("point").set_index("point")
        for variant, keys in variants_of(frame.index):
            runs = by_point(cube(frame, keys), keys, len(drawn))
            for place, kpi in enumerate(frame):
                head = {"case": alternative.name, "variant": variant, "kpi": str(kpi)}
                for parameter, levels in places(study).items():
                    given = [0, *(level for level in levels if drawn[parameter][level] != drawn[parameter][0])]
                    column = drawn[parameter][given].drop_duplicates().sort_values()
                    for level in column.index:
                        found = paired_difference(runs[0, :, place], runs[level, :, place], confidence)
                        told = {"parameter": parameter, "value": column[level], "is_usual": level == 0}
                        mean = np.nan if found.n == 0 else float(np.nanmean(runs[level, :, place]))
                        ends = {"difference": found.mean, "low": found.low, "high": found.high, "seeds": found.n}
                        rows.append({**head, **told, "mean": mean, **ends})
    return pd.DataFrame(rows)


def study_of(alternative: Alternative) -> Study | None:
    """Return the study of an alternative if its sample changes one parameter at a time."""
    study = Study(**alternative.results.manifest["study"])
    return study if study.sample is not None and study.sample.method == ONE_AT_A_TIME else None


def places(study: Study) -> dict[str, list[int]]:
    """Return the points at which each parameter is changed; point 0 changes none."""
    found: dict[str, list[int]] = {}
    for place, point in enumerate(points(study)):
        for parameter in point:
            found.setdefault(parameter, []).append(place)
    return found


def swing(runs: Floats, levels: Sequence[int], confidence: float) -> tuple[float, float, float]:
    """Return the difference between the largest and the smallest mean over a parameter's range, with its interval.

    Parameters
    ----------
    runs : ndarray, shape (points, seeds)
        Of an outcome; nan where a run is missing.
    levels : sequence of int
        Points of the parameter.
    confidence : float
        Of the interval, over seeds.
    """
    means = np.array([runs[level].mean() for level in (0, *levels)])
    if np.isnan(means).any():
        return np.nan, np.nan, np.nan
    low, high = ((0, *levels)[place] for place in (int(means.argmin()), int(means.argmax())))
    found = paired_difference(runs[low], runs[high], confidence)
    return found.mean, found.low, found.high
