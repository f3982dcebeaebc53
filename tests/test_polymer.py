"""Polymers where a notebook cannot go.

Units made at random, every wrong number of ends, the open chain as oracle.
"""

import random
import re
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings, strategies as st
from rdkit import Chem
from sklearn.base import clone
from sklearn.utils import estimator_checks as checks
from mdp.core.errors import BadInput
from mdp.represent.molecule import Fingerprints, RDKitDescriptors
from mdp.represent.polymer import LOST, Polymers
from mdp.matter.unit import (
    join_segments,
    unit_segments,
    atom_ratio,
    canonical_unit,
    capped,
    common,
    nearest,
    periodic,
    read_unit,
    recut,
    smallest_unit,
    unit,
)

quick = settings(max_examples=60, deadline=None)
POOL = sorted({w for s in common().smiles for w in unit_segments(read_unit(s))[0]})


def can_be_written(segments):
    """SMILES marks E and Z on the single bonds beside a double bond, so of several conjugated
    double
    bonds none can stay open: the marks of the others fix it. Such chains are not drawn."""
    marked = any("/" in segment for segment in segments)
    opened = any(re.search("=[CN]", segment) and "/" not in segment for segment in segments)
    return not (marked and opened)


words = st.lists(st.sampled_from(POOL), min_size=1, max_size=6).filter(can_be_written)
BAD = [
    "CC",
    "*CC",
    "*CC(*)C*",
    "*C1C(*)CC(*)C1*",
    "*C(*)(*)C(*)*",
    "**",
    "C*C*C",
    "*CC.C*",
    "*CC*.[Na+]",
    "*=CC*",
    "*C=C(",
    "",
    "C C",
    None,
    np.nan,
    5,
    Chem.Mol(),
    "*",
    "*.*",
]


@quick
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 100)), min_size=1, max_size=10))
def test_every_bad_row_is_named(rows):
    values = [BAD[k % len(BAD)] if bad else common().smiles[k % len(common())] for bad, k in rows]
    index = [f"r{i}" for i in range(len(rows))]
    column = pd.Series(values, index, dtype=object)
    expected = [f"r{i}" for i, (bad, _) in enumerate(rows) if bad]
    for t in (
        Polymers(Fingerprints("ECFP", n_bits=64, counts=True)),
        Polymers(RDKitDescriptors(["MolWt", "TPSA"])),
    ):
        if expected:
            with pytest.raises(BadInput) as e:
                t.transform(column)
            assert [r[0] for r in e.value.rows] == expected
            assert all(r[2] for r in e.value.rows)
            assert e.value.of == len(rows)
            assert "repeat unit" in str(e.value)
        out = clone(t).set_params(on_error="nan").transform(column)
        assert (
            list(out.index[out.isna().all(axis=1)])
            == list(out.index[out.isna().any(axis=1)])
            == expected
        )


@quick
@given(st.integers(0, 6))
def test_number_of_ends(k):
    s = "C" + "C(*)" * k + "C"
    if k == 2:
        assert read_unit(s).GetNumAtoms() == 6
    else:
        with pytest.raises(BadInput) as e:
            Polymers().transform([s])
        assert {0: "no `*`", 1: "one `*`", 3: "branched", 4: "ladder"}.get(
            k, f"{k} `*`"
        ) in e.value.rows[0][2]


@settings(max_examples=150, deadline=None)
@given(words, st.integers(1, 3), st.integers(0, 10**6))
def test_one_chain_one_descriptor(word, times, seed):
    mol = join_segments(word)
    s, rng = Chem.MolToSmiles(mol), random.Random(seed)
    other = read_unit(rng.choice(recut(s)))
    other = Chem.MolToRandomSmilesVect(
        join_segments(unit_segments(other)[seed % 2] * times), 1, randomSeed=seed + 1
    )[0]
    assert canonical_unit(s) == canonical_unit(other) == canonical_unit(canonical_unit(s))
    t = Polymers(Fingerprints(["ECFP", "Torsion"], counts=True))
    assert np.array_equal(t.transform([s]), t.transform([other]))
    unit_ = smallest_unit(s)
    assert (mol.GetNumAtoms() - 2) % (unit_.GetNumAtoms() - 2) == 0


@quick
@given(words)
def test_mass_of_the_unit_and_rings(word):
    mol = join_segments(word)
    small = smallest_unit(mol)
    D = Polymers(RDKitDescriptors(["MolWt", "RingCount"])).transform([mol])[0]
    assert D[0] == pytest.approx(
        sum(a.GetMass() + a.GetTotalNumHs() * 1.008 for a in small.GetAtoms()), abs=1e-2
    )
    assert D[1] == small.GetRingInfo().NumRings()
    ring, n = periodic(mol)
    assert ring.GetNumAtoms() == n * (small.GetNumAtoms() - 2)
    assert ring.GetRingInfo().NumRings() == n * small.GetRingInfo().NumRings()
    assert not any(a.GetNumRadicalElectrons() for a in ring.GetAtoms())


