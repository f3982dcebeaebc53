"""Levels where a notebook cannot go.

Rubbish of every kind, elements and shapes that fail, a damaged cache, a run that is killed.
"""

import os
import signal
import subprocess
import sys
import time
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from rdkit import Chem
from mdp.core.errors import BadInput
from mdp.simulate import quantum
from mdp.simulate.quantum import film_line, levels, oligomer, trim


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MDP_CACHE", str(tmp_path))
    return tmp_path


BAD = {
    "": "empty",
    "C1CC": "unclosed ring",
    "C C": "blank",
    "[Xx]": "",
    "[Na+].[Cl-]": "more than one piece",
    "C[NH3+]": "net charge of +1",
    "CC(=O)[O-]": "net charge of -1",
    "C[CH2]": "open shell",
    "*CC": "one `*`",
    "*C(*)C*": "three `*`",
    "**": "nothing between",
}


def test_every_bad_row_is_named_with_its_reason():
    rows = pd.Series(
        ["C=C", *BAD, None, 3.0, "C#C"], [f"r{i}" for i in range(len(BAD) + 4)], dtype=object
    )
    with pytest.raises(BadInput) as e:
        levels(rows, workers=1)
    assert [r[0] for r in e.value.rows] == list(rows.index[1:-1]) and e.value.of == len(rows)
    for (_, x, why), expected in zip(e.value.rows, BAD.values()):
        assert why and expected in why, (x, why)
    out = levels(rows, workers=1, on_error="nan")
    assert list(out.index) == list(rows.index) and out.notna().all(axis=1).tolist() == [True] + [
        False
    ] * (len(rows) - 2) + [True]
    assert [r[:1] + r[2:] for r in out.attrs["failed"]] == [r[:1] + r[2:] for r in e.value.rows]


@pytest.mark.parametrize("method", ["gfn1", "b3lyp"])
@pytest.mark.parametrize("smiles", ["[U]", "[Og]", "C[Fe]C", "[He]", "[Au]Cl"])
def test_elements_without_parameters(smiles, method):
    out = levels([smiles], method, workers=1, on_error="nan")
    if out.isna().any(axis=None):
        assert out.attrs["failed"][0][2], "a reason is given"
    else:
        assert np.isfinite(out).all(axis=None) and (out.gap > 0).all()


def test_what_does_not_converge_is_a_reason_and_is_kept(monkeypatch):
    from tblite import interface

    calls, single = [], interface.Calculator.singlepoint

    def few(self, *args):
        calls.append(1)
        self.set("max-iter", 1)
        return single(self, *args)

    monkeypatch.setattr(interface.Calculator, "singlepoint", few)
    for _ in range(2):
        with pytest.raises(BadInput, match="GFN1-xTB") as e:
            levels(pd.Series(["C=C"], ["ethylene"]), workers=1)
        assert e.value.rows[0][:2] == ("ethylene", "C=C")
    assert len(calls) == 1, "the reason is kept too"


def test_b3lyp_that_does_not_converge(monkeypatch):
    from pyscf import scf

    monkeypatch.setattr(scf.hf.SCF, "max_cycle", 1)
    with pytest.raises(BadInput, match="not converged in 1 cycles"):
        levels(["C#C"], "b3lyp", workers=1)


def test_one_failing_oligomer_fails_the_chain(monkeypatch):
    real = quantum._gfn1

    def fails(Z, xyz):
        if (Z > 1).sum() > 10:
            raise ValueError("GFN1-xTB: too long for this test")
        return real(Z, xyz)

    monkeypatch.setitem(quantum.METHODS, "gfn1", (fails, *quantum.METHODS["gfn1"][1:]))
    with pytest.raises(BadInput, match="too long for this test .c1csc") as e:
        levels(["*c1ccc(*)s1"], workers=1)
    assert e.value.rows[0][1] == "*c1ccc(*)s1"


def test_an_unforeseen_error_is_not_swallowed(monkeypatch):
    def breaks(Z, xyz):
        raise OSError("disk")

    monkeypatch.setitem(quantum.METHODS, "gfn1", (breaks, *quantum.METHODS["gfn1"][1:]))
    with pytest.raises(OSError, match="disk"):
        levels(["C=C"], workers=1, on_error="nan")


