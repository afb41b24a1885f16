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


def is_enumeration(statement):
    """Return whether a statement at the top of a file says what codes stand for."""
    bases = statement.bases if isinstance(statement, ast.ClassDef) else []
    return any(isinstance(base, ast.Name) and base.id == "IntEnum" for base in bases)


def is_constant(statement):
    """Return whether a statement names nothing but structural constants."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    names = [name for target in targets for name in (target.elts if isinstance(target, ast.Tuple) else [target])]
    return isinstance(statement, ast.Assign | ast.AnnAssign) and all(
        isinstance(name, ast.Name) and CONSTANT.fullmatch(name.id) for name in names
    )


def inline_numbers(path):
    """Return (line, number) of each number outside of a file's named constants; places in an array do not count."""
    blocks = [part.body if is_enumeration(part) else [part] for part in tree(path).body]
    statements = [statement for block in blocks for statement in block if not is_constant(statement)]
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


def enumerations():
    """Return the parameter of each enumeration that the model takes from the registry by `choices`."""
    return {
        target.id: REGISTRY[call.args[0].value]
        for path in FILES
        for statement in tree(path).body
        if isinstance(statement, ast.Assign)
        for target, call in pairs_of(statement)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "choices"
    }


def pairs_of(statement):
    """Return the names that a statement assigns to, each with what it stands for."""
    (target,) = statement.targets
    several = target.elts if isinstance(target, ast.Tuple) else [target]
    values = getattr(statement.value, "elts", []) if isinstance(target, ast.Tuple) else [statement.value]
    return [] if len(several) != len(values) else list(zip(several, values, strict=True))


def unnamed_choices(path):
    """Return (line, parameter) where a choice is compared with anything but a member of its own enumeration."""
    choices = {parameter.name: parameter.choices for parameter in REGISTRY.values() if parameter.choices}
    named = {name: parameter.choices for name, parameter in enumerations().items()}

    def is_named(node, read):
        owner = getattr(node, "value", None)
        name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
        return named.get(name) == choices[read]

    return {
        (node.lineno, node.left.attr)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Compare) and isinstance(node.left, ast.Attribute)
        if (node.lineno, node.left.attr) in reads(path) and node.left.attr in choices
        for other in node.comparators
        for value in (other.elts if isinstance(other, ast.Tuple) else [other])
        if not is_named(value, node.left.attr)
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_choice_is_compared_with_its_codes_by_name(path):
    assert not unnamed_choices(path)


def test_the_codes_of_choices_are_taken_from_the_registry():
    keys = {parameter.key for parameter in enumerations().values()}
    assert {"commitment.gate_rule", "vendor.queue_discipline", "policy.phasing"} <= keys


@pytest.mark.parametrize(
    ("code", "reader", "found"),
    [
        ("def f(parameters):\n    return parameters.deadlin", reads, {(2, "deadlin")}),
        ("def f(run, i):\n    return run.levers[i].namin", reads, {(2, "namin")}),
        ("def f(p):\n    return p.count * 0.7", inline_numbers, {(2, 0.7)}),
        ("def f(x):\n    return -3 * x + 12 * x", inline_numbers, {(2, 3)}),
        ("x = f(row[3], 4)", inline_numbers, {(1, 4)}),
        ("LIMIT = 7\n", inline_numbers, set()),
        ("limit = 7\n", inline_numbers, {(1, 7)}),
        ("A, B = 7, 8\n", inline_numbers, set()),
        ("class C(IntEnum):\n    A = 7\n    b = 8\n", inline_numbers, {(3, 8)}),
        ("class C:\n    A = 7\n", inline_numbers, {(2, 7)}),
        ("def f(p):\n    return p.gate_rule == GateRule.ALWAYS_OPEN", unnamed_choices, set()),
        ("def f(run):\n    return run.parameters.budget != money.Budget.BINDING", unnamed_choices, set()),
        ("def f(p):\n    return p.shared_staff in (Switch.ON, Switch.OFF)", unnamed_choices, set()),
        ("def f(p):\n    return p.gate_rule == 1", unnamed_choices, {(2, "gate_rule")}),
        ("def f(p):\n    return p.phasing == GateRule.ALWAYS_OPEN", unnamed_choices, {(2, "phasing")}),
        ("def f(p):\n    return p.deadline == 1", unnamed_choices, set()),
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
