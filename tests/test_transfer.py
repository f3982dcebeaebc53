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
from mdp.core.errors import BadInput
from mdp.learn.models import PriorMean
from mdp.learn.transfer import PropertyDescriptor, _error_bar, ask
from mdp.learn.validation import Recalibrated, coverage, crps, cross_val_predictions
from mdp.learn.validation import error_reduction, sd_factor


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


def test_a_wide_error_bar_does_not_pass():
    truth = np.random.default_rng(0).normal(size=500)
    honest, wide = np.ones(500), np.full(500, 1e6)
    assert (coverage(truth, 0 * truth, wide) == 1).all()
    assert crps(truth, 0 * truth, wide).mean() > 1e5 * crps(truth, 0 * truth, honest).mean()
    assert sd_factor(truth, 0 * truth, wide) == pytest.approx(1e-3, rel=0.1)  # the lowest factor


@pytest.mark.parametrize("scale", [0.1, 7.0])
def test_crps_and_factor_follow_the_unit(scale):
    rng = np.random.default_rng(1)
    truth, mean = rng.normal(size=(2, 200))
    sd = rng.uniform(0.5, 2, 200)
    scaled = crps(scale * truth, scale * mean, scale * sd)
    assert np.allclose(scaled, scale * crps(truth, mean, sd))
    factor = sd_factor(truth, mean, sd)
    assert sd_factor(truth, mean, scale * sd) == pytest.approx(factor / scale, rel=1e-3)


def test_sd_that_is_not_positive_is_named():
    with pytest.raises(BadInput, match="'b'"):
        coverage(pd.Series([1.0, 2.0], ["a", "b"]), pd.Series([1.0, 2.0], ["a", "b"]), [1.0, 0.0])


def test_the_factor_comes_from_groups_that_were_left_out():
    groups = np.repeat(np.arange(20), 3)
    X = np.column_stack([groups, np.zeros(60)]).astype(float)

    class Sure(Seen):
        "Knows the groups that it has seen, with a small error bar, and errs by 1 on the others."

        def predict(self, X, return_std=False):
            mean = 1 - super().predict(X)
            return (mean, np.full(len(X), 0.1)) if return_std else mean

    y = np.where(np.arange(60) == 0, 1e-6, 0.0)  # a constant target is refused
    assert Recalibrated(Sure()).fit(X, y).factor_ < 0.1  # sisters stay: nothing seems to be wrong
    assert Recalibrated(Sure()).fit(X, y, groups).factor_ > 5


def test_tg_of_polystyrene():
    answer = ask(pd.Series(["*CC(*)c1ccccc1"], ["PS"]), "polymer_tg").loc["PS"]
    assert answer.low < 373 < answer.high and answer.unit == "K" and answer.inside


def test_error_bar_of_other_networks_is_not_called_calibrated():
    descriptor = PropertyDescriptor("polymer", tasks=["polymer_tg"]).fit()
    assert _error_bar(descriptor, "polymer_tg")[2]
    descriptor.chosen_ = descriptor.chosen_.assign(crc=0)
    sd, half_width, calibrated = _error_bar(descriptor, "polymer_tg")
    assert not calibrated and half_width > sd > 0
