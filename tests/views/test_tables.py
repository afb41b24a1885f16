"""Tables in words, and sentences that say no more than their intervals."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from dxsim.analysis.comparison import Comparison, with_units
from dxsim.analysis.estimates import differences
from dxsim.errors import InputError
from dxsim.language import in_language
from dxsim.records.size_classes import SIZE_CLASSES
from dxsim.views.tables import effect, effects, label

SHIFTS = {"clear": [-0.1, -0.11, -0.09], "unclear": [-0.1, 0.1, 0.02], "same": [0.0, 0.0, 0.0]}


def rows(shifts: list[float]) -> pd.DataFrame:
    before = np.array([0.3, 0.2, 0.25])
    after = before + np.array(shifts)
    return pd.DataFrame(differences(before.reshape(1, 3, 1), after.reshape(1, 3, 1)))


@pytest.fixture
def found() -> Comparison:
    """Three cases against one, by hand: surely less, perhaps not, and just the same."""
    tables = [rows(shifts).assign(case=case, kpi="late_share") for case, shifts in SHIFTS.items()]
    classes = [
        rows(shifts).assign(case=case, stratum="size_class", measure="late_share", **{"class": name})
        for case, shifts in SHIFTS.items()
        for name in sorted(SIZE_CLASSES)
    ]
    empty = pd.DataFrame()
    return Comparison(
        alternatives=pd.DataFrame({"case": ["as it is", *SHIFTS]}),
        pairs=empty,
        differences=with_units(pd.concat(tables, ignore_index=True)),
        by_variant=empty,
        equity=with_units(pd.concat(classes, ignore_index=True)),
        ranks=empty,
        agreement=empty,
        left_out=(),
    )


def test_a_sentence_claims_a_difference_only_where_its_interval_leaves_out_zero(found: Comparison) -> None:
    clear, unclear, same = (effect(found, "late_share", case) for case in SHIFTS)
    assert "a difference was shown, for the better" in clear
    assert "a difference of -10 points" in clear
    assert "no difference was shown" in unclear
    assert re.search(r"\[-[\d.]+, \+[\d.]+\]", unclear)
    assert "the same in every run" in same


def test_a_sentence_has_the_figures_of_the_table(found: Comparison) -> None:
    table = effects(found, ["late_share"])
    for place, case in enumerate(SHIFTS):
        sentence = effect(found, "late_share", case)
        assert all(text in sentence for text in table.iloc[place, :4])
    assert list(table.columns)[-1] == "Verdict"
    assert list(table["Verdict"]) == ["better", "unclear", "same"]


def test_what_stands_beside_a_difference_adds_up_to_it(found: Comparison) -> None:
    shifted = found.differences.assign(case_mean=lambda rows: rows["case_mean"] + 0.0449)
    shifted["difference"] += 0.0449
    told = effects(Comparison(**{**found.__dict__, "differences": with_units(shifted)}), ["late_share"])
    for row in told.to_numpy():
        reference, mean, difference = map(float, row[:3])
        assert reference + difference == pytest.approx(mean, abs=1e-9)


def test_an_end_of_an_interval_that_is_not_zero_does_not_read_as_zero(found: Comparison) -> None:
    close = found.differences.query("case == 'clear'").assign(monte_carlo_high=-0.00004)
    told = Comparison(**{**found.__dict__, "differences": close})
    assert effects(told, ["late_share"]).iloc[0, 3].endswith("-0.004]")


def test_classes_stand_in_the_order_of_their_size(found: Comparison) -> None:
    table = effects(found, ["late_share"], "size_class")
    names = list(table.index.get_level_values("Class"))[: len(SIZE_CLASSES)]
    assert names[0] == "below 5,000 residents"
    assert names[-1] == "500,000 residents and more"
    assert list(table.index.get_level_values("Case").unique()) == list(SHIFTS)
    assert "below 5,000 residents" in effect(found, "late_share", "clear", "under_5k")


def test_a_scale_is_no_unit(found: Comparison) -> None:
    index = found.differences.assign(kpi="hhi_systems", unit="0 to 10000")
    told = Comparison(**{**found.__dict__, "differences": index})
    assert "0 to" not in effect(told, "hhi_systems", "clear")
    assert "[0 to 10000]" in effects(told, ["hhi_systems"]).index[0][0]


def test_both_speak_japanese(found: Comparison) -> None:
    with in_language("ja"):
        assert effect(found, "late_share", "unclear").endswith("差があるとは示されていません")
        assert list(effects(found, ["late_share"]).index.names) == ["指標", "案"]


@pytest.mark.parametrize(
    ("outcome", "case", "size_class", "hint"),
    [
        ("late_shares", "clear", None, "late_share"),
        ("late_share", "clea", None, "clear"),
        ("late_share", "clear", "under_5", "under_5k"),
    ],
)
def test_what_is_not_in_a_comparison_is_said_with_the_nearest_name(
    found: Comparison, outcome: str, case: str, size_class: str | None, hint: str
) -> None:
    with pytest.raises(InputError, match=f"did you mean '{hint}'"):
        effect(found, outcome, case, size_class)


def test_headings_rows_and_cells_are_put_into_words() -> None:
    frame = pd.DataFrame(
        {"type": ["town", "all"], "reason": ["R4", None], "late_systems": [3, 4], "staff": [1, 2]},
        index=pd.Index(["core", "health"], name="lot"),
    )
    told = label(frame)
    assert list(told.columns) == ["Type", "Reason", "Systems not live at the end of the deadline month", "staff"]
    assert list(told.index) == ["Core package", "Health management"]
    assert list(told["Type"]) == ["Town", "All municipalities"]
    assert told["Reason"].tolist()[0] == "R4 vendor resources"
    assert list(frame["type"]) == ["town", "all"], "what is given stays as it is"


def test_kpis_are_put_into_words_as_rows_and_as_columns() -> None:
    summary = pd.DataFrame({"value": [0.2, 66.0]}, index=pd.Index(["late_share", "months_to_live_90"], name="kpi"))
    with in_language("ja"):
        told = label(summary.T)
        assert list(told.columns) == ["期限に間に合わないシステムの割合", "90％移行までの月数（2021年4月から）"]
        assert list(told.index) == ["値"]
    several = summary.set_index(pd.Index(["town", "village"], name="type"), append=True)
    assert list(label(several).index.names) == ["Indicator", "Type"]
    assert label(several).index[0] == ("Late systems at the deadline", "Town")
