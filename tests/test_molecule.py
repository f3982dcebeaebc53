"""Molecules where a notebook cannot go.

Rubbish of every kind, the checks of scikit-learn, processes.
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from rdkit import Chem, rdBase
from rdkit.Chem import Descriptors
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_checks as checks
from mdp.core.errors import BadInput
from mdp.matter.molecule import canonical_smiles, read
from mdp.represent import molecule
from mdp.represent.molecule import FINGERPRINTS, MOST_ATOMS, NAMES, Fingerprints, RDKitDescriptors

quick = settings(max_examples=60, deadline=None)
GOOD = ["CCO", "c1ccccc1", "CC(=O)Oc1ccccc1C(=O)O", "[NH4+]", "*CC*", "C[C@H](N)C(=O)O", " CCN "]
BAD = [
    "",
    " ",
    "C1CC",
    "CC(",
    "C==C",
    "[Xx]",
    "C C",
    "c1cccc1",
    "C(C)(C)(C)(C)C",
    "nan",
    "\0",
    "é",
    None,
    np.nan,
    pd.NA,
    3,
    1.5,
    b"CC",
    ["CC"],
    Chem.Mol(),
    Chem.MolFromSmiles("CC", sanitize=False),
]


@quick
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 20)), min_size=1, max_size=12))
def test_every_bad_row_is_named(rows):
    values = [BAD[k] if bad else GOOD[k % len(GOOD)] for bad, k in rows]
    index = [f"r{i}" for i in range(len(rows))]
    column = pd.Series(values, index, dtype=object)
    expected = [f"r{i}" for i, (bad, _) in enumerate(rows) if bad]
    for t in (Fingerprints(["ECFP", "MACCS"], n_bits=64), RDKitDescriptors(["MolWt", "TPSA"])):
        if expected:
            with pytest.raises(BadInput) as e:
                t.transform(column)
            assert [r[0] for r in e.value.rows] == expected
            assert all(r[2] for r in e.value.rows)
            assert e.value.of == len(rows)
        out = clone(t).set_params(on_error="nan").transform(column)
        assert list(out.index) == index
        assert (out.isna().any(axis=1) == out.isna().all(axis=1)).all()
        assert list(out.index[out.isna().any(axis=1)]) == expected


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("CNOcn()[]=#123@+-/\\.%* \n\x00é"), max_size=20))
def test_any_text(s):
    with rdBase.BlockLogs():
        mol = Chem.MolFromSmiles(s.strip()) if len(s.split()) == 1 else None
    if mol is None or not mol.GetNumAtoms():
        with pytest.raises(BadInput) as e:
            Fingerprints(n_bits=64).transform([s])
        assert e.value.rows[0][0] == 0
    else:
        assert (
            Fingerprints().transform([s])[0]
            == molecule._generator("ECFP", 3, 2048, False).GetFingerprintAsNumPy(mol)
        ).all()


def test_blocks_and_processes():
    smiles = ["C" * (i % 30 + 1) + "c1ccccc1O" for i in range(2100)]
    one, two = (
        Fingerprints(["MACCS", "ECFP"], sparse=True, workers=w).transform(smiles) for w in (1, 2)
    )
    assert (one != two).nnz == 0 and one.shape == (2100, 167 + 2048)
    d = [
        RDKitDescriptors(["MolWt", "RingCount", "BertzCT"], workers=w).transform(smiles[:600])
        for w in (1, 2)
    ]
    assert np.array_equal(*d)


@pytest.mark.parametrize("kind", FINGERPRINTS)
def test_kinds_stand_side_by_side(kind):
    a = (
        Fingerprints(["ECFP", kind] if kind != "ECFP" else ["ECFP"], counts=True)
        .set_output(transform="pandas")
        .transform(GOOD)
    )
    alone = Fingerprints(kind, counts=True).set_output(transform="pandas").transform(GOOD)
    pd.testing.assert_frame_equal(a[alone.columns], alone)
    bits = Fingerprints(kind).transform(GOOD)
    assert bits.dtype == np.uint8 and set(np.unique(bits)) <= {0, 1}


def test_containers_and_parameters():
    expected = Fingerprints().transform(GOOD)
    for X in (
        np.array(GOOD, object),
        np.array(GOOD, object)[:, None],
        tuple(GOOD),
        pd.Series(GOOD),
        pd.DataFrame({"s": GOOD}),
        [Chem.MolFromSmiles(s.strip()) for s in GOOD],
    ):
        assert (np.asarray(Fingerprints().transform(X)) == expected).all()
    for t in (Fingerprints(), Fingerprints("MACCS"), RDKitDescriptors(["MolWt"])):
        assert t.transform([]).shape == (0, len(t.get_feature_names_out()))
    with pytest.raises(TypeError, match="give a list"):
        Fingerprints().transform("CCO")
    with pytest.raises(ValueError, match="one column"):
        Fingerprints().transform(pd.DataFrame({"a": GOOD, "b": GOOD}))
    for t in (
        Fingerprints("ecfp"),
        Fingerprints([]),
        Fingerprints(["ECFP", "ECFP"]),
        Fingerprints(radius=-1),
        Fingerprints(n_bits=0),
        Fingerprints(on_error="skip"),
        RDKitDescriptors(["mass"]),
        RDKitDescriptors([]),
    ):
        with pytest.raises(ValueError):
            t.fit(GOOD)
    assert make_pipeline(Fingerprints(), StandardScaler()).fit_transform(GOOD).shape == (
        len(GOOD),
        2048,
    )


def test_rows_in_other_containers():
    labels = list("abcdefg")
    expected = Fingerprints().transform(GOOD)
    for X in (
        pd.Series(GOOD, labels),
        pd.Series(GOOD, labels, dtype="category"),
        pd.DataFrame({"CC": GOOD}, labels),
    ):
        out = Fingerprints().transform(X)
        assert list(out.index) == labels and (out.to_numpy() == expected).all()
    assert (Fingerprints().transform(s for s in GOOD) == expected).all()
    for t in (Fingerprints(), RDKitDescriptors(["MolWt"])):
        for one in ("CCO", Chem.MolFromSmiles("CCO")):
            with pytest.raises(TypeError, match="give a list"):
                t.transform(one)


@pytest.mark.parametrize("n_atoms", [70, 71, 300, 600, 1200])
def test_large_molecules_lose_only_what_cannot_be_had(n_atoms):
    values = dict(zip(NAMES, RDKitDescriptors(on_error="nan").transform(["C" * n_atoms])[0]))
    missing = {name for name, value in values.items() if np.isnan(value)}
    assert missing == {name for name, most in MOST_ATOMS.items() if n_atoms > most}
    assert values["HeavyAtomCount"] == n_atoms
    assert values["MolWt"] == pytest.approx(n_atoms * (12.011 + 2 * 1.008) + 2 * 1.008)
    if missing:
        with pytest.raises(BadInput, match=f"{n_atoms} atoms, and AvgIpc, Ipc can be had up to 70"):
            RDKitDescriptors().transform(["C" * n_atoms])
    kept = [name for name in NAMES if name not in missing]
    assert np.isfinite(RDKitDescriptors(kept).transform(["C" * n_atoms])).all()


@pytest.mark.parametrize("kind, largest", [("AtomPair", 1000), ("MHFP", 1500)])
def test_fingerprints_whose_time_explodes_are_bounded(kind, largest):
    "Beyond the bound a molecule would take from two seconds to minutes; the row is named at once."
    rows = pd.Series(["CCO", "C" * (largest + 1)], ["ethanol", "wax"])
    with pytest.raises(
        BadInput, match=f"{largest + 1} atoms, and {kind} can be had up to"
    ) as caught:
        Fingerprints(["ECFP", kind]).transform(rows)
    assert [label for label, *_ in caught.value.rows] == ["wax"]
    for sparse in (False, True):
        kept = Fingerprints(kind, on_error="nan", sparse=sparse).transform(rows.tolist())
        kept = kept.toarray() if sparse else kept
        assert np.isnan(kept).all(axis=1).tolist() == [False, True]
        assert (kept[0] == Fingerprints(kind).transform(["CCO"])[0]).all()


def test_bcut_together_is_bcut_one_by_one():
    mols = [
        Chem.MolFromSmiles(s) for s in ("CCO", "c1ccccc1C(=O)Nc1ccncc1", "C[N+](C)(C)CC([O-])=O")
    ]
    names = [n for n in NAMES if n.startswith("BCUT2D")]
    own = [[getattr(Descriptors, n)(m) for n in names] for m in mols]
    assert len(names) == 8 and np.array_equal(RDKitDescriptors(names).transform(mols), own)


@pytest.mark.parametrize(
    "mapped, plain",
    [
        ("[CH3:1][OH:2]", "CO"),
        ("[CH3:2][C@H]([CH3:1])O", "CC(C)O"),
        ("[*:1]CC[*:2]", "*CC*"),
        ("[13CH3:4]O", "[13CH3]O"),
        ("C[C@H:3](N)O", "C[C@H](N)O"),
        ("[cH:1]1[cH:2]cccc1", "c1ccccc1"),
    ],
)
def test_map_numbers_are_no_chemistry(mapped, plain):
    assert Chem.MolToSmiles(read(mapped)) == Chem.CanonSmiles(plain)
    theirs = Chem.MolFromSmiles(mapped)
    assert Chem.MolToSmiles(read(theirs)) == Chem.CanonSmiles(plain)
    assert any(a.GetAtomMapNum() for a in theirs.GetAtoms())
    graph = Fingerprints(
        [kind for kind in FINGERPRINTS if kind != "MHFP"], counts=True
    )  # MHFP depends on how a molecule is written
    assert np.array_equal(graph.transform([mapped]), graph.transform([Chem.CanonSmiles(plain)]))
    assert canonical_smiles([mapped, theirs, plain]) == 3 * [Chem.CanonSmiles(plain)]


def test_bigsmiles_is_named():
    for s in ("{[][$]CC[$][]}", "CC{[>][<]CCO[>][<]}C"):
        with pytest.raises(BadInput, match="BigSMILES"):
            Fingerprints().transform([s])


@pytest.mark.parametrize(
    "text, words",
    [
        ("[$]CC[$]", "BigSMILES"),
        ("<CCO>", "BigSMILES"),
        ("CC>>CO", "a reaction"),
        ("InChI=1S/CH4/h1H4", "an InChI"),
        ("64-17-5", "a CAS number"),
        ("C2H6O", "a formula"),
        ("CH3CH2OH", "a formula"),
        ("-(CH2CH2)-n", "a formula"),
        ("NaCl", "a formula"),
        ("ethanol", "a name"),
        ("polyethylene", "a name"),
        ("CCO ethanol", "a blank inside"),
        ("C1CC", "unclosed ring"),
        ("CC(", "syntax error near character 3"),
        ("[Xx]", "syntax error near character 2"),
    ],
)
def test_other_notations_are_named(text, words):
    with pytest.raises(BadInput) as caught:
        Fingerprints().transform(pd.Series([text], ["a"]))
    ((label, _, reason),) = caught.value.rows
    assert label == "a" and words in reason


def test_the_caller_s_molecule_is_left_alone():
    mol = Chem.MolFromSmiles("CCO")
    RDKitDescriptors().transform([mol])
    assert not mol.GetPropsAsDict(True, True).keys() & {
        "_crippenContribs",
        "_GasteigerCharge",
    }
    assert not hasattr(mol, "_eStateIndices")


# check_estimator hands its estimators tables of numbers, which are no molecules; these are its
# checks that hand none, or none that is read
@pytest.mark.parametrize("t", [Fingerprints(), RDKitDescriptors()], ids=lambda t: type(t).__name__)
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
def test_sklearn(t, check):
    getattr(checks, check)(type(t).__name__, t)
