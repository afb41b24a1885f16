"""The command line of a run: composed by Hydra from our own ``configs/``, then checked and frozen.

Hydra sees our own files and the overrides, nothing else: a scenario file is only named here and is read as data,
and nothing is ever instantiated. What wins: registry default < scenario file < variant < command line.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal

import hydra
from hydra import compose, initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, Quote, QuotedString, ValueType
from hydra.errors import HydraException
from omegaconf import OmegaConf
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from dxsim.characters import is_whole
from dxsim.errors import InputError, Problem, nearest
from dxsim.files import is_folder, shipped
from dxsim.language import say
from dxsim.scenario.registry import GROUPS, REGISTRY, Value, unknown
from dxsim.scenario.scenario import Scenario, load_scenario
from dxsim.terms.seeds import LARGEST_SEED

LONGEST_OVERRIDE = 1000  # characters
SYNTHETIC = "synthetic"  # the nation that ships with dxsim


def _is_nation(name: object) -> bool:
    return name == SYNTHETIC or is_folder(Path(str(name)))


def _nation(name: str) -> str:
    if not _is_nation(name):
        raise ValueError(name)
    return name


class Settings(BaseModel):
    """The keys of ``configs/config.yaml``."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    scenario: str
    nation: Annotated[str, Field(min_length=1), AfterValidator(_nation)]
    vendor_table: Annotated[str | None, Field(min_length=1)]
    seed: Annotated[int, Field(ge=0, le=LARGEST_SEED)]
    output: Annotated[str | None, Field(min_length=1)]
    figures: bool
    language: Literal["en", "ja"]


KEYS = (*Settings.model_fields, "variant")
TEXTS = ("scenario", "nation", "vendor_table", "output", "language", "variant")  # taken as typed, in any script
NULLABLE = ("vendor_table", "output")
CHOSEN = ("scenario", "variant", "seed")  # keys that may have several values in one command, beside parameters
MOST_CHOICES = 100_000  # values of one key
_SHOWN = 60  # characters of an override that is refused


@dataclass(frozen=True)
class RunConfiguration:
    """What a run is to do, checked.

    Attributes
    ----------
    scenario : Scenario
        Resolved, with variant and overrides in it.
    nation : str
        ``synthetic`` or a folder.
    seed : int
        0 to 2**63 - 1.
    output : Path or None
        Folder for the results; None stands for ``results/<scenario>-seed<seed>``, in which the name of another nation,
        the name of a vendor table and, unless all is as it ships, eight digits of a digest of what was run follow the
        scenario's name.
    figures : bool
        Whether to draw.
    language : str
        ``en`` or ``ja``.
    vendor_table : Path or None
        CSV file with real vendors; None: vendors are drawn.
    composed : dict
        What Hydra composed, without the parameters that nobody set; for the manifest.
    """

    scenario: Scenario
    nation: str
    seed: int
    output: Path | None
    figures: bool
    language: str
    vendor_table: Path | None
    composed: dict[str, Any]


def variant_names() -> tuple[str, ...]:
    """Return the names of the variants, the default first."""
    names = sorted(path.stem for path in (shipped("configs") / "variant").glob("*.yaml"))
    return tuple(sorted(names, key=lambda name: name != "default"))


def variant_values(name: str) -> dict[str, Value]:
    """Return the parameters that a variant sets, by full name, in the order of the registry."""
    return {key: REGISTRY[key].read(value) for key, value in _parameters(_compose([f"variant={name}"]))}


def read_command_line(overrides: Iterable[str]) -> RunConfiguration:
    """Turn overrides such as ``policy.deadline=2027-03`` into a checked configuration.

    Raises
    ------
    InputError
        With every problem of the overrides and of the scenario file that they name.

    Examples
    --------
    >>> read_command_line(["seed=7", "policy.deadline=2027-03"]).scenario.values["policy.deadline"]
    '2027-03'
    """
    accepted: dict[str, str] = {}
    problems: list[Problem] = []
    for override in overrides:
        try:
            key, value = _understood(override)
            if key in accepted:
                raise ValueError(say("{key} is given twice", key=key))
            accepted[key] = value
        except ValueError as error:
            problems.append(_problem(override, error))
    composed = _compose([f"{key}={value}" for key, value in accepted.items()])
    values = dict(_parameters(composed))
    settings = None
    try:
        settings = Settings.model_validate({key: composed[key] for key in Settings.model_fields})
    except ValidationError as error:
        problems += [Problem("", _refused(str(fault["loc"][0]), fault["input"])) for fault in error.errors()]
    try:
        scenario = load_scenario(composed["scenario"], values)
    except InputError as error:
        problems += error.problems
    if problems or settings is None:
        raise InputError(say("command line"), problems)
    return RunConfiguration(
        scenario=scenario,
        nation=settings.nation,
        seed=settings.seed,
        output=Path(settings.output) if settings.output else None,
        figures=settings.figures,
        language=settings.language,
        vendor_table=Path(settings.vendor_table) if settings.vendor_table else None,
        composed=settings.model_dump() | {"variant": composed["variant"]} | {"parameters": values},
    )


