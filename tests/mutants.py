"""Inputs a little wrong: valid ones of every kind, mutated. The same kind and number give the same mutant.

A mutant is told from its valid seed by one to four changes: to its bytes, its lines, its values, or the tree of what it
says. Most are wrong; some are still right, and then what was read must be what was written.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Sequence
from typing import Any

import yaml

SCENARIO = """\
name: mine
extends: baseline
title: {en: Mine, ja: 私の}
meaning: {en: A test., ja: 試験。}
sources: [own thought]
expected:
  - {kpi: late_share, direction: lower, because: more engineers}
parameters:
  policy: {deadline: 2027-03, portability: 0.5, extension_rule: all}
  vendor: {count: 12}
announcements:
  - {month: 2022-10, signal: 0, text: {en: The act, ja: 法律}}
vendor_events:
  - {month: 2025-10, vendors: [1, 2], capacity_factor: 0.8, withdrawn_lots: [core], text: Fewer engineers}
surveys: [2025-10]
policies:
  - lever: subsidy.ceiling_multiple
    how: multiply
    value: 1.5
    from: 2024-04
    until: 2026-03
    who: {types: [town, village], population_below: 20000}
    text: More for small ones
"""
STUDIES = (
    """\
name: grid
title: {en: Grid, ja: 格子}
question: What does it do?
scenarios: [baseline, firm_deadline]
variants: [default]
levers:
  policy.capacity_programme: [0, 0.2]
  policy.deadline: [2026-03, 2027-03]
uncertainties:
  commitment.own_motive_hazard: {distribution: uniform, low: 0.001, high: 0.01}
  policy.portability: {distribution: truncnorm, a: -2, b: 2, loc: 0.5, scale: 0.1}
  vendor.switching_cost:
constants: {vendor.count: 12}
sample: {method: latin_hypercube, size: 8, seed: 3}
seeds: {first: 1, count: 4, common: true}
outcomes: {kpis: [late_share], strata: [type], months: {columns: [live], types: [all]}}
""",
    """\
name: cases
cases:
  - {name: one, policy.deadline: 2027-03}
  - {name: two, scenario: firm_deadline, policy.capacity_programme: 0.4}
sample:
  method: list
  points:
    - {policy.portability: 0.2}
    - {policy.portability: 0.8}
""",
    """\
