"""Stored numbers of the three uses of sources, worked out again."""

import numpy as np
import pandas as pd
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, DotProduct
from sklearn.kernel_ridge import KernelRidge
from mdp.data.fetch import facts, mirror_dir
from mdp.learn import sources
from mdp.learn.models import AveragedProcess
from mdp.learn.sources import (
    DIRECT,
    USES,
    Pairs,
    draws,
    fit_power_law,
    kernel_ridge,
    median_reduction,
    protocol,
    run_scaling,
    scaling_summary,
)

needs_mirror = pytest.mark.skipif(mirror_dir() is None, reason="needs the mirror")


@needs_mirror
def test_a_fold_of_the_scaling_curve_from_scratch(tmp_path, monkeypatch):
    "The first fold, from the two tables on, with two sizes; stored errors within 2 %."
    monkeypatch.setattr(sources, "SIZES", (100, 10_000))
    stored = pd.read_csv(facts("chi_scaling.csv"))
    path = tmp_path / "chi_scaling.csv"
    stored[(stored.draw == 0) & (stored.fold > 0)].to_csv(path, index=False)
    again = run_scaling(path, repeats=1)
    key = ["method", "computed"]
    first = stored[(stored.draw == 0) & (stored.fold == 0)]
    old, new = (
        table.groupby(key)[["error", "rows"]].sum() for table in (first, again[again.fold == 0])
    )
    assert len(new) == 11
    old = old.loc[new.index]
    assert (old.rows == new.rows).all()
    assert np.allclose(new.error, old.error, rtol=0.02)


def test_the_median_is_that_of_the_ratios_of_means():
    stored = pd.read_csv(facts("transfer_uses.csv"))
    direct = [name for name in stored if name.startswith(DIRECT)]
    for use in USES:
        reductions = []
        for _, part in stored[stored.rows == 60].groupby("target"):
            best = min(part[name].mean() for name in direct)
            reductions.append(1 - part[use].mean() / best)
        estimate = median_reduction(stored, use, 60)
        assert np.isclose(estimate.value, np.median(reductions))
        assert estimate.low < estimate.value < estimate.high


def test_a_target_and_what_determines_it_are_no_sources():
    table = protocol()
    assert "pi1070_thermal_diffusivity" in table.left_out["polymer_conductivity"]
    assert "polymer_refractive_index" in table.left_out["polymer_dielectric"]
    assert "pi1070_bulk_modulus" in table.left_out["pi1070_compressibility"]
    assert "polymer_molar_volume" in table.left_out["polymer_density"]
    assert len(table) == 10


def test_no_near_copy_of_a_training_row_is_tested():
    groups = np.repeat(np.arange(50), 3)
    for train, test in draws(groups, 30, repeats=5):
        assert len(train) == 30 and not set(groups[train]) & set(groups[test])


def test_draws_do_not_depend_on_how_many_there_are():
    groups = np.arange(80)
    few, many = draws(groups, 30, repeats=2), draws(groups, 30, repeats=7)
    assert all((a == b).all() for pair, other in zip(few, many) for a, b in zip(pair, other))


def test_linear_kernel_is_that_of_scikit_learn():
    "Mean and standard deviation, with a kernel whose size grows with the row."
    rng = np.random.default_rng(0)
    x = rng.normal(size=(25, 1))
    y = 3 * x[:, 0] + 0.2 * rng.normal(size=25)
    process = AveragedProcess([("linear", 1), ("rbf", 1)], log=False).fit(np.c_[x, x], y)
    new = np.array([[-6.0], [0.0], [2.0]])
    z = np.clip((new - x.mean()) / x.std(), -5, 5)
    known = (x - x.mean()) / x.std()
    means, squares = 0, 0
    for weight, theta in zip(process.weights_, np.exp(process.theta_)):
        line = ConstantKernel(theta[0]) * DotProduct(0.0)
        rest = ConstantKernel(theta[1]) * RBF(theta[2] * process.blocks_[1].unit)
        model = GaussianProcessRegressor(line + rest, alpha=theta[3] + 1e-8, optimizer=None)
        model.fit(known, (y - y.mean()) / y.std())
        mean, sd = model.predict(z, return_std=True)
        means = means + weight * mean
        squares = squares + weight * (sd**2 + theta[3] + mean**2)
    mean, sd = process.predict(np.c_[new, new], return_std=True)
    assert np.allclose(mean, y.mean() + y.std() * means, atol=1e-8)
    assert np.allclose(sd, y.std() * np.sqrt(squares - means**2), atol=1e-6)


