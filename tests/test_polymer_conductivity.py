"""What the case on polymer conductivity exports and stores: textbook units, the rule for repeat
units,
what the filters ask, and its stored results."""

import functools
import random
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from rdkit import Chem
from mdp.cases.polymer_thermal_conductivity import AROMATIC, looks, textbook_units, unit_rule
from mdp.data import load
from mdp.data.fetch import facts
from mdp.matter.unit import canonical_unit, read_unit


@functools.cache
def units():
    "Some seconds of work, which no other test should wait for."
    return textbook_units()


ARAMID = "*Nc1ccc(cc1)NC(=O)c1ccc(cc1)C(*)=O"
IMIDE = "*c1ccc(cc1)N1C(=O)c2cc3C(=O)N(*)C(=O)c3cc2C1=O"
NYLON = "*NCCCCCC(*)=O"


def test_textbook_units_are_chains_once_each():
    assert len(units()) == len(set(units())) > 1000
    assert all(canonical_unit(unit) == unit for unit in units()[::40])
    assert all(read_unit(unit) for unit in units())


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_filters_do_not_see_the_writing(number, seed):
    unit = units()[number % len(units())]
    mol = Chem.MolFromSmiles(unit)
    order = list(range(mol.GetNumAtoms()))
    random.Random(seed).shuffle(order)
    other = Chem.MolToSmiles(Chem.RenumberAtoms(mol, order), canonical=False)
    first, second = looks([unit, other]).to_numpy().tolist()
    assert first == pytest.approx(second)
    rule = unit_rule(max_atoms=45, max_rings=6)
    assert rule(Chem.MolFromSmiles(unit)) == rule(Chem.MolFromSmiles(other))


@pytest.mark.parametrize(
    "unit, reason",
    [
        ("*CC", "one `*`"),
        ("C", "no `*`"),
        ("*CC(*)C*", "branched"),
        ("*C1CC1*", "ring size"),
        ("*CC(*)CCCCCCCCCCCCC", "too many atoms"),
        ("*OOC*", "unwanted"),
        ("*C(F)(Cl)C(Br)(*)C(C)N", "hard to make"),
    ],
)
def test_rule_says_why(unit, reason):
    rule = unit_rule(max_sa=2.5, max_atoms=12)
    assert reason in rule(Chem.MolFromSmiles(unit))


def test_rule_lets_polystyrene_pass():
    assert unit_rule(max_sa=2.5, max_atoms=12)(Chem.MolFromSmiles("*CC(*)c1ccccc1")) == ""


def test_classes():
    few = looks([ARAMID, IMIDE, NYLON])
    assert few[list(AROMATIC)].to_numpy().tolist() == [[True, False], [False, True], [False, False]]
    with pytest.raises(ValueError):
        looks(["*CC"])


def test_stored_designs_are_repeat_units_in_the_region():
    """The candidates in the package.

    Chains, each once in a design, inside the region that was asked for.
    """
    stored = pd.read_csv(facts("polymer_designs.csv"))
    designed = stored[stored.design != "existing units"]
    assert len(designed) > 100 and not designed.duplicated(["design", "smiles"]).any()
    assert all(read_unit(unit) for unit in designed.smiles)
    assert designed.Tg.between(473, 673).all() and designed.Tm.between(573, 773).all()
    assert (
        stored.conductivity.dropna().between(0.1, 0.5).all()
    )  # W/(m K), between the lowest and highest measured


def test_stored_errors_are_in_watts_per_metre_and_kelvin():
    errors = pd.read_csv(facts("polymer_conductivity_errors.csv"), index_col=["set", "row"])
    measured = load("polymer_conductivity_measured")
    assert list(errors.loc["all rows"].index) == list(measured.abbreviation)
    assert errors.loc["amorphous"].shape[0] == 23
    assert (errors.min() >= 0).all() and errors.mean().between(0.02, 0.1).all()


def test_no_measured_value_was_recalled():
    """Every number of the table has a source that was read, or was found quoted; every reference
    is the one of a number that counts."""
    sources = pd.read_csv(facts("polymer_conductivity_sources.csv"), keep_default_na=False)
    sources = sources.set_index("key")
    assert sources["read"].isin(["yes", "quoted"]).all()
    assert not sources.note.str.contains("recalled").any()
    for row in load("polymer_conductivity_measured").to_dict("records"):
        keys = [entry.split()[0] for entry in row["values"].split("; ")]
        assert row["reference"] in set(sources.reference[keys]), row["name"]


def test_polystyrene_and_the_rows_that_lost_a_source():
    measured = load("polymer_conductivity_measured").set_index("abbreviation")
    # EN ISO 10456 0.16, Crawford 0.15, MakeItFrom 0.14 to 0.22, data sheets 0.10 to 0.13
    assert measured.conductivity["PS"] == pytest.approx(0.155)
    lost = ["PMP", "PVDF", "PCTFE", "PBD", "PA610", "PA612", "PA11", "PEEK", "PPSU", "PDMS"]
    assert (measured.status[lost] != "two sources").all()
    assert measured.status.value_counts().to_dict() == {
        "one source": 29,
        "two sources": 23,
        "differ": 2,
    }
