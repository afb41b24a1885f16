"""The model's description in the order of the ODD protocol (Grimm et al. 2020), made from the model itself.

Prose that nothing else says stands in ``dxsim/model/odd/*.md``. Everything else is read where the model has it: phases
in ``schedule.py``, equations in the docstrings of ``dxsim/model``, fields and their comments in ``state.py``, and
parameters, KPIs, scenarios, random streams and kinds of events. So the description can't fall behind the model:
``tests/views/test_odd.py`` holds the committed ``dxsim/model/ODD.md`` to what is made here.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from functools import cache
from pathlib import Path

from dxsim.files import PACKAGE
from dxsim.language import in_language
from dxsim.model import codes, state
from dxsim.model.fields import Field
from dxsim.model.schedule import STEPS
from dxsim.scenario.documentation import parameter_table, table_of_reads
from dxsim.scenario.scenario import load_scenario, scenario_names
from dxsim.terms.calendar import month_name
from dxsim.terms.kpis import kpi_table
from dxsim.terms.operations import lots, operations

MODEL = PACKAGE / "model"
FRAGMENTS = MODEL / "odd"
DOCUMENT = MODEL / "ODD.md"
NOT_SUB_MODELS = {"__init__", "state", "schedule", "events", "initialisation"}  # described in sections of their own
TOOLS = {"codes", "fields", "run"}  # what all sub-models use; described after these
SCALARS = {"float", "int", "bool"}

_NOTE = (
    "<!-- Made by `dxsim odd` from dxsim/model, the registry and dxsim/model/odd/*.md. Change those, not this file. -->"
)
_FORMULA = re.compile(r"^ {2,}|\S {3,}\S", re.MULTILINE)  # set in columns: equations
_SENTENCE = re.compile(r".+?[.?!](?=\s|$)")


def odd() -> str:
    """Return the whole document as Markdown."""
    sections: tuple[tuple[str, str, tuple[Callable[[], str], ...]], ...] = (
        ("1. Purpose and patterns", "purpose", ()),
        ("2. Entities, state variables and scales", "entities", (_operations, _transitions, _state, _codes)),
        ("3. Process overview and scheduling", "schedule", (_phases,)),
        ("4. Design concepts", "design_concepts", (_streams, _events, _kpis)),
        ("5. Initialisation", "initialisation", (lambda: _module("initialisation"),)),
        ("6. Input data", "input_data", (_calendar, _scenarios)),
        ("7. Submodels", "submodels", (_submodels, _parameters)),
        ("Decisions", "decisions", ()),
        ("What is not modelled", "not_modelled", ()),
        ("What each mechanism does", "knockouts", ()),
        ("Which patterns come out", "patterns", ()),
        ("How the defaults were chosen, and what they reproduce", "fit", ()),
        ("What the data say of the parameters", "calibration", ()),
    )
    contents = "\n".join(f"- [{title}](#{anchor(title)})" for title, _, _ in sections)
    parts = [_NOTE, "# The model, in ODD order", _fragment("introduction"), contents]
    with in_language("en"):  # as are the docstrings that it is made of
        for title, fragment, makers in sections:
            parts += [f"## {title}", _fragment(fragment), *(make() for make in makers)]
    return "\n\n".join(part for part in parts if part) + "\n"


def phases() -> Sequence[tuple[str, str]]:
    """Return the schedule's (module.function, meaning), in order."""
    return tuple((step.name, step.meaning) for step in STEPS)


def submodels() -> list[str]:
    """Return the names of all sub-models: those with a phase as the schedule has them, each before what it builds on.

    A file without a phase follows the first that imports it; files that none of these imports come last.
    """
    scheduled = list(dict.fromkeys(call.partition(".")[0] for call, _ in phases()))
    found: list[str] = []

    def visit(name: str) -> None:
        found.append(name)
        for other in _imported(name):
            if other not in (*found, *scheduled):
                visit(other)

    for name in scheduled:
        visit(name)
    rest = sorted(path.stem for path in MODEL.glob("*.py"))
    return found + [name for name in rest if name not in NOT_SUB_MODELS.union(found)]