def test_parameters():
    for wrong in (
        dict(method="gfn2"),
        dict(on_error="skip"),
        dict(shape="twisted"),
        dict(oligomers=(0, 1)),
        dict(oligomers=(2, 2)),
    ):
        with pytest.raises(ValueError):
            levels(["C=C"], **wrong)
    with pytest.raises(TypeError, match="give a list"):
        levels("C=C")
    for wrong in ((1, 2.5), (True, 2), 3, "12", (), (1, np.nan)):
        with pytest.raises(ValueError, match="oligomers="):
            levels(["C=C"], oligomers=wrong)
    assert levels([]).shape == (0, 3) and levels(pd.Series([], dtype=str)).shape == (0, 3)


def test_containers_give_the_same_rows():
    rows = ["C=C", "C=O"]
    expected = levels(rows, workers=1)
    column = pd.Series(rows, ["a", "b"])
    for given_ in (
        tuple(rows),
        iter(rows),
        np.array(rows),
        np.array([rows]).T,
        [Chem.MolFromSmiles(s) for s in rows],
    ):
        assert levels(given_, workers=1).equals(expected)
    for given_ in (
        column,
        column.to_frame("SMILES"),
        column.astype("category"),
        column.astype("string"),
    ):
        out = levels(given_, workers=1)
        assert list(out.index) == ["a", "b"] and np.array_equal(out, expected)
    with pytest.raises(ValueError, match="give one column"):
        levels(pd.DataFrame({"a": rows, "b": rows}))


def test_the_cache_is_read_and_damage_is_noticed(cache):
    first = levels(["C=C", "C=O"], workers=1, correct=False)
    files = sorted((cache / "levels").rglob("*.json"))
    assert len(files) == 2
    whole = files[0].read_bytes()
    files[0].write_bytes(whole[:20])  # torn
    files[1].write_bytes(whole)  # that of the other molecule
    assert levels(["C=C", "C=O"], workers=1, correct=False).equals(first)
    stamps = [file.stat().st_mtime_ns for file in files]
    assert levels(["C=C", "C=O"], workers=1, correct=False).equals(first)
    assert stamps == [file.stat().st_mtime_ns for file in files], "read, not calculated"


def test_processes_and_order_change_nothing():
    smiles = ["C=CC=C", "c1ccsc1", "C=O", "c1ccsc1", "C1=CSC=C1"]
    one = levels(smiles, workers=1)
    assert one.iloc[1].equals(one.iloc[3]) and one.iloc[1].equals(one.iloc[4])
    for f in quantum.cache_dir().rglob("*.json"):
        f.unlink()
    assert np.allclose(levels(smiles[::-1], workers=2).iloc[::-1], one, atol=1e-6)


def test_a_killed_run_goes_on_where_it_stopped(cache):
    smiles = ["C" * k + "=C" for k in range(1, 16)]
    run = subprocess.Popen(
        [
            sys.executable,
            "-c",
            (
                f"from mdp.simulate.quantum import levels; levels({smiles!r}, workers=1, "
                "trimmed=False)"
            ),
        ],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )

    def kept():
        return {p: p.stat().st_mtime_ns for p in (cache / "levels").rglob("*.json")}

    while len(kept()) < 3 and run.poll() is None:
        time.sleep(0.01)
    run.send_signal(signal.SIGKILL)
    run.wait()
    before = kept()
    assert 3 <= len(before) < len(smiles), "killed in the middle"
    out = levels(smiles, workers=1, trimmed=False)
    after = kept()
    assert (
        len(after) == len(smiles)
        and all(after[p] == t for p, t in before.items())
        and out.notna().all(axis=None)
    )


