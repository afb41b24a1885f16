"""What the server answers is what the model says; what it can't answer it refuses, and it lives on."""

from __future__ import annotations

import asyncio
import gzip
import http.client
import io
import json
import re
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import urlsplit

import numpy as np
import pytest
from fontTools.ttLib import TTFont
from starlette.responses import PlainTextResponse

import dxsim
from dxsim.analysis.paired import paired_difference
from dxsim.app.lessons.recording import seeds_of
from dxsim.app.limiting_case import LIMITING_CASE
from dxsim.app.nations import VENDORS, describe
from dxsim.app.runs import KPIS, STRATA
from dxsim.app.server import LARGEST_REQUEST, LOOPBACK, _Hosts
from dxsim.records.size_classes import SIZE_CLASSES, by_size_class
from dxsim.sweep.study import Seeds, Study
from tests.app.packed import unpacked

MOVED = {"policy.capacity_programme": 0.2, "cooperation.grant_rate": 0.3, "residents.analog_floor": 0.5}
MOVED |= {"residents.analog_rule": "sunset"}
NATIONS = ("teaching", "whole")


def setting(nation="teaching", scenario="baseline", **parameters):
    return {"nation": nation, "scenario": scenario, "parameters": parameters}


def records_of(nation_name, nation, scenario, parameters, seed):
    """Return the records of `simulate` of the same settings."""
    small = {"vendor.count": VENDORS} if nation_name == "teaching" else {}
    return dxsim.simulate(nation, dxsim.load_scenario(scenario, small | parameters), seed)


@pytest.mark.parametrize("name", NATIONS)
def test_a_run_is_that_of_simulate(client, request, name):
    nation = request.getfixturevalue(name)
    about, arrays = unpacked(client.ask("/run", setting(name, **MOVED) | {"seed": 3}))
    records = records_of(name, nation, "baseline", MOVED, 3)
    bodies, summary = records.municipalities, records.summary.set_index("kpi")["value"]
    for kpi in KPIS:
        assert about["kpis"][kpi] == pytest.approx(summary[kpi], rel=1e-12), kpi
    classes = by_size_class(records)
    for measure in STRATA:
        shown = np.array(about["strata"][measure], float)
        np.testing.assert_allclose(shown, classes[measure].to_numpy(float), rtol=1e-12, err_msg=measure)
    last = -1
    np.testing.assert_array_equal(arrays["layer_live"][last], bodies["systems"] - bodies["outstanding_systems"])
    np.testing.assert_array_equal(arrays["layer_late"][about["deadline"] - 1], bodies["late_systems"])
    np.testing.assert_allclose(arrays["layer_overload"][last], bodies["overload"], rtol=1e-6)
    lead = [None if row < 0 else bodies["code"].iloc[row] for row in arrays["layer_group"][last]]
    assert lead == bodies["group"].astype(object).where(bodies["group"].notna(), None).tolist()
    excluded = arrays["layer_excluded"]
    before = excluded[about["deadline"] - 1]
    assert (before > 0).all()  # distance keeps the aged away from open counters, too
    assert before.mean() < excluded[last].mean()  # counters have closed


def test_layers_add_up_to_the_tables_by_month(client, teaching):
    _, arrays = unpacked(client.ask("/run", setting(**MOVED) | {"seed": 3}))
    records = records_of("teaching", teaching, "baseline", MOVED, 3)
    systems = records.monthly[records.monthly["type"] == "all"].sort_values("month")
    np.testing.assert_array_equal(arrays["layer_live"].sum(axis=1), systems["live"])
    np.testing.assert_allclose(arrays["series_live"][:, -1], systems["live"] / systems["systems"], rtol=1e-6)
    late = systems[[f"late_R{number}" for number in range(1, 6)]].sum(axis=1)
    np.testing.assert_array_equal(arrays["layer_late"].sum(axis=1), late)
    of_all = records.residents["type"] == "all"
    residents = records.residents[of_all].groupby("month")[["online", "assisted", "analog", "excluded"]].sum()
    share = residents["excluded"] / residents.sum(axis=1)
    np.testing.assert_allclose(arrays["series_excluded"][:, -1], share, rtol=1e-6, atol=1e-12)
    cooperating = (arrays["layer_group"] >= 0).mean(axis=1)
    np.testing.assert_allclose(arrays["series_cooperating"][:, -1], cooperating, rtol=1e-6)