name: saltelli
uncertainties: {commitment.own_motive_hazard: , policy.portability: }
sample: {method: saltelli, size: 16, second_order: true}
outcomes: {kpis: all, municipalities: [late_systems]}
""",
)
RUN = (
    *("scenario=baseline", "seed=7", "variant=small_first", "policy.deadline=2027-03", "policy.portability=0.5"),
    *("policy.extension_rule=all", "vendor.count=12", "figures=false", "language=ja", "output=results/x"),
    *("nation=synthetic", "vendor_table=null", "policy.capacity_programme=0.1"),
)
MULTIRUN = (
    *("scenario=baseline,firm_deadline", "seed=range(1,6)", "variant=default,small_first", "threads=2"),
    *("policy.capacity_programme=0.1,0.2", "policy.portability=range(0,1,0.25)", "vendor.count=choice(10,12)"),
    *("policy.deadline=2026-03,2027-03", "nation=synthetic"),
)
SETTINGS = ("output=results/x", "threads=2", "batch=8", "execution=here", "workers=2", "writer=gather", "language=ja")
REQUEST = {
    "nation": "teaching",
    "scenario": "baseline",
    "parameters": {"cooperation.poolable_share": 0.5},
    "seed": 1,
    "seeds": 5,
    "code": "01201",
    "language": "en",
    "lesson": "deadline",
    "part": "opening",
    "link": "#a=baseline",
    "arms": [
        {"nation": "teaching", "scenario": "baseline", "parameters": {}},
        {"nation": "teaching", "scenario": "firm_deadline", "parameters": {"staff.prefectural_pool": 3}},
    ],
}

WORDS = (
    *("", "null", "~", "true", "no", "-1", "0", "-0.0", "1", "3", "0.5", "2.0", "1e400", "nan", "NaN", ".inf", "-inf"),
    *("1e-320", "0x10", "010", "1_000", "1,000", "１２", "٣", "9223372036854775808", "9" * 400, "256000", "1048576"),
    *("2026-13", "1999-01", "2050-01", "2027-03", "2027-3", "２０２７-03", "2027-03-01", "0000-01", "()", "[]", "{}"),
    *(
        "[1, 2]",
        "{a: b}",
        "[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]",
        "- -",
        "? x",
        ": :",
        "|",
        ">",
        "%x",
        "@a",
    ),
    *("${oc.env:HOME}", "${seed}", "&a b", "*a", "!!python/object/apply:os.system [id]", "!x y", "<<", "_target_"),
    *("__proto__", "constructor", "../../etc/passwd", "/dev/zero", "~root", "./mine.yaml", "'", '"', "''", '"\\ud800"'),
    *("a" * 300, "baseline", "latin_hypercube", "sobol", "morris", "range(1,1e9)", "range(0,1,0.1)", "choice(1,2)"),
    *(
        "glob(*)",
        "interval(0,1)",
        "sort(1,2)",
        "1,2,3",
        "\\",
        "\t",
        "\x1b[31m\x07",
        "\u202eabc",
        "a\u200bb",
        "\ufeff",
        "\0",
    ),
    *(
        "\x85",
        "\u2028",
        "自治体",
        "が",
        "か\u3099",
        "葛\U000e0100城市",
        "🏛",
        "99999",
        "01201",
        "1201",
        "R01201",
        "-",
        "…",
        "X",
    ),
)
THINGS: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 3, 0.5, -0.0, 1e308, 2**53, 2**63, 10**30, "", "a", "\ud800", "\x1b[2J", "\u202e"),
    *(
        "2027-03",
        "2050-01",
        "99999",
        "nan",
        "__proto__",
        [],
        {},
        [[]],
        [None],
        [1, "a"],
        {"a": {}},
        {"": None},
        "a" * 300,
    ),
    *(float("nan"), float("inf"), float("-inf"), {"en": "x"}, ["baseline"], [0] * 50),
)
BYTES = (
    b"\xff",
    b"\0",
    b"\x80",
    b"\xe3\x81",
    b"\x1b",
    b"\r",
    b"\n",
    b",",
    b'"',
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"PK\x03\x04",
)


def chance(kind: str, number: int) -> random.Random:
    """Return the chance that makes a mutant, the same on every machine."""
    return random.Random(f"{kind} {number}")  # noqa: S311 - nothing is kept secret


def of_text(draw: random.Random, text: str, separators: str = " ,:[]{}\n=") -> str:
    """Return a text with one to four changes to its words, lines and letters."""
    for _ in range(draw.choice((1, 1, 1, 2, 2, 3, 4))):
        text = draw.choice(_CHANGES)(draw, text, separators)
    return text


def of_bytes(draw: random.Random, text: str, separators: str = " ,:[]{}\n=") -> bytes:
    """Return a text as a file may hold it: mutated, now and then in another encoding or damaged."""
    content = of_text(draw, text, separators) if draw.random() < 0.85 else text
    encoding = draw.choice(("utf-8", "utf-8", "utf-8", "utf-8", "utf-8-sig", "cp932", "utf-16", "latin-1"))
    data = content.encode(encoding, errors="replace")
    if draw.random() < 0.12:
        data = damaged(draw, data)
    return data


def damaged(draw: random.Random, data: bytes) -> bytes:
    """Return bytes that are cut off, emptied, or have others among them."""
    place = draw.randrange(len(data) + 1)
    return draw.choice((b"", data[:place], data[:place] + draw.choice(BYTES) + data[place + draw.randrange(3) :]))


def of_tree(draw: random.Random, tree: Any) -> Any:
    """Return what JSON says with one to four changes to its values, keys and lists."""
    tree = copy.deepcopy(tree)
    for _ in range(draw.choice((1, 1, 1, 2, 2, 3, 4))):
        holder = {"": tree}
        places: list[tuple[Any, Any]] = [(holder, "")]
        for parent, key in places:
            child = parent[key]
            if isinstance(child, dict | list):
                keys = list(child) if isinstance(child, dict) else list(range(len(child)))
                places += [(child, inner) for inner in (keys if len(keys) < 30 else draw.sample(keys, 30))]
        parent, key = draw.choice(places[1:] or places)
        _change_part(draw, parent, key)
        tree = holder[""]
    return tree


def _change_part(draw: random.Random, parent: Any, key: Any) -> None:
    match draw.randrange(7):
        case 0:
            del parent[key]
            parent.setdefault(key, None) if key == "" and isinstance(parent, dict) else None
        case 1 if isinstance(parent, dict):
            parent[draw.choice(WORDS)] = parent[key]
        case 2:
            parent[key] = [parent[key]]
        case 3 if isinstance(parent, list):
            parent.insert(key, copy.deepcopy(parent[draw.randrange(len(parent))]))
        case 4 if isinstance(parent[key], int | float):
            parent[key] = parent[key] * draw.choice((-1, 0, 2, 10, 1000, 0.5, 1e300))
        case 5:
            parent[key] = draw.choice(WORDS)
        case _:
            parent[key] = copy.deepcopy(draw.choice(THINGS))


def as_json(draw: random.Random, tree: Any) -> bytes:
    """Return a mutated tree as a file of JSON, now and then with changes to its text too."""
    text = json.dumps(of_tree(draw, tree), ensure_ascii=draw.random() < 0.5)
    if draw.random() < 0.2:
        return of_bytes(draw, text, ' ,:[]{}\n"')
    return text.encode("utf-8", errors="surrogatepass" if draw.random() < 0.5 else "replace")


def of_yaml(draw: random.Random, text: str) -> bytes:
    """Return a mutated file of YAML: its text, or the tree of what it says."""
    if draw.random() < 0.6:
        return of_bytes(draw, text)
    return as_json(draw, yaml.safe_load(text))  # JSON is YAML


def of_words(draw: random.Random, words: Sequence[str]) -> list[str]:
    """Return a few of some words of a command line, most of them mutated."""
    chosen = draw.sample(list(words), draw.randrange(1, 5))
    return [of_text(draw, word, "=.,") if draw.random() < 0.7 else word for word in chosen]


def _words(text: str, separators: str) -> list[tuple[int, int]]:
    """Return where words begin and end."""
    found, begin = [], 0
    for place, letter in enumerate(text + separators[0]):
        if letter in separators:
            if place > begin:
                found.append((begin, place))
            begin = place + 1
    return found or [(0, len(text))]


def _replace_word(draw: random.Random, text: str, separators: str) -> str:
    begin, end = draw.choice(_words(text, separators))
    return text[:begin] + draw.choice(WORDS) + text[end:]


def _take_word(draw: random.Random, text: str, separators: str) -> str:
    """Put one of the text's words in place of another."""
    words = _words(text, separators)
    (begin, end), (first, last) = draw.choice(words), draw.choice(words)
    return text[:begin] + text[first:last] + text[end:]


