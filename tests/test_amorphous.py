"""Glasses and liquids: sums over every pair and every wave agree with the definition, and whatever
is wrong with a cell, the error names its row."""

import numpy as np
import pandas as pd
import pytest
from ase import Atoms
from ase.build import bulk
from mdp.core.errors import BadInput
from mdp.represent.amorphous import Amorphous, bond_order, holes, pair_distribution, repeated
from mdp.represent.amorphous import ring_shares, scattering, spacing
from mdp.represent.kinds import describe

SKEW = np.array([[9.0, 0, 0], [2, 10, 0], [-1, 3, 8]])  # Å
POINTS = np.array([[0.1, 0.2, 0.3], [0.7, 0.1, 0.4], [0.5, 0.6, 0.8], [0.2, 0.8, 0.1]]) @ SKEW
SALT = bulk("NaCl", "rocksalt", a=5.64, cubic=True)
BAD = {
    "missing": None,
    "empty": Atoms(cell=[9, 9, 9], pbc=True),
    "one atom": bulk("Cu"),
    "no volume": Atoms("Cu2", [[0, 0, 0], [2, 0, 0]], cell=[9, 9, 0], pbc=True),
    "overlap": Atoms("Cu2", [[0, 0, 0], [0.1, 0, 0]], cell=[9, 9, 9], pbc=True),
    "across the wall": Atoms("Cu2", [[0.05, 0, 0], [8.95, 0, 0]], cell=[9, 9, 9], pbc=True),
    "particle": Atoms("Cu2", [[0, 0, 0], [2, 0, 0]]),
    "slab": Atoms("Cu2", [[0, 0, 0], [2, 0, 0]], cell=[9, 9, 9], pbc=[True, True, False]),
    "not a number": Atoms("Cu2", [[0, 0, 0], [2, np.nan, 0]], cell=[9, 9, 9], pbc=True),
}


def test_intensity_is_the_sum_over_the_atoms_in_a_skewed_cell():
    length, intensity, weight = scattering(SKEW, POINTS, 2.0)
    reciprocal = 2 * np.pi * np.linalg.inv(SKEW).T
    by_definition = []
    for index in np.ndindex(9, 9, 9):
        wave = (np.array(index) - 4) @ reciprocal
        if 0 < np.linalg.norm(wave) <= 2:
            total = abs(np.exp(1j * POINTS @ wave).sum()) ** 2 / len(POINTS)
            by_definition.append((np.linalg.norm(wave), total))
    by_definition = np.array(by_definition)
    assert weight.sum() == len(by_definition)
    assert np.isclose(weight @ intensity, by_definition[:, 1].sum())
    assert np.isclose(weight @ length, by_definition[:, 0].sum())


def test_repeating_a_cell_changes_no_local_number():
    unit = spacing(SALT.cell.array, SALT.positions)
    once = repeated(SALT.cell.array, SALT.positions, 6.3 * unit)
    more = repeated(SALT.cell.array, SALT.positions, 10 * unit)
    cutoff = 1.2 * unit
    assert np.allclose(pair_distribution(*once, 9.0, 30)[1], pair_distribution(*more, 9.0, 30)[1])
    assert np.allclose(ring_shares(*once, cutoff), ring_shares(*more, cutoff))
    for degree in (4, 6):
        small, large = bond_order(*once, cutoff, degree), bond_order(*more, cutoff, degree)
        assert np.allclose([values.mean() for values in small], [v.mean() for v in large])


def test_voids_of_a_simple_cubic_crystal():
    found = holes(*repeated(3.0 * np.eye(3), np.full((1, 3), 0.3), 12), margin=5.0)
    voids = found[(found[:, 0] == 2) & (found[:, 2] - found[:, 1] > 0.01)]
    assert len(voids) == 64 and np.allclose(voids[:, 1:], [3 / 2**0.5, 3 * 3**0.5 / 2])


def test_an_atom_without_neighbours_has_no_order():
    local, averaged = bond_order(20 * np.eye(3), np.zeros((1, 3)), 3.0, 6)
    assert local.tolist() == averaged.tolist() == [0.0]


def test_every_bad_cell_is_named():
    rows = pd.Series([*BAD.values(), SALT], [*BAD, "good"], dtype=object)
    with pytest.raises(BadInput) as caught:
        Amorphous().fit_transform(rows)
    assert [label for label, *_ in caught.value.rows] == list(BAD) and caught.value.of == len(rows)
    kept = Amorphous(on_error="nan").fit_transform(rows)
    assert kept.notna().all(axis=1).tolist() == [False] * len(BAD) + [True]


def test_arguments_are_checked():
    for wrong in ({"bins": 0}, {"r_max": 0}, {"cutoff": 4}, {"cutoff": 0}, {"on_error": "skip"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            Amorphous(**wrong).fit_transform([SALT])


def test_the_registry_knows_glasses():
    assert np.array_equal(
        describe([SALT], "amorphous", "arrangement"), Amorphous().fit_transform([SALT])
    )
    assert Amorphous().fit_transform([]).shape == (0, 102)
