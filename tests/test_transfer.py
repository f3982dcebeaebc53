"""Validation and models where a notebook cannot go.

Who has seen whom, and what is left when nothing is learnt.
"""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import BayesianRidge, LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from mdp.learn.models import PriorMean
from mdp.learn.validation import cross_val_predictions, error_reduction


class Seen(RegressorMixin, BaseEstimator):
    "Predicts 1 for a row whose group (column 0) was in training, 0 for one that was not."

    def fit(self, X, y):
        self.groups_ = set(X[:, 0])
        return self

    def predict(self, X):
        return np.array([float(group in self.groups_) for group in X[:, 0]])


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 6), min_size=8, max_size=30).filter(lambda k: len(set(k)) > 2),
    st.integers(1, 3),
    st.integers(2, 8),
)
def test_no_row_is_judged_by_its_near_copies(groups, repeats, folds):
    X = np.array(groups, float)[:, None]
    out = cross_val_predictions(
        {"seen": (X, Seen()), "mean": (X, DummyRegressor())},
        np.arange(len(groups)),
        groups,
        repeats,
        folds,
    )
    assert (
        out["seen"].shape == (repeats, len(groups))
        and not out["seen"].any()
        and np.isfinite(out["mean"]).all()
    )


def test_what_cannot_be_cross_validated():
    X = np.zeros((6, 1))
    with pytest.raises(ValueError, match="same group"):
        cross_val_predictions({"a": (X, DummyRegressor())}, np.arange(6), [1] * 6)
    with pytest.raises(ValueError, match=r"\[2\]"):
        cross_val_predictions({"a": (X, DummyRegressor())}, [0, 1, np.nan, 3, 4, 5], range(6))
    with pytest.raises(ValueError, match="6 rows"):
        cross_val_predictions({"a": (X, DummyRegressor())}, np.arange(6.0)[:, None], range(6))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.floats(0.1, 2))
def test_error_reduction(seed, factor):
    rng = np.random.default_rng(seed)
    b = rng.uniform(0.1, 1, 40)
    e = pd.DataFrame({"method": factor * b, "better": b, "worse": b + 1})
    for found in (
        error_reduction(e, "method", ["better", "worse"], range(40)),
        error_reduction(e, "method", ["better"], np.arange(40) // 4),
    ):
        assert np.allclose(found, 1 - factor)  # a constant share has no spread
    noisy = e.assign(method=rng.permutation(e.method))
    value, low, high = error_reduction(noisy, "method", ["better", "worse"], range(40))
    assert low <= value <= high and value == pytest.approx(1 - noisy.method.mean() / b.mean())


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 3))
def test_prior_mean(seed, first):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(30, 5))
    y = X @ rng.normal(size=5) + rng.normal(size=30)
    line = make_pipeline(StandardScaler(), BayesianRidge()).fit(X[:, :first], y)
    assert np.allclose(
        PriorMean(DummyRegressor(strategy="constant", constant=0), first).fit(X, y).predict(X),
        line.predict(X[:, :first]),
    )
    two = PriorMean(LinearRegression(), first).fit(X, y)
    assert np.allclose(
        two.predict(X) - line.predict(X[:, :first]),
        LinearRegression().fit(X[:, first:], y - line.predict(X[:, :first])).predict(X[:, first:]),
    )
    assert np.allclose(
        PriorMean(LinearRegression(), first).fit(pd.DataFrame(X), y).predict(pd.DataFrame(X)),
        two.predict(X),
    )