def test_power_law_finds_the_floor():
    m = np.array([25.0, 50, 100, 200, 400, 800])
    assert np.allclose(fit_power_law(m, 0.25 + m**-0.7), [0.25, 1, 0.7], atol=1e-3)


def test_intervals_of_the_scaling_curve_hold_the_value():
    table = scaling_summary(pd.read_csv(facts("chi_scaling.csv")), samples=200)
    assert ((table.low <= table.error) & (table.error <= table.high)).all()


def test_kernel_ridge_is_that_of_scikit_learn():
    "Leave-one-out errors by leaving out, predictions by scikit-learn, at the strength chosen."
    rng = np.random.default_rng(0)
    X, new = rng.normal(size=(25, 3)), rng.normal(size=(7, 3))
    y = X[:, 0] ** 2 + 0.1 * rng.normal(size=25)
    mean, sd = y.mean(), y.std()
    kernel, to_new = RBF()(X), RBF()(new, X)
    errors = {}
    for strength in (0.01, 0.05, 0.2):
        model = KernelRidge(alpha=strength, kernel="precomputed")
        left = []
        for row in range(25):
            rest = np.delete(np.arange(25), row)
            model.fit(kernel[np.ix_(rest, rest)], (y[rest] - mean) / sd)
            left.append(abs(model.predict(kernel[[row]][:, rest])[0] - (y[row] - mean) / sd))
        errors[strength] = np.mean(left)
    best = KernelRidge(alpha=min(errors, key=errors.get), kernel="precomputed")
    expected = mean + sd * best.fit(kernel, (y - mean) / sd).predict(to_new)
    assert np.allclose(kernel_ridge(kernel, y, to_new), expected)


def _polymers(rng, skeletons):
    "Made-up polymers alone, two of each skeleton."
    groups = np.repeat(skeletons, 2)
    unit = {
        "composition": rng.normal(size=(len(groups), 4)),
        "rdkit": rng.normal(size=(len(groups), 4)),
        "ecfp": rng.integers(0, 3, (len(groups), 6)).astype(float),
    }
    value = 1 + rng.random(len(groups))
    keys = pd.Index([f"{group}{place}" for place, group in enumerate(groups)])
    return Pairs(unit, None, None, value, groups, keys)


def test_nothing_computed_of_a_test_polymer_reaches_the_curve_of_new_polymers(monkeypatch):
    "Computed values of the test skeletons become absurd: only the leaky curve may notice."
    monkeypatch.setattr(sources, "SIZES", (20, 10_000))
    rng = np.random.default_rng(1)
    skeletons = np.array([f"s{number}" for number in range(20)])
    measured, computed = _polymers(rng, skeletons), _polymers(rng, skeletons)
    test = np.flatnonzero(np.isin(measured.groups, skeletons[:5]))
    train = np.setdiff1d(np.arange(40), test)
    absurd = computed.value.copy()
    absurd[np.isin(computed.groups, skeletons[:5])] = 40.0
    found = []
    for value in (computed.value, absurd):
        surrogate = sources._Surrogate(measured, computed._replace(value=value))
        parts = measured.value, train, test, np.random.default_rng(0), 0
        found.append(sources._fold_predictions(surrogate, *parts))
    for key in found[0]:
        same = np.allclose(found[0][key], found[1][key])
        assert same == (key[0] != "polymer computed too"), key
