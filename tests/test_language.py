"""The language and the sampler where a notebook cannot go: rubbish, damaged files, models that misbehave."""
import json, math
import numpy as np, pandas as pd, pytest
from hypothesis import given, settings, strategies as st
from rdkit import Chem, rdBase
from safetensors.numpy import load_file, save_file
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from mdp.core import BadInput
from mdp.generate.iqspr import IQSPR, BRICSMoves, GraphMoves, log_region, mean_sd, rules
from mdp.generate.language import ChemicalLanguage, to_smiles, to_tokens

GOOD = ["CCO", "c1ccccc1O", "CC(=O)Oc1ccccc1C(=O)O", "C[C@H](N)C(=O)O", "C1CC2CCC1CC2", "[NH4+]", "CC(C)(C)N", "F/C=C/F", "C12(CC1)CC2", "O=C1CCCN1"]
BAD = ["", " ", "C1CC", "CC(", "C(C)(C)(C)(C)C", "c1cccc1", "C C", "\0", "é", None, np.nan, 3, b"CC", ["CC"], Chem.Mol()]
model = ChemicalLanguage(roots=2).fit(GOOD)

class Sizes:
    "A model of SMILES: the number of atoms, give or take one."
    def __init__(self, sd=1.): self.sd = sd
    def predict(self, X, return_std): return np.array([float(Chem.MolFromSmiles(s).GetNumHeavyAtoms()) for s in X]), np.full(len(X), self.sd)

@given(st.text(st.sampled_from("CNOclBr()[]=#123%0@+-/\\.*H!&$ "), max_size=25))
def test_any_text_goes_round_or_is_refused(s):
    try: tokens = to_tokens(s)
    except ValueError: return
    with rdBase.BlockLogs(): mol = Chem.MolFromSmiles(s) if s.strip() == s else None
    if mol is None or not mol.GetNumAtoms(): return
    assert Chem.MolToSmiles(Chem.MolFromSmiles(to_smiles(tokens))) == Chem.MolToSmiles(mol) and to_tokens(to_smiles(tokens)) == tokens

@given(st.integers(0, len(GOOD) - 1), st.integers(0, 2**31 - 1))
def test_random_writings_go_round(i, seed):
    mol = Chem.MolFromSmiles(GOOD[i])
    for s in Chem.MolToRandomSmilesVect(mol, 3, randomSeed=seed % 10_000 + 1):
        assert Chem.CanonSmiles(to_smiles(to_tokens(s))) == Chem.CanonSmiles(s)

def test_hundred_rings_and_more():
    s = "C" + "".join(f"C%({i})" if i > 99 else f"C%{i}" for i in range(10, 130)) + "".join(f"C%({i})" if i > 99 else f"C%{i}" for i in range(10, 130))
    assert Chem.CanonSmiles(to_smiles(to_tokens(s))) == Chem.CanonSmiles(s)

@given(st.lists(st.tuples(st.booleans(), st.integers(0, 20)), min_size=1, max_size=12))
def test_every_bad_row_is_named(rows):
    values = [BAD[k % len(BAD)] if bad else GOOD[k % len(GOOD)] for bad, k in rows]
    index = [f"r{i}" for i in range(len(rows))]
    expected = [f"r{i}" for i, (bad, _) in enumerate(rows) if bad]
    series = pd.Series(values, index, dtype=object)
    for fn in (ChemicalLanguage().fit, model.propose):
        if expected:
            with pytest.raises(BadInput) as e: fn(series)
            assert [r[0] for r in e.value.rows] == expected and all(r[2] for r in e.value.rows) and e.value.of == len(rows)
        else: fn(series)

def test_nothing_to_learn_from():
    with pytest.raises(ValueError, match="no SMILES"): ChemicalLanguage().fit([])
    with pytest.raises(TypeError, match="not one"): ChemicalLanguage().fit("CCO")
    with pytest.raises(NotFittedError): ChemicalLanguage().propose(["CC"])
    assert len(model.propose([])) == 0 and len(model.generate(0)) == 0
    for bad in (dict(order=-1), dict(delete=1.), dict(tries=0), dict(reroot=2.), dict(smoothing=-.1)):
        with pytest.raises(ValueError): ChemicalLanguage(**bad).fit(GOOD)

@given(st.integers(0, 2**31 - 1), st.floats(0, 3), st.integers(0, 12))
@settings(max_examples=30)
def test_what_comes_out_is_a_molecule_or_has_a_reason(seed, smoothing, order):
    m = ChemicalLanguage(order=order, smoothing=smoothing).fit(GOOD)
    out = m.propose(GOOD, random_state=seed)
    for r in out.itertuples():
        if isinstance(r.smiles, str): assert Chem.CanonSmiles(r.written) == r.smiles and not r.why and math.isfinite(r.log_q)
        else: assert r.why and r.log_q == -math.inf
    assert out.equals(m.propose(GOOD, random_state=seed))
    assert clone(m).get_params() == m.get_params()

