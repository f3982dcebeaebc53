"""Films where a notebook cannot go.

Every corner of the process table, bad rows each named, the same film everywhere, builds killed at
any moment.
"""

import itertools
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from mdp.core.errors import BadInput
from mdp.represent.process import Variable, design
from mdp.simulate.film import FILM, film_set, grow, measure, melting_point, rates, zone

VIEWS = "section", "surface"


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a, b))


quick = settings(max_examples=30)

# ---- every process


def test_corners_of_the_table():
    corners = pd.DataFrame(
        list(itertools.product(*[(v.low, v.high) for v in FILM])), columns=[v.name for v in FILM]
    )
    found = rates(corners)
    assert np.isfinite(found).all(axis=None)
    assert (found >= 0).all(axis=None)
    shares = found[["diffuse", "ions", "etch", "renew", "recrystal", "drift"]]
    assert (shares <= 1).all(axis=None)
    for view in VIEWS:
        f = grow(corners, view, 32)
        assert (
            f.image.shape == f.grains.shape == (64, 32, 32)
            and f.image.dtype == np.uint8
            and np.isfinite(f.height).all()
            and (f.image.std((1, 2)) > 5).all()
        )
    m = measure(grow(corners, size=32))
    assert (
        np.isfinite(m).all(axis=None)
        and m.porosity.between(0, 1).all()
        and set(zone(m)) <= set("1T23")
    )


@quick
@given(st.integers(0, 2**31 - 1), st.sampled_from([32, 48, 65]))
def test_heights_and_grains_agree(seed, size):
    table = design(3, FILM, random_state=seed)
    for h, g in zip(*grow(table, size=size, random_state=seed)[1:]):
        g = g[::-1]
        assert (g[h, np.arange(size)] > 0).all() and (
            np.where(np.arange(size)[:, None] > h, g, 0) == 0
        ).all()
        assert (np.unique(g) == np.arange(g.max() + 1)).all() and h.max() < size
    g = grow(table, "surface", size, seed).grains
    assert all((np.diff(np.unique(k)) == 1).all() and (k == 0).mean() < 0.05 for k in g), (
        "next to nothing of the substrate is seen"
    )


# ---- the same film everywhere


def test_a_seed_fixes_a_film():
    table = design(5, FILM)
    for view in VIEWS:
        whole = grow(table, view, 64, random_state=3)
        np.random.seed(1)
        state = np.random.get_state()[1].copy()
        assert (
            same(whole, grow(table, view, 64, random_state=3))
            and (np.random.get_state()[1] == state).all()
        ), "NumPy's own generator is left alone"
        first = grow(table[:2], view, 64, random_state=3)
        assert same([a[:2] for a in whole], first), "more rows change no film"
        with ThreadPoolExecutor(4) as pool:
            assert all(
                same(whole, f)
                for f in pool.map(lambda _: grow(table, view, 64, random_state=3), range(4))
            )
        assert not same(whole, grow(table, view, 64, random_state=4))
        seeds = [11, 12, 13, 14, 15]
        assert same(
            [a[[4, 0]] for a in grow(table, view, 64, seeds)],
            grow(table.iloc[[4, 0]], view, 64, [15, 11]),
        ), "a film follows its own seed, not its place"
        assert same(
            [a[2] for a in grow(table, view, 64, seeds)], grow(dict(table.loc[2]), view, 64, [13])
        )


def test_another_process_grows_the_same():
    code = (
        "import zlib; from mdp.simulate.film import FILM, grow; from "
        "mdp.represent.process import design; "
        "print(zlib.crc32(b''.join(grow(design(2, FILM), v, 48).image.tobytes() for v "
        "in ('section', 'surface'))))"
    )
    out = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "NUMBA_NUM_THREADS": n},
        ).stdout
        for n in ("1", "2")
    }
    assert len(out) == 1


# ---- what cannot be grown

put = dict(
    nan=("Al", np.nan),
    low=("pressure", 0),
    high=("ion_energy", 1e4),
    cold=("temperature", 20),
    molten=("temperature", 2100),
    word=("O", "some"),
    none=("ionization_degree", None),
    infinite=("pressure", np.inf),
    negative=("O", -1e-9),
)


@quick
@given(st.lists(st.sampled_from(["good", *put]), min_size=1, max_size=8))
def test_bad_rows_are_named(kinds):
    X = design(len(kinds), FILM).astype(object).set_axis([f"film {i}" for i in range(len(kinds))])
    for i, k in enumerate(kinds):
        if k != "good":
            X.loc[f"film {i}", put[k][0]] = put[k][1]
    bad = [i for i, k in enumerate(kinds) if k != "good"]
    if not bad:
        return
    for view in VIEWS:
        with pytest.raises(BadInput) as e:
            grow(X, view, 32)
        assert (
            [r[0] for r in e.value.rows] == [f"film {i}" for i in bad]
            and e.value.of == len(X)
            and all(put[kinds[i]][0] in r[2] for i, r in zip(bad, e.value.rows))
        )


