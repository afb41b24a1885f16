"""Results are what they were, bit for bit: whoever means to change them writes new hashes down (`tests.hashes`)."""

from __future__ import annotations

import pytest

import dxsim
from tests import hashes

pytestmark = pytest.mark.skipif(
    hashes.arithmetic() != hashes.kept()["arithmetic"],
    reason="this processor or its libraries round otherwise than those of the hashes",
)


def test_twenty_runs_of_the_synthetic_nation():
    assert hashes.of_runs(dxsim.load_nation("synthetic")) == hashes.kept()["synthetic"]


def test_a_sweep_of_fifty_runs_with_all_outcomes(tmp_path):
    assert hashes.of_sweep(tmp_path) == hashes.kept()["sweep"]


@pytest.mark.skipif(not hashes.OFFICIAL.is_dir(), reason="needs ../shared/data, which is not part of dxsim")
def test_twenty_runs_of_real_japan():
    assert hashes.of_real_japan() == hashes.kept()["japan"]


def test_a_changed_bit_changes_a_hash():
    table = dxsim.simulate(dxsim.load_nation("synthetic"), dxsim.load_scenario("baseline"), 1).municipalities
    changed = table.copy()
    changed.loc[7, "readiness"] *= 1.0 + 2e-16
    assert hashes.hash_of(changed) != hashes.hash_of(table)
