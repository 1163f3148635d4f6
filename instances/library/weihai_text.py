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
