"""Tables and sentences for readers: words in place of names, and differences with their intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pandas as pd

from dxsim.analysis.comparison import Comparison
from dxsim.errors import InputError, Problem, nearest
from dxsim.language import either, say
from dxsim.nation import schema
from dxsim.records.size_classes import SIZE_CLASSES
from dxsim.scenario.registry import REGISTRY
from dxsim.sweep.dictionary import Entry, describe_column
from dxsim.terms.municipalities import TYPES_AND_ALL
from dxsim.terms.operations import lots, operations
from dxsim.views.labels import input_label, labels, type_label, vendor_label
from dxsim.views.quantities import Scale, outcome_label, scale_of, unit_text

SIZE_CLASS = "size_class"
_MOST_DECIMALS = 6
_KINDS = ("monte_carlo", "parametric", "structural")


def label(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table in words, in the language that is spoken: headings, names of rows, and texts in cells.

    KPIs, parameters and columns are called what the package's tables call them; cells in columns such as ``type``,
    ``class``, ``reason`` or ``lot`` are put into words too. Numbers stay as they are, and so does what has no words, or
    means one thing in one table and another elsewhere (``staff``).

    Parameters
    ----------
    frame : pandas.DataFrame
        Of records, of a sweep or of a comparison, or made from them.

    Examples
    --------
    >>> import pandas as pd
    >>> table = label(pd.DataFrame({"late_share": [0.25]}, index=pd.Index(["village"], name="type")))
    >>> table.columns[0], table.index.name, table.index[0]
    ('Late systems at the deadline', 'Type', 'Village')
    """
    words = frame.copy()
    for name in words:
        if isinstance(name, str) and name in _cells() and not pd.api.types.is_numeric_dtype(words[name]):
            words[name] = words[name].astype(object).map(_of_texts(_cells()[name]))
    words.index = _in_words(words.index)
    words.columns = _in_words(words.columns)
    return words


def _in_words(names: pd.Index) -> pd.Index:
    """Return the names of rows or columns in words: each level by its own vocabulary, or as headings if it has none."""
    found = names
    if isinstance(names, pd.MultiIndex):
        for place, level in enumerate(names.names):
            found = found.set_levels(_level(names.levels[place], level), level=place)
        return found.set_names([_of_texts(_heading)(level) for level in names.names])
    return _level(names, names.name).rename(_of_texts(_heading)(names.name))


def _level(values: pd.Index, name: object) -> pd.Index:
    if pd.api.types.is_numeric_dtype(values) or isinstance(values, pd.DatetimeIndex):
        return values
    return values.map(_of_texts(_cells().get(str(name), _heading)))


def _of_texts(word: Callable[[str], str]) -> Callable[[object], object]:
    """Return a function that puts texts into words and leaves all else alone."""
    return lambda value: word(value) if isinstance(value, str) else value


def _heading(name: str) -> str:
    """Return what a column is called; what has no words stays as it is."""
    if f"column_{name}" in labels():
        return labels()[f"column_{name}"]
    if name in REGISTRY:
        return input_label(name)
    if outcome_label(name) != name:
        return outcome_label(name)
    meanings = {
        *(either(column.label_en, column.label_ja) for key, column in schema.MUNICIPALITIES.items() if key == name),
        *(either(entry.meaning_en, entry.meaning_ja) for entry in _described(name)),
    }
    meaning = meanings.pop() if len(meanings) == 1 else name
    return name if meaning == name else meaning[:1].upper() + meaning[1:]


def _described(name: str) -> Iterator[Entry]:
    """Yield what the dictionary of sweeps says of a column of records."""
    for table in ("municipalities", "months"):
        with suppress(KeyError):
            yield describe_column(table, name)


def _cells() -> Mapping[str, Callable[[str], str]]:
    """Return how texts in columns of these names are put into words."""
    own = {lot.lot: lot.name for lot in lots()}
    tasks = {operation.operation: operation.name for operation in operations()}
    kinds = {kind: either(*words) for kind, words in schema.KINDS.items()}
    return {
        "kpi": _heading,
        "measure": _heading,
        "outcome": _heading,
        "parameter": _input,
        "input": _input,
        "unit": unit_text,
        "type": _type,
        "class": lambda name: _type(name) if name in TYPES_AND_ALL else _from("size_class")(name),
        **{name: _from(name) for name in (SIZE_CLASS, "reason", "hold_up", "cohort", "cause", "verdict", "state")},
        "lot": lambda name: own.get(name, name),
        "operation": lambda name: tasks.get(name, name),
        **dict.fromkeys(("vendor", "legacy_vendor", "main_vendor"), vendor_label),
        "kind": lambda name: kinds.get(name, name),
    }


def _from(prefix: str) -> Callable[[str], str]:
    """Return a function that looks a name up among the labels with this prefix."""
    return lambda name: labels().get(f"{prefix}_{name}", name)


def _type(name: str) -> str:
    return type_label(name) if name in TYPES_AND_ALL else name


def _input(name: str) -> str:
    return input_label(name) if name in REGISTRY or f"input_{name}" in labels() else name


