"""Values as TOML, for files that Sanqu writes."""

from __future__ import annotations

from typing import Any


def toml_value(value: Any) -> str:
    """Return a truth value, number, text or list of them as TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, int | float):
        return str(value)
    escaped = "".join(_escape(letter) for letter in str(value))
    return f'"{escaped}"'


def _escape(letter: str) -> str:
    if letter in '"\\':
        return "\\" + letter
    return letter if letter >= " " and letter != "\x7f" else f"\\u{ord(letter):04x}"
