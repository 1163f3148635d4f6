"""A hand-made instance and a valid plan of it, whose every figure was worked out by hand.

Base year 2020, periods ending 2024, 2030, 2040; a change acts from 2022, 2027, 2035: T = 18, 13, 5 years.
City C = districts A + B. Twelve zones:

    z1  A crop 100, grade 5, boundary         z7  B bare 20, whole, afforestable   (unit U1, project P1)
    z2  A crop 80, grade 3, farmland, bdry    z8  B pond 30                        (half in unit U2, P2)
    z3  A vil 40, village, potential 4        z9  B crop 50, grade 6, retirement, slope 5
    z4  A ind 30 + hou 20, city, boundary     z10 B orch 40, potential 5, lots >= 4 ha
    z5  B fore 60, red line general, bdry     z11 B vil 30, village, potential 6, slope 5 (U3, P3, locked out)
    z6  B wet 50, red line core               z12 B bare 10, boundary, cost factor 2

Stocks tCO2/ha (V + S): crop 20+80, orch 24+96, fore 110+110 (60 tC, half soil), wet 60+240, built 10+40,
bare 8+32, pond 0. Sinks tCO2/ha/yr: fore 4.4 in B (1.2 tC), wet 2.2, orch 1.1, pond 1, crop -0.5.

    move                       ha  period  flux tCO2/ha                              stock tCO2/ha  cost 10k CNY
    m1 z1  crop-ind            10  2024    10 + 40*18/20 + embodied 40 = 86           86             (10+1.5)*10 = 115
    m2 z3  vil-crop            12  2024    new source 18*0.5 = 9                      0              5*12 = 60
    m3 z4  ind-hou              5  2030    embodied 30                                30             20*5 = 100
    m4 z7  bare-fore (P1)      20  2030    -(13-10/2)*4.4 = -35.2                     -180*13/20     2*20 = 40
    m5 z8  pond-wet (P2)       10  2040    lost sink 5 (from water: no credit)        0              3*10 = 30
    m6 z9  crop-fore            6  2040    -0.5*5 - 5*5/20*4.4 = -8                   -120*5/20      1*6 = 6
    m7 z10 orch-crop            8  2030    4 + 16*13/20 + 14.3 + 6.5 = 35.2           14.4           (4-1)*8 = 24
    m8 z12 bare-hou             3  2030    embodied 30                                30             8*2*3 = 48
    m9 z1  crop-hou             4  2040    10 + 40*5/20 + 30 = 50                     50             12*4 = 48

Flux: 860 + 108 + 150 - 704 + 50 - 48 + 281.6 + 90 + 200 = 987.6; sum of magnitudes 2491.6.
Stock: 860 + 0 + 150 - 2340 + 0 - 180 + 115.2 + 90 + 200 = -1104.8. Cost: 471 + projects 100 + 50 = 621.
KAYA is 10*2*1 = 20 (1e4 t) in every year (population doubles, intensity halves): 20 years x 200 000 t.
Present sinks: A -0.5*180 = -90; B 264 + 110 + 30 - 25 + 44 = 423; together 333 t/yr x 20 years = 6660.
Constant (flux, top-down): 4 000 000 - 6660 = 3 993 340.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from io import StringIO
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from pathlib import Path

FLUX, STOCK, COST, MAGNITUDES = 987.6, -1104.8, 621.0, 2491.6
ACTIVITY, SINKS = 4_000_000.0, -6660.0

_ZONES = """zone,region,red_line,farmland,boundary,slope_class,grade,potential_grade,built_kind,retirement,afforestable,whole,min_lot_ha,cost_factor
z1,A,,0,1,1,5,0,,0,0,0,0,1
z2,A,,1,1,1,3,3,,0,0,0,0,1
z3,A,,0,0,1,0,4,village,0,0,0,0,1
z4,A,,0,1,1,0,0,city,0,0,0,0,1
z5,B,general,0,1,1,0,0,,0,0,0,0,1
z6,B,core,0,0,1,0,0,,0,0,0,0,1
z7,B,,0,0,1,0,0,,0,1,1,0,1
z8,B,,0,0,1,0,0,,0,0,0,0,1
z9,B,,0,0,5,6,0,,1,0,0,0,1
z10,B,,0,0,1,0,5,,0,0,0,4,1
z11,B,,0,0,5,0,6,village,0,0,0,0,1
z12,B,,0,1,1,0,0,,0,0,0,0,2
"""  # noqa: E501
_COVER = """zone,class,area_ha
z1,crop,100
z2,crop,80
z3,vil,40
z4,ind,30
z4,hou,20
z5,fore,60
z6,wet,50
z7,bare,20
z8,pond,30
z9,crop,50
z10,orch,40
z11,vil,30
z12,bare,10
"""
_CLASSES = """class,scheme,code,name_zh,name_en,group,setting
crop,t,1,耕地,cropland,cropland,
orch,t,2,园地,orchard,orchard,
fore,t,3,林地,forest,forest,
wet,t,4,湿地,wetland,wetland,
pond,t,5,坑塘,pond,water,
ind,t,6,工业,industry,industry,urban
hou,t,7,城镇住宅,urban housing,housing_urban,urban
vil,t,8,农村宅基地,rural housing,housing_rural,rural
bare,t,9,裸土,bare soil,unused,
"""
_TRANSITIONS = """from,to,allowed,cost_wanyuan_per_ha,restoration,condition
crop,ind,1,10,0,
crop,hou,1,12,0,
crop,fore,1,1,1,retirement
vil,crop,1,5,0,
vil,fore,1,2,1,
ind,hou,1,20,0,
bare,fore,1,2,1,afforestable
bare,hou,1,8,0,
pond,wet,1,3,1,
orch,crop,1,4,0,
fore,ind,1,9,0,
wet,fore,1,9,0,
fore,bare,0,0,0,
"""
_FACTORS = """class,region,factor,value,unit
fore,*,sink,0.9,tC/ha/yr
fore,B,sink,1.2,tC/ha/yr
wet,*,sink,2.2,tCO2/ha/yr
orch,*,sink,1.1,tCO2/ha/yr
pond,*,sink,1,tCO2/ha/yr
crop,C,sink,-0.5,tCO2/ha/yr
crop,*,stock,100,tCO2/ha
orch,*,stock,120,tCO2/ha
fore,*,stock,60,tC/ha
wet,*,stock,300,tCO2/ha
ind,*,stock,50,tCO2/ha
hou,*,stock,50,tCO2/ha
vil,*,stock,50,tCO2/ha
bare,*,stock,40,tCO2/ha
fore,*,soil_share,0.5,1
fore,*,ramp_years,10,yr
wet,*,ramp_years,20,yr
ind,*,embodied,40,tCO2/ha
hou,*,embodied,30,tCO2/ha
fore,*,volume,90,m3/ha
"""
_PARAMETERS = """parameter,value,unit
soil_share,0.8,1
soil_loss_years,20,yr
gain_years,20,yr
"""
_REGIONS = """region,parent,level,name_zh,name_en
A,C,county,甲区,A
C,,city,市,C
B,C,county,乙区,B
"""
_CONTEXT = """item,region,year,value,unit
population,C,2020,10,10k
population,C,2040,20,10k
gdp_per_capita,C,2025,2,10k CNY
gdp_per_capita,C,2035,2,10k CNY
carbon_intensity,C,2020,1,t/10k CNY
carbon_intensity,C,2040,0.5,t/10k CNY
"""
_ACTIVITY = """end_use,sector,scope,region,share,group
industry,energy,1,A,0.4,industry
living,energy,1,A,0.3,housing
living,energy,1,B,0.2,housing
transport,energy,1,B,0.1,built
"""
_ZONE_COSTS = """zone,to,cost_wanyuan_per_ha
z1,ind,1.5
z10,crop,-1
"""
_QUOTAS = """id,rule,region,period,group,grade,sense,value,unit
retention,cropland_retention,A,0,,0,>=,170,ha
floor_forest,floor,B,0,forest,0,>=,1.2,share
floor_rural,floor,A,0,built_rural,0,>=,25,ha
ceiling_orchard,ceiling,C,0,orchard,0,<=,0.85,share
total,construction_total,C,0,built,0,<=,126,ha
intensity,construction_intensity,B,0,built,0,<=,0.12,share
increment_2024,construction_increment,A,2024,built,0,<=,5,ha
increment,construction_increment,A,0,built,0,<=,9,ha
growth_industry,growth_demand,C,2024,industry,0,>=,9,ha
growth_2030,growth_demand,C,2030,housing_urban,0,>=,7,ha
growth,growth_demand,C,0,housing_urban,0,>=,11,ha
redevelopment,redevelopment_share,C,0,built,0,>=,0.2,share
redevelopment_hou,redevelopment_share,C,0,hou,0,>=,0.4,share
loss,loss_cap,A,0,crop,0,<=,0.08,share
gain,gain_cap,B,2030,forest,0,<=,21,ha
restored,restoration_area,B,0,,0,>=,35,ha
cap,carbon_cap,C,0,,0,<=,3994400,tCO2e
cap_2030,carbon_cap,C,2030,,0,<=,1997700,tCO2e
cap_a,carbon_cap,A,0,,0,<=,2803150,tCO2e
cap_b,carbon_cap,B,0,,0,<=,1191230,tCO2e
budget,budget,C,0,,0,<=,630,10k CNY
budget_2030,budget,C,2030,,0,<=,500,10k CNY
budget_b,budget,B,0,,0,<=,300,10k CNY
budget_projects,budget,C,0,projects,0,<=,225,10k CNY
compensation_a,compensation,A,0,,0,==,1,1
compensation_b,compensation,B,0,,0,==,1,1
grade_a,compensation_grade,A,0,,0,==,1,1
bank_a,compensation_bank,A,0,,0,==,4.5,ha
bank_a5,compensation_bank,A,0,,5,==,4.5,ha
linked,linked_quota,A,0,,0,<=,7,ha
"""
_UNITS = """unit,area_ha,status
U1,20,free
U2,15,
U3,30,locked_out
"""
_UNIT_ZONE = """unit,zone,share
U1,z7,1
U2,z8,0.5
U3,z11,1
"""
_PROJECTS = """project,members,to,min_area_ha,max_area_ha,cost_wanyuan,prerequisites
P1,U1,fore,10,30,100,
P2,U2,wet,5,12,50,P1
P3,U3,fore,1,30,10,
"""
_STAYS = {
    ("z1", "crop"): 86,
    ("z2", "crop"): 80,
    ("z3", "vil"): 28,
    ("z4", "ind"): 25,
    ("z4", "hou"): 20,
    ("z5", "fore"): 60,
    ("z6", "wet"): 50,
    ("z7", "bare"): 0,
    ("z8", "pond"): 20,
    ("z9", "crop"): 44,
    ("z10", "orch"): 32,
    ("z11", "vil"): 30,
    ("z12", "bare"): 7,
}
_MOVES = [
    ("z1", "crop", "ind", 2024, 10),
    ("z3", "vil", "crop", 2024, 12),
    ("z4", "ind", "hou", 2030, 5),
    ("z7", "bare", "fore", 2030, 20),
    ("z8", "pond", "wet", 2040, 10),
    ("z9", "crop", "fore", 2040, 6),
    ("z10", "orch", "crop", 2030, 8),
    ("z12", "bare", "hou", 2030, 3),
    ("z1", "crop", "hou", 2040, 4),
]
_SETTINGS: dict[str, dict[str, Any]] = {
    "instance": {"name": "hand", "crs": "EPSG:4550", "rules_off": []},
    "carbon": {
        "base_year": 2020,
        "end_year": 2040,
        "mode": "flux",
        "existing_activity": "top_down",
        "embodied": True,
    },
    "time": {"periods": [2024, 2030, 2040]},
    "objective": {"kind": "emissions", "emission_weight": 1.0, "cost_weight": 0.0},
}
RESTORATION = ("units", "unit_zone", "projects")


def _table(text: str) -> pd.DataFrame:
    return pd.read_csv(StringIO(text), keep_default_na=False, dtype={"class": str})


@dataclass
class Case:
    """The instance and its plan, to be spoilt by a test and written to a folder."""

    tables: dict[str, pd.DataFrame]
    settings: dict[str, dict[str, Any]]
    moves: pd.DataFrame
    opened: pd.DataFrame
    linked: pd.DataFrame
    summary: dict[str, Any]
    files: dict[str, str] = field(default_factory=dict)

    def put(self, table: str, column: str, value: object, **where: object) -> None:
        """Set a cell in the rows that match; at least one must."""
        frame = self.tables[table]
        rows = pd.Series(True, index=frame.index)
        for name, wanted in where.items():
            rows &= frame[name.rstrip("_")] == wanted
        assert rows.any(), where
        frame[column] = frame[column].astype(object)
        frame.loc[rows, column] = value

    def move(self, zone: str, source: str, to: str, period: int, area: float) -> None:
        """Set a change to an area; the stay of its land takes the difference."""
        frame = self.moves
        own = (frame["zone"] == zone) & (frame["from"] == source)
        row = own & (frame["to"] == to) & (frame["period"] == period)
        before = float(frame.loc[row, "area_ha"].sum())
        frame.loc[own & (frame["to"] == source), "area_ha"] -= area - before
        if row.any():
            frame.loc[row, "area_ha"] = area
        else:
            frame.loc[len(frame)] = [zone, source, to, period, "", area]

    def retime(self, zone: str, to: str, period: int) -> None:
        """Put a change into another period."""
        self.moves.loc[(self.moves["zone"] == zone) & (self.moves["to"] == to), "period"] = period

    def without_quotas(self) -> None:
        """Leave only the rules that bind single changes."""
        self.tables["quotas"] = self.tables["quotas"].iloc[:0]
        self.linked = self.linked.iloc[:0]

    def off(self, *rules: str) -> None:
        """Switch rules off in instance.toml."""
        self.settings["instance"]["rules_off"] = list(rules)

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Write everything; returns the instance folder and the plan folder."""
        instance, out = folder / "instance", folder / "out"
        for path in (instance / "land", instance / "restoration", out / "plan"):
            path.mkdir(parents=True)
        lines = []
        for section, values in self.settings.items():
            lines += [f"[{section}]", *(f"{key} = {json.dumps(value)}" for key, value in values.items())]
        (instance / "instance.toml").write_text("\n".join(lines), encoding="utf-8")
        for name, frame in self.tables.items():
            part = "restoration" if name in RESTORATION else "land"
            if name == "cover":
                frame.to_parquet(instance / part / f"{name}.parquet", index=False)
            else:
                frame.to_csv(instance / part / f"{name}.csv", index=False, encoding="utf-8")
        self.moves.to_parquet(out / "plan" / "moves.parquet", index=False)
        self.opened.to_parquet(out / "plan" / "projects.parquet", index=False)
        self.linked.to_parquet(out / "plan" / "linked.parquet", index=False)
        (out / "summary.json").write_text(json.dumps(self.summary), encoding="utf-8")
        return instance, out


