"""What one run makes of every pattern, as numbers by name; the names stand in ``patterns.csv``.

A system counts as late by what its municipality declared at the end of December 2025. Sizes are those of
`dxsim.records.size_classes`. Programmes at the middle of 2024 are read from the log of the run (`run_logged`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from dxsim.model.codes import HIGHEST_LEVEL, REASONS, Programme
from dxsim.model.events import Kind
from dxsim.model.run import Inputs, Outcome, begin
from dxsim.model.schedule import advance
from dxsim.records.findings import Findings
from dxsim.records.frame import Frame
from dxsim.records.indicators import STEPS, lateness
from dxsim.records.measures import morans_i
from dxsim.records.months import nationwide
from dxsim.records.size_classes import SIZE_CLASSES
from dxsim.terms.calendar import MONTHS, MONTHS_PER_YEAR, month_index
from dxsim.terms.municipalities import TYPES
from dxsim.terms.operations import lots, operations

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

LOG_SIZE = 1_000_000  # events; a run of the nation has about a third of them
SURVEYS = ("2023_10", "2024_10", "2025_04", "2025_07", "2025_10", "2025_12")
SYSTEMS, BODIES = 34_592, 1_788  # of the official counts, prefectures included
DECLARED_SYSTEMS = (702, 2_165, 3_279, 3_770, 5_009, 8_956)
DECLARED_BODIES = (171, 402, 607, 643, 743, 935)
PROGRAMMES_SEEN = month_index("2024-06")
MANY, FEW = 10, 5  # late systems of a municipality
HALF = 0.5  # of a lot's operations: then the lot is late
PERMUTATIONS = 20
EARLY, LATER = (0, 24), (36, 60)  # months of the first two and of the last two years before the deadline
NEWTON_STEPS = 25
PAIRS = {  # pair of lots -> whether it is of cities only, because towns and villages do not run one of them
    ("core", "child_disability"): False,
    ("core", "child_rearing"): True,
    ("core", "public_assistance"): True,
    ("core", "health"): False,
    ("core", "family_register"): False,
    ("child_disability", "child_rearing"): True,
}


def run_logged(inputs: Inputs) -> Outcome:
    """Run all months of prepared `inputs` and keep a log, from which programmes of every month can be read."""
    run = begin(inputs, LOG_SIZE)
    advance(run, 0, MONTHS)
    return Outcome(inputs, run.state, run.series)


def statistics(outcome: Outcome, frame: Frame, extended: bool = False) -> dict[str, float]:
    """Return what a run makes of the patterns.

    Parameters
    ----------
    outcome : Outcome
        Of a run; without a log the statistics of programmes are nan.
    frame : Frame
        Of its nation, by `dxsim.records.frame.frame_of`.
    extended : bool
        Also what takes longer: permutations, regressions, geographies.

    Returns
    -------
    dict of str to float
        Shares are of 1; nan where a statistic is not defined.
    """
    found = Findings(outcome, frame, int(outcome.inputs.parameters.deadline))
    is_late = late_systems(found)
    late = is_late.sum(axis=1)
    automation, online = levels_at(outcome, PROGRAMMES_SEEN)
    values = {
        **go_lives(found),
        **declarations(found),
        **late_counts(late, is_late, frame),
        **by_size(late, automation, online, frame),
        **market(found),
        "morans_i_late": morans_i(late > 0, *frame.land_neighbours),
        **running_cost(found),
        **co_lateness(is_late, frame),
    }
    if extended:
        values |= within_prefectures(late > 0, found)
        values |= commitments(found)
        values |= geographies(late > 0, automation, online, found)
    return {name: float(value) for name, value in values.items()}


def late_systems(found: Findings) -> Flags:
    """Return which systems are late, (n, 20), as declared in the last survey."""
    return np.asarray(found.frame.applies & (found.systems["declared"] > 0))


def levels_at(outcome: Outcome, month: int) -> tuple[Floats, Floats]:
    """Return whether a municipality uses AI, and its share of procedures online, at the end of `month`, (n,) each."""
    log = outcome.log
    levels = np.zeros((2, len(outcome.state.programmes)))
    if log.size == 0:
        return np.full(len(levels[0]), np.nan), np.full(len(levels[0]), np.nan)
    reached = log[(log["kind"] == Kind.LEVEL) & (log["month"] <= month)]
    for row, programme in enumerate((Programme.AUTOMATION, Programme.ONLINE)):
        mine = reached[reached["place"] == programme]
        levels[row, mine["municipality"]] = mine["value"]  # in the order of time: the last one stands
    return np.where(levels[0] > 0, 1.0, 0.0), levels[1] / HIGHEST_LEVEL[Programme.ONLINE]


def go_lives(found: Findings) -> dict[str, float]:
    """Return P1 and P8: how far systems have come, and when."""
    systems = found.frame.systems_of_type[-1]
    live = nationwide(found, "live") / systems
    values = {
        f"live_{month}": live[month_index(month.replace("_", "-"))]
        for month in ("2025_03", "2026_01", "2026_03", "2027_03", "2031_03")
    }
    on_time = live[found.deadline - 1]
    before = live[found.deadline - 1 - MONTHS_PER_YEAR]
    values["on_time_in_last_year"] = (on_time - before) / on_time if on_time > 0 else math.nan
    values["late_at_deadline"] = 1.0 - on_time
    for month in ("2025_05", "2026_01"):
        at = month_index(month.replace("_", "-"))
        done = sum(steps * nationwide(found, stage)[at] for stage, steps in STEPS.items())
        values[f"progress_{month}"] = done / (systems * sum(STEPS.values()))
    return values


def declarations(found: Findings) -> dict[str, float]:
    """Return P2 and P3: what was declared in each survey, and for which reason."""
    systems, municipalities = found.frame.systems_of_type[-1], found.frame.municipalities_of_type[-1]
    declared = np.array([nationwide(found, f"declared_{reason}") for reason in REASONS[1:]], np.float64)
    bodies = nationwide(found, "municipalities_declared") / municipalities
    values: dict[str, float] = {}
    for survey in SURVEYS:
        at = month_index(survey.replace("_", "-"))
        values[f"declared_systems_{survey}"] = declared[:, at].sum() / systems
        values[f"declared_municipalities_{survey}"] = bodies[at]
    values |= series_errors(values)
    for survey in ("2023_10", "2025_07"):
        at = month_index(survey.replace("_", "-"))
        values[f"r4_of_official_{survey}"] = ratio(declared[3, at], declared[:4, at].sum())
        values[f"r4_of_all_{survey}"] = ratio(declared[3, at], declared[:, at].sum())
    values["r4_rise"] = values["r4_of_official_2025_07"] - values["r4_of_official_2023_10"]
    return values


def series_errors(values: Mapping[str, float]) -> dict[str, float]:
    """Return the root mean square error of the logarithms of the declared shares, from the shares of a run or means."""
    errors = {}
    for name, counts, whole in (("systems", DECLARED_SYSTEMS, SYSTEMS), ("municipalities", DECLARED_BODIES, BODIES)):
        found = np.array([values[f"declared_{name}_{survey}"] for survey in SURVEYS])
        logs = np.log(np.maximum(found, 1.0 / whole)) - np.log(np.array(counts) / whole)
        errors[f"declared_{name}_log_rmse"] = math.sqrt((logs**2).mean())
    return errors


def late_counts(late: npt.NDArray[np.int64], is_late: Flags, frame: Frame) -> dict[str, float]:
    """Return P4, and the late share of every operation."""
    histogram = np.bincount(late, minlength=frame.applies.shape[1] + 1)
    values = {
        "late_systems": late.sum() / frame.systems_of_type[-1],
        "none_late": (late == 0).mean(),
        "one_or_more": (late > 0).mean(),
        "ten_or_more": (late >= MANY).mean(),
        "five_to_fourteen": ((late >= FEW) & (late < FEW + MANY)).mean(),
        "per_affected": ratio(float(late.sum()), float(np.count_nonzero(late))),
        "second_mode": FEW + int(histogram[FEW:].argmax()) if histogram[FEW:].any() else math.nan,
    }
    share = is_late.sum(axis=0) / np.maximum(1, frame.applies.sum(axis=0))
    return values | {f"late_{row.operation}": share[place] for place, row in enumerate(operations())}


def by_size(late: npt.NDArray[np.int64], automation: Floats, online: Floats, frame: Frame) -> dict[str, float]:
    """Return P5: lateness, AI and online procedures by size class, and how far apart classes are."""
    counts = np.bincount(frame.size_class, minlength=len(SIZE_CLASSES))

    def means(of: npt.ArrayLike) -> Floats:
        total = np.bincount(frame.size_class, weights=np.asarray(of, np.float64), minlength=counts.size)
        return np.asarray(np.divide(total, counts, out=np.full(counts.size, np.nan), where=counts > 0))

    values: dict[str, float] = {}
    columns = {"any_late": late > 0, "ten_or_more": late >= MANY, "ai": automation, "online": online}
    for name, column in columns.items():
        values |= {f"{name}_{size}": mean for size, mean in zip(SIZE_CLASSES, means(column), strict=True)}
    of_classes = [values[f"online_{size}"] for size in SIZE_CLASSES]
    return values | {
        "ai": automation.mean(),
        "online": online.mean(),
        "online_range": max(of_classes) - min(of_classes),
        "online_none": (online == 0).mean() if not np.isnan(online).any() else math.nan,
        "online_all": (online == 1).mean() if not np.isnan(online).any() else math.nan,
    }


def market(found: Findings) -> dict[str, float]:
    """Return P6: the largest vendor's share of late systems over its share of systems."""
    values = lateness(found, ())
    return {"top_vendor_ratio": ratio(values["late_top_vendor_share"], values["top_vendor_share"])}


