"""Big-bang cut-overs: the systems of a package go live in the same month, or none of them."""

from __future__ import annotations

import numpy as np
import pytest

from dxsim.model import events
from dxsim.model.run import prepare, run_inputs
from tests.model.cases import STEADY_VENDORS, mixed_nation, plain
from tests.model.replay import run_logged

NATION = mixed_nation(5, 6)
STEADY = STEADY_VENDORS | {
    "policy.extension_rule": "none",
    "vendor.capacity_ratio": 0.8,
    "vendor.duration_exponent": 0.4,
}


def run_of(rule, log=False, **overrides):
    settings = STEADY | {"quality.cut_over": rule} | overrides
    inputs = prepare(NATION, plain(settings), 1)
    return (run_logged if log else run_inputs)(inputs)


def test_a_package_goes_live_when_its_last_system_would_have():
    """Nothing else changes: what is done waits without engineers, and nobody's commitment looks at what is live."""
    calm = {"quality.incident_rate": 0, "vendor.wait_aversion": 0}
    one, other = run_of("staged", **calm), run_of("big_bang", **calm)
    lot_of, staged, at_once = one.inputs.country.lot_of, one.state.systems, other.state.systems
    assert (at_once.order == staged.order).all()
    assert (at_once.start == staged.start).all()
    work, expected = (run.series.vendors_by_month.work_done for run in (other, one))
    assert work == pytest.approx(expected, abs=1e-9)
    applies, waited = staged.state >= 0, 0
    for lot in range(6):
        months = np.where(applies[:, lot_of == lot], staged.live[:, lot_of == lot], -1)
        last = np.where((months < 0).any(axis=1), -1, months.max(axis=1))
        assert (at_once.live[:, lot_of == lot] == last[:, None]).all()
        waited += (months != last[:, None])[last >= 0].sum()
    assert waited > 30


def test_a_package_of_which_a_system_is_rolled_back_waits_for_it_and_is_switched_anew():
    trouble = {"quality.incident_rate": 0.2, "quality.severity_median": 0.05, "quality.rollback_severity": 0.1}
    run = run_of("big_bang", log=True, **trouble)
    lot_of, systems, log = run.inputs.country.lot_of, run.state.systems, run.log
    failed = log[log.kind == events.Kind.FAILED_CUTOVER]
    live = log[log.kind == events.Kind.LIVE]
    gone = set(zip(live.month.tolist(), live.municipality.tolist(), lot_of[live.place].tolist(), strict=True))
    held = set(zip(failed.month.tolist(), failed.municipality.tolist(), lot_of[failed.place].tolist(), strict=True))
    assert len(held) > 30
    assert not held & gone
    # Systems that went well when another of their package failed are switched, and can have incidents, again.
    incident = log[log.kind == events.Kind.INCIDENT]
    months = {}
    for month, i, place in zip(
        incident.month.tolist(), incident.municipality.tolist(), incident.place.tolist(), strict=True
    ):
        months.setdefault((i, place), set()).add(month)
    of_failed = set(zip(failed.municipality.tolist(), failed.place.tolist(), strict=True))
    assert any(len(those) > 1 for system, those in months.items() if system not in of_failed)
    assert (systems.live >= 0).sum() > 0.9 * (systems.state >= 0).sum()
