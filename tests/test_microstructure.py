"""Microstructures and processes where a notebook cannot go.

Malformed images and tables, each named; scikit-learn's habits; random invariants.
"""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator
from mdp.core.errors import BadInput
from mdp.represent.process import SPUTTERING, Processes, Variable, design
from mdp.represent.micrograph import nearest, phases, ruler, scattering
from mdp.represent.microstructure import (
    Microstructures,
    chord_length,
    feret,
    lineal_path,
    radial,
    two_point,
)

quick = settings(max_examples=60, deadline=None)
sides = st.integers(1, 12)
images = st.tuples(sides, sides).flatmap(lambda s: arrays(bool, s))
good = np.random.default_rng(0).random((16, 16)) < 0.5

# ---- what holds for every image


@quick
@given(images, st.booleans())
def test_invariants(im, periodic):
    S = two_point(im, periodic=periodic)
    mid = S.shape[0] // 2, S.shape[1] // 2
    assert S[mid] == im.mean() and (S >= 0).all() and (S <= 1).all() and (S == S[::-1, ::-1]).all()
    assert (two_point(im.T, periodic=periodic) == S.T).all()
    assert (two_point(im[:, ::-1], periodic=periodic) == S[:, ::-1]).all()
    pairs = sum(two_point(a, b, periodic) for a in (im, ~im) for b in (im, ~im))
    assert np.allclose(pairs, 1)
    assert np.allclose(radial(torch.tensor(S)), radial(S))
    for axis in (-1, -2):
        L, h = lineal_path(im, axis, periodic), chord_length(im, axis, periodic)
        line = S[mid[0], mid[1] :] if axis == -1 else S[mid[0] :, mid[1]]
        assert np.allclose(L[:2], line[:2]) and (L <= line + 1e-12).all()
        assert h @ np.arange(len(h)) == im.sum()
        assert np.allclose(lineal_path(torch.tensor(im).double(), axis, periodic), L)
        if periodic:
            assert (chord_length(np.roll(im, 3, axis), axis, True) == h).all()
            assert np.allclose(two_point(np.roll(im, 2, axis), periodic=True), S)


@quick
@given(images)
def test_feret_invariants(im):
    f = feret(im)
    assert f.area.sum() == im.sum()
    assert (f["min"] <= f["mean"] + 1e-9).all()
    assert (f["mean"] <= f["max"] + 1e-9).all()
    assert (f["min"] >= 1 - 1e-9).all() and (f["max"] <= np.hypot(*im.shape) + 1e-9).all()
    turned = feret(np.rot90(im))
    for c in ("area", "mean", "max", "min", "cut"):
        assert np.allclose(np.sort(f[c].astype(float)), np.sort(turned[c].astype(float)))
    stack = feret(np.stack([im, im]))
    assert (stack.to_numpy() == np.tile(f.to_numpy(), (2, 1))).all()
    assert stack.index.names == [
        "image",
        "label",
    ]


def test_large_and_full_images_are_exact():
    one = np.ones((700, 520), bool)
    assert (two_point(one) == 1).all()
    assert (two_point(one, periodic=True) == 1).all()
    assert (lineal_path(one) == 1).all()


def test_lags_beyond_the_image():
    for bad in (-1, 16):
        with pytest.raises(ValueError, match="allows 0 to 15"):
            two_point(good, reach=bad)
        with pytest.raises(ValueError, match="allows 0 to 15"):
            lineal_path(good, reach=bad)
    with pytest.raises(ValueError, match="two images of shapes"):
        two_point(good, good[:5])
    with pytest.raises(ValueError, match="axis=0"):
        chord_length(good, 0)


# ---- images that cannot be used


@quick
@given(
    st.sets(st.integers(0, 5), min_size=1),
    st.sampled_from([np.nan, np.inf, -np.inf]),
    st.sampled_from([two_point, lineal_path, chord_length, feret]),
)
def test_bad_pixels_are_named(which, value, f):
    stack = np.repeat(good[None], 6, 0).astype(float)
    for i in which:
        stack[i, i, 3] = value
    with pytest.raises(BadInput) as e:
        f(stack)
    assert [r[0] for r in e.value.rows] == sorted(which)
    assert all(f"({r[0]}, 3)" in r[2] for r in e.value.rows)


@pytest.mark.parametrize("f", [two_point, lineal_path, chord_length, feret])
@pytest.mark.parametrize(
    "image",
    [
        np.zeros(5),
        np.float64(1),
        np.zeros((0, 4)),
        np.zeros((3, 0, 4)),
        np.array([["a", "b"]]),
        np.zeros((4, 4), complex),
        np.full((4, 4), None),
    ],
    ids=["line", "number", "empty", "empty stack", "words", "complex", "objects"],
)
def test_no_image(f, image):
    with pytest.raises(BadInput):
        f(image)


