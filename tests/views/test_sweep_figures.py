"""Figures of sweeps: what is drawn is what the tables say, in both languages, for readers who can't see it too."""

from __future__ import annotations

import string
import warnings
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import FillBetweenPolyCollection, PathCollection
from matplotlib.figure import Figure
from PIL import Image

from dxsim.analysis import compare, sensitivity
from dxsim.analysis.fans import fan_table
from dxsim.analysis.selection import Alternative, select
from dxsim.cli import main
from dxsim.language import by_language, in_language
from dxsim.nation.nation import Nation
from dxsim.sweep.design import points
from dxsim.sweep.store import Results
from dxsim.sweep.study import Study
from dxsim.views.charts import draw_sweep
from dxsim.views.labels import labels
from dxsim.views.quantities import scale_of
from dxsim.views.style import VERDICT_COLOURS
from dxsim.views.sweep.case_maps import case_maps_figure, describe_case_maps, municipality_means
from dxsim.views.sweep.data import SweepData
from dxsim.views.sweep.differences import describe_differences, differences_figure
from dxsim.views.sweep.fan import describe_fan, fan_figure
from dxsim.views.sweep.tornado import describe_tornado, tornado_figure
from dxsim.views.sweep.trade_off import cloud, describe_trade_off, trade_off_figure
from tests.analysis.sweeps import noise, plan_table, sweep

SCENARIOS = ("baseline", "capacity_programme", "no_cooperation")
PARAMETERS = ("vendor.capacity_ratio", "legacy.complexity_mean")