def test_cost_on_the_map_is_what_is_booked(client, teaching):
    _, arrays = unpacked(client.ask("/run", setting() | {"seed": 3}))
    records = records_of("teaching", teaching, "baseline", {}, 3)
    money = records.money[records.money["type"] == "all"]
    money = money[money["account"].isin(["running", "parallel", "interface", "coordination"])]
    booked = money.groupby("month")["yen"].sum().to_numpy(float)
    people = teaching.municipalities["population"].to_numpy(float)  # the teaching nation has no projections
    np.testing.assert_allclose((arrays["layer_cost"] * people).sum(axis=1) / 12, booked, rtol=1e-5)
    np.testing.assert_allclose(arrays["series_cost"][:, -1] * people.sum() / 12, booked, rtol=1e-5)


def test_a_comparison_is_the_paired_difference_of_simulate(client, teaching):
    arms = [setting(scenario="no_cooperation"), setting()]
    found = client.ask("/compare", {"arms": arms, "seeds": 4})
    runs = [[records_of("teaching", teaching, arm["scenario"], {}, seed) for seed in range(1, 5)] for arm in arms]
    assert found["seeds"] == 4
    for kpi in ("late_share", "cost_per_resident_2035", "own_burden"):
        before, after = ([run.summary.set_index("kpi")["value"][kpi] for run in arm] for arm in runs)
        expected, entry = paired_difference(before, after), found["kpis"][kpi][1]
        assert entry["mean"] == pytest.approx(np.mean(after), rel=1e-12)
        for name in ("low", "high"):
            assert entry[name] == pytest.approx(getattr(expected, name), rel=1e-9, abs=1e-12)
        assert entry["difference"] == pytest.approx(expected.mean, rel=1e-9, abs=1e-12)
    tables = [[by_size_class(run) for run in arm] for arm in runs]
    for place in range(8):
        before, after = ([table["cost_per_resident"][place] for table in arm] for arm in tables)
        expected, entry = paired_difference(before, after), found["strata"]["cost_per_resident"][place][1]
        assert entry["difference"] == pytest.approx(expected.mean, rel=1e-9)
        assert entry["low"] == pytest.approx(expected.low, rel=1e-9)
    assert found["kpis"]["mean_group_size"][1]["difference"] is None  # without groups there is no mean size


def test_the_cooperation_lesson_shows_the_table_of_the_sweep(client, tmp_path):
    seeds = seeds_of("whole")
    about, _ = unpacked(client.ask("/recording", {"lesson": "cooperation", "nation": "whole", "part": "answer"}))
    study = Study("cooperation", scenarios=("no_cooperation", "baseline"), seeds=Seeds(count=len(seeds)))
    results = dxsim.run_sweep(study, tmp_path / "sweep", threads=2)
    rows = results.strata.merge(results.plan[["run", "scenario", "seed"]], on="run")
    rows = rows[rows["stratum"] == "size_class"].sort_values("seed")
    for place, size_class in enumerate(SIZE_CLASSES):
        of_class = rows[rows["class"] == size_class]
        before, after = (
            of_class.loc[of_class["scenario"] == scenario, "cost_per_resident"].to_numpy()
            for scenario in ("no_cooperation", "baseline")
        )
        expected, row = paired_difference(after, before), about["result"]["rows"][place]
        assert row["name"] == size_class
        for name, value in (("mean", expected.mean), ("low", expected.low), ("high", expected.high)):
            assert row[name] == pytest.approx(value, rel=1e-9), size_class
    assert about["verdict"] == "small"


