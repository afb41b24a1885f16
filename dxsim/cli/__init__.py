"""The ``dxsim`` command: reads arguments, calls the public surface, prints. Heavy imports wait for their turn."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from dxsim import __version__
from dxsim.cli.terminal import Ended, Patient, ended_in_order, patient_streams, tell, told_warnings
from dxsim.errors import DxsimError
from dxsim.language import LANGUAGES, say, set_language

BAD_INPUT, INTERRUPTED, SIGNALLED = 2, 130, 128
_EXAMPLES = """\
examples:
  dxsim run                                        the baseline on the synthetic nation
  dxsim run scenario=mine.yaml seed=7 output=mine  a scenario of your own
  dxsim run policy.deadline=2027-03 language=ja    another deadline, figures in Japanese
  dxsim explain 01100 seed=7                       one municipality's story, and what would have changed it
  dxsim compare results/STUDY/ID                   what differs between the cases of a sweep, and how sure it is
  dxsim sensitivity results/STUDY/ID               which uncertain parameters move its outcomes
  dxsim discover FOLDER --kpi late_share --above 0.3   in which futures more than 30 % are late
  dxsim robustness FOLDER --kpi late_share         which alternative does well in most futures
  dxsim knockout --only budget --only engineers    what the budget and engineers do, by taking them away
  dxsim validate nation=japan --outcomes known.csv how the model does against what was observed
  dxsim condition nation=japan --outcomes known.csv what to expect of the others, given what is known of some
  dxsim search few_levers                          which few levers are worth their cost
  dxsim report results/baseline-seed1              one page of HTML to hand on
  dxsim animate scenario=capacity_programme        the map month by month, as a GIF
  dxsim app                                        the classroom app, in your browser
  dxsim docs                                       the documentation, in your browser
  dxsim parameters                                 everything that can be set, with units and bounds
  dxsim parameters policy.deadline                 one parameter in full, with its source
