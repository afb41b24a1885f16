"""The ten experiments: run the study of each, hold its hypothesis against what came out, write it down."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from dxsim.cli import sweep as sweep_commands
from dxsim.cli.terminal import tell
from dxsim.errors import DxsimError
from dxsim.files import write_csv, write_text
from dxsim.sweep.runner import begin_sweep
from dxsim.sweep.settings import processors
from dxsim.sweep.store import Results
from dxsim.sweep.study import Study
from dxsim.sweep.study_file import read_study
from experiments.common import report
from experiments.common.claims import claim_table
from experiments.common.figure import draw
from experiments.common.outcomes import read_runs

HERE = Path(__file__).parent
FOLDERS = tuple(sorted(path.parent for path in HERE.glob("e[0-9][0-9]_*/study.yaml")))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run experiments and write what they show; the exit status is 1 if something is wrong with what is asked."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m experiments.run")
    names = [folder.name for folder in FOLDERS]
    parser.add_argument("experiments", nargs="*", metavar="EXPERIMENT", help="which ones; all ten by default")
    parser.add_argument("--threads", type=int, default=processors(), help="runs at a time")
    parser.add_argument("--points", type=int, help="fewer points of what is not known than the study has")
    parser.add_argument("--seeds", type=int, help="fewer seeds than the study has")
    parser.add_argument("--nation", help="folder of another nation than the study's")
    parser.add_argument("--report", type=Path, help="folder for what is written, in place of the experiments' own")
    options = parser.parse_args(arguments)
    if unknown := sorted(set(options.experiments) - set(names)):
        parser.error(f"no such experiment: {', '.join(unknown)} (known: {', '.join(names)})")
    if (options.points or options.seeds or options.nation) and options.report is None:
        parser.error("what is reduced, or on another nation, needs --report FOLDER")
    root = options.report or HERE
    try:
        for folder in FOLDERS:
            if folder.name in (options.experiments or names):
                study = changed(read_study(folder / "study.yaml"), options.points, options.seeds, options.nation)
                write_up(folder, study, ran(study, options.threads), root)
    except DxsimError as error:
        tell(str(error), is_aside=True)
        return 1
    finally:
        write_index(root)
    return 0


def changed(study: Study, points: int | None, seeds: int | None, nation: str | None) -> Study:
    """Return a study with fewer points and seeds, or on another nation."""
    if points and study.sample:
        study = replace(study, sample=replace(study.sample, size=points))
    if seeds:
        study = replace(study, seeds=replace(study.seeds, count=seeds))
    return replace(study, nation=nation) if nation else study


def ran(study: Study, threads: int) -> Results:
    """Run a study, or what is missing of it, in ``results/``, and return what it found."""
    sweep_commands.run(study, [f"threads={threads}"], is_agreed=True)
    return begin_sweep(study).results


def write_up(folder: Path, study: Study, results: Results, root: Path) -> None:
    """Write the table, the figure and the README of an experiment into its folder under `root`."""
    hypothesis = importlib.import_module(f"experiments.{folder.name}.hypothesis")
    regimes = read_runs(study, results, getattr(hypothesis, "derive", None))
    table = report.rounded(claim_table(hypothesis.CLAIMS, regimes))
    figure = draw(report.title(folder), hypothesis.PANELS, regimes, hypothesis.REFERENCE)
    target = root / folder.name
    target.mkdir(parents=True, exist_ok=True)
    write_csv(target / report.TABLE, table)
    figure.savefig(target / report.FIGURE)
    text = report.result_text(results, table, report.title(folder))
    report.write_between_marks(folder / report.README, target / report.README, text)
    tell("\n".join([report.title(folder), *report.sentences(table), ""]))


def write_index(root: Path) -> None:
    """Write the table of all experiments into ``experiments/README.md``, or a file of its own under another root."""
    if root == HERE:
        report.write_between_marks(HERE / report.README, HERE / report.README, report.index(root, FOLDERS))
    elif root.is_dir():
        write_text(root / report.README, report.index(root, FOLDERS))


if __name__ == "__main__":
    sys.exit(main())
