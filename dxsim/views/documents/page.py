"""One page of HTML that needs nothing else: styles, pictures and the Japanese letters that it uses are inside."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import TypeAlias
from xml.etree.ElementTree import Element, tostring

from dxsim.characters import visible
from dxsim.files import PACKAGE
from dxsim.language import current_language
from dxsim.views.fonts import japanese_font
from dxsim.views.labels import labels
from dxsim.views.style import Plot

Child: TypeAlias = "str | Element"

_PICTURE_DPI = 130
_FONT = (
    "@font-face {{ font-family: 'dxsim'; unicode-range: U+2E80-FFFF;"
    " src: url(data:font/woff;base64,{data}) format('woff'); }}\n"
)


def element(tag: str, *children: Child, **attributes: str) -> Element:
    """Return an element. ``class_`` is the class.

    Hidden characters of texts are written out, all but line feeds; what is special in HTML is escaped by `page`.
    """
    found = Element(tag, {name.rstrip("_"): visible(value, keep="\n") for name, value in attributes.items()})
    last: Element | None = None
    for child in children:
        if isinstance(child, Element):
            found.append(child)
            last = child
            continue
        text = visible(child, keep="\n")
        if last is None:
            found.text = (found.text or "") + text
        else:
            last.tail = (last.tail or "") + text
    return found


def table(head: Sequence[Child], rows: Sequence[Sequence[Child]], numbers: Sequence[int] = ()) -> Element:
    """Return a table in a box that scrolls sideways.

    Parameters
    ----------
    head : sequence of str or Element
        Of the columns.
    rows : sequence of sequence of str or Element
        Cells; a row of a single cell is a heading over those that follow.
    numbers : sequence of int
        Columns that are aligned to the right.
    """

    def row(tag: str, cells: Sequence[Child]) -> Element:
        kinds: list[dict[str, str]] = [{"class_": "number"} if place in numbers else {} for place in range(len(cells))]
        scope = {"scope": "col"} if tag == "th" else {}
        return element("tr", *(element(tag, cell, **kind, **scope) for cell, kind in zip(cells, kinds, strict=True)))

    def line(cells: Sequence[Child]) -> Element:
        if len(cells) == 1 < len(head):
            return element("tr", element("th", cells[0], colspan=str(len(head)), scope="rowgroup"))
        return row("td", cells)

    whole = element("table", element("thead", row("th", head)), element("tbody", *map(line, rows)))
    return element("div", whole, class_="wide")


def pairs(entries: Mapping[str, Child]) -> Element:
    """Return names with what they stand for."""
    return element(
        "dl", *(part for name, text in entries.items() for part in (element("dt", name), element("dd", text)))
    )


def items(texts: Sequence[Child]) -> Element:
    """Return a list."""
    return element("ul", *(element("li", text) for text in texts))


def folded(summary: str, *children: Child) -> Element:
    """Return what is shown on demand."""
    return element("details", element("summary", summary), *children)


def picture(plot: Plot, name: str) -> Element:
    """Return a plot with what it shows in words."""
    file = BytesIO()
    plot.savefig(file, format="png", dpi=_PICTURE_DPI)
    width, height = (round(_PICTURE_DPI * size) for size in plot.get_size_inches())
    image = element(
        "img",
        src="data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii"),
        alt=plot.description,
        width=str(width),
        height=str(height),
    )
    words = folded(labels()["report_in_words"], element("p", plot.description))
    return element("figure", image, element("figcaption", words), id=f"figure-{name}")


def page(title: str, lead: Sequence[Child], sections: Mapping[str, Sequence[Child]]) -> str:
    """Return a page of HTML.

    Parameters
    ----------
    title : str
        Of the page.
    lead : sequence of str or Element
        Paragraphs under the title.
    sections : mapping of str to sequence of str or Element
        By their headings; those without content are left out.
    """
    present = {heading: content for heading, content in sections.items() if content}
    links = [
        element("li", element("a", heading, href=f"#part-{number}")) for number, heading in enumerate(present, start=1)
    ]
    parts = [
        element("section", element("h2", heading), *content, id=f"part-{number}")
        for number, (heading, content) in enumerate(present.items(), start=1)
    ]
    body = element(
        "body",
        element("header", element("h1", title), *(element("p", text) for text in lead)),
        element("nav", element("ul", *links)),
        element("main", *parts),
    )
    css = (PACKAGE / "views" / "documents" / "page.css").read_text(encoding="utf-8")
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("title", title),
        element("style", _font_face("".join(body.itertext())) + css),
    )
    return "<!DOCTYPE html>\n" + tostring(
        element("html", head, body, lang=current_language()), encoding="unicode", method="html"
    )


def _font_face(text: str) -> str:
    """Return the rule that carries the Japanese letters of a text, so that they show where no font has them."""
    font = japanese_font([text])
    return _FONT.format(data=base64.b64encode(font).decode("ascii")) if font else ""
