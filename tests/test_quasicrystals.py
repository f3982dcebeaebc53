"""What the quasicrystal case does not show: bad input, invariance on random alloys, weights that stand for every crystal."""
import numpy as np, pandas as pd, pytest
from mdp.cases.quasicrystals import distance, candidates, features, fit, fractions, triangle
from mdp.core import BadInput

def test_triangle_names_every_bad_element():
    with pytest.raises(BadInput) as e: triangle(["Al", "Al", "Xx"])
    assert [(i, v) for i, v, _ in e.value.rows] == [(2, "Xx"), (1, "Al")]
    T = triangle(["Al", "Cu", "Fe"], .1)
    assert len(T) == 66 and np.allclose(T.sum(1), 1) and len(np.unique(T.round(6), axis=0)) == 66

def test_features_of_random_alloys():
    rng = np.random.default_rng(0)
    F = np.zeros((300, 94))
    for f in F: f[rng.choice(94, rng.integers(1, 6), replace=False)] = rng.random() + .01
    F /= F.sum(1, keepdims=True)
    X = features(F)
    assert np.isfinite(X.to_numpy()).all() and X.columns.is_unique and X.columns.str.contains(":").all()
    classes = X[[c for c in X if c.startswith("class:")]].sum(axis=1)
    assert np.allclose(classes, 1, atol=1e-5)                           # every element is in one class and in no other
    assert (X["size:smallest/largest"] <= 1).all() and (X["mixing:entropy"] <= np.log(X["mixing:elements"]) + 1e-6).all()

def test_distance_is_a_metric_of_exchanged_atoms():
    F = fractions(["Al63Cu25Fe12", "Al65Cu20Fe15", "Zn60Mg30Y10"])
    assert np.isclose(distance(F[:1], F[1:2])[0], .05) and np.isclose(distance(F[:1], F[2:])[0], 1) and distance(F[:1], F)[0] == 0

def test_candidates_keep_the_base_and_the_step():
    F, system = candidates("Al", ["Cu", "Fe", "Ni"], .1, .4)
    assert set(system) == {"Al-Cu-Fe", "Al-Cu-Ni", "Al-Fe-Ni"} and np.allclose(F.sum(1), 1, atol=1e-6)
    assert F[:, 12].min() >= .4 - 1e-6 and ((F > 0).sum(1) == 3).all()

class Recorder:
    def fit(self, X, y, sample_weight): self.X, self.y, self.w = X, y, sample_weight; return self

def test_the_sample_stands_for_every_crystal():
    table = pd.DataFrame(dict(label=["QC", "AC"] + ["crystal"]*98, system=["a", "b"] + ["a"]*8 + ["c"]*90, doubtful=[False]*9 + [True] + [False]*90))
    m = fit(Recorder(), np.arange(100.)[:, None], table, np.arange(100), n=10)
    assert len(m.y) == 2 + 7 + 10 and np.isclose(m.w.sum(), 99) and 9 not in m.X   # the doubtful row 9 is left out, the other 99 stand