"""
_RUN_KEYS = """\
keys: scenario, nation, vendor_table, variant, seed, output, figures, language, and every parameter as group.name
"""
_SWEEP_KEYS = """\
keys: output, threads, batch, execution (here, dask), address, workers, writer, nation, vendor_table, language
"""
_SELECTIONS = """\
selections:
  FOLDER                        all alternatives of a sweep, against the first of them
  FOLDER:SCENARIO               one alternative, by its scenario or by its name in the study
  FOLDER:key=value,key=value    one alternative; keys: scenario, variant, and levers as group.name
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        What follows ``dxsim`` on the command line.

    Returns
    -------
    int
        0 if all went well, 2 if the input was wrong or a file could not be read or written, 130 if it was interrupted,
        128 and the number of the signal if one ended it.
    """
    os.environ["MPLBACKEND"] = "agg"  # figures go to files; what another program asks for may not even be there
    with patient_streams() as output, ended_in_order(), told_warnings():
        arguments = sys.argv[1:] if arguments is None else arguments
        language, words = _language(arguments)
        before = set_language(language if language in LANGUAGES else LANGUAGES[0])
        try:
            return _command(words, language) or _printed(output)
        finally:
            set_language(before)


def _printed(output: Patient) -> int:
    """Return the status of a command that is done; what could not be printed is told now."""
    output.flush()
    if output.fault is None:
        return 0
    what = say("standard output can't be written: {reason}", reason=output.fault.strerror)
    tell(f"dxsim: {what}", is_aside=True)
    return BAD_INPUT


def _language(arguments: Sequence[str]) -> tuple[str | None, list[str]]:
    """Return the language that was asked for last, as ``--language ja`` or ``language=ja``, and the other words.

    It is read before all else, so that whatever is wrong with the rest is said in it.
    """
    parser = _Parser(prog="dxsim", add_help=False)
    _add_language(parser)
    found, words = parser.parse_known_args(
        [f"--{word}" if word.startswith("language=") else word for word in arguments]
    )
    return (None if found.language is None else found.language.strip("'\"")), words


def _command(arguments: Sequence[str], language: str | None) -> int:
    parser = _parser()
    parsed, rest = parser.parse_known_args(arguments)
    if "overrides" in parsed:  # argparse leaves those that follow an option
        parsed.overrides = parsed.overrides + [word for word in rest if not word.startswith("-")]
        rest = [word for word in rest if word.startswith("-")]
        parsed.overrides += [] if language is None else [f"language={language}"]
    elif language not in (None, *LANGUAGES):
        what = say("{key} must be {bounds} (got {value})", key="language", bounds=say("en or ja"), value=repr(language))
        parser.error(what)
    if rest:
        parser.error(say("unrecognized arguments: {arguments}", arguments=" ".join(rest)))
    if parsed.command is None:
        parser.print_help()
        return 0
    try:
        parsed.run(parsed)
    except DxsimError as error:
        tell(f"dxsim: {error}", is_aside=True)
        return BAD_INPUT
    except KeyboardInterrupt as interruption:
        tell(f"\ndxsim: {say('interrupted; nothing was left half-written')}", is_aside=True)
        return SIGNALLED + interruption.number if isinstance(interruption, Ended) else INTERRUPTED
    except OSError as error:  # a disk that is full, a place that may not be read
        what = str(error.strerror or error)
        if error.filename is not None:
            what = say("{reason}: {file}", reason=what, file=error.filename)
        tell(f"dxsim: {what}", is_aside=True)
        return BAD_INPUT
    return 0


class _Parser(argparse.ArgumentParser):
    """Says in Japanese too that a command line can't be read; the details are argparse's own and English."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(BAD_INPUT, say("{program}: error: {message}", program=self.prog, message=message) + "\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="dxsim",
        description="Simulate how Japan's municipalities standardise their core systems under one national deadline.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"dxsim {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    run = commands.add_parser(
        "run",
        help="simulate once, draw figures, write records",
        epilog=_RUN_KEYS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    run.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="what differs from configs/config.yaml")
    run.add_argument(
        "-m", "--multirun", action="store_true", help="run all combinations of values such as seed=1,2 or range(1,9)"
    )
    _add_yes(run)
    _add_language(run)
    run.set_defaults(run=_run)

    explain = commands.add_parser(
        "explain",
        help="tell one municipality's story, and what would have changed it",
        epilog=_RUN_KEYS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    explain.add_argument("code", metavar="CODE", help="a municipality's code, or its name if no other has it")
    explain.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="what differs from configs/config.yaml")
    explain.add_argument("-o", "--output", metavar="FOLDER", help="where figure and tables go (default: nowhere)")
    _add_language(explain)
    explain.set_defaults(run=_explain)

    animate = commands.add_parser(
        "animate",
        help="write a run as a moving picture: the map month by month",
        epilog=_RUN_KEYS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    animate.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="what differs from configs/config.yaml")
    animate.add_argument(
        "--layer", choices=("live", "late"), default="live", help="what colours the map (default: live)"
    )
    animate.add_argument("-o", "--output", metavar="FILE", help="a .gif, or an .mp4 if there is ffmpeg")
    _add_language(animate)
    animate.set_defaults(run=_animate)

    app = commands.add_parser("app", help="serve the classroom app to your browser")
    app.add_argument("--class", dest="has_class", action="store_true", help="let students on the same network vote")
    app.add_argument("--host", help="address to listen on (default: 127.0.0.1, this machine only)")
    app.add_argument("--port", type=int, default=8321, help="port to listen on; 0 = any that is free (default: 8321)")
    app.add_argument("--nation", default="synthetic", metavar="WHERE", help="the whole nation: 'synthetic' or a folder")
    _add_language(app)
    app.set_defaults(run=_app)

    docs = commands.add_parser("docs", help="open the documentation in your browser; it needs no network")
    docs.add_argument("--path", action="store_true", help="only say where it is")
    _add_language(docs)
    docs.set_defaults(run=_docs)

    notebooks = commands.add_parser("notebooks", help="copy the notebooks, with their outputs, to a folder of yours")
    notebooks.add_argument("folder", metavar="FOLDER", help="where they go; nothing in it is overwritten")
    _add_language(notebooks)
    notebooks.set_defaults(run=_notebooks)

    scenarios = commands.add_parser("scenarios", help="list the shipped scenarios, or show one")
    scenarios.add_argument("name", nargs="?", metavar="NAME", help="a shipped scenario or a file")
    _add_language(scenarios)
    scenarios.set_defaults(run=_scenarios)

    parameters = commands.add_parser("parameters", help="list the parameters, or show one in full")
    parameters.add_argument("name", nargs="?", metavar="NAME", help="a parameter, or a group of them")
    _add_language(parameters)
    parameters.set_defaults(run=_parameters)

    odd = commands.add_parser("odd", help="describe the model in the order of the ODD protocol (Markdown)")
    odd.add_argument("-o", "--output", metavar="FILE", help="where it goes (default: it is printed)")
    odd.add_argument("--check", action="store_true", help="only say whether FILE, or the one that ships, is up to date")
    _add_language(odd)
    odd.set_defaults(run=_odd)

    _add_sweep(commands)
    again = commands.add_parser("reproduce", help="run one run of a sweep again and compare it bit for bit")
    again.add_argument("folder", metavar="FOLDER", help="of the sweep")
    again.add_argument("id", metavar="RUN", help="id of the run, or how it begins")
    again.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="nation, vendor_table: where they are now")
    _add_language(again)
    again.set_defaults(run=_reproduce)

    compare = commands.add_parser(
        "compare",
        help="say what differs between alternatives of sweeps, and how sure it is",
        epilog=_SELECTIONS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    compare.add_argument("selections", nargs="+", metavar="SELECTION", help="FOLDER, or FOLDER:key=value,...")
    compare.add_argument("--kpi", action="append", default=[], metavar="NAME", help="show this KPI; again for more")
    compare.add_argument("-o", "--output", metavar="FOLDER", help="where tables and figures go (default: nowhere)")
    compare.add_argument("--no-figures", action="store_true", help="write tables only")
    _add_language(compare)
    compare.set_defaults(run=_compare)

    _add_findings(commands)
    knockout = commands.add_parser(
        "knockout",
        help="say what each mechanism does, by taking it away",
        epilog=_RUN_KEYS + "seed is the first of the seeds\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    knockout.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="what differs from configs/config.yaml")
    knockout.add_argument("--only", action="append", default=[], metavar="NAME", help="take this away; again for more")
    knockout.add_argument("--list", action="store_true", help="only list what can be taken away")
    _add_seeds(knockout, 30)
    knockout.add_argument("-o", "--output", metavar="FOLDER", help="where table and figure go (default: nowhere)")
    _add_language(knockout)
    knockout.set_defaults(run=_knockout)

    validate = commands.add_parser(
        "validate",
        help="hold a scenario against what was observed: patterns, and what is known of single municipalities",
        epilog=_RUN_KEYS + "seed is the first of the seeds\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    validate.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="what differs from configs/config.yaml")
    validate.add_argument("--outcomes", metavar="FILE", help="what is known: CSV of code, late, late_10, automation")
    validate.add_argument("--rivals", action="store_true", help="score simpler predictors too (needs dxsim[validate])")
    validate.add_argument("--nulls", action="store_true", help="run and score null models too: six times the runs")
    _add_seeds(validate, 100)
    validate.add_argument("-o", "--output", metavar="FOLDER", help="where tables and figure go (default: nowhere)")
    _add_language(validate)
    validate.set_defaults(run=_validate)

    calibrate = commands.add_parser(
        "calibrate",
        help="say which values of a study's uncertain parameters are in keeping with what was observed",
        epilog="keys: output (where runs are kept; needed), nation, threads, language\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    calibrate.add_argument("study", metavar="STUDY", help="a study with uncertainties, such as ./mine.yaml")
    calibrate.add_argument("--waves", type=int, default=3, metavar="N", help="waves of runs (default: 3)")
    calibrate.add_argument("--draws", type=int, default=500, metavar="N", help="draws of the posterior (default: 500)")
    calibrate.add_argument(
        "--truths", type=int, default=0, metavar="N", help="recover so many worlds of the model's own (default: none)"
    )
    _add_settings(calibrate)
    calibrate.set_defaults(run=_calibrate)

    condition = commands.add_parser(
        "condition",
        help="foretell single municipalities from what is known of others, and say which seeds are like today",
        epilog=_RUN_KEYS + "seed is the first of the seeds\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    condition.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="what differs from configs/config.yaml")
    condition.add_argument(
        "--outcomes", metavar="FILE", required=True, help="what is known: CSV of code, late, late_10, automation"
    )
    condition.add_argument(
        "--keep", type=float, default=0.1, metavar="SHARE", help="share of the seeds that is kept (default: 0.1)"
    )
    condition.add_argument("--rivals", action="store_true", help="score simpler predictors too (needs dxsim[validate])")
    _add_seeds(condition, 200)
    condition.add_argument("-o", "--output", metavar="FOLDER", help="where tables and figure go (default: nowhere)")
    _add_language(condition)
    condition.set_defaults(run=_condition)

    search = commands.add_parser(
        "search",
        help="search for policies that no other beats in everything, or go on with it (needs dxsim[search])",
        epilog="keys: output, threads, language\n",
    )
    search.add_argument("search", metavar="SEARCH", help="a shipped search, or a file such as ./mine.yaml")
    search.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="how it is carried out")
    search.add_argument("-o", "--output", metavar="FOLDER", help="the same as output=FOLDER")
    _add_language(search)
    search.set_defaults(run=_search)

    report = commands.add_parser(
        "report", help="write one page of HTML on a run or a sweep: figures, tables, origin, limits"
    )
    report.add_argument("folder", metavar="RESULTS", help="folder of a run or of a sweep")
    report.add_argument("-o", "--output", metavar="FILE", help="where it goes (default: RESULTS.html)")
    report.add_argument("--nation", metavar="WHERE", help="where the nation is, for maps (default: where it was)")
    _add_language(report)
    report.set_defaults(run=_report)

    nation = commands.add_parser("nation", help="build the real nation from official files, or show a nation")
    actions = nation.add_subparsers(dest="action", metavar="ACTION", required=True)
    build = actions.add_parser("build", help="build a nation from official files that you downloaded")
    build.add_argument("--ssdse", required=True, metavar="FILE", help="SSDSE-A of NSTAC (CSV)")
    build.add_argument("--boundaries", required=True, metavar="FILE", help="municipal boundaries (TopoJSON)")
    build.add_argument("--groups", metavar="FILE", help="MIC groups of similar municipalities (CSV)")
    build.add_argument("--fiscal", metavar="FILE", help="fiscal indicators (CSV)")
    build.add_argument("-o", "--output", required=True, metavar="FOLDER", help="where the nation goes")
    _add_language(build)
    build.set_defaults(run=_build)
    show = actions.add_parser("show", help="summarise a nation")
    show.add_argument("where", nargs="?", default="synthetic", metavar="WHERE", help="'synthetic' or a folder")
    _add_language(show)
    show.set_defaults(run=_show)
    return parser


def _add_findings(commands: argparse._SubParsersAction[_Parser]) -> None:
    """Add the commands that say what the outcomes of a finished sweep hang on."""
    of_selection: dict[str, Any] = {"epilog": _SELECTIONS, "formatter_class": argparse.RawDescriptionHelpFormatter}
    sensitivity = commands.add_parser(
        "sensitivity", help="say which uncertain parameters move the outcomes of a sweep", **of_selection
    )
    sensitivity.add_argument("selection", metavar="SELECTION", help="FOLDER, or FOLDER:key=value,...")
    sensitivity.add_argument("--kpi", action="append", default=[], metavar="NAME", help="of this KPI; again for more")
    sensitivity.set_defaults(run=_sensitivity)

    discover = commands.add_parser(
        "discover", help="say in which futures of a sweep a KPI passes a mark", **of_selection
    )
    discover.add_argument("selection", metavar="SELECTION", help="FOLDER, or FOLDER:key=value,...")
    discover.add_argument("--kpi", required=True, metavar="NAME", help="of this KPI")
    _add_mark(discover, "futures {side} X are of interest; in the KPI's unit, a share as 0 to 1")
    discover.add_argument("--box", type=int, metavar="N", help="tell this box of the trade-off (default: chosen)")
    discover.add_argument("--tree", action="store_true", help="cross-check by a tree (needs dxsim[validate])")
    discover.set_defaults(run=_discover)

    robustness = commands.add_parser(
        "robustness",
        help="say which alternative does well in most futures of a sweep, and which never badly",
        **of_selection,
    )
    robustness.add_argument("selections", nargs="+", metavar="SELECTION", help="FOLDER, or FOLDER:key=value,...")
    robustness.add_argument("--kpi", required=True, metavar="NAME", help="by this KPI")
    _add_mark(robustness, "futures {side} X are satisfactory; in the KPI's unit, a share as 0 to 1")
    robustness.set_defaults(run=_robustness)
    for parser in (sensitivity, discover, robustness):
        parser.add_argument("-o", "--output", metavar="FOLDER", help="where tables and figures go (default: nowhere)")
        _add_markdown(parser)
        _add_language(parser)


def _add_mark(parser: argparse.ArgumentParser, meaning: str) -> None:
    for side in ("above", "below"):
        parser.add_argument(f"--{side}", type=float, metavar="X", help=meaning.format(side=side))


def _add_markdown(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--markdown", action="store_true", help="print Markdown, for the ODD or a paper")


def _add_sweep(commands: argparse._SubParsersAction[_Parser]) -> None:
    sweep = commands.add_parser("sweep", help="run many: plan, run, resume, retry, check a study")
    actions = sweep.add_subparsers(dest="action", metavar="ACTION", required=True)
    studies = actions.add_parser("studies", help="list the studies that ship")
    _add_language(studies)
    studies.set_defaults(run=_sweep_studies)
    for action, meaning in (
        ("plan", "write down every run of a study, and say what they would cost"),
        ("run", "run a study, or go on with it"),
    ):
        parser = actions.add_parser(action, help=meaning, epilog=_SWEEP_KEYS)
        parser.add_argument("study", metavar="STUDY", help="a shipped study, or a file such as ./mine.yaml")
        _add_settings(parser)
        parser.set_defaults(run=_sweep_study)
        if action == "run":
            _add_yes(parser)
    for action, meaning in (
        ("resume", "do what is missing or damaged, and nothing else"),
        ("retry", "do again what failed"),
    ):
        parser = actions.add_parser(action, help=meaning, epilog=_SWEEP_KEYS)
        parser.add_argument("folder", metavar="FOLDER", help="of the sweep")
        _add_settings(parser)
        parser.set_defaults(run=_sweep_folder)
    for action, meaning in (
        ("status", "say how far a sweep is, and what failed"),
        ("verify", "check that a sweep is complete and as it was written"),
        ("export", "write a sweep as a table of NetLogo's BehaviorSpace"),
    ):
        parser = actions.add_parser(action, help=meaning)
        parser.add_argument("folder", metavar="FOLDER", help="of the sweep")
        if action == "export":
            parser.add_argument("-o", "--output", required=True, metavar="FILE", help="where it goes (CSV)")
        _add_language(parser)
        parser.set_defaults(run=_sweep_look)


def _add_settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE", help="how it is carried out")
    parser.add_argument("-o", "--output", metavar="FOLDER", help="the same as output=FOLDER")
    _add_language(parser)


def _add_yes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask before many runs begin")


def _add_seeds(parser: argparse.ArgumentParser, count: int) -> None:
    parser.add_argument("--seeds", type=int, default=count, metavar="N", help=f"how many seeds (default: {count})")
    parser.add_argument("--threads", type=int, metavar="N", help="runs at a time (default: all processors)")
    _add_markdown(parser)


def _add_language(parser: argparse.ArgumentParser) -> None:
    """Show the option in the help of a command; `_language` reads it, as ``language=ja`` too."""
    parser.add_argument("--language", metavar="{en,ja}", help="of labels and messages (default: en)")


def _compare(parsed: argparse.Namespace) -> None:
    from dxsim.cli.compare import print_comparison

    print_comparison(parsed.selections, parsed.kpi, parsed.output, figures=not parsed.no_figures)


def _sensitivity(parsed: argparse.Namespace) -> None:
    from dxsim.cli.findings import print_sensitivity

    print_sensitivity(parsed.selection, parsed.kpi, parsed.output, markdown=parsed.markdown)


def _discover(parsed: argparse.Namespace) -> None:
    from dxsim.cli.findings import print_discovery

    print_discovery(
        parsed.selection,
        parsed.kpi,
        parsed.above,
        parsed.below,
        parsed.box,
        parsed.output,
        with_tree=parsed.tree,
        markdown=parsed.markdown,
    )


def _robustness(parsed: argparse.Namespace) -> None:
    from dxsim.cli.findings import print_robustness

    print_robustness(parsed.selections, parsed.kpi, parsed.above, parsed.below, parsed.output, markdown=parsed.markdown)


def _run(parsed: argparse.Namespace) -> None:
    if parsed.multirun:
        from dxsim.cli.sweep import run as run_study
        from dxsim.sweep.multirun import read_multirun

        study, words = read_multirun(parsed.overrides)
        run_study(study, words, parsed.yes)
        return
    from dxsim.cli.run import run

    run(parsed.overrides)


def _words(parsed: argparse.Namespace) -> list[str]:
    return [*parsed.overrides, *([f"output={parsed.output}"] if parsed.output else [])]


def _docs(parsed: argparse.Namespace) -> None:
    from dxsim.cli.docs import open_docs

    open_docs(is_told_only=parsed.path)


def _notebooks(parsed: argparse.Namespace) -> None:
    from dxsim.cli.notebooks import copy_notebooks

    copy_notebooks(parsed.folder)


def _sweep_studies(parsed: argparse.Namespace) -> None:
    from dxsim.cli.sweep import list_studies

    list_studies()


def _sweep_study(parsed: argparse.Namespace) -> None:
    from dxsim.cli.sweep import plan, run
    from dxsim.sweep.study_file import read_study

    study = read_study(parsed.study.removeprefix("sweep="))
    if parsed.action == "plan":
        plan(study, _words(parsed))
    else:
        run(study, _words(parsed), parsed.yes)


def _sweep_folder(parsed: argparse.Namespace) -> None:
    from dxsim.cli.sweep import resume, retry

    {"resume": resume, "retry": retry}[parsed.action](parsed.folder, _words(parsed))


def _sweep_look(parsed: argparse.Namespace) -> None:
    from dxsim.cli.sweep import check, export, status

    if parsed.action == "export":
        export(parsed.folder, parsed.output)
    else:
        {"status": status, "verify": check}[parsed.action](parsed.folder)


def _reproduce(parsed: argparse.Namespace) -> None:
    from dxsim.cli.sweep import reproduce_run

    reproduce_run(parsed.folder, parsed.id, parsed.overrides)


def _explain(parsed: argparse.Namespace) -> None:
    from dxsim.cli.explain import explain

    explain(parsed.code, parsed.overrides, parsed.output)


def _animate(parsed: argparse.Namespace) -> None:
    from dxsim.cli.animate import animate

    animate(parsed.overrides, parsed.output, parsed.layer)


def _app(parsed: argparse.Namespace) -> None:
    from dxsim.cli.app import serve_app

    serve_app(parsed.host, parsed.port, parsed.nation, has_class=parsed.has_class)


def _scenarios(parsed: argparse.Namespace) -> None:
    from dxsim.cli.scenarios import list_scenarios, show_scenario

    if parsed.name is None:
        list_scenarios()
    else:
        show_scenario(parsed.name)


def _parameters(parsed: argparse.Namespace) -> None:
    from dxsim.cli.parameters import print_parameters

    print_parameters(parsed.name)


def _odd(parsed: argparse.Namespace) -> None:
    from dxsim.cli.odd import print_odd

    print_odd(parsed.output, parsed.check)


def _knockout(parsed: argparse.Namespace) -> None:
    from dxsim.cli.knockout import list_knockouts, print_knockouts

    if parsed.list:
        list_knockouts()
        return
    print_knockouts(
        parsed.overrides, parsed.only, parsed.seeds, parsed.threads, parsed.output, markdown=parsed.markdown
    )


def _validate(parsed: argparse.Namespace) -> None:
    from dxsim.cli.validate import print_validation

    print_validation(
        parsed.overrides,
        parsed.outcomes,
        parsed.seeds,
        parsed.threads,
        parsed.output,
        with_rivals=parsed.rivals,
        with_nulls=parsed.nulls,
        markdown=parsed.markdown,
    )


def _calibrate(parsed: argparse.Namespace) -> None:
    from dxsim.cli.calibrate import print_calibration
    from dxsim.sweep.study_file import read_study

    study = read_study(parsed.study)
    print_calibration(study, _words(parsed), parsed.waves, parsed.draws, parsed.truths)


def _condition(parsed: argparse.Namespace) -> None:
    from dxsim.cli.condition import print_conditioning

    print_conditioning(
        parsed.overrides,
        parsed.outcomes,
        parsed.seeds,
        parsed.keep,
        parsed.threads,
        parsed.output,
        with_rivals=parsed.rivals,
        markdown=parsed.markdown,
    )


def _search(parsed: argparse.Namespace) -> None:
    from dxsim.cli.search import print_search

    print_search(parsed.search, _words(parsed))


def _report(parsed: argparse.Namespace) -> None:
    from dxsim.cli.report import write_report

    write_report(parsed.folder, parsed.output, parsed.nation)


def _build(parsed: argparse.Namespace) -> None:
    from dxsim.cli.nation import build_nation

    build_nation(parsed.ssdse, parsed.boundaries, parsed.groups, parsed.fiscal, parsed.output)


def _show(parsed: argparse.Namespace) -> None:
    from dxsim.cli.nation import show_nation

    show_nation(parsed.where)
