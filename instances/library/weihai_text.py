"""The words of the Weihai instances: `instance.toml` and README of each."""

# ruff: noqa: E501  (a Markdown table keeps a row on one line)

INSTANCE_TOML = '''# Written by instances/library/build_weihai.py; edit that, not this.
[instance]
name = "weihai"
title_zh = "威海（公布总量，合成地理）"
title_en = "Weihai (published totals, synthetic geography)"
crs = "EPSG:4550"
provenance = """
Totals: third-survey bulletin of 2022-01-13 (areas by class), Shandong yearbook 2014 (land area), and
陈可欣 et al. 2022, 规划师 (5): 134-141 (emissions, population, GDP, sinks, 2035 outlook).
Splits of a published total into classes are assumed (land/context.csv, items area:*).
The geography is synthetic and shows no real place; control lines, slopes, grades, quotas,
restoration sites and costs are assumed or made. See README.md."""
synthetic_geography = true
rules_off = []

[carbon]
base_year = 2019
end_year = 2035
mode = "flux"
existing_activity = "top_down"
embodied = false

[time]
periods = [2025, 2030, 2035]

[objective]
kind = "emissions"

[restoration]
decision = "binary"
restored_part = 0.1
penalty_unit = "tCO2e"
'''

NETWORK_TOML = """
[network]
money = "10k CNY"
power_flow = "dc"
facility_class = "1303"
horizon_h = 8760
"""

LAND_TOML = INSTANCE_TOML.replace('"weihai"', '"weihai-land"')

LAND_README = """# Land and restoration sites of Weihai 威海用地与生态修复

[weihai](../weihai/README.md) without its power system: the same land and the same restoration sites, and bought
electricity stays in the city's account. For studies of land alone, which are sooner solved. 总量为公布数，地理为合成。

Written by `python -m instances.library.build_weihai`; the tables are those of `weihai` without the class of power supply land (1303).
"""

