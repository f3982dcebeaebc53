"""The glass of silica: the potential, its refusals, and the glasses that are stored."""

import numpy as np
import pandas as pd
import pytest
from mdp.data.fetch import facts
from mdp.simulate.silica import STORED, cristobalite, energy_and_forces, pair_energy, quench

CRYSTAL = cristobalite()
OXYGEN = np.array(CRYSTAL.symbols == "O")
EDGE = CRYSTAL.cell[0, 0]


def test_the_density_is_that_of_the_glass():
    grams = CRYSTAL.get_masses().sum() / 6.02214076e23
    assert np.isclose(grams / (CRYSTAL.get_volume() * 1e-24), 2.20)


def test_pairs_are_symmetric_and_end_smoothly():
    r = np.linspace(1.2, 12, 500)
    assert np.array_equal(pair_energy("Si", "O", r), pair_energy("O", "Si", r))
    for pair in (("Si", "O"), ("O", "O"), ("Si", "Si")):
        assert (pair_energy(*pair, r[r >= 10.17]) == 0).all()
        assert abs(pair_energy(*pair, 10.0)) < 1e-3


def test_forces_add_up_to_zero_and_do_not_change_when_all_is_moved():
    rng = np.random.default_rng(0)
    shaken = CRYSTAL.positions + rng.normal(scale=0.1, size=(648, 3))
    energy, forces = energy_and_forces(shaken, OXYGEN, EDGE)
    assert np.allclose(forces.sum(axis=0), 0, atol=1e-8)
    moved = energy_and_forces((shaken + [3.0, -50.0, 11.0]) % EDGE, OXYGEN, EDGE)
    assert np.isclose(energy, moved[0]) and np.allclose(forces, moved[1], atol=1e-8)


@pytest.mark.parametrize("edge", [20.0, np.nan, "21"])
def test_a_box_that_is_too_small_is_refused(edge):
    with pytest.raises(ValueError, match="edge="):
        energy_and_forces(CRYSTAL.positions, OXYGEN, edge)


@pytest.mark.parametrize("rate", [0, -1e14, 1e18, np.inf, True])
def test_a_rate_that_makes_no_sense_is_refused(rate):
    with pytest.raises(ValueError, match="rate="):
        quench(rate)


def test_the_same_seed_gives_the_same_glass():
    one, two = quench(1e17, 3), quench(1e17, 3)
    assert np.array_equal(one.positions, two.positions)


def test_stored_glasses_are_silica():
    table = pd.read_csv(facts(STORED))
    for _, rows in table.groupby(["rate", "seed"]):
        assert rows["element"].value_counts().to_dict() == {"O": 432, "Si": 216}
        at = rows[["x", "y", "z"]].to_numpy()
        energy, forces = energy_and_forces(at, (rows["element"] == "O").to_numpy(), EDGE)
        # thermal motion at 300 K and the rounding to 0.01 Å: forces of some eV/Å, not of hundreds
        assert energy / 216 < -44 and abs(forces).max() < 20
