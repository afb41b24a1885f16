"""Null models that a simulation has to beat, on the same scores, observations and seeds.

Some are the model with something taken away (`knockout`) or with other neighbours; they run under the same random
numbers, so that samples of seeds are the same for both sides. Others are series without municipalities in them
(`extrapolation`), each told what was published until July 2025:

    persistence, growth, logistic   what municipalities had declared late in the four surveys until then
    logistic, of AI                 the surveys of December 2018, FY2022 and December 2023
    deadline law                    what was declared late then (the rest is in time), and the months of the mandate

Skill is 1 - score of the simulation / score of the null model: above 0 where the simulation is better. Its interval is
that of bootstrap samples of seeds, or of municipalities for what is foretold of each of them. The simulation's
defaults were chosen with a view to these observations (ODD, fit); this is no test of what nobody had seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from dxsim.analysis import ensembles, scores
from dxsim.analysis.estimates import mean_of
from dxsim.analysis.extrapolation import EXTRAPOLATIONS, deadline_law
from dxsim.analysis.knockout import shipped_knockouts
from dxsim.analysis.pattern_statistics import BODIES, DECLARED_BODIES, DECLARED_SYSTEMS, SURVEYS, SYSTEMS, series_errors
from dxsim.nation.known_outcomes import OUTCOMES
from dxsim.nation.nation import make_nation
from dxsim.terms.calendar import month_index

if TYPE_CHECKING:
    from dxsim.nation.known_outcomes import KnownOutcomes
    from dxsim.nation.nation import Nation
    from dxsim.scenario.scenario import Scenario

Floats = npt.NDArray[np.float64]
Samples = npt.NDArray[np.int64]

SAMPLES, INTERVAL = 500, (0.025, 0.975)  # of the bootstrap
SWAPS = 10  # exchanges of ends for each pair of neighbours
KNOWN_SURVEYS = 4  # that the extrapolations are told: until July 2025
MANDATE, IN_TIME, SEEN = month_index("2022-10"), month_index("2026-03"), month_index("2026-01")
# Months from April 2021, and shares of all bodies (first), else of municipalities but designated cities. MIC surveys,
# by Japan Research Institute, Research Focus 2025-062; AINOW's regional page; Minamiboso city.
AI_SURVEYS = {-28.0: 0.058, 20.0: 0.45, 32.0: 0.50}
AI_SEEN = 38.0


class Ensemble(NamedTuple):
    """What a model makes of the patterns, seed by seed, and of each municipality."""

    runs: pd.DataFrame  # statistics by seed
    happens: Floats  # (seeds, outcomes, n) of `dxsim.nation.known_outcomes.OUTCOMES`: 1, 0 or nan


@dataclass(frozen=True)
class Null:
    """A model with something taken away: by a knock-out that ships, and by what happens to its neighbours."""

    knockout: str | None
    neighbours: Callable[[Nation], Nation] | None = None

    def taken_from(self, nation: Nation, scenario: Scenario) -> tuple[Nation, Scenario]:
        """Return nation and scenario without it; InputError if the scenario can't be without."""
        return (
            self.neighbours(nation) if self.neighbours else nation,
            shipped_knockouts()[self.knockout].taken_from(scenario) if self.knockout else scenario,
        )


def rewired(nation: Nation) -> Nation:
    """Return a nation in which everybody has as many neighbours as before, but others, drawn with a fixed seed.

    Land borders and other ties are exchanged alike; a tie keeps its kind and length, which the model does not read.
    """
    import networkx as nx

    graph = nx.Graph(list(nation.adjacency[["code_a", "code_b"]].itertuples(index=False, name=None)))
    pairs = graph.number_of_edges()
    with suppress(nx.NetworkXException):  # a few municipalities that are all neighbours leave nothing to exchange
        nx.double_edge_swap(graph, SWAPS * pairs, 100 * SWAPS * pairs, seed=1)
    ends = pd.DataFrame(graph.edges, columns=["code_a", "code_b"])
    return _with_ties(nation, nation.adjacency.reset_index(drop=True).assign(**ends))


def without_neighbours(nation: Nation) -> Nation:
    """Return a nation in which nobody has neighbours."""
    return _with_ties(nation, nation.adjacency.iloc[:0])


def _with_ties(nation: Nation, adjacency: pd.DataFrame) -> Nation:
    return make_nation(nation.name, nation.municipalities, adjacency, attribution=nation.attribution)


NULLS: Mapping[str, Null] = {
    "without_decisions": Null("decision"),
    "queues_only": Null("queues_only"),
    "rewired": Null(None, rewired),
    "mean_field": Null("own_kind", without_neighbours),
    "without_cooperation": Null("cooperation"),
}
"""Null model that is simulated -> what is taken away."""

