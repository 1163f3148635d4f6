from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from instances.instance import Instance, load

TOML = """
[instance]
name = "by_hand"
[carbon]
base_year = 2020
end_year = 2040
mode = "{mode}"
existing_activity = "{activity}"
embodied = {embodied}
[time]
periods = {periods}
"""

TABLES = {
    "regions": """region,parent,level,name_zh,name_en
all,,city,全,all
n,all,county,北,north
s,all,county,南,south
""",
    "zones": """zone,region,red_line,farmland,boundary,built_kind
a,n,,1,1,
b,s,general,0,1,
""",
    "cover": """zone,class,area_ha
a,crop,100
b,arbor,40
b,fac,10
""",
    "classes": """class,scheme,code,name_zh,name_en,group,setting
crop,third_survey,0103,旱地,dry cropland,cropland,
arbor,third_survey,0301,乔木林地,arbor forest,forest,
fac,third_survey,0601,工业用地,industry,industry,urban
""",
    "transitions": """from,to,allowed,restoration,reason,source,status
crop,fac,1,0,growth,made,made
arbor,fac,1,0,growth,made,made
crop,arbor,1,1,nature,made,made
fac,crop,1,0,reclaimed,made,made
""",
    "factors": """class,region,factor,value,unit,source,status
arbor,*,sink,3,tCO2/ha/yr,made,made
arbor,*,stock,500,tCO2/ha,made,made
arbor,*,ramp_years,20,yr,made,made
crop,*,stock,300,tCO2/ha,made,made
fac,*,stock,100,tCO2/ha,made,made
fac,*,embodied,7,tCO2/ha,made,made
""",
    "parameters": """parameter,value,unit,source,status
soil_share,0.5,1,made,made
""",
    "quotas": """id,rule,region,period,group,sense,value,unit,source,status
grow,growth_demand,all,0,industry,>=,20,ha,made,made
""",
    "activity": """end_use,sector,scope,region,share,group,source,status
industry,energy,1,n,0.6,industry,made,made
industry,energy,2,s,0.4,industry,made,made
""",
    "indicators": """code,region,year,value,unit,source,status
B-23,all,2040,60,ha,made,made
development_intensity,all,2040,20,%,made,made
A-28,s,2040,0.9,share,made,made
commuting_time,all,2040,30,min,made,made
X-99,all,2040,1,moons,made,made
""",
}
CONTEXT = """item,region,year,value,unit,source,status
population,all,2020,10,10k,made,made
population,all,2040,{people},10k,made,made
gdp_per_capita,all,2020,10,10k CNY,made,made
carbon_intensity,all,2020,1,t/10k CNY,made,made
published_sink:forest,all,2020,0.05,1e4 tCO2/yr,made,made
published_emissions,all,2020,125,1e4 tCO2,made,made
"""


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Instance]:
    """Writes the instance that the tests work out by hand: 100 ha of cropland, 40 of forest, 10 of industry."""

    def write(
        periods: str = "[2030, 2040]",
        mode: str = "flux",
        activity: str = "top_down",
        people: int = 10,
        embodied: str = "false",
        **tables: str,
    ) -> Instance:
        land = tmp_path / "land"
        land.mkdir(exist_ok=True)
        toml = TOML.format(mode=mode, activity=activity, periods=periods, embodied=embodied)
        (tmp_path / "instance.toml").write_text(toml, encoding="utf-8")
        for name, text in (TABLES | {"context": CONTEXT.format(people=people)} | tables).items():
            (land / f"{name}.csv").write_text(text, encoding="utf-8")
        return load(tmp_path)

    return write


@pytest.fixture
def plan() -> pd.DataFrame:
    """10 ha of cropland to industry and 20 to forest by 2030, 2 ha of forest to industry by 2040."""
    rows = [
        ("a", "crop", "fac", 2030, "", 10.0),
        ("a", "crop", "arbor", 2030, "", 20.0),
        ("a", "crop", "crop", 0, "", 70.0),
        ("b", "arbor", "fac", 2040, "", 2.0),
        ("b", "arbor", "arbor", 0, "", 38.0),
        ("b", "fac", "fac", 0, "", 10.0),
    ]
    return pd.DataFrame(rows, columns=["zone", "from", "to", "period", "overlay", "area_ha"])