@pytest.fixture(scope="module")
def results(four_bodies: Nation, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Fewer late systems with the programme, more without cooperation; no cost differs."""
    study = Study(
        "drawn",
        scenarios=SCENARIOS,
        uncertainties={name: {"low": 0.5, "high": 1.5} for name in PARAMETERS},
        sample={"method": "latin_hypercube", "size": 6, "seed": 1},
    )
    cases = [{"scenario": name, "variant": variant} for variant in ("default", "small_first") for name in SCENARIOS]
    plan = plan_table(cases, range(1, 5), points(study))
    gain = {"baseline": 0.0, "capacity_programme": -0.1, "no_cooperation": 0.05}

    def kpis(row: dict[str, object]) -> dict[str, float]:
        chance = noise(row["seed"], row["point"], SCENARIOS.index(str(row["scenario"]))).normal(0, 0.002)
        late = 0.3 + 0.2 * float(str(row[PARAMETERS[0]])) + gain[str(row["scenario"])] + chance
        return {"late_share": late, "own_burden": 6e11 + 1e9 * float(str(row["seed"])), "excluded_share": 0.0}

    done = plan.to_dict("records")
    months = pd.to_datetime(["2026-01-01", "2026-02-01", "2026-03-01"])
    monthly = [
        {"run": row["run"], "month": month, "type": "all", "live": 1000.0 * place + 10 * row["seed"]}
        for row in done
        for place, month in enumerate(months)
    ]
    bodies = [
        {"run": row["run"], "code": code, "late_systems": place + (row["scenario"] == "no_cooperation")}
        for row in done
        for place, code in enumerate(four_bodies.municipalities["code"])
    ]
    return sweep(
        tmp_path_factory.mktemp("sweep") / "drawn",
        plan,
        kpis,
        {"study": study.data(), "nation": {"where": "synthetic"}},
        months=pd.DataFrame(monthly),
        municipalities=pd.DataFrame(bodies),
    )


@pytest.fixture(scope="module")
def alternatives(results: Results) -> list[Alternative]:
    return select([results])


def texts(figure: Figure) -> str:
    figure.draw_without_rendering()
    return "\n".join(item.get_text() for item in figure.findobj(mpl.text.Text))


def test_every_figure_is_written_and_described(
    results: Results, alternatives: list[Alternative], four_bodies: Nation, tmp_path: Path, language: str
) -> None:
    indices = sensitivity(alternatives[0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a glyph that no font has is a warning
        names = draw_sweep(SweepData(alternatives, compare(results), four_bodies, indices), tmp_path)
    kinds = ("monte_carlo", "parametric", "structural")
    expected = {"differences", "maps_late_systems", *(f"fan_live_{kind}" for kind in kinds)}
    expected |= {f"trade_off_own_burden_late_share_{kind}" for kind in kinds[:2]}
    expected |= {"tornado_late_share"}  # the others hang on no parameter
    assert set(names) == expected == {path.stem for path in tmp_path.iterdir()}
    for name in names:
        with Image.open(tmp_path / f"{name}.png") as image:
            assert len(image.text["Description"]) > 60
            assert "{" not in image.text["Description"]
            assert image.width >= 1000
            assert len(np.unique(np.asarray(image.convert("L")))) > 20  # not an empty page


def test_differences_are_drawn_where_the_table_has_them(results: Results) -> None:
    found = compare(results)
    axes = differences_figure(found, ["late_share"]).axes[0]
    dots = [line for line in axes.lines if line.get_marker() in ("o", "s") and len(line.get_xdata()) == 1]
    expected = 100 * found.differences.loc[found.differences["kpi"] == "late_share", "difference"]
    assert [line.get_xdata()[0] for line in dots] == pytest.approx(expected.tolist())
    assert [line.get_color() for line in dots] == [VERDICT_COLOURS["better"], VERDICT_COLOURS["worse"]]
    intervals = [tuple(line.get_xdata()) for line in axes.lines if line.get_marker() == "None"]
    row = found.differences.iloc[0]
    for kind in ("monte_carlo", "parametric", "structural"):
        assert (100 * row[f"{kind}_low"], 100 * row[f"{kind}_high"]) in intervals


def test_the_kinds_of_interval_are_named_and_those_without_one_are_not(results: Results, tmp_path: Path) -> None:
    words = texts(differences_figure(compare(results), ["late_share"]))
    assert all(labels()[f"kind_{kind}"] in words for kind in ("monte_carlo", "parametric", "structural"))
    plain = sweep(
        tmp_path / "plain",
        plan_table([{}, {"scenario": "x"}], range(3)),
        lambda row: {"late_share": 0.1 * float(str(row["seed"]))},
    )
    words = texts(differences_figure(compare(plain), ["late_share"]))
    assert labels()["kind_monte_carlo"] in words
    assert labels()["kind_parametric"] not in words


@pytest.mark.parametrize("kind", ["monte_carlo", "parametric", "structural"])
def test_a_fan_says_which_kind_it_is_and_shows_that_one(alternatives: list[Alternative], kind: str) -> None:
    figure = fan_figure(alternatives, "live", kind)
    table = fan_table(alternatives, "live", kind)
    assert labels()[f"fan_note_{kind}"][:40] in texts(figure)
    bands = [band for band in figure.axes[1].collections if isinstance(band, FillBetweenPolyCollection)]
    rows = table[table["case"] == "capacity_programme"]
    assert bands[0].get_datalim(figure.axes[1].transData).y1 == pytest.approx(rows["outer_high"].max())
    described = describe_fan(alternatives, "live", kind)
    assert labels()[f"kind_{kind}"] in described
    assert "2026-01 to 2026-03" in described


def test_the_largest_bar_of_a_tornado_is_on_top(alternatives: list[Alternative]) -> None:
    indices = sensitivity(alternatives[0])
    axes = tornado_figure(indices[indices["variant"] == "default"], "late_share").axes[0]
    widths = [bar.get_width() for bar in axes.patches]
    assert len(widths) == 2
    assert widths[1] == pytest.approx(1)
    assert not abs(widths[0]) > abs(widths[1])  # what moves nothing has no rank correlation, or a small one
    assert axes.get_yticklabels()[1].get_text().startswith("Capacity between product availability")
    assert "The seed makes 0%" in describe_tornado(indices[indices["variant"] == "default"], "late_share")


def test_a_trade_off_shows_every_seed_and_the_mean(alternatives: list[Alternative]) -> None:
    axes = trade_off_figure(alternatives, "own_burden", "late_share").axes[0]
    clouds = [dots for dots in axes.collections if isinstance(dots, PathCollection)]
    assert [len(dots.get_offsets()) for dots in clouds] == [4, 1] * 3
    expected = cloud(alternatives[0], ["own_burden", "late_share"], "monte_carlo")
    assert np.asarray(clouds[0].get_offsets())[:, 0] == pytest.approx(expected["own_burden"] * 1e-9)
    assert np.asarray(clouds[0].get_offsets())[:, 1] == pytest.approx(expected["late_share"] * 100)
    assert "(602 billion yen, 50.3 %)" in describe_trade_off(alternatives, "own_burden", "late_share")


def test_maps_show_the_reference_and_differences_from_it(alternatives: list[Alternative], four_bodies: Nation) -> None:
    assert municipality_means(alternatives[0], "late_systems").tolist() == [0, 1, 2, 3]
    figure = case_maps_figure(alternatives, four_bodies, "late_systems")
    maps = [axes for axes in figure.axes if axes.get_title(loc="left") in SCENARIOS]
    colours = [np.unique(axes.collections[0].get_facecolors(), axis=0) for axes in maps]
    assert [len(found) for found in colours] == [4, 1, 1]
    assert not np.allclose(colours[1], colours[2])
    words = describe_case_maps(alternatives, four_bodies, "late_systems")
    assert "no_cooperation: higher in 4, lower in 0, on average +1" in words


def test_descriptions_give_the_numbers(results: Results) -> None:
    words = describe_differences(compare(results), ["late_share", "excluded_share"])
    assert "capacity_programme -10.0" in words
    assert "(better)" in words
    assert "excluded" not in words
    assert "0 points [0, 0] (same)" in words


@pytest.mark.parametrize(
    ("unit", "largest", "smallest", "value", "written"),
    [
        ("share", 0.3, 0.002, 0.3127, "31.3 %"),
        ("share of late systems", 0.3, 0.0, 0.3127, "31.3 %"),
        ("yen", 6e11, 3e9, 6.137e11, "614 billion yen"),
        ("yen", 6e11, 3e7, 6.137e11, "613.70 billion yen"),
        ("systems", 9e6, 5e4, 9.123e6, "9.12 million systems"),
        ("systems", 900.0, 0.0, 912.3, "912 systems"),
        ("ratio", 0.0, float("nan"), 0.0, "0 ratio"),
    ],
)
def test_values_are_written_in_a_handy_unit(
    unit: str, largest: float, smallest: float, value: float, written: str
) -> None:
    scale = scale_of(unit, largest, smallest)
    assert f"{scale.text(value)} {scale.unit}" == written


def test_money_in_japanese_is_in_the_units_of_officials() -> None:
    for largest, value, written in ((6e11, 6.137e11, "6,137億円"), (2e12, 1.2345e12, "1.23兆円")):
        with in_language("ja"):
            scale = scale_of("yen", largest, largest / 200)
        assert scale.text(value) + scale.unit == written


def test_differences_are_signed_and_zero_has_no_sign() -> None:
    scale = scale_of("share", 0.3, 0.01)
    assert scale.text(0.05, signed=True) == "+5"
    assert scale.text(-1e-9, signed=True) == "0"
    assert scale.text(float("nan")) == "–"
    assert scale.range_text(-0.01, 0.02) == "[-1, +2]"
    assert scale.range_text(float("nan"), float("nan")) == "–"


def test_labels_have_the_same_placeholders_in_both_languages() -> None:
    english, japanese = by_language(labels).values()
    for key in english:
        fields = ({name for _, name, _, _ in string.Formatter().parse(text)} for text in (english[key], japanese[key]))
        one, other = (found - {None} for found in fields)
        assert one == other, key


def test_the_command_prints_and_writes(
    results: Results, tmp_path: Path, capsys: pytest.CaptureFixture[str], language: str
) -> None:
    folder = tmp_path / "out"
    arguments = ["compare", str(results.folder), "-o", str(folder), "--no-figures", "--language", language]
    assert main(arguments) == 0
    printed = capsys.readouterr().out
    verdict = labels()["verdict_better"]
    line = next(line for line in printed.splitlines() if "capacity_programme" in line and verdict in line)
    assert "-10.0" in line
    assert "4/30" in line
    assert {path.suffix for path in folder.iterdir()} == {".csv", ".parquet"}
    assert pd.read_csv(folder / "sensitivity.csv")["measure"].nunique() == 4


def test_the_command_shows_the_kpis_that_are_asked_for(results: Results, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", str(results.folder), "--kpi", "own_burden"]) == 0
    printed = capsys.readouterr().out
    assert "602" in printed
    assert "Late systems" not in printed
    assert main(["compare", str(results.folder), "--kpi", "own_burdn"]) == 2
    assert "did you mean 'own_burden'?" in capsys.readouterr().err


def test_another_nation_or_another_code_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = (
        sweep(
            tmp_path / name,
            plan_table([{"scenario": name}], range(3)),
            lambda row: {"late_share": 0.1 * float(str(row["seed"]))},
            {"study": {"name": name}, "nation": {"fingerprint": nation}, "code": {"sources": "1"}},
        )
        for name, nation in (("baseline", "a"), ("extension", "b"))
    )
    assert main(["compare", str(one.folder), str(other.folder)]) == 0
    assert "not the same for all alternatives, so differences come from it too: nation\n" in capsys.readouterr().out


def test_the_command_writes_nothing_below_a_file(
    results: Results, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    assert main(["compare", str(results.folder), "-o", str(tmp_path / "thesis.txt")]) == 2
    assert "is a file" in capsys.readouterr().err
    assert (tmp_path / "thesis.txt").read_text(encoding="utf-8") == "mine"
