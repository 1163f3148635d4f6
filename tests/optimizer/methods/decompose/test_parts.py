"""Dual passes over parts of the land: bounds as of one process, whatever the cut, also when workers are killed."""

import os
import shutil
import signal

import numpy as np
import pytest
from distributed import Client, LocalCluster

from formulations.assemble import assemble, land_block
from instances.census import NAME, counted, read_census
from instances.faults import InstanceError
from instances.instance import load
from instances.split import split
from instances.synthetic import generate
from optimizer.methods.decompose import parts
from optimizer.methods.decompose.alike import alike
from optimizer.methods.decompose.bundle import Bundle
from optimizer.methods.decompose.parts import part, parts_below, raised
from optimizer.methods.decompose.parts.passes import Crew, PartedPasses
from optimizer.methods.decompose.passes import Passes
from optimizer.methods.decompose.setup import set_up
from tests.build import draft, quota
from tests.seeds import first_of

MOVES = {
    "crop>wood": {"cost": 3.0, "restoration": 1},
    "crop>ind": {"cost": 5.0},
    "crop>city": {"cost": 6.0},
    "grass>wood": {"cost": 1.0, "restoration": 1},
    "grass>ind": {"cost": 8.0},
    "vil>crop": {"cost": 9.0},
    "vil>city": {"cost": 4.0},
    "wood>crop": {"cost": 7.0},
    "bare>grass": {"cost": 2.0, "restoration": 1},
}
FACTORS = {
    ("wood", "sink"): 4.0,
    ("grass", "sink"): 1.0,
    ("crop", "sink", "a1"): 0.4,
    ("crop", "stock"): 300.0,
    ("grass", "stock"): 250.0,
    ("wood", "stock"): 500.0,
    ("wood", "stock", "b"): 420.0,
    ("ind", "stock"): 100.0,
    ("city", "stock"): 90.0,
    ("vil", "stock"): 120.0,
}
REGIONS = {"all": "", "a": "all", "a1": "a", "a2": "a", "b": "all", "b1": "b"}
CONTEXT = [
    {"item": "emissions", "region": "all", "year": year, "value": value, "unit": "tCO2"}
    for year, value in ((2020, 4000.0), (2035, 6000.0))
]
ACTIVITY = [{"region": "a", "share": 0.6, "group": "industry"}, {"region": "b", "share": 0.4, "group": "built"}]


def write_random(folder, seed):
    """Write a random instance with most rules that couple land; quotas need not be feasible for bounds to agree."""
    random = np.random.default_rng(seed)
    kinds = ["crop", "grass", "wood", "vil", "bare", "ind"]
    zones = {}
    for k in range(int(random.integers(9, 30))):
        held = random.choice(kinds, size=int(random.integers(1, 4)), replace=False)
        zones[f"z{k}"] = {str(name): float(random.integers(2, 40)) / 2 for name in held} | {
            "region": str(random.choice(["a1", "a2", "b1", "b"])),
            "grade": int(random.integers(0, 8)),
            "potential_grade": int(random.integers(3, 9)),
            "built_kind": str(random.choice(["", "town", "village"])),
            "cost_factor": float(random.integers(2, 9)) / 4,
            "min_lot_ha": float(random.choice([0.0, 0.0, 0.0, 2.5])),
            "whole": int(len(held) == 1 and random.random() < 0.3),
        }
    few = float(sum(value for one in zones.values() for name, value in one.items() if name in kinds)) / 20
    quotas = [
        quota("floor", 0.9, "forest", unit="share"),
        quota("floor", 0.8, "cropland", "a", 2028, "share"),
        quota("ceiling", 1.4, "built_urban", unit="share"),
        quota("floor", 0.3, "built_rural", "a", unit="share"),
        quota("loss_cap", 0.3, "cropland", "a1", unit="share"),
        quota("gain_cap", few, "forest", "b"),
        quota("construction_intensity", 0.4, region="a"),
        quota("growth_demand", few, "housing_urban", "all", 2028),
        quota("growth_demand", 2 * few, "industry", "all"),
        quota("cropland_retention", few, region="all"),
        quota("budget", 40 * few, region="a"),
        quota("budget", 120 * few, region="all", period=2028),
        quota("restoration_area", few / 2, region="b"),
        quota("compensation", 1.0, region="a"),
        quota("compensation_grade", 1.0, region="b"),
        quota("compensation_bank", few, region="b", grade=4),
        quota("linked_quota", 3 * few, region="a"),
        quota("linked_quota", few, region="b"),
        quota("construction_increment", few, region="all"),
        quota("redevelopment_share", 0.1, "built"),
        quota("carbon_cap", 1e5, region="a"),
    ]
    names = list(random.permutation(list(zones)))
    for name in names[:5]:
        zones[name] |= {"grass": 6.0, "bare": 4.0, "whole": 0, "min_lot_ha": 0.0}
    units = {"u1": {names[0]: 1.0, names[1]: 0.5}, "u2": {names[2]: 1.0}, "u3": {names[3]: 0.7}, "u4": {names[4]: 1.0}}
    projects = {
        "p": {"members": "u1;u2", "to": "wood", "min_area_ha": 1.0, "max_area_ha": 12.0, "cost_wanyuan": 3.0},
        "q": {"members": "u3", "to": "wood", "max_area_ha": 9.0, "cost_wanyuan": 2.0, "prerequisites": "p"},
        "r": {"members": "u4", "to": "wood", "max_area_ha": 9.0, "cost_wanyuan": 1.0},
        "s": {"members": "u4", "to": "grass", "max_area_ha": 5.0, "cost_wanyuan": 0.5},
    }
    costs = {(str(zone), "wood"): float(random.integers(1, 9)) for zone in random.choice(names, 4, replace=False)}
    made = draft(
        zones,
        MOVES,
        quotas=quotas,
        factors=FACTORS,
        regions=REGIONS,
        zone_costs=costs,
        context=CONTEXT,
        activity=ACTIVITY,
        periods=(2028, 2035),
        mode="flux",
        existing_activity=str(random.choice(["top_down", "bottom_up"])),
        objective={"kind": "weighted", "emission_weight": 1.0, "cost_weight": 2.0},
        projects=projects if seed % 3 else None,
        units=units if seed % 3 else None,
    )
    return made.write(folder)