def read_choices(overrides: Iterable[str]) -> tuple[dict[str, list[object]], list[Problem]]:
    """Return the values of each key of a command line in Hydra's ``--multirun`` syntax, and what is wrong with it.

    A key of `CHOSEN` may have several: ``policy.deadline=2026-03,2027-03``, ``seed=range(1,6)``,
    ``variant=choice(default,small_first)``. Everything else is as for `read_command_line`.

    Returns
    -------
    dict of str to list
        Values as Hydra reads them, by key, at least one each.
    list of Problem
        One for each override that is refused.
    """
    found: dict[str, list[object]] = {}
    problems: list[Problem] = []
    for override in overrides:
        try:
            key, values = _choices(override)
            if key in found:
                raise ValueError(say("{key} is given twice", key=key))
            found[key] = values
        except ValueError as error:
            problems.append(_problem(override, error))
    return found, problems


def _choices(override: str) -> tuple[str, list[object]]:
    """Return key and values of one override.

    Raises
    ------
    ValueError
        With what to write instead.
    """
    key, value = _with_known_key(override)
    try:
        parsed = OverridesParser.create().parse_override(f"key={value}")
    except (HydraException, RecursionError):
        parsed = None  # a text in any script, or nothing that can be read: told below
    if parsed is None and key in CHOSEN and "," in value:
        raise ValueError(say("quote each name that is not plain letters: {key}='a','b'", key=key))
    if parsed is None or not parsed.is_sweep_override():
        _, text = _understood(override)
        only = OverridesParser.create().parse_override(f"key={text}").value()
        plain = _unquoted(only)
        if key == "nation" and not _is_nation(plain):
            raise ValueError(_refused(key, plain))
        return key, [plain]
    if key not in CHOSEN and key not in REGISTRY:
        raise _one_only(key)
    if parsed.is_interval_sweep() or parsed.value_type == ValueType.GLOB_CHOICE_SWEEP:
        raise ValueError(say("write the values themselves, choice(...) or range(...)"))
    if getattr(parsed.value(), "shuffle", False):
        raise ValueError(say("the order of runs does not matter; leave shuffle out"))
    try:
        values = [_on_grid(parsed, _unquoted(value)) for value in islice(parsed.sweep_iterator(), MOST_CHOICES + 1)]
    except (HydraException, ValueError) as error:
        raise ValueError(say("the value can't be read: {reason}", reason=str(error).splitlines()[0])) from None
    if len(values) > MOST_CHOICES:
        raise ValueError(say("more than {most} values", most=MOST_CHOICES))
    if key in TEXTS:
        return key, [_named(key, str(value)) for value in values]
    if not all(isinstance(value, bool | int | float | str | None) for value in values):
        raise ValueError(say("one plain value only, neither a list nor a group of keys"))
    return key, values


def _on_grid(parsed: Override, value: object) -> object:
    """Return a value of ``range(0,1,0.1)`` with as many decimals as start and step: 0.7, not 0.7000000000000001."""
    if not parsed.is_range_sweep() or not isinstance(value, float):
        return value
    written: Any = parsed.value()
    return round(value, max(-int(Decimal(repr(end)).as_tuple().exponent) for end in (written.start, written.step)))


def _unquoted(value: object) -> object:
    return value.text if isinstance(value, QuotedString) else value


def _problem(override: str, error: ValueError) -> Problem:
    return Problem(override[:_SHOWN], str(error))


def _refused(key: str, value: object) -> str:
    """Return why the value of a key of ``configs/config.yaml`` is refused."""
    bounds = {
        "nation": say("'{synthetic}' or a folder", synthetic=SYNTHETIC),
        "vendor_table": say("a file, or null"),
        "seed": say("a whole number from 0 to {largest}", largest=LARGEST_SEED),
        "output": say("a folder, or null"),
        "figures": say("true or false"),
        "language": say("en or ja"),
    }[key]
    hint = nearest(str(value), [SYNTHETIC]) if key == "nation" else ""
    return say("{key} must be {bounds} (got {value})", key=key, bounds=bounds, value=repr(value)) + hint


def _parameters(composed: dict[str, Any]) -> list[tuple[str, Any]]:
    """Return the parameters that somebody set, by full name."""
    return [
        (f"{group}.{name}", value) for group in GROUPS for name, value in composed[group].items() if value is not None
    ]


# Hydra 1.4 deprecates the argument that 1.3 asks for.
_HYDRA = {"version_base": "1.3"} if hydra.__version__.startswith("1.3") else {}


