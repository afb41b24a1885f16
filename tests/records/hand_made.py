"""What the hand-made run of ``tests/conftest.py`` says of money, work, harm, residents and cooperation.

Bodies: 0 other city (60,000 residents), 1 designated city (900,000), 2 town (9,000), 3 village (900); in FY2035 a tenth
fewer. IT cost before migration: 10,000 yen per resident and year; one-off cost: as much again, in October 2023, of
which the state pays 70 %. New systems cost 1.2 times the old ones. From April 2022 town and village are a group
that saves 20 %; the town pays 1 million yen a month for its coordination, the village 0.3 million, more than it saves.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dxsim.model import state as s
from dxsim.terms.municipalities import TYPES

MONTHS = 180
CITY, BIG, TOWN, VILLAGE = range(4)
PEOPLE = np.array([60_000.0, 900_000.0, 9_000.0, 900.0])
RESIDENTS_2035 = 0.9 * PEOPLE
BASELINE = 10_000.0 * PEOPLE
NEW = 1.2 * BASELINE / 12  # yen a month
SAVED = np.array([0.0, 0.0, 0.2, 0.2])
RUNNING = NEW * (1 - SAVED)
COORDINATION = np.array([0.0, 0.0, 1e6, 0.3e6])
# Residents by channel and age group in a month, as a share of all: 8 % need a procedure.
CASES = {
    "online": (0.05, 0.004, 0.001, 0.0),
    "assisted": (0.0, 0.001, 0.001, 0.0005),
    "analog": (0.01, 0.005, 0.004, 0.002),
    "excluded": (0.0, 0.0, 0.001, 0.0005),
}


def kinds() -> np.ndarray:
    return np.array([list(TYPES).index(name) for name in ("other_city", "designated_city", "town", "village")])


def by_type(of_bodies: np.ndarray) -> np.ndarray:
    """Sum (months, bodies, columns) into (months, types, columns)."""
    result = np.zeros((MONTHS, len(TYPES), of_bodies.shape[2]), of_bodies.dtype)
    result[:, kinds()] = of_bodies  # one body of a type
    return result


def postings() -> np.ndarray:
    """Return what is booked each month, (months, bodies, accounts), debits positive."""
    booked = np.zeros((MONTHS, 4, len(s.ACCOUNTS)), np.int64)

    def post(months: object, body: object, debit: int, credit: int, amount: object) -> None:
        booked[months, body, debit] += np.rint(amount).astype(np.int64)
        booked[months, body, credit] -= np.rint(amount).astype(np.int64)

    everyone = slice(None)
    post(everyone, everyone, s.RUNNING, s.APPROPRIATION, RUNNING)
    post(everyone, everyone, s.COORDINATION, s.APPROPRIATION, COORDINATION)
    post(everyone, everyone, s.CHANNELS, s.APPROPRIATION, 10 * PEOPLE)
    post(slice(0, MONTHS, 12), everyone, s.ENVELOPE, s.APPROPRIATION, BASELINE / 10)
    post(30, everyone, s.ENVELOPE, s.SUBSIDY, 0.7 * BASELINE)
    post(30, everyone, s.ONE_OFF, s.ENVELOPE, BASELINE)
    post(24, CITY, s.PROGRAMME_COST, s.ENVELOPE, 1_000_000)
    post(30, CITY, s.ENVELOPE, s.RESERVE, 1_000_000)
    post(36, VILLAGE, s.ENVELOPE, s.GRANT, 100_000)
    post(168, CITY, s.LAPSED, s.ENVELOPE, 200_000)
    post(slice(60, 63), BIG, s.PARALLEL, s.APPROPRIATION, 1_000_000)
    post(59, BIG, s.INTERFACE, s.APPROPRIATION, 5_000_000)
    post(170, TOWN, s.INTERFACE, s.APPROPRIATION, 100_000)
    post(60, BIG, s.PENALTY, s.RESERVE, 12_000_000)
    return booked


def flows() -> np.ndarray:
    result = np.zeros((MONTHS, 4, len(s.FLOWS)))
    result[:, :, s.STAFF] = 3, 30, 2, 1
    result[48:60, BIG, s.OVERLOADED_BODIES] = 1
    result[48:60, BIG, s.OVERLOAD] = 0.5
    result[50, BIG, s.RESIGNATIONS] = 0.25
    result[10:12, VILLAGE, s.REFUSALS] = 1
    for place, shares in enumerate(CASES.values()):
        for cohort, share in enumerate(shares):
            result[:, :, s.ONLINE_CASES + len(s.COHORTS) * place + cohort] = share * PEOPLE
    result[:, :, s.BURDEN_HOURS] = 100
    result[58, CITY, [s.INCIDENTS, s.AFFECTED_RESIDENTS, s.IMPACT]] = 1, 60, 60
    result[60, BIG, [s.INCIDENTS, s.AFFECTED_RESIDENTS, s.IMPACT, s.ROLLBACKS]] = 2, 1_000, 2_500, 1
    result[100, BIG, [s.SECURITY_INCIDENTS, s.EXPOSED_RECORDS]] = 1, 45_000
    result[:, BIG, s.INTEROPERABILITY] = 1e6
    result[:, :, s.LEVELS : s.LEVELS + len(s.PROGRAMMES)] = levels()
    result[12:, [TOWN, VILLAGE], s.COOPERATING_BODIES] = 1
    result[12:, [TOWN, VILLAGE], s.SAVING] = (SAVED * NEW - COORDINATION)[[TOWN, VILLAGE]]
    result[12:, VILLAGE, s.WORSE_OFF_BODIES] = 1
    return result


def levels() -> np.ndarray:
    return np.array([[26, 2, 1, 0, 0], [26, 2, 3, 3, 1], [4, 0, 0, 0, 0], [4, 0, 0, 1, 0]])


def national() -> np.ndarray:
    month = np.arange(MONTHS)
    result = np.zeros((MONTHS, len(s.NATIONAL)))
    columns = {
        "belief": np.full(MONTHS, 0.25),
        "extension_granted": month >= 56,
        "fund_balance": np.where(month < 30, 7e9, 7e9 - 0.7 * BASELINE.sum()),
        "groups": month >= 12,
        "cooperating_bodies": 2 * (month >= 12),
        "moves_tested": np.where(month >= 6, 3, 0),  # each October, and kept until the next
        "moves_accepted": (month >= 6) & (month < 18),
        "blocking_moves": 2 * (month >= 174),
    }
    for name, values in columns.items():
        result[:, s.NATIONAL.index(name)] = values
    return result


def further_fields() -> dict[str, Any]:
    """Return the fields of an `Outcome` that follow from the above."""

    def records(dtype: np.dtype, *shape: int) -> np.recarray:
        return np.zeros(shape, dtype).view(np.recarray)

    booked, monthly_flows = postings(), flows()
    municipalities, purses, workforce = records(s.MUNICIPALITY, 4), records(s.PURSE, 4), records(s.WORKFORCE, 4)
    harm, programmes, cohorts = records(s.HARM, 4), records(s.PROGRAMME, 4, 5), records(s.COHORT, 4, 4)
    groups = records(s.GROUP, 4)
    municipalities.group = -1, -1, 0, 0
    municipalities.closing = 66, s.NEVER, s.NEVER, s.NEVER
    municipalities.platform = True, False, False, True
    municipalities.aide = False, True, False, False
    groups[0] = (2, TOWN, TOWN, 72, 1e8, 15.6e6)
    purses.baseline, purses.new, purses.saving, purses.coordination = BASELINE, NEW, SAVED, COORDINATION
    purses.running_total = booked[-12:, :, s.RUNNING].sum(axis=0)
    workforce.staff, workforce.overload, workforce.experience = (3, 30, 2, 1), (0.5, 1.3, 0.9, 1.2), 0.5
    sums = monthly_flows.sum(axis=0)
    workforce.overloaded_months = sums[:, s.OVERLOADED_BODIES]
    harm.incidents, harm.affected, harm.impact = sums[:, s.INCIDENTS], sums[:, s.AFFECTED_RESIDENTS], sums[:, s.IMPACT]
    harm.rollbacks, harm.exposed = sums[:, s.ROLLBACKS], sums[:, s.EXPOSED_RECORDS]
    harm.security_incidents = sums[:, s.SECURITY_INCIDENTS]
    programmes.level = levels()
    for channel, first in zip(CASES, (s.ONLINE_CASES, s.ASSISTED_CASES, s.ANALOG_CASES, s.EXCLUDED_CASES), strict=True):
        cohorts[f"{channel}_total"] = sums[:, first : first + len(s.COHORTS)]
    residents = np.repeat(PEOPLE[:, None], MONTHS // 12, axis=1)
    residents[:, -1] = RESIDENTS_2035
    return {
        "national": national(),
        "money": by_type(booked.cumsum(axis=0)),
        "flows": by_type(monthly_flows),
        "municipalities": municipalities,
        "purses": purses,
        "workforce": workforce,
        "harm": harm,
        "programmes": programmes,
        "cohorts": cohorts,
        "groups": groups,
        "ledger": booked.sum(axis=0),
        "treasury": np.zeros(len(s.TREASURY), np.int64),
        "residents": residents,
        "log": records(s.EVENT, 0),
    }
