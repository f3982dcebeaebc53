"""The language and the sampler where a notebook cannot go.

Rubbish, damaged files, models that misbehave.
"""

import json
import math
import pickle
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from rdkit import Chem, rdBase
from safetensors.numpy import load_file, save_file
from sklearn.base import clone
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.exceptions import NotFittedError
from sklearn.preprocessing import FunctionTransformer
from mdp.core.errors import BadInput
from mdp.core.statistics import mean_sd
from mdp.generate.iqspr import IQSPR, log_region
from mdp.generate.moves import BRICSMoves, GraphMoves
from mdp.generate.rules import rules
from mdp.generate.language import ChemicalLanguage, to_smiles, to_tokens

GOOD = [
    "CCO",
    "c1ccccc1O",
    "CC(=O)Oc1ccccc1C(=O)O",
    "C[C@H](N)C(=O)O",
    "C1CC2CCC1CC2",
    "[NH4+]",
    "CC(C)(C)N",
    "F/C=C/F",
    "C12(CC1)CC2",
    "O=C1CCCN1",
]
BAD = [
    "",
    " ",
    "C1CC",
    "CC(",
    "C(C)(C)(C)(C)C",
    "c1cccc1",
    "C C",
    "\0",
    "é",
    None,
    np.nan,
    3,
    b"CC",
    ["CC"],
    Chem.Mol(),
]
model = ChemicalLanguage(roots=2).fit(GOOD)


class Sizes:
    "A model of SMILES: the number of atoms, give or take one."

    def __init__(self, sd=1.0):
        self.sd = sd

    def predict(self, X, return_std):
        return np.array([float(Chem.MolFromSmiles(s).GetNumHeavyAtoms()) for s in X]), np.full(
            len(X), self.sd
        )


@given(st.text(st.sampled_from("CNOclBr()[]=#123%0@+-/\\.*H!&$ "), max_size=25))
def test_any_text_goes_round_or_is_refused(s):
    try:
        tokens = to_tokens(s)
    except ValueError:
        return
    with rdBase.BlockLogs():
        mol = Chem.MolFromSmiles(s) if s.strip() == s else None
    if mol is None or not mol.GetNumAtoms():
        return
    assert (
        Chem.MolToSmiles(Chem.MolFromSmiles(to_smiles(tokens))) == Chem.MolToSmiles(mol)
        and to_tokens(to_smiles(tokens)) == tokens
    )


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 2**31 - 1))
def test_random_writings_go_round(i, seed):
    mol = Chem.MolFromSmiles(GOOD[i])
    for s in Chem.MolToRandomSmilesVect(mol, 3, randomSeed=seed % 10_000 + 1):
        assert Chem.CanonSmiles(to_smiles(to_tokens(s))) == Chem.CanonSmiles(s)


def test_hundred_rings_and_more():
    s = (
        "C"
        + "".join(f"C%({i})" if i > 99 else f"C%{i}" for i in range(10, 130))
        + "".join(f"C%({i})" if i > 99 else f"C%{i}" for i in range(10, 130))
    )
    assert Chem.CanonSmiles(to_smiles(to_tokens(s))) == Chem.CanonSmiles(s)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 20)), min_size=1, max_size=12))
def test_every_bad_row_is_named(rows):
    values = [BAD[k % len(BAD)] if bad else GOOD[k % len(GOOD)] for bad, k in rows]
    index = [f"r{i}" for i in range(len(rows))]
    expected = [f"r{i}" for i, (bad, _) in enumerate(rows) if bad]
    series = pd.Series(values, index, dtype=object)
    for fn in (ChemicalLanguage().fit, model.propose):
        if expected:
            with pytest.raises(BadInput) as e:
                fn(series)
            assert (
                [r[0] for r in e.value.rows] == expected
                and all(r[2] for r in e.value.rows)
                and e.value.of == len(rows)
            )
        else:
            fn(series)


def test_nothing_to_learn_from():
    with pytest.raises(ValueError, match="no SMILES"):
        ChemicalLanguage().fit([])
    with pytest.raises(TypeError, match="give a list"):
        ChemicalLanguage().fit("CCO")
    with pytest.raises(NotFittedError):
        ChemicalLanguage().propose(["CC"])
    assert len(model.propose([])) == 0 and len(model.generate(0)) == 0
    for bad in (
        dict(order=-1),
        dict(delete=1.0),
        dict(tries=0),
        dict(reroot=2.0),
        dict(smoothing=-0.1),
    ):
        with pytest.raises(ValueError):
            ChemicalLanguage(**bad).fit(GOOD)


