"""Particles: shapes and surfaces that can be worked out, and one error that names each bad row."""

import numpy as np
import pandas as pd
import pytest
from ase import Atoms
from ase.build import bulk, nanotube
from ase.cluster import Icosahedron, Octahedron
from pymatgen.core import Molecule
from mdp.core.errors import BadInput
from mdp.represent.kinds import group_labels
from mdp.represent.nanostructure import Nanostructures, coordination, exposed, gyration, shape

ICOSAHEDRON = Icosahedron("Cu", 3)
BAD = {
    "missing": None,
    "empty": Atoms(),
    "one atom": Atoms("Cu"),
    "overlap": Atoms("Cu2", [[0, 0, 0], [0.1, 0, 0]]),
    "crystal": bulk("Cu", cubic=True),
    "endless tube": nanotube(6, 6, length=2),
    "not a number": Atoms("Cu2", [[0, 0, 0], [2, np.inf, 0]]),
    "text": "Cu13",
}


def test_points_on_a_sphere_have_the_shape_of_a_sphere():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(20000, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    radius, asphericity, acylindricity, anisotropy = shape(points)
    assert np.isclose(radius, 1, atol=1e-3) and max(asphericity, acylindricity, anisotropy) < 0.02
    assert np.allclose(gyration(2 * points), 4 * gyration(points))


def test_an_ellipsoid_has_the_squares_of_its_axes():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(50000, 3)) * [3, 2, 1]
    assert np.allclose(gyration(points), [9, 4, 1], rtol=0.03)


def test_two_atoms_far_apart_are_not_bonded():
    far = Atoms("Cu2", [[0, 0, 0], [0, 0, 20]])
    row = Nanostructures().fit_transform(pd.Series([far], dtype=object)).iloc[0]
    assert row["neighbours"] == 0 and row["surface atoms"] == 1 and row["0 neighbours"] == 1
    assert row.notna().all() and np.isclose(row["asphericity"], 1)


def test_an_octahedron_has_six_corners_of_four_neighbours():
    particle = Octahedron("Cu", 4)
    at = particle.positions, particle.get_chemical_symbols()
    counts = np.bincount(coordination(*at), minlength=13)
    assert counts[4] == 6 and counts[12] == (exposed(*at) == 0).sum()


def test_ase_and_pymatgen_give_the_same_row():
    molecule = Molecule(ICOSAHEDRON.get_chemical_symbols(), ICOSAHEDRON.positions)
    ours = Nanostructures().fit_transform([ICOSAHEDRON, molecule])
    assert np.array_equal(ours[0], ours[1])


def test_every_bad_particle_is_named():
    rows = pd.Series([*BAD.values(), ICOSAHEDRON], [*BAD, "good"], dtype=object)
    with pytest.raises(BadInput) as caught:
        Nanostructures().fit_transform(rows)
    assert [label for label, *_ in caught.value.rows] == list(BAD) and caught.value.of == len(rows)
    kept = Nanostructures(on_error="nan").fit_transform(rows)
    assert kept.notna().all(axis=1).tolist() == [False] * len(BAD) + [True]


def test_isomers_are_near_copies():
    labels = group_labels(
        [ICOSAHEDRON, Atoms("CO", [[0, 0, 0], [0, 0, 1.1]])], "nanostructure", "arrangement"
    )
    assert labels.tolist() == ["Cu55", "C1 O1"]
