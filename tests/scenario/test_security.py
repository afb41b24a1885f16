"""Nothing in a file that a user can edit, or on the command line, is ever executed."""

import pytest

from dxsim.errors import InputError
from dxsim.scenario.configuration import read_command_line
from dxsim.scenario.scenario import load_scenario

HEAD = "name: mine\ntitle: {en: x}\nmeaning: {en: x}\nsources: [x]\n"
ATTACKS = {
    "target": ("_target_: os.system\n_args_: ['touch pwned']\n", 5, "_target_: no such key"),
    "nested target": (
        "parameters: {policy: {_target_: pathlib.Path.touch}}\n",
        5,
        "parameters.policy._target_: no such parameter",
    ),
    "python tag": (
        "x: !!python/object/apply:os.system ['touch pwned']\n",
        5,
        "leave '!!python/object/apply:os.system'",
    ),
    "python name": ("x: !!python/name:os.system\n", 5, "nothing is executed"),
    "callbacks": (
        "# @package _global_\nhydra:\n  callbacks: {x: {_target_: pathlib.Path.touch, self: pwned}}\n",
        6,
        "hydra: no such key",
    ),
    "environment": (
        "parameters: {policy: {deadline: '${oc.env:HOME}'}}\n",
        5,
        "written YYYY-MM (got '${oc.env:HOME}')",
    ),
    "merge": ("<<: {name: x}\n", 5, "<<: no such key"),
}


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("road", ["load_scenario", "command line"])
def test_an_attack_is_refused_with_its_line_and_has_no_effect(tmp_path, monkeypatch, attack, road):
    monkeypatch.chdir(tmp_path)
    body, line, says = ATTACKS[attack]
    (tmp_path / "mine.yaml").write_text(HEAD + body, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_scenario("mine.yaml") if road == "load_scenario" else read_command_line(["scenario=mine.yaml"])
    assert any(f"mine.yaml, line {line}" in str(found) and says in str(found) for found in caught.value.problems)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.yaml"]


def test_a_hydra_header_in_a_scenario_is_a_comment(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").write_text("# @package _global_\n" + HEAD, encoding="utf-8")
    assert read_command_line(["scenario=mine.yaml"]).scenario.name == "mine"


def test_nested_aliases_are_refused_before_they_grow(tmp_path):
    lines = ["a0: &a0 [lol, lol, lol]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    path = tmp_path / "mine.yaml"
    path.write_text(HEAD + "\n".join(lines), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_scenario(path)
    text = str(caught.value)
    assert "line 6: aliases are not used here; write the value out instead of '*a0'" in text
    assert "line 5: anchors are not used here; leave '&a0' out" in text
    assert len(text) < 10_000


@pytest.mark.parametrize(
    "override",
    [
        "+hydra.callbacks.x._target_=os.system",
        "hydra.run.dir=pwned",
        "++hydra.job_logging.handlers.x.class=os.system",
        "seed=${oc.env:HOME}",
        "output=${oc.env:HOME}",
        "+policy._target_=os.system",
        "policy={_target_:os.system}",
        "variant=../../mine",
        "variant@hydra.callbacks=default",
        "+mine@_global_=x",
        "--config-dir=.",
    ],
)
def test_the_command_line_can_only_set_known_keys(tmp_path, monkeypatch, override):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        read_command_line([override])
    assert override[:60] in str(caught.value)
    assert list(tmp_path.iterdir()) == []