README = """# Weihai 威海

Real totals on a synthetic map. 总量为公布数，地理为合成，不代表真实地块。

Written by `python -m instances.library.build_weihai` from one seed: the CSV tables come out the same byte
for byte. Every value carries a source and a status; in short:

| what | status |
|---|---|
| areas by class of the third survey (cropland 246.44, orchard 100.86, forest 219.97, grass 16.54, wetland 21.50, settlement and mining 121.29, transport 24.64, water 80.39 万亩; 1 mu = 1/15 ha) | published |
| land area 5,797 km2 | published (yearbook 2014) |
| the 252.8 km2 that the published classes leave | computed; taken as class 12, which is assumed |
| split of a total into classes (irrigated and dry, kinds of forest, kinds of settlement, ...) | assumed: `land/context.csv`, items `area:*`, each with its reason |
| wetland 95 % tidal flat, water 29 % rivers | assumed, chosen because they reproduce the printed sinks (120 and 80 kt CO2) |
| population 282.24 to 320, GDP per person 9.90 to 22, carbon intensity 1.25 to 0.41, emissions 3,481 and 2,917 | published (2017, 2035) |
| printed sinks 52, 12, 8, 82, total 154; target 191 (1e4 tCO2/yr) | published; the forest 82 cannot be reproduced (at most 46.8), nor can the total |
| areas of the districts, population of the districts | recalled, rounded |
| emissions by end use | national shares (published) applied to Weihai (assumed) |
| outline, relief, rivers, towns, zones, where each class lies | synthetic, from the seed |
| red line, permanent farmland, development boundary, slope classes, grades | synthetic; their amounts are assumed |
| quotas | assumed; growth follows the published population outlook with assumed land per person |
| restoration units and projects | made; areas from the synthetic cover, costs assumed |
| features of units (coastal wetland, shelter forest, mines, river corridors; water retention by a proxy) | hectares computed from the synthetic cover; targets assumed |
| cost of units, budget for sites, penalty on their border, least part that a chosen site restores | assumed |
| carbon factors, costs of change | `land/factors.csv`, `land/transitions.csv`, each row with its source |
| power network: buses, lines, collectors, sites, corridors | made; see [the power system](#the-power-system-电力系统) |

Things to know:

- The geography is planar: areas are those of the polygons in EPSG:4550, not on the ellipsoid. The
  polygons together have the published land area; each zone's cover adds up to its polygon.
- Transport is one class (1003). Farm roads (1006) are inside the published total and cannot be told
  apart; so the built area is 97,287 ha and the intensity 16.8 %, as in the published calibration.
- Streets, utilities and logistics are inside the settlement total and have no class of their own.
- Hydraulic works and ditches are inside the water total and have no class of their own.
- `zones` has columns more than the format asks for: `coast_site`, `mine_site`, `river_site` and `stream`
  (conditions of some transitions) and `character` (how the generator saw the place).
- New tidal flat, new marsh and restored mines are offered only at listed sites, that is, inside projects.
- Young or sparse forest (0307) is not offered as arbor forest: a change starts the new sink from nothing
  and would make tending look like felling. Gains of quality stay outside the plan.
- The sink target of 191 is an indicator with its gap, not a rule: 37 more (1e4 tCO2/yr) by planting would take
  116,000 ha, a fifth of the land.
- In zones with `whole = 1` the one class changes as a whole or not at all.
- Restoration sites are chosen with the land: land of the 40 units is restored only where the unit is chosen, a
  chosen unit restores a tenth at least of what it could, and chosen units together hold 30 % of each feature.
  `weihai-restoration` is the same question without a land plan, over every zone with land enough to restore.
- Power supply land (供电用地, 1303) is a class without present area. It stands in the group of special uses, so that
  foundations do not house public services, and is offered only in zones that a site or a corridor reaches.

## The power system 电力系统

Every row of `network/` carries a source and a status. 电网地理为合成，厂站规模多为回忆值或假定值。

| what | status |
|---|---|
| 14 buses: tie to the province and one substation at 500 kV, seven substations, two plants and three collectors at 220 kV | made; new lines end at substations on the edge of towns |
| 14 lines, 220 kV 0.30 ohm/km and 400 MW a circuit, 500 kV 0.28 ohm/km and 1,000 MW; two 750 MVA transformers | routes and circuits made; electrical figures recalled, typical |
| detour of lines 1.25 of the straight distance | published (PyPSA-China-PIK) |
| Huaneng Weihai 2 x 680 and 2 x 320 MW; high-temperature reactor of Shidaowan 200 MW | recalled |
| least output of the heat units, availability of the reactor, costs of fuel | assumed |
| wind 900 MW and roofs 1,200 MW that stand | order of magnitude recalled, split assumed |
| thermal emissions 0.838 tCO2/MWh (2019) | published (V28) |
| grid factor of Shandong 0.6410 (2022) | published (V32) |
| its decline to 0.60, 0.50 and 0.40 in 2025, 2030 and 2035; power from the province 1,500, 1,800 and 2,000 MW | assumed |
| load: bought electricity of the account, 28 % of 34.2 Mt, over 0.6410: 14.9 TWh in 2019, growing 2 % a year | computed from published and assumed figures; about 15 TWh are recalled |
| load by district as the account's bought electricity, by bus | computed; split by bus assumed |
| four days of eight steps of three hours, weights 90, 92, 92 and 91 days | shapes assumed |
| 1,358 hours of sun, 1,940 of wind | published (V28, base project) |
| solar 35 MW/km2 (mean of plants in China), wind 3 MW/km2 within the boundary of the farm | published (V26, V27: web summaries, weak; NREL/TP-6A2-45834: 3.0 +- 1.7) |
| land converted by wind 0.10 ha/MW; solar 0.02, storage 0.01 | one plant of 30 MW in China (link0086.com; NREL 0.3 +- 0.3); assumed |
| solar 4,000, wind 7,000 CNY/kW (2020); battery 160 EUR/kW and 142 EUR/kWh | published (V28; PyPSA-China-PIK); 7.8 CNY/EUR assumed |
| where arrays may lie: unused land, grass, fish ponds; never cropland, forest, red line, permanent farmland | V23 (published); ponds recalled; all grass taken as other than basic grassland, part of its sink kept, assumed |
| where wind may lie: dry cropland, orchard, grass, unused land, sparse forest outside the red line and permanent farmland | none in the red line V25 (published; its bans read in the draft of 2025); classes assumed |
| width of a 220 kV corridor 35 m | published range 30 to 40 m (V30) |
| routes | least cost over the synthetic map: forest 2.25, urban 1.59, suburban 1.3, wetland 1.2, slopes 1.4 and 1.75 times (published: TEPPC, reVX; its steps of 2 and 8 % taken from the slope classes above 2 and 6 degrees, assumed); 600 m off towns and the core of the red line, penalties, shared part assumed |
| trees under a line become shrub, orchards stay (GB 50545-2010 13.0.6); towers 0.03 ha/km | rule of the model; recalled; assumed |
| cost of a 220 kV line 1.5 million CNY/km, bays, transformer | recalled; assumed |
| pace of building, share of renewables, caps on supply emissions, curtailment | assumed |
| least and fixed cost of opening a site, size, hours and efficiency of storage | assumed |

V23 自然资办发〔2023〕12号; V25 notice on wind power of 2026-01-22; V26, V27 web summaries, PyPSA-Earth discussions; V28 ChinaXiv
202007.00017; V30 GB 50293-1999 table 7.5.5; V32 notices of grid emission factors 2024. Units stand with each column in the
[instance format](../../../docs/instance-format.md); money is 10k CNY. A row whose figures differ in status has the
weakest.

- **Electricity counts once.** With the network in the plan, bought electricity (scope 2: 28 % of the city's account)
  leaves the constant, 140 Mt over 2020 to 2035, and the emissions of plant and imports take its place. Heat is made in
  the city and stays in the constant as scope 1; so does all else.
- A hectare under a wind farm counts as the farm's, although ploughs pass between the towers: one hectare carries one
  overlay. That is the careful side of 3 MW/km2.
- Left out, since they serve the province: the two 1,500 MW units of Shidaowan (recalled) and the 1,800 MW of pumped
  storage at Wendeng (recalled). What they save is in the grid factor.
- No power is sold to the province; so plant beyond the city's own load is curtailed.
- The emissions of the plan are least whatever plant costs; the pace of building holds it. `weihai-energy` is the same
  power system without land, at least cost.
"""

