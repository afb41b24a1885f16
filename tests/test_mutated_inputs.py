"""Thousands of inputs that are a little wrong: each is read or refused, in words and soon; nothing absurd is read."""

from __future__ import annotations

import json
import logging
import math
import random
import shutil
import signal
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dxsim.app import server
from dxsim.app.settings import Setting, problems_of, read_setting
from dxsim.characters import is_hidden
from dxsim.errors import InputError
from dxsim.language import LANGUAGES, by_language, in_language
from dxsim.nation.nation import load_nation, write_nation
from dxsim.nation.official import build_nation
from dxsim.nation.schema import MUNICIPALITIES
from dxsim.nation.small import grid_nation
from dxsim.nation.vendor_table import read_vendor_table
from dxsim.records import read_records, write_records
from dxsim.records.provenance import describe_scenario
from dxsim.scenario.configuration import KEYS, LARGEST_SEED, read_command_line
from dxsim.scenario.plain_yaml import read_yaml
from dxsim.scenario.registry import REGISTRY
from dxsim.scenario.scenario import load_scenario
from dxsim.scenario.warnings import warnings
from dxsim.sweep.design import alternatives, count_cases, count_points, points
from dxsim.sweep.multirun import read_multirun
from dxsim.sweep.plan import LARGEST_PLAN, make_plan
from dxsim.sweep.settings import read_settings
from dxsim.sweep.study_file import read_study, study_text
from dxsim.terms.municipalities import check_digit
from dxsim.terms.operations import MOST_VENDORS, lots
from tests import mutants
from tests.nation.test_official import BODIES, GROUPS, as_csv, ssdse_rows, topology

SECONDS = 5.0  # for one mutant
DRAWN = 5_000  # runs of a study whose values are looked at
SHORT, LONG = 0.02, 1.0  # shares of `HOW_MANY`
HOW_MANY = {
    "scenario": 4_000,
    "study": 4_500,
    "nation": 2_500,
    "official": 2_500,
    "vendors": 2_500,
    "overrides": 2_000,
    "requests": 1_500,
    "records": 500,
}
Read = Callable[[random.Random, Path], None]


class HungError(Exception):
    """A mutant took too long."""


@contextmanager
def seconds(limit: float) -> Iterator[None]:
    """Let a piece of code take so long at most."""

    def stop(*_: object) -> None:
        raise HungError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def in_bounds(values: dict[str, Any]) -> None:
    """Check that values are those that the registry reads from them: in type, in bounds, finite."""
    for key, value in values.items():
        again = REGISTRY[key].read(value)
        assert (type(again), again) == (type(value), value), key


def scenario(draw: random.Random, desk: Path) -> None:
    path = desk / "mine.yaml"
    path.write_bytes(mutants.of_yaml(draw, mutants.SCENARIO))
    found = load_scenario(path)
    in_bounds(dict(found.values))
    record = json.dumps(describe_scenario(found), ensure_ascii=False, allow_nan=False)
    record.encode()
    found.record()
    warnings(found)
    (desk / "again").mkdir(exist_ok=True)
    again = desk / "again" / "mine.yaml"
    again.write_text(json.dumps(read_yaml(path).data), encoding="utf-8")  # JSON is YAML
    assert load_scenario(again).fingerprint == found.fingerprint


def study(draw: random.Random, desk: Path) -> None:
    path = desk / "study.yaml"
    path.write_bytes(mutants.of_yaml(draw, draw.choice(mutants.STUDIES)))
    found = read_study(path)
    again = desk / "again.yaml"
    again.write_text(study_text(found.data()), encoding="utf-8")
    assert read_study(again) == found
    count = count_cases(found) * count_points(found) * found.seeds.count
    assert count >= 1
    if count <= DRAWN:
        cases, drawn = alternatives(found), points(found)
        assert len(cases) * len(drawn) * found.seeds.count == count
        for values in (*(dict(case.values) for case in cases), *map(dict, drawn)):
            in_bounds(values)
    elif count > LARGEST_PLAN:
        with pytest.raises(InputError):  # before anything is drawn, however much it would be
            make_plan(found, load_nation(desk / "small"))


def nation(draw: random.Random, desk: Path) -> None:
    folder = desk / "nation"
    shutil.copytree(desk / "small", folder)
    name = draw.choice(("municipalities.csv", "municipalities.csv", "adjacency.csv", "boundaries.json", "nation.json"))
    if name != "nation.json" and draw.random() < 0.9:
        (folder / "nation.json").unlink()
    text = (folder / name).read_text(encoding="utf-8")
    if name.endswith(".json"):
        (folder / name).write_bytes(mutants.as_json(draw, json.loads(text)))
    else:
        (folder / name).write_bytes(mutants.of_bytes(draw, text, ",\n"))
    check_nation(load_nation(folder), desk)


