"""The public plots: what is drawn is what the tables say, described, and saved as a paper needs it."""

from __future__ import annotations

import base64
import inspect
import warnings
from io import BytesIO
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from PIL import Image

import dxsim
from dxsim.analysis import compare
from dxsim.errors import InputError
from dxsim.nation.nation import Nation
from dxsim.records import Records, by_size_class
from dxsim.records.size_classes import SIZE_CLASSES
from dxsim.views import plots
from dxsim.views.style import month_end
from tests.analysis.sweeps import noise, plan_table, sweep

LANGUAGES = ("en", "ja")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dxsim.Comparison:
    """Small classes gain, the largest does not; every seed by another amount."""
    plan = plan_table([{"scenario": "without"}, {"scenario": "with"}], range(1, 7))
    rows = [
        {
            "run": row["run"],
            "stratum": "size_class",
            "class": name,
            "municipalities": 1,
            "population": 1,
            "late_share": share,
        }
        for row in plan.to_dict("records")
        for place, name in enumerate(SIZE_CLASSES)
        for share in [
            0.5 - 0.01 * (7 - place) * (row["scenario"] == "with") * noise(row["seed"], place).uniform(0.9, 1.1)
        ]
    ]
    folder = tmp_path_factory.mktemp("strata") / "sweep"
    return compare(sweep(folder, plan, lambda row: {"late_share": 0.5}, strata=pd.DataFrame(rows)))


def drawn(records: Records, nation: Nation, found: dxsim.Comparison) -> dict[str, plots.Plot]:
    return {
        "nation": plots.nation(nation),
        "curves": plots.curves({"one": records, "two": records}, "live"),
        "size_classes": plots.size_classes({"one": records, "two": records}, "cost_per_resident"),
        "strata": plots.strata(found, measures=["late_share"]),
    }