@pytest.mark.parametrize("f", [lineal_path, chord_length])
def test_grey_where_binary_is_needed(f):
    with pytest.raises(BadInput, match=r"not one of \(0, 1\), the first 0.5 at \(2, 1\)"):
        f(np.where(np.arange(16).reshape(4, 4) == 9, 0.5, 1))


def test_torch_bad():
    with pytest.raises(BadInput, match="not finite"):
        two_point(torch.full((4, 4), torch.nan))
    with pytest.raises(BadInput, match="outside 0 to 1"):
        lineal_path(torch.full((4, 4), 1.5))


def test_feret_wants_labels():
    for bad in (
        good.astype(float),
        -good.astype(int),
        np.zeros((2, 2, 4, 4), int),
        torch.zeros(4, 4),
    ):
        with pytest.raises(BadInput):
            feret(bad)
    assert feret(np.zeros((4, 4), bool)).empty and feret(np.zeros((2, 4, 4), bool)).empty


faults = {
    "nan": np.full((16, 16), np.nan),
    "unknown phase": good + 1,
    "one phase": np.ones((16, 16)),
    "grey": good * 0.5,
    "line": np.ones(16),
    "stack": np.stack([good, good]),
    "empty": np.zeros((0, 16)),
    "small": good[:3],
    "words": np.full((16, 16), "pore"),
    "number": 3.0,
    "none": None,
}


@quick
@given(st.lists(st.sampled_from(["good", *faults]), min_size=1, max_size=8))
def test_transformer_names_each_bad_image(kinds):
    X = pd.Series(
        [good if k == "good" else faults[k] for k in kinds],
        [f"image {i}" for i in range(len(kinds))],
        dtype=object,
    )
    bad = [i for i, k in enumerate(kinds) if k != "good"]
    m = Microstructures(reach=4)
    kept = m.set_params(on_error="nan").fit_transform(X)
    assert list(kept.index) == list(X.index)
    assert np.flatnonzero(kept.isna().all(axis=1)).tolist() == bad
    assert kept.drop(index=X.index[bad]).notna().all(axis=None)
    if not bad:
        return
    for given_, name in ((X, list(X.index)), (list(X), list(range(len(X))))):
        with pytest.raises(BadInput) as e:
            m.set_params(on_error="raise").fit_transform(given_)
        assert [r[0] for r in e.value.rows] == [name[i] for i in bad] and e.value.of == len(X)


def test_an_image_of_one_phase_is_refused_by_the_table_alone():
    films = pd.Series([good, np.zeros((16, 16), int), np.ones((16, 16), bool)], ["a", "b", "c"])
    with pytest.raises(BadInput) as e:
        Microstructures(reach=4).fit_transform(films)
    assert [row[0] for row in e.value.rows] == ["b", "c"] and e.value.of == 3
    assert all("one phase only" in row[2] for row in e.value.rows)
    three = Microstructures(phases=(0, 1, 2), reach=4)
    assert (three.fit_transform([good])[:, -15:] == 0).all()  # an absent third phase is no fault
    with pytest.raises(BadInput, match="one phase only, 2"):
        three.fit_transform([np.full((16, 16), 2)])
    with pytest.raises(ValueError, match="at least two"):
        Microstructures(phases=(1, 1)).fit_transform([good])


def test_one_image_for_a_stack():
    with pytest.raises(BadInput, match="give a stack"):
        Microstructures().transform(good)


# ---- scikit-learn's habits


@pytest.mark.parametrize(
    "make",
    [lambda: Microstructures(reach=4), lambda: Processes()],
    ids=["Microstructures", "Processes"],
)
def test_estimator(make):
    with pytest.warns(UserWarning, match="Can't test estimator"):
        check_estimator(make())  # its data checks are for tables of numbers
    m, X = make(), (np.stack([good, ~good]) if isinstance(make(), Microstructures) else design(2))
    before = {k: v for k, v in m.get_params().items()}
    out = np.asarray(m.fit_transform(X))
    assert out.shape == (2, len(m.get_feature_names_out()))
    assert m.fit(X) is m
    assert m.get_params() == before
    assert (np.asarray(clone(m).transform(X)) == out).all()
    assert (np.asarray(m.transform(X[:1])) == out[:1]).all()
    frame = clone(m).set_output(transform="pandas").fit_transform(X)
    assert list(frame.columns) == list(m.get_feature_names_out())
    assert (frame.to_numpy() == out).all()
    assert np.isfinite(make_pipeline(make(), StandardScaler()).fit_transform(X)).all()
    with pytest.raises(ValueError, match="on_error"):
        clone(m).set_params(on_error="drop").fit(X)


