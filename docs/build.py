"""Build the documentation site: ``python dev.py docs``.

Texts stay where they belong in the repository. They are laid out in a temporary folder as they lie there, so that
a link that works between files works between pages too; then Sphinx makes pages of them.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sphinx.cmd.build import main as sphinx

from docs.made import MADE
from dxsim.files import PACKAGE

ROOT = Path(__file__).resolve().parents[1]
SITE = PACKAGE / "site"
PAGES = (
    *("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/**/*.md", "dxsim/model/ODD.md"),
    *("experiments/*/README.md", "experiments/README.md", "experiments/CLUSTER.md", "experiments/EXCHANGE.md"),
    *("notebooks/*.md", "notebooks/*.ipynb"),
)
CONTENTS = {
    "README.md": (
        *("Start <docs/start>", "docs/guides", "docs/concepts", "notebooks/README", "docs/reference"),
        *("Model <docs/model>", "docs/questions", "docs/project", "日本語 <docs/ja/index>"),
    ),
    "docs/guides.md": (
        *("researcher", "analyst", "lecturer", "lessons", "tasks", "own_scenario", "many_runs", "own_data", "r"),
        *("../experiments/EXCHANGE", "../experiments/CLUSTER"),
    ),
    "notebooks/README.md": ("[0-9]*",),
    "docs/reference.md": tuple(
        f"reference/{name}" for name in ("commands", "python", "parameters", "kpis", "scenarios", "columns")
    ),
    "docs/model.md": ("../dxsim/model/ODD", "TRACE", "../experiments/README"),
    "experiments/README.md": ("*/README",),
    "docs/project.md": ("../CONTRIBUTING", "architecture", "platforms", "citing", "../CHANGELOG", "glossary"),
    "docs/ja/index.md": ("start", "researcher", "analyst", "lecturer", "lessons", "glossary"),
}
"""Pages below a page, as its table of contents."""
FIRST = {"README.md": "index.md"}  # what the site opens with
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)#\s]+)(#[^)\s]*)?\)")
PLACE = re.compile(r"^<!-- made: (\w+) -->$", re.MULTILINE)


def pages() -> Iterator[Path]:
    """Yield the texts of the site."""
    for pattern in PAGES:
        yield from sorted(ROOT.glob(pattern))


def lay_out(folder: Path) -> None:
    """Write all texts of the site to `folder`, with what is made from the code, and the files that they show."""
    texts = set(pages())
    for page in texts:
        name = page.relative_to(ROOT).as_posix()
        text = page.read_text(encoding="utf-8")
        target = folder / FIRST.get(name, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        if page.suffix == ".md":
            text = PLACE.sub(lambda place: MADE[place[1]](), text)
            text = LINK.sub(lambda link, page=page: follow(link, page, texts, folder), text)
            text += table_of_contents(CONTENTS.get(name, ()))
        target.write_text(text, encoding="utf-8", newline="\n")


def follow(link: re.Match[str], page: Path, texts: set[Path], folder: Path) -> str:
    """Return a link as the site has it: programs and folders are only named, other files come along."""
    words, target = link[2], link[3]
    if re.match(r"\w+:", target):
        return link[0]
    path = (page.parent / target).resolve()
    if not path.exists():
        return link[0]  # Sphinx says that it leads nowhere
    name = path.relative_to(ROOT).as_posix()
    if path in texts:
        return link[0].replace(f"({target}", f"({target.replace(name, FIRST[name])}") if name in FIRST else link[0]
    if path.is_dir() or path.suffix in (".py", ".md"):
        return words
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, folder / name)
    return link[0]


def table_of_contents(entries: tuple[str, ...]) -> str:
    """Return the directive that puts pages below a page, in the margin."""
    is_pattern = any("*" in entry for entry in entries)
    options = [":hidden:", *([":glob:"] if is_pattern else [])]
    return "\n".join(["", "```{toctree}", *options, *entries, "```", ""]) if entries else ""


def build(output: Path) -> int:
    """Build the site into `output`, in whose place nothing of an older one stays; return Sphinx's exit status."""
    with tempfile.TemporaryDirectory() as desk:
        source, made = Path(desk, "source"), Path(desk, "site")
        lay_out(source)
        strict = ["-W", "--keep-going", "-q", "-c", str(ROOT / "docs"), "-d", str(Path(desk, "doctrees"))]
        status = sphinx([*strict, str(source), str(made)])
        if status == 0:
            shutil.rmtree(output, ignore_errors=True)
            shutil.copytree(made, output, ignore=shutil.ignore_patterns(".buildinfo", "objects.inv"))
    return status


if __name__ == "__main__":
    status = build(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else SITE)
    if status == 0:
        print("The site is built; `python dev.py dxsim docs` opens it")
    sys.exit(status)
