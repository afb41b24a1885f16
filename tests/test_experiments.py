"""What commands of experiments work out, by hand; and that what stands in their README is what they give."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

import numpy as np
import pytest

from experiments import marks
from experiments.heisei_mergers import run as mergers


def test_the_hazard_of_mergers_by_hand() -> None:
    """Readiness 0, one date: in month s slack is 84 - s - 11.5, and who decides is gone 12 months later."""
    hazard, scale = 0.02, 5.0
    gone = mergers.model(np.zeros(1), two_dates=False)(np.array([hazard, scale]))
    total = sum(hazard / (1 + max(0.0, 84 - month - 11.5) / scale) for month in range(60))
    assert gone[72] == pytest.approx(1 - math.exp(-total))
    assert (gone[:13] == 0).all()
    pressed = mergers.model(np.zeros(1), two_dates=True)(np.array([hazard, scale]))
    assert pressed[72] > gone[72]  # March 2005 was nearer than March 2006


def test_what_stands_between_marks_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.write_text(f"# A\n\n{marks.START}old\n{marks.END}\nB\n", encoding="utf-8")
    marks.write_between_marks(file, marks.table([["a", "b"], ["x", "1"]]))
    expected = f"# A\n\n{marks.START}\n| a | b |\n| --- | --: |\n| x | 1 |\n\n{marks.END}\nB\n"
    assert file.read_text(encoding="utf-8") == expected


@pytest.mark.long
def test_the_table_of_mergers_is_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = (mergers.HERE / "README.md").read_text(encoding="utf-8")
    for name in ("README.md", "counts.csv"):
        shutil.copy(mergers.HERE / name, tmp_path)
    monkeypatch.setattr(mergers, "HERE", tmp_path)
    mergers.main()
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == kept