# ---- processes

table = SPUTTERING + (Variable("supply", choices=("dc", "hipims")),)


@quick
@given(st.integers(1, 40), st.integers(0, 2**32 - 1))
def test_design_goes_there_and_back(n, seed):
    d = design(n, table, random_state=seed)
    U = Processes(table).fit_transform(d)
    assert len(d) == n
    assert U.notna().all(axis=None)
    assert (U >= 0).all(axis=None)
    assert (U <= 1).all(axis=None)
    back = Processes(table).inverse_transform(U)
    assert np.allclose(back.iloc[:, :-1].astype(float), d.iloc[:, :-1].astype(float))
    assert (back.supply == d.supply).all()


def test_ends_of_the_ranges():
    for end, u in (("low", 0), ("high", 1)):
        X = pd.DataFrame([{v.name: getattr(v, end) for v in SPUTTERING}])
        assert (Processes().fit_transform(X) == u).all(axis=None)
        assert np.allclose(Processes().inverse_transform(np.full((1, len(SPUTTERING)), u)), X)
        assert (
            Processes()
            .inverse_transform(np.full((1, len(SPUTTERING)), u))
            .pipe(Processes().transform)
            .notna()
            .all(axis=None)
        )


@quick
@given(
    st.lists(
        st.sampled_from(["good", "nan", "low", "high", "word", "choice", "none"]),
        min_size=1,
        max_size=8,
    )
)
def test_bad_conditions_are_named(kinds):
    X = design(len(kinds), table).astype(object).set_axis([f"film {i}" for i in range(len(kinds))])
    put = dict(
        nan=("Al", np.nan),
        low=("pressure", -1),
        high=("O", 99),
        word=("temperature", "hot"),
        choice=("supply", "rf"),
        none=("ion_energy", None),
    )
    for i, k in enumerate(kinds):
        if k != "good":
            X.loc[f"film {i}", put[k][0]] = put[k][1]
    bad = [f"film {i}" for i, k in enumerate(kinds) if k != "good"]
    kept = Processes(table, on_error="nan").fit_transform(X)
    assert list(kept.index[kept.isna().any(axis=1)]) == bad and kept.loc[bad].isna().all(axis=None)
    if not bad:
        return
    with pytest.raises(BadInput) as e:
        Processes(table).fit_transform(X)
    assert [r[0] for r in e.value.rows] == bad
    assert all(put[kinds[int(r[0].split()[1])]][0] in r[2] for r in e.value.rows)


def test_bad_tables():
    with pytest.raises(ValueError, match="'O'.* are missing"):
        Processes().transform(design(2).drop(columns="O"))
    with pytest.raises(ValueError, match="not ndarray"):
        Processes().transform(np.zeros((2, 6)))
    for bad in (dict(low=1, high=0), dict(low=0, high=np.nan), dict(low=0, high=1, log=True)):
        with pytest.raises(ValueError, match="x: "):
            Variable("x", **bad)
    with pytest.raises(ValueError, match="at least 1"):
        design(0)


# ---- images that would be read as something else

FUNCTIONS = [two_point, lineal_path, chord_length, feret]


@pytest.mark.parametrize("f", FUNCTIONS)
@pytest.mark.parametrize(
    "image",
    [
        np.zeros((64, 48, 3), np.uint8),
        np.zeros((64, 48, 4), bool),
        np.zeros((64, 48, 1), bool),
        np.full((64, 48, 3), 0.5),
        np.zeros((2, 64, 48, 3), bool),
        torch.zeros(64, 48, 3),
    ],
    ids=lambda x: f"{x.dtype} {tuple(x.shape)}",
)
def test_a_colour_image_is_no_stack(f, image):
    "PoreSpy#438: (64, 48, 3) is not 64 images of 48 x 3."
    with pytest.raises(BadInput, match="colour"):
        f(image)
    with pytest.raises(BadInput, match="colour"):
        Microstructures(reach=1).transform(image)


@pytest.mark.parametrize("f", FUNCTIONS)
def test_a_stack_of_narrow_images_can_be_had(f):
    narrow = np.random.default_rng(0).random((20, 9, 3)) < 0.5
    together = f(narrow, stack=True)
    if f is feret:
        assert together.loc[7].equals(feret(narrow[7]))
    else:
        assert np.array_equal(together[7], f(narrow[7]))


