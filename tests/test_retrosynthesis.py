"""Retrosynthesis: the stock, the sampler against enumeration, input of all kinds."""

import math
import numpy as np
import pandas as pd
import pytest
from mdp.core.errors import BadInput
from mdp.generate.retrosynthesis import (
    Retrosynthesis,
    Stock,
    sibling_key,
    stock_table,
)
from mdp.data.reactions import kept_out, product_keys, read_reactions
from test_reaction import needs_mirror

GIVES = {
    ("CCBr", "N"): {"CCN": 0.9, "CCO": 0.05},
    ("CCCl", "N"): {"CCN": 0.6},
    ("CCI", "N"): {"CCN": 0.3, "CCNCC": 0.5},
    ("CC=O", "N"): {"CCN": 0.2},
    ("CCCl", "CCN"): {"CCNCC": 0.8},
}
ASKS = {"CCN": {"CCBr.N": 0.6, "CCCl.N": 0.2}, "CCNCC": {"CCCl.CCN": 0.7, "CCI.CCN": 0.1}}


class Forward:
    "A table of reactions; it notes what it was asked."

    def __init__(self):
        self.asked = []

    def predict(self, reactants, top=10):
        column = pd.Series(reactants)
        self.asked += list(column)
        lines = []
        for row, flask in column.items():
            answers = GIVES.get(tuple(sorted(flask.split("."))), {})
            best = sorted(answers.items(), key=lambda item: -item[1])
            lines += [(row, rank, *answer) for rank, answer in enumerate(best, 1)]
        return pd.DataFrame(lines, columns=["row", "rank", "smiles", "probability"])


class Inverse:
    def predict(self, products, top=10):
        lines = []
        for row, product in pd.Series(products).items():
            answers = ASKS.get(product, {})
            lines += [(row, rank, *answer) for rank, answer in enumerate(answers.items(), 1)]
        return pd.DataFrame(lines, columns=["row", "rank", "smiles", "probability"])


COMPOUNDS = ["CCBr", "CCCl", "CCI", "CC=O", "N"]
COUNTS = [2, 4, 6, 8, 10]


def planner(stock=None, forward=None, **settings):
    stock = Stock(COMPOUNDS, COUNTS, sizes={2: 1.0}) if stock is None else stock
    settings = {"inverse": Inverse(), "particles": 60, "explore": 0.2} | settings
    return Retrosynthesis(stock, forward or Forward(), **settings)


def test_particles_agree_with_the_posterior_by_hand():
    weights = {"CCBr.N": 2 * 0.9, "CCCl.N": 4 * 0.6, "CCI.N": 6 * 0.3, "CC=O.N": 8 * 0.2}
    wanted = pd.Series(weights) / sum(weights.values())
    for inverse in (Inverse(), None):
        *_, last = planner(inverse=inverse, particles=2000).run("CCN", calls=15)
        table = last.table().set_index("reactants")
        assert np.allclose(table.probability.reindex(wanted.index), wanted)
        assert (table.weight.reindex(wanted.index) - wanted).abs().max() < 0.04
        # p(Y): sum over sets of likelihood times 2 f f
        assert abs(last.log_z - math.log(2 * 10 * sum(weights.values()) / 30**2)) < 0.15


def test_a_power_below_one_stays_nearer_to_the_inverse_model():
    half = planner(explore=0.0, swap=0.0, power=0.5).predict("CCN")
    expected = np.sqrt(np.array([0.75 * 2 * 0.9, 0.25 * 4 * 0.6]))
    assert half.reactants.tolist() == ["CCBr.N", "CCCl.N"]
    assert np.allclose(half.probability, expected / expected.sum())


def test_a_sibling_stands_in_for_what_is_not_sold():
    only_iodide = Stock(["CCI", "N"], sizes={2: 1.0})
    found = planner(only_iodide).predict("CCN")
    assert found.reactants[0] == "CCI.N" and not found.round_trip[0]
    none = planner(only_iodide, swap=0.0).predict("CCN")
    assert len(none) == 0 and "CCBr" in none.attrs["without"][0]


def test_two_reactions():
    routes = planner(made=0.1, explore=0.0).predict("CCNCC", reactions=2)
    assert routes.route[0].endswith("then CCCl.CCN>>CCNCC")
    by_hand = {
        "CCBr.CCCl.N": 2 * 4 * 0.9 * 0.8,
        "CCCl.CCCl.N": 4 * 4 * 0.6 * 0.8,
    }
    wanted = pd.Series(by_hand) / sum(by_hand.values())
    found = routes.set_index("reactants").probability
    assert np.allclose(found.reindex(wanted.index), wanted)
    first = 2 * (2 / 30) * (10 / 30)
    second = 2 * (4 / 30) * 0.1
    prior = routes.set_index("reactants").log_prior["CCBr.CCCl.N"]
    assert math.isclose(prior, math.log(first * second))


def test_budget_seed_and_best_so_far():
    forward = Forward()
    run = planner(forward=forward).run("CCN", calls=3)
    first = next(run)
    assert first.t == 0 and len(first.table())
    *_, last = run
    assert len(forward.asked) == len(set(forward.asked)) == last.calls <= 3
    same = [planner(random_state=4).predict(["CCN", "CCNCC"], reactions=2) for _ in range(2)]
    pd.testing.assert_frame_equal(*same)
    # the answer to a target does not depend on the others
    alone = planner(random_state=4).predict("CCNCC", reactions=2)
    later = same[0][same[0]["row"] == 1].drop(columns="row").reset_index(drop=True)
    pd.testing.assert_frame_equal(later, alone.drop(columns="row"))


