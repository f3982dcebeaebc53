"""The heat map where a notebook cannot go: rows that cannot be drawn are named.

The order is that of scipy for any numbers.
"""

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings, strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import spearmanr
from mdp.core.errors import BadInput
from mdp.core.plotting import _arrange, heatmap

quick = settings(max_examples=60, deadline=None)
index = [f"m{i}" for i in range(20)]
X = pd.DataFrame(
    np.random.default_rng(0).normal(size=(20, 5)),
    index,
    [f"{f}:x{i}" for i, f in enumerate("aabbc")],
)
y = pd.Series(np.arange(20.0), index, name="hardness / GPa")


@quick
@given(
    arrays(float, (8, 4), elements=st.integers(-3, 3)),
    arrays(float, 8, elements=st.integers(-3, 3)),
    st.sampled_from(["correlation", "cluster"]),
)
def test_order(values, target, by):
    table, t = pd.DataFrame(values, columns=list("abcd")), pd.Series(target)
    varies = [c for c in table if table[c].nunique() > 1]
    assume(t.nunique() > 1 and varies)
    ranks, ys, rho = _arrange(table, t, by)
    assert (
        sorted(ranks.columns) == varies
        and (np.diff(ys) <= 0).all()
        and ys.equals(t[ys.index])
        and ranks.index.equals(ys.index)
    )
    assert np.allclose(rho, [spearmanr(table[c], t).statistic for c in rho.index])
    assert by == "cluster" or (np.diff(rho) <= 1e-9).all()


@quick
@given(
    st.sets(st.tuples(st.integers(0, 19), st.integers(0, 5)), min_size=1),
    st.sampled_from([np.nan, np.inf, -np.inf]),
)
def test_bad_cells_are_named(cells, value):
    table, target = X.copy(), y.copy()
    for i, j in cells:
        if j < 5:
            table.iloc[i, j] = value
        else:
            target.iloc[i] = value
    with pytest.raises(BadInput) as e:
        heatmap(table, target)
    rows = sorted({i for i, _ in cells})
    assert [r[0] for r in e.value.rows] == [index[i] for i in rows]
    for i, (_, _, why) in zip(rows, e.value.rows):
        assert ("the property is" in why) == ((i, 5) in cells) and (
            "descriptors are not finite" in why
        ) == any((i, j) in cells for j in range(5))


def test_property_finds_its_row():
    a, b = _arrange(X, y.sample(frac=1, random_state=0)), _arrange(X, y)
    assert a[0].equals(b[0]) and a[1].equals(b[1])
    with pytest.raises(BadInput, match="'m3'.*the property is nan"):
        _arrange(X, y.drop("m3"))
    with pytest.raises(ValueError, match="repeated names"):
        _arrange(X.set_axis(["m"] * 20), y)
    assert list(_arrange(X, y.to_numpy())[1]) == list(b[1])


def test_nothing_to_order():
    for table, target, why in (
        (X[:2], y[:2], "at least 3"),
        (X * 0, y, "every descriptor is constant"),
        (X, y * 0, "the property is constant"),
        (X.assign(s="Fe"), y, r"not numbers: \['s'\]"),
        (X[[]], y, "every descriptor"),
    ):
        with pytest.raises(ValueError, match=why):
            heatmap(table, target)
    with pytest.raises(ValueError, match="'correlation' or 'cluster'"):
        heatmap(X, y, by="name")


@pytest.mark.parametrize("labels", [0, 1, 3, 50])
def test_every_name_stays_over_the_map(labels):
    wide = pd.DataFrame(np.random.default_rng(1).normal(size=(20, 60)), index).add_prefix("x")
    ax, trace = heatmap(wide, y, labels=labels)
    texts = [t for t in ax.texts]
    at = np.array([t.get_position()[0] for t in texts])
    assert (
        len(texts) == min(labels, 60) and ((at >= 0) & (at <= 1)).all() and (np.diff(at) > 0).all()
    )
    rho = _arrange(wide, y)[2]
    assert [t.get_text() for t in texts] == [
        c for c in rho.index if c in {t.get_text() for t in texts}
    ] and trace.get_xlabel() == y.name
    plt.close(ax.figure)