def anchor(heading: str) -> str:
    """Return the name under which Markdown viewers link to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _heading(name: str) -> str:
    return f"7.{submodels().index(name) + 1} {name}"


def _fragment(name: str) -> str:
    return (FRAGMENTS / f"{name}.md").read_text(encoding="utf-8").strip()


@cache
def _source(path: Path) -> tuple[ast.Module, Mapping[int, str]]:
    """Return the tree of a file and its comments by line."""
    text = path.read_text(encoding="utf-8")
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    comments = {token.start[0]: token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT}
    return ast.parse(text), comments


def _tree(name: str) -> ast.Module:
    return _source(MODEL / f"{name}.py")[0]


def _imported(name: str) -> Iterator[str]:
    """Yield the sub-models that another one imports, in order."""
    for node in _tree(name).body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("dxsim.model"):
            _, _, module = node.module.partition("dxsim.model.")
            names = [module] if module else [alias.name for alias in node.names]
            yield from (other for other in names if other not in NOT_SUB_MODELS | TOOLS)


def _assigned(name: str) -> dict[str, ast.Assign]:
    """Return the statements of a file of the model that give a value to one name, by that name."""
    return {
        target.id: node
        for node in _tree(name).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *([_cell(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    return _plain(text).replace("|", "\\|")


def _plain(text: str) -> str:
    """Return prose of which Markdown makes no emphasis; what stands between backticks is left as it is."""
    parts = text.split("`")
    return "`".join(part if number % 2 else part.replace("*", "\\*") for number, part in enumerate(parts))


def _operations() -> str:
    of_lot = {lot.lot: [item.name_en for item in operations() if item.lot == lot.lot] for lot in lots()}
    rows = [(lot.name_en, lot.applies_to, ", ".join(of_lot[lot.lot])) for lot in lots()]
    return "### Lots and operations\n\n" + _table(("lot", "applies to", "operations"), rows)


def _transitions() -> str:
    comments = _source(MODEL / "codes.py")[1]
    pairs = [node for node in ast.walk(_assigned("codes")["TRANSITIONS"].value) if isinstance(node, ast.Tuple)]
    rows = [
        (*(ast.unparse(end).rpartition(".")[2].lower() for end in pair.elts), comments.get(pair.end_lineno or 0, ""))
        for pair in sorted(pairs, key=lambda pair: pair.lineno)
    ]
    head = "### States of a system\n\nFrom `legacy` to `done`; any other transition is an error."
    return head + "\n\n" + _table(("from", "to", "remark"), rows)


def _state() -> str:
    """Return a table for each record of the model and each bundle of arrays in ``state.py``, with their comments."""
    tree, comments = _source(MODEL / "state.py")
    bundles = [node for node in tree.body if isinstance(node, ast.ClassDef) and _fields(node)]
    holders: dict[str, list[str]] = {}
    for bundle in bundles:
        for field in _fields(bundle):
            words = re.match(r"(\(.*?\)) (?:\w+\.)?([A-Z_]+)\b", comments.get(field.end_lineno or 0, ""))
            if words:
                where = f"`{bundle.name}.{ast.unparse(field.target)}` {words[1]}"
                holders.setdefault(words[2], []).append(where)
    parts = ["### State variables", _docstring(ast.get_docstring(tree) or "")]
    for module in ("state", *submodels(), "events"):
        parts += _records(module, holders)
    parts += [
        part for name in ("COUNT_FIELDS", "FLOW_FIELDS", "NATIONAL_FIELDS", "VENDOR_FIELDS") for part in _columns(name)
    ]
    for bundle in bundles:
        rows = [
            (
                f"`{ast.unparse(field.target)}`",
                ast.unparse(field.annotation).replace("np.", ""),
                comments.get(field.end_lineno or 0, ""),
            )
            for field in _fields(bundle)
        ]
        parts += [f"#### {bundle.name}", _docstring(ast.get_docstring(bundle) or "")]
        parts.append(_table(("field", "type", "meaning"), rows))
    return "\n\n".join(parts)


def _records(module: str, holders: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield the tables of the records that a file of the model declares."""
    comments = _source(MODEL / f"{module}.py")[1]
    for name, statement in _assigned(module).items():
        call = statement.value
        if not (isinstance(call, ast.Call) and ast.unparse(call.func) == "np.dtype" and call.args):
            continue
        yield f"#### {name if module == 'state' else f'{module}.{name}'}"
        if name in holders:
            yield "Held as " + ", ".join(holders[name]) + "."
        first = call.args[0]
        if isinstance(first, ast.List):
            pairs = [node for node in first.elts if isinstance(node, ast.Tuple)]
            rows = [
                (
                    f"`{ast.literal_eval(pair.elts[0])}`",
                    ast.unparse(pair.elts[1]).removeprefix("np.").rstrip("_"),
                    comments.get(pair.end_lineno or 0, ""),
                )
                for pair in pairs
            ]
            yield _table(("field", "type", "meaning"), rows)
        else:
            yield f"`{ast.unparse(call)}`: {comments.get(statement.end_lineno or 0, '')}."


def _columns(name: str) -> tuple[str, str]:
    """Return the table of the columns that are summed up or written down each month under a name."""
    fields: tuple[Field, ...] = getattr(state, name)
    rows = [(", ".join(f"`{column}`" for column in field.columns()), field.unit) for field in fields]
    return f"#### Columns: {name}", _table(("columns", "unit"), rows)


def _fields(bundle: ast.ClassDef) -> list[ast.AnnAssign]:
    return [node for node in bundle.body if isinstance(node, ast.AnnAssign)]


def _codes() -> str:
    """Return what the codes in the records stand for: every enumeration in ``codes.py``."""
    rows = [
        (f"`{code.__name__}`", ", ".join(f"{member.value} {member.name.lower()}" for member in code))
        for code in vars(codes).values()
        if isinstance(code, type) and issubclass(code, IntEnum) and code is not IntEnum
    ]
    return "### Codes\n\nA record holds the number." + "\n\n" + _table(("code", "numbers and names"), rows)


