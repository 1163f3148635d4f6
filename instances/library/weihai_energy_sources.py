"""Where the figures of the Weihai power system come from, as its tables name it; V numbers are those of the README."""

from __future__ import annotations

PERIODS = (2025, 2030, 2035)

MADE = "made for the synthetic map"

V23 = "V23 自然资办发〔2023〕12号"
V25 = "V25 wind notice 2026-01-22 (its bans as in the draft of 2025)"
V26 = "V26, V27: web summaries, weak: mean of plants in China 35 MW/km2"
V28 = "V28 ChinaXiv 202007.00017"
V30 = "V30 GB 50293-1999 table 7.5.5"
V32 = "V32 grid emission factor notices 2024"
NREL = "NREL/TP-6A2-45834"
TEPPC = "TEPPC multipliers in reVX"
BATTERY = "PyPSA-China-PIK costs_2030: 160 EUR/kW, 142 EUR/kWh, at 7.8 CNY/EUR (assumed)"
