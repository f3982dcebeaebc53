"""Crystals: whatever is wrong with a structure, the error names its row.

Whatever is right gives finite numbers that do not depend on how the cell was written.
"""

import pickle
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from pymatgen.core import DummySpecies, Lattice, Structure
from mdp.core.errors import BadInput
from mdp.matter.crystal import CLOSEST
from mdp.represent.crystal import ORBITALS, OFM, RDF, Structures, _faces

SALT = Structure.from_spacegroup(
    "Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]
)
ALL = (RDF(), OFM(), Structures())
number = st.floats(0, 1, allow_nan=False)


@st.composite
def boxes(draw):
    return Lattice.from_parameters(
        *(draw(st.floats(2.5, 9)) for _ in range(3)), *(draw(st.floats(60, 120)) for _ in range(3))
    )


@st.composite
def good(draw):
    "A box of 1 to 5 atoms, anywhere."
    elements = draw(st.lists(st.sampled_from(["H", "Si", "Fe", "O", "U"]), min_size=1, max_size=5))
    return Structure(
        draw(boxes()),
        elements,
        draw(
            st.lists(
                st.tuples(number, number, number), min_size=len(elements), max_size=len(elements)
            )
        ),
    )


def usable(s):
    "No two atoms too close, images among them; by pymatgen."
    if not s.volume > 5:
        return False
    apart = s.distance_matrix + 9 * np.eye(len(s))
    return apart.min() > CLOSEST * 1.01 and not any(map(len, s.get_all_neighbors(CLOSEST * 1.01)))


BAD = {
    "missing": lambda s: None,
    "NaN row": lambda s: float("nan"),
    "text": lambda s: "NaCl",
    "number": lambda s: 7,
    "lattice only": lambda s: s.lattice,
    "empty": lambda s: Structure(s.lattice, [], []),
    "NaN coordinate": lambda s: Structure(
        s.lattice,
        s.species,
        np.where(np.arange(len(s))[:, None] == len(s) - 1, np.nan, s.frac_coords),
    ),
    "infinite coordinate": lambda s: Structure(s.lattice, ["Fe"], [[0, 0, np.inf]]),
    "overlap": lambda s: Structure(s.lattice, ["Fe", "Fe"], [[0.2, 0.2, 0.2], [0.2, 0.2, 0.2]]),
    "near overlap across the wall": lambda s: Structure(
        Lattice.cubic(5), ["Fe", "O"], [[0, 0, 0.001], [0, 0, 0.999]]
    ),
    "overlap with its own image": lambda s: Structure(
        Lattice.orthorhombic(0.3, 30, 30), ["Fe"], [[0, 0, 0]]
    ),
    "tiny cell": lambda s: Structure(Lattice.cubic(0.05), ["Fe"], [[0, 0, 0]]),
    "flat": lambda s: Structure(np.ones((3, 3)), ["Fe"], [[0, 0, 0]]),
    "NaN lattice": lambda s: Structure(np.where(np.eye(3) > 0, np.nan, 0), ["Fe"], [[0, 0, 0]]),
    "infinite lattice": lambda s: Structure(
        np.where(np.eye(3) > 0, np.inf, 0), ["Fe"], [[0, 0, 0]]
    ),
    "huge lattice": lambda s: Structure(1e200 * np.eye(3), ["Fe"], [[0, 0, 0]]),
    "slab": lambda s: Structure(
        Lattice(s.lattice.matrix, pbc=(True, True, False)), ["Fe"], [[0, 0, 0]]
    ),
    "disordered": lambda s: Structure(s.lattice, [{"Fe": 0.5, "Co": 0.5}], [[0, 0, 0]]),
    "vacancy": lambda s: Structure(s.lattice, [{"Fe": 0.9}], [[0, 0, 0]]),
}