def test_sparse_dense_processes_and_per_atom():
    smiles = common().smiles.tolist()
    for kinds in ("ECFP", ["ECFP", "MACCS"]):
        dense = Polymers(Fingerprints(kinds, counts=True)).transform(smiles)
        assert np.allclose(
            dense,
            Polymers(Fingerprints(kinds, counts=True, sparse=True)).transform(smiles).toarray(),
        )
    n = np.array([periodic(s)[1] for s in smiles])[:, None]
    heavy = np.array([periodic(s)[0].GetNumHeavyAtoms() for s in smiles])[:, None]
    atom = Polymers(Fingerprints(kinds, counts=True), per="atom").transform(smiles)
    assert np.allclose(atom[:, :2048] * heavy, dense[:, :2048] * n)
    assert np.array_equal(atom[:, 2048:], dense[:, 2048:])
    many = smiles * 17  # two blocks: two processes
    assert np.array_equal(Polymers(workers=2).transform(many), Polymers(workers=1).transform(many))
    nan = Polymers(Fingerprints(counts=True, sparse=True), on_error="nan").transform(["*CC*", "CC"])
    assert np.isnan(nan.toarray()).all(1).tolist() == [False, True]


def test_tacticity_direction_and_double_bonds():
    assert (
        canonical_unit("*C[C@H](C)*")
        == canonical_unit("*C[C@@H](C)*")
        != canonical_unit("*C[C@H](C)C[C@@H](C)*")
    )
    assert len(
        {canonical_unit(s) for s in ("*=CC=*", "*C=C*", "*C=CC=C*")}
    ) == 1 and canonical_unit("*#CC#*") == canonical_unit("*C#C*")
    assert canonical_unit("*C(=O)CCCCCN*") == canonical_unit(unit("PA6"))
    assert canonical_unit("[1*]C[*:2]") == "*C*"


CHIRAL = [
    "[1*][C@H]([2*])C",
    "[1*][C@@H]([2*])C",
    "[1*]C[2*]",
    "[1*]O[2*]",
    "[1*]/C([2*])=C/C",
    "[1*][C@]([2*])(C)F",
    "[1*]c1ccc([2*])nc1",
    "[1*]c1ccc([2*])cn1",
    "[1*][C@H]1CC[C@@H]([2*])CC1",
]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(CHIRAL), min_size=1, max_size=6),
    st.integers(1, 2),
    st.integers(0, 10**6),
)
def test_stereochemistry_survives_every_cut(word, times, seed):
    """Also where the arms of a stereocentre look alike in the unit.

    RDKit alone would remove it there.
    """
    # RDKit cannot write every mark of a row of such groups, which share the bonds that carry them
    assume(word.count("[1*]/C([2*])=C/C") * times < 3)
    s = Chem.MolToSmiles(join_segments(word))
    name = canonical_unit(s)
    assert {canonical_unit(cut) for cut in recut(s)} == {canonical_unit(name)} == {name}
    other = join_segments(
        unit_segments(read_unit(random.Random(seed).choice(recut(s))))[seed % 2] * times
    )
    assert canonical_unit(other) == canonical_unit(Chem.MolToSmiles(other)) == name


def test_stereochemistry_by_hand():
    assert (
        {canonical_unit(s) for s in recut("*[C@H](C)CC*")}
        == {canonical_unit("*C[C@H](C)C*")}
        == {canonical_unit("*C[C@@H](C)C*")}
    )
    assert canonical_unit("*C[C@H](C)C*") != canonical_unit("*CC(C)C*")
    isotactic, syndiotactic = "*C[C@H](C)CC[C@H](C)C*", "*C[C@H](C)CC[C@@H](C)C*"
    assert (
        canonical_unit(isotactic) == canonical_unit("*C[C@H](C)C*") != canonical_unit(syndiotactic)
    )
    assert (
        smallest_unit(syndiotactic).GetNumAtoms() == 2 * smallest_unit(isotactic).GetNumAtoms() - 2
    )
    left = "*C/C(=C/C)C*"
    assert (
        {canonical_unit(s) for s in recut(left)}
        == {canonical_unit(left)}
        != {canonical_unit("*CC(=CC)C*")}
    )


@pytest.mark.parametrize(
    "mapped, plain",
    [("*[CH2:3]C*", "*CC*"), ("[*:1]C[CH:5]([CH3:6])[*:2]", "*CC(*)C"), ("[1*:7]CO[2*:8]", "*CO*")],
)
def test_map_numbers_are_no_chemistry(mapped, plain):
    assert canonical_unit(mapped) == canonical_unit(plain)
    assert recut(mapped) == recut(plain)
    assert atom_ratio(mapped) == atom_ratio(plain)
    assert np.array_equal(Polymers().transform([mapped]), Polymers().transform([plain]))
    assert canonical_unit(Chem.MolFromSmiles(mapped)) == canonical_unit(plain)
    assert nearest([mapped], [plain, "*c1ccc(*)s1"]).tanimoto.iloc[0] == 1