def test_the_same_request_has_the_same_answer_whoever_else_asks(client):
    request = setting(**{"policy.portability": 0.7}) | {"seed": 11}
    first = client.ask("/run", request)
    answers: dict[int, bytes] = {}

    def ask(number: int) -> None:
        answers[number] = client.ask("/run", request if number % 2 else setting() | {"seed": 100 + number})

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(answers[number] == first for number in range(1, 12, 2))
    assert len(set(answers.values())) == 7


def test_a_biography_is_told_in_the_language_that_was_asked_for(client, whole):
    code = whole.municipalities["code"].iloc[700]
    asked = setting("whole") | {"seed": 1, "code": code}
    english, japanese = (client.ask("/life", asked | {"language": language}) for language in ("en", "ja"))
    assert english["code"] == japanese["code"] == code
    assert [row["systems"] for row in english["lots"]] == [row["systems"] for row in japanese["lots"]]
    assert english["lots"][0]["lot"] != japanese["lots"][0]["lot"]
    assert english["events"][0]["words"].isascii()
    assert not japanese["events"][0]["words"].isascii()


def test_the_limiting_case_runs_on_the_theoretical_curve(client, whole):
    asked = setting("whole", LIMITING_CASE, **{"commitment.own_motive_hazard": 0.03}) | {"seed": 5}
    _, arrays = unpacked(client.ask("/run", asked))
    golden = {12: 0.302324, 24: 0.513248, 60: 0.834701, 120: 0.972676}  # design, section 5.2, L1
    for months, share in golden.items():
        assert arrays["limit_share"][months - 1] == pytest.approx(share, abs=1e-6)
        error = np.sqrt(share * (1 - share) / len(whole.municipalities))  # of one lot; all together vary less
        assert abs(arrays["series_committed"][months - 1, -1] - share) < 5 * error
    inside = (arrays["limit_low"] <= arrays["limit_share"]) & (arrays["limit_share"] <= arrays["limit_high"])
    assert inside.all()


@pytest.mark.parametrize("name", NATIONS)
def test_every_body_is_drawn_within_the_map(client, request, name):
    nation = request.getfixturevalue(name)
    shown = client.get(f"/nation/{name}")
    assert shown["code"] == nation.municipalities["code"].tolist()
    assert len(shown["rings"]) == len(nation.municipalities)
    assert all(("（架空）" in town) == shown["isSynthetic"] == (name == "whole") for town in shown["name_ja"])
    west, south, east, north = shown["bounds"]
    for rings in shown["rings"]:
        corners = np.concatenate([np.reshape(ring, (-1, 2)) for ring in rings])
        middle = np.median(corners, axis=0)
        assert west <= middle[0] <= east
        assert south <= middle[1] <= north


def test_a_nation_without_boundaries_is_drawn_as_squares(teaching):
    shown = describe(replace(teaching, boundaries={}))
    assert len(shown["rings"]) == len(teaching.municipalities)
    assert all(len(rings) == 1 and len(rings[0]) == 8 for rings in shown["rings"])


