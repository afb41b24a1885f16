"""YAML as plain data: numbers, text, lists and keys, each with its line; nothing else, and nothing executed.

Numbers are read as in YAML 1.2: ``no`` is text and not false, ``010`` is text and not eight, ``1e4`` is a number.
Tags (``!``), anchors (``&``), aliases (``*``) and keys given twice are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from dxsim.characters import is_whole
from dxsim.errors import InputError, Problem, at_line
from dxsim.language import say

Location = tuple[str | int, ...]

LARGEST_FILE = 100_000  # bytes; a scenario has a few thousand, and this many are read within a second or so
DEEPEST_NESTING = 20  # a scenario has four levels


@dataclass(frozen=True)
class Document:
    """A file's data, the line of everything in it, and what is wrong so far; without a path, data made in Python."""

    path: Path | None
    data: object
    lines: Mapping[Location, int]
    problems: tuple[Problem, ...]

    def line(self, location: Location) -> int:
        """Return the line of what stands at `location`, or of the nearest thing that encloses it."""
        known = location
        while known not in self.lines:
            known = known[:-1]
        return self.lines[known]

    def where(self, location: Location) -> str:
        """Return file, line and key; entries of a list count from 1."""
        key = ".".join(str(part + 1) if isinstance(part, int) else part for part in location)
        if self.path is None:
            return key
        return at_line(self.path, self.line(location)) + (f": {key}" if key else "")

    def problem(self, location: Location, what: str, with_key: bool = True) -> Problem:
        """Return what is wrong at `location`; the key is left out where `what` names it."""
        if self.path is None:
            return Problem(self.where(location) if with_key else "", what)
        line = self.line(location)
        return Problem(self.where(location) if with_key else at_line(self.path, line), what, line)


class _TooDeepError(Exception):
    pass


class _Loader(yaml.SafeLoader):
    """Composes a tree of nodes; `refused` lists the tags, anchors and aliases that were passed over."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own name

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.depth = 0
        self.refused: list[tuple[int, str]] = []

    def compose_node(self, parent: yaml.Node | None, index: object) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            self.get_event()  # type: ignore[no-untyped-call]
            what = say("aliases are not used here; write the value out instead of '*{alias}'", alias=event.anchor)
            self.refused.append((line, what))
            return yaml.ScalarNode("tag:yaml.org,2002:null", "", event.start_mark)  # type: ignore[arg-type]
        if event.anchor is not None:
            self.refused.append((line, say("anchors are not used here; leave '&{anchor}' out", anchor=event.anchor)))
            event.anchor = None
        if event.tag is not None:
            what = say("tags are not used here and nothing is executed; leave '{tag}' out", tag=_shown(event.tag))
            self.refused.append((line, what))
            event.tag = None
            event.implicit = (True, False) if isinstance(event, yaml.ScalarEvent) else True
        self.depth += 1
        if self.depth > DEEPEST_NESTING:
            raise _TooDeepError(line)
        node = super().compose_node(parent, index)  # type: ignore[arg-type]
        self.depth -= 1
        return node


for _tag, _pattern, _first in (
    ("null", r"~|null|", ["~", "n", ""]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", r"[-+]?(0|[1-9][0-9]*)", list("-+0123456789")),
    (
        "float",
        r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)\.[0-9]*)([eE][-+]?[0-9]+)?|[-+]?(0|[1-9][0-9]*)[eE][-+]?[0-9]+",
        list("-+.0123456789"),
    ),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), _first)


def read_yaml(path: Path) -> Document:
    """Read a file as plain data.

    Raises
    ------
    InputError
        If there is no such plain file, or it is too large, not UTF-8, empty or not YAML at all. Lesser faults are
        listed in the document, so that they can be reported together with what else is wrong.
    """
    try:
        text = _text(path)
        loader = _Loader(text)
        root = loader.get_single_node()
    except _TooDeepError as error:
        raise _refusal(path, say("nested deeper than {levels} levels", levels=DEEPEST_NESTING), error.args[0]) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = " ".join(filter(None, (error.context, error.problem)))
        what = say("this is not YAML: {reason}", reason=reason)
        raise _refusal(path, what, mark.line + 1 if mark else None) from None
    except yaml.YAMLError as error:
        raise _refusal(path, say("this is not a text file: {reason}", reason=str(error).splitlines()[0])) from None
    if root is None:
        raise _refusal(path, say("the file is empty"))
    tree = _Tree(path, loader)
    data = tree.build(root, ())
    refused = [Problem(at_line(path, line), what, line) for line, what in dict.fromkeys(loader.refused)]
    return Document(path, data, tree.lines, tuple(refused + tree.problems))


def _shown(tag: str) -> str:
    """Return a tag as it stands in the file."""
    return tag.replace("tag:yaml.org,2002:", "!!")


def _refusal(path: Path, what: str, line: int | None = None) -> InputError:
    where = at_line(path, line) if line else str(path)
    return InputError(say("file {file}", file=path), [Problem(where, what)])


def _text(path: Path) -> str:
    try:
        if not path.is_file():
            is_folder = path.is_dir()
            raise _refusal(path, say("this is a folder, not a file") if is_folder else say("there is no such file"))
        size = path.stat().st_size
        if size > LARGEST_FILE:
            what = say("the file is too large: {size} bytes, at most {largest}", size=size, largest=LARGEST_FILE)
            raise _refusal(path, what)
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        what = say("the file is not UTF-8 text (byte {byte}); save it as UTF-8", byte=error.start + 1)
        raise _refusal(path, what) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise _refusal(path, say("the file can't be read: {reason}", reason=reason)) from None


class _Tree:
    """Turns nodes into data and keeps the line of each."""

    def __init__(self, path: Path, loader: _Loader) -> None:
        self.path, self.loader = path, loader
        self.lines: dict[Location, int] = {}
        self.problems: list[Problem] = []

    def refuse(self, node: yaml.Node, what: str) -> None:
        line = node.start_mark.line + 1
        self.problems.append(Problem(at_line(self.path, line), what, line))

    def build(self, node: yaml.Node, location: Location) -> object:
        self.lines.setdefault(location, node.start_mark.line + 1)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*location, number)) for number, item in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, location)
        try:
            found = self.loader.construct_object(node)
            if isinstance(found, str) and not is_whole(found):
                self.refuse(node, say("half a character stands here: {text}", text=found))
            return found
        except ValueError:  # Python refuses to read a number of more than 4,300 digits
            self.refuse(node, say("an enormous number"))
            return None

    def mapping(self, node: yaml.MappingNode, location: Location) -> dict[str, object]:
        found: dict[str, object] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.refuse(key, say("a key must be one word"))
                continue
            inside = (*location, key.value)
            if not is_whole(key.value):
                self.refuse(key, say("half a character stands here: {text}", text=key.value))
            if key.value in found:
                first = self.lines[inside]
                what = say("the key '{key}' is given twice; it stands in line {line} too", key=key.value, line=first)
                self.refuse(key, what)
                continue
            self.lines[inside] = key.start_mark.line + 1
            found[key.value] = self.build(value, inside)
        return found