def test_an_interrupt_leaves_the_best_so_far():
    class Impatient(Forward):
        def predict(self, reactants, top=10):
            if len(self.asked) > 0:
                raise KeyboardInterrupt
            return super().predict(reactants, top)

    found = planner(forward=Impatient(), particles=2).predict(["CCN", "CCNCC"])
    assert found["row"].unique().tolist() == [0]
    assert found.attrs["without"] == {1: "interrupted"}


@pytest.mark.parametrize(
    "make", [list, tuple, pd.Series, np.array, lambda x: pd.DataFrame({"smiles": x})]
)
def test_containers(make):
    assert len(Stock(make(COMPOUNDS))) == 5
    found = planner().predict(make(["CCN", "CCNCC"]))
    assert set(found["row"]) == {0}  # the second needs two reactions
    assert "CCN" in found.attrs["without"][1]


def test_labels_and_duplicates():
    targets = pd.Series(["CCN", "NCC", "CCN"], index=["a", "b", "a"])
    found = planner().predict(targets, top=1)
    assert found["row"].tolist() == ["a", "b", "a"]
    assert len(set(found.reactants)) == 1


def test_bad_targets_are_all_named():
    bad = pd.Series(["C1CC", "C.C", "C[O-]", "C" * 101, None, "CCN"], index=list("abcdef"))
    with pytest.raises(BadInput) as error:
        planner().predict(bad)
    assert [label for label, *_ in error.value.rows] == list("abcde")
    for target in ("C1CC", "C.C", "C[O-]", "C" * 101, ""):
        with pytest.raises(BadInput):
            planner().run(target)
    with pytest.raises(TypeError):
        planner().run(["CCN"])
    with pytest.raises(TypeError):
        planner().predict(3.5)


def test_targets_without_a_route():
    with pytest.raises(ValueError, match="proposes nothing"):
        planner().run("CCCCC")
    sold = planner().predict("CCBr")
    assert len(sold) == 0 and "sells" in sold.attrs["without"][0]
    fruitless = planner(Stock(["CC=O", "CCI"], sizes={2: 1.0}), inverse=None).predict("CCN")
    assert len(fruitless) == 0 and "asked about" in fruitless.attrs["without"][0]
    empty = planner().predict([])
    assert len(empty) == 0 and "probability" in empty


def test_a_set_without_a_reaction_and_one_that_is_not_sold():
    exact = planner().enumerate("CCN", ["N.CCBr", "CC=O.CCI", "C.N"])
    assert exact.probability.tolist() == [1.0, 0.0]
    assert exact.log_likelihood.tolist() == [math.log(0.9), -math.inf]
    assert list(exact.attrs["without"]) == ["C.N"]
    with pytest.raises(BadInput, match="1 of 2"):
        planner().enumerate("CCN", ["N.CCBr", "C1CC"])


def test_bad_stocks():
    with pytest.raises(ValueError, match="empty stock"):
        Stock([])
    with pytest.raises(TypeError):
        Stock("CCO")
    with pytest.raises(BadInput, match="2 of 4"):
        Stock(["CCO", "CCN.Cl", "C1CC", "N"])
    with pytest.raises(BadInput, match="1 of 2"):
        Stock(["CCO", "N"], [1, 0])
    with pytest.raises(ValueError, match="2 compounds, 1 counts"):
        Stock(["CCO", "N"], [1])
    with pytest.raises(ValueError, match="sizes"):
        Stock(["CCO"], sizes={1: 0.5})


def test_equal_compounds_of_a_stock_are_one():
    assert Stock(["OCC", "CCO"]).counts == {"CCO": 1.0}
    assert Stock(["OCC", "CCO"], [2, 3]).counts == {"CCO": 5.0}


def test_a_compound_that_is_not_listed_may_be_novel():
    stock = Stock(["CCBr", "N"], [3, 7], sizes={2: 1.0}, novel=0.5)
    assert math.isclose(stock.log_prior(("CCCl", "N")), math.log(2 * 0.05 * 0.7))
    assert "CCCl" not in stock and stock.sold("CCCl")
    assert planner(stock).predict("CCN").reactants.tolist()[:2] == ["CCBr.N", "CCCl.N"]


def test_siblings_are_symmetric():
    halides = ["Brc1ccncc1", "Clc1ccncc1", "OB(O)c1ccncc1", "CC1(C)OB(c2ccncc2)OC1(C)C"]
    stock = Stock([*halides, "c1ccccc1"])
    for one in halides:
        assert sorted(stock.siblings(one)) == sorted(set(stock.counts) - {one, "c1ccccc1"})
    assert len({sibling_key(one) for one in halides}) == 1


def test_shipped_stock_holds_what_reactions_use():
    shipped = Stock.open()
    assert min(shipped.counts.values()) == 2
    few = stock_table(read_reactions().take(range(1000)), least=2)
    known = few[few.smiles.isin(shipped.counts)]
    assert len(known) > 0.9 * len(few)  # the others are kept apart as products of a test
    assert (known.smiles.map(shipped.counts) >= known["count"]).all()


def test_what_is_kept_apart_is_left_out_of_a_stock():
    some = read_reactions().take(range(30))
    whole = stock_table(some)
    one = whole.smiles[0]
    less = stock_table(some, set(product_keys(one)))
    assert one not in set(less.smiles) and len(less) < len(whole)


@needs_mirror
def test_shipped_stock_holds_no_target():
    held = kept_out()
    compounds = list(Stock.open().counts)
    rng = np.random.default_rng(0)
    for smiles in rng.choice(compounds, 500, replace=False):
        assert not set(product_keys(smiles)) & held
