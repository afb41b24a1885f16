"""How Sphinx makes the site; `docs.build` lays out its pages first."""

from __future__ import annotations

import gettext
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pydata_sphinx_theme
import sphinx
from docutils import nodes
from sphinx.application import Sphinx

import dxsim
from docs.search import EnglishAndJapanese

HERE = Path(__file__).resolve().parent

project = "dxsim"
author = "The dxsim team"
version = release = dxsim.__version__
language = "en"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
]
root_doc = "index"
nb_execution_mode = "off"  # notebooks come with their outputs; tests hold that they are current
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]
suppress_warnings = ["myst.header"]  # a notebook may begin below the first level of headings
nitpicky = True
nitpick_ignore_regex = [("py:.*", ".*")]  # types of other packages; names of this one stand on the page of the API
autodoc_typehints = "none"  # NumPy docstrings say the types
python_maximum_signature_line_length = 80
copybutton_prompt_text = "$ "

html_theme = "pydata_sphinx_theme"
html_title = "dxsim"
html_static_path = [str(HERE / "static")]
html_css_files = ["site.css"]
templates_path = [str(HERE / "templates")]
html_copy_source = False
html_show_sourcelink = False
html_search_language = EnglishAndJapanese.lang
html_show_search_summary = False  # it is fetched, which a browser forbids to files
html_theme_options: dict[str, Any] = {
    "navbar_end": ["theme-switcher"],
    "navbar_persistent": ["search-button", "language"],
    "header_links_before_dropdown": 8,
    "show_prev_next": False,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
    "navigation_with_keys": False,
    "logo": {"text": "dxsim"},
}
html_sidebars = {page: [] for page in ("index", "docs/start", "docs/concepts", "docs/questions")}  # nothing is below
html_context = {"default_mode": "auto"}
copyright = "The dxsim team, Apache-2.0"
JAPANESE = "docs/ja/"


def counterpart(page: str, pages: set[str]) -> str:
    """Return the page in the other language that says the same, or else the first one of that language."""
    if page.startswith(JAPANESE):
        bare = page.removeprefix(JAPANESE)
        return next(name for name in (f"docs/{bare}", "index") if name in pages)
    other = f"{JAPANESE}{page.removeprefix('docs/')}"
    return other if other in pages else f"{JAPANESE}index"


def japanese() -> gettext.GNUTranslations:
    """Return what Sphinx and the theme call their own things in Japanese."""
    folders = [Path(package.__file__).parent / "locale" for package in (pydata_sphinx_theme, sphinx)]
    theme, own = (gettext.translation("sphinx", folder, languages=["ja"]) for folder in folders)
    theme.add_fallback(own)
    return theme


def speak(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Give a page its language, and the way to the same page in the other one."""
    is_japanese = page.startswith(JAPANESE) or page.endswith("_ja")
    context["counterpart"] = counterpart(page, set(app.env.found_docs))
    context["is_japanese"] = is_japanese
    if is_japanese:
        translate = japanese().gettext
        context |= {"language": "ja", "lang_attr": "ja", "_": translate, "gettext": translate}


def first_words(document: nodes.document) -> str:
    """Return the first paragraph of a page in one line."""
    for paragraph in document.findall(nodes.paragraph):
        if not any(isinstance(parent, nodes.table) for parent in ancestors(paragraph)):
            return " ".join(paragraph.astext().split())
    return ""


def ancestors(node: nodes.Node) -> list[nodes.Node]:
    """Return what holds a node, from the inside out."""
    return [] if node.parent is None else [node.parent, *ancestors(node.parent)]


def in_order(page: str, below: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield a page and all below it, as the tables of contents have them."""
    yield page
    for other in below.get(page, ()):
        yield from in_order(other, below)


def index_for_assistants(app: Sphinx, failure: Exception | None) -> None:
    """Write ``llms.txt``: each page in a line, with the words that it begins with."""
    if failure or app.builder.name != "html":
        return
    lines = [f"# {project} {version}", "", f"> {first_words(app.env.get_doctree(root_doc))}", ""]
    for page in in_order(root_doc, app.env.toctree_includes):
        words = first_words(app.env.get_doctree(page))
        told = f": {words[:297]}..." if len(words) > 300 else f": {words}" if words else ""
        lines.append(f"- [{app.env.titles[page].astext()}]({app.builder.get_target_uri(page)}){told}")
    (Path(app.outdir) / "llms.txt").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def setup(app: Sphinx) -> None:
    """Let Sphinx call what is above."""
    app.add_search_language(EnglishAndJapanese)
    app.connect("html-page-context", speak, priority=400)
    app.connect("build-finished", index_for_assistants)