def test_every_plot_is_described_and_every_letter_has_a_glyph(
    four_bodies_records: Records, four_bodies: Nation, found: dxsim.Comparison, tmp_path: Path, language: str
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a glyph that no font has is a warning
        for name, plot in drawn(four_bodies_records, four_bodies, found).items():
            plot.savefig(tmp_path / f"{name}.png")
            assert len(plot.description) > 40
            assert "{" not in plot.description
            with Image.open(tmp_path / f"{name}.png") as image:
                assert image.text["Description"] == plot.description
                assert len(np.unique(np.asarray(image.convert("L")))) > 20  # not an empty page


def test_all_of_them_give_a_plot_and_take_a_language() -> None:
    for name in set(plots.__all__) - {"Plot"}:
        signature = inspect.signature(getattr(plots, name))
        assert signature.return_annotation == "Plot", name
        assert signature.parameters["language"].default is None, name
    assert dxsim.plots is plots


def test_a_paper_gets_pdf_and_svg_with_fonts_and_words_inside(found: dxsim.Comparison, tmp_path: Path) -> None:
    plot = plots.strata(found, measures=["late_share"], language="ja")
    for name in ("one", "two"):
        for kind in ("pdf", "svg"):
            plot.savefig(tmp_path / f"{name}.{kind}")
    for kind in ("pdf", "svg"):  # no time of day, no name of chance
        assert (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"two.{kind}").read_bytes()
    pdf, svg = (tmp_path / "one.pdf").read_bytes(), (tmp_path / "one.svg").read_text(encoding="utf-8")
    assert b"/FontFile2" in pdf  # TrueType, with its letters
    assert b"/Type3" not in pdf.replace(b" ", b"")
    assert b"IPAexGothic" in pdf
    assert plot.description[:30] in svg
    assert "<text" not in svg  # outlines, which need no font


def test_a_notebook_shows_it_with_its_words(found: dxsim.Comparison) -> None:
    plot = plots.strata(found, measures=["late_share"])
    data, metadata = plot._repr_mimebundle_()
    assert data["text/plain"] == plot.description == metadata["image/png"]["alt"]
    with Image.open(BytesIO(base64.b64decode(data["image/png"]))) as image:
        assert image.width == pytest.approx(80 * plot.get_figwidth(), abs=1)


def test_settings_of_the_user_stay_and_do_not_show(found: dxsim.Comparison) -> None:
    def picture() -> bytes:
        file = BytesIO()
        plots.strata(found, measures=["late_share"]).savefig(file)
        return file.getvalue()

    plain = picture()
    with mpl.rc_context({"font.family": "serif", "axes.facecolor": "black"}):
        assert picture() == plain
        assert mpl.rcParams["font.family"] == ["serif"]


def test_curves_are_those_of_the_tables(four_bodies_records: Records) -> None:
    axes = plots.curves({"one": four_bodies_records}, "live", "town").axes[0]
    rows = four_bodies_records.monthly.query("type == 'town'")
    line = next(line for line in axes.lines if line.get_label() == "one")
    assert np.asarray(line.get_ydata()) == pytest.approx(rows["live"].to_numpy())
    marks = [line.get_xdata()[0] for line in axes.lines if line is not line.axes.lines[0]]
    assert month_end("2026-03")[0] in marks
    words = plots.curves({"one": four_bodies_records}, "live", "town").description
    at_deadline = rows.set_index("month")["live"]["2026-03-01"]
    assert f"one {at_deadline:.1f} systems at the deadline (2026-03)" in words


def test_dots_are_those_of_the_size_classes(four_bodies_records: Records) -> None:
    axes = plots.size_classes({"a": four_bodies_records, "b": four_bodies_records}, "late_share").axes[0]
    expected = 100 * by_size_class(four_bodies_records)["late_share"].to_numpy()
    for name in ("a", "b"):
        line = next(line for line in axes.lines if line.get_label() == name)
        assert np.asarray(line.get_ydata()) == pytest.approx(expected, nan_ok=True)


def test_strata_are_the_differences_with_their_intervals(found: dxsim.Comparison) -> None:
    axes = plots.strata(found, measures=["late_share"]).axes[0]
    rows = found.equity.set_index("class").loc[list(SIZE_CLASSES)]
    dots = next(line for line in axes.lines if line.get_marker() == "o")
    assert np.asarray(dots.get_xdata()) == pytest.approx(100 * rows["difference"].to_numpy())
    lines = next(item for item in axes.collections if isinstance(item, LineCollection))
    ends = np.array([segment[:, 0] for segment in lines.get_segments()])
    assert ends == pytest.approx(100 * rows[["monte_carlo_low", "monte_carlo_high"]].to_numpy())
    assert axes.get_yticklabels()[0].get_text() == "below 5,000 residents"
    assert axes.yaxis_inverted()
    assert "below 5,000 residents -7" in plots.strata(found, measures=["late_share"]).description


def test_the_map_of_a_nation_has_every_tie(four_bodies: Nation) -> None:
    plot = plots.nation(four_bodies)
    ties = [item for item in plot.axes[0].collections if isinstance(item, LineCollection)]
    assert sum(len(item.get_segments()) for item in ties) == len(four_bodies.adjacency)
    assert "Town 1" in plot.description
    assert f"join {len(four_bodies.adjacency)} pairs" in plot.description


@pytest.mark.parametrize(
    ("draw", "says"),
    [
        (lambda records, found: plots.curves({"a": records}, "lives"), "did you mean 'live'"),
        (lambda records, found: plots.curves({"a": records}, "live", "towns"), "did you mean 'town'"),
        (lambda records, found: plots.size_classes({"a": records}, "late_shares"), "did you mean 'late_share'"),
        (lambda records, found: plots.strata(found, "type"), "by type were not recorded"),
        (lambda records, found: plots.strata(found, measures=["saving"]), "saving by size_class were not recorded"),
    ],
)
def test_what_can_not_be_drawn_is_refused(
    four_bodies_records: Records, found: dxsim.Comparison, draw, says: str
) -> None:
    with pytest.raises(InputError, match=says):
        draw(four_bodies_records, found)