class Here(Crew):
    """A crew of this process alone."""

    def __init__(self):
        super().__init__(client=None)

    def ask(self, work, folders, arguments):
        return [work(*these) for these in arguments]


def one_process(folder):
    """Return the passes and side columns of an instance as a whole, and the names of its coupled rows."""
    program = assemble(land_block(load(folder)))
    setup = set_up(program, 1)
    passes = Passes(setup.pricing, alike(setup.pricing, setup.free, 1), setup.blocks, 1)
    return passes, setup.side, part.row_names(program, setup.pricing.rows)[0]


def in_parts(folder, target, count):
    part.forget()
    split(folder, target, count)
    return PartedPasses.over(Here(), parts_below(target), target / NAME)


@pytest.mark.parametrize(("seed", "count"), [(0, 1), (1, 5), (2, 2), (4, 3), (5, 4)])
def test_bounds_at_any_multipliers_are_those_of_one_process(seed, count, tmp_path):
    folder = write_random(tmp_path / "whole", seed)
    passes, side, names = one_process(folder)
    random = np.random.default_rng(seed)
    whole = Bundle(passes, side)
    parted = in_parts(folder, tmp_path / "parts", count)
    assert sorted(parted.pricing.names) == sorted(names)
    order = np.array([names.index(name) for name in parted.pricing.names])
    assert parted.pricing.lower == pytest.approx(passes.pricing.lower[order], rel=1e-12)
    assert parted.pricing.upper == pytest.approx(passes.pricing.upper[order], rel=1e-12)
    bundle = Bundle(parted, parted.whole.side)
    assert bundle.ceiling == pytest.approx(whole.ceiling, rel=1e-9)
    for size in (0.1, 1.0, 3.0, 10.0, 100.0):
        y = whole.admissible(random.normal(0, size, len(names)))
        here, there = passes(y), parted(y[order])
        assert bundle.value(y[order], there) == pytest.approx(whole.value(y, here), rel=1e-9)
        assert there.moved == pytest.approx(here.moved, rel=1e-9)
        assert bundle.usage(there) == pytest.approx(whole.usage(here)[order], rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("seed", first_of(range(3), 1))
def test_the_best_bound_is_that_of_one_process(seed, tmp_path):
    """Both go on until nothing is left to gain, each by its own steps."""
    folder = write_random(tmp_path / "whole", seed)
    passes, side, _ = one_process(folder)
    whole = Bundle(passes, side)
    parted = in_parts(folder, tmp_path / "parts", 3)
    bundle = Bundle(parted, parted.whole.side)

    def exactly(best):
        return 1e-12 * abs(best.bound)

    expected, found = whole.raise_to(exactly, np.inf), bundle.raise_to(exactly, np.inf)
    if expected.bound > whole.ceiling:
        assert found.bound > bundle.ceiling
    else:
        assert found.bound == pytest.approx(expected.bound, rel=1e-9)


def test_parts_that_were_written_anew_are_loaded_anew(tmp_path):
    """A worker may outlive a run. Each hectare costs 1 and is worth 10 in the quota: 24 ha, then 30 ha."""
    part.forget()
    target, found = tmp_path / "parts", []
    for hectares in (4.0, 5.0):
        zones = {f"z{k}": {"grass": hectares} for k in range(6)}
        folder = tmp_path / f"whole{hectares:g}"
        draft(zones, "grass>ind", quotas=[quota("growth_demand", 6, "industry")]).write(folder)
        shutil.rmtree(target, ignore_errors=True)
        split(folder, target, 2)
        parted = PartedPasses.over(Here(), parts_below(target), target / NAME)
        found.append(parted(np.array([10.0])).value.sum())
    assert found == pytest.approx([24 * (1 - 10), 30 * (1 - 10)])


def test_parts_that_change_during_a_run_are_refused(tmp_path):
    target = tmp_path / "parts"
    parted = in_parts(write_random(tmp_path / "whole", 2), target, 2)
    part.forget()  # as a worker does that has died
    settings = parts_below(target)[1] / "instance.toml"
    settings.write_text(settings.read_text() + "# changed\n")
    with pytest.raises(InstanceError, match="was changed while its bound was sought"):
        parted(np.zeros(parted.pricing.n_rows))


def test_a_census_adds_up(tmp_path):
    folder = write_random(tmp_path / "whole", 3)
    split(folder, tmp_path / "parts", 4)
    expected, found = counted(folder), read_census(tmp_path / "parts" / NAME)
    assert found[["region", "class", "built_kind"]].values.tolist() == expected.iloc[:, :3].values.tolist()
    assert found["area_ha"].to_numpy() == pytest.approx(expected["area_ha"].to_numpy(), rel=1e-12)


def test_parts_hold_every_zone_once_and_projects_that_are_tied_together(tmp_path):
    folder = write_random(tmp_path / "whole", 4)
    folders = split(folder, tmp_path / "parts", 5)
    read = [load(one, whole=read_census(tmp_path / "parts" / NAME)) for one in folders]
    zones = [zone for one in read for zone in one.land.zones["zone"]]
    assert sorted(zones) == sorted(load(folder).land.zones["zone"])
    held = [{p.name for p in one.restoration.projects} for one in read if one.restoration is not None]
    assert sorted(name for names in held for name in names) == ["p", "q", "r", "s"]
    assert all(({"p", "q"} <= names) or not ({"p", "q"} & names) for names in held)
    assert all(({"r", "s"} <= names) or not ({"r", "s"} & names) for names in held)


def test_parts_of_two_wholes_are_refused(tmp_path):
    folders = [tmp_path / name for name in ("one", "two")]
    for seed, folder in enumerate(folders):
        split(write_random(tmp_path / f"whole{seed}", 3 * seed), folder, 2)
    mixed = [parts_below(folders[0])[0], parts_below(folders[1])[1]]
    with pytest.raises(InstanceError, match="one part says"):
        PartedPasses.over(Here(), mixed, folders[0] / NAME)


def test_what_ties_land_is_refused(tmp_path):
    cells = {name: {"grass": 1.0} for name in "abc"}
    borders = {("a", "b"): 100.0, ("b", "c"): 100.0}
    rule = quota("compactness", 5.0, "built", unit="tCO2e/km")
    draft(cells, "grass>ind", quotas=[rule], neighbours=borders).write(tmp_path / "whole")
    with pytest.raises(InstanceError, match="borders matter across any cut: compactness"):
        split(tmp_path / "whole", tmp_path / "parts", 2)
    draft(cells, "grass>ind").write(tmp_path / "free")
    with pytest.raises(InstanceError, match="at least one zone a part"):
        split(tmp_path / "free", tmp_path / "more", 4)


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # sockets of the killed process
def test_a_killed_worker_s_part_is_loaded_again(tmp_path):
    """Two processes hold three parts; before each of two passes one of them is killed."""
    folder = generate(tmp_path / "whole", 3000, 1, regions=4, quotas=2, periods=2)
    passes, side, names = one_process(folder)
    whole = Bundle(passes, side)
    random = np.random.default_rng(0)
    split(folder, tmp_path / "parts", 3)
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster) as client,
    ):
        parted = PartedPasses.over(Crew(client), parts_below(tmp_path / "parts"), tmp_path / "parts" / NAME)
        order = np.array([names.index(name) for name in parted.pricing.names])
        bundle = Bundle(parted, parted.whole.side)
        for _ in range(2):
            y = whole.admissible(random.normal(0, 10, len(names)))
            homes = dict(parted.crew.homes)
            pids = client.run(os.getpid)
            os.kill(pids[homes[parted.places[0].folder]], signal.SIGKILL)
            found = bundle.value(y[order], parted(y[order]))
            assert found == pytest.approx(whole.value(y, passes(y)), rel=1e-9)
            assert parted.crew.homes[parted.places[0].folder] != homes[parted.places[0].folder]


def test_a_sample_leads_to_the_bound_of_all_parts(tmp_path, monkeypatch):
    """With samples of ten groups, as with none."""
    generate(tmp_path / "whole", 2000, 2, regions=3, quotas=2, whole=0.2)
    parted = in_parts(tmp_path / "whole", tmp_path / "parts", 3)
    plain, without, _ = raised(parted, 1e-7, np.inf)
    monkeypatch.setattr(parts, "LEAST_SAMPLE", 10)
    monkeypatch.setattr(parts, "PER_PAIR", 1)
    found, sampled, _ = raised(parted, 1e-7, np.inf)
    assert without == 0 < sampled
    assert plain.exhausted
    assert found.exhausted
    assert found.bound == pytest.approx(plain.bound, abs=1e-7 * plain.at.moved)
