"""What a scenario changes in a table: values set, scaled or shifted, rows dropped or added, a control line moved.

情景改动：对表中选定的行赋值、按比例缩放、加减，删除或增加行，或移动控制线。
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from instances import schema

if TYPE_CHECKING:
    from instances.schema import Table


def _cell(value: object) -> object:
    if not isinstance(value, float | int | str | bool):
        raise ValueError("must be a number, a text, or true or false")
    return value


def _cells(value: object) -> object:
    if isinstance(value, list | tuple):
        return tuple(map(_cell, value))
    try:
        return _cell(value)
    except ValueError as error:
        raise ValueError(f"{error}, or a list of these") from error


Value = Annotated[float | int | str | bool, BeforeValidator(_cell)]
"""A cell; truth values are flags."""

Values = Annotated[float | int | str | bool | tuple[float | int | str | bool, ...], BeforeValidator(_cells)]
"""A cell, or several."""

LONG = 120
"""Letters of added rows that a line of words holds."""

ACTIONS = ("set", "scale", "add", "drop", "append")
"""What may be done to rows of a table, one a change."""


def known_table(name: str) -> str:
    """Return the name of a table as it is; raises ValueError for one that no instance has."""
    part, _, table = name.partition("/")
    if table not in [one.name for one in schema.tables().get(part, ())]:
        raise ValueError(f"{name!r} is no table; write it as land/quotas")
    return name


class Change(BaseModel):
    """One change of one table.

    Attributes
    ----------
    table
        `part/table`, as in `land/quotas`.
    where
        Column: value, or list of values, of the rows meant; all that are named must agree, no entry means every row.
        Texts may hold `*` and `?`, which stand for themselves where a row holds the text as it is.
    column
        What is changed; not for `drop` and `append`.
    set, scale, add
        The new value, the factor, or what is added.
    drop
        Rows are deleted.
    append
        Rows that are added, column by column.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: str
    where: dict[str, Values] = Field(default_factory=dict)
    column: str = ""
    set: Value | None = None
    scale: float | None = Field(default=None, allow_inf_nan=False, strict=True)
    add: float | None = Field(default=None, allow_inf_nan=False, strict=True)
    drop: bool = Field(default=False, strict=True)
    append: tuple[dict[str, Value], ...] = ()

    @field_validator("table")
    @classmethod
    def _known(cls, table: str) -> str:
        return known_table(table)

    @model_validator(mode="after")
    def _one_action(self) -> Change:
        given = self._given()
        if len(given) != 1:
            raise ValueError(f"needs exactly one of {', '.join(ACTIONS)}; it has {', '.join(given) or 'none'}")
        if (given[0] in ("set", "scale", "add")) != bool(self.column):
            raise ValueError("column goes with set, scale and add, and only with these")
        if self.append and self.where:
            raise ValueError("where chooses rows that are there; append adds others")
        return self

    @property
    def action(self) -> str:
        """What is done to the rows."""
        return self._given()[0]

    def _given(self) -> list[str]:
        asked = {name: getattr(self, name) is not None for name in ("set", "scale", "add")}
        asked |= {"drop": self.drop, "append": bool(self.append)}
        return [name for name in ACTIONS if asked[name]]

    @property
    def declared(self) -> Table:
        """The table as it is declared."""
        part, _, name = self.table.partition("/")
        return schema.table(part, name)

    def words(self) -> str:
        """Return the change in a line."""
        rows = " ".join(f"{column}={_list(value)}" for column, value in self.where.items())
        if self.append:
            added = "; ".join(" ".join(f"{column}={value}" for column, value in row.items()) for row in self.append)
            return f"{self.table}: + {len(self.append)} ({added if len(added) < LONG else added[:LONG] + ' ...'})"
        sign = {"set": "=", "scale": "×", "add": "+", "drop": "-"}[self.action]
        done: Any = f"{self.column} {sign} {getattr(self, self.action)}" if self.column else "- all of them"
        return f"{self.table} [{rows or 'every row'}]: {done}"


def _list(value: Value | tuple[Value, ...]) -> str:
    return "|".join(map(str, value)) if isinstance(value, tuple) else str(value)


class LineMove(BaseModel):
    """A control line that is moved so that what lies inside grows or shrinks by a part of its area.

    Zones are taken whole, those first that share the longest border with the line for their size; `by` may be negative.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    line: Literal["red_line", "farmland", "boundary"]
    by: float = Field(gt=-1.0, allow_inf_nan=False, strict=True)
    region: str = ""

    def words(self) -> str:
        """Return the move in a line."""
        return f"{self.line}{f' ({self.region})' if self.region else ''}: area × {1 + self.by:g}"
