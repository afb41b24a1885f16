"""A lesson as one file: it plays step by step, and holds its answer back as in class."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from dxsim.app.handouts.page import modules, one_file, squeezed
from dxsim.app.lessons import Lesson

FIRST = "handout"
_PREFIXES = ("lesson_", "step_", "type_", "size_", "layer_", "series_", "life_")
_WORDS = re.compile(r"\"(\w+)\"")


def lesson_handout(
    nation: Mapping[str, Any], lesson: Lesson, parts: Mapping[str, bytes], start: Mapping[str, Any]
) -> str:
    """Return the file.

    Parameters
    ----------
    nation : mapping
        As `dxsim.app.nations.describe` returns it.
    lesson : Lesson
        What is handed out.
    parts : mapping of str to bytes
        Its recording, by part.
    start : mapping
        Texts and months, as `dxsim.app.start.start` returns them.
    """
    texts = _texts(start["texts"], lesson)
    content = {
        "months": start["months"],
        "texts": texts,
        "lesson": lesson.about(),
        "nation": nation,
        "parts": {name: squeezed(part) for name, part in parts.items()},
    }
    title = " / ".join(words[f"lesson_{lesson.name}"] for words in texts.values())
    said = [*texts["ja"].values(), *nation["name"], _told(parts["answer"])]
    return one_file("handout.html", FIRST, title, content, said)


def _told(part: bytes) -> str:
    """Return the words of a packed part: the stories of municipalities."""
    length = int.from_bytes(part[:4], "little")
    return json.dumps(json.loads(part[4 : 4 + length]), ensure_ascii=False)


def _texts(texts: Mapping[str, Mapping[str, str]], lesson: Lesson) -> dict[str, dict[str, str]]:
    """Return the texts that the lesson and its page can need."""
    named = set(_WORDS.findall("".join(modules(FIRST).values()))) | {"full_screen", "restart", "not_forecast"}

    def is_needed(key: str) -> bool:
        if key.startswith("lesson_"):
            return key == f"lesson_{lesson.name}" or key.startswith(f"lesson_{lesson.name}_")
        return key in named or key.startswith((*_PREFIXES, "language"))

    return {language: {key: text for key, text in words.items() if is_needed(key)} for language, words in texts.items()}
