"""What is written of an experiment: three sentences, a table, and its line in the index; all from numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dxsim.files import write_text
from dxsim.sweep.store import Results
from dxsim.views.labels import labels
from dxsim.views.quantities import Scale, scale_of
from experiments.common.claims import by_regime

START, END = "<!-- result -->\n", "<!-- end of result -->\n"
TABLE, FIGURE, README = "table.csv", "figure.png", "README.md"
NOT_RUN = "not run yet"


def result_text(results: Results, table: pd.DataFrame, alt: str) -> str:
    """Return what stands between the marks of an experiment's README."""
    parts = [origin(results), "\n".join(sentences(table)), markdown(table), f"![{alt}]({FIGURE})"]
    return "\n\n".join(parts) + "\n"


def origin(results: Results) -> str:
    """Return when, with what and on whom the runs were done."""
    manifest, plan = results.manifest, results.plan
    finished = datetime.fromisoformat(manifest["finished"])
    drawn = len(manifest["study"].get("uncertainties", {}))
    points, seeds = plan["point"].nunique(), plan["seed"]
    where = manifest["nation"]["where"]
    nation = f"{where} nation" if where == "synthetic" else f"nation `{Path(where).name}`"
    failed = len(manifest["failed"])
    return (
        f"*{finished:%Y-%m-%d}, dxsim {manifest['software']['version']}, sweep `{manifest['sweep']}`: {nation}, "
        f"{plan['case'].nunique()} cases (readings of the model included), {points} points of {drawn} drawn "
        f"parameters, seeds {seeds.min()} to {seeds.max()}; {manifest['runs']:,} runs, of which {failed} failed.*"
    )


def sentences(table: pd.DataFrame) -> list[str]:
    """Return one sentence for each reading of the model, and one on what lies between them."""
    scales = scales_of(table)
    told = [_of_regime(regime, rows, scales) for regime, rows in table.groupby("regime", sort=False)]
    return [*told, _between(table, scales)]


def scales_of(table: pd.DataFrame) -> dict[str, Scale]:
    """Return the unit in which each claim is written."""
    found = {}
    for claim, rows in table.groupby("claim", sort=False):
        largest = float(rows[["reference_mean", "case_mean"]].abs().max(axis=None))
        errors = rows["monte_carlo_error"]
        finest = float(errors[errors > 0].min())
        found[str(claim)] = scale_of(str(rows["unit"].iloc[0]), largest, finest)
    return found


def _of_regime(regime: object, rows: pd.DataFrame, scales: Mapping[str, Scale]) -> str:
    told = []
    for row in rows.to_dict("records"):
        scale = scales[row["claim"]]
        told.append(
            f"{row['claim']}: {_with_unit(scale.text(row['difference'], signed=True), scale)} "
            f"(Monte Carlo {scale.range_text(row['monte_carlo_low'], row['monte_carlo_high'])}, "
            f"parametric {scale.range_text(row['parametric_low'], row['parametric_high'])}; "
            f"expected {row['expected']}, {row['verdict']})"
        )
    return f"Under `{regime}` the hypothesis is **{by_regime(rows)[str(regime)]}**; " + "; ".join(told) + "."


def _between(table: pd.DataFrame, scales: Mapping[str, Scale]) -> str:
    found = by_regime(table)
    counts = Counter(labels()[f"verdict_{name}"] for name in table["word"])
    words = ", ".join(f"{count} {name}" for name, count in counts.items())
    if len(found) < 2:
        return f"Only one reading of the model was run, so there is no structural range; in words: {words}."
    is_one = len(set(found.values())) == 1
    told = ", ".join(f"{verdict} under `{regime}`" for regime, verdict in found.items())
    ranges = [
        _with_unit(
            scales[str(claim)].range_text(*rows[["structural_low", "structural_high"]].iloc[0]), scales[str(claim)]
        )
        for claim, rows in table.groupby("claim", sort=False)
    ]
    return (
        f"The readings of the model {'agree' if is_one else 'disagree'} ({told}); over them the differences range, in "
        f"the same order, over {', '.join(ranges)} (structural), and in the words of `dxsim compare` they are: {words}."
    )


def _with_unit(text: str, scale: Scale) -> str:
    return f"{text} {scale.difference_unit}".rstrip()


def markdown(table: pd.DataFrame) -> str:
    """Return the table for the README: each difference under each reading, with its three kinds of interval."""
    scales = scales_of(table)
    lines = [
        "| what | unit | reading | reference | case | difference | Monte Carlo | parametric | structural "
        "| in words | expected | claim |",
        "|---|---|---|--:|--:|--:|---|---|---|---|---|---|",
    ]
    last = ""
    for row in table.to_dict("records"):
        scale = scales[row["claim"]]
        head = [row["claim"], scale.difference_unit] if row["claim"] != last else ["", ""]
        last = row["claim"]
        values = [scale.text(row["reference_mean"]), scale.text(row["case_mean"])]
        kinds = ("monte_carlo", "parametric", "structural")
        intervals = [scale.range_text(row[f"{kind}_low"], row[f"{kind}_high"]) for kind in kinds]
        cells = [*head, row["regime"], *values, scale.text(row["difference"], signed=True), *intervals]
        cells += [labels()[f"verdict_{row['word']}"], row["expected"], row["verdict"]]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def index(root: Path, sources: Sequence[Path]) -> str:
    """Return the table of all experiments: hypothesis, and verdict by reading of the model from their tables."""
    found = {source.name: _verdicts(root / source.name / TABLE) for source in sources}
    regimes = list(dict.fromkeys(regime for verdicts in found.values() for regime in verdicts))
    columns = regimes or ["verdict"]
    lines = ["| experiment | hypothesis | " + " | ".join(columns) + " |", "|---|---|" + "---|" * len(columns)]
    for source in sources:
        verdicts = [found[source.name].get(regime, NOT_RUN) for regime in columns]
        hypothesis = paragraph(source / README, "Hypothesis")
        lines.append(f"| [{title(source)}]({source.name}/README.md) | {hypothesis} | {' | '.join(verdicts)} |")
    return "\n".join(lines) + "\n"


def _verdicts(path: Path) -> dict[str, str]:
    return by_regime(pd.read_csv(path)) if path.is_file() else {}


def title(folder: Path) -> str:
    """Return the first heading of an experiment's README."""
    return (folder / README).read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")


def paragraph(file: Path, name: str) -> str:
    """Return a paragraph that begins with a bold word, without that, on one line."""
    text = file.read_text(encoding="utf-8").partition(f"**{name}.**")[2]
    return " ".join(text.partition("\n\n")[0].split())


def write_between_marks(source: Path, target: Path, text: str) -> None:
    """Write `source` to `target` with what stands between the marks replaced."""
    before, start, rest = source.read_text(encoding="utf-8").partition(START)
    after = rest.partition(END)[2]
    if not start:
        raise ValueError(f"{source} has no line {START.strip()}")
    write_text(target, before + START + "\n" + text + "\n" + END + after)


def rounded(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with six significant digits, as files have it."""
    numbers = table.select_dtypes("number").columns
    return table.assign(**{name: [_rounded(value) for value in table[name]] for name in numbers})


def _rounded(value: Any) -> float:  # noqa: ANN401 - any kind of number
    return float(np.format_float_positional(float(value), precision=6, fractional=False)) if value == value else value