def test_order_zero_is_a_bag_of_tokens():
    m = ChemicalLanguage(order=0, ring_size=False).fit(["CCO", "CN"])
    assert np.isclose(m.log_prob(["CO"])[0], np.log(3/7*1/7*2/7)) and m.log_prob(["CF"])[0] == -np.inf

def test_damaged_files(tmp_path):
    path, bad = tmp_path/"m.safetensors", tmp_path/"bad.safetensors"
    model.save(path)
    assert ChemicalLanguage.load(path).propose(GOOD).equals(model.propose(GOOD))
    whole, arrays = path.read_bytes(), load_file(path)
    head = dict(kind="mdp.ChemicalLanguage", params=json.dumps(model.get_params()), vocabulary=json.dumps(model.vocabulary_), longest=str(model.longest_))
    def refused(): 
        with pytest.raises(ValueError, match="bad.safetensors"): ChemicalLanguage.load(bad)
    for cut in (0, 7, 100, len(whole)//2, len(whole) - 1): bad.write_bytes(whole[:cut]); refused()
    bad.write_bytes(b"\x80\x04" + b"pickle?"*40); refused()
    for change in (dict(params="{"), dict(params='{"colour": 1}'), dict(vocabulary='["^"]'), dict(longest="long"), dict(kind="other")): save_file(arrays, bad, {**head, **change}); refused()
    save_file(arrays, bad); refused()
    save_file({k: v for k, v in arrays.items() if k != "child"}, bad, head); refused()
    for k, v in arrays.items():
        save_file({**arrays, k: v[:-1].copy()}, bad, head)
        if k != "states": refused()
    with pytest.raises(FileNotFoundError): ChemicalLanguage.load(tmp_path/"none.safetensors")

@given(st.floats(-60, 60), st.floats(1e-3, 10), st.floats(-5, 5), st.floats(1e-6, 10))
def test_region_is_symmetric_and_monotone(mean, sd, low, width):
    a = log_region(mean, sd, low, low + width)
    assert a <= 0 and np.isclose(a, log_region(-mean, sd, -low - width, -low), rtol=1e-6, atol=1e-9)
    assert log_region(mean, sd, low, low + 2*width) >= a - 1e-9*abs(a)
    away = low - 1 - abs(mean)
    if (low - away)/sd < 1e5: assert np.isfinite(log_region(away, sd, low, low + width)) or width/sd < 1e-9

def test_models_that_misbehave():
    with pytest.raises(ValueError, match="lower end"): IQSPR(model, {"n": Sizes()}, {"n": (3, 2)})
    with pytest.raises(ValueError, match="a region for each"): IQSPR(model, {"n": Sizes()}, {"m": (2, 3)})
    for sd in (np.nan, -1.):
        with pytest.raises(ValueError, match="sd"): list(IQSPR(model, {"n": Sizes(sd)}, {"n": (2, 3)}).run(["CC"], [1.]))
    class Mute:
        def predict(self, X): return np.zeros(len(X))
    with pytest.raises(TypeError, match="no error bar"): mean_sd(Mute(), ["CC"])
    with pytest.raises(ValueError, match="no particle"): list(IQSPR(model, {"n": Sizes(0.)}, {"n": (50, 60)}).run(GOOD[:3], [1.]))

def test_starts():
    s = IQSPR(model, {"n": Sizes()}, {"n": (4, 6)}, rule=rules())
    with pytest.raises(BadInput) as e: next(s.run(["CCO", "C1CC", "CC(", "CCOOC"]))
    assert [r[0] for r in e.value.rows] == [1, 2, 3]
    with pytest.raises(ValueError, match="no particles"): next(s.run([]))
    for betas in ([-1.], [np.nan], {"n": [[1.]]}):
        with pytest.raises((ValueError, TypeError)): next(s.run(["CCO"], betas))

def test_resampling_only_when_needed_and_nothing_twice():
    asked = []
    class Counting(Sizes):
        def predict(self, X, return_std):
            asked.extend(X)
            return super().predict(X, return_std)
    s = IQSPR(model, {"n": Counting()}, {"n": (8.5, 10.5)}, ess=.5)
    steps = list(s.run(GOOD*10, np.linspace(.05, 1, 12)))
    assert len(asked) == len(set(asked)) == s.calls_ == len(s.found())
    assert all(st.resampled == (st.ess < 50) for st in steps[1:]) and 0 < sum(st.resampled for st in steps) < 12
    assert all(np.isclose(st.weights.sum(), 1) for st in steps)
    for a, b in zip(steps, steps[1:]):
        if b.resampled: assert np.allclose(b.weights, 1/100)

@pytest.mark.parametrize("proposal", [GraphMoves(), BRICSMoves().fit(GOOD)])
def test_other_moves(proposal):
    out = proposal.propose(GOOD)
    assert out.equals(proposal.propose(GOOD)) and all(Chem.MolFromSmiles(s) is not None for s in out.smiles.dropna()) and (out.why[out.smiles.isna()] != "").all()
    with pytest.raises(BadInput): proposal.propose(["CC", "C1"])
    assert len(proposal.propose(["C", "[He]", "*C*"])) == 3
