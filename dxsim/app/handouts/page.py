"""Puts a page of the app with all that it needs into one file."""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dxsim.views.fonts import japanese_font

STATIC = Path(__file__).parents[1] / "static"
_IMPORT = re.compile(r'(from |import\()"\./(\w+)\.js"')
_OUTSIDE = re.compile(r'<(?:link|script)\b[^>]*\b(?:href|src)="static/[^>]*>(?:</script>)?\n?')
_PLACE = re.compile(r"<!--(\w+)-->")
_FONT = re.compile(r"@font-face \{[^}]*\}")


def squeezed(content: bytes) -> str:
    """Return bytes as text, compressed; the same bytes give the same text."""
    return base64.b64encode(gzip.compress(content, mtime=0)).decode()


def modules(first: str) -> dict[str, str]:
    """Return a module of the page and all that it imports, by name."""
    found: dict[str, str] = {}
    waiting = [first]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = (STATIC / f"{name}.js").read_text(encoding="utf-8")
            waiting += [imported for _, imported in _IMPORT.findall(found[name])]
    return found


def one_file(page: str, first: str, title: str, content: Mapping[str, Any], said: Iterable[str]) -> str:
    """Return a page of the app as one file.

    Parameters
    ----------
    page : str
        File of the page.
    first : str
        The module that plays.
    title : str
        Of the page.
    content : mapping
        What that module finds in the page, as JSON.
    said : iterable of str
        All words that may be shown; their Japanese letters come along.
    """
    template = (STATIC / page).read_text(encoding="utf-8")
    sheets = re.findall(r'href="static/(\w+)\.css"', template)
    style = "".join((STATIC / f"{name}.css").read_text(encoding="utf-8") for name in sheets)
    font = base64.b64encode(japanese_font(said)).decode()
    face = f'@font-face {{ font-family: "IPAexGothic"; src: url("data:font/woff;base64,{font}"); }}'
    imports = {name: _address(code) for name, code in modules(first).items()}
    data = squeezed(json.dumps(content, ensure_ascii=False).encode())
    inside = {
        "style": _FONT.sub("", style) + face,
        "imports": json.dumps({"imports": imports}),
        "content": data,
        "first": first,
    }
    filled = re.sub("<title>.*</title>", lambda _: f"<title>{html.escape(title)}</title>", _OUTSIDE.sub("", template))
    for end, piece in (("</head>", "inside_head"), ("</body>", "inside_foot")):
        text = (STATIC / f"{piece}.html").read_text(encoding="utf-8")
        filled = filled.replace(end, _PLACE.sub(lambda place: inside[place[1]], text) + end)
    return filled


def _address(code: str) -> str:
    """Return a module as an address that holds it; what it imports is looked up in the import map."""
    bare = _IMPORT.sub(r'\1"\2"', code)
    return f"data:text/javascript;base64,{base64.b64encode(bare.encode()).decode()}"
