"""Entries: what a user writes in a file or in Python, one class for each concept, checked alike in both.

An entry of a file is read by `read_entry`, which tells all that is wrong with the lines; an entry made in Python
tells it with the keys alone. A validator knows the two apart by its context: the folder of the file, or None.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field, fields, is_dataclass
from functools import wraps
from pathlib import Path, PurePath
from types import UnionType
from typing import Annotated, Any, Protocol, TypeVar, Union, dataclass_transform, get_args, get_origin

import numpy as np
from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    GetPydanticSchema,
    PlainValidator,
    StringConstraints,
    ValidationError,
    ValidationInfo,
)
from pydantic.dataclasses import dataclass
from pydantic_core import InitErrorDetails, PydanticCustomError
from pydantic_core.core_schema import literal_schema

from dxsim.errors import InputError, Problem, nearest
from dxsim.language import say
from dxsim.scenario.plain_yaml import Document, Location

T = TypeVar("T")

_QUOTED = re.compile(r"'([^']+)'")
Line = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Whole = Annotated[int, Field(strict=True)]
Truth = Annotated[bool, Field(strict=True)]
Number = Annotated[float, Field(strict=True)]

# Nothing that is unknown is passed over. A key may have another name in a file than in Python.
_CHECKED = ConfigDict(extra="forbid", allow_inf_nan=False, validate_by_name=True, validate_by_alias=True)


@dataclass_transform(frozen_default=True, field_specifiers=(field, Field))
def entry(key: str = "") -> Callable[[type[T]], type[T]]:
    """Make a class a frozen dataclass whose fields are checked; mistakes in Python are an `InputError` too.

    Parameters
    ----------
    key : str
        Under which it stands in another entry; problems name it before the field. A study stands in none.
    """

    def made(cls: type[T]) -> type[T]:
        checked: Any = dataclass(frozen=True, config=_CHECKED)(cls)
        build, names = checked.__init__, [part.name for part in fields(checked)]

        @wraps(build)
        def init(self: object, *given: object, **named: object) -> None:
            parts = dict(**dict(zip(names[: len(given)], given, strict=True)), **named)
            told = {name: plain(part) for name, part in parts.items()}
            document = Document(None, told, {}, ())
            if problems := _problems(checked, document, lambda: build(self, **told), (key,) if key else ()):
                raise InputError(key or say("study"), problems)

        checked.__init__ = init
        return checked  # type: ignore[no-any-return]

    return made


def read_entry(kind: type[T], document: Document, keys: str) -> tuple[T | None, list[Problem]]:
    """Return what a file says, if nothing is wrong with it, and what is wrong with it.

    Parameters
    ----------
    kind : type
        An entry.
    document : Document
        The file.
    keys : str
        What is said of a file that has no keys.
    """
    if not isinstance(document.data, dict):
        return None, [*document.problems, document.problem((), keys)]
    found: list[T] = []
    folder = document.path.parent if document.path else Path()
    checker: Any = kind

    def read() -> None:
        validator = checker.__pydantic_validator__
        found.append(validator.validate_python(document.data, context=folder, by_name=False, by_alias=True))

    problems = [*document.problems, *_problems(kind, document, read)]
    return (found[0] if found else None), problems


def _problems(kind: type, document: Document, make: Callable[[], None], within: Location = ()) -> list[Problem]:
    """Return what is wrong when an entry is made of a document: with its parts, and with parts that do not go together.

    The latter are told by the entry's own ``together``, which looks at the data as given, whatever is wrong with parts.
    """
    problems = []
    try:
        make()
    except ValidationError as error:
        problems = [
            document.problem((*within, *fault["loc"]), *_explained(fault, kind))
            for fault in error.errors(include_url=False)
        ]
    if hasattr(kind, "together"):
        problems += [
            document.problem(location, what, with_key) for location, what, with_key in kind.together(document.data)
        ]
    return problems


def plain(value: object) -> object:
    """Return what was given in Python as a file would have it: texts, numbers, lists and keys."""
    if is_dataclass(value):
        if hasattr(value, "data"):
            return value.data()
        parts = ((part.name, plain(getattr(value, part.name))) for part in fields(value))
        return {name: part for name, part in parts if part is not None}
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple | range | np.ndarray):
        return [plain(part) for part in value]
    if isinstance(value, PurePath):
        return value.as_posix()
    return value.item() if isinstance(value, np.generic) else value


def said(what: str, with_key: bool = True) -> PydanticCustomError:
    """Return the error of a value, in a whole sentence; the key is left out where `what` names it."""
    return PydanticCustomError("said", "{what}", {"what": what, "with_key": with_key})


class Refuse(Protocol):
    """Tells what is wrong with a part of a value."""

    def __call__(self, what: str, *location: str | int, with_key: bool = True) -> None:
        """Say `what` is wrong with the part at this place; leave the key out where `what` names it."""


@contextmanager
def faults() -> Iterator[Refuse]:
    """Collect all that is wrong with parts of a value, for a validator."""
    found: list[InitErrorDetails] = []

    def refuse(what: str, *location: str | int, with_key: bool = True) -> None:
        found.append(InitErrorDetails(type=said(what, with_key), loc=location, input=None))

    yield refuse
    if found:
        raise ValidationError.from_exception_data("entry", found)


def is_file(info: ValidationInfo[Any]) -> bool:
    """Return whether a value stands in a file."""
    return info.context is not None


@entry()
class _Texts:
    en: Line | None = None
    ja: Line | None = None


def _texts(value: object, info: ValidationInfo) -> dict[str, str]:
    """Return a text by language, the one standing in for the other; there may be none."""
    if not value and not is_file(info):
        return {}
    checker: Any = _Texts
    found = _Texts()
    with faults() as refuse:
        try:
            found = checker.__pydantic_validator__.validate_python(value if isinstance(value, dict) else {"en": value})
        except ValidationError as error:
            for fault in error.errors(include_url=False):
                what, _ = _explained(fault, _Texts)
                refuse(what, *fault["loc"])
    text = found.en or found.ja
    return {"en": found.en or text, "ja": found.ja or text} if text else {}


def _some_text(texts: Mapping[str, str], info: ValidationInfo) -> Mapping[str, str]:
    if is_file(info) and not texts:
        raise said(say("needs a text in en, in ja or in both"))
    return texts


def one_of(names: Sequence[str]) -> GetPydanticSchema:
    """Return what makes of a text one of `names`, where a table lists them."""
    return GetPydanticSchema(lambda *_: literal_schema(list(names)))


def _filled(value: object) -> object:
    """Refuse an empty list. (Pydantic's own check takes a list of wrong items for an empty one.)"""
    if value == []:
        raise ValueError(say("must not be empty"))
    return value


def _name(name: str) -> str:
    if not re.fullmatch(r"[\w-]{1,60}", name):
        raise said(say("a name has letters, digits, _ and - only, at most 60"))
    return name


Name = Annotated[Line, AfterValidator(_name)]
Texts = Annotated[Mapping[str, str], PlainValidator(_texts)]
SomeText = Annotated[Texts, AfterValidator(_some_text)]  # in a file there must be one
Filled = Annotated[tuple[T, ...], BeforeValidator(_filled)]


def _explained(fault: Mapping[str, Any], kind: type) -> tuple[str, bool]:
    """Return one of pydantic's faults in words that name the way out, and whether the key is to be named before."""
    location: Location = fault["loc"]
    match fault["type"]:
        case "unexpected_keyword_argument":
            return say("no such key{hint}", hint=nearest(str(location[-1]), _keys(kind, location[:-1]))), True
        case "missing":
            return say("is missing"), True
        case "said":
            return fault["ctx"]["what"], fault["ctx"]["with_key"]
    what = say("{must} (got {value})", must=_must(fault), value=short(fault["input"]))
    if isinstance(fault["input"], str) and fault["type"] == "literal_error":
        what += nearest(fault["input"], _QUOTED.findall(fault["ctx"]["expected"]))
    return what, True


def _must(fault: Mapping[str, Any]) -> str:
    """Return what a value must be."""
    context = fault.get("ctx", {})
    match fault["type"]:
        case "value_error":
            return str(context["error"])
        case "dataclass_type" | "dict_type":
            return say("must have keys of its own")
        case "tuple_type":
            return say("must be a list")
        case "string_type" | "string_unicode":
            return say("must be text")
        case "int_type":
            return say("must be a whole number")
        case "float_type":
            return say("must be a number")
        case "bool_type":
            return say("must be true or false")
        case "too_short" | "string_too_short":
            return say("must not be empty")
        case "too_long":
            return say("must have at most {max_length} entries", **context)
        case "string_too_long":
            return say("must have at most {max_length} characters", **context)
        case "finite_number":
            return say("must be a finite number")
        case "greater_than_equal":
            return say("must be greater than or equal to {ge:g}", **context)
        case "less_than_equal":
            return say("must be less than or equal to {le:g}", **context)
        case "literal_error":
            others, _, last = context["expected"].rpartition(" or ")
            return say("must be {others} or {last}", others=others, last=last)
        case _:
            return str(fault["msg"])


def short(value: object) -> str:
    """Return what a user gave, short enough for one line."""
    kind = {dict: say("a list of keys"), list: say("a list"), type(None): say("nothing")}.get(type(value))
    return kind or (repr(value) if len(repr(value)) <= 60 else f"{repr(value)[:57]}...")


def _keys(kind: type, location: Location) -> tuple[str, ...]:
    """Return the keys that may stand at `location`."""
    return tuple(_fields(_annotation(kind, location)))


def _annotation(kind: type, location: Location) -> object:
    """Return the type of what stands at `location`."""
    found: object = kind
    for part in location:
        known = _fields(found)
        found = _bare(known[str(part)] if known else _inside(found))
    return found


def _fields(annotation: object) -> dict[str, object]:
    """Return the keys of an entry and their types."""
    known = getattr(annotation, "__pydantic_fields__", {})
    return {str(part.validation_alias or name): part.annotation for name, part in known.items()}


def _inside(annotation: object) -> object:
    """Return the type of what is in a tuple or a mapping."""
    return [argument for argument in get_args(annotation) if argument is not ...][-1]


def _bare(annotation: object) -> object:
    """Return a type without its constraints, and without "or none"."""
    while get_origin(annotation) in (Annotated, Union, UnionType):
        annotation = next(argument for argument in get_args(annotation) if argument is not type(None))
    return annotation
