"""The language in which dxsim speaks: one for the process, another for a piece of code, and the texts of each.

English stands in the code where it is said (`say`), or in a catalogue under a key where the key is put together
(`labels`). Japanese stands in gettext catalogues, ``locale/ja/LC_MESSAGES/*.po``, which translators' tools open:
``messages.po`` is looked up by the English; ``labels.po``, ``app.po`` and ``lessons.po`` by the context of an entry,
which is the key. They are read as they are, so there is nothing to compile.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path, PurePath
from typing import TypeVar

from dxsim.characters import visible

T = TypeVar("T")

LANGUAGES = ("en", "ja")
CATALOGUES = Path(__file__).with_name("locale") / "ja" / "LC_MESSAGES"

_of_process = LANGUAGES[0]
_of_context: ContextVar[str | None] = ContextVar("language", default=None)

_ESCAPED = re.compile(r"\\(.)")
_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}


def current_language() -> str:
    """Return the language that is spoken here and now: "en" or "ja"."""
    return _of_context.get() or _of_process


def set_language(language: str) -> str:
    """Choose the language of this process: of messages, figures, tables and reports.

    A message is put into words when it is raised, so choose first. The ``dxsim`` command does so for you.
    `in_language` chooses for a piece of code.

    Parameters
    ----------
    language : {"en", "ja"}
        English until something else is chosen.

    Returns
    -------
    str
        The language until now.

    Raises
    ------
    InputError
        If there is no such language.

    Examples
    --------
    >>> before = set_language("ja")
    >>> say("{key} is given twice", key="seed")
    'seed が重複しています'
    >>> set_language(before)
    'ja'
    """
    global _of_process
    before, _of_process = _of_process, _known(language, "set_language")
    return before


@contextmanager
def in_language(language: str | None) -> Iterator[None]:
    """Speak a language in a piece of code, whatever others speak at the same time in this process.

    The language holds for what is called there, in this thread or task; it goes before that of the process.

    Parameters
    ----------
    language : {"en", "ja"} or None
        None: the language that is spoken already.

    Raises
    ------
    InputError
        If there is no such language.

    Examples
    --------
    >>> with in_language("ja"):
    ...     say("{key} is given twice", key="seed")
    'seed が重複しています'
    """
    token = _of_context.set(current_language() if language is None else _known(language, "in_language"))
    try:
        yield
    finally:
        _of_context.reset(token)


def _known(language: str, subject: str) -> str:
    if language not in LANGUAGES:
        from dxsim.errors import InputError, Problem  # errors speak, so they stand on this file

        what = say("{key} must be {bounds} (got {value})", key="language", bounds=say("en or ja"), value=repr(language))
        raise InputError(subject, [Problem("", what)])
    return language


def say(template: str, /, **values: object) -> str:
    """Return a message in the language that is spoken.

    Parameters
    ----------
    template : str
        English, always written out where it is said, so that tests find it; ``{name}`` stands for a value.
    **values
        What the placeholders of both languages stand for; see `fill`.
    """
    return fill(template if current_language() == LANGUAGES[0] else _messages().get(template, template), **values)


def fill(template: str, /, **values: object) -> str:
    r"""Return a template with its placeholders filled; hidden characters of the values are written out.

    Examples
    --------
    >>> print(fill("Written to {folder}", folder="a\x1bb"))
    Written to a\x1bb
    """
    return template.format(**{name: _shown(value) for name, value in values.items()})


def _shown(value: object) -> object:
    """Return a value fit to be shown; numbers stay numbers, which templates round."""
    return visible(str(value)) if isinstance(value, str | PurePath | BaseException) else value


def spoken(by_language: Mapping[str, T]) -> T:
    """Return what stands under the language that is spoken.

    Examples
    --------
    >>> spoken({"en": "Town", "ja": "町"})
    'Town'
    """
    return by_language[current_language()]


def either(english: str, japanese: str) -> str:
    """Return one of two texts, by the language that is spoken; for names that stand in tables of data.

    Examples
    --------
    >>> either("Town", "町")
    'Town'
    """
    return english if current_language() == LANGUAGES[0] else japanese


def by_language(work: Callable[[], T]) -> dict[str, T]:
    """Return what `work` returns in each language."""
    found = {}
    for language in LANGUAGES:
        with in_language(language):
            found[language] = work()
    return found


@cache
def texts(domain: str, language: str) -> Mapping[str, str]:
    """Return the texts of a catalogue by key, such as ``cohort_under_65``.

    Parameters
    ----------
    domain : {"labels", "app", "lessons"}
        Which catalogue.
    language : {"en", "ja"}
        Of the texts.
    """
    place = 1 + LANGUAGES.index(language)
    return {entry[0]: entry[place] for entry in read_catalogue(CATALOGUES / f"{domain}.po")}


@cache
def _messages() -> Mapping[str, str]:
    return {english: japanese for _, english, japanese in read_catalogue(CATALOGUES / "messages.po")}


def read_catalogue(path: Path) -> list[tuple[str, str, str]]:
    """Return key, English and Japanese of each entry of a gettext catalogue; without a context there is no key."""
    entries: list[dict[str, str]] = []
    part = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        keyword, quote, text = line.partition('"')
        if not quote or line.startswith("#"):
            continue
        if keyword:
            part = keyword.rstrip()
            if part == "msgctxt" or (part == "msgid" and (not entries or "msgid" in entries[-1])):
                entries.append({})
            entries[-1][part] = ""
        entries[-1][part] += _ESCAPED.sub(lambda found: _ESCAPES[found[1]], text.removesuffix('"'))
    return [(entry.get("msgctxt", ""), entry["msgid"], entry["msgstr"]) for entry in entries if entry["msgid"]]
