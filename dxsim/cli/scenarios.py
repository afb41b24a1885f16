"""``dxsim scenarios``: what the shipped scenarios mean and what they change."""

from __future__ import annotations

import textwrap

from dxsim.characters import visible
from dxsim.cli.terminal import tell
from dxsim.language import current_language, either, say, spoken
from dxsim.scenario.policies import Policy, what_text, when_text, who_text
from dxsim.scenario.registry import REGISTRY
from dxsim.scenario.scenario import Scenario, load_scenario, scenario_names
from dxsim.scenario.warnings import warnings
from dxsim.terms.calendar import month_name
from dxsim.terms.municipalities import TYPES
from dxsim.views.labels import labels
from dxsim.views.text import columns

_WIDTH = 100


def list_scenarios() -> None:
    """Print name and title of every shipped scenario."""
    tell(columns([[name, spoken(load_scenario(name).title)] for name in scenario_names()]))


def show_scenario(name: str) -> None:
    """Print one scenario: meaning, what it changes for whom and when, events, expectations, sources, warnings.

    Raises
    ------
    InputError
        If there is no such scenario or its file is wrong.
    """
    scenario = load_scenario(name)
    text = labels()
    meaning = spoken(scenario.meaning)
    tell(f"{scenario.name}: {visible(spoken(scenario.title))}\n")
    tell(textwrap.fill(meaning, _WIDTH) if current_language() == "en" else meaning)
    for heading, lines in {
        text["scenario_changes"]: _changes(scenario),
        say("Policies (they stack in this order)"): [
            line for number, policy in enumerate(scenario.policies, start=1) for line in _policy(number, policy)
        ],
        text["scenario_events"]: _events(scenario),
        text["scenario_surveys"]: [", ".join(month_name(month) for month in scenario.surveys)]
        if scenario.surveys
        else [],
        text["scenario_expected"]: [f"{item.kpi}: {item.direction}. {item.because}" for item in scenario.expected],
        text["scenario_sources"]: list(scenario.sources),
        say("What makes no sense"): warnings(scenario),
    }.items():
        if lines:
            tell(f"\n{heading}")
            tell("\n".join(f"  {visible(line)}" for line in lines))


def _changes(scenario: Scenario) -> list[str]:
    return [
        f"{key} = {value}  ({parameter.default})"
        for key, parameter in REGISTRY.items()
        if (value := scenario.values[key]) != parameter.default
    ]


def _policy(number: int, policy: Policy) -> list[str]:
    """Return what a policy does, for whom and when, and what it is called."""
    types = {name: either(*label) for name, label in TYPES.items()}
    parameter = REGISTRY[policy.lever]
    unit = "" if policy.how == "multiply" or parameter.unit == "1" else f" {parameter.unit}"
    lines = [
        f"{number}. {what_text(policy)}{unit}  ({spoken(parameter.label)})",
        f"   {who_text(policy.who, types)}; {when_text(policy)}",
    ]
    return lines + ([f"   {spoken(policy.text)}"] if policy.text else [])


def _events(scenario: Scenario) -> list[str]:
    announced = [(item.month, spoken(item.text)) for item in scenario.announcements]
    by_vendors = [(item.month, spoken(item.text)) for item in scenario.vendor_events]
    return [f"{month_name(month)}  {text}" for month, text in sorted(announced + by_vendors)]
