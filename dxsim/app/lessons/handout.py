"""A lesson as one HTML file: page, code, letters and recorded runs inside, so that it plays anywhere, offline."""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dxsim import __version__
from dxsim.app.lessons.lesson import Lesson
from dxsim.views.fonts import japanese_font

STATIC = Path(__file__).parents[1] / "static"
FIRST = "handout"  # the module that plays; it brings along all that it imports
_IMPORT = re.compile(r'from "\./(\w+)\.js"')
_FONT = re.compile(r"@font-face \{[^}]*\}")
_PREFIXES = ("lesson_", "step_", "type_", "size_", "layer_", "series_", "measure_", "life_")
_WORDS = re.compile(r"\bt\(\s*(?:[^()\"]*\? )?\"(\w+)\"|\"(\w+)\"")


def handout(nation: Mapping[str, Any], lesson: Lesson, parts: Mapping[str, bytes], start: Mapping[str, Any]) -> str:
    """Return the page.

    Parameters
    ----------
    nation : mapping
        As `dxsim.app.nations.describe` returns it.
    lesson : Lesson
        What is handed out.
    parts : mapping of str to bytes
        Its recording, by part.
    start : mapping
        Texts and colours, as `dxsim.app.start.start` returns them.
    """
    code = _code()
    texts = _texts(start["texts"], lesson, "".join(code.values()))
    names = ("months", "colours", "nations")
    content = {
        **{name: start[name] for name in names},
        "version": __version__,
        "texts": texts,
        "lesson": lesson.about(),
        "nation": nation,
        "parts": {name: _squeezed(part) for name, part in parts.items()},
    }
    shown = [*texts["ja"].values(), *nation["name"], _said(parts["answer"])]
    font = base64.b64encode(japanese_font(shown)).decode()
    face = f'@font-face {{ font-family: "IPAexGothic"; src: url("data:font/woff;base64,{font}"); }}'
    style = "".join((STATIC / f"{name}.css").read_text(encoding="utf-8") for name in ("style", "player"))
    imports = {name: _module(text) for name, text in code.items()}
    title = " / ".join(texts[language][f"lesson_{lesson.name}"] for language in texts)
    data = base64.b64encode(gzip.compress(json.dumps(content, ensure_ascii=False).encode(), mtime=0)).decode()
    page = (STATIC / "handout.html").read_text(encoding="utf-8")
    filled = {
        "title": html.escape(title),
        "style": _FONT.sub("", style) + face,
        "imports": json.dumps({"imports": imports}),
        "data": data,
    }
    return re.sub(r"<!--(\w+)-->", lambda found: filled[found[1]], page)


def _code() -> dict[str, str]:
    """Return the modules that a hand-out needs, by name."""
    found: dict[str, str] = {}
    waiting = [FIRST]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = (STATIC / f"{name}.js").read_text(encoding="utf-8")
            waiting += _IMPORT.findall(found[name])
    return found


def _module(text: str) -> str:
    """Return a module as an address that holds it; what it imports is looked up in the import map."""
    bare = _IMPORT.sub(r'from "\1"', text)
    return f"data:text/javascript;base64,{base64.b64encode(bare.encode()).decode()}"


def _squeezed(part: bytes) -> str:
    return base64.b64encode(gzip.compress(part, mtime=0)).decode()


def _said(part: bytes) -> str:
    """Return the words of a packed part: the stories of municipalities."""
    length = int.from_bytes(part[:4], "little")
    return json.dumps(json.loads(part[4 : 4 + length]), ensure_ascii=False)


def _texts(texts: Mapping[str, Mapping[str, str]], lesson: Lesson, code: str) -> dict[str, dict[str, str]]:
    """Return the texts that the lesson and its page can need."""
    named = {name for found in _WORDS.findall(code) for name in found if name}

    def is_needed(key: str) -> bool:
        if key.startswith("lesson_"):
            return key == f"lesson_{lesson.name}" or key.startswith(f"lesson_{lesson.name}_")
        return key in named or key.startswith(_PREFIXES)

    return {language: {key: text for key, text in words.items() if is_needed(key)} for language, words in texts.items()}