@given(st.integers(0, 2**31 - 1), st.floats(0, 3), st.integers(0, 12))
@settings(max_examples=30)
def test_what_comes_out_is_a_molecule_or_has_a_reason(seed, smoothing, order):
    m = ChemicalLanguage(order=order, smoothing=smoothing).fit(GOOD)
    out = m.propose(GOOD, random_state=seed)
    for r in out.itertuples():
        if isinstance(r.smiles, str):
            assert Chem.CanonSmiles(r.written) == r.smiles and not r.why and math.isfinite(r.log_q)
        else:
            assert r.why and r.log_q == -math.inf
    assert out.equals(m.propose(GOOD, random_state=seed))
    assert clone(m).get_params() == m.get_params()


def test_order_zero_is_a_bag_of_tokens():
    m = ChemicalLanguage(order=0, ring_size=False).fit(["CCO", "CN"])
    assert (
        np.isclose(m.log_prob(["CO"])[0], np.log(3 / 7 * 1 / 7 * 2 / 7))
        and m.log_prob(["CF"])[0] == -np.inf
    )


def test_damaged_files(tmp_path):
    path, bad = tmp_path / "m.safetensors", tmp_path / "bad.safetensors"
    model.save(path)
    assert ChemicalLanguage.load(path).propose(GOOD).equals(model.propose(GOOD))
    whole, arrays = path.read_bytes(), load_file(path)
    head = dict(
        kind="mdp.ChemicalLanguage",
        params=json.dumps(model.get_params()),
        vocabulary=json.dumps(model.vocabulary_),
        longest=str(model.longest_),
    )

    def refused():
        with pytest.raises(ValueError, match="bad.safetensors"):
            ChemicalLanguage.load(bad)

    for cut in (0, 7, 100, len(whole) // 2, len(whole) - 1):
        bad.write_bytes(whole[:cut])
        refused()
    bad.write_bytes(b"\x80\x04" + b"pickle?" * 40)
    refused()
    for change in (
        dict(params="{"),
        dict(params='{"colour": 1}'),
        dict(vocabulary='["^"]'),
        dict(longest="long"),
        dict(kind="other"),
    ):
        save_file(arrays, bad, {**head, **change})
        refused()
    save_file(arrays, bad)
    refused()
    save_file({k: v for k, v in arrays.items() if k != "child"}, bad, head)
    refused()
    for k, v in arrays.items():
        save_file({**arrays, k: v[:-1].copy()}, bad, head)
        if k != "states":
            refused()
    with pytest.raises(FileNotFoundError):
        ChemicalLanguage.load(tmp_path / "none.safetensors")


@given(st.floats(-60, 60), st.floats(1e-3, 10), st.floats(-5, 5), st.floats(1e-6, 10))
def test_region_is_symmetric_and_monotone(mean, sd, low, width):
    a = log_region(mean, sd, low, low + width)
    assert a <= 0 and np.isclose(a, log_region(-mean, sd, -low - width, -low), rtol=1e-6, atol=1e-9)
    assert log_region(mean, sd, low, low + 2 * width) >= a - 1e-9 * abs(a)
    away = low - 1 - abs(mean)
    if (low - away) / sd < 1e5:
        assert np.isfinite(log_region(away, sd, low, low + width)) or width / sd < 1e-9


def test_models_that_misbehave():
    with pytest.raises(ValueError, match="lower end"):
        IQSPR(model, {"n": Sizes()}, {"n": (3, 2)})
    with pytest.raises(ValueError, match="a region for each"):
        IQSPR(model, {"n": Sizes()}, {"m": (2, 3)})
    for sd in (np.nan, -1.0):
        with pytest.raises(ValueError, match="sd"):
            list(IQSPR(model, {"n": Sizes(sd)}, {"n": (2, 3)}).run(["CC"], [1.0]))

    class Mute:
        def predict(self, X):
            return np.zeros(len(X))

    with pytest.raises(TypeError, match="no error bar"):
        mean_sd(Mute(), ["CC"])
    with pytest.raises(ValueError, match="no particle"):
        list(IQSPR(model, {"n": Sizes(0.0)}, {"n": (50, 60)}).run(GOOD[:3], [1.0]))


def test_starts():
    s = IQSPR(model, {"n": Sizes()}, {"n": (4, 6)}, rule=rules())
    with pytest.raises(BadInput) as e:
        next(s.run(["CCO", "C1CC", "CC(", "CCOOC"]))
    assert [r[0] for r in e.value.rows] == [1, 2, 3]
    with pytest.raises(ValueError, match="no particles"):
        next(s.run([]))
    for betas in ([-1.0], [np.nan], {"n": [[1.0]]}):
        with pytest.raises((ValueError, TypeError)):
            next(s.run(["CCO"], betas))


def test_resampling_only_when_needed_and_nothing_twice():
    asked = []

    class Counting(Sizes):
        def predict(self, X, return_std):
            asked.extend(X)
            return super().predict(X, return_std)

    s = IQSPR(model, {"n": Counting()}, {"n": (8.5, 10.5)}, ess=0.5)
    steps = list(s.run(GOOD * 10, np.linspace(0.05, 1, 12)))
    assert len(asked) == len(set(asked)) == s.calls_ == len(s.found())
    assert (
        all(st.resampled == (st.ess < 50) for st in steps[1:])
        and 0 < sum(st.resampled for st in steps) < 12
    )
    assert all(np.isclose(st.weights.sum(), 1) for st in steps)
    for a, b in zip(steps, steps[1:]):
        if b.resampled:
            assert np.allclose(b.weights, 1 / 100)


LABELS = [f"row {i}" for i in range(3)]
CONTAINERS = {
    "list": list,
    "tuple": tuple,
    "array": np.array,
    "column of an array": lambda x: np.array(x)[:, None],
    "generator": lambda x: (s for s in x),
    "categorical": lambda x: pd.Series(x, LABELS, dtype="category"),
    "Series": lambda x: pd.Series(x, LABELS),
    "frame": lambda x: pd.DataFrame({"C": x}, LABELS),
    "Mols": lambda x: [Chem.MolFromSmiles(s) for s in x],
}
THREE = ["CCO", "Cc1ccccc1", "CC(=O)NC"]
fitted = BRICSMoves().fit(["CCOc1ccccc1", "CC(=O)NCC", "COC(=O)CC"])
sampler = IQSPR(model, {"n": Sizes()}, {"n": (4, 6)})
ROWS_IN = {
    "fit": lambda x: ChemicalLanguage().fit(x),
    "propose": model.propose,
    "graph": GraphMoves().propose,
    "BRICS": fitted.propose,
    "BRICS fit": BRICSMoves().fit,
    "evaluate": sampler.evaluate,
    "run": lambda x: next(sampler.run(x)),
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_rows_come_in_any_container(container):
    rows = CONTAINERS[container]
    labels = LABELS if container in ("categorical", "Series", "frame") else [0, 1, 2]
    for propose in (model.propose, GraphMoves().propose, fitted.propose):
        table = propose(rows(THREE))
        pd.testing.assert_frame_equal(table.reset_index(drop=True), propose(THREE))
        assert table.index.tolist() == labels
    vocabulary = set(ChemicalLanguage().fit(rows(THREE)).vocabulary_)
    assert {"O", "=O", "c"} <= vocabulary
    assert [known.mean[0] for known in sampler.evaluate(rows(THREE))] == [3, 7, 5]
    assert next(sampler.run(rows(THREE))).smiles == ["CCO", "Cc1ccccc1", "CNC(C)=O"]
    if container != "Mols":
        assert np.array_equal(model.log_prob(rows(THREE)), model.log_prob(THREE))


@pytest.mark.parametrize("entry", ROWS_IN)
def test_bad_rows_have_the_caller_s_labels_and_one_value_is_refused(entry):
    with pytest.raises(BadInput) as error:
        ROWS_IN[entry](pd.Series(["CCO", "C1CC", None], ["a", "b", "c"]))
    assert [row[0] for row in error.value.rows] == ["b", "c"] and error.value.of == 3
    for one in ("CCO", Chem.MolFromSmiles("CCO")):
        with pytest.raises(TypeError, match="give a list"):
            ROWS_IN[entry](one)
    with pytest.raises(ValueError, match="one column"):
        ROWS_IN[entry](pd.DataFrame({"a": THREE, "b": THREE}))


def test_texts_are_named_too():
    with pytest.raises(BadInput) as error:
        model.log_prob(pd.Series(["CCO", "C1CC", "C?", None, 3.0], list("abcde")))
    assert [row[0] for row in error.value.rows] == list("bcde")
    with pytest.raises(TypeError, match="give a list"):
        model.log_prob("CCO")


def test_a_text_is_asked_about_as_it_was_learned():
    language = ChemicalLanguage(order=2).fit(["CCO", "[CH3:1]CO"])
    one, with_number, with_blank = language.log_prob(["[CH3]CO", "[CH3:7]CO", " [CH3]CO\n"])
    assert one == with_number == with_blank > -np.inf


def test_map_numbers_are_no_chemistry():
    mapped, plain = ["[CH3:1][CH2:2][OH:3]", "[CH3:7][NH2:1]"], ["[CH3][CH2][OH]", "[CH3][NH2]"]
    a, b = ChemicalLanguage(roots=1).fit(mapped), ChemicalLanguage(roots=1).fit(plain)
    assert a.vocabulary_ == b.vocabulary_ and a.propose(mapped).equals(b.propose(plain))
    sampler = IQSPR(model, {"n": Sizes()}, {"n": (4, 6)})
    sampler.evaluate(["CCO", "[CH3:1][CH2:2][OH:3]", "OCC"])
    assert sampler.calls_ == 1 and sampler.found().index.tolist() == ["CCO"]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: ChemicalLanguage(random_state=None).fit(GOOD),
        lambda: ChemicalLanguage(tries=2.5).fit(GOOD),
        lambda: ChemicalLanguage(order=True).fit(GOOD),
        lambda: ChemicalLanguage(smoothing=np.nan).fit(GOOD),
        lambda: model.generate(-1),
        lambda: model.propose(GOOD, random_state="a"),
        lambda: GraphMoves(tries=0).propose(GOOD),
        lambda: GraphMoves(crossover=2.0).propose(GOOD),
        lambda: GraphMoves(random_state=None).propose(GOOD),
        lambda: BRICSMoves(tries=0).fit(GOOD),
        lambda: IQSPR(model, {"n": Sizes()}, {"n": (4, 6)}, random_state=None),
        lambda: IQSPR(model, {"n": Sizes()}, {"n": (4, 6)}, ess=2.0),
        lambda: IQSPR(model, {"n": Sizes()}, {"n": (4, 6)}, diversity=-1.0),
        lambda: sampler.run(GOOD, n=0),
        lambda: sampler.run(GOOD, {"m": [1.0]}),
        lambda: sampler.run(GOOD, [[1.0]]),
    ],
)
def test_settings_that_make_no_sense(wrong):
    with pytest.raises(ValueError, match="needed|betas"):
        wrong()