def _misspell(draw: random.Random, text: str, separators: str) -> str:
    begin, end = draw.choice(_words(text, separators))
    place = draw.randrange(begin, end) if end > begin else begin
    return text[:place] + draw.choice(("", "", text[place : place + 1] * 2, "x", "0", ".", "-")) + text[place + 1 :]


def _insert(draw: random.Random, text: str, _: str) -> str:
    place = draw.randrange(len(text) + 1)
    return text[:place] + draw.choice(WORDS) + text[place:]


def _cut(draw: random.Random, text: str, _: str) -> str:
    begin = draw.randrange(len(text) + 1)
    return text[:begin] + text[begin + draw.randrange(1, 40) :]


def _cut_off(draw: random.Random, text: str, _: str) -> str:
    return text[: draw.randrange(len(text) + 1)]


def _change_lines(draw: random.Random, text: str, _: str) -> str:
    """Drop, repeat, move, shift or empty a line."""
    lines = text.split("\n")
    one, other = draw.randrange(len(lines)), draw.randrange(len(lines))
    match draw.randrange(5):
        case 0:
            del lines[one]
        case 1:
            lines.insert(other, lines[one])
        case 2:
            lines[one], lines[other] = lines[other], lines[one]
        case 3:
            lines[one] = draw.choice(("  ", "\t", "    ", "- ", "#", ",")) + lines[one]
        case _:
            lines[one] = lines[one].strip() if draw.random() < 0.5 else ""
    return "\n".join(lines)


_Change = Callable[[random.Random, str, str], str]
_CHANGES: tuple[_Change, ...] = (
    *(_replace_word, _replace_word, _replace_word, _replace_word, _take_word, _take_word),
    *(_misspell, _misspell, _insert, _cut, _change_lines, _change_lines, _cut_off),
)