def _phases() -> str:
    rows = []
    for number, (call, meaning) in enumerate(phases(), 1):
        name = call.partition(".")[0]
        rows.append((str(number), f"[`{call}`](#{anchor(_heading(name))})", meaning))
    return "### The phases of a month\n\n" + _table(("", "phase", "what happens"), rows)


def _streams() -> str:
    tree, comments = _source(PACKAGE / "streams.py")
    rows = [
        (str(node.value.value), target.id, comments[node.end_lineno or 0])
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and node.end_lineno in comments
        for target in node.targets
        if isinstance(target, ast.Name) and not target.id.startswith("_")
    ]
    return "### Random streams\n\n" + _table(("number", "stream", "what is drawn"), rows)


def _events() -> str:
    comments = _source(MODEL / "events.py")[1]
    kinds = next(node for node in _tree("events").body if isinstance(node, ast.ClassDef))
    rows = [
        (ast.unparse(kind.targets[0]).lower(), comments.get(kind.end_lineno or 0, ""))
        for kind in kinds.body
        if isinstance(kind, ast.Assign)
    ]
    intro = _docstring(ast.get_docstring(_tree("events")) or "")
    return (
        "### Kinds of events\n\n" + intro + "\n\n" + _table(("kind", "what place, value, cause and amount mean"), rows)
    )


def _kpis() -> str:
    rows = [
        (f"`{kpi.kpi}`", kpi.label["en"], kpi.unit, kpi.direction, kpi.level, kpi.frequency, kpi.formula, kpi.missing)
        for kpi in kpi_table().values()
    ]
    head = ("KPI", "meaning", "unit", "better if", "level", "frequency", "formula", "missing")
    return "### KPIs\n\n" + _table(head, rows)


def _scenarios() -> str:
    scenarios = [load_scenario(name) for name in scenario_names()]
    rows = [(f"`{item.name}`", item.title["en"], item.meaning["en"].strip()) for item in scenarios]
    return "### Shipped scenarios\n\n" + _table(("name", "title", "meaning"), rows)


def _calendar() -> str:
    scenario = load_scenario("baseline")
    rows = [
        (month_name(said.month), "national statement", f"signal {said.signal:g}", said.text["en"])
        for said in scenario.announcements
    ]
    for event in scenario.vendor_events:
        whose = ", ".join(map(str, event.vendors))
        change = f"{whose}: times {event.capacity_factor:g}"
        rows.append((month_name(event.month), "capacity of vendors by size", change, event.text["en"]))
    rows += [(month_name(month), "survey of late systems", "", "") for month in scenario.surveys]
    return "### Calendar of the baseline\n\n" + _table(("month", "what", "size", "in words"), sorted(rows))


def _submodels() -> str:
    return "\n\n".join(f"### {_heading(name)}\n\n{_module(name)}" for name in submodels())


def _parameters() -> str:
    tables = parameter_table().strip().replace("*", "\\*")
    return f"### 7.{len(submodels()) + 1} Parameters\n\n{_fragment('parameters')}\n\n" + re.sub(
        r"^## ", "#### ", tables, flags=re.MULTILINE
    )


def _module(name: str) -> str:
    """Return a sub-model's file, phases, docstring, equations that can be called, and parameters that it reads."""
    own = [call.partition(".")[2] for call, _ in phases() if call.partition(".")[0] == name]
    line = f"File [`{name}.py`]({name}.py)." + (f" Phases: {', '.join(f'`{call}`' for call in own)}." if own else "")
    tree = _tree(name)
    equations = [
        f"- `{node.name}({', '.join(argument.arg for argument in node.args.args)})`: {_summary(node)}"
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and _is_scalar(node)
    ]
    parts = [line, _docstring(ast.get_docstring(tree) or "")]
    parts += ["Functions:\n\n" + "\n".join(equations)] if equations else []
    reads = table_of_reads(name).replace("*", "\\*")
    parts += ["Parameters that it reads:\n\n" + reads] if reads else []
    return "\n\n".join(parts)


def _is_scalar(node: ast.FunctionDef) -> bool:
    """Return whether a function makes one number of numbers and records."""
    arguments = {ast.unparse(argument.annotation) for argument in node.args.args if argument.annotation}
    result = ast.unparse(node.returns) if node.returns else ""
    return not node.name.startswith("_") and result in SCALARS and arguments <= SCALARS | {"np.record"}


def _summary(node: ast.FunctionDef) -> str:
    """Return the first sentence of a docstring."""
    text = " ".join((ast.get_docstring(node) or "").partition("\n\n")[0].split())
    sentence = _SENTENCE.match(text)
    return _plain((sentence[0] if sentence else text).removeprefix("Return "))


def _docstring(text: str) -> str:
    """Return a docstring as Markdown: paragraphs that are set in columns are kept as they are, between fences."""
    parts: list[str] = []
    for paragraph in text.strip("\n").split("\n\n"):
        if not _FORMULA.search(paragraph):
            parts.append(_plain(paragraph.replace("``", "`")))
        elif parts and parts[-1].startswith("```"):
            parts[-1] = parts[-1].removesuffix("\n```") + f"\n\n{paragraph}\n```"
        else:
            parts.append(f"```text\n{paragraph}\n```")
    return "\n\n".join(parts)
