"""Extra constraints of a user in the plan folder, as plain tables that the audit and later commands read.

`extra_rows` holds number, rule, name, unit, lower, upper, base (what the row's constant adds to both bounds);
`extra_terms` holds number, family, zone, from, to, period, column, coefficient: of family `land` per hectare
of a move, else per unit of a column; `extra_columns` holds family, column, value, lower, upper, whole and
the cost in each objective.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from formulations.program import Columns, Quota, is_user
from instances.faults import Fault, InstanceError
from instances.land import codes_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from formulations.program import Program

LAND = "land"
TABLES = ("extra_rows", "extra_terms", "extra_columns")


def write_extra(program: Program, shares: NDArray[np.float64], folder: Path) -> None:
    """Write the tables into the plan folder; nothing where there are no extra constraints."""
    quotas = [quota for quota in program.quotas if is_user(quota.rule)]
    columns = [family for family in program.columns if is_user(family.family)]
    if not quotas and not columns:
        return
    first = np.cumsum([0, *map(len, quotas)])
    rows = [_rows(quota, int(start)) for quota, start in zip(quotas, first, strict=False)]
    terms = [_land(program, quota, int(start)) for quota, start in zip(quotas, first, strict=False)]
    terms += [_others(program, quota, int(start)) for quota, start in zip(quotas, first, strict=False)]
    values = [_values(program, family, shares) for family in columns]
    for name, parts in zip(TABLES, (rows, terms, values), strict=True):
        if parts:
            pd.concat(parts, ignore_index=True).to_parquet(folder / f"{name}.parquet", index=False)


def _rows(quota: Quota, first: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "number": first + np.arange(len(quota)),
            "rule": quota.rule,
            "name": quota.labels["id"].astype(str),
            "unit": quota.unit,
            "lower": quota.lower,
            "upper": quota.upper,
            "base": quota.labels["base"].astype(float),
        }
    )


def _land(program: Program, quota: Quota, first: int) -> pd.DataFrame:
    moves, names = program.moves, program.names
    zones, classes = names.zones.astype(str).to_numpy(), names.classes.astype(str).to_numpy()
    return pd.DataFrame(
        {
            "number": first + quota.cell,
            "family": LAND,
            "zone": zones[moves.zone[quota.index]],
            "from": classes[moves.source[quota.index]],
            "to": classes[moves.target[quota.index]],
            "period": np.array([0, *names.periods])[moves.period[quota.index]],
            "column": "",
            "coefficient": quota.weight,
        }
    )


def _others(program: Program, quota: Quota, first: int) -> pd.DataFrame:
    parts = []
    for family in program.columns:
        terms = quota.terms.get(family.family)
        if terms is None:
            continue
        entries = terms.tocoo()
        labels = family.labels.iloc[entries.col]
        years = labels["period"].to_numpy() if "period" in labels else 0
        part = {"number": first + entries.row, "family": family.family, "zone": "", "from": "", "to": ""}
        part |= {"period": years, "column": labels.iloc[:, 0].astype(str).to_numpy(), "coefficient": entries.data}
        parts.append(pd.DataFrame(part))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _values(program: Program, family: Columns, shares: NDArray[np.float64]) -> pd.DataFrame:
    start = program.offsets[family.family]
    return pd.DataFrame(
        {
            "family": family.family,
            "column": family.labels["name"].astype(str),
            "value": shares[start : start + len(family)],
            "lower": family.lower,
            "upper": family.upper,
            "whole": family.integer,
            **{name: family.cost.get(name, np.zeros(len(family))) for name in program.objectives},
        }
    )


def read_extra(program: Program, folder: Path) -> Program:
    """Return the Program with the extra constraints that a plan folder holds; the tables are data, nothing is run.

    Raises InstanceError where they do not fit the Program.
    """
    if not (folder / "extra_rows.parquet").is_file():
        return program
    rows, terms, columns = (_table(folder / f"{name}.parquet") for name in TABLES)
    families = [_family(program, str(name), part) for name, part in columns.groupby("family", sort=False)]
    program = replace(program, columns=(*program.columns, *families))
    land = terms[terms["family"] == LAND]
    land = land.assign(move=_moves(program, land))
    if (land["move"] < 0).any():
        raise InstanceError(
            [Fault(str(folder), "extra constraints name moves that do not exist", "solve the instance again")]
        )
    parts = []
    for (rule, unit), own in rows.groupby(["rule", "unit"], sort=False):
        parts.append(_quota(program, str(rule), str(unit), own.reset_index(drop=True), land, terms))
    return replace(program, quotas=(*program.quotas, *parts))


def _table(path: Path) -> pd.DataFrame:
    return pd.read_parquet(path) if path.is_file() else pd.DataFrame({"family": pd.Series(dtype=object)})


def _family(program: Program, name: str, part: pd.DataFrame) -> Columns:
    return Columns(
        family=name,
        labels=pd.DataFrame({"name": part["column"].to_numpy()}),
        lower=part["lower"].to_numpy(),
        upper=part["upper"].to_numpy(),
        integer=bool(part["whole"].iloc[0]),
        unit="1",
        cost={one: part[one].to_numpy() for one in program.objectives},
    )


def _moves(program: Program, land: pd.DataFrame) -> NDArray[np.int64]:
    """Return the move of each land term, -1 where it does not exist."""
    moves, names = program.moves, program.names
    classes, periods = names.classes.astype(str), (0, *names.periods)
    sizes = (len(names.zones), len(classes), len(classes), len(periods))
    codes = (
        codes_of(land["zone"], names.zones.astype(str)),
        codes_of(land["from"], classes),
        codes_of(land["to"], classes),
        codes_of(land["period"], pd.Series(periods)),
    )
    known = np.all([code >= 0 for code in codes], axis=0)
    own = np.ravel_multi_index((moves.zone, moves.source, moves.target, moves.period), sizes)
    wanted = np.ravel_multi_index(tuple(np.where(known, code, 0) for code in codes), sizes)
    order = np.argsort(own, kind="stable")
    place = np.minimum(np.searchsorted(own[order], wanted), len(own) - 1)
    return np.where(known & (own[order][place] == wanted), order[place], -1)


def _quota(
    program: Program, rule: str, unit: str, rows: pd.DataFrame, land: pd.DataFrame, terms: pd.DataFrame
) -> Quota:
    place = pd.Series(rows.index, index=rows["number"])
    land = land[land["number"].isin(place.index)]
    others: dict[str, sp.csr_array] = {}
    for family in program.columns:
        part = terms[(terms["family"] == family.family) & terms["number"].isin(place.index)]
        if len(part):
            entries = (part["coefficient"], (place[part["number"]].to_numpy(), _places(family, part)))
            others[family.family] = sp.csr_array(entries, shape=(len(rows), len(family)))
    return Quota(
        rule=rule,
        index=land["move"].to_numpy(dtype=np.int64),
        weight=land["coefficient"].to_numpy(dtype=float),
        cell=place[land["number"]].to_numpy(dtype=np.int64),
        rollup=sp.csr_array(sp.eye_array(len(rows))),
        lower=rows["lower"].to_numpy(),
        upper=rows["upper"].to_numpy(),
        labels=pd.DataFrame({"id": rows["name"], "base": rows["base"]}),
        unit=unit,
        terms=others,
    )


def _places(family: Columns, part: pd.DataFrame) -> NDArray[np.int64]:
    """Return the place of each term in its family: by name, and by period where the family has periods."""
    names = family.labels.iloc[:, 0].astype(str)
    if "period" in family.labels:
        return codes_of(
            part["column"] + "|" + part["period"].astype(str), names + "|" + family.labels["period"].astype(str)
        )
    return codes_of(part["column"], names)
