"""One language for the process, another for a piece of code; catalogues as translators' tools write them."""

from __future__ import annotations

import ast
import asyncio
import contextvars
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import dxsim
from dxsim.errors import InputError
from dxsim.files import PACKAGE
from dxsim.language import (
    CATALOGUES,
    LANGUAGES,
    current_language,
    either,
    in_language,
    read_catalogue,
    say,
    set_language,
    spoken,
    texts,
)

DOORS = {  # the public functions where a user chooses a language, and what reads the choice
    "language.py": {"set_language", "in_language", "_known", "texts"},
    "cli/__init__.py": {"_command"},
    "views/labels.py": {"_labels"},
    "views/plots.py": {"drawn"},
    "views/documents/report.py": {"run_report", "sweep_report"},
    "views/documents/story.py": {"story"},
}
WRITTEN_BY_A_TOOL = r"""# Translators' comment.
msgid ""
msgstr ""
"Language: ja\n"
"Content-Type: text/plain; charset=UTF-8\n"

#. Extracted comment: "quoted".
#: dxsim/errors.py:52
#, python-brace-format
msgid ""
"{subject}: a line that a tool "
"has broken"
msgstr ""
"{subject}："
"改行"

#| msgid "what it was"
msgctxt "key"
msgid "a \"quoted\" word,\na line and a \\"
msgstr "「引用」\n改行"

#~ msgid "gone"
#~ msgstr "廃止"
"""


def test_english_is_spoken_until_something_else_is_chosen() -> None:
    assert current_language() == "en"
    assert set_language("ja") == "en"
    try:
        assert (current_language(), say("own motive"), either("Town", "町")) == ("ja", "自発的動機", "町")
        assert spoken({"en": 1, "ja": 2}) == 2
    finally:
        assert set_language("en") == "ja"


def test_the_language_of_a_process_is_that_of_its_threads_too() -> None:
    set_language("ja")
    try:
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(current_language).result() == "ja"
    finally:
        set_language("en")


def test_a_piece_of_code_speaks_its_own_language_and_gives_it_back() -> None:
    with in_language("ja"):
        with in_language("en"):
            assert say("own motive") == "own motive"
        with in_language(None):
            assert say("own motive") == "自発的動機"
        with pytest.raises(ZeroDivisionError), in_language("en"):
            1 / 0  # noqa: B018
        assert current_language() == "ja"
    assert current_language() == "en"


def test_what_is_chosen_for_a_piece_of_code_goes_before_the_language_of_the_process() -> None:
    with in_language("en"):
        set_language("ja")
        try:
            assert current_language() == "en"
        finally:
            set_language("en")


def test_two_languages_are_spoken_at_once() -> None:
    meet = threading.Barrier(2, timeout=30)

    def speak(language: str) -> list[str]:
        heard = []
        with in_language(language):
            for _ in range(50):
                meet.wait()
                heard.append(say("own motive"))
        return heard

    with ThreadPoolExecutor(2) as pool:
        english, japanese = pool.map(speak, LANGUAGES)
    assert set(english) == {"own motive"}
    assert set(japanese) == {"自発的動機"}


def test_a_task_speaks_the_language_of_who_began_it() -> None:
    async def speak(language: str) -> tuple[str, str]:
        with in_language(language):
            await asyncio.sleep(0)
            return say("own motive"), await asyncio.to_thread(say, "own motive")

    async def both() -> list[tuple[str, str]]:
        return await asyncio.gather(*map(speak, LANGUAGES))

    with ThreadPoolExecutor(1) as pool:  # a browser of other tests may have left a loop in this thread
        found = pool.submit(lambda: asyncio.run(both())).result()
    assert found == [("own motive", "own motive"), ("自発的動機", "自発的動機")]
    assert contextvars.copy_context().run(current_language) == "en"


def test_a_language_that_is_not_spoken_is_refused_by_the_context_too() -> None:
    with pytest.raises(InputError, match=r"language must be en or ja \(got 'fr'\)"), dxsim.in_language("fr"):
        pass
    assert current_language() == "en"


def test_catalogues_are_read_as_tools_write_them(tmp_path: Path) -> None:
    (tmp_path / "some.po").write_text(WRITTEN_BY_A_TOOL, encoding="utf-8")
    assert read_catalogue(tmp_path / "some.po") == [
        ("", "{subject}: a line that a tool has broken", "{subject}：改行"),
        ("key", 'a "quoted" word,\na line and a \\', "「引用」\n改行"),
    ]


def test_a_plural_is_refused_and_not_lost(tmp_path: Path) -> None:
    plural = 'msgid "a run"\nmsgid_plural "{count} runs"\nmsgstr[0] "{count}回"\n'
    (tmp_path / "some.po").write_text(plural, encoding="utf-8")
    with pytest.raises(KeyError, match="msgstr"):
        read_catalogue(tmp_path / "some.po")


@pytest.mark.parametrize("path", sorted(CATALOGUES.glob("*.po")), ids=lambda path: path.stem)
def test_every_entry_of_a_catalogue_is_translated_and_checked(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "fuzzy" not in text
    assert '"Content-Type: text/plain; charset=UTF-8\\n"' in text
    entries = read_catalogue(path)
    assert len(entries) == len(re.findall(r"^msgid ", text, re.MULTILINE)) - 1  # the header is none
    assert len({(key, english if not key else "") for key, english, _ in entries}) == len(entries)
    for key, english, japanese in entries:
        assert english
        assert japanese, key or english
        assert bool(key) == (path.stem != "messages"), english


@pytest.mark.parametrize("domain", ["labels", "app"])
def test_texts_have_the_same_keys_in_both_languages(domain: str) -> None:
    english, japanese = (texts(domain, language) for language in LANGUAGES)
    assert list(english) == list(japanese)
    assert len(english) > 100


def test_nothing_below_the_doors_is_handed_a_language() -> None:
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
                if any(argument.arg == "language" for argument in arguments):
                    assert node.name in DOORS.get(name, ()), f"{name}: {node.name}"
