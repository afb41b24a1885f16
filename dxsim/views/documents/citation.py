"""How to cite a result, and how to have it again in Python: texts for the app and for reports."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import Template
from typing import Any

from dxsim import __version__
from dxsim.language import say
from dxsim.nation.nation import SYNTHETIC, TEACHING, Nation
from dxsim.scenario.registry import REGISTRY, Value
from dxsim.scenario.scenario import load_scenario, scenario_names

AUTHOR = "The dxsim team"
TITLE = "dxsim: agent-based simulation of the digital transformation of Japan's municipalities"
_PRINT_DIGITS = 12  # of the fingerprint of a nation
_SPECIAL = re.compile(r"([&%$#_{}])")
_LINE = 100  # places of a line of code
_COMPARISON = Template(
    """\
# $what
${replace}import pandas as pd
from scipy import stats

import dxsim

$nation
$arms
kpis = $kpis


def outcomes(scenario):
    summaries = [dxsim.simulate(nation, scenario, seed).summary for seed in range(1, $end)]
    rows = [table.set_index("kpi")["value"][kpis] for table in summaries]
    return pd.DataFrame(rows).reset_index(drop=True)


first, second = outcomes(a), outcomes(b)
# $missing
both = first.notna() & second.notna()
means = {"A": first, "B": second}
means = {arm: rows.where(both).mean().fillna(rows.mean()) for arm, rows in means.items()}
difference = (second - first).mean()
half = (second - first).sem() * stats.t.ppf(0.975, both.sum() - 1)
table = pd.DataFrame({**means, "B - A": difference, "low": difference - half, "high": difference + half})
print(table.to_string())
"""
)


@dataclass(frozen=True)
class Arm:
    """One scenario of a result.

    Parameters
    ----------
    name : str
        What it is called on the page.
    scenario : str
        Name of a shipped scenario, or path of a file.
    parameters : mapping of str to float, int or str
        What is set in it, by full name.
    without_events : bool
        Whether nobody announces anything and no vendor changes.
    """

    name: str
    scenario: str
    parameters: Mapping[str, Value]
    without_events: bool = False


def nation_text(name: str, fingerprint: str) -> str:
    """Return which nation it is."""
    return f"{name} ({fingerprint[:_PRINT_DIGITS]})"


def arm_text(arm: Arm) -> str:
    """Return what an arm is: its scenario, and what is set in it."""
    changes = ", ".join(f"{key}={value}" for key, value in arm.parameters.items())
    events = [say("without events")] if arm.without_events else []
    parts = [part for part in (changes, *events) if part]
    return f"{arm.name}: {arm.scenario}" + (f" ({'; '.join(parts)})" if parts else "")


def citation(details: Sequence[str], version: str = __version__) -> str:
    """Return one paragraph that names the software, its version, and which result it is."""
    return f"{AUTHOR}. {TITLE}. {say('Version {version}', version=version)}. {'; '.join(details)}."


def bibtex(details: Sequence[str], version: str = __version__) -> str:
    """Return the same as an entry of BibTeX."""
    fields = {"author": f"{{{AUTHOR}}}", "title": f"{{{TITLE}}}", "version": version, "note": "; ".join(details)}
    lines = [f"  {name} = {{{_escaped(text) if name == 'note' else text}}}," for name, text in fields.items()]
    return "\n".join(["@software{dxsim,", *lines, "}"])


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text.replace("\\", "/").replace("~", "-").replace("^", ""))


def compared_in_python(nation: Nation, arms: tuple[Arm, Arm], kpis: Sequence[str], seeds: int) -> str:
    """Return a program that prints the means of two arms over the seeds 1 to `seeds`, and their paired difference."""
    one, other = arms
    what = say(
        "Means of A and B over {seeds} pairs of runs, and B - A with its 95 % interval (dxsim {version})",
        seeds=seeds,
        version=__version__,
    )
    return _COMPARISON.substitute(
        what=what,
        replace="from dataclasses import replace\n\n" if one.without_events or other.without_events else "",
        nation=nation_line(nation.name),
        arms="\n".join([*scenario_lines("a", one), *scenario_lines("b", other)]),
        kpis=_literal(list(kpis)),
        end=seeds + 1,
        missing=say("some runs have no such figure; their pairs are left out"),
    )


def run_details(manifest: Mapping[str, Any]) -> list[str]:
    """Return which run it is, from its manifest."""
    nation = nation_text(manifest["nation"]["name"], manifest["nation"]["fingerprint"])
    return [
        arm_text(arm_of(manifest["scenario"])),
        say("nation {nation}", nation=nation),
        say("seed {seed}", seed=manifest["seed"]),
    ]


def run_in_python(manifest: Mapping[str, Any]) -> str:
    """Return a program that makes the run of a manifest again and prints its key figures."""
    given = manifest["vendor_table_sha256"] is not None
    vendors = [
        "from dxsim.nation.vendor_table import read_vendor_table",
        "# " + say("the table that the run was given"),
        'vendors = read_vendor_table(Path("vendors.csv"), nation)',
    ]
    run = f"dxsim.simulate(nation, scenario, seed={manifest['seed']}{', vendor_table=vendors' if given else ''})"
    return "\n".join(
        [
            *(["from pathlib import Path", ""] if given else []),
            "import dxsim",
            *(vendors[:1] if given else []),
            "",
            nation_line(manifest["nation"]["name"]),
            *scenario_lines("scenario", arm_of(manifest["scenario"])),
            *(vendors[1:] if given else []),
            f"records = {run}",
            "print(records.summary.to_string())",
            "",
        ]
    )


def arm_of(scenario: Mapping[str, Any]) -> Arm:
    """Return the scenario of a manifest: a shipped one with all that was changed in it, or the file of its name."""
    name, values = str(scenario["name"]), scenario["values"]
    if name not in scenario_names():
        return Arm(say("scenario"), f"./{name}.yaml", dict(scenario["overrides"]))
    shipped = load_scenario(name).values
    changed = {key: value for key, value in values.items() if key in REGISTRY and value != shipped[key]}
    return Arm(say("scenario"), name, changed)


def sweep_in_python(folder: str) -> str:
    """Return a program that prints the paired differences of a sweep in a folder of this name."""
    return "\n".join(
        [
            "import dxsim",
            "",
            f"results = dxsim.read_results({folder!r})",
            "print(results.kpis)",
            f"print(dxsim.compare({folder!r}).differences.to_string())",
            "",
        ]
    )


def nation_line(name: str) -> str:
    """Return the line of a program that loads a nation."""
    where = name if name in (SYNTHETIC, TEACHING) else f"./{name}"
    hint = "" if name in (SYNTHETIC, TEACHING) else "  # " + say("the folder of the nation")
    return f'nation = dxsim.load_nation("{where}"){hint}'


def scenario_lines(variable: str, arm: Arm) -> list[str]:
    """Return the lines of a program that load the scenario of an arm."""
    given = f", {_literal(dict(arm.parameters))}" if arm.parameters else ""
    lines = [f"{variable} = dxsim.load_scenario({_literal(arm.scenario)}{given})"]
    if arm.without_events:
        lines.append(f"{variable} = replace({variable}, announcements=(), vendor_events=(), surveys=())")
    return lines


def _literal(value: object) -> str:
    """Return plain data as code, in lines of a length that can be read."""
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, Mapping):
        parts, ends = [f"{_literal(key)}: {_literal(entry)}" for key, entry in value.items()], "{}"
    elif isinstance(value, list):
        parts, ends = [_literal(entry) for entry in value], "[]"
    else:
        return repr(value)
    line = f"{ends[0]}{', '.join(parts)}{ends[1]}"
    if len(line) <= _LINE:
        return line
    return "\n".join([ends[0], *(f"    {part}," for part in parts), ends[1]])