BAD = [
    ("/run", {"nation": "teaching", "scenario": "basline", "parameters": {}, "seed": 1}, ["did you mean 'baseline'"]),
    ("/run", setting() | {"seed": -1}, ["seed: "]),
    ("/run", setting() | {"seed": True}, ["seed: "]),
    ("/run", setting() | {"seed": 10**400}, ["seed: "]),
    ("/run", setting() | {"seed": 2**53}, ["seed: "]),
    ("/run", setting(), ["seed: "]),
    ("/run", setting("atlantis") | {"seed": 1}, ["nation: "]),
    ("/run", setting(scenario="../../etc/passwd.yaml") | {"seed": 1}, ["scenario: "]),
    ("/run", setting(scenario=["baseline"]) | {"seed": 1}, ["scenario: "]),
    ("/run", {"nation": "teaching", "scenario": "baseline", "parameters": [], "seed": 1}, ["parameters: "]),
    (
        "/run",
        setting("x", "y", **{"policy.deadline": "2050-01", "policy.portability": 9, "no.such": 1}) | {"seed": "one"},
        [
            "nation: ",
            "scenario: ",
            "(policy.deadline) must",
            "(policy.portability) must",
            "there is no 'no.such'",
            "seed: ",
        ],
    ),
    ("/run", setting(**{"vendor.count": 64}) | {"seed": 1}, ["can't be changed in the app"]),
    ("/run", setting(**{"cooperation.contract_months": 120}) | {"seed": 1}, ["can't be changed in the app"]),
    ("/run", setting(**{"policy.portability": float("nan")}) | {"seed": 1}, ["(policy.portability) must"]),
    ("/run", setting(**{"policy.deadline": "2033-03"}) | {"seed": 1}, ["(policy.second_deadline)"]),
    ("/compare", {"arms": [], "seeds": 2}, ["arms: "]),
    ("/compare", {"arms": [setting()] * 9, "seeds": 2}, ["arms: "]),
    ("/compare", {"arms": [setting(), setting("whole")], "seeds": 2}, ["arms: "]),
    ("/compare", {"arms": [setting(), setting(scenario="x"), 7], "seeds": 1000}, ["arms[1]", "arms[2]", "seeds: "]),
    ("/life", setting() | {"seed": 1, "code": "99999", "language": "en"}, ["code: "]),
    ("/life", setting() | {"seed": 1, "code": "01201", "language": "fr"}, ["language: "]),
    ("/life", setting() | {"seed": 1, "code": ["01201"], "language": ["en"]}, ["code: "]),
    ("/life", setting() | {"seed": 1, "code": {}, "language": "\ud800"}, ["code: "]),
    ("/run", setting() | {"seed": 1, "layers": ["late", "x"]}, ["layers: "]),
    ("/run", setting("x") | {"seed": 1, "layers": [[]]}, ["nation: ", "layers: "]),
    ("/cite", {"arms": [setting()] * 2, "seeds": 2, "seed": 1, "link": "#<b>", "language": "en"}, ["link: "]),
    ("/cite", {"arms": [setting()], "seeds": 2, "seed": 1, "link": "#", "language": "en"}, ["link: "]),
    ("/cite", {"arms": [setting()] * 2, "seeds": 0, "seed": -1, "link": 1, "language": []}, ["seeds: ", "seed: "]),
    ("/cite", {"arms": [setting()] * 2, "seeds": 2, "seed": 1, "link": "#", "language": "fr"}, ["language: "]),
    ("/run", setting(scenario="\ud800") | {"seed": 1}, ["there is no '\\ud800'"]),
    ("/run", setting(**{"\x1b[2J\u202e": 1}) | {"seed": 1}, ["\\x1b[2J\\u202e"]),
]


@pytest.mark.parametrize(("path", "content", "says"), BAD)
def test_bad_input_is_refused_with_all_that_is_wrong_in_both_languages(client, path, content, says):
    problems = client.ask(path, content, expected=422)["problems"]
    for what in says:
        assert any(what in problem for problem in problems["en"]), problems["en"]
    assert len(problems["en"]) == len(problems["ja"]) >= len(says)
    assert problems["en"] != problems["ja"]


def test_a_run_has_the_layers_that_are_asked_for(client):
    asked = setting(**MOVED) | {"seed": 3}
    _, whole = unpacked(client.ask("/run", asked))
    about, part = unpacked(client.ask("/run", asked | {"layers": ["late", "group", "late"]}))
    layers = [entry["name"] for entry in about["arrays"] if entry["name"].startswith("layer_")]
    assert layers == ["layer_late", "layer_group"]
    for name, values in part.items():
        np.testing.assert_array_equal(values, whole[name], err_msg=name)
    assert {name for name in whole if name.startswith("series_")} <= set(part)