def effects(found: Comparison, outcomes: Sequence[str], stratum: str | None = None) -> pd.DataFrame:
    """Return the differences of a comparison as a table of texts for readers: in handy units, with intervals.

    `effect` says the same of one row, in the same figures. The three that belong together add up as they are written.

    Parameters
    ----------
    found : Comparison
        As `dxsim.compare` gives it.
    outcomes : sequence of str
        KPIs, or measures of strata.
    stratum : {"size_class", "type"}, optional
        By class of municipality; None: the nation as a whole.

    Returns
    -------
    pandas.DataFrame
        By outcome and case (and class): mean of the reference, mean, difference, the intervals that there are, verdict.

    Raises
    ------
    InputError
        With every outcome that was not recorded.
    """
    text, rows = labels(), []
    reference = str(found.alternatives["case"].iloc[0])
    for outcome in outcomes:
        of_outcome = _rows(found, outcome, stratum)
        scale = _scale(of_outcome)
        for row in of_outcome.to_dict("records"):
            head = {text["column_kpi"]: f"{outcome_label(outcome)} [{scale.unit}]", text["report_case"]: row["case"]}
            if stratum:
                head[text["column_class"]] = _cells()["class"](row["class"])
            rows.append({**head, **_texts(row, reference, scale)})
    keys = [text["column_kpi"], text["report_case"], *([text["column_class"]] if stratum else [])]
    table = pd.DataFrame(rows).set_index(keys)
    return table.drop(columns=[name for name in table if (table[name] == "–").all()])


def effect(found: Comparison, outcome: str, case: str, size_class: str | None = None) -> str:
    """Return one difference of a comparison as a sentence that says no more than its interval does.

    Where the interval has zero inside, the sentence says that no difference was shown.

    Parameters
    ----------
    found : Comparison
        As `dxsim.compare` gives it.
    outcome : str
        A KPI, or a measure of strata.
    case : str
        Which alternative, as it is called in the comparison.
    size_class : str, optional
        One class of municipalities by size; None: the nation as a whole.

    Raises
    ------
    InputError
        If the outcome, the case or the class is not in the comparison.
    """
    rows = _rows(found, outcome, SIZE_CLASS if size_class else None)
    _known("case", case, rows["case"].unique())
    chosen = rows[rows["case"] == case]
    if size_class:
        _known("size_class", size_class, [name for name in SIZE_CLASSES if name in set(rows["class"])])
        chosen = chosen[chosen["class"] == size_class]
    scale, row = _scale(rows), chosen.to_dict("records")[0]
    text = labels()
    of_class = text["effect_class"].format(name=_cells()["class"](size_class)) if size_class else ""
    return text["effect"].format(
        outcome=outcome_label(outcome) + of_class,
        case=case,
        reference=found.alternatives["case"].iloc[0],
        case_mean=_quantity(scale.text(_case_mean(row, scale)), scale.unit),
        reference_mean=_quantity(scale.text(row["reference_mean"]), scale.unit),
        difference=_quantity(scale.text(row["difference"], signed=True), scale.difference_unit),
        interval=scale.range_text(row["monte_carlo_low"], row["monte_carlo_high"]),
        seeds=f"{row['seeds']:.0f}",
        verdict=text[f"effect_{row['verdict']}"],
    )


def _scale(rows: pd.DataFrame) -> Scale:
    """Return the unit for rows of one outcome, as fine as their Monte Carlo errors mostly are.

    No end of an interval that leaves out zero reads as zero.
    """
    errors = rows["monte_carlo_error"]
    largest = float(rows[["reference_mean", "case_mean"]].abs().max(axis=None))
    scale = scale_of(str(rows["unit"].iloc[0]), largest, float(errors[errors > 0].median()))
    claimed = rows[~rows["verdict"].isin(["unclear", "same", "depends"])]
    ends = claimed[["monte_carlo_low", "monte_carlo_high"]].abs().min(axis=None) * scale.factor
    digits = -math.floor(math.log10(ends)) if ends > 0 else 0
    return replace(scale, decimals=min(_MOST_DECIMALS, max(scale.decimals, digits)))


def _case_mean(row: Mapping[Any, Any], scale: Scale) -> float:
    """Return the mean of a case such that it is the reference's and the difference, as both are written."""
    written = [round(scale.factor * row[name], scale.decimals) for name in ("reference_mean", "difference")]
    return float(sum(written)) / scale.factor


def _quantity(value: str, unit: str) -> str:
    """Return a value with its unit; a ratio has none, nor has a scale such as "0 to 10000"."""
    return (
        value
        if unit == unit_text("ratio") or unit[:1] in "-0123456789"
        else labels()["effect_quantity"].format(value=value, unit=unit)
    )


def _rows(found: Comparison, outcome: str, stratum: str | None) -> pd.DataFrame:
    """Return the rows of an outcome, classes of size in their order.

    Raises
    ------
    InputError
        If there are none.
    """
    table, name = (found.equity, "measure") if stratum else (found.differences, "kpi")
    _known(name, outcome, table[name].unique() if name in table else [])
    rows = table[table[name] == outcome]
    if not stratum:
        return rows
    rows = rows[rows["stratum"] == stratum]
    places = pd.DataFrame(
        {
            "case": pd.Categorical(rows["case"], found.alternatives["case"], ordered=True),
            "class": pd.Categorical(rows["class"], (*SIZE_CLASSES, *TYPES_AND_ALL), ordered=True),
        },
        index=rows.index,
    )
    return rows.loc[places.sort_values(["case", "class"]).index]


def _known(key: str, name: str, known: Sequence[str]) -> None:
    if name not in known:
        what = say("there is no '{name}'{hint}", name=name, hint=nearest(name, list(known)))
        raise InputError(say("comparison"), [Problem(key, what)])


def _texts(row: Mapping[Any, Any], reference: str, scale: Scale) -> dict[str, str]:
    text = labels()
    ends = {kind: (row.get(f"{kind}_low", math.nan), row.get(f"{kind}_high", math.nan)) for kind in _KINDS}
    return {
        text["effects_reference"].format(reference=reference): scale.text(row["reference_mean"]),
        text["report_mean"]: scale.text(_case_mean(row, scale)),
        text["report_difference"]: scale.text(row["difference"], signed=True),
        **{text[f"effects_{kind}"]: scale.range_text(*of_kind) for kind, of_kind in ends.items()},
        text["report_verdict"]: text[f"verdict_{row['verdict']}"],
    }
