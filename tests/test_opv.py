"""The case on organic solar cells: its command, its rule and its judge, with answers by hand."""

import numpy as np
import pandas as pd
import pytest
from mdp.cases import opv_rediscovery as opv


def levels_table(n, random_state=0):
    "Molecules that no method would mix up, with levels (eV) around the target."
    rng = np.random.default_rng(random_state)
    names = [f"m{random_state}-{i}" for i in range(n)]
    return pd.DataFrame(rng.normal((-5.5, -3.9), 0.1, (n, 2)), names, ["homo", "lumo"])


def test_the_command_goes_on_where_it_stopped(tmp_path):
    asked = []

    def first(seed, calls):
        asked.append(("first", seed))
        return levels_table(calls, seed)

    def second(seed, calls):
        asked.append(("second", seed))
        if asked.count(("second", 1)) == 1:
            raise KeyboardInterrupt
        return levels_table(calls, 10 + seed)

    methods = {"first": first, "second": second}
    with pytest.raises(KeyboardInterrupt):
        opv.compare(tmp_path, (0, 1), 3, methods)
    table = opv.compare(tmp_path, (0, 1), 3, methods)
    # a run that was finished is not run again; the one that was stopped is
    assert asked == [("first", 0), ("second", 0), ("first", 1), ("second", 1), ("second", 1)]
    steps_of_run = table.groupby(["method", "seed"]).step.agg(list)
    assert steps_of_run.tolist() == [[1, 2, 3]] * 4
    stored = table[(table.method == "first") & (table.seed == 1)].set_index("smiles")
    made = levels_table(3, 1)
    assert np.allclose(stored[["homo", "lumo"]], made.loc[stored.index], atol=1e-4)


def test_both_baselines_stop_at_their_calculations_and_obey_the_rule(monkeypatch):
    calculated = []

    def stub(smiles):
        calculated.extend(smiles)
        return levels_table(len(smiles)).set_index(pd.Index(smiles))

    monkeypatch.setattr(opv, "calculate", stub)
    rule = opv.donor_rule()
    for method in (opv.at_random, opv.genetic):
        calculated.clear()
        table = method(0, 12)
        assert len(table) == len(calculated) == len(set(calculated)) == 12
        assert not set(table.index) & set(opv.start().index)
        assert not any(rule(opv.Chem.MolFromSmiles(smiles)) for smiles in table.index)


@pytest.mark.parametrize(
    ("smiles", "reason"),
    [
        ("c1ccsc1", "too small"),
        # two conjugated systems, joined through CH2
        ("c1csc(-c2ccc(Cc3ccc(-c4cccs4)s3)s2)c1", "more than one conjugated system"),
        # three thiophenes and a benzothiadiazole in a row
        ("c1csc(-c2ccc(-c3ccc(-c4cccs4)c4nsnc34)s2)c1", ""),
    ],
)
def test_the_rule_on_molecules_judged_by_hand(smiles, reason):
    assert opv.donor_rule()(opv.Chem.MolFromSmiles(smiles)) == reason


def test_the_judge_on_a_landscape_of_two_points():
    # nine of ten donors at one place: the densest cell of the plane is theirs
    table = pd.DataFrame({"homo": [-5.5] * 9 + [-5.0], "lumo": [-3.9] * 9 + [-3.0]})
    one_cell = opv.densest(table, 1)
    assert one_cell.sum() == 1 and opv.share_inside(table, one_cell) == pytest.approx(0.9)
    assert opv.density(table).sum() == pytest.approx(1)
    # half of a two-dimensional Gaussian of width s lies within the area 2 pi ln(2) s^2
    cells = opv.cells_of_half(table.iloc[:9])
    assert cells * 0.05**2 == pytest.approx(2 * np.pi * np.log(2) * 0.1**2, rel=0.1)


def test_the_stored_runs_have_equal_calls_and_only_new_allowed_molecules():
    calls = pd.read_csv(opv.facts("opv_calls.csv"))
    assert calls.groupby(["method", "seed"]).size().nunique() == 1
    assert not calls.smiles.isin(opv.start().index).any()
    for _, run in calls.groupby(["method", "seed"]):
        assert run.smiles.is_unique
