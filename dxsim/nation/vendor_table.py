"""Who runs which lot today, from a plain table of a user's own instead of drawn vendors."""

from __future__ import annotations

import unicodedata
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dxsim.errors import DxsimWarning, InputError, Problem, capped, nearest
from dxsim.files import sha256
from dxsim.language import say
from dxsim.nation.codes import with_five_digits
from dxsim.nation.nation import Nation
from dxsim.nation.text import Table, read_table
from dxsim.terms.calendar import is_month, month_index
from dxsim.terms.municipalities import PREFECTURE_DIGITS
from dxsim.terms.operations import MOST_VENDORS, lots

NOT_GIVEN = -1
_REQUIRED = ("code", "lot", "vendor")
_OPTIONAL = ("vendor_ready",)


@dataclass(frozen=True)
class VendorTable:
    """Vendors that run the lots of a nation's municipalities now.

    Parameters
    ----------
    names : tuple of str
        Vendors, sorted.
    contract : ndarray of int16, shape (n, 6)
        Municipality (in the nation's order) and lot (in the order of `dxsim.terms.operations.lots`) -> index into
        `names`, or -1 where the table has no row: there a vendor is drawn as without a table. A row for a lot that a
        municipality doesn't run (public assistance in a town) is kept, and the model has no use for it.
    availability : ndarray of float64, shape (vendors, 6)
        First month in which the vendor's product for the lot is ready (April 2021 = 0, earlier months negative); NaN
        where not given.
    fingerprint : str
        SHA-256 of the file.
    """

    names: tuple[str, ...]
    contract: npt.NDArray[np.int16]
    availability: npt.NDArray[np.float64]
    fingerprint: str

    @property
    def given(self) -> int:
        """Number of pairs of a municipality and a lot whose vendor the table gives."""
        return int((self.contract != NOT_GIVEN).sum())


def read_vendor_table(path: Path, nation: Nation) -> VendorTable:
    """Read who runs which lot.

    Parameters
    ----------
    path : Path
        CSV in UTF-8 or cp932, one row for each municipality and lot that is known: ``code`` (five digits, or six
        with the check digit), ``lot`` (a
        name from ``lots.csv``), ``vendor`` (any name; at most 64 of them), and optionally ``vendor_ready``
        (``YYYY-MM``, the month from which this vendor's product for this lot is ready; the same in all rows of a vendor
        and lot, or blank).
    nation : Nation
        The nation whose municipalities the rows name.

    Returns
    -------
    VendorTable

    Raises
    ------
    InputError
        With every problem in the file: unknown columns, codes, lots or months, rows that stand twice or contradict, no
        row, or more than 64 vendors.
    """
    expected = say("a CSV file with the columns code, lot, vendor and, if known, vendor_ready")
    table = read_table(path, expected, {key: (key,) for key in _REQUIRED}, {key: (key,) for key in _OPTIONAL})
    columns = [*_REQUIRED, *_OPTIONAL]
    unknown = [
        Problem(table.name, say("unknown column '{column}'{hint}", column=name, hint=nearest(name, columns)))
        for name in table.header
        if name and name.lower() not in columns
    ]
    table = replace(table, rows=with_five_digits(table.rows))
    codes = list(nation.municipalities["code"])
    kinds = [lot.lot for lot in lots()]
    names = tuple(sorted({cells["vendor"] for _, cells in table.rows}))
    if len(names) > MOST_VENDORS:
        what = say(
            "{count} vendors, at most {most}; give small ones a name together", count=len(names), most=MOST_VENDORS
        )
        unknown.append(Problem(table.name, what))
    problems = unknown + capped(_cell_problems(table, codes, kinds)) + capped(_contradictions(table))
    if problems:
        raise InputError(say("vendor table '{file}'", file=path), problems)
    _warn_of_twins(names)
    row = {code: position for position, code in enumerate(codes)}
    column = {kind: position for position, kind in enumerate(kinds)}
    rank = {name: position for position, name in enumerate(names)}
    contract = np.full((len(codes), len(kinds)), NOT_GIVEN, dtype=np.int16)
    availability = np.full((len(names), len(kinds)), np.nan)
    for _, cells in table.rows:
        vendor, lot = rank[cells["vendor"]], column[cells["lot"]]
        contract[row[cells["code"]], lot] = vendor
        if cells.get("vendor_ready"):
            availability[vendor, lot] = month_index(cells["vendor_ready"])
    for array in (contract, availability):
        array.flags.writeable = False  # the fingerprint is that of the file
    return VendorTable(names, contract, availability, sha256(path))


def _warn_of_twins(names: tuple[str, ...]) -> None:
    """Warn of vendors whose names look alike: letters of another width, or put together from other characters."""
    alike: dict[str, list[str]] = {}
    for name in names:
        alike.setdefault(" ".join(unicodedata.normalize("NFKC", name).split()).casefold(), []).append(name)
    for twins in alike.values():
        if len(twins) > 1:
            what = say("vendors {names} count as different, though their names look alike", names=", ".join(twins))
            warnings.warn(what, DxsimWarning, stacklevel=3)


def _cell_problems(table: Table, codes: list[str], kinds: list[str]) -> list[Problem]:
    known = set(codes)
    problems = []
    for line, cells in table.rows:
        code, lot, ready = cells["code"], cells["lot"], cells.get("vendor_ready", "")
        wrong = []
        if code not in known:
            here = [other for other in codes if other[:PREFECTURE_DIGITS] == code[:PREFECTURE_DIGITS]]
            hint = nearest(code, here)
            wrong.append(say("code '{code}' is not a municipality of the nation{hint}", code=code, hint=hint))
        if lot not in kinds:
            hint = nearest(lot, kinds)
            wrong.append(say("lot '{lot}' is not one of {known}{hint}", lot=lot, known=", ".join(kinds), hint=hint))
        if not cells["vendor"]:
            wrong.append(say("vendor is blank; leave the row out where the vendor is not known"))
        if ready and not is_month(ready):
            wrong.append(say("vendor_ready '{value}' is not a month written YYYY-MM, for example 2025-10", value=ready))
        problems += [Problem(table.where(line), what) for what in wrong]
    return problems


def _contradictions(table: Table) -> list[Problem]:
    """Return rows that give a second vendor to a lot, or a second month to a vendor's product."""
    problems = []
    contracts: dict[tuple[str, str], int] = {}
    months: dict[tuple[str, str], tuple[int, str]] = {}
    for line, cells in table.rows:
        contract, product = (cells["code"], cells["lot"]), (cells["vendor"], cells["lot"])
        if contract in contracts:
            what = say(
                "lot '{lot}' of {code} stands in line {line} already",
                lot=cells["lot"],
                code=cells["code"],
                line=contracts[contract],
            )
            problems.append(Problem(table.where(line), what))
        contracts.setdefault(contract, line)
        ready = cells.get("vendor_ready", "")
        if ready:
            first, month = months.setdefault(product, (line, ready))
            if month != ready:
                what = say(
                    "'{vendor}' is ready for lot '{lot}' in {ready}, but in {month} in line {line}",
                    vendor=cells["vendor"],
                    lot=cells["lot"],
                    ready=ready,
                    month=month,
                    line=first,
                )
                problems.append(Problem(table.where(line), what))
    return problems