def test_what_is_cited_is_told_in_the_language_that_was_asked_for(client):
    asked = {"arms": [setting(), setting(scenario="extension")], "seeds": 3, "seed": 2, "link": "#a=b"}
    english, japanese = (client.ask("/cite", asked | {"language": language}) for language in ("en", "ja"))
    assert english.keys() == japanese.keys() == {"citation", "bibtex", "python"}
    assert english["citation"].isascii()
    assert not japanese["citation"].isascii()


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, b"", "application/json"),
        (400, b"{", "application/json"),
        (400, b"[1]", "application/json"),
        (400, b"\xff\xfe", "application/json"),
        (400, b"[" * 60_000, "application/json"),
        (413, b" " * (LARGEST_REQUEST + 1), "application/json"),
        (415, b"{}", "text/plain"),
    ],
)
def test_what_is_no_request_is_refused(client, status, body, kind):
    got, answer, _ = client.send("POST", "/run", body, **{"Content-Type": kind})
    assert got == status
    assert set(json.loads(answer)["problems"]) == {"en", "ja"}
    assert client.send("GET", "/explore")[0] == 200


def test_only_its_own_name_is_answered_and_nothing_is_kept_of_a_user(client):
    assert client.send("GET", "/explore", Host=f"localhost:{client.port}")[0] == 200
    for host in ("evil.example", "127.0.0.1.evil.example", ""):
        assert client.send("GET", "/explore", Host=host)[0] == 400
        body = json.dumps(setting() | {"seed": 1})
        assert client.send("POST", "/run", body, Host=host, **{"Content-Type": "application/json"})[0] == 400
    for path in ("/explore", "/start", "/static/explore.js", "/nation/teaching"):
        _, _, headers = client.send("GET", path)
        assert "set-cookie" not in headers
        assert headers["content-security-policy"].startswith("default-src 'none'")
    assert client.send("GET", "/static/../server.py")[0] == 404
    assert client.send("GET", "/static/%2e%2e/server.py")[0] == 404
    assert client.send("GET", "/run")[0] == 405


def test_a_failure_of_the_app_is_told_with_all_headers_and_no_more(client, monkeypatch):
    def fail(_):
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr("dxsim.app.server.compare", fail)
    body = json.dumps({"arms": [setting()], "seeds": 2})
    status, answer, headers = client.send("POST", "/compare", body, **{"Content-Type": "application/json"})
    assert status == 500
    assert set(json.loads(answer)["problems"]) == {"en", "ja"}
    assert b"secret" not in answer
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["x-content-type-options"] == "nosniff"
    monkeypatch.undo()
    assert client.send("POST", "/compare", body, **{"Content-Type": "application/json"})[0] == 200


def test_what_is_large_goes_packed_and_the_font_is_small(client):
    for path in ("/start", "/nation/whole", "/static/explore.js"):
        plain = client.send("GET", path)
        packed = client.send("GET", path, **{"Accept-Encoding": "gzip"})
        assert packed[2]["content-encoding"] == "gzip"
        assert gzip.decompress(packed[1]) == plain[1]
        assert len(packed[1]) < len(plain[1]) / 2
    body, kind = json.dumps(setting() | {"seed": 1}), {"Content-Type": "application/json"}
    near = client.send("POST", "/run", body, **kind, **{"Accept-Encoding": "gzip"})
    assert near[1] == client.send("POST", "/run", body, **kind)[1]  # within one machine a run is not packed
    status, font, headers = client.send("GET", "/font.woff")
    assert (status, font[:4], headers["content-type"]) == (200, b"wOFF", "font/woff")
    assert len(font) < 500_000
    letters = set(TTFont(io.BytesIO(font)).getBestCmap())
    shown = json.dumps([client.get("/start"), client.get("/nation/whole")], ensure_ascii=False)
    assert {ord(letter) for letter in shown if "぀" <= letter <= "鿿"} <= letters


