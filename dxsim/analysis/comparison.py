"""Alternatives against a reference, under common random numbers: ``compare`` and the tables that it gives.

Pairs are runs of the same seed at the same point of the uncertain parameters under the same variant of the model, so
that chance and what nobody knows are alike on both sides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from dxsim.analysis.estimates import differences, mean_of, replicates_needed, reversals, seed_means
from dxsim.analysis.paired import direction_of
from dxsim.analysis.ranks import rank_tables
from dxsim.analysis.selection import VARIANT, Alternative, Selection, in_order, select, uncertain_columns
from dxsim.errors import InputError, Problem
from dxsim.files import write_csv, write_whole
from dxsim.language import say
from dxsim.sweep.layout import DONE, FAILED
from dxsim.terms.kpis import find_kpi

Floats = npt.NDArray[np.float64]

KPI, STRATA = ("kpi",), ("stratum", "class", "measure")
_INTERVALS = ("monte_carlo", "parametric", "structural")
SHARE_OF_INTEREST, RELATIVE_OF_INTEREST = 0.005, 0.01  # of a share, and of the mean of anything else


@dataclass(frozen=True, repr=False)
class Comparison:
    """Alternatives against the first of them, as tidy tables.

    Intervals are of three kinds, each in columns of its own: ``monte_carlo_`` (seeds), ``parametric_`` (points of the
    uncertain parameters) and ``structural_`` (range over variants of the model).

    Attributes
    ----------
    alternatives : pandas.DataFrame
        ``case``, ``folder``, ``is_reference``, ``is_compared``, ``variants``, ``planned``, ``finished``, ``failed``
        (runs), and the fingerprints of ``nation``, ``vendor_table`` and ``code``. Of a sweep that is not finished, or
        in which runs failed, those without a pair of runs are not compared; the reference stands first.
    pairs : pandas.DataFrame
        By ``case`` and ``variant``: ``pairs``, ``seeds``, ``points``, and runs without a partner
        (``unmatched_reference``, ``unmatched_case``).
    differences : pandas.DataFrame
        By ``case`` and ``kpi``, under the first variant: the columns of `dxsim.analysis.estimates.differences`,
        ``unit``, ``better`` (more, less or neither), ``relative`` (difference over the reference's mean), ``verdict``
        (better, worse, higher or lower where all of its intervals leave out zero on that side; same; unclear where the
        Monte Carlo interval has zero inside; depends where another one has, or lies on the other side),
        ``of_interest`` (smallest difference of interest), ``seeds_needed`` for a claim about it, ``seeds_suffice``,
        ``structural_low``, ``structural_high``, ``variants`` and ``reversed_variants``.
    by_variant : pandas.DataFrame
        The same for each variant, without what is structural.
    equity : pandas.DataFrame
        The same by ``stratum``, ``class`` and ``measure``; empty if strata were not recorded.
    ranks, agreement : pandas.DataFrame
        See `dxsim.analysis.ranks.rank_tables`; over seeds, points and variants.
    left_out : tuple of str
        KPIs that not all alternatives have.
    """

    alternatives: pd.DataFrame
    pairs: pd.DataFrame
    differences: pd.DataFrame
    by_variant: pd.DataFrame
    equity: pd.DataFrame
    ranks: pd.DataFrame
    agreement: pd.DataFrame
    left_out: tuple[str, ...]

    def __repr__(self) -> str:
        """Return who is compared; the tables would fill the screen."""
        reference, *others = self.alternatives.loc[self.alternatives["is_compared"], "case"]
        return f"Comparison({', '.join(others)} with {reference}: {', '.join(self.tables())})"

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return every table by name."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: table for name, table in found.items() if isinstance(table, pd.DataFrame)}

    def to_csv(self, folder: str | Path) -> None:
        """Write each table to `folder` as CSV, whole or not at all."""
        write_tables(self.tables(), Path(folder), [".csv"])

    def to_parquet(self, folder: str | Path) -> None:
        """Write each table to `folder` as Parquet, whole or not at all."""
        write_tables(self.tables(), Path(folder), [".parquet"])


def write_tables(tables: Mapping[str, pd.DataFrame], folder: Path, kinds: Sequence[str] = (".csv", ".parquet")) -> None:
    """Write tables to `folder` as files of these kinds, each whole or not at all."""
    for name, table in tables.items():
        if ".csv" in kinds:
            write_csv(folder / f"{name}.csv", table)
        if ".parquet" in kinds:
            write_whole(folder / f"{name}.parquet", partial(table.to_parquet, index=False, compression="zstd"))


def compare(*selections: Selection, confidence: float = 0.95) -> Comparison:
    """Compare alternatives of one or more sweeps with the first of them, pair by pair.

    Parameters
    ----------
    *selections : str, Path, Results or Alternative
        ``FOLDER``: all alternatives of a sweep (variants of the model are not alternatives, unless nothing else
        differs). ``FOLDER:SCENARIO`` (or the name of a case) or ``FOLDER:key=value,key=value`` with the keys scenario,
        variant and levers (``policy.deadline``, or ``deadline`` if no other is called so): one alternative.
    confidence : float
        Of intervals, 0 to 1.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        If a selection is wrong, a file of a sweep is damaged, there is one alternative only, or none of its runs has a
        partner in the reference.
    """
    chosen = select(selections)
    if len(chosen) == 1:
        what = say("there is one alternative only; name another selection to compare it with")
        raise InputError(say("comparison"), [Problem(chosen[0].name, what)])
    alternatives = paired(chosen)
    if len(alternatives) < 2:  # the reasons are told below
        alternatives = chosen
    frames = named(alternatives, [outcomes(item, "kpis") for item in alternatives])
    kpis = [kpi for kpi in frames[0] if all(kpi in frame for frame in frames)]
    left_out = sorted({str(kpi) for frame in frames for kpi in frame} - set(kpis))
    frames = [frame[kpis] for frame in frames]
    reference, names = frames[0], [item.name for item in alternatives]
    matches = _matches(names, frames)
    by_variant = with_units(_estimates(names, matches, reference, frames, KPI, confidence))
    strata = [outcomes(item, "strata") for item in alternatives]
    equity = pd.DataFrame()
    if all(len(frame.columns) for frame in strata):
        strata = named(alternatives, strata)
        equity = with_units(_estimates(names, matches, strata[0], strata, STRATA, confidence))
    ranks, agreement = _ranks(names, frames, by_variant)
    return Comparison(
        alternatives=described(chosen, alternatives),
        pairs=_pairs(names, matches, frames),
        differences=_structural(by_variant),
        by_variant=by_variant,
        equity=equity,
        ranks=ranks,
        agreement=agreement,
        left_out=tuple(left_out),
    )


def paired(chosen: Sequence[Alternative]) -> list[Alternative]:
    """Return the alternatives of which something can be said, the reference first.

    Those are all, but in a sweep that is on its way or in which runs failed: there, those with runs that have a partner
    in the reference. If no run of the reference is done, the next one of the same sweep is taken for it.
    """
    frames = named(chosen, [outcomes(item, "kpis") for item in chosen])
    if all(len(frame) == len(item.plan) for item, frame in zip(chosen, frames, strict=True)):
        return list(chosen)
    done = [place for place, frame in enumerate(frames) if len(frame)]
    if not done or chosen[done[0]].results is not chosen[0].results:
        return []
    return [chosen[place] for place in done if len(common_keys(frames[done[0]], frames[place]))]


def compared(found: Comparison, chosen: Sequence[Alternative]) -> list[Alternative]:
    """Return those of `chosen` that were compared, the reference first."""
    by_name = {item.name: item for item in chosen}
    return [by_name[name] for name in found.alternatives.loc[found.alternatives["is_compared"], "case"]]


def outcomes(alternative: Alternative, table: str) -> pd.DataFrame:
    """Return what the finished runs of an alternative left, one row each.

    Parameters
    ----------
    alternative : Alternative
    table : {"kpis", "strata"}
        Of strata, columns are (stratum, class, measure).

    Returns
    -------
    pandas.DataFrame
        Index: variant, point, uncertain parameters, seed; sorted.
    """
    records, uncertain = getattr(alternative.results, table), uncertain_columns(alternative.plan)
    if table == "strata":
        keys = ["run", *STRATA[:2]]
        measures = [name for name in records if name not in (*keys, "municipalities", "population")]
        if not measures:
            return pd.DataFrame(index=_keys(alternative.plan, uncertain))
        wide = records.pivot(index="run", columns=list(STRATA[:2]), values=measures)
        records = wide.reorder_levels([1, 2, 0], axis=1)
    else:
        records = records.set_index("run")
    plan = alternative.plan[alternative.plan["run"].isin(records.index)]
    return records.loc[plan["run"]].set_axis(_keys(plan, uncertain), axis=0).sort_index()


def _keys(plan: pd.DataFrame, uncertain: Sequence[str]) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(plan[[VARIANT, "point", *uncertain, "seed"]])


def named(alternatives: Sequence[Alternative], frames: list[pd.DataFrame]) -> list[pd.DataFrame]:
    """Return frames in which single variants go by one name, so that two variants can be compared with each other."""
    if any(len(item.variants) > 1 for item in alternatives):
        return frames
    name = alternatives[0].variants[0]
    return [frame.set_axis(frame.index.set_levels([name], level=VARIANT)) for frame in frames]


def _matches(names: Sequence[str], frames: Sequence[pd.DataFrame]) -> list[pd.MultiIndex]:
    """Return the keys that each frame shares with the first.

    Raises
    ------
    InputError
        If one of them shares none.
    """
    found, problems = [], []
    for name, frame in zip(names, frames, strict=True):
        common = common_keys(frames[0], frame)
        found.append(common)
        if not len(common):
            none = say("no run is done yet")
            what = say(
                "none of its {count} runs has a partner among the {reference_count} of {reference} with the same "
                "variant, seed and uncertain parameters; run both with common seeds",
                count=len(frame),
                reference_count=len(frames[0]),
                reference=names[0],
            )
            problems.append(Problem(name, what if len(frame) and len(frames[0]) else none))
    if problems:
        raise InputError(say("comparison"), problems)
    return found


def common_keys(reference: pd.DataFrame, frame: pd.DataFrame) -> pd.MultiIndex:
    """Return the keys that two frames share."""
    alike = frame.index.names == reference.index.names
    return reference.index.intersection(frame.index) if alike else reference.index[:0]


def cube(frame: pd.DataFrame, keys: pd.MultiIndex) -> Floats:
    """Return the rows of these keys (of one variant) as an array, shape (points, seeds, outcomes); nan for gaps."""
    seeds, seed = np.unique(keys.get_level_values("seed"), return_inverse=True)
    point = keys.droplevel([VARIANT, "seed"])
    place, points = pd.factorize(point, sort=True)
    result = np.full((len(points), len(seeds), frame.shape[1]), np.nan)
    result[place, seed] = frame.loc[keys].to_numpy(np.float64)
    return result


def by_point(values: Floats, keys: pd.MultiIndex, count: int) -> Floats:
    """Return a cube of these keys with a row for each of the `count` points of a plan; nan where none of it is done."""
    found = np.full((count, *values.shape[1:]), np.nan)
    found[keys.get_level_values("point").unique().sort_values()] = values
    return found


def variants_of(keys: pd.MultiIndex) -> Iterator[tuple[str, pd.MultiIndex]]:
    """Yield each variant with its keys, in the order of `in_order`."""
    level = keys.get_level_values(VARIANT)
    for variant in in_order(level.unique()):
        yield variant, keys[level == variant]


def _estimates(
    names: Sequence[str],
    matches: Sequence[pd.MultiIndex],
    reference: pd.DataFrame,
    frames: Sequence[pd.DataFrame],
    labels: Sequence[str],
    confidence: float,
) -> pd.DataFrame:
    """Return the differences by case, variant and outcome."""
    parts = []
    for name, common, frame in list(zip(names, matches, frames, strict=True))[1:]:
        for variant, keys in variants_of(common):
            found = pd.DataFrame(differences(cube(reference, keys), cube(frame[reference.columns], keys), confidence))
            head = reference.columns.to_frame(index=False).set_axis(list(labels), axis=1)
            head.insert(0, "variant", variant)
            head.insert(0, "case", name)
            parts.append(pd.concat([head, found], axis=1))
    return pd.concat(parts, ignore_index=True)


def with_units(table: pd.DataFrame) -> pd.DataFrame:
    """Return differences with their unit, which direction is better, a verdict, and how many seeds they need."""
    name = "kpi" if "kpi" in table else "measure"
    facts = {kpi: unit_and_direction(kpi) for kpi in table[name].unique()}
    unit, better = (table[name].map({kpi: fact[place] for kpi, fact in facts.items()}) for place in (0, 1))
    size = (table["reference_mean"].abs() + table["case_mean"].abs()) / 2
    of_interest = np.where(unit.str.startswith("share"), SHARE_OF_INTEREST, RELATIVE_OF_INTEREST * size)
    needed = [replicates_needed(*row) for row in zip(table["spread"], of_interest, strict=True)]
    relative = table["difference"] / table["reference_mean"].abs().where(lambda mean: mean > 0)
    return table.assign(
        unit=unit,
        better=better,
        relative=relative,
        verdict=verdicts(table, better),
        of_interest=of_interest,
        seeds_needed=needed,
        seeds_suffice=table["seeds"] >= needed,
    )


def unit_and_direction(name: str) -> tuple[str, str]:
    """Return the unit of a KPI or of a measure of strata, and which direction is better."""
    try:
        kpi = find_kpi({"cost_per_resident": "cost_per_resident_2035"}.get(name, name))[0]
    except KeyError:  # a measure that is no KPI, or a KPI of another version of dxsim
        return ("share" if name.endswith("_share") else "", "neither")
    return kpi.unit, kpi.direction


def verdicts(table: pd.DataFrame, better: pd.Series[str]) -> list[str]:
    """Return the verdict on each row of differences, from those of its three intervals that there are."""
    kinds = [table.reindex(columns=[f"{kind}_low", f"{kind}_high"]).to_numpy(np.float64) for kind in _INTERVALS]
    found = []
    for place, which in enumerate(better):
        known = [kind[place] for kind in kinds if not np.isnan(kind[place]).any()]
        found.append(verdict([direction_of(*ends) for ends in known], which))
    return found


def verdict(directions: Sequence[str], better: str) -> str:
    """Return what can be said of a difference, from the directions of its intervals, that over seeds first.

    Examples
    --------
    >>> verdict(["lower"], "less"), verdict(["lower"], "more"), verdict(["lower", "lower"], "neither")
    ('better', 'worse', 'lower')
    >>> verdict(["unclear", "lower"], "less"), verdict(["lower", "unclear"], "less"), verdict([], "less")
    ('unclear', 'depends', 'unclear')
    """
    if not directions:
        return "unclear"
    direction, *others = directions
    if direction not in ("lower", "higher"):
        return direction
    if any(other != direction for other in others):
        return "depends"
    if better == "neither":
        return direction
    return "better" if (direction == "lower") == (better == "less") else "worse"


def _structural(by_variant: pd.DataFrame) -> pd.DataFrame:
    """Return the differences under the first variant, with the range over variants."""
    groups = by_variant.groupby(["case", "kpi"], sort=False)
    difference = groups["difference"]
    several = difference.transform("count") > 1
    found = by_variant.assign(
        structural_low=difference.transform("min").where(several),
        structural_high=difference.transform("max").where(several),
        variants=difference.transform("count"),
    )
    first = groups.head(1).index
    found = found.loc[first]
    turned = [
        float(reversals(rows["difference"].to_numpy()[:, None], rows["difference"].to_numpy()[:1], _size(rows))[0])
        for _, rows in groups
    ]
    return found.assign(reversed_variants=turned, verdict=verdicts(found, found["better"])).reset_index(drop=True)


def _size(rows: pd.DataFrame) -> Floats:
    return np.asarray(rows[["reference_mean", "case_mean"]].abs().max(axis=1))[:1]


def _ranks(
    names: Sequence[str], frames: Sequence[pd.DataFrame], by_variant: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rank tables over what all alternatives have in common; empty if that is nothing."""
    common = frames[0].index
    for frame in frames[1:]:
        common = common.intersection(frame.index)
    if not len(common):
        return pd.DataFrame(), pd.DataFrame()
    kpis = list(frames[0])
    cubes = [np.array([cube(frame[kpis], keys) for frame in frames]) for _, keys in variants_of(common)]
    with_gaps = [np.where(np.isnan(values).any(axis=0), np.nan, values) for values in cubes]
    by_point = [mean_of(values, 2) for values in with_gaps]  # each: cases, points, outcomes
    means = np.array([mean_of(values, 1) for values in by_point])  # variants, cases, outcomes
    by_seed = np.array([seed_means(values) for values in with_gaps[0]])
    units = {"seeds": by_seed, "points": by_point[0], "variants": means.swapaxes(0, 1)}
    units = {over: values for over, values in units.items() if values.shape[1] > 1}
    better = {kpi: unit_and_direction(kpi)[1] for kpi in kpis}
    return rank_tables(units, means[0], names, better)


def described(chosen: Sequence[Alternative], compared: Sequence[Alternative]) -> pd.DataFrame:
    """Return the table `Comparison.alternatives`, those that are compared first."""
    rows = []
    left_out = [item for item in chosen if all(item is not other for other in compared)]
    for place, item in enumerate([*compared, *left_out]):
        status = item.results.runs().set_index("run")["status"].reindex(item.plan["run"])
        rows.append(
            {
                "case": item.name,
                "folder": str(item.results.folder),
                "is_reference": place == 0,
                "is_compared": place < len(compared),
                "variants": ", ".join(item.variants),
                "planned": len(item.plan),
                "finished": int((status == DONE).sum()),
                "failed": int((status == FAILED).sum()),
                **item.origin,
            }
        )
    return pd.DataFrame(rows)


def unfinished(alternatives: pd.DataFrame) -> list[str]:
    """Return, line by line, which of the alternatives (`Comparison.alternatives`) have runs that are not done."""
    rows = alternatives[alternatives["finished"] < alternatives["planned"]].to_dict("records")
    if not rows:
        return []
    lines = [say("Some runs failed or were not tried yet; all that follows is of the others only:")]
    for row in rows:
        counts = {name: row[name] for name in ("case", "planned", "finished", "failed")}
        line = say("  {case}: {finished} of {planned} runs done, {failed} failed", **counts)
        lines.append(line if row["is_compared"] else line + say("; left out, because it has no pair"))
    return lines


def _pairs(names: Sequence[str], matches: Sequence[pd.MultiIndex], frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return how many pairs there are, and how many runs have no partner."""
    rows = []
    for name, common, frame in list(zip(names, matches, frames, strict=True))[1:]:
        for variant, keys in variants_of(common):
            runs = [int((item.index.get_level_values(VARIANT) == variant).sum()) for item in (frames[0], frame)]
            rows.append(
                {
                    "case": name,
                    "variant": variant,
                    "pairs": len(keys),
                    "seeds": keys.get_level_values("seed").nunique(),
                    "points": len(keys.droplevel([VARIANT, "seed"]).unique()),
                    "unmatched_reference": runs[0] - len(keys),
                    "unmatched_case": runs[1] - len(keys),
                }
            )
    return pd.DataFrame(rows)