@settings(max_examples=60, deadline=None)
@given(
    good().filter(usable),
    st.permutations(range(5)),
    st.tuples(number, number, number),
    st.integers(0, 2**32 - 1),
)
def test_the_way_a_cell_is_written_does_not_matter(s, order, shift, seed):
    order = [i for i in order if i < len(s)]
    turn = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))[0]
    other = Structure(
        s.lattice.matrix @ turn, [s.species[i] for i in order], (s.frac_coords + shift)[order]
    )
    row, again, double = Structures(per_atom=True).transform([s, other, s * [2, 1, 1]])
    assert np.isfinite(row).all() and (row >= 0).all() and row.any()
    assert np.allclose(row, again, atol=1e-6) and np.allclose(row, double, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(st.just("good"), st.sampled_from(sorted(BAD))), min_size=1, max_size=6),
    good().filter(usable),
    st.sampled_from(ALL),
)
def test_every_bad_row_is_named(kinds, s, t):
    index = [f"row {i}" for i in range(len(kinds))]
    X = pd.Series([s if k == "good" else BAD[k](s) for k in kinds], index, dtype=object)
    bad = [i for i, k in zip(index, kinds) if k != "good"]
    kept = type(t)(on_error="nan").transform(X)
    assert kept.index.equals(X.index)
    assert kept.isna().all(axis=1)[bad].all()
    assert kept.drop(bad).notna().all(axis=None)
    if bad:
        with pytest.raises(BadInput) as e:
            t.transform(X)
        assert [i for i, _, _ in e.value.rows] == bad
        assert e.value.of == len(X)
        assert all(why for *_, why in e.value.rows)
        str(e.value)
    else:
        assert np.array_equal(t.transform(X), kept)


@settings(max_examples=100, deadline=None)
@given(good())
def test_any_small_cell_answers_or_is_named(s):
    try:
        row = Structures().transform([s])
    except BadInput as e:
        assert [i for i, _, _ in e.rows] == [0]
    else:
        assert np.isfinite(row).all()


@pytest.mark.parametrize("species", [DummySpecies("X"), "Og", "Db"], ids=str)
def test_no_configuration(species):
    s = Structure(Lattice.cubic(4), [species], [[0, 0, 0]])
    for t in (OFM(), Structures()):
        with pytest.raises(BadInput, match="no electron configuration"):
            t.transform([SALT, s])
    assert np.isfinite(RDF().transform([s])).all()


def test_deuterium_and_charges_are_their_elements():
    "pymatgen hands D over as H; a charge is set aside."

    def water(h):
        return Structure(Lattice.cubic(4), [h, "O"], [[0, 0, 0], [0.25, 0, 0]])

    a, b = OFM().transform([water("H"), water("D")])
    assert np.array_equal(a, b) and a[ORBITALS.index("s1") * 32 + ORBITALS.index("p4")] > 0
    assert np.array_equal(
        *OFM().transform([SALT, SALT.copy().add_oxidation_state_by_element({"Na": 1, "Cl": -1})])
    )


def test_a_wide_gap_and_a_long_cell():
    "Cells that reach far: the search must grow, and the sky stays whole."
    chain = Structure(Lattice.orthorhombic(40, 40, 2), ["C"], [[0, 0, 0]])
    layer = Structure(
        Lattice.hexagonal(2.46, 60), ["C", "C"], [[1 / 3, 2 / 3, 0], [2 / 3, 1 / 3, 0]]
    )
    X = OFM().transform([chain, layer, Structure(Lattice.cubic(100), ["C"], [[0, 0, 0]])])
    assert np.isfinite(X).all() and np.isclose(X[2].max(), 6 / 100)
    for s in (chain, layer):
        _, i, _, d, w = _faces(s.lattice.matrix.copy(), s.cart_coords)
        assert np.allclose(np.bincount(i, w), 4 * np.pi, atol=1e-9)


@pytest.mark.parametrize("t", ALL, ids=lambda t: type(t).__name__)
def test_containers_index_and_processes(t):
    names = t.get_feature_names_out()
    assert t.transform([]).shape == (0, len(names)) and len(set(names)) == len(names)
    X = pd.Series([SALT] * 3, [30, 10, 20])
    for container in (X, X.to_frame("crystal")):
        Y = t.transform(container)
        assert list(Y.index) == [30, 10, 20] and list(Y.columns) == list(names)
    array = np.empty((3, 1), object)
    array[:, 0] = [SALT] * 3
    assert np.array_equal(t.transform(array), Y)
    assert np.array_equal(t.transform([SALT] * 3), Y)
    assert np.array_equal(pickle.loads(pickle.dumps(t)).transform([SALT] * 3), Y)
    with pytest.raises(TypeError, match="give a list"):
        t.transform(SALT)
    with pytest.raises(ValueError, match="2 columns"):
        t.transform(pd.DataFrame({"a": X, "b": X}))


