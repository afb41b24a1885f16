"""The examples in the docstrings of dxsim give what they show."""

from __future__ import annotations

import doctest
import inspect
from importlib import import_module
from pathlib import Path

import pytest

from dxsim.files import PACKAGE

MODULES = sorted(
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
    if ">>> " in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_hold(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # an example may write files
    module = import_module(name)
    tried = doctest.testmod(module)
    assert tried.failed == 0
    assert tried.attempted == inspect.getsource(module).count(">>> ") > 0  # none is skipped or out of reach


def test_there_are_examples_to_try() -> None:
    assert len(MODULES) > 20