def running_cost(found: Findings) -> dict[str, float]:
    """Return P9: running cost once all systems are live over that before, of core cities, before any rise or fall."""
    of_core = found.frame.kind == list(TYPES).index("core_city")
    if not of_core.any():
        return dict.fromkeys(("running_mean", "running_twice", "running_largest"), math.nan)
    weight = found.outcome.inputs.country.weight
    factors = found.lots["running_factor"][of_core] @ weight / weight.sum()
    return {
        "running_mean": factors.mean(),
        "running_twice": (factors >= 2).mean(),
        "running_largest": factors.max(),
    }


def co_lateness(is_late: Flags, frame: Frame) -> dict[str, float]:
    """Return the phi coefficients of lots that are late together; a lot is late if half of its operations are."""
    of_operation = [row.lot for row in operations()]
    of_lot = {lot.lot: [place for place, name in enumerate(of_operation) if name == lot.lot] for lot in lots()}
    late = {name: is_late[:, places].mean(axis=1) >= HALF for name, places in of_lot.items()}
    is_city = frame.applies.all(axis=1)
    values = {}
    for (one, other), of_cities in PAIRS.items():
        who = is_city if of_cities else np.ones(len(is_late), np.bool_)
        values[f"phi_{one}_{other}"] = phi(late[one][who], late[other][who])
    care = [row.operation for row in operations()].index("long_term_care_insurance")
    rest = [place for place in of_lot["core"] if place != care]
    values["phi_within_core"] = mean_phi(is_late[:, of_lot["core"]])
    values["phi_long_term_care_core"] = phi(is_late[:, care], is_late[:, rest].mean(axis=1) >= HALF)
    return values


