"""Published transmission expansion cases as instances; data and sources are in `tests/tnep/README.md`."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

DATA = Path(__file__).parent / "tnep"

OPTIMA = {
    ("garver6", "gen_max_MW", "dc"): 110.0,
    ("garver6", "gen_level_MW", "dc"): 200.0,
    ("garver6", "gen_max_MW", "transport"): 110.0,
    ("garver6", "gen_level_MW", "transport"): 200.0,
    ("ieee24", "gen_max_MW", "dc"): 152.0,
    ("ieee24", "G1_MW", "dc"): 390.0,
    ("ieee24", "G2_MW", "dc"): 392.0,
    ("ieee24", "G3_MW", "dc"): 218.0,
    ("ieee24", "G4_MW", "dc"): 342.0,
    ("brazil46", "gen_max_MW", "dc"): 72_870.0,
    ("brazil46", "gen_level_MW", "dc"): 154_420.0,
    ("brazil46", "gen_max_MW", "transport"): 53_334.0,
    ("brazil46", "gen_level_MW", "transport"): 127_272.0,
}
"""Least cost by case, column of generation (`gen_max_MW` is redispatch) and power flow."""

VOLTAGE_KV = 10.0
"""On 100 MVA, ohms at 10 kV are per-unit figures."""


def tnep_tables(corridors: pd.DataFrame, buses: pd.DataFrame, generation: str) -> dict[str, pd.DataFrame]:
    """Return the network tables of a case; only `gen_max_MW` may be dispatched, other columns are fixed."""
    plant, loads = buses[buses[generation] > 0], buses[buses["load_MW"] > 0]
    ends = {"from_bus": corridors["from"], "to_bus": corridors["to"]}
    name = corridors["from"].astype(str) + "-" + corridors["to"].astype(str)
    circuit = ends | {"reactance_ohm": corridors["x_pu"], "capacity_mw": corridors["cap_MW"]}
    lines = pd.DataFrame({"line": name, **circuit, "circuits": corridors["n0"]})
    candidates = pd.DataFrame(
        {"candidate": name, **circuit, "cost": corridors["cost"], "max_additions": corridors["nmax"]}
    )
    return {
        "buses": pd.DataFrame({"bus": buses["bus"], "voltage_kv": VOLTAGE_KV}),
        "snapshots": pd.DataFrame({"snapshot": ["peak"], "weight_h": [1.0]}),
        "generators": pd.DataFrame(
            {
                "generator": "G" + plant["bus"].astype(str),
                "bus": plant["bus"],
                "technology": "plant",
                "capacity_mw": plant[generation],
                "minimum_share": 0.0 if generation == "gen_max_MW" else 1.0,
            }
        ),
        "loads": pd.DataFrame(
            {"load": "L" + loads["bus"].astype(str), "bus": loads["bus"], "peak_mw": loads["load_MW"]}
        ),
        "lines": lines[lines["circuits"] > 0],
        "candidates": candidates,
    }


def write_tnep(
    folder: Path, corridors: pd.DataFrame, buses: pd.DataFrame, generation: str, power_flow: str = "dc"
) -> Path:
    """Write a case as an instance; returns its folder."""
    part = folder / "network"
    part.mkdir(parents=True)
    for name, frame in tnep_tables(corridors, buses, generation).items():
        frame.to_csv(part / f"{name}.csv", index=False)
    settings = (
        f'[instance]\nname = "{folder.name}"\n\n[objective]\nkind = "cost"\n\n'
        f'[network]\nmoney = "USD"\npower_flow = "{power_flow}"\nhorizon_h = 1\n'
    )
    (folder / "instance.toml").write_text(settings, encoding="utf-8")
    return folder


def write_published(folder: Path, case: str, generation: str, power_flow: str = "dc") -> Path:
    """Write `garver6`, `ieee24` or `brazil46` as an instance; returns its folder."""
    return write_tnep(folder, *read_published(case), generation, power_flow)


def read_published(case: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return corridors and buses of a case."""
    corridors, buses = (pd.read_csv(DATA / f"{case}_{name}.csv") for name in ("corridors", "buses"))
    return corridors, buses


def matpower_text(case: str, generation: str) -> str:
    """Return a case in the format of MATPOWER, candidates as PowerModels writes them: a row for each circuit."""
    corridors, buses = read_published(case)
    bus = [f"{b.bus} 1 {b.load_MW} 0 0 0 1 1 0 0 1 1.1 0.9" for b in buses.itertuples()]
    plant = buses[buses[generation] > 0]
    least = 0.0 if generation == "gen_max_MW" else plant[generation]
    plant = plant.assign(most=plant[generation], least=least)
    gen = [f"{g.bus} 0 0 0 0 1 100 1 {g.most} {g.least}" for g in plant.itertuples()]
    wire = {
        name: [
            f"{one[0]} {one[1]} 0 {one[3]} 0 {one[4]} 0 0 0 0 1 -360 360" + (f" {one[5]}" if paid else "")
            for one in corridors.itertuples(index=False, name=None)
            for _ in range(one[place])
        ]
        for name, place, paid in (("branch", 2, False), ("ne_branch", 6, True))
    }
    matrices = {"bus": bus, "gen": gen, **wire}
    body = "".join(f"mpc.{name} = [\n" + ";\n".join(rows) + ";\n];\n" for name, rows in matrices.items())
    return f"function mpc = {case}\nmpc.version = '2';\nmpc.baseMVA = 100;\n{body}"