def test_moves_that_are_not_possible():
    with pytest.raises(NotFittedError):
        BRICSMoves().propose(["CCO"])
    for moves in (GraphMoves(), GraphMoves(crossover=0.0), fitted):
        out = moves.propose(["*"])
        assert (
            out.why.tolist() == ["no molecule"]
            and out.log_q.tolist() == [-math.inf]
            and out.tries.tolist() == [moves.tries]
        )
        assert moves.propose([]).shape == (0, 5)
    assert BRICSMoves().fit([]).propose(["CCOc1ccccc1"]).why.tolist() == ["no molecule"]
    assert sampler.evaluate([]) == []


def test_a_model_without_an_error_bar_is_refused():
    X = np.arange(20.0)[:, None]
    boosted = GradientBoostingRegressor(n_estimators=5).fit(X, 100 + X[:, 0])
    counts = FunctionTransformer(lambda mols: np.array([[m.GetNumAtoms()] for m in mols], float))
    with pytest.raises(TypeError, match="no error bar"):
        next(IQSPR(model, {"n": boosted}, {"n": (4, 6)}, counts).run(["CCO"]))


def test_rules_are_compared_by_what_they_ask():
    assert repr(rules()) == repr(rules()) != repr(
        rules(max_atoms=20)
    ) and rules() == rules() != rules(unwanted=["O-O"])
    with pytest.raises(BadInput) as error:
        rules(unwanted=["O-O", "C("])
    assert [row[0] for row in error.value.rows] == [1]
    assert pickle.loads(pickle.dumps(rules()))(Chem.MolFromSmiles("C1CC1")) == "ring size"


@pytest.mark.parametrize("container", [list, np.array, pd.Series, iter])
def test_a_rule_is_the_same_from_any_container(container):
    assert repr(rules(unwanted=container(["[F]", "[Cl]"]))) == repr(rules(unwanted=["[F]", "[Cl]"]))


@pytest.mark.parametrize("proposal", [GraphMoves(), BRICSMoves().fit(GOOD)])
def test_other_moves(proposal):
    out = proposal.propose(GOOD)
    assert (
        out.equals(proposal.propose(GOOD))
        and all(Chem.MolFromSmiles(s) is not None for s in out.smiles.dropna())
        and (out.why[out.smiles.isna()] != "").all()
    )
    with pytest.raises(BadInput):
        proposal.propose(["CC", "C1"])
    assert len(proposal.propose(["C", "[He]", "*C*"])) == 3