def test_processes_give_the_same_bits_and_name_the_same_rows():
    X = [SALT, SALT * [2, 1, 1]] * 35
    assert np.array_equal(Structures(workers=2).transform(X), Structures().transform(X))
    X[67] = BAD["overlap"](SALT)
    with pytest.raises(BadInput) as e:
        Structures(workers=2).transform(X)
    assert [i for i, _, _ in e.value.rows] == [67]


@pytest.mark.parametrize(
    "t",
    [
        RDF(bins=0),
        RDF(bins=2.5),
        RDF(r_max=0),
        RDF(r_max=np.inf),
        RDF(r_max=np.nan),
        OFM(on_error="ignore"),
        OFM(disordered="yes"),
        Structures(bins=-1),
    ],
    ids=repr,
)
def test_parameters_are_checked(t):
    with pytest.raises(ValueError):
        t.fit([SALT])
    with pytest.raises(ValueError):
        t.transform([SALT])


# ---- sites that several species share, and atoms split over several sites


def average(t, s):
    return type(t)(disordered="average").transform([s])[0]


@pytest.mark.parametrize("t", ALL, ids=lambda t: type(t).__name__)
@pytest.mark.parametrize("site", [{"Fe2+": 0.5, "Fe3+": 0.5}, {"Fe": 0.25, "Fe3+": 0.75}], ids=str)
def test_species_of_one_element_add_up(t, site):
    "A site of Fe2+ and Fe3+ is one Fe (pymatgen#3915)."
    mixed = Structure(Lattice.cubic(2.9), [site, "O"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    pure = Structure(Lattice.cubic(2.9), ["Fe", "O"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    assert np.allclose(average(t, mixed), t.transform([pure])[0], rtol=1e-12)


@pytest.mark.parametrize("t", ALL, ids=lambda t: type(t).__name__)
@pytest.mark.parametrize(
    "occupancies, shifts",
    [
        ((0.5, 0.5), (-0.2, 0.2)),
        ((0.25, 0.75), (-0.3, 0.1)),
        ((0.334, 0.333, 0.333), (-0.3, 0, 0.3)),
        ((0.5, 0.5), (-0.35, 0.35)),
        ((0.75, 0.25), (-0.225, 0.675)),
    ],
    ids=str,
)
def test_an_atom_split_over_near_sites_is_one_atom(t, occupancies, shifts):
    "Here the split atom lies at a wall of the cell, and its mean position is that of Cl in CsCl."
    a = 4.12
    split = Structure(
        Lattice.cubic(a),
        ["Cs", *({"Cl": n} for n in occupancies)],
        [[0.5, 0.5, 0.5], *([0, 0, shift / a] for shift in shifts)],
        to_unit_cell=True,
    )
    whole = Structure(
        Lattice.cubic(a), ["Cs", "Cl"], [[0.5, 0.5, 0.5], [0, 0, np.dot(occupancies, shifts) / a]]
    )
    assert np.allclose(average(t, split), t.transform([whole])[0], atol=1e-2)


def test_near_sites_that_are_there_together_overlap():
    crowded = Structure(Lattice.cubic(4), [{"O": 0.8}, {"O": 0.8}], [[0, 0, 0], [0, 0, 0.1]])
    with pytest.raises(BadInput, match="sites 0 and 1 are 0.4 Å apart"):
        RDF(disordered="average").transform([crowded])


def test_a_bond_to_hydrogen_is_no_split_site():
    "Half of the cells hold an OH group: its two atoms are neighbours, as in a full one."
    at = [[0, 0, 0], [0, 0, 0.96 / 4]]
    full = Structure(Lattice.cubic(4), ["O", "H"], at)
    half = Structure(Lattice.cubic(4), [{"O": 0.5}, {"H": 0.5}], at)
    shared = RDF(disordered="average").transform([half])[0]
    assert np.flatnonzero(shared)[0] == np.flatnonzero(RDF().transform([full])[0])[0]


def test_a_site_that_is_empty():
    nothing = Structure(Lattice.cubic(4), [{"O": 0}], [[0, 0, 0]])
    with pytest.raises(BadInput):
        RDF(disordered="average").transform([nothing])


@pytest.mark.parametrize("t", ALL, ids=lambda t: type(t).__name__)
def test_structures_taken_apart_are_named_as_such(t):
    other = SALT.copy()
    for X in (np.array([SALT, other]), list(SALT), np.array(SALT)):
        with pytest.raises(ValueError, match="give a list of structures"):
            t.transform(X)