def summary_of(objective: float, constant: float, departures: float) -> dict[str, Any]:
    """Return summary.json of a plan whose bound lies 0.6 below its objective."""
    return {
        "kind": "land",
        "status": "optimal",
        "sense": "minimise",
        "objective": objective,
        "objective_constant": constant,
        "bound": objective - 0.6,
        "gap_abs": 0.6,
        "gap": 0.6 / departures,
        "options": {"gap": 1e-3},
    }


def hand_case() -> Case:
    """Return the instance with its valid plan."""
    names = {
        "zones": _ZONES,
        "cover": _COVER,
        "classes": _CLASSES,
        "transitions": _TRANSITIONS,
        "factors": _FACTORS,
        "parameters": _PARAMETERS,
        "regions": _REGIONS,
        "context": _CONTEXT,
        "activity": _ACTIVITY,
        "zone_costs": _ZONE_COSTS,
        "quotas": _QUOTAS,
        "units": _UNITS,
        "unit_zone": _UNIT_ZONE,
        "projects": _PROJECTS,
    }
    stays = [(zone, cls, cls, 0, "", float(area)) for (zone, cls), area in _STAYS.items()]
    rows = [*stays, *((zone, source, to, year, "", float(area)) for zone, source, to, year, area in _MOVES)]
    return Case(
        tables={name: _table(text) for name, text in names.items()},
        settings=copy.deepcopy(_SETTINGS),
        moves=pd.DataFrame(rows, columns=["zone", "from", "to", "period", "overlay", "area_ha"]),
        opened=pd.DataFrame({"project": ["P1", "P2"], "period": [2030, 2040]}),
        linked=pd.DataFrame(
            {
                "region": ["A", "A"],
                "period": [2024, 2024],
                "grade": [4, 5],
                "quota_ha": [6.0, 0.0],
                "cropland_ha": [0.0, 6.0],
            }
        ),
        summary=summary_of(FLUX, ACTIVITY + SINKS, MAGNITUDES),
    )