LAST = [f"declared_{what}_{survey}" for what in ("systems", "municipalities") for survey in SURVEYS[KNOWN_SURVEYS:]]
DECLARED = [f"declared_{what}_{survey}" for what in ("systems", "municipalities") for survey in SURVEYS]
TARGETS: Mapping[str, Sequence[str]] = {
    "national": [
        *DECLARED,
        *("live_2026_01", "progress_2025_05", "progress_2026_01", "none_late", "ten_or_more", "ai", "online"),
    ],
    "declared_last": LAST,
    "live": ["live_2026_01"],
    "ai": ["ai"],
}
"""What is foretold -> its statistics: shares of the nation that were observed."""


def series_nulls() -> dict[tuple[str, str], Floats]:
    """Return the ensembles of null models of series, (members, statistics), by model and target."""
    months = np.array([month_index(survey.replace("_", "-")) for survey in SURVEYS], np.float64)
    told, ahead = months[:KNOWN_SURVEYS], months[KNOWN_SURVEYS:]
    declared = [np.array(DECLARED_SYSTEMS) / SYSTEMS, np.array(DECLARED_BODIES) / BODIES]
    found = {
        (name, "declared_last"): np.hstack([foretold(told, shares[:KNOWN_SURVEYS], ahead) for shares in declared])
        for name, foretold in EXTRAPOLATIONS.items()
    }
    surveys = np.array(list(AI_SURVEYS)), np.array(list(AI_SURVEYS.values()))
    found["logistic", "ai"] = EXTRAPOLATIONS["logistic"](*surveys, np.array([AI_SEEN]))
    in_time = 1.0 - declared[0][KNOWN_SURVEYS - 1]
    live = in_time * deadline_law(SEEN + 1 - MANDATE, IN_TIME + 1 - MANDATE)
    found["deadline_law", "live"] = np.array([[live]])
    return found


def null_table(
    simulation: Ensemble, models: Mapping[str, Ensemble], patterns: pd.DataFrame, known: KnownOutcomes | None
) -> pd.DataFrame:
    """Return each null model beside the simulation.

    Parameters
    ----------
    simulation : Ensemble
        Of m seeds.
    models : mapping of str to Ensemble
        Null models of `NULLS` with the same seeds.
    patterns : pandas.DataFrame
        `dxsim.Validation.patterns` of the simulation.
    known : KnownOutcomes, optional
        What is known of single municipalities.

    Returns
    -------
    pandas.DataFrame
        By ``null``, ``target`` and ``score``: the ``simulation``'s and the ``null_model``'s score, and ``skill``,
        ``skill_low``, ``skill_high`` of losses; nan for bias and coverage.
    """
    observed = dict(zip(patterns["statistic"], patterns["observed"], strict=True))
    chance = np.random.default_rng(1)
    seeds = len(simulation.runs)
    samples = np.vstack([np.arange(seeds), chance.integers(0, seeds, (SAMPLES, seeds))])
    rows: list[dict[str, object]] = []
    of_simulation = dict(_of_seeds(simulation.runs, patterns, observed, samples, tuple(TARGETS)))
    for name, model in models.items():
        of_null = _of_seeds(model.runs, patterns, observed, samples, ("national",))
        rows += [_row(name, *key, of_simulation[key], values) for key, values in of_null]
        rows += _of_municipalities(name, simulation.happens, model.happens, known) if known else []
    for (name, target), members in series_nulls().items():
        seen = np.array([observed[statistic] for statistic in TARGETS[target]])
        for score, of in ensembles.SCORES.items():
            values = np.full(len(samples), float(of(members, seen)))
            rows.append(_row(name, target, score, of_simulation[target, score], values))
    return pd.DataFrame(rows)


def _of_seeds(
    runs: pd.DataFrame,
    patterns: pd.DataFrame,
    observed: Mapping[str, float],
    samples: Samples,
    targets: Sequence[str],
) -> Iterator[tuple[tuple[str, str], Floats]]:
    """Yield the scores of runs by target and score: of all seeds, then of each sample of them."""
    names, values = list(patterns["statistic"]), runs[patterns["statistic"]].to_numpy(np.float64)
    means = [dict(zip(names, mean_of(values[sample], 0), strict=True)) for sample in samples]
    errors = [series_errors(mean) for mean in means]
    low, high = patterns["low"].to_numpy(), patterns["high"].to_numpy()
    counts = (~(np.isnan(low) & np.isnan(high)) & (patterns["pattern"] != "")).to_numpy()
    of_pattern = pd.factorize(patterns["pattern"][counts])[0]
    missed = []
    for mean, error in zip(means, errors, strict=True):
        value = np.array([{**mean, **error}[name] for name in names])
        is_missed = np.isnan(value) | (value < low) | (value > high)
        missed.append((np.bincount(of_pattern, is_missed[counts]) > 0).sum())
    yield ("patterns", "missed"), np.array(missed, np.float64)
    yield ("declared", "log_rmse"), np.array([error["declared_systems_log_rmse"] for error in errors])
    for target in targets:
        seen = np.array([observed[name] for name in TARGETS[target]])
        members = runs[list(TARGETS[target])].to_numpy(np.float64)[samples]
        for score, of in ensembles.SCORES.items():
            yield (target, score), of(members, seen)


