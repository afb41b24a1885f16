"""The parts of the site that are made from the tables of the code, by the name that stands in a page for them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby

import yaml

import dxsim
from dxsim.app.lessons import LESSONS
from dxsim.cli import _parser
from dxsim.files import shipped
from dxsim.language import CATALOGUES, LANGUAGES, by_language, in_language, read_catalogue
from dxsim.scenario.registry import GROUPS, REGISTRY, ROLES, STATUSES
from dxsim.scenario.scenario import Scenario, load_scenario, scenario_names
from dxsim.sweep.dictionary import dictionary
from dxsim.terms.kpis import kpi_table, words
from dxsim.terms.municipalities import TYPES
from dxsim.terms.operations import lots, operations
from dxsim.views.labels import labels


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table in Markdown; what stands in a cell stays in it."""
    cells = ([str(cell).replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows)
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *cells))


def code(text: object) -> str:
    """Return a text as code, or nothing for nothing."""
    return f"`{text}`" if str(text) else ""


def commands() -> str:
    """Return every command with its arguments, as the program reads them."""
    return "\n\n".join(part for name, parser in _subcommands(_parser()) for part in _command(f"dxsim {name}", parser))


def _subcommands(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            meanings = {choice.dest: choice.help for choice in action._choices_actions}
            for name, choice in action.choices.items():
                choice.description = choice.description or meanings.get(name)
                yield name, choice


def _command(name: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    below = list(_subcommands(parser))
    yield f"## {name}"
    meaning = str(parser.description)
    yield f"{meaning[:1].upper()}{meaning[1:]}."
    for inner, choice in below:
        yield from (part.replace("## ", "### ") for part in _command(f"{name} {inner}", choice))
    if not below:
        usage = parser.format_usage().removeprefix("usage: ")
        yield f"```text\n{usage}```"
        yield table(["argument", "meaning"], (_argument(action) for action in parser._actions))
        if parser.epilog:
            yield f"```text\n{parser.epilog.rstrip()}\n```"


def _argument(action: argparse.Action) -> tuple[str, str]:
    value = action.metavar or ""
    names = [f"{name} {value}".strip() if action.nargs != 0 else name for name in action.option_strings]
    return ", ".join(code(name) for name in names or [value]), str(action.help)


def python() -> str:
    """Return the public names of the package, for Sphinx to fill in from their docstrings."""
    names = [name for name in dxsim.__all__ if name not in ("__version__", "plots")]
    functions = [name for name in names if not isinstance(getattr(dxsim, name), type)]
    classes = [name for name in names if name not in functions]
    parts = [
        *("## Functions", *(_directive("autofunction", f"dxsim.{name}") for name in functions)),
        *("## Classes", *(_directive("autoclass", f"dxsim.{name}", "members") for name in classes)),
        *("## Charts", *(_directive("autofunction", f"dxsim.plots.{name}") for name in dxsim.plots.__all__[1:])),
    ]
    return "\n\n".join(parts)


def _directive(kind: str, name: str, *options: str) -> str:
    lines = [f".. {kind}:: {name}", *(f"   :{option}:" for option in options)]
    return "\n".join(["```{eval-rst}", *lines, "```"])


def parameters() -> str:
    """Return every parameter with its bounds and its source, one table for each group."""
    head = ["parameter", "meaning", "unit", "default", "bounds", "range varied", "role", "status", "source"]
    parts = []
    for group in GROUPS:
        rows = [
            (
                f"`{parameter.name}`",
                f"{parameter.label['en']}<br>{parameter.label['ja']}",
                parameter.unit,
                parameter.default,
                ", ".join(parameter.choices) or f"{parameter.minimum} – {parameter.maximum}",
                "" if parameter.low is None else f"{parameter.low} – {parameter.high}",
                parameter.role,
                parameter.status,
                parameter.source,
            )
            for parameter in REGISTRY.values()
            if parameter.group == group
        ]
        parts.append(f"## {group}\n\n{table(head, rows)}")
    return "\n\n".join(parts)


def statuses() -> str:
    """Return what each status of a default means, and how many defaults have it."""
    found = [parameter.status for parameter in REGISTRY.values()]
    rows = ((code(status), meaning, found.count(status)) for status, meaning in STATUSES.items() if status in found)
    return table(["status", "where the default comes from", "parameters"], rows)


def roles() -> str:
    """Return what each role of a parameter means, and how many have it."""
    found = [parameter.role for parameter in REGISTRY.values()]
    rows = ((code(role), meaning, found.count(role)) for role, meaning in ROLES.items())
    return table(["role", "what kind of thing it is", "parameters"], rows)


def calibrated() -> str:
    """Return the parameters that the shipped calibration varies, with the range in which it looked."""
    study = yaml.safe_load((shipped("configs") / "sweep" / "calibration.yaml").read_text(encoding="utf-8"))
    rows = [
        (code(name), REGISTRY[name].label["en"], REGISTRY[name].default, REGISTRY[name].status)
        for name in study["uncertainties"]
    ]
    return table(["parameter", "meaning", "default", "status"], rows)


def kpis() -> str:
    """Return every KPI with its formula."""
    rows = (
        (
            code(kpi.kpi),
            f"{kpi.label['en']}<br>{kpi.label['ja']}",
            kpi.unit,
            kpi.direction,
            kpi.level,
            kpi.formula,
            kpi.missing,
        )
        for kpi in kpi_table().values()
    )
    return table(["KPI", "meaning", "unit", "better", "finest level", "formula", "missing"], rows)


def scenarios() -> str:
    """Return every shipped scenario: its sentence, what it changes and what is expected of it."""
    return "\n\n".join(part for name in scenario_names() for part in _scenario(load_scenario(name)))


def _scenario(scenario: Scenario) -> Iterator[str]:
    yield f"## {scenario.name}"
    yield f"**{scenario.title['en']}** ({scenario.title['ja']}). {scenario.meaning['en']}"
    changes = [
        f"`{key} = {value}` ({parameter.default})"
        for key, parameter in REGISTRY.items()
        if (value := scenario.values[key]) != parameter.default
    ]
    policies = [f"`{policy.lever}` {policy.how} {policy.value}" for policy in scenario.policies]
    for heading, lines in {
        "Changes (default)": changes,
        "Policies": policies,
        "Expected": [f"`{item.kpi}` {item.direction}: {item.because}" for item in scenario.expected],
    }.items():
        if lines:
            yield f"{heading}:\n\n" + "\n".join(f"- {line}" for line in lines)


def columns() -> str:
    """Return what every column of a sweep's tables means; those that are parameters or KPIs have pages of their own."""
    known = {*REGISTRY, *kpi_table()}
    entries = [entry for entry in dictionary() if entry.column not in known]
    head = ["column", "type", "unit", "meaning"]
    return "\n\n".join(
        f"## {name}\n\n"
        + table(
            head,
            (
                (code(entry.column), entry.type, entry.unit, f"{entry.meaning_en}<br>{entry.meaning_ja}")
                for entry in rows
            ),
        )
        for name, rows in groupby(entries, key=lambda entry: entry.table)
    )


def _texts(language: str) -> Mapping[str, str]:
    """Return the texts of all catalogues that have keys."""
    place = 1 + LANGUAGES.index(language)
    catalogues = (path for path in sorted(CATALOGUES.glob("*.po")) if path.stem != "messages")
    return {entry[0]: entry[place] for path in catalogues for entry in read_catalogue(path)}


def lessons(language: str) -> str:
    """Return the lessons: what each aims at, the question that it asks, and the predictions to choose from."""
    texts = _texts(language)
    parts = []
    for lesson in LESSONS:
        key = f"lesson_{lesson.name}"
        options = "\n".join(f"- {texts[f'{key}_{option}']}" for option in lesson.options)
        minutes = texts["minutes"].format(count=lesson.minutes)
        parts.append(f"## {texts[key]}\n\n{texts[f'{key}_aim']} ({minutes})\n\n{texts[f'{key}_question']}\n\n{options}")
    return "\n\n".join(parts)


GLOSSARY = {
    ("Types of municipality", "団体の類型"): lambda: list(TYPES.values()),
    ("Packages and operations", "業務パッケージと業務"): lambda: [
        (row.name_en, row.name_ja) for row in (*lots(), *operations())
    ],
    ("Reasons, states and groups", "理由・状態・区分"): lambda: [
        (text, words()["ja"][key]) for key, text in words()["en"].items()
    ],
    ("What can be set", "設定できるもの"): lambda: [
        (parameter.label["en"], parameter.label["ja"]) for parameter in REGISTRY.values()
    ],
    ("Scenarios", "シナリオ"): lambda: [
        (scenario.title["en"], scenario.title["ja"]) for scenario in map(load_scenario, scenario_names())
    ],
    ("Verdicts", "判定"): lambda: verdict_words(),
}
"""Heading in both languages -> pairs of an English and a Japanese word, as the program has them."""


def verdict_words() -> list[tuple[str, str]]:
    """Return what the verdicts of a comparison are called in both languages."""
    spoken = by_language(labels)
    return [(text, spoken["ja"][key]) for key, text in spoken["en"].items() if key.startswith("verdict_")]


def glossary(language: str) -> str:
    """Return the words of the field, in the order of the language that is looked up."""
    own, other = (0, 1) if language == "en" else (1, 0)
    head = (["English", "日本語"], ["日本語", "English"])[own]
    parts = []
    for heading, pairs in GLOSSARY.items():
        rows = {(pair[own], pair[other]) for pair in pairs() if "{" not in pair[0]}
        parts.append(f"## {heading[own]}\n\n{table(head, sorted(rows, key=lambda row: row[0].lower()))}")
    return "\n\n".join(parts)


def _english(work: Callable[[], str]) -> Callable[[], str]:
    def made() -> str:
        with in_language("en"):
            return work()

    return made


MADE: Mapping[str, Callable[[], str]] = {
    **{
        work.__name__: _english(work)
        for work in (commands, python, parameters, statuses, roles, calibrated, kpis, scenarios, columns)
    },
    **{f"lessons_{language}": lambda language=language: lessons(language) for language in LANGUAGES},
    **{f"glossary_{language}": lambda language=language: glossary(language) for language in LANGUAGES},
}
"""What stands in the place of ``<!-- made: NAME -->``."""
