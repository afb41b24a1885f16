"""dxsim: how Japan's municipalities standardise their core systems under one national deadline.

The public surface. Names are loaded on first use, so that ``import dxsim`` and ``dxsim --help`` cost nothing.

Examples
--------
>>> import dxsim
>>> nation = dxsim.load_nation("synthetic")
>>> records = dxsim.simulate(nation, dxsim.load_scenario("baseline"), seed=1)
>>> list(records.summary)
['kpi', 'value', 'unit']
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dxsim.agents import MunicipalDXModel, Municipality
    from dxsim.analysis import Comparison, compare, one_at_a_time, select, sensitivity
    from dxsim.analysis.calibration import Calibration, calibrate
    from dxsim.analysis.conditioning import Conditioning, condition
    from dxsim.analysis.discovery import Discovery, discover
    from dxsim.analysis.knockout import Knockouts, knockout
    from dxsim.analysis.robustness import Robustness, robustness
    from dxsim.analysis.search import PolicySearch, Search, read_search, search_policies
    from dxsim.analysis.validation import Validation, validate
    from dxsim.language import in_language, set_language
    from dxsim.nation.known_outcomes import KnownOutcomes, read_known_outcomes
    from dxsim.nation.nation import Nation, load_nation, make_nation
    from dxsim.records import Records, by_size_class, read_records, simulate, write_records
    from dxsim.records.biography import biography, counterfactuals
    from dxsim.scenario.registry import ranges
    from dxsim.scenario.scenario import Scenario, load_scenario, scenario_names
    from dxsim.sweep.runner import run_sweep
    from dxsim.sweep.store import Results, read_results
    from dxsim.sweep.study import Study
    from dxsim.sweep.study_file import read_study
    from dxsim.views import plots
    from dxsim.views.documents.story import story
    from dxsim.views.tables import effect, effects, label

__version__ = "0.2.0"

_HOMES = {
    "load_nation": "dxsim.nation.nation",
    "make_nation": "dxsim.nation.nation",
    "Nation": "dxsim.nation.nation",
    "load_scenario": "dxsim.scenario.scenario",
    "Scenario": "dxsim.scenario.scenario",
    "scenario_names": "dxsim.scenario.scenario",
    "ranges": "dxsim.scenario.registry",
    "simulate": "dxsim.records",
    "Records": "dxsim.records",
    "write_records": "dxsim.records",
    "read_records": "dxsim.records",
    "set_language": "dxsim.language",
    "in_language": "dxsim.language",
    "by_size_class": "dxsim.records",
    "MunicipalDXModel": "dxsim.agents",
    "Municipality": "dxsim.agents",
    "Study": "dxsim.sweep.study",
    "read_study": "dxsim.sweep.study_file",
    "run_sweep": "dxsim.sweep.runner",
    "Results": "dxsim.sweep.store",
    "read_results": "dxsim.sweep.store",
    "compare": "dxsim.analysis",
    "Comparison": "dxsim.analysis",
    "sensitivity": "dxsim.analysis",
    "select": "dxsim.analysis",
    "one_at_a_time": "dxsim.analysis",
    "calibrate": "dxsim.analysis.calibration",
    "Calibration": "dxsim.analysis.calibration",
    "condition": "dxsim.analysis.conditioning",
    "Conditioning": "dxsim.analysis.conditioning",
    "discover": "dxsim.analysis.discovery",
    "Discovery": "dxsim.analysis.discovery",
    "robustness": "dxsim.analysis.robustness",
    "Robustness": "dxsim.analysis.robustness",
    "knockout": "dxsim.analysis.knockout",
    "Knockouts": "dxsim.analysis.knockout",
    "Search": "dxsim.analysis.search",
    "read_search": "dxsim.analysis.search",
    "search_policies": "dxsim.analysis.search",
    "PolicySearch": "dxsim.analysis.search",
    "validate": "dxsim.analysis.validation",
    "Validation": "dxsim.analysis.validation",
    "read_known_outcomes": "dxsim.nation.known_outcomes",
    "KnownOutcomes": "dxsim.nation.known_outcomes",
    "biography": "dxsim.records.biography",
    "counterfactuals": "dxsim.records.biography",
    "story": "dxsim.views.documents.story",
    "effect": "dxsim.views.tables",
    "effects": "dxsim.views.tables",
    "label": "dxsim.views.tables",
}
_MODULES = {"plots": "dxsim.views.plots"}

__all__ = [
    "Calibration",
    "Comparison",
    "Conditioning",
    "Discovery",
    "Knockouts",
    "KnownOutcomes",
    "MunicipalDXModel",
    "Municipality",
    "Nation",
    "PolicySearch",
    "Records",
    "Results",
    "Robustness",
    "Scenario",
    "Search",
    "Study",
    "Validation",
    "__version__",
    "biography",
    "by_size_class",
    "calibrate",
    "compare",
    "condition",
    "counterfactuals",
    "discover",
    "effect",
    "effects",
    "in_language",
    "knockout",
    "label",
    "load_nation",
    "load_scenario",
    "make_nation",
    "one_at_a_time",
    "plots",
    "ranges",
    "read_known_outcomes",
    "read_records",
    "read_results",
    "read_search",
    "read_study",
    "robustness",
    "run_sweep",
    "scenario_names",
    "search_policies",
    "select",
    "sensitivity",
    "set_language",
    "simulate",
    "story",
    "validate",
    "write_records",
]


def __getattr__(name: str) -> object:
    if name in _MODULES:
        return import_module(_MODULES[name])
    if name not in _HOMES:
        raise AttributeError(f"module 'dxsim' has no attribute '{name}'")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return __all__