@pytest.mark.parametrize(
    "s, words",
    [
        ("{[][$]CC[$][]}", ["BigSMILES", "*CC*"]),
        ("*CC*.*CO*", ["2 pieces", "copolymer", "one repeat unit"]),
        ("*CC*.*CO*.*CN*", ["3 pieces"]),
        ("*CC*.[Na+]", ["2 pieces", "salt"]),
        ("*CC.C*", ["2 pieces"]),
        ("*C1C(*)CC(*)C1*", ["ladder"]),
        ("*C=C(", ["near character 5"]),
    ],
)
def test_reasons_say_what_it_is_and_what_to_write(s, words):
    with pytest.raises(BadInput) as error:
        Polymers().transform(pd.Series([s], ["mine"]))
    ((label, _, reason),) = error.value.rows
    assert label == "mine" and all(word in reason for word in words)


def test_rows_come_in_any_container():
    units, labels = ["*CC*", "*CC(*)C", "*CC(*)c1ccccc1"], list("abc")
    expected = Polymers().transform(units)
    for X in (
        pd.Series(units, labels),
        pd.Series(units, labels, dtype="category"),
        pd.DataFrame({"C": units}, labels),
    ):
        assert list(Polymers().transform(X).index) == labels
        assert np.array_equal(Polymers().transform(X), expected)
        assert nearest(X, pd.DataFrame({"C": units[::-1]})).like.tolist() == units
    for X in (
        tuple(units),
        np.array(units)[:, None],
        (s for s in units),
        [Chem.MolFromSmiles(s) for s in units],
    ):
        assert np.array_equal(Polymers().transform(X), expected)
    for one in (Polymers().transform, lambda s: nearest(s, units), lambda s: nearest(units, s)):
        with pytest.raises(TypeError, match="give a list"):
            one("*CC*")
    with pytest.raises(BadInput) as error:
        nearest(pd.Series(["*CC*", "CC"], ["a", "b"]), units)
    assert error.value.rows[0][0] == "b"
    with pytest.raises(ValueError, match="no other units"):
        nearest(units, [])


def test_parameters():
    for t in (
        Polymers(per="gram"),
        Polymers(ring=4),
        Polymers(of=3),
        Polymers(RDKitDescriptors(LOST[:1])),
        Polymers(on_error="skip"),
        Polymers(Fingerprints("none")),
    ):
        with pytest.raises(ValueError):
            t.fit(["*CC*"])
    with pytest.raises(KeyError, match="polystyrene"):
        unit("polystyren")
    assert Polymers().transform([]).shape == (0, 2048)
    assert Polymers(RDKitDescriptors(["MolWt"])).transform([]).shape == (0, 1)


# as for molecules: the checks of scikit-learn that feed no table of numbers
@pytest.mark.parametrize(
    "check",
    [
        "check_estimator_cloneable",
        "check_estimator_repr",
        "check_no_attributes_set_in_init",
        "check_parameters_default_constructible",
        "check_get_params_invariance",
        "check_set_params",
        "check_estimator_tags_renamed",
        "check_valid_tag_types",
        "check_mixin_order",
    ],
)
def test_sklearn(check):
    getattr(checks, check)("Polymers", Polymers())


@quick
@given(words, st.integers(1, 3), st.integers(0, 10**6))
def test_one_chain_one_ratio_and_its_own_nearest(word, times, seed):
    s = Chem.MolToSmiles(join_segments(word))
    other = Chem.MolToSmiles(
        join_segments(
            unit_segments(read_unit(random.Random(seed).choice(recut(s))))[seed % 2] * times
        )
    )
    assert atom_ratio(s) == atom_ratio(other)
    found = nearest([other], [*common().smiles[:20], s])
    assert found.tanimoto.iloc[0] == pytest.approx(1)
    assert 0 <= nearest([s], ["*[Si](C)(C)O*"]).tanimoto.iloc[0] <= 1
    ends = capped(s)
    assert ends.GetNumAtoms() == read_unit(s).GetNumAtoms()
    assert not any(a.GetAtomicNum() == 0 for a in ends.GetAtoms())
    assert Chem.MolFromSmiles(Chem.MolToSmiles(ends))


@pytest.mark.parametrize(
    "f", [atom_ratio, capped, lambda s: nearest([s], ["*CC*"]), lambda s: nearest(["*CC*"], [s])]
)
@pytest.mark.parametrize("s", ["CC", "*CC", "*CC(*)C*"])
def test_comparison_refuses_what_is_no_chain(f, s):
    with pytest.raises(ValueError, match=r"`\*`"):
        f(s)


def test_a_ring_too_large_for_a_kind_is_named():
    units = pd.Series(["*CC*", "*" + "CCO" * 340 + "C*"], ["polyethylene", "long"])
    with pytest.raises(BadInput, match="a ring of .* and AtomPair can be had up to 1000") as caught:
        Polymers(Fingerprints("AtomPair")).transform(units)
    assert [label for label, *_ in caught.value.rows] == ["long"]
    kept = Polymers(Fingerprints("AtomPair"), on_error="nan").transform(units)
    assert kept.isna().all(axis=1).tolist() == [False, True]
    assert (
        kept.loc["polyethylene"] == Polymers(Fingerprints("AtomPair")).transform(["*CC*"])[0]
    ).all()