@cache
def _tell_hydra_of_parameters() -> None:
    empty: dict[str, dict[str, None]] = {group: {} for group in GROUPS}
    for parameter in REGISTRY.values():
        empty[parameter.group][parameter.name] = None
    ConfigStore.instance().store(name="parameters", node=empty)


def _compose(overrides: Sequence[str]) -> dict[str, Any]:
    """Let Hydra compose our own files and overrides that were understood before."""
    _tell_hydra_of_parameters()
    with initialize_config_dir(config_dir=str(shipped("configs").resolve()), **_HYDRA):
        composed = compose(config_name="config", overrides=list(overrides), return_hydra_config=True)
    chosen = composed.hydra.runtime.choices.variant
    content: Any = OmegaConf.to_container(composed, resolve=False)
    return {**content, "variant": chosen}


def _understood(override: str) -> tuple[str, str]:
    """Return key and value of one override, the value in the form that Hydra reads.

    Raises
    ------
    ValueError
        If it is not ``KEY=VALUE`` with a known key and one plain value; the message says what to write instead.
    """
    key, value = _with_known_key(override)
    return key, _text(key, value) if key in TEXTS else _plain_value(key, value)


def _with_known_key(override: str) -> tuple[str, str]:
    """Return key and value of one override, the value as typed.

    Raises
    ------
    ValueError
        If it is not ``KEY=VALUE`` with a known key.
    """
    if len(override) > LONGEST_OVERRIDE:
        raise ValueError(say("longer than {longest} characters", longest=LONGEST_OVERRIDE))
    if is_unprintable(override):
        raise ValueError(say("has characters that can't be printed"))
    if "${" in override:
        raise ValueError(say("references (${{...}}) are not read; write the value itself"))
    key, equals, value = override.partition("=")
    bare = key.lstrip("+~")
    if not bare:
        raise ValueError(say("write KEY=VALUE"))
    if bare.split(".")[0].split("/")[0] == "hydra":
        raise ValueError(say("Hydra's own settings can't be changed here"))
    if bare in GROUPS:
        example = _members(bare)[0]
        raise ValueError(
            say(
                "{group} is a group; name one of its parameters, for example {example}=VALUE",
                group=bare,
                example=example,
            )
        )
    if bare not in KEYS and bare not in REGISTRY:
        hint = nearest(bare, KEYS)
        raise ValueError(say("no such key{hint}", hint=hint) if hint else unknown(bare))
    if not equals and bare == key:
        raise ValueError(say("write {key}=VALUE", key=key))
    if bare != key:
        raise ValueError(say("keys are neither added nor removed; write {key}=VALUE", key=bare))
    return key, value


def is_unprintable(text: str) -> bool:
    """Return whether `text` has control characters or bytes that are no text."""
    return not is_whole(text) or any(unicodedata.category(letter) == "Cc" for letter in text)


def _members(group: str) -> list[str]:
    return [parameter.key for parameter in REGISTRY.values() if parameter.group == group]


def _text(key: str, value: str) -> str:
    """Return a text for Hydra; Japanese, blanks and brackets are taken as they are."""
    if value[:1] in ("'", '"') and value[-1:] == value[:1] and len(value) > 1:
        value = value[1:-1]
    elif "," in value:
        raise _one_only(key, say(" (or quote a name with a comma: {key}='a,b')", key=key))
    elif value == "null" and key in NULLABLE:
        return value
    return str(QuotedString(text=_named(key, value), quote=Quote.single).with_quotes())


def _named(key: str, value: str) -> str:
    """Return a name or a path, its user's folder written out."""
    if key == "variant" and value not in variant_names():
        known = variant_names()
        hint = nearest(value, known)
        what = say("no variant '{name}'{hint} (known: {known})", name=value, hint=hint, known=", ".join(known))
        raise ValueError(what)
    if value.startswith("~"):
        try:
            value = str(Path(value).expanduser())
        except RuntimeError:
            raise ValueError(say("there is no such user's folder")) from None
    return value


def _one_only(key: str, hint: str = "") -> ValueError:
    """Return the refusal of several values for a key of a single run."""
    if key in CHOSEN or key in REGISTRY:
        return ValueError(say("one value only; add --multirun for a run with each{hint}", hint=hint))
    return ValueError(say("one value only; run dxsim once for each{hint}", hint=hint))


def _plain_value(key: str, value: str) -> str:
    """Return `value` if Hydra's grammar reads it as one number, word or truth value."""
    try:
        parsed = OverridesParser.create().parse_override(f"key={value}")
        plain = parsed.value()
    except (HydraException, RecursionError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(say("the value can't be read: {reason}", reason=reason)) from None
    if parsed.is_sweep_override():
        raise _one_only(key)
    if not isinstance(plain, bool | int | float | str | QuotedString | None):
        raise ValueError(say("one plain value only, neither a list nor a group of keys"))
    return value
