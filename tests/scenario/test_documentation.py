"""The documentation of parameters is made from the registry."""

import pytest

from dxsim.errors import InputError
from dxsim.language import in_language
from dxsim.scenario.documentation import describe, parameter_table
from dxsim.scenario.registry import REGISTRY


def test_the_table_shows_every_parameter_once_with_its_default_and_label(language):
    lines = parameter_table().splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines if line.startswith("| ")]
    shown = {row[0]: row for row in rows if row[0] in {parameter.name for parameter in REGISTRY.values()}}
    for parameter in REGISTRY.values():
        row = shown[parameter.name]
        assert row[2] == parameter.label[language]
        assert row[4] == str(parameter.default)
    assert sum(line.startswith("## ") for line in lines) == len({parameter.group for parameter in REGISTRY.values()})


def test_one_parameter_is_described_in_full():
    text = describe("policy.readiness_shift")
    for expected in (
        "policy.readiness_shift: Shift of product availability",
        "months",
        "-36 – 36",
        "-6 – 6",
        "lever",
    ):
        assert expected in text
    with in_language("ja"):
        assert "期限延長の規則" in describe("policy.extension_rule")
    with pytest.raises(InputError, match=r"did you mean 'policy\.deadline'"):
        describe("policy.deadlin")