SITES_TOML = '''# Written by instances/library/build_weihai.py; edit that, not this.
[instance]
name = "weihai-restoration"
title_zh = "威海生态修复选址（合成地理）"
title_en = "Weihai restoration sites (synthetic geography)"
crs = "EPSG:4550"
provenance = """
Areas from the cover of the bundled instance weihai: published totals on a synthetic map. Targets, costs and the
penalty on borders are assumed. See README.md."""
synthetic_geography = true

[restoration]
decision = "binary"

[[restoration.objective]]
kind = "minimum_set"
'''

SITES_README = """# Restoration sites of Weihai 威海生态修复选址

Where to restore coastal wetland, shelter forest, mines and river corridors at least cost? A classical prioritisation
over the same synthetic map as [weihai](../weihai/README.md), without a land plan. 地理为合成，不代表真实地块。

Written by `python -m instances.library.build_weihai`.

| what | status |
|---|---|
| units: every zone with 4 ha or more of land that one of the four kinds could restore | made, from the synthetic zones |
| amounts: hectares that the transition table of `weihai` lets restore, by kind | computed from the synthetic cover |
| water retention: restorable land in zones with a stream | a proxy, made |
| targets: 35 % of each kind, half of that for water retention | assumed |
| cost: 10 (10k CNY) a unit, and the mean cost of the kind's changes for each hectare | assumed, as the costs of change in `weihai` |
| boundary: borders of the polygons, m; penalty 0.02 (10k CNY) a metre, outer edges by half | computed; penalty assumed |
"""

ENERGY_TOML = '''# Written by instances/library/build_weihai.py; edit that, not this.
[instance]
name = "weihai-energy"
title_zh = "威海能源选址与输电（合成地理）"
title_en = "Weihai energy sites and lines (synthetic geography)"
crs = "EPSG:4550"
provenance = """
The power system of the bundled instance weihai without its land: places made, plant recalled or assumed, load derived
from the published account of the city. See README.md."""
synthetic_geography = true

[carbon]
base_year = 2019
end_year = 2035

[time]
periods = [2025, 2030, 2035]

[objective]
kind = "cost"

[network]
money = "10k CNY"
power_flow = "dc"
horizon_h = 8760
'''

ENERGY_README = """# Energy sites and lines of Weihai 威海能源选址与输电

Which solar, wind and storage sites to build by 2025, 2030 and 2035, and which circuits in which corridors, so that the
load is met at least cost under caps on emissions? The power system of [weihai](../weihai/README.md#the-power-system-电力系统)
without its land: potentials of sites are those of the land as it is. 地理为合成，厂站规模多为回忆值或假定值。

Written by `python -m instances.library.build_weihai`. The tables are those of `weihai/network` less `site_zones`,
`segment_zones` and `overlays`, which tie it to land; sources and status of every figure stand in the rows and in that
page. Money is 10k CNY: investment once, operation for each year of a period, nothing discounted.
"""
