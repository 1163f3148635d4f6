"""The fields of the survey standard, and what local databases call them.

字段名对照。A field is found under its local name from the configuration, else under its own name,
upper and lower case alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from instances.faults import Fault, InstanceError

if TYPE_CHECKING:
    from instances.readers.dltb.config import Config
    from instances.readers.dltb.layers import Layer

PARCEL_FIELDS = {
    "DLBM": "land class code 地类编码",
    "TBDLMJ": "area of the class without ridges, m2 图斑地类面积",
    "KCMJ": "area of ridges, m2 扣除面积",
    "KCDLBM": "class of what is deducted 扣除地类编码",
    "TBMJ": "area of the parcel, m2 图斑面积",
    "BSM": "identifier 标识码",
    "ZLDWDM": "code of the village where it lies 坐落单位代码",
    "ZLDWMC": "name of that village 坐落单位名称",
    "QSDWDM": "code of the owning village 权属单位代码",
    "GDPDJB": "slope class of cropland 耕地坡度级别",
    "GDDB": "grade of cropland 耕地等别",
    "CZCSXM": "city, town or village attribute 城镇村属性码",
}
REQUIRED = ("DLBM", "TBDLMJ")
UNIT_FIELDS = ("ZLDWDM", "QSDWDM")


def find(layer: Layer, config: Config, field: str) -> str | None:
    """Return what a layer calls a field, None where it has none."""
    names = {str(name).upper(): str(name) for name in layer.table.columns}
    return names.get(config.fields.get(field, field).upper())


def parcels_table(layer: Layer, config: Config) -> pd.DataFrame:
    """Return the parcels under the standard's names; absent optional fields are empty.

    Raises InstanceError naming every field that is needed and not there.
    """
    faults = [
        Fault("[fields]", f"{name!r} is no field of DLTB", f"one of {', '.join(PARCEL_FIELDS)}")
        for name in config.fields
        if name not in PARCEL_FIELDS and name not in ("XZQDM", "XZQMC")
    ]
    found = {field: find(layer, config, field) for field in PARCEL_FIELDS}
    held = ", ".join(map(str, layer.table.columns))
    for field in REQUIRED:
        if found[field] is None:
            hint = f"{PARCEL_FIELDS[field]}; state its local name under [fields]; the layer has {held}"
            faults.append(Fault(str(layer.place), "field is missing", hint, column=config.fields.get(field, field)))
    for field, local in config.fields.items():
        if field in PARCEL_FIELDS and field not in REQUIRED and found[field] is None:
            faults.append(Fault(str(layer.place), "field is missing", f"the layer has {held}", column=local))
    if not any(found[field] for field in UNIT_FIELDS):
        hint = f"{PARCEL_FIELDS['ZLDWDM']}; state its local name under [fields]; the layer has {held}"
        faults.append(Fault(str(layer.place), "neither ZLDWDM nor QSDWDM is there", hint))
    if faults:
        raise InstanceError(faults)
    empty = pd.Series("", index=layer.table.index)
    return pd.DataFrame({field: layer.table[name] if name else empty for field, name in found.items()})


def text(values: pd.Series) -> pd.Series:
    """Return values as stripped text; empty where there is none; whole numbers without a decimal point."""
    if pd.api.types.is_float_dtype(values):
        whole = values.astype("Int64") if (values.dropna() % 1 == 0).all() else values
        return whole.astype("str").where(values.notna(), "")
    plain = values.astype("str").str.strip().str.strip("\x00")
    return plain.where(values.notna() & ~plain.isin(["None", "nan", "<NA>"]), "")


def codes(values: pd.Series, width: int) -> pd.Series:
    """Return codes as text; those stored as numbers get their leading zeros back."""
    plain = text(values)
    if pd.api.types.is_numeric_dtype(values):
        return plain.where(plain == "", plain.str.zfill(width))
    return plain


def small_integers(values: pd.Series, most: int) -> pd.Series:
    """Return whole numbers from 0 to `most`; 0 where there is none."""
    numbers = pd.to_numeric(text(values), errors="coerce")
    return numbers.where(numbers.between(0, most), 0).fillna(0).astype("int64")