def phi(one: Flags, other: Flags) -> float:
    """Return the correlation of two yes-or-no variables; nan if one of them does not vary."""
    p, q = one.mean(), other.mean()
    spread = p * (1 - p) * q * (1 - q)
    return float(((one & other).mean() - p * q) / math.sqrt(spread)) if spread > 0 else math.nan


def mean_phi(columns: Flags) -> float:
    """Return the mean correlation of all pairs of `columns` that vary."""
    varied = columns[:, (columns.mean(axis=0) > 0) & (columns.mean(axis=0) < 1)].astype(np.float64)
    if varied.shape[1] < 2:
        return math.nan
    return float(np.asarray(np.corrcoef(varied.T))[np.triu_indices(varied.shape[1], 1)].mean())


def within_prefectures(has_late: Flags, found: Findings) -> dict[str, float]:
    """Return P7's null: Moran's I of having a late system, mean over permutations within prefectures."""
    prefecture = found.outcome.inputs.country.places.prefecture
    by_prefecture = np.argsort(prefecture, kind="stable")
    chance = np.random.default_rng(1)
    found_i = []
    for _ in range(PERMUTATIONS):
        shuffled = np.empty(has_late.size, np.bool_)
        shuffled[np.lexsort((chance.random(has_late.size), prefecture))] = has_late[by_prefecture]
        found_i.append(morans_i(shuffled, *found.frame.land_neighbours))
    return {"morans_i_within": float(np.mean(found_i))}


