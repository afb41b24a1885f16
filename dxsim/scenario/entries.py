"""What files of scenarios and studies have in common: their texts, and faults of their entries put into words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ConfigDict, GetPydanticSchema, StringConstraints
from pydantic_core.core_schema import literal_schema

from dxsim.errors import Problem, nearest
from dxsim.language import say
from dxsim.scenario.plain_yaml import Document, Location

NAME = re.compile(r"[\w-]{1,60}")
_QUOTED = re.compile(r"'([^']+)'")
Line = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class PlainEntries(BaseModel):
    """Keys of a file; a key that is not among them is refused, and nothing is converted."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class BilingualText(PlainEntries):
    """A text in English, in Japanese or in both; the one stands in for the other."""

    en: Line | None = None
    ja: Line | None = None

    def texts(self) -> dict[str, str]:
        """Return the text by language."""
        return {"en": self.en or self.ja or "", "ja": self.ja or self.en or ""}


def _in_either_language(value: object) -> object:
    return value if isinstance(value, dict) else {"en": value}


Caption = Annotated[BilingualText, BeforeValidator(_in_either_language)]  # a plain text is for both languages


def one_of(names: Sequence[str]) -> GetPydanticSchema:
    """Return what makes of a text one of `names`, where a table lists them."""
    return GetPydanticSchema(lambda *_: literal_schema(list(names)))


def name_rule() -> str:
    """Return what a name must be."""
    return say("a name has letters, digits, _ and - only, at most 60")


def explain(document: Document, fault: Mapping[str, Any], entries: type[BaseModel]) -> Problem:
    """Return one of pydantic's faults in words that name the line, the key and the way out."""
    location: Location = fault["loc"]
    if fault["type"] == "extra_forbidden":
        what = say("no such key{hint}", hint=nearest(str(location[-1]), _keys(entries, location[:-1])))
    elif fault["type"] == "missing":
        what = say("is missing")
    else:
        what = say("{must} (got {value})", must=_must(fault), value=short(fault["input"]))
        if isinstance(fault["input"], str) and fault["type"] == "literal_error":
            what += nearest(fault["input"], _QUOTED.findall(fault["ctx"]["expected"]))
    return document.problem(location, what)


def _must(fault: Mapping[str, Any]) -> str:
    """Return what a value must be."""
    context = fault.get("ctx", {})
    match fault["type"]:
        case "value_error":
            return str(context["error"])
        case "model_type" | "dict_type":
            return say("must have keys of its own")
        case "list_type":
            return say("must be a list")
        case "string_type":
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


def _keys(entries: type[BaseModel], location: Location) -> tuple[str, ...]:
    """Return the keys that may stand at `location`."""
    return tuple(_fields(_annotation(entries, location)))


def _annotation(entries: type[BaseModel], location: Location) -> object:
    """Return the type of what stands at `location`."""
    found: object = entries
    for part in location:
        fields = _fields(found)
        found = _bare(fields[str(part)] if fields else get_args(found)[-1])  # of a list or a mapping
    return found


def _fields(annotation: object) -> dict[str, object]:
    """Return the keys of a model and their types."""
    if not isinstance(annotation, type) or not issubclass(annotation, BaseModel):
        return {}
    return {entry.alias or name: entry.annotation for name, entry in annotation.model_fields.items()}


def _bare(annotation: object) -> object:
    """Return a type without its constraints, and without "or none"."""
    while get_origin(annotation) in (Annotated, Union, UnionType):
        annotation = next(argument for argument in get_args(annotation) if argument is not type(None))
    return annotation