def _of_municipalities(
    name: str, simulation: Floats, model: Floats, known: KnownOutcomes
) -> Iterator[dict[str, object]]:
    """Yield rows of Brier and log score, with samples of the municipalities of which something is known."""
    seeds = len(simulation)
    for outcome, values in zip(known.names, known.values, strict=True):
        at = np.flatnonzero(~np.isnan(values))
        chance = np.random.default_rng(1)
        samples = [np.arange(at.size), *(chance.integers(0, at.size, at.size) for _ in range(SAMPLES))]
        happens = [runs[:, list(OUTCOMES).index(outcome)][:, at] for runs in (simulation, model)]
        p, q = ((of.sum(axis=0) + 0.5) / (seeds + 1) for of in happens)
        y = values[at]
        for score in ("brier", "log_score"):
            of = scores.SCORES[score]
            one, other = (np.array([of(f[sample], y[sample]) for sample in samples]) for f in (p, q))
            yield _row(name, outcome, score, one, other)


def _row(null: str, target: str, score: str, simulation: Floats, model: Floats) -> dict[str, object]:
    """Return a row from scores of the whole, then of samples."""
    skill = np.full(len(simulation), np.nan)
    if score in LOSSES:
        np.divide(simulation, model, out=skill, where=model > 0)
        skill = 1 - skill
    known = skill[1:][~np.isnan(skill[1:])]
    low, high = np.quantile(known, INTERVAL) if known.size else (np.nan, np.nan)
    row = {"null": null, "target": target, "score": score}
    return row | {
        "simulation": simulation[0],
        "null_model": model[0],
        "skill": skill[0],
        "skill_low": low,
        "skill_high": high,
    }


LOSSES = ("missed", "log_rmse", "crps", "wis", "brier", "log_score")
"""Scores of which less is better."""

NAMES: Mapping[str, Mapping[str, str]] = {
    "without_decisions": {"en": "everybody decides at once", "ja": "全団体が即時に着手"},
    "queues_only": {"en": "vendors' queues only", "ja": "ベンダーの待ち行列のみ"},
    "rewired": {"en": "neighbours drawn at random", "ja": "隣接関係を無作為に入替え"},
    "mean_field": {"en": "mean field: no neighbours", "ja": "平均場（隣接関係なし）"},
    "without_cooperation": {"en": "no cooperation", "ja": "共同化なし"},
    "persistence": {"en": "as in the last survey", "ja": "直近調査の値のまま"},
    "growth": {"en": "last growth rate", "ja": "直近の増加率が継続"},
    "logistic": {"en": "logistic curve", "ja": "ロジスティック曲線"},
    "deadline_law": {"en": "deadline law", "ja": "締切の法則"},
}
"""Null model -> what it is called, by language."""

MEANINGS: Mapping[str, Mapping[str, str]] = {
    "patterns": {"en": "patterns", "ja": "パターン"},
    "declared": {"en": "declared late systems, six surveys", "ja": "遅延申告システム数（6回の調査）"},
    "declared_last": {"en": "declared late, last two surveys", "ja": "遅延申告（最後の2回の調査）"},
    "national": {"en": "national shares", "ja": "全国の割合"},
    "live": {"en": "systems live, January 2026", "ja": "稼働システム（2026年1月）"},
    "ai": {"en": "uses AI, mid-2024", "ja": "AI利用（2024年半ば）"},
    "missed": {"en": "missed, of 11", "ja": "不一致数（11中）"},
    "log_rmse": {"en": "error of logarithms", "ja": "対数誤差"},
    "crps": {"en": "CRPS", "ja": "CRPS"},
    "wis": {"en": "weighted interval score", "ja": "加重区間スコア"},
    "bias": {"en": "bias", "ja": "偏り"},
    "coverage_50": {"en": "in the 50 % interval", "ja": "50 %区間に入る割合"},
    "coverage_90": {"en": "in the 90 % interval", "ja": "90 %区間に入る割合"},
    "brier": {"en": "Brier", "ja": "ブライアスコア"},
    "log_score": {"en": "log score", "ja": "対数スコア"},
}
"""Target or score of the table -> what it is called, by language; outcomes stand in `known_outcomes.OUTCOMES`."""
