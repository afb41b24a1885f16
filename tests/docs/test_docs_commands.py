"""``dxsim docs`` and ``dxsim notebooks`` from a checkout; from the installed package: tests/test_release.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from dxsim.cli import docs, main
from dxsim.files import shipped

NOTEBOOKS = sorted(path.name for path in shipped("notebooks").glob("[0-9]*") if path.suffix != ".py")


def test_a_site_that_is_not_built_is_told_with_the_command_that_builds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(docs, "SITE", tmp_path)
    assert main(["docs"]) == 2
    assert "python dev.py docs" in capsys.readouterr().err
    assert main(["docs", "--language", "ja"]) == 2
    assert "作られていません" in capsys.readouterr().err


def test_the_site_is_opened_in_the_language_that_is_asked_for(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(docs, "SITE", site)
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or True)
    assert main(["docs"]) == main(["docs", "--language", "ja"]) == 0
    assert opened == [(site / "index.html").as_uri(), (site / "docs" / "ja" / "index.html").as_uri()]
    assert main(["docs", "--path"]) == 0
    assert len(opened) == 2
    assert capsys.readouterr().out.splitlines()[-1] == str(site / "index.html")


def test_where_there_is_no_browser_it_says_so(
    site: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(docs, "SITE", site)
    monkeypatch.setattr("webbrowser.open", lambda address: False)
    assert main(["docs"]) == 0
    assert "No browser was found" in capsys.readouterr().err


def test_notebooks_are_copied_once_and_never_over_those_of_a_user(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "mine"
    assert main(["notebooks", str(folder)]) == 0
    assert sorted(path.name for path in folder.iterdir()) == NOTEBOOKS
    assert f"The notebooks are in {folder}" in capsys.readouterr().out
    kept = folder / NOTEBOOKS[0]
    for path in folder.iterdir():
        path.unlink()
    for name in NOTEBOOKS[:2]:
        (folder / name).write_text("my work")
    assert main(["notebooks", str(folder)]) == 2
    told = capsys.readouterr().err
    assert "2 problems" in told
    assert all(name in told for name in NOTEBOOKS[:2])
    assert sorted(path.name for path in folder.iterdir()) == NOTEBOOKS[:2]
    assert kept.read_text() == "my work"


def test_notebooks_do_not_go_into_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").write_text("a file")
    assert main(["notebooks", str(tmp_path / "mine"), "--language", "ja"]) == 2
    assert "フォルダを指定してください" in capsys.readouterr().err
