"""Draws by address: the right generator, the right laws, and one address for each purpose."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit
from scipy import stats

from dxsim import streams

COUNT = 20_000
LOWEST_P = 6e-7  # of a correct generator, one check in 1.7 million fails

# Known answers of Philox4x32-10: counter, key, result (Salmon, Moraes, Dror and Shaw 2011; kat_vectors of Random123).
KNOWN_ANSWERS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]

# Once given, a number stays within an edition of the model: a change would change every result of it.
STREAMS = {
    "MARKET": 1,
    "CONTRACT": 2,
    "COMPLEXITY": 3,
    "HARD": 4,
    "HARD_START": 5,
    "WORK": 6,
    "PRODUCT": 7,
    "BRANCH": 8,
    "GATE": 9,
    "COMMIT": 10,
    "CAUSE": 11,
    "CHOICE": 12,
    "QUEUE": 13,
    "RETENDER": 14,
    "WINDOW": 15,
    "RUNNING": 16,
    "STAFF": 17,
    "RESIGN": 18,
    "FOUNDING": 20,
    "TALKS": 21,
    "PERMUTATION": 22,
    "INCIDENT": 23,
    "SEVERITY": 24,
    "CORRECTION": 25,
    "PROGRAMME": 26,
    "PLATFORM": 27,
    "BREACH": 28,
    "POINTS": 29,
}
RETIRED = {19}  # of the first edition


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS)
def test_philox_known_answers(counter, key, answer):
    entity, month, index, stream = counter
    seed = np.uint64(key[1] << 32 | key[0])
    first, second = streams.words(seed, np.uint64(stream), np.uint64(entity), np.uint64(month), np.uint64(index))
    assert (first & 0xFFFFFFFF, first >> 32, second & 0xFFFFFFFF, second >> 32) == answer


def test_uniform_is_the_first_word_as_a_fraction():
    first = int(streams.words(7, streams.GATE, 1100, 12, 3)[0])
    assert streams.uniform(7, streams.GATE, 1100, 12, 3) == pytest.approx(first / 2**64, abs=2**-52)


def test_stream_numbers_are_unique_and_frozen():
    numbers = {
        name: value for name, value in vars(streams).items() if name.isupper() and type(value) is int and name[0] != "_"
    }
    assert numbers == STREAMS
    assert len(set(numbers.values())) == len(numbers)
    assert set(numbers.values()) | RETIRED == set(range(1, max(numbers.values()) + 1))
    assert not RETIRED & set(numbers.values())


@njit
def draws(kind, shape, seed, stream, by, count):
    """Return draws that differ in one part of the address: 0 seed, 1 entity, 2 month, 3 index."""
    found = np.empty(count)
    for k in range(count):
        s, e, m, i = seed, 5, 6, 7
        if by == 0:
            s += k
        elif by == 1:
            e += k
        elif by == 2:
            m += k
        else:
            i += k
        if kind == 0:
            found[k] = streams.uniform(s, stream, e, m, i)
        elif kind == 1:
            found[k] = streams.exponential(s, stream, e, m, i)
        elif kind == 2:
            found[k] = streams.normal(s, stream, e, m, i)
        else:
            found[k] = streams.gamma(shape, s, stream, e, i)
    return found


UNIFORM, EXPONENTIAL, NORMAL, GAMMA = range(4)
BY = {"seed": 0, "entity": 1, "month": 2, "index": 3}


@pytest.mark.parametrize("by", BY)
def test_uniform_law_along_every_part_of_the_address(by):
    found = draws(UNIFORM, 0.0, 11, streams.COMMIT, BY[by], COUNT)
    assert stats.kstest(found, "uniform").pvalue > LOWEST_P
    assert found.min() > 0.0
    assert found.max() < 1.0
    error = np.sqrt(COUNT)
    assert abs(found.mean() - 1 / 2) * error / np.sqrt(1 / 12) < 5
    assert abs((found**2).mean() - 1 / 3) * error / np.sqrt(4 / 45) < 5
    assert abs(np.corrcoef(found[:-1], found[1:])[0, 1]) * error < 5


@pytest.mark.parametrize("word", [0, 2**64 - 1])
def test_uniform_interval_is_open_at_both_ends(monkeypatch, word):
    monkeypatch.setattr(streams, "words", lambda *address: (np.uint64(word), np.uint64(word)))
    assert 0.0 < streams.uniform.py_func(1, 1, 1, 1, 1) < 1.0


@pytest.mark.parametrize(
    ("kind", "shape", "law"),
    [
        (EXPONENTIAL, 0.0, stats.expon()),
        (NORMAL, 0.0, stats.norm()),
        (GAMMA, 0.02, stats.gamma(0.02)),
        (GAMMA, 0.3, stats.gamma(0.3)),
        (GAMMA, 1.0, stats.gamma(1.0)),
        (GAMMA, 7.5, stats.gamma(7.5)),
    ],
)
def test_laws(kind, shape, law):
    found = draws(kind, shape, 3, streams.MARKET, BY["entity"], COUNT)
    assert stats.kstest(found, law.cdf).pvalue > LOWEST_P
    assert abs(found.mean() - law.mean()) / law.std() * np.sqrt(COUNT) < 5
    fourth = law.expect(lambda x: (x - law.mean()) ** 4) if kind != GAMMA else (6 / shape + 3) * shape**2
    error = np.sqrt((fourth - law.var() ** 2) / COUNT)
    assert abs(((found - law.mean()) ** 2).mean() - law.var()) / error < 5


def test_streams_are_independent():
    by_stream = np.array([draws(NORMAL, 0.0, 1, number, BY["entity"], COUNT) for number in STREAMS.values()])
    correlation = np.corrcoef(by_stream)[np.triu_indices(len(STREAMS), 1)] * np.sqrt(COUNT)
    assert np.abs(correlation).max() < 6  # 105 pairs


def test_seeds_are_independent():
    by_seed = np.array(
        [draws(NORMAL, 0.0, seed, streams.WORK, BY["entity"], COUNT) for seed in (0, 1, 2, 2**32, 2**62)]
    )
    correlation = np.corrcoef(by_seed)[np.triu_indices(len(by_seed), 1)] * np.sqrt(COUNT)
    assert np.abs(correlation).max() < 5.5


def test_different_addresses_differ():
    seeds, numbers, entities, months, indices = (
        (0, 1, 2**32, 2**63 - 1),
        (1, 2, 28),
        (1100, 47382),
        (0, 1, 179),
        (0, 64),
    )
    found = [
        streams.uniform(seed, number, entity, month, index)
        for seed in seeds
        for number in numbers
        for entity in entities
        for month in months
        for index in indices
    ]
    assert len(set(found)) == len(found)


def test_same_address_gives_same_draw_whatever_was_drawn_before():
    once = streams.gamma(0.3, 5, streams.MARKET, 13, 2)
    for index in range(50):
        streams.gamma(0.3, 5, streams.MARKET, 13, index)
    assert streams.gamma(0.3, 5, streams.MARKET, 13, 2) == once


@pytest.mark.parametrize("seed", [0, 1, 2**32 + 5, 2**63 - 1])
@pytest.mark.parametrize("first", [0, 1, 320])
def test_draws_at_once_are_the_single_draws(seed, first):
    together = np.empty(67)
    streams.uniforms(together, seed, streams.CHOICE, 47382, 3, first)
    single = [streams.uniform(seed, streams.CHOICE, 47382, 3, first + place) for place in range(67)]
    assert together.tolist() == single


def test_gamma_draws_of_different_vendors_share_no_numbers():
    """Attempts are numbered in the place of the month, so draws at neighbouring indices stay independent."""
    by_index = np.array([draws(GAMMA, 0.3, seed, streams.MARKET, BY["index"], 4) for seed in range(5000)])
    ranks = stats.rankdata(by_index, axis=0)
    correlation = np.corrcoef(ranks.T)[np.triu_indices(4, 1)] * np.sqrt(len(by_index))
    assert np.abs(correlation).max() < 5.5