@pytest.mark.parametrize(
    ("names", "any_address", "host", "is_answered"),
    [
        ((), False, "127.0.0.1:8321", True),
        ((), False, "localhost", True),
        ((), False, "[::1]:8321", True),
        ((), False, "192.168.1.7:8321", False),
        ((), False, "evil.example", False),
        (("school.local",), False, "School.Local:8321", True),
        (("school.local",), True, "192.168.1.7:8321", True),
        (("school.local",), True, "[fe80::1]:8321", True),
        (("school.local",), True, "evil.example:8321", False),
        (("school.local",), True, "127.0.0.1.evil.example", False),
        (("school.local",), True, "[::1", False),
        (("school.local",), True, "\x1b[2J", False),
    ],
)
def test_it_answers_under_its_own_names_and_addresses_only(names, any_address, host, is_answered):
    hosts = _Hosts(PlainTextResponse("inside"), (*LOOPBACK, *names), any_address)
    said: list[dict] = []

    async def send(message):
        said.append(message)

    async def ask():
        await hosts({"type": "http", "headers": [(b"host", host.encode())]}, None, send)

    with ThreadPoolExecutor(1) as pool:  # a browser of other tests may have left a loop in this thread
        pool.submit(lambda: asyncio.run(ask())).result()
    assert said[0]["status"] == (200 if is_answered else 400)
    assert (said[1]["body"] == b"inside") == is_answered
    assert b"\x1b" not in said[1]["body"]


@pytest.mark.parametrize("host", ["::1", "0.0.0.0"])  # noqa: S104 - asked for
def test_the_command_serves_other_addresses(host):
    if host == "::1" and not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    process = subprocess.Popen(
        [sys.executable, "-m", "dxsim", "app", "--port", "0", "--host", host], stdout=subprocess.PIPE, text=True
    )
    try:
        address = urlsplit(re.search(r"http://\S+", process.stdout.readline())[0])
        assert address.hostname == host if host == "::1" else address.hostname != "0.0.0.0"  # noqa: S104
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
        connection.request("GET", "/explore", headers={"Host": address.netloc})
        answer = connection.getresponse()
        assert (answer.status, b"<title>dxsim</title>" in answer.read()) == (200, True)
        connection.request("GET", "/explore", headers={"Host": "evil.example"})
        assert connection.getresponse().status == 400
    finally:
        process.kill()


def test_the_command_serves_until_it_is_interrupted():
    process = subprocess.Popen(
        [sys.executable, "-m", "dxsim", "app", "--port", "0", "--language", "ja"], stdout=subprocess.PIPE, text=True
    )
    try:
        line = process.stdout.readline()
        assert "http://127.0.0.1:" in line
        assert "アプリを" in line
        port = int(line.split("127.0.0.1:")[1].split("/")[0])
        from tests.app.conftest import Client

        assert b"<title>dxsim</title>" in Client(port).send("GET", "/explore")[1]
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    finally:
        process.kill()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--port", "70000"], "from 0 to 65535"),
        (["--host", "no.such.host.invalid"], "can't listen on no.such.host.invalid"),
        (["--nation", "./nowhere"], "nowhere"),
        (["--host", ""], "an address was expected"),
        (["--host", " ", "--port", "-1"], "2 problems"),
        (["--host", "a" * 80], "can't listen"),
        (["--host", "192.0.2.1"], "can't listen on 192.0.2.1"),
    ],
)
def test_a_command_that_cannot_be_served_says_why(capsys, arguments, says):
    from dxsim.cli import main

    assert main(["app", *arguments]) == 2
    assert says in capsys.readouterr().err


def test_a_port_that_is_taken_is_named(client, capsys):
    from dxsim.cli import main

    assert main(["app", "--port", str(client.port)]) == 2
    assert str(client.port) in capsys.readouterr().err
