"""Composites and their conductivity: what the two notebooks cannot hold."""

import numpy as np
import pandas as pd
import pytest
from scipy import ndimage
from mdp.core.errors import BadInput
from mdp.represent.composite import Composite, Composites, betti, bounds, persistence
from mdp.represent.kinds import KINDS, describe, group_labels
from mdp.simulate.homogenisation import effective_conductivity, homogenise, local_gradient

SEEDS = range(5)


def blobs(seed, shape=(32, 32), share=0.5):
    "A periodic random image: a smoothed noise, cut at a quantile."
    noise = np.random.default_rng(seed).normal(size=shape)
    smooth = ndimage.gaussian_filter(noise, 2, mode="wrap")
    return smooth > np.quantile(smooth, 1 - share)


@pytest.mark.parametrize("seed", SEEDS)
def test_conductivity_lies_between_the_means(seed):
    image = blobs(seed)
    cell = np.where(image, 20.0, 1.0)
    limits = bounds(image.mean(), 1.0, 20.0).loc[0]
    eigenvalues = np.linalg.eigvalsh(effective_conductivity(cell))
    assert limits["reuss"] < eigenvalues.min() <= eigenvalues.max() < limits["voigt"]


@pytest.mark.parametrize("seed", SEEDS)
def test_kellers_theorem_on_odd_grids(seed):
    cell = np.random.default_rng(seed).lognormal(sigma=1.5, size=(15, 21))
    turn = np.array([[0, -1], [1, 0]])
    inverse = effective_conductivity(1 / cell, tolerance=1e-11)
    product = effective_conductivity(cell, tolerance=1e-11) @ turn.T @ inverse @ turn
    assert np.allclose(product, np.eye(2), atol=1e-8)


@pytest.mark.parametrize("seed", SEEDS)
def test_finer_pixels_change_little(seed):
    "At a contrast of 50, for structures about ten pixels wide, as in the notebook."
    noise = np.random.default_rng(seed).normal(size=(64, 64))
    cell = np.where(ndimage.gaussian_filter(noise, 4, mode="wrap") > 0, 10.0, 0.2)
    coarse = np.linalg.det(effective_conductivity(cell)) ** 0.5
    fine = np.linalg.det(effective_conductivity(np.kron(cell, np.ones((2, 2))))) ** 0.5
    assert abs(fine / coarse - 1) < 0.02


def test_layers_in_three_dimensions():
    "Layers normal to each axis in turn: the harmonic mean across, the arithmetic along."
    values = np.array([1.0, 4.0, 4.0, 0.5, 9.0])
    for axis in range(3):
        shape = [1, 1, 1]
        shape[axis] = 5
        cell = values.reshape(shape) * np.ones((5, 5, 5))
        expected = np.full(3, values.mean())
        expected[axis] = 1 / (1 / values).mean()
        assert np.allclose(effective_conductivity(cell), np.diag(expected), atol=1e-8)


def test_a_flat_solid_is_an_image():
    image = np.where(blobs(0), 10.0, 1.0)
    flat = effective_conductivity(np.stack([image] * 3))
    assert np.allclose(flat[1:, 1:], effective_conductivity(image), rtol=1e-5)
    assert np.isclose(flat[0, 0], image.mean())


def test_too_high_a_contrast_says_so():
    cell = np.where(blobs(1), 1e12, 1.0)
    with pytest.raises(RuntimeError, match="span a factor of 1e"):
        local_gradient(cell, axis=0, most=20)


def test_columns_keep_their_labels():
    cells = pd.Series([np.ones((4, 4)), np.full((3, 5), 2.0)], ["a", "b"])
    assert homogenise(cells)["xx"].to_dict() == {"a": 1.0, "b": 2.0}
    with pytest.raises(BadInput, match="'b'"):
        homogenise(pd.Series([np.ones((4, 4)), np.zeros((4, 4))], ["a", "b"]))
    shares = pd.Series([0.2, 0.3], ["a", "b"])
    there = bounds(shares, pd.Series([2.0, 1.0], ["b", "a"]), 5.0)
    assert list(there.index) == ["a", "b"]
    assert np.isclose(there.loc["b", "voigt"], 0.7 * 2 + 0.3 * 5)


def test_a_lone_value_is_refused():
    one = Composite(blobs(0), (1.0, 2.0))
    with pytest.raises(TypeError, match="give a list"):
        Composites().fit_transform(one)


@pytest.mark.parametrize("seed", SEEDS)
def test_two_loops_wind_around_every_torus(seed):
    image = blobs(seed, share=[0.2, 0.4, 0.5, 0.6, 0.8][seed])
    pairs = persistence(image)
    winds = pairs[(pairs["dimension"] == 1) & np.isinf(pairs["death"])]
    assert len(winds) == 2
    assert np.isinf(pairs[pairs["dimension"] == 0]["death"]).sum() == 1
    assert betti(pairs, 0, [100.0])[0] == 1 and betti(pairs, 1, [100.0])[0] == 2


def test_a_loop_of_one_hole_in_a_stripe():
    image = np.zeros((24, 30), int)
    image[4:15] = 1
    image[8:11, 10:13] = 0
    pairs = persistence(image)
    assert betti(pairs, 0, [0])[0] == 1
    assert betti(pairs, 1, [0])[0] == 2  # the hole, and the loop along x


@pytest.mark.parametrize("parts", [(), "bounds", ("bounds", "colour")])
def test_parts(parts):
    with pytest.raises(ValueError, match="parts="):
        Composites(parts).fit([])


def test_groups():
    image = blobs(2)
    rows = [
        Composite(image, (1.0, 2.0)),
        Composite(~np.roll(image, (3, 11), (0, 1)), (5.0, 2.0)),
        Composite(image, (1.0, 2.0), specimen="A"),
        Composite(blobs(3), (1.0, 2.0), specimen="A"),
        Composite(blobs(4), (1.0, 2.0)),
    ]
    labels = group_labels(rows, "composite", "statistics")
    assert labels[0] == labels[1] != labels[4]
    assert labels[2] == labels[3] == "A"


def test_each_descriptor_has_more_columns_than_the_one_before():
    rows = [Composite(blobs(0), (1.0, 2.0)), "no composite"]
    widths = []
    for descriptor in KINDS["composite"].descriptors:
        numbers = describe(rows, "composite", descriptor, on_error="nan")
        assert np.isfinite(numbers[0]).all() and np.isnan(numbers[1]).all()
        widths.append(numbers.shape[1])
    assert widths == sorted(set(widths))
    with pytest.raises(BadInput, match=r"\[1\]"):
        describe(rows, "composite", "topology")
