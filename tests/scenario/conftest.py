"""What several tests of scenarios share."""

import textwrap

import pytest

from dxsim.errors import InputError
from dxsim.scenario.scenario import load_scenario

HEAD = "name: mine\ntitle: {en: A title}\nmeaning: {ja: 意味}\nsources: [own]\n"


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """Return a function that writes ./mine.yaml and loads it."""
    monkeypatch.chdir(tmp_path)

    def load(body, head=HEAD, name="mine.yaml"):
        (tmp_path / name).write_text(head + textwrap.dedent(body), encoding="utf-8")
        return load_scenario(name)

    return load


@pytest.fixture
def refused(mine):
    """Return a function that gives the problems of a scenario file that must be refused."""

    def problems(body):
        with pytest.raises(InputError) as caught:
            mine(body)
        return [str(problem) for problem in caught.value.problems]

    return problems