@pytest.mark.parametrize("f", FUNCTIONS)
@pytest.mark.parametrize("kind", [np.uint8, np.int64, float])
def test_a_mask_of_0_and_255_is_refused(f, kind):
    "PoreSpy#767: S2(0) would be 19431."
    mask = 255 * good.astype(kind)
    for image in (mask, np.stack([good.astype(kind), mask])):
        with pytest.raises(BadInput) as e:
            f(image)
        if f is not feret or kind is not float:
            assert "image > 0" in str(e.value)
    with pytest.raises(BadInput, match="image > 0"):
        Microstructures(reach=2).transform([mask])


@pytest.mark.parametrize("f", [two_point, lineal_path, chord_length])
@pytest.mark.parametrize(
    "image",
    [np.full((16, 16), 117, np.uint8), np.full((16, 16), 1.5), np.full((16, 16), -0.5), good * 2],
    ids=["grey", "above 1", "below 0", "0 and 2"],
)
def test_numbers_that_are_no_mask_are_refused(f, image):
    with pytest.raises(BadInput):
        f(image)
    assert two_point(image, field=True)[8, 8] == pytest.approx(np.mean(image.astype(float) ** 2))


def test_one_label_in_pieces_is_a_mask():
    pieces = np.zeros((8, 8), int)
    pieces[1, 1] = pieces[5, 5] = 7
    with pytest.raises(BadInput, match="only label is 7: a mask"):
        feret(pieces)
    assert len(feret(pieces > 0)) == 2
    pieces[5, 5] = 9
    assert feret(pieces).index.tolist() == [7, 9]


@pytest.mark.parametrize(
    "image",
    [
        np.random.default_rng(0).integers(0, 256, (64, 48)).astype(np.uint8),
        np.random.default_rng(0).integers(1, 3, (64, 48)),
        np.kron(np.random.default_rng(0).integers(0, 9, (30, 30)), np.ones((2, 2), int)),
    ],
    ids=["a grey image", "two phases", "nine phases"],
)
def test_labels_that_lie_scattered_are_no_particles(image):
    with pytest.raises(BadInput, match="its labels lie scattered"):
        feret(image)
    grains = np.arange(36).repeat(4).reshape(6, 6, 4).repeat(4, axis=0).reshape(24, 24)
    assert len(feret(grains)) == 35  # label 0 is no grain


@pytest.mark.parametrize("f", [ruler, scattering, lambda images: nearest(images, images)])
def test_one_grey_image_is_no_stack(f):
    images = np.random.default_rng(0).integers(0, 256, (3, 64, 48))
    f(images)
    with pytest.raises(BadInput, match=r"has 2 dimensions, not 3; one image\? give images\[None\]"):
        f(images[0])


@pytest.mark.parametrize("f", [phases, ruler, scattering])
@pytest.mark.parametrize(
    "images, message",
    [
        (np.random.default_rng(0).random((3, 64, 48)), "give 255 \\* images"),
        (np.random.default_rng(0).random((3, 64, 48)) < 0.5, "booleans are no grey values"),
        (np.zeros((3, 64, 48, 3), np.uint8), "3 colour channels"),
        (np.full((3, 64, 48), np.nan), "grey values outside 0 to 255"),
    ],
    ids=["0 to 1", "booleans", "colour", "nan"],
)
def test_what_are_no_grey_values(f, images, message):
    with pytest.raises(BadInput, match=message):
        f(images)


# ---- containers, and numbers of a process


def test_containers_of_images():
    m, images = Microstructures(reach=4), [good, ~good]
    expected = m.transform(images)
    column = pd.Series(images, ["a", "b"])
    for X in (
        np.stack(images),
        tuple(images),
        iter(images),
        torch.tensor(np.stack(images)).int(),
        [im.astype(int).tolist() for im in images],
    ):
        assert np.array_equal(m.transform(X), expected)
    for X in (column, column.to_frame("image")):
        assert list(m.transform(X).index) == ["a", "b"] and np.array_equal(m.transform(X), expected)
    assert m.transform([]).shape == (0, expected.shape[1])


def test_inverse_reads_columns_by_name():
    conditions = design(4, table)
    U = Processes(table).transform(conditions)
    assert (
        Processes(table)
        .inverse_transform(U[U.columns[::-1]])
        .equals(Processes(table).inverse_transform(U))
    )
    with pytest.raises(ValueError, match=r"shape \(4, 3\)"):
        Processes(table).inverse_transform(U.to_numpy()[:, :3])


@pytest.mark.parametrize("n", [0, -1, 2.5, np.nan, "3", None, True])
def test_a_number_of_points_is_checked(n):
    with pytest.raises(ValueError, match="n="):
        design(n)
