"""Every number of the model comes from the registry, or is a named structural constant that says what it is."""

import ast
import re
from pathlib import Path

import pytest

from dxsim.files import PACKAGE
from dxsim.scenario.registry import REGISTRY
from dxsim.scenario.usage import reads

FILES = sorted((PACKAGE / "model").glob("*.py"))
NOT_PARAMETERS = {"dtype", "shape"}
# Arithmetic, not assumptions: nothing and one, counting and parity, halves, and the months of a year.
PLAIN_NUMBERS = {0, 1, 2, 0.5, 12}
CONSTANT = re.compile(r"_?[A-Z][A-Z0-9_]*")
SHORT_NAMES = {parameter.name for parameter in REGISTRY.values()}


def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def is_constant(statement):
    """Return whether a statement at the top of a file names nothing but structural constants."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    names = [name for target in targets for name in (target.elts if isinstance(target, ast.Tuple) else [target])]
    return isinstance(statement, ast.Assign | ast.AnnAssign) and all(
        isinstance(name, ast.Name) and CONSTANT.fullmatch(name.id) for name in names
    )


def inline_numbers(path):
    """Return (line, number) of each number outside of a file's named constants; places in an array do not count."""
    statements = [statement for statement in tree(path).body if not is_constant(statement)]
    nodes = [node for statement in statements for node in ast.walk(statement)]
    places = {node.slice for node in nodes if isinstance(node, ast.Subscript)}
    return {
        (node.lineno, node.value)
        for node in nodes
        if isinstance(node, ast.Constant) and type(node.value) in (int, float)
        if node.value not in PLAIN_NUMBERS and node not in places
    }


def unexplained_constants(path):
    """Return the lines of named numbers outside of enumerations (0, 1, 2, ...) that no comment explains."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {
        f"{path.name}:{statement.lineno}: {ast.unparse(statement)}"
        for statement in tree(path).body
        if is_constant(statement)
        for node in [statement.value]
        if isinstance(node, ast.Constant) and type(node.value) in (int, float) and node.value not in PLAIN_NUMBERS
        if "#" not in lines[statement.lineno - 1] and not lines[statement.lineno - 2].lstrip().startswith("#")
    }


def test_the_model_is_there():
    assert FILES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_of_the_model_uses_only_parameters_of_the_registry(path):
    unknown = {f"{path.name}:{line}: {name}" for line, name in reads(path) if name not in SHORT_NAMES | NOT_PARAMETERS}
    assert not unknown


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_of_the_model_has_no_number_that_is_neither_in_the_registry_nor_named(path):
    assert not {f"{path.name}:{line}: {number}" for line, number in inline_numbers(path)}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_named_number_says_what_it_is(path):
    assert not unexplained_constants(path)


def test_every_parameter_of_the_registry_is_used():
    used = {name for path in FILES for _, name in reads(path)}
    assert not SHORT_NAMES - used


def test_the_codes_of_choices_are_those_of_the_registry():
    constants = set()
    for path in FILES:
        for statement in tree(path).body:
            if isinstance(statement, ast.Assign) and is_constant(statement):
                for target in statement.targets:
                    names = target.elts if isinstance(target, ast.Tuple) else [target]
                    values = statement.value.elts if isinstance(target, ast.Tuple) else [statement.value]
                    constants |= {
                        (name.id, value.value)
                        for name, value in zip(names, values, strict=False)
                        if isinstance(value, ast.Constant)
                    }
    codes = {}  # a choice such as `national` may stand in several parameters, at different places
    for parameter in REGISTRY.values():
        for code, choice in enumerate(parameter.choices):
            codes.setdefault(choice.upper(), set()).add(code)
    wrong = {(name, value) for name, value in constants if name in codes and value not in codes[name]}
    assert not wrong
    assert {"THRESHOLD", "ALWAYS_OPEN", "SHORTEST_JOB", "BY_VENDOR_LOAD"} <= {name for name, _ in constants}


@pytest.mark.parametrize(
    ("code", "reader", "found"),
    [
        ("def f(parameters):\n    return parameters.deadlin", reads, {(2, "deadlin")}),
        ("def f(state, i):\n    return state.levers[i].namin", reads, {(2, "namin")}),
        ("def f(p):\n    return p.count * 0.7", inline_numbers, {(2, 0.7)}),
        ("def f(x):\n    return -3 * x + 12 * x", inline_numbers, {(2, 3)}),
        ("x = f(row[3], 4)", inline_numbers, {(1, 4)}),
        ("LIMIT = 7\n", inline_numbers, set()),
        ("limit = 7\n", inline_numbers, {(1, 7)}),
        ("A, B = 7, 8\n", inline_numbers, set()),
    ],
)
def test_the_readers_find_what_they_look_for(tmp_path, code, reader, found):
    path = Path(tmp_path / "x.py")
    path.write_text(code, encoding="utf-8")
    assert reader(path) == found


def test_a_named_number_without_a_comment_is_found(tmp_path):
    path = tmp_path / "x.py"
    path.write_text("A = 7\nB = 8  # months\n# persons\nC = 9\nD = 1\n", encoding="utf-8")
    assert unexplained_constants(path) == {"x.py:1: A = 7"}
