"""What a validator found wrong with a file, as a fault: which entry by its name, which key, what to do."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from instances.faults import Fault
from instances.settings import words

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


WORDS = {
    r"Input should be a valid integer": "must be a whole number",
    r"Input should be a valid string": "must be a text",
    r"Input should be a valid boolean": "must be true or false",
    r"Input should be a valid": "must be a",
    r"Input should be": "must be",
    r"String should have at least 1 character": "must not be empty",
    r"(Tuple|String) should have": "must have",
    r" after validation, not \d+": "",
    r", unable to parse string as a.*": "",
}
"""What the validator says, as a pattern, in other words."""


def told_once(found: list[ErrorDetails]) -> list[ErrorDetails]:
    """Return what the validator found, without lists that are too short only because an entry of them is wrong."""
    wrong = [item["loc"] for item in found]
    return [
        item
        for item in found
        if item["type"] != "too_short"
        or not any(at != item["loc"] and at[: len(item["loc"])] == item["loc"] for at in wrong)
    ]


def refused(place: str, model: type[BaseModel], raw: dict[str, Any], item: ErrorDetails) -> Fault:
    """Return one thing that the validator found; `model` is that of the whole file, `raw` what it holds."""
    at: list[str] = []
    entry: Any = raw
    for step in item["loc"]:
        entry = _within(entry, step)
        model = _model_of(model, step) or model
        name = entry.get("name") if isinstance(entry, dict) and isinstance(step, int) else None
        named = isinstance(name, str) and bool(name.strip()) and name.isprintable()
        at.append(str(name) if named else f"{step + 1}" if isinstance(step, int) else step)
    message = words(item["msg"])
    for theirs, ours in WORDS.items():
        message = re.sub(theirs, ours, message)
    if item["type"] == "missing":
        message = "is missing"
    if item["type"] == "string_pattern_mismatch":
        message = "must be of letters, digits, _, - and ., and begin with a letter or digit"
    if item["type"] in ("model_type", "tuple_type", "dict_type"):
        message = f"is written as {_kind(entry)}, but must be {_shape(item['type'], item['loc'])}"
    hint = "see docs/howto/studies.md"
    if item["type"] == "extra_forbidden":
        hint = _known(model, str(item["loc"][-1]))
    return Fault(place, message, hint, column=".".join(at))


def _within(entry: Any, step: int | str) -> Any:
    """Return what lies under a key or number; None where there is nothing."""
    try:
        return entry[step]
    except (KeyError, IndexError, TypeError):
        return None


def _model_of(model: type[BaseModel], step: int | str) -> type[BaseModel] | None:
    """Return the model of what a key holds; None where it holds none, or `step` is no key."""
    for name, field in model.model_fields.items():
        if step in (name, field.alias):
            inner = [one for one in (field.annotation, *get_args(field.annotation)) if isinstance(one, type)]
            return next((one for one in inner if issubclass(one, BaseModel)), None)
    return None


def _known(model: type[BaseModel], wanted: str) -> str:
    """Return a hint at the keys that a table of the file may have, the one that is probably meant first."""
    keys = [field.alias or name for name, field in model.model_fields.items()]
    near = get_close_matches(wanted, keys, 1)
    return f"{f'did you mean {near[0]}? ' if near else ''}known are {', '.join(keys)}"


def _kind(entry: Any) -> str:
    named = {dict: "one table", list: "a list", str: "a text", bool: "true or false"}
    return named.get(type(entry), "a number")


def _shape(kind: str, where: tuple[int | str, ...]) -> str:
    if kind == "tuple_type":
        return f"a list: [ ... ], or [[{'.'.join(str(one) for one in where if isinstance(one, str))}]] for tables"
    return "a table: [ ... ] with keys below it"