FRAGMENTS = [
    "c1ccsc1",
    "CCCC",
    "C(C)C",
    "OCC",
    "C=C",
    "C#N",
    "N(C)C",
    "[Si](C)(C)CC",
    "C(=O)OCCC",
    "C(F)(F)C",
    "*",
]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=4))
def test_trimming(parts):
    mol = Chem.MolFromSmiles(
        "c1c" + "c".join(f"({p})" for p in parts) + "cc1"
        if len(parts) < 4
        else "C(CCC)" + "".join(f"({p})" for p in parts[:2])
    )
    if mol is None:
        return
    short = trim(mol)

    def rings(m):
        return sorted(len(r) for r in m.GetRingInfo().AtomRings())

    def other(m):
        return sorted(a.GetSymbol() for a in m.GetAtoms() if a.GetAtomicNum() != 6)

    assert rings(short) == rings(mol) and other(short) == other(mol), (
        "rings and all but carbon stay"
    )
    assert Chem.MolToSmiles(trim(short)) == Chem.MolToSmiles(short), "twice is once"
    assert len(Chem.GetMolFrags(short)) == 1 and short.GetNumAtoms() <= mol.GetNumAtoms()
    shuffled = Chem.MolFromSmiles(Chem.MolToRandomSmilesVect(mol, 1, randomSeed=3)[0])
    assert Chem.MolToSmiles(trim(shuffled)) == Chem.MolToSmiles(short), (
        "whatever the order of the atoms"
    )


def test_oligomers_keep_what_the_unit_has():
    for s, n in [
        ("*c1ccc(*)s1", 4),
        ("*/C=C/c1ccc(*)cc1", 3),
        ("*C=Cc1ccc(*)cc1", 2),
        ("*c1ccc(-c2ccc(*)c3nsnc23)s1", 3),
    ]:
        unit = Chem.MolFromSmiles(s)
        mol = Chem.MolFromSmiles(oligomer(unit, n))
        assert (
            mol.GetNumHeavyAtoms() == n * (unit.GetNumAtoms() - 2)
            and mol.GetRingInfo().NumRings() == n * unit.GetRingInfo().NumRings()
        )
    assert oligomer(Chem.MolFromSmiles("*/C=C/c1ccc(*)cc1"), 2).count("/") >= 4, "trans stays trans"


# benzothiadiazole between two thiophenes: the force field turns the rings, GFN1 keeps them flat
TWISTED = "c1csc(-c2ccc(-c3cccs3)c3nsnc23)c1"


def test_a_flat_molecule_has_the_smaller_gap():
    gaps = {
        shape: levels([TWISTED], correct=False, shape=shape).gap.iloc[0]
        for shape in ("field", "planar", "relaxed")
    }
    assert gaps["planar"] < gaps["field"] - 0.1
    assert abs(gaps["planar"] - gaps["relaxed"]) < abs(gaps["field"] - gaps["relaxed"])


def test_the_relaxed_shape_is_a_minimum():
    Z, xyz = quantum._relaxed("c1csc(-c2cccs2)c1")
    again = quantum._relax(Z, xyz)[1]
    assert np.linalg.norm(again - xyz, axis=1).max() < 0.05
    bent = xyz + np.random.default_rng(0).normal(0, 0.05, xyz.shape)
    energies = [quantum._relax(Z, start)[0] for start in (xyz, bent)]
    assert abs(np.diff(energies)[0]) * 27.2114 < 0.01, "eV"


def test_what_the_force_field_does_not_know_keeps_its_shape():
    smiles = "c1cc[se]c1"
    assert np.array_equal(quantum._planar(smiles)[1], quantum.conformer(smiles)[1])


def test_one_oligomer_is_that_molecule():
    one = levels(["*c1ccc(*)s1"], oligomers=(2,))
    assert np.allclose(one, levels(["c1csc(-c2cccs2)c1"]))


def test_the_film_line_against_scipy():
    from scipy.stats import linregress

    rng = np.random.default_rng(0)
    x = rng.normal(-10, 0.3, 17)
    y = 0.6 * x + 0.7 + rng.normal(0, 0.1, 17)
    expected = linregress(x, y)
    assert np.allclose(film_line(x, y, slope=True), (expected.slope, expected.intercept))
    slope, shift = film_line(x, y)
    assert slope == 1 and np.isclose((x + shift).mean(), y.mean())


def test_the_film_scale_is_fitted_on_early_donors_only(monkeypatch):
    table = quantum.film_reference()
    table = table.assign(homo=table.homo.where(table.year <= 2009, 99.0))
    expected = quantum._film_lines("planar")
    monkeypatch.setattr(quantum, "film_reference", lambda: table)
    assert quantum._film_lines.__wrapped__("planar") == expected
