"""``dxsim calibrate``: which values of a study's uncertain parameters are in keeping with what was observed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from dxsim.analysis.calibration import TRUTHS, Calibration, calibrate
from dxsim.cli.knockout import tell_found
from dxsim.cli.sweep import Progress
from dxsim.cli.terminal import tell, tell_of_compiling
from dxsim.errors import InputError, Problem
from dxsim.files import sha256, write_csv, write_text, write_whole
from dxsim.language import say
from dxsim.nation.nation import load_nation
from dxsim.scenario.configuration import variant_values
from dxsim.scenario.scenario import load_scenario
from dxsim.sweep.settings import read_settings
from dxsim.sweep.study import Study
from dxsim.views.documents.calibration import calibration_markdown, calibration_text
from dxsim.views.labels import labels

TABLES = ("parameters", "targets", "waves", "recovery")
POSTERIOR = "posterior.csv"


def print_calibration(study: Study, words: Sequence[str], waves: int, draws: int, truths: int) -> None:
    """Calibrate, keep runs and results in a folder, and print what the data say of each parameter.

    Parameters
    ----------
    study : Study
        Its ``uncertainties`` are the prior, its ``sample`` (a Latin hypercube) says how many points a wave has, its
        ``seeds`` the first of the seeds and how many each point has; one scenario, one variant, no levers.
    words : sequence of str
        ``output``, ``nation``, ``threads``, as of ``dxsim sweep run``.
    waves, draws : int
        Waves of runs; draws of the posterior that are written.
    truths : int
        Worlds of the model's own that are recovered.

    Raises
    ------
    InputError
        Before anything is simulated, if any of the input is wrong.
    """
    settings = read_settings(words)
    problems = [Problem("", what) for what in unfit(study, waves, draws, truths)]
    if settings.output is None:
        problems.append(Problem("", say("say where the runs are kept: output=FOLDER")))
    if problems or settings.output is None or study.sample is None or study.sample.size is None:
        raise InputError(say("calibrate"), problems)
    (name,), (variant,), sample = study.scenarios, study.variants, study.sample
    scenario = load_scenario(name, {**variant_values(variant), **study.constants})
    folder, size = settings.output, study.sample.size
    tell_of_compiling()
    with Progress(waves * size * study.seeds.count) as progress:
        found = calibrate(
            load_nation(settings.nation or study.nation),
            replace(scenario, name=study.name),
            study.uncertainties,
            folder / "waves",
            points=size,
            seeds=study.seeds.count,
            first_seed=study.seeds.first,
            waves=waves,
            draws=draws,
            truths=truths,
            chance=sample.seed or 0,
            threads=settings.threads,
            on_run=progress.add,
        )
    _write(found, folder)
    tell_found(calibration_text(found), folder, is_markdown=False)
    tell(labels()["sweep_not_a_forecast"], is_aside=True)


def unfit(study: Study, waves: int, draws: int, truths: int) -> list[str]:
    """Return why a study can't be calibrated, in words; nothing if it can."""
    found = []
    if study.levers or study.cases or len(study.scenarios) > 1 or len(study.variants) > 1:
        found.append(say("a calibration has one scenario and one variant, and neither levers nor cases"))
    if study.sample is None or study.sample.method != "latin_hypercube":
        found.append(say("the sample must be a latin_hypercube over uncertainties: its size is that of a wave"))
    points = study.sample.size if study.sample and study.sample.size else 0
    for key, value, low, high in (
        ("--waves", waves, 1, 10),
        ("--draws", draws, 2, 100_000),
        ("--truths", truths, 0, points // TRUTHS),
    ):
        if not low <= value <= high:
            bounds = say("a whole number from {low} to {high}", low=low, high=high)
            found.append(say("{key} must be {bounds} (got {value})", key=key, bounds=bounds, value=value))
    if any(find_spec(name) is None for name in ("emcee", "sklearn")):
        found.append(say("a calibration needs emcee and scikit-learn: pip install 'dxsim[calibrate]'"))
    return found


def _write(found: Calibration, folder: Path) -> None:
    write_csv(folder / POSTERIOR, found.draws, float_format="%.6g")
    manifest = {**found.manifest, "posterior_sha256": sha256(folder / POSTERIOR)}
    write_text(folder / "manifest.json", json.dumps(manifest, ensure_ascii=False, indent=2) + "\n")
    for name in TABLES:
        table = getattr(found, name)
        if len(table.columns):
            write_csv(folder / f"{name}.csv", table, float_format="%.6g")
    write_text(folder / "calibration.md", calibration_markdown(found))
    from dxsim.views.sweep.calibration import calibration_figure

    write_whole(folder / "calibration.png", calibration_figure(found).savefig)
