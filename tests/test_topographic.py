"""Topographic maps and layouts: input that cannot be used, and what must hold for any table."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies
from mdp.cases.periodic_table import columns_kept, element_features, neighbour_share
from mdp.core.errors import BadInput
from mdp.learn.topographic import (
    TopographicMap,
    adjacent,
    conical_spiral,
    cube,
    cylinder,
    exchange,
    first_layout,
    fit_kernel,
    lay_out,
    layout_log_likelihood,
    one_to_one,
    square,
)

RNG = np.random.default_rng(0)
TABLE = pd.DataFrame(RNG.normal(size=(6, 4)), list("uvwxyz"), ["a", "b", "c", "d"])
QUICK = dict(restarts=1, sweeps=3)


@pytest.mark.parametrize("table", [TABLE[:0], TABLE[[]], np.empty((0, 3))])
def test_an_empty_table_is_one_clear_error(table):
    with pytest.raises(ValueError, match="two or more rows and one or more features"):
        lay_out(table, square(3, 3), **QUICK)


@pytest.mark.parametrize(
    "table, words",
    [
        ([1.0, 2.0, 3.0], r"has 1 dimension\(s\); give a table"),
        (pd.Series([1.0, 2.0]), r"has 1 dimension\(s\)"),
        (3.0, r"has 0 dimension\(s\)"),
        (np.zeros((2, 2, 2)), r"has 3 dimension\(s\)"),
        ([[1.0], [2.0, 3.0]], "rows differ in length"),
    ],
)
def test_what_is_no_table_is_one_clear_error(table, words):
    fitted = TopographicMap(square(3, 3), steps=2).fit(TABLE)
    for function in (TopographicMap(square(3, 3)).fit, fitted.transform):
        with pytest.raises(BadInput, match=words):
            function(table)
    with pytest.raises(BadInput, match=words):
        lay_out(table, square(3, 3), **QUICK)


def test_one_row_is_one_clear_error():
    with pytest.raises(ValueError, match=r"1 row\(s\) and 4 feature"):
        lay_out(TABLE[:1], square(3, 3), **QUICK)


def test_a_column_without_numbers_is_named():
    with pytest.raises(ValueError, match="hold no number: c; leave them out"):
        lay_out(TABLE.assign(c=np.nan), square(3, 3), **QUICK)


def test_every_row_that_lacks_a_number_is_named():
    table = TABLE.copy()
    table.loc["v", "a"] = np.nan
    table.loc["y", ["b", "d"]] = np.inf
    with pytest.raises(BadInput) as caught:
        TopographicMap(square(3, 3)).fit(table)
    assert [(label, lacking) for label, lacking, _ in caught.value.rows] == [
        ("v", "a"),
        ("y", "b, d"),
    ]


def test_a_constant_column_is_named():
    with pytest.raises(ValueError, match="are constant: d"):
        first_layout(TABLE.assign(d=2.0), square(3, 3))


@pytest.mark.parametrize("function", [first_layout, lambda X, nodes: lay_out(X, nodes, **QUICK)])
def test_more_rows_than_nodes_is_one_clear_error(function):
    with pytest.raises(ValueError, match="6 rows and 4 nodes"):
        function(TABLE, square(2, 2))


def test_elements_that_are_unknown_or_repeated_are_all_named():
    with pytest.raises(BadInput) as caught:
        element_features(pd.Series(["H", "Xx", "H", 3], ["a", "b", "c", "d"]))
    assert [label for label, *_ in caught.value.rows] == ["b", "c", "d"]


@pytest.mark.parametrize("symbols", [[], ["H"]])
def test_fewer_than_two_elements_is_one_clear_error(symbols):
    with pytest.raises(ValueError, match="two or more"):
        element_features(symbols)


def test_unknown_and_constant_features_are_named():
    with pytest.raises(ValueError, match="no columns .*: colour"):
        element_features(["H", "He"], ["period", "colour"])
    with pytest.raises(ValueError, match="the same for all these elements: period"):
        element_features(["H", "He"], ["period", "atomic_weight"])


@given(strategies.integers(0, 10**6))
def test_a_layout_is_one_to_one_and_its_likelihood_is_its_own(seed):
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(5, 3))
    nodes = square(3, 3)
    layout = exchange(table, nodes, first_layout(table, nodes, seed), [4.0, 2.0], seed)
    assert len(set(layout.node_of_row)) == 5
    centred = table - table.mean(axis=0)
    anew = layout_log_likelihood(centred, nodes[layout.node_of_row], layout.kernel)
    assert np.isclose(anew, layout.log_likelihood)


def test_the_same_seed_gives_the_same_layout():
    one, two = (lay_out(TABLE, square(3, 3), random_state=5, **QUICK) for _ in range(2))
    assert np.array_equal(one.node_of_row, two.node_of_row)


def test_the_likelihood_does_not_change_when_the_grid_is_turned_or_mirrored():
    nodes = square(3, 3)
    values = (TABLE - TABLE.mean()).to_numpy()
    stand = np.array([0, 4, 8, 2, 6, 1])
    _, log_likelihood = fit_kernel(values, nodes[stand])
    _, mirrored = fit_kernel(values, nodes[stand][:, ::-1] * [1, -1])
    assert np.isclose(log_likelihood, mirrored)


def test_exchanges_sort_a_line():
    values = np.array([[2.0], [0.0], [3.0], [1.0], [4.0]])
    layout = lay_out(values, square(1, 5), restarts=2, sweeps=30)
    steps = np.diff(values[np.argsort(layout.node_of_row), 0])
    assert (np.abs(steps) == 1).all()


@pytest.mark.parametrize("nodes", [square(4, 5), cylinder(7, 3), conical_spiral(40), cube(3)])
def test_nodes_of_a_grid_are_about_one_apart(nodes):
    apart = np.linalg.norm(nodes[:, None] - nodes, axis=2)
    nearest = (apart + 99 * np.eye(len(nodes))).min(axis=1)
    assert (nearest > 0.85).all() and (nearest < 1.01).all()
    assert (adjacent(nodes) == adjacent(nodes).T).all()


def test_assignment_uses_no_node_twice():
    images = RNG.normal(size=(9, 4))
    assert len(set(one_to_one(TABLE.to_numpy(), images))) == 6


def test_scores_of_a_column_of_alkali_metals_by_hand():
    column = square(4, 1)
    assert neighbour_share(column, [3, 11, 19, 37]) == 1
    assert columns_kept(column, [3, 11, 19, 37]) == [1]
    # Li and K change places: only Na-K and Li-Rb, Na-Li are adjacent; Na-K and Na-Li are neighbours
    assert neighbour_share(column, [19, 11, 3, 37]) == pytest.approx(2 / 3)
    assert columns_kept(column, [19, 11, 3, 37]) == []