def test_bad_calls():
    good = design(2, FILM)
    with pytest.raises(BadInput, match="temperature = nan"):
        grow({**good.loc[0], "temperature": np.nan})
    with pytest.raises(ValueError, match="'O'.* are missing"):
        grow(good.drop(columns="O"))
    with pytest.raises(ValueError, match="no process"):
        grow(good[:0])
    with pytest.raises(ValueError, match="'section' or 'surface'"):
        grow(good, "side")
    with pytest.raises(ValueError, match="at least 32"):
        grow(good, size=16)
    with pytest.raises(ValueError, match="3 seeds for 2 rows"):
        grow(good, size=32, random_state=[1, 2, 3])
    with pytest.raises(ValueError, match="measure sections"):
        measure(grow(good, "surface", 32))
    assert same(grow(good.astype(str), size=32), grow(good, size=32)), (
        "numbers written as words are numbers"
    )


@pytest.mark.parametrize(
    "wrong", [dict(size=32.5), dict(size=np.nan), dict(size="64"), dict(size=None)], ids=str
)
def test_sizes_are_checked(wrong):
    with pytest.raises(ValueError, match="size="):
        grow(design(1, FILM), **wrong)


def test_seeds_follow_the_labels_of_their_films():
    films = design(3, FILM).set_axis(["a", "b", "c"])
    seeds = pd.Series([3, 1, 2], ["c", "a", "b"])
    assert same(
        grow(films, size=32, random_state=seeds), grow(films, size=32, random_state=[1, 2, 3])
    )
    with pytest.raises(ValueError, match="random_state lacks 'c'; only random_state has 'd'"):
        grow(films, size=32, random_state=seeds.rename({"c": "d"}))


@pytest.mark.parametrize("Al", [-1, 101, np.nan, [0, 200]], ids=str)
def test_melting_point_of_no_alloy(Al):
    with pytest.raises(ValueError, match="at.%"):
        melting_point(Al)


# ---- a data set

HOW = dict(size=32, shard=4)


def test_two_workers_make_the_same_set(tmp_path):
    (one, a), (two, b) = (
        film_set(tmp_path / "one", 10, workers=1, **HOW),
        film_set(tmp_path / "two", 10, workers=2, **HOW),
    )
    assert one.equals(two) and (a == b).all() and a.shape == (10, 32, 32)
    fewer, c = film_set(tmp_path / "one", 6, workers=1, **HOW)
    assert fewer.equals(one[:6]) and (c == a[:6]).all()
    top, d = film_set(tmp_path / "top", 3, view="surface", workers=1, **HOW)
    assert "porosity" not in top and (d == grow(top, "surface", 32, list(top.seed)).image).all()


def test_kills_lose_nothing(tmp_path):
    whole, images = film_set(tmp_path / "whole", 24, workers=1, **HOW)
    there, kills = tmp_path / "killed", 0
    there.mkdir()
    rng = np.random.default_rng(0)
    while kills < 10:
        before = {p.name: p.read_bytes() for p in there.glob("*.csv")}
        child = os.fork()
        if child == 0:
            try:
                film_set(there, 24, workers=1, **HOW)
            finally:
                os._exit(0)  # never back into pytest
        time.sleep(rng.uniform(0.01, 0.12))
        os.kill(child, signal.SIGKILL)
        killed = os.waitpid(child, 0)[1] == signal.SIGKILL
        after = {p.name: p.read_bytes() for p in there.glob("*.csv")}
        assert all(after.get(n) == b for n, b in before.items()), "a shard was lost"
        kills += killed
        if not killed:
            [
                q.unlink()
                for p in sorted(there.glob("0*.csv"))[::2]
                for q in (p, p.with_suffix(".npy"))
            ]  # done: take some shards away and go on
    again, others = film_set(there, 24, workers=1, **HOW)
    assert again.equals(whole) and (others == images).all()


def test_a_set_begun_otherwise(tmp_path, monkeypatch):
    film_set(tmp_path, 3, workers=1, **HOW)
    narrow = tuple(
        Variable(v.name, v.unit, v.low, v.high / 2 if v.name == "O" else v.high, v.log)
        for v in FILM
    )
    for wrong in (
        dict(size=33),
        dict(random_state=1),
        dict(shard=5),
        dict(view="surface"),
        dict(variables=narrow),
    ):
        setting = next(iter(wrong))
        with pytest.raises(ValueError, match="begun otherwise.*" + setting):
            film_set(tmp_path, 3, workers=1, **{**HOW, **wrong})
    monkeypatch.setattr("mdp.simulate.film._version", lambda: 0)
    with pytest.raises(ValueError, match="begun otherwise: model"):
        film_set(tmp_path, 3, workers=1, **HOW)


def test_ranges_wider_than_the_model(tmp_path):
    wide = tuple(Variable(v.name, v.unit, v.low, 2 * v.high, v.log) for v in FILM)
    with pytest.raises(BadInput):
        film_set(tmp_path, 8, variables=wide, workers=1, **HOW)
    assert not list(tmp_path.glob("*.csv")) and not list(tmp_path.glob("*.npy"))
