"""A parameter has one symbol: in the registry, in the equations of the files that read it, and in the ODD document."""

import ast
import re

import pytest

from dxsim.language import in_language
from dxsim.scenario.documentation import describe
from dxsim.scenario.registry import REGISTRY
from dxsim.scenario.usage import MODEL, parameters_read, readers, reads
from dxsim.terms.kpis import kpi_table

MODULES = sorted(path.stem for path in MODEL.glob("*.py"))
# Symbols in the equations of files that get their values as arguments, or in what a record of the state holds.
GIVEN = {
    "beliefs": {"T_D2"},
    "capacity": {"kappa_cap", "phi_tr", "r_mean", "r_sp"},
    "initialisation": {"eta_V", "V", "V_sp"},
    "money": {"delta_buy"},
    "planning": {"d_pl", "kappa_mean"},
    "staff": {"g_e"},
    "state": {"V"},
    "vendor_queue": {"d_min", "eta_d"},
    "work": {"d_min", "eta_z", "eta_d", "s_z"},
}


def docstring(module: str) -> str:
    return ast.get_docstring(ast.parse((MODEL / f"{module}.py").read_text(encoding="utf-8"))) or ""


def written(text: str) -> set[str]:
    """Return the words of a docstring, and what stands between backticks with these."""
    return set(re.findall(r"[A-Za-z_]\w*", text)) | set(re.findall(r"`\w+`", text))


def symbol_in_text(parameter) -> str:
    """Return how a docstring writes a parameter: the short name of a choice stands between backticks."""
    return f"`{parameter.symbol}`" if parameter.type == "choice" else parameter.symbol


def test_every_parameter_has_a_symbol_of_its_own_that_can_be_typed():
    symbols = [parameter.symbol for parameter in REGISTRY.values()]
    assert len({symbol.lower() for symbol in symbols}) == len(symbols)
    assert all(re.fullmatch(r"[A-Za-z]\w*", symbol, re.ASCII) for symbol in symbols)


def test_a_choice_and_nothing_else_has_its_short_name_as_its_symbol():
    for parameter in REGISTRY.values():
        assert (parameter.symbol == parameter.name) == (parameter.type == "choice"), parameter.key


@pytest.mark.parametrize("module", MODULES)
def test_the_docstring_of_a_file_has_the_symbol_of_every_parameter_that_its_code_reads(module):
    missing = [item.key for item in parameters_read(module) if symbol_in_text(item) not in written(docstring(module))]
    assert not missing


@pytest.mark.parametrize("module", MODULES)
def test_the_docstring_of_a_file_uses_no_symbol_of_a_parameter_for_something_else(module):
    read = {parameter.key for parameter in parameters_read(module)}
    others = {item.symbol for item in REGISTRY.values() if item.key not in read and item.type != "choice"}
    assert written(docstring(module)) & others == GIVEN.get(module, set())


def test_symbols_in_the_docstrings_of_functions_are_those_of_the_registry_or_local():
    """An index marks a symbol of a parameter: no function names one that the registry does not know."""
    known = {parameter.symbol for parameter in REGISTRY.values()}
    heads = {symbol.partition("_")[0] for symbol in known if "_" in symbol}
    for module in MODULES:
        tree = ast.parse((MODEL / f"{module}.py").read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                text = re.sub(r"`[^`]*`", "", ast.get_docstring(node) or "")
                marked = {word for word in written(text) if "_" in word and word.partition("_")[0] in heads}
                assert marked <= known, (module, node.name)


def test_a_parameter_is_found_by_its_short_name_from_the_registry_to_the_kernels():
    for parameter in REGISTRY.values():
        files = readers(parameter)
        assert files, parameter.key
        for file in files:
            assert re.search(rf"\.{parameter.name}\b", (MODEL / f"{file}.py").read_text(encoding="utf-8"))
            assert f"dxsim/model/{file}.py" in describe(parameter.key)
    with in_language("ja"):
        assert "使用箇所: dxsim/model/money.py, dxsim/model/vendor_choice.py" in describe("policy.portability")


def test_a_kpi_is_found_by_what_stands_before_its_blank():
    code = "\n".join(path.read_text(encoding="utf-8") for path in MODEL.parent.glob("records/*.py"))
    for kpi in kpi_table():
        assert kpi.partition("{")[0].rstrip("_") in code, kpi


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("def f(parameters):\n    return parameters.deadlin", {(2, "deadlin")}),
        ("def f(run, i):\n    return run.levers[i].namin", {(2, "namin")}),
        ("def f(run):\n    return run.parameters.namin", {(2, "namin")}),
        ("def f(lot, run):\n    return lot.planning_months + run.cohorts[0].lever", set()),
    ],
)
def test_reads_are_found(tmp_path, code, found):
    path = tmp_path / "x.py"
    path.write_text(code, encoding="utf-8")
    assert reads(path) == found