def geographies(has_late: Flags, automation: Floats, online: Floats, found: Findings) -> dict[str, float]:
    """Return P11: Moran's I of AI, online procedures and lateness, raw and after size within prefectures."""
    frame = found.frame
    prefecture = found.outcome.inputs.country.places.prefecture
    size = np.log10(np.maximum(frame.population, 1.0))
    values = {}
    for name, column in (("ai", automation), ("online", online), ("late", has_late.astype(np.float64))):
        known = not np.isnan(column).any()
        rest = left_over(column, size, prefecture) if known else column
        values[f"geography_{name}_raw"] = morans_i(column, *frame.land_neighbours) if known else math.nan
        values[f"geography_{name}_after"] = morans_i(rest, *frame.land_neighbours) if known else math.nan
    return values


def left_over(column: Floats, size: Floats, prefecture: npt.NDArray[np.int64]) -> Floats:
    """Return what a line through `size` within prefectures leaves of a column."""
    counts = np.bincount(prefecture)

    def inside(values: Floats) -> Floats:
        return np.asarray(values - (np.bincount(prefecture, weights=values) / np.maximum(1, counts))[prefecture])

    y, x = inside(column), inside(size)
    spread = (x**2).sum()
    return np.asarray(y - x * ((x * y).sum() / spread if spread > 0 else 0.0))


def commitments(found: Findings) -> dict[str, float]:
    """Return P10: how much size and fiscal index say about commitments in early and in later years.

    The coefficients are those of a complementary log-log model of whether a lot is committed in a year of those in
    which it was not committed before, on both covariates in standard deviations, with a constant for each year.
    """
    frame = found.frame
    places = found.outcome.inputs.country.places
    fiscal = np.where(np.isnan(places.fiscal_index), np.nanmean(places.fiscal_index), places.fiscal_index)
    covariates = np.column_stack([scaled(np.log(np.maximum(frame.population, 1.0))), scaled(fiscal)])
    commit = found.commit[:, frame.first_of_lot]
    applies = frame.applies[:, frame.first_of_lot]
    values: dict[str, float] = {}
    strength = {}
    for name, (first, last) in (("early", EARLY), ("later", LATER)):
        blocks = []
        years = range(first, last, MONTHS_PER_YEAR)
        for place, year in enumerate(years):
            at_risk = applies & ((commit < 0) | (commit >= year))
            decided = at_risk & (commit >= 0) & (commit < year + MONTHS_PER_YEAR)
            row, lot = np.nonzero(at_risk)
            constant = np.zeros((row.size, len(years)))
            constant[:, place] = 1.0
            blocks.append((np.column_stack([constant, covariates[row]]), decided[row, lot]))
        slopes = cloglog([block for block, _ in blocks], [event for _, event in blocks])
        values |= {f"commitment_size_{name}": slopes[0], f"commitment_fiscal_{name}": slopes[1]}
        strength[name] = float(np.abs(slopes).sum())
    values["commitment_shrinks"] = 1.0 - ratio(strength["later"], strength["early"])
    return values


def cloglog(blocks: Iterable[Floats], events: Iterable[Flags]) -> Floats:
    """Return the last two coefficients of a complementary log-log model; nan if it has no solution."""
    parts = [(x, y) for x, y in zip(blocks, events, strict=True) if y.any() and not y.all()]
    if not parts or not all(column.any() for x, _ in parts[:1] for column in x.T[-2:]):
        return np.full(2, np.nan)
    x, y = np.concatenate([x for x, _ in parts]), np.concatenate([y for _, y in parts]).astype(np.float64)
    x = x[:, x.any(axis=0)]
    beta = np.zeros(x.shape[1])
    beta[:-2] = math.log(-math.log1p(-y.mean()))
    for _ in range(NEWTON_STEPS):
        hazard = np.exp(np.clip(x @ beta, -30.0, 3.0))
        p = np.clip(-np.expm1(-hazard), 1e-12, 1 - 1e-12)
        slope = hazard * (1 - p)
        weight = slope**2 / (p * (1 - p))
        score = x.T @ ((y - p) / (p * (1 - p)) * slope)
        step = np.linalg.lstsq((x.T * weight) @ x, score, rcond=None)[0]
        beta += np.clip(step, -2.0, 2.0)
        if np.abs(step).max() < 1e-6:
            return beta[-2:]
    return np.full(2, np.nan)


def scaled(values: Floats) -> Floats:
    """Return values in standard deviations from their mean."""
    spread = values.std()
    return np.asarray((values - values.mean()) / (spread if spread > 0 else 1.0))


def ratio(part: float, whole: float) -> float:
    """Return `part` over `whole`; nan if there is no whole."""
    return float(part / whole) if whole else math.nan