def check_nation(found: Any, desk: Path) -> None:
    """Check that a nation lies in its bounds and is the same when it is written and read."""
    for column in MUNICIPALITIES.values():
        if column.dtype != "text" and column.name in found.municipalities:
            figures = found.municipalities[column.name].dropna()
            assert figures.between(column.minimum, column.maximum).all(), column.name
    codes = set(found.municipalities["code"])
    assert set(found.adjacency["code_a"]) | set(found.adjacency["code_b"]) <= codes
    assert set(found.boundaries) <= codes
    assert all(np.isfinite(ring).all() for rings in found.boundaries.values() for ring in rings)
    write_nation(found, desk / "written")
    assert load_nation(desk / "written").fingerprint == found.fingerprint


def official(draw: random.Random, desk: Path) -> None:
    groups = [["団体コード", "団体名", "区分"]]
    groups += [[code + check_digit(code), name, GROUPS.get(code, "町村Ⅰ－２")] for code, (_, name) in BODIES.items()]
    fiscal = [["code", "fy", "fiscal_index"], *([code, "2021", "0.75"] for code in BODIES)]
    texts = {
        "ssdse": as_csv(ssdse_rows()).replace("\r\n", "\n"),
        "groups": as_csv(groups).replace("\r\n", "\n"),
        "fiscal": as_csv(fiscal).replace("\r\n", "\n"),
    }
    paths = {key: desk / f"{key}.csv" for key in texts} | {"boundaries": desk / "boundaries.json"}
    for key, text in texts.items():
        paths[key].write_text(text, encoding="utf-8")
    paths["boundaries"].write_text(json.dumps(topology()), encoding="utf-8")
    key = draw.choice(("ssdse", "ssdse", "boundaries", "boundaries", "groups", "fiscal"))
    if key == "boundaries":
        paths[key].write_bytes(mutants.as_json(draw, topology()))
    else:
        paths[key].write_bytes(mutants.of_bytes(draw, texts[key], ",\n"))
    check_nation(build_nation(**paths), desk)


def vendors(draw: random.Random, desk: Path) -> None:
    path = desk / "vendors.csv"
    small = load_nation(desk / "small")
    rows = [["code", "lot", "vendor", "vendor_ready"]]
    for place, code in enumerate(small.municipalities["code"]):
        rows += [[code, lot.lot, f"Vendor {place % 2}", "2025-10"] for lot in lots()[:3]]
    path.write_bytes(mutants.of_bytes(draw, as_csv(rows).replace("\r\n", "\n"), ",\n"))
    found = read_vendor_table(path, small)
    assert 1 <= len(found.names) <= MOST_VENDORS
    assert all(name and name == name.strip() for name in found.names)
    assert found.contract.min() >= -1
    assert found.contract.max() < len(found.names)
    assert 1 <= found.given <= len(rows) + 1
    assert not np.isinf(found.availability).any()


def overrides(draw: random.Random, _: Path) -> None:
    match draw.randrange(4):
        case 0:
            read_settings(mutants.of_words(draw, mutants.SETTINGS))
            return
        case 1:
            found, _ = read_multirun(mutants.of_words(draw, mutants.MULTIRUN))
            assert count_cases(found) * count_points(found) * found.seeds.count >= 1
            return
    single = read_command_line(mutants.of_words(draw, mutants.RUN))
    assert 0 <= single.seed <= LARGEST_SEED
    in_bounds(dict(single.scenario.values))
    told = {key: value for key, value in single.composed.items() if key in KEYS and key not in ("nation", "output")}
    told |= single.composed["parameters"]
    again = [
        f"{key}={'null' if value is None else str(value).lower() if isinstance(value, bool) else value}"
        for key, value in told.items()
    ]
    assert read_command_line(again).scenario.fingerprint == single.scenario.fingerprint


def requests(draw: random.Random, _: Path) -> None:
    data = mutants.as_json(draw, mutants.REQUEST)
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return
    if not isinstance(content, dict):
        return
    readers = (server._read_run, server._read_comparison, server._read_citation, server._read_recording, read_setting)
    read = draw.choice(readers)
    told = by_language(lambda: problems_of(lambda: read(content)))
    assert len({len(problems) for problems in told.values()}) == 1
    json.dumps(told, ensure_ascii=False).encode()
    found = read(content)
    for one in _settings_of(found):
        in_bounds(dict(one.parameters))
        assert read_setting({"nation": one.nation, "scenario": one.scenario, "parameters": dict(one.parameters)}) == one


