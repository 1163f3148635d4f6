"""Projects and minimum lots that the audit decides by itself, against scipy's solvers on random small cases."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.optimize import LinearConstraint, linprog, milp

from optimizer.results.audit.blocks import block_costs, offers_of
from optimizer.results.audit.choices import Pieces, least
from optimizer.results.audit.lots import Zone, zone_cost
from optimizer.results.audit.restoration import Projects
from tests.build import build, program_of, quota
from tests.optimizer.results.audit_bound import audited

NOBODY = np.inf


def pieces_of(rng: np.random.Generator, count: int, classes: int, periods: int, shares: tuple[float, ...]) -> Pieces:
    price = np.round(rng.normal(size=(count, classes, periods)) * 10, 2)
    price[rng.random(price.shape) < 0.15] = np.inf
    return Pieces(
        place=np.arange(count),
        zone=np.zeros(count, dtype=int),
        area_ha=np.round(rng.uniform(1, 9, count), 1),
        to=np.arange(classes),
        stay=np.zeros(count),
        price=price,
        project=np.full((count, classes), -1),
        share=rng.choice(shares, (count, classes)),
    )


def zone_by_milp(zone: Zone) -> float:
    """Columns: hectares x (pieces, options), then lots b (options - 1)."""
    count, options = zone.price.shape
    lots = options - 1
    cost = np.concatenate([np.where(np.isfinite(zone.price), zone.price, 0.0).ravel(), np.zeros(lots)])
    room = np.where(np.isfinite(zone.price), zone.room, 0.0).ravel()
    rows, low, high = [], [], []
    for i in range(count):
        row = np.zeros((count, options))
        row[i] = 1.0
        rows.append(np.concatenate([row.ravel(), np.zeros(lots)]))
        low.append(zone.area[i])
        high.append(zone.area[i])
    for lot in range(lots):
        row, opened = np.zeros((count, options)), np.zeros(lots)
        row[:, lot + 1] = 1.0
        for bound, least_, most in ((zone.least_ha, 0.0, np.inf), (zone.area.sum(), -np.inf, 0.0)):
            opened[lot] = -bound
            rows.append(np.concatenate([row.ravel(), opened]))
            low.append(least_)
            high.append(most)
    found = milp(
        cost,
        constraints=LinearConstraint(np.array(rows), low, high),
        bounds=(np.zeros(len(cost)), np.concatenate([room, np.ones(lots)])),
        integrality=np.concatenate([np.zeros(count * options), np.ones(lots)]),
        options={"mip_rel_gap": 1e-9},
    )
    assert found.status == 0
    return float(found.fun)


@pytest.mark.parametrize("seed", range(60))
def test_a_zone_of_several_pieces_is_decided_exactly(seed: int):
    rng = np.random.default_rng(seed)
    pieces = pieces_of(rng, int(rng.integers(2, 5)), 3, int(rng.integers(1, 3)), (1.0, 1.0, 0.5))
    zone = Zone.of(pieces, slice(None), float(rng.uniform(2, 1.2 * pieces.area_ha.sum())))
    assert zone_cost(zone) == pytest.approx(zone_by_milp(zone), abs=1e-6)


def test_a_lot_by_hand():
    """Pieces of 3 and 6 ha. To a lot of 5 ha both go for -2 and -1; the first alone is too small for its -4.

    Lots: (0) -4 for the first, 3 for the second; (1) -2 and -1. Two hectares of the second fill (0) at 3 each, which
    leaves it 4 ha, too few for (1): -12 + 6 = -6. All in (1): -6 - 6 = -12. Alone they could not do better.
    """
    price = np.array([[[-4.0], [-2.0]], [[3.0], [-1.0]]])
    none = np.full((2, 2), -1)
    pieces = Pieces(
        np.arange(2), np.zeros(2, int), np.array([3.0, 6.0]), np.arange(2), np.zeros(2), price, none, np.ones((2, 2))
    )
    assert zone_cost(Zone.of(pieces, slice(None), 5.0)) == pytest.approx(-12.0)
    assert zone_cost(Zone.of(pieces, slice(None), 3.0)) == pytest.approx(-18.0)
    assert zone_cost(Zone.of(pieces, slice(None), 10.0)) == pytest.approx(0.0)


def projects(count: int, least_ha: float, most_ha: float) -> Projects:
    none, whole = np.zeros(0), np.zeros(0, dtype=int)
    limits = (np.full(count, least_ha), np.full(count, most_ha))
    return Projects(None, *limits, np.zeros(count), ((),) * count, whole, whole, whole, none)  # type: ignore[arg-type]


def project_by_lp(pieces: Pieces, held: np.ndarray, fixed: np.ndarray, least_ha: float, most_ha: float) -> float:
    """Return the least cost of all pieces: closed, or opened in one period, with land free to divide itself."""
    count, classes, periods = pieces.price.shape
    values = []
    for opened in (None, *range(periods)):
        cost, upper, group, counted = [], [], [], []
        for i in range(count):
            cost.append(pieces.stay[i])
            upper.append(pieces.area_ha[i])
            group.append(i)
            counted.append(0.0)
            for j, t in product(range(classes), range(periods)):
                allowed = np.isfinite(pieces.price[i, j, t]) and (not held[i, j] or t == opened)
                cost.append(pieces.price[i, j, t] if allowed else 0.0)
                upper.append(pieces.area_ha[i] * pieces.share[i, j] if allowed else 0.0)
                group.append(i)
                counted.append(float(held[i, j]))
        limits = [[-c for c in counted], counted] if opened is not None else None
        found = linprog(
            cost,
            A_ub=limits,
            b_ub=[-least_ha, most_ha] if limits else None,
            A_eq=[[float(g == i) for g in group] for i in range(count)],
            b_eq=pieces.area_ha,
            bounds=list(zip(np.zeros(len(upper)), upper, strict=True)),
        )
        if found.status == 0:
            values.append(found.fun + (fixed[opened] if opened is not None else 0.0))
    return float(min(values))


@pytest.mark.parametrize("seed", range(40))
def test_a_project_is_decided_exactly_where_land_divides(seed: int):
    rng = np.random.default_rng(seed)
    pieces = pieces_of(rng, int(rng.integers(1, 5)), 4, 2, (1.0, 1.0, 0.5))
    held = np.broadcast_to(np.array([True, True, False, False]), (len(pieces.place), 4))
    pieces.project[held] = 0
    least_ha, most_ha = rng.uniform(0, 8), rng.uniform(8, 16)
    fixed = rng.uniform(-5, 20, 2)
    free = Pieces(
        pieces.place,
        pieces.zone,
        pieces.area_ha,
        pieces.to,
        pieces.stay,
        np.where(held[:, :, None], np.inf, pieces.price),
        pieces.project,
        np.where(held, 1.0, pieces.share),
    )
    otherwise = least(free)
    parts = offers_of(pieces, free, otherwise, held)
    offers = type(parts[0])(*(np.concatenate([getattr(p, n) for p in parts]) for n in ("block", "price", "area_ha")))
    opened = block_costs(projects(1, least_ha, most_ha), fixed[None, :], offers)
    value = float((otherwise * pieces.area_ha).sum()) + min(0.0, float(opened.min()))
    assert value == pytest.approx(project_by_lp(pieces, held, fixed, least_ha, most_ha), abs=1e-6)


def test_two_projects_of_one_piece_do_not_both_get_it(tmp_path):
    """10 ha give -2 a hectare to p1 (wood) or -3 to p2 (grass), never both: -30, not -50.

    Without multipliers only the first is a block of its own; the second asks for its land like any change, and is free
    to open without its cost.
    """
    zones = {"a": {"bare": 10}}
    moves = {"bare>wood": {"cost": -2.0, "restoration": 1}, "bare>grass": {"cost": -3.0, "restoration": 1}}
    instance = build(
        tmp_path / "i",
        zones,
        moves,
        quotas=[quota("restoration_area", 0)],
        units={"u1": {"a": 1.0}, "u2": {"a": 1.0}},
        projects={
            "p1": {"members": "u1", "to": "wood", "cost_wanyuan": 1.0},
            "p2": {"members": "u2", "to": "grass", "cost_wanyuan": 1.0},
        },
    )
    program = program_of(instance)
    nothing = np.zeros(program.n_rows)
    assert audited(tmp_path / "i", program, nothing, tmp_path / "p").value == pytest.approx(-30.0)


def test_a_project_pays_to_open_and_takes_its_least_area(tmp_path):
    """20 ha at -2 each against 25 to open: -40 + 25 = -15; at most 12 ha: -24 + 25 > 0, so it stays closed."""
    more = {"members": "u1", "to": "wood", "cost_wanyuan": 25.0}
    for most, value in ((1000.0, -15.0), (12.0, 0.0), (14.0, -3.0)):
        folder = tmp_path / str(most)
        instance = build(
            folder,
            {"a": {"bare": 20}},
            {"bare>wood": {"cost": -2.0}},
            units={"u1": {"a": 1.0}},
            projects={"p1": more | {"max_area_ha": most}},
        )
        program = program_of(instance)
        found = audited(folder, program, np.zeros(program.n_rows), folder / "p")
        assert found.value == pytest.approx(value)
