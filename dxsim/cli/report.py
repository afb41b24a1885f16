"""``dxsim report``: one page of HTML on a run or a sweep, to hand on."""

from __future__ import annotations

from pathlib import Path

from dxsim.cli.terminal import tell
from dxsim.errors import InputError, Problem
from dxsim.files import write_text
from dxsim.language import fill, say
from dxsim.nation.nation import SYNTHETIC, Nation, load_nation
from dxsim.records import read_records
from dxsim.records.store import check_writable
from dxsim.sweep.layout import DONE, is_sweep
from dxsim.sweep.store import read_results
from dxsim.views.labels import labels


def write_report(folder: str, output: str | None, nation: str | None) -> None:
    """Write the report on the results in `folder`.

    Parameters
    ----------
    folder : str
        Of a run's records or of a sweep.
    output : str or None
        File; None: beside the folder, with its name.
    nation : str or None
        Where the nation is; None: where it was when the sweep began, or the one that ships.

    Raises
    ------
    InputError
        If there are no results, the nation is another one, or the file can't be written.
    """
    where = Path(folder)
    file = Path(output) if output else where.resolve().with_name(f"{where.resolve().name}.html")
    if file.is_dir():
        raise InputError(say("report"), [Problem(str(file), say("this is a folder, not a file"))])
    check_writable(file.parent)
    text = _sweep(where, nation) if is_sweep(where) else _run(where, nation)
    write_text(file, text)
    tell(fill(labels()["report_written"], file=file))


def _run(folder: Path, nation: str | None) -> str:
    records = read_records(folder)
    from dxsim.views.documents.report import run_report

    told = records.manifest["nation"]
    shipped = SYNTHETIC if told["name"] == SYNTHETIC else None
    return run_report(records, _nation(nation, shipped, told["fingerprint"]))


def _sweep(folder: Path, nation: str | None) -> str:
    results = read_results(folder)
    if not (results.runs()["status"] == DONE).any():
        raise InputError(say("sweep '{folder}'", folder=folder), [Problem("", say("no run is done yet"))])
    from dxsim.views.documents.report import sweep_report

    told = results.manifest["nation"]
    known = SYNTHETIC if told["where"] == SYNTHETIC else str(folder / told["where"])
    return sweep_report(results, _nation(nation, known, told["fingerprint"]))


def _nation(given: str | None, known: str | None, fingerprint: str) -> Nation | None:
    """Return the nation of the results; None, with a warning, if nobody says where it is and it is not found there."""
    problem = labels()["report_no_nation"]
    try:
        if where := given or known:
            nation = load_nation(where)
            if nation.fingerprint == fingerprint:
                return nation
            what = say("not the nation that the results come from")
            raise InputError(say("nation '{name}'", name=where), [Problem("", what)])
    except InputError as error:
        if given:
            raise
        problem = str(error)
    tell(labels()["warning"].format(warning=problem), is_aside=True)
    return None