def _settings_of(found: Any) -> Iterator[Setting]:
    if isinstance(found, Setting):
        yield found
    elif isinstance(found, tuple):
        for part in found:
            yield from _settings_of(part)


def records(draw: random.Random, desk: Path) -> None:
    folder = desk / "results"
    shutil.copytree(desk / "records", folder)
    name = draw.choice(sorted(path.name for path in folder.iterdir() if path.is_file()) + ["manifest.json"] * 20)
    data = (folder / name).read_bytes()
    is_manifest = name == "manifest.json"
    (folder / name).write_bytes(mutants.as_json(draw, json.loads(data)) if is_manifest else mutants.damaged(draw, data))
    found = read_records(folder)
    repr(found)
    assert is_manifest or data == (folder / name).read_bytes()  # the checksums vouch for tables


READERS: dict[str, Read] = {
    **{"scenario": scenario, "study": study, "nation": nation, "official": official},
    **{"vendors": vendors, "overrides": overrides, "requests": requests, "records": records},
}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, four_bodies_records) -> Path:
    """Return the folder of valid seeds; it is worked in, for paths that mutants name."""
    small = grid_nation(2, 2)
    write_nation(small, tmp_path / "small")
    write_records(four_bodies_records, tmp_path / "records")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logging.getLogger("dxsim.nation.official.build"), "disabled", True)
    return tmp_path


def outcome(kind: str, number: int, desk: Path) -> tuple[str, str]:
    """Return whether a mutant was accepted, refused or failed, and how."""
    try:
        with seconds(SECONDS), in_language(LANGUAGES[number % 2]):
            READERS[kind](mutants.chance(kind, number), desk)
    except InputError as error:
        told = str(error)
        hidden = {letter for letter in told if letter != "\n" and is_hidden(letter)}
        if hidden or len(told.splitlines()) != 1 + len(error.problems):
            return "failed", f"hidden characters in the message: {told!r}"
        return "refused", ""
    except HungError:
        return "failed", f"more than {SECONDS} s"
    except Exception:
        return "failed", traceback.format_exc(limit=-4)
    finally:
        clear(desk)
    return "accepted", ""


def clear(desk: Path) -> None:
    for left in ("nation", "results", "written"):
        shutil.rmtree(desk / left, ignore_errors=True)


def tried(kind: str, count: int, desk: Path) -> Counter[str]:
    """Return how many mutants of a kind were accepted and refused; a failure tells all of them."""
    counts: Counter[str] = Counter()
    failures = []
    for number in range(count):
        how, what = outcome(kind, number, desk)
        counts[how] += 1
        if what:
            failures.append(f"{kind} {number}: {what}")
    print(kind, dict(counts))
    assert not failures, f"{len(failures)} of {count}\n" + "\n".join(failures[:20])
    return counts


@pytest.mark.parametrize("kind", HOW_MANY)
def test_mutants_are_read_or_refused(desk: Path, kind: str) -> None:
    counts = tried(kind, math.ceil(SHORT * HOW_MANY[kind]), desk)
    assert min(counts["accepted"], counts["refused"]) >= 1  # neither so wrong nor so right that nothing is learnt


@pytest.mark.long
@pytest.mark.parametrize("kind", HOW_MANY)
def test_twenty_thousand_mutants_are_read_or_refused(desk: Path, kind: str) -> None:
    tried(kind, math.ceil(LONG * HOW_MANY[kind]), desk)


def test_the_same_number_gives_the_same_mutant() -> None:
    for kind in ("scenario", "study"):
        texts = [mutants.of_bytes(mutants.chance(kind, 7), mutants.SCENARIO) for _ in range(2)]
        assert texts[0] == texts[1]
    assert mutants.of_bytes(mutants.chance("scenario", 8), mutants.SCENARIO) != texts[0]


@pytest.mark.parametrize("kind", HOW_MANY)
def test_the_seeds_are_right(desk: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a change everything is accepted, or what is refused would say nothing of mutations."""
    monkeypatch.setattr(mutants, "of_bytes", lambda _, text, __="": text.encode())
    monkeypatch.setattr(mutants, "of_yaml", lambda _, text: text.encode())
    monkeypatch.setattr(mutants, "as_json", lambda _, tree: json.dumps(tree).encode())
    monkeypatch.setattr(mutants, "damaged", lambda _, data: data)
    monkeypatch.setattr(mutants, "of_words", lambda draw, words: draw.sample(list(words), 4))
    for number in range(12):
        with in_language("en"):
            READERS[kind](mutants.chance(kind, number), desk)
        clear(desk)
