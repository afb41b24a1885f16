"""The committed description of the model is what the model says, and leaves nothing out."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from dxsim.cli import main
from dxsim.files import PACKAGE
from dxsim.model import codes, events, state
from dxsim.scenario.registry import REGISTRY
from dxsim.scenario.scenario import scenario_names
from dxsim.scenario.usage import parameters_read
from dxsim.terms.kpis import kpi_table
from dxsim.views.documents import odd as views_odd
from dxsim.views.documents.odd import DOCUMENT, FRAGMENTS, MODEL, anchor, odd, phases, submodels

MEND = "python dev.py dxsim odd -o dxsim/model/ODD.md"
CONCEPTS = (
    *("Basic principles", "Emergence", "Adaptation", "Objectives", "Learning", "Prediction", "Sensing"),
    *("Interaction", "Stochasticity", "Collectives", "Observation"),
)
# Records of columns that are written down each month -> their fields, which have sections of their own.
WRITTEN = {
    **{"COUNT": "COUNT_FIELDS", "FLOW": "FLOW_FIELDS"},
    **{"NATION_MONTH": "NATIONAL_FIELDS", "VENDOR_MONTH": "VENDOR_FIELDS"},
}
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def text() -> str:
    return odd()


def headings(text: str) -> list[str]:
    return [line.lstrip("#").strip() for line in FENCE.sub("", text).splitlines() if line.startswith("#")]


def section(text: str, heading: str) -> str:
    """Return what stands under a heading, up to the next one."""
    return re.split(r"^#+ ", text.split(f" {heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]


def test_the_committed_document_is_what_the_model_says_now(text: str) -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == text, f"{DOCUMENT.name} is stale; run: {MEND}"


def test_the_sections_are_those_of_the_protocol_in_its_order(text: str) -> None:
    found = re.findall(r"^## (\d)\. (\w+)", text, re.MULTILINE)
    first = ("Purpose", "Entities", "Process", "Design", "Initialisation", "Input", "Submodels")
    assert found == [(str(number), word) for number, word in enumerate(first, 1)]
    concepts = text.split("## 4. Design concepts")[1].split("## 5.")[0]
    assert [name for name in headings(concepts) if name in CONCEPTS] == list(CONCEPTS)


def test_every_phase_stands_in_the_order_of_the_schedule_and_every_submodel_with_one_has_a_section(text: str) -> None:
    shown = re.findall(r"^\| (\d+) \| \[`([\w.]+)`\]\(#([\w-]+)\) \| ", text, re.MULTILINE)
    assert [(int(number), call) for number, call, _ in shown] == [
        (number, call) for number, (call, _) in enumerate(phases(), 1)
    ]
    for _, call, target in shown:
        module = call.partition(".")[0]
        heading = next(name for name in headings(text) if anchor(name) == target)
        assert heading.split()[1] == module
        docstring = ast.get_docstring(ast.parse((MODEL / f"{module}.py").read_text(encoding="utf-8"))) or ""
        assert docstring.splitlines()[0] in section(text, heading)


def test_every_file_of_the_model_is_described_once(text: str) -> None:
    files = {path.stem for path in MODEL.glob("*.py")} - {"__init__"}
    assert len(submodels()) == len(set(submodels()))
    assert set(submodels()) | views_odd.NOT_SUB_MODELS >= files
    for name in files - {"schedule"}:
        module = ast.parse((MODEL / f"{name}.py").read_text(encoding="utf-8"))
        first = (ast.get_docstring(module) or "").splitlines()[0]
        assert text.count(f"\n\n{first}\n") == 1, name


def test_every_docstring_is_kept_line_by_line(text: str) -> None:
    lines = {line.replace("\\*", "*").replace("`", "") for line in text.splitlines()}
    for name in submodels():
        docstring = ast.get_docstring(ast.parse((MODEL / f"{name}.py").read_text(encoding="utf-8"))) or ""
        missing = [line for line in docstring.splitlines() if line.replace("`", "") not in lines]
        assert not missing, name


def test_every_parameter_is_a_row(text: str) -> None:
    tables = text.split(" Parameters\n")[1].split("\n## ")[0]
    for parameter in REGISTRY.values():
        group = section(tables, parameter.group)
        (row,) = [line for line in group.splitlines() if line.startswith(f"| {parameter.name} |")]
        for cell in (parameter.label["en"], str(parameter.default), parameter.role, parameter.status):
            assert cell.replace("*", "\\*") in row


def test_every_section_of_a_file_ends_with_the_parameters_that_its_code_reads(text: str) -> None:
    for name in (*submodels(), "initialisation"):
        heading = next(item for item in headings(text) if item.lower().split()[1:] == [name])
        lines = section(text, heading).rstrip().splitlines()
        read = parameters_read(name)
        rows = lines[len(lines) - len(read) :]
        for parameter, row in zip(read, rows, strict=True):
            assert row.startswith(f"| {parameter.symbol} | `{parameter.key}` | "), name
            assert f" | {parameter.status} | " in row
        assert ("Parameters that it reads:" in lines) == bool(read)


def records() -> dict[str, np.dtype]:
    """Return the records of the model under the names of their sections: where they are declared."""
    found: dict[str, np.dtype] = {}
    for module in (state, *(import_module(f"dxsim.model.{name}") for name in submodels()), events):
        for name, record in vars(module).items():
            is_record = name.isupper() and isinstance(record, np.dtype) and name not in {*WRITTEN, "LEVER"}
            if is_record and not any(record is other for other in found.values()):
                found[name if module is state else f"{module.__name__.rpartition('.')[2]}.{name}"] = record
    return found


def test_every_field_of_the_records_is_a_row_with_its_meaning(text: str) -> None:
    assert len(records()) > 20
    for name, record in records().items():
        rows = section(text, name).splitlines()
        for field in record.names:
            (row,) = [row for row in rows if row.startswith(f"| `{field}` |")]
            assert f"| {record[field].name.rstrip('_')} |" in row
    assert "| `readiness` | float64 | effect on the log hazard of commitment |" in section(text, "MUNICIPALITY")
    assert "Held as `State.systems` (n, O)." in section(text, "SYSTEM")
    assert "Held as `State.purses` (n,)." in section(text, "money.PURSE")


def test_every_column_that_is_written_down_each_month_is_there_with_its_unit(text: str) -> None:
    for name in WRITTEN.values():
        rows = section(text, f"Columns: {name}")
        for field in getattr(state, name):
            assert f"`{field.columns()[-1]}` | {field.unit} |" in rows


def test_transitions_codes_events_kpis_and_scenarios_are_all_there(text: str) -> None:
    transitions = re.findall(r"^\| (\w+) \| (\w+) \|", section(text, "States of a system"), re.MULTILINE)
    legal = {(codes.STATES[before], codes.STATES[after]) for before, after in codes.TRANSITIONS}
    assert set(transitions) - {("from", "to")} == legal
    numbered = ", ".join(f"{number} {account}" for number, account in enumerate(codes.ACCOUNTS))
    assert f"| `Account` | {numbered} |" in section(text, "Codes")
    for kind in events.KINDS:
        assert f"\n| {kind} | " in section(text, "Kinds of events")
    for kpi in kpi_table():
        assert f"\n| `{kpi}` | " in section(text, "KPIs")
    for name in scenario_names():
        assert f"\n| `{name}` | " in section(text, "Shipped scenarios")


def test_every_stream_of_random_numbers_is_a_row(text: str) -> None:
    tree = ast.parse((PACKAGE / "streams.py").read_text(encoding="utf-8"))
    names = [target.id for node in tree.body if isinstance(node, ast.Assign) for target in node.targets[:1]
             if isinstance(target, ast.Name) and not target.id.startswith("_")]  # fmt: skip
    assert names
    for name in names:
        assert f" | {name} | " in section(text, "Random streams")


def test_every_link_leads_somewhere(text: str) -> None:
    anchors = [anchor(name) for name in headings(text)]
    for target in re.findall(r"\]\(([^)]+)\)", FENCE.sub("", text)):
        if target.startswith("#"):
            assert anchors.count(target[1:]) == 1, target
        else:
            assert (MODEL / target).exists(), target


def test_every_fragment_is_used(text: str) -> None:
    for path in FRAGMENTS.glob("*.md"):
        assert path.read_text(encoding="utf-8").strip() in text, path.name


def test_every_table_has_rows_as_wide_as_its_head(text: str) -> None:
    width = 0
    for line in FENCE.sub("", text).splitlines():
        cells = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
        assert not (width and cells) or cells == width, line
        width = cells


def test_the_order_of_submodels_is_that_of_the_schedule() -> None:
    scheduled = list(dict.fromkeys(call.partition(".")[0] for call, _ in phases()))
    assert [name for name in submodels() if name in scheduled] == scheduled
    assert submodels().index("coalition") > submodels().index("cooperation")


@pytest.mark.parametrize(
    ("docstring", "markdown"),
    [
        ("What?\n\nfrom T* on", "What?\n\nfrom T\\* on"),
        ("a    = b\n\nc    = d\n\nEnd.", "```text\na    = b\n\nc    = d\n```\n\nEnd."),
        ("    x = y\n    z", "```text\n    x = y\n    z\n```"),
        ("if  t > 0, `a*b`", "if  t > 0, `a*b`"),
    ],
)
def test_equations_are_fenced_and_prose_is_not(docstring: str, markdown: str) -> None:
    assert views_odd._docstring(docstring) == markdown


def test_the_command_prints_writes_and_checks(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["odd"]) == 0
    assert capsys.readouterr().out == text
    path = tmp_path / "odd.md"
    assert main(["odd", "--check", "-o", str(path)]) == 2
    assert main(["odd", "-o", str(path)]) == 0
    assert path.read_text(encoding="utf-8") == text
    assert main(["odd", "--check", "-o", str(path)]) == 0
    path.write_text(text + "\n", encoding="utf-8")
    capsys.readouterr()
    assert main(["odd", "--check", "-o", str(path)]) == 2
    assert f"`dxsim odd -o {path}` writes it anew" in capsys.readouterr().err
