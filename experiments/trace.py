"""Write ``docs/TRACE.md``: what was tested, what failed and what is not known, with figures from the results."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

import dxsim
from dxsim.files import write_text
from experiments.marks import END, START

ROOT = Path(__file__).parents[1]
SECTIONS = Path(dxsim.__file__).parent / "model" / "odd"
TRACE, TEXT = ROOT / "docs" / "TRACE.md", Path(__file__).with_name("trace.md")
PLACE = re.compile(r"^\{(\w+)\}$", re.MULTILINE)


def trace() -> str:
    """Return the document: ``trace.md`` with the parts that come from results in their places."""
    made = {"patterns": patterns, "scores": scores, "nulls": nulls, "hold_out": hold_out, "recovery": recovery}
    made |= {"mergers": mergers, "ten": ten, "conditioned": conditioned}
    return PLACE.sub(lambda place: made[place[1]](), TEXT.read_text(encoding="utf-8"))


def between(file: Path, start: str = START, end: str = END) -> str:
    """Return what a command wrote between marks."""
    return file.read_text(encoding="utf-8").partition(start)[2].partition(end)[0].strip()


def patterns() -> str:
    """Return which patterns hold, as `dxsim validate` told it."""
    text = (SECTIONS / "patterns.md").read_text(encoding="utf-8")
    head = re.search(r"^baseline on .+$", text, re.MULTILINE)
    told = re.findall(r"^(?:\d+ of \d+ patterns hold|not held|in one seed).*$", text, re.MULTILINE)
    missed = [line for line in text.splitlines() if line.endswith("| **no** |")]
    rows = "".join(
        f"\n- {cells[2].strip()}: {cells[3].strip()}, observed {cells[5].strip()}" for cells in map(_cells, missed)
    )
    return (head[0] + ": " if head else "") + "; ".join(line.strip() for line in told) + "." + rows


def _cells(line: str) -> list[str]:
    return line.split("|")


def scores() -> str:
    """Return the scores on single municipalities beside those of rivals."""
    text = (SECTIONS / "patterns.md").read_text(encoding="utf-8")
    return text[text.index("**has a late system") :].partition("<!--")[0].strip()


def conditioned() -> str:
    """Return the scores of the simulation that knows the others."""
    return between(ROOT / "experiments" / "conditioning" / "README.md")


def nulls() -> str:
    """Return the skill on each null model, the losses first."""
    table = pd.read_csv(ROOT / "experiments" / "nulls" / "nulls.csv").dropna(subset="skill").sort_values("skill")
    lost = table[table["skill"] < 0]
    rows = [f"- {row.null}, {row.target}, {row.score}: {row.skill:.2f}" for row in lost.itertuples()]
    share = f"The simulation loses {len(lost)} of {len(table)} comparisons with null models (skill below 0):"
    return "\n".join([share, "", *rows])


def hold_out() -> str:
    """Return what was foretold of 2026."""
    return between(ROOT / "experiments" / "temporal_hold_out" / "README.md")


def mergers() -> str:
    """Return the transfer test."""
    return between(ROOT / "experiments" / "heisei_mergers" / "README.md")


def recovery() -> str:
    """Return how often true values were recovered, for each reading of the model."""
    text = (SECTIONS / "calibration.md").read_text(encoding="utf-8")
    told = re.findall(r"^(?:calibration\w* on .+|\d+ worlds of .+)$", text, re.MULTILINE)
    return "\n".join(f"- {line}" for line in told)


def ten() -> str:
    """Return the verdicts of the ten experiments, with links that lead there from the document."""
    table = between(ROOT / "experiments" / "README.md", "<!-- result -->\n", "<!-- end of result -->")
    return re.sub(r"\]\((e\d\d_)", r"](../experiments/\1", table)


def main() -> None:
    """Write the document."""
    write_text(TRACE, trace())


if __name__ == "__main__":
    main()
