"""Who runs which lot, read from a user's own table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dxsim.errors import DxsimWarning, InputError
from dxsim.files import sha256
from dxsim.nation import Nation, make_nation
from dxsim.nation.small import grid_nation
from dxsim.nation.vendor_table import VendorTable, read_vendor_table
from dxsim.scenario.registry import REGISTRY
from dxsim.terms.operations import MOST_VENDORS, lots

LOTS = [lot.lot for lot in lots()]
CODES = ["01100", "01202", "01303"]


@pytest.fixture(scope="module")
def nation() -> Nation:
    bodies = pd.DataFrame(
        {"code": CODES, "name": ["甲市", "乙市", "丙町"], "type": ["designated_city", "core_city", "town"]}
    )
    bodies = bodies.assign(prefecture="01", prefecture_name="北海道", fiscal_index=np.nan, staff=np.nan)
    bodies[["x_km", "y_km"]] = 0.0
    bodies["population"] = 100
    for band in ("under_15", "15_64", "65_74", "75_over"):
        bodies[f"population_{band}"] = 20
    pairs = [("01100", "01202", "land", 1.0), ("01202", "01303", "land", 1.0)]
    return make_nation("three", bodies, pd.DataFrame(pairs, columns=["code_a", "code_b", "kind", "border_km"]))


def read(nation: Nation, folder: Path, text: str, encoding: str = "utf-8") -> VendorTable:
    path = folder / "vendors.csv"
    path.write_bytes(text.encode(encoding))
    return read_vendor_table(path, nation)


GOOD = """code,lot,vendor,vendor_ready
01303,core,東社,2025-10
01100,core,Alpha,2021-04
01202,core,Alpha,
01202,family_register,Beta,2021-01
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_rows_become_contracts_and_months(nation: Nation, tmp_path: Path, encoding: str) -> None:
    table = read(nation, tmp_path, GOOD, encoding)
    assert table.names == ("Alpha", "Beta", "東社")
    expected = np.full((3, 6), -1)
    expected[:, LOTS.index("core")] = [0, 0, 2]
    expected[1, LOTS.index("family_register")] = 1
    assert table.contract.dtype == np.int16
    assert table.contract.tolist() == expected.tolist()
    assert table.given == 4
    ready = {
        (vendor, LOTS[lot]): table.availability[vendor, lot]
        for vendor, lot in np.argwhere(~np.isnan(table.availability))
    }
    assert ready == {(0, "core"): 0, (2, "core"): 54, (1, "family_register"): -3}
    assert table.fingerprint == sha256(tmp_path / "vendors.csv")


def test_order_of_rows_and_columns_and_the_month_are_free(nation: Nation, tmp_path: Path) -> None:
    table = read(nation, tmp_path, "Vendor,LOT,code\nBeta,health,01202\nAlpha,health,01100\n")
    assert table.contract[:, LOTS.index("health")].tolist() == [0, 1, -1]
    assert np.isnan(table.availability).all()
    assert table.availability.shape == (2, 6)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("code,lot\n01100,core\n", "no column 'vendor'"),
        ("code,lots,vendor\n01100,core,A\n", "no column 'lot'; did you mean 'lots'?"),
        ("code,lot,vendor,vendor_redy\n01100,core,A,\n", "unknown column 'vendor_redy'; did you mean 'vendor_ready'?"),
        ("code,lot,vendor\n", "no row under the header"),
        (
            "code,lot,vendor\n11209,core,A\n",  # nothing is near in its own prefecture
            "line 2: code '11209' is not a municipality of the nation",
        ),
        (
            "code,lot,vendor\n01209,core,A\n",
            "line 2: code '01209' is not a municipality of the nation; did you mean '01202'",
        ),
        ("code,lot,vendor\n01100,koseki,A\n", "line 2: lot 'koseki' is not one of core, child_disability"),
        ("code,lot,vendor\n01100,helth,A\n", "did you mean 'health'?"),
        ("code,lot,vendor\n01100,core,\n", "line 2: vendor is blank"),
        ("code,lot,vendor,vendor_ready\n01100,core,A,2025-13\n", "line 2: vendor_ready '2025-13' is not a month"),
        ("code,lot,vendor\n01100,core,A\n01100,core,B\n", "line 3: lot 'core' of 01100 stands in line 2 already"),
        (
            "code,lot,vendor,vendor_ready\n01100,core,A,2025-01\n01202,core,A,2025-02\n",
            "line 3: 'A' is ready for lot 'core' in 2025-02, but in 2025-01 in line 2",
        ),
        ("code,lot,vendor\n01100,core,A,B\n", "line 2: 4 cells where the header has 3"),
    ],
)
def test_a_wrong_table_gets_a_clear_error(nation: Nation, tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(InputError) as caught:
        read(nation, tmp_path, text)
    assert expected in str(caught.value)
    assert "did you mean" in expected or "did you mean" not in str(caught.value)


@pytest.mark.parametrize("code", ["01202", "1202", "012025", "０１２０２５"])
def test_a_code_may_have_its_check_digit_or_lack_its_zero(nation: Nation, tmp_path: Path, code: str) -> None:
    table = read(nation, tmp_path, f"code,lot,vendor\n{code},core,A\n")
    assert table.contract[1, LOTS.index("core")] == 0


def test_vendors_that_only_look_alike_are_told(nation: Nation, tmp_path: Path) -> None:
    text = "code,lot,vendor\n01100,core,ＡＢＣ\n01202,core,ABC\n01303,core,ガ社\n01303,health,カ\u3099社\n"
    with pytest.warns(DxsimWarning, match="look alike") as told:
        assert len(read(nation, tmp_path, text).names) == 4
    assert [str(one.message).split(" count")[0] for one in told] == ["vendors ABC, ＡＢＣ", "vendors カ\u3099社, ガ社"]


def test_what_stands_under_a_fingerprint_can_not_be_changed(nation: Nation, tmp_path: Path) -> None:
    table = read(nation, tmp_path, GOOD)
    with pytest.raises(ValueError, match="read-only"):
        table.contract[0, 0] = 1
    with pytest.raises(ValueError, match="read-only"):
        table.availability[0, 0] = 1


def test_as_many_vendors_as_there_are_draws_for_and_not_one_more(tmp_path: Path) -> None:
    apart = sum(lot.has_specialists for lot in lots())
    assert REGISTRY["vendor.count"].maximum + apart * REGISTRY["vendor.specialists"].maximum == MOST_VENDORS
    nation = grid_nation(5, 13)
    rows = [f"{code},core,Vendor {place}" for place, code in enumerate(nation.municipalities["code"])]
    assert len(read(nation, tmp_path, "\n".join(["code,lot,vendor", *rows[:MOST_VENDORS]])).names) == MOST_VENDORS
    with pytest.raises(InputError, match="65 vendors, at most 64"):
        read(nation, tmp_path, "\n".join(["code,lot,vendor", *rows]))


def test_all_problems_come_together_and_many_are_counted(nation: Nation, tmp_path: Path) -> None:
    rows = [f"9{number:04d},core,A,2025-01,1" for number in range(20)]
    with pytest.raises(InputError) as caught:
        read(nation, tmp_path, "\n".join(["code,lot,vendor,vendor_ready,share", *rows, "01100,core,A,2025-02,1"]))
    message = str(caught.value)
    assert message.count("is not a municipality") == 5
    assert "15 more" in message
    assert "unknown column 'share'" in message
    assert "line 22: 'A' is ready for lot 'core' in 2025-02" in message
