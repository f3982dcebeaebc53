"""What the case on polymer conductivity exports: textbook units, the rule for repeat units, and what the filters ask."""
import random
import pytest
from hypothesis import given, settings, strategies as st
from rdkit import Chem
from mdp.cases.polymer_thermal_conductivity import AROMATIC, looks, textbook_units, unit_rule
from mdp.represent.polymer import canonical_unit, read_unit

UNITS = textbook_units()

def test_textbook_units_are_chains_once_each():
    assert len(UNITS) == len(set(UNITS)) > 1000 and all(canonical_unit(s) == s for s in UNITS[::40])
    assert all(read_unit(s) for s in UNITS)

@settings(max_examples=60, deadline=None)
@given(st.sampled_from(UNITS), st.integers(0, 10**6))
def test_filters_do_not_see_the_writing(s, seed):
    mol = Chem.MolFromSmiles(s)
    order = list(range(mol.GetNumAtoms())); random.Random(seed).shuffle(order)
    other = Chem.MolToSmiles(Chem.RenumberAtoms(mol, order), canonical=False)
    a, b = looks([s, other]).to_numpy().tolist()
    assert a == pytest.approx(b)
    rule = unit_rule(max_atoms=45, max_rings=6)
    assert rule(Chem.MolFromSmiles(s)) == rule(Chem.MolFromSmiles(other))

def test_rule_says_why():
    rule = unit_rule(max_sa=2.5, max_atoms=12)
    said = {s: rule(Chem.MolFromSmiles(s)) for s in ("*CC(*)c1ccccc1", "*CC", "C", "*CC(*)C*", "*C1CC1*", "*CC(*)CCCCCCCCCCCCC", "*OOC*", "*C(F)(Cl)C(Br)(*)C(C)N")}
    assert said["*CC(*)c1ccccc1"] == "" and "one `*`" in said["*CC"] and "no `*`" in said["C"] and "branched" in said["*CC(*)C*"] and said["*C1CC1*"] == "ring size"
    assert said["*CC(*)CCCCCCCCCCCCC"] == "too many atoms" and said["*OOC*"].startswith("unwanted") and said["*C(F)(Cl)C(Br)(*)C(C)N"] == "hard to make"

def test_classes():
    few = looks(["*Nc1ccc(cc1)NC(=O)c1ccc(cc1)C(*)=O", "*c1ccc(cc1)N1C(=O)c2cc3C(=O)N(*)C(=O)c3cc2C1=O", "*NCCCCCC(*)=O"])
    assert few[list(AROMATIC)].to_numpy().tolist() == [[True, False], [False, True], [False, False]]
    with pytest.raises(ValueError): looks(["*CC"])
