"""The loop where a notebook cannot go.

Killed at any moment, damaged states, calculators that misbehave, rubbish.
"""

import functools
import json
import os
import signal
import subprocess
import sys
import time
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from rdkit import Chem
from rdkit.Chem import Crippen, Descriptors
from sklearn.base import clone
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import BayesianRidge
from threadpoolctl import threadpool_limits
from mdp.core.errors import BadInput
from mdp.generate.iqspr import IQSPR
from mdp.generate.language import ChemicalLanguage
from mdp.generate.moves import BRICSMoves, GraphMoves
from mdp.generate.rules import rules
from mdp.generate.spacier import (
    Spacier,
    between,
    farthest,
    hypervolume_gain,
    largest_gain,
    log_hit,
    most_probable,
    outside,
)

FINAL = dict(logp=(-2.0, -1.0), tpsa=(9.0, 11.0))
START = [
    "CCc1ccccc1",
    "Cc1ccccc1C",
    "CCCCCC",
    "CCCCO",
    "COc1ccccc1",
    "CCOCC",
    "CCCCC=O",
    "Cc1cccnc1",
    "CCCN",
]


def oracle(smiles):
    return pd.DataFrame(
        [[Crippen.MolLogP(m), Descriptors.TPSA(m) / 10] for m in map(Chem.MolFromSmiles, smiles)],
        list(smiles),
        ["logp", "tpsa"],
    )


def loop(calculator=oracle, **kw):
    usual = dict(
        final=FINAL,
        proposal=GraphMoves(),
        rule=rules(max_atoms=16, max_sa=None),
        batch=3,
        steps=3,
        particles=12,
        betas=(0.3, 1.0),
        calculator_name="oracle",
    )
    return Spacier(calculator, **{**usual, **kw})


def run(one):
    for _ in one.run():
        pass
    return one


SCRIPT = """
import sys, time; sys.path.insert(0, {tests!r})
import test_spacier as t
def slow(smiles): time.sleep(.3); return t.oracle(smiles)
t.run(t.loop(slow, steps=6, path={path!r}).fit(t.oracle(t.START)))
"""


def test_killed_at_any_moment_it_makes_the_same_run(tmp_path):
    whole = run(loop(steps=6, path=tmp_path / "whole.json").fit(oracle(START)))
    path = tmp_path / "killed.json"
    for _ in range(2):
        p = subprocess.Popen(
            [sys.executable, "-c", SCRIPT.format(tests=os.path.dirname(__file__), path=str(path))],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        before = len(json.loads(path.read_text())["rounds"]) if path.exists() else 0
        while (
            p.poll() is None
            and (len(json.loads(path.read_text())["rounds"]) if path.exists() else 0) <= before
        ):
            time.sleep(0.02)
        p.send_signal(signal.SIGKILL)
        p.wait()
    assert 0 < len(json.loads(path.read_text())["rounds"]) < 6, "killed in the middle"
    run(loop(steps=6, path=path).fit(oracle(START)))
    assert path.read_bytes() == (tmp_path / "whole.json").read_bytes() and len(whole.rounds_) == 6


@pytest.mark.parametrize(
    "settings",
    [
        {},
        dict(pick="EHVI", alpha="adaptive"),
        dict(estimator=RandomForestRegressor(20, random_state=0)),
    ],
    ids=["ridge", "hypervolume", "forest"],
)
def test_the_number_of_threads_changes_nothing(tmp_path, settings):
    for threads in (1, 2, 4):
        with threadpool_limits(threads):
            run(loop(path=tmp_path / f"{threads}.json", **settings).fit(oracle(START)))
    states = {(tmp_path / f"{threads}.json").read_bytes() for threads in (1, 2, 4)}
    assert len(states) == 1


def test_another_calculator_or_rule_is_refused(tmp_path):
    path = tmp_path / "a.json"
    run(loop(steps=1, path=path).fit(oracle(START)))
    with pytest.raises(
        ValueError, match=r"another calculator \('oracle' then, 'test_spacier.oracle' now\)"
    ):
        loop(steps=1, path=path, calculator_name=None).fit(oracle(START))
    for rule in (None, rules(max_atoms=17, max_sa=None)):
        with pytest.raises(ValueError, match="another rule"):
            loop(steps=1, path=path, rule=rule).fit(oracle(START))
    same = loop(steps=1, path=path, rule=rules(max_atoms=16, max_sa=None)).fit(oracle(START))
    assert len(same.rounds_) == 1
    state = json.loads(path.read_text())
    del state["settings"]["calculator"]  # as a state that was written before names were kept
    path.write_text(json.dumps(state))
    with pytest.raises(ValueError, match="another calculator"):
        loop(steps=1, path=path).fit(oracle(START))


@pytest.mark.parametrize("make", [ChemicalLanguage(order=1, tries=10), BRICSMoves(tries=20)])
def test_another_training_of_the_proposal_is_refused(tmp_path, make):
    rows = [*START, "CCOc1ccccc1", "CCCCOc1ccncc1", "CC(=O)NCCc1ccccc1", "CCN(C)C(=O)CC"]
    path = tmp_path / "a.json"

    def started(fitted_to):
        proposal = clone(make).fit(fitted_to)
        return loop(steps=1, path=path, proposal=proposal, rule=None).fit(oracle(rows))

    assert len(run(started(rows)).rounds_) == 1
    assert len(started(rows).rounds_) == 1, "the same training is the same proposal"
    with pytest.raises(ValueError, match="another proposal"):
        started(rows[2:])


class Calculator:
    "A callable object without a `repr` of its own."

    def __call__(self, smiles):
        return oracle(smiles)

    def method(self, smiles):
        return oracle(smiles)


@pytest.mark.parametrize(
    "nameless",
    [lambda smiles: oracle(smiles), functools.partial(oracle), Calculator(), Calculator().method],
    ids=["lambda", "partial", "object", "method"],
)
def test_what_has_no_lasting_name_is_given_one(tmp_path, nameless):
    with pytest.raises(ValueError, match="calculator_name"):
        loop(nameless, path=tmp_path / "a.json", calculator_name=None).fit(oracle(START))
    with pytest.raises(ValueError, match="rule_name"):
        loop(path=tmp_path / "a.json", rule=nameless).fit(oracle(START))
    loop(nameless, calculator_name=None).fit(oracle(START))  # nothing is stored: no name is needed
    named = loop(nameless, path=tmp_path / "a.json", calculator_name="mine").fit(oracle(START))
    assert named.calculator_name_ == "mine"


def test_a_run_that_is_over_is_read_and_not_made_again(tmp_path):
    first = run(loop(path=tmp_path / "a.json").fit(oracle(START)))

    def never(smiles):
        raise AssertionError("asked again")

    again = run(loop(never, path=tmp_path / "a.json").fit(oracle(START)))
    pd.testing.assert_frame_equal(again.calculated(), first.calculated(), check_exact=True)
    assert again.stopped_ == "the budget is spent"


@pytest.mark.parametrize(
    "text, why", [("{", "damaged"), ("[]", "not the state"), ('{"kind": "other"}', "not the state")]
)
def test_damaged_states_are_refused(tmp_path, text, why):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(ValueError, match=why):
        loop(path=tmp_path / "a.json").fit(oracle(START))


def test_another_start_or_another_setting_is_refused(tmp_path):
    run(loop(steps=1, path=tmp_path / "a.json").fit(oracle(START)))
    with pytest.raises(ValueError, match="another start"):
        loop(steps=1, path=tmp_path / "a.json").fit(oracle(START[:-1]))
    with pytest.raises(ValueError, match="another batch"):
        loop(steps=1, batch=2, path=tmp_path / "a.json").fit(oracle(START))


def test_every_call_is_charged_and_none_is_made_twice():
    asked = []

    def failing(smiles):
        asked.extend(smiles)
        out = oracle(smiles)
        out.iloc[::2] = np.nan
        return out

    one = run(loop(failing, steps=4).fit(oracle(START)))
    assert (
        len(asked) == 12 == one.rounds_[-1].calls
        and len(set(asked)) == 12
        and not set(asked) & set(one.start_.index)
    )
    assert len(one.data()) == len(START) + one.calculated().logp.notna().sum() < len(START) + 12
    assert (one.calculated().reason != "").sum() == one.calculated().logp.isna().sum() > 0


def test_all_calls_fail_and_the_loop_goes_on():
    one = run(loop(lambda s: oracle(s) * np.nan).fit(oracle(START)))
    assert (
        len(one.calculated()) == 9
        and len(one.data()) == len(START)
        and not one.calculated().hit.any()
    )


def test_a_budget_that_is_no_multiple_of_the_batch():
    assert [r.calls for r in loop(budget=7, steps=9).fit(oracle(START)).run()] == [3, 6, 7]


def test_enough_hits_stop_it():
    easy = run(
        loop(final=dict(logp=(0.0, 4.0), tpsa=(0.0, 3.0)), enough=2, steps=20, alpha=1.0).fit(
            oracle(START)
        )
    )
    assert easy.stopped_ == "enough hits" and len(easy.rounds_) < 20


def test_a_calculator_that_breaks_is_heard(tmp_path):
    def broken(smiles):
        raise OSError("no licence")

    with pytest.raises(OSError, match="no licence"):
        run(loop(broken).fit(oracle(START)))
    with pytest.raises(ValueError, match="other rows"):
        run(loop(lambda s: oracle(s)[::-1]).fit(oracle(START)))
    count = []

    def third(smiles):
        count.append(1)
        if len(count) == 3:
            raise OSError("power cut")
        return oracle(smiles)

    with pytest.raises(OSError):
        run(loop(third, path=tmp_path / "a.json").fit(oracle(START)))
    resumed = run(loop(path=tmp_path / "a.json").fit(oracle(START)))
    pd.testing.assert_frame_equal(
        resumed.calculated(), run(loop().fit(oracle(START))).calculated(), check_exact=True
    )


def test_settings_and_data_that_cannot_be():
    nowhere = dict(logp=(-np.inf, np.inf))
    for wrong in (
        dict(final=nowhere),
        dict(final={}),
        dict(alpha=()),
        dict(random_state=None),
        dict(steps=2.5),
        dict(floor=2.0),
        dict(enough=0),
        dict(front=0),
    ):
        with pytest.raises(ValueError):
            loop(**wrong).fit(oracle(START))
    with pytest.raises(ValueError, match="one end at least"):
        between(dict(logp=0.0), nowhere, 0.5)
    for wrong in (
        dict(pick="UCB"),
        dict(alpha="climb"),
        dict(alpha=(0.5, 1.5)),
        dict(batch=0),
        dict(final=dict(logp=(2, 1))),
        dict(pick="EHVI", final=dict(logp=(1, 2))),
    ):
        with pytest.raises(ValueError):
            loop(**wrong).fit(oracle(START))
    with pytest.raises(ValueError, match="five"):
        loop().fit(oracle(START[:4]))
    with pytest.raises(ValueError, match="data: no column 'tpsa'"):
        loop().fit(oracle(START)[["logp"]])
    with pytest.raises(TypeError, match="a DataFrame by SMILES"):
        loop().fit(oracle(START).logp)
    for ends in (5, (1, 2, 3), None, ("1", "2"), "12", (None, 3), (np.nan, 1), (2, 1), (1, 1)):
        with pytest.raises(ValueError, match="region .* of logp"):
            loop(final=dict(logp=ends)).fit(oracle(START))
        with pytest.raises(ValueError, match="region .* of logp"):
            IQSPR(GraphMoves(), dict(logp=BayesianRidge()), dict(logp=ends))
    with pytest.raises(BadInput) as e:
        loop().fit(oracle(START).astype(object).replace({oracle(START).logp.iloc[2]: "n.a."}))
    assert [r[0] for r in e.value.rows] == [2]
    for ask in (Spacier.data, Spacier.calculated, lambda unfitted: next(unfitted.run())):
        with pytest.raises(NotFittedError, match=r"fit\(data\) comes first"):
            ask(loop())
    given = dict(final=nowhere, batch=0)
    one = loop(**given)  # the constructor stores and nothing else
    assert one.final is nowhere and one.batch == 0 and one.budget is None
    bad = pd.concat(
        [oracle(START), pd.DataFrame(dict(logp=[1, np.inf], tpsa=1.0), ["nonsense(", "CCO"])]
    )
    with pytest.raises(BadInput) as e:
        loop().fit(bad)
    assert [r[0] for r in e.value.rows] == [9, 10]
    with pytest.raises(ValueError, match="fit"):
        next(loop().run())


def test_a_model_without_an_error_bar_is_refused():
    with pytest.raises(TypeError, match="no error bar"):
        run(loop(estimator=GradientBoostingRegressor(n_estimators=5)).fit(oracle(START)))


def test_a_start_that_the_rule_refuses():
    with pytest.raises(ValueError, match="refuses"):
        run(loop(rule=lambda m: "never").fit(oracle(START)))


numbers = st.floats(-50, 50)


@settings(max_examples=100, deadline=None)
@given(numbers, numbers, st.floats(0.01, 10), st.floats(0, 1))
def test_the_temporary_region(origin, centre, half, alpha):
    ((low, up),) = between(dict(a=origin), dict(a=(centre - half, centre + half)), alpha).values()
    assert np.isclose(up - low, 2 * half, atol=1e-9) and np.isclose(
        (low + up) / 2, origin + alpha * (centre - origin), atol=1e-9
    )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(numbers, st.floats(0.01, 5)), min_size=2, max_size=8), st.floats(0.01, 0.9)
)
def test_alpha_is_the_largest_on_its_grid(rows, floor):
    mean, sd = np.array(rows).T[..., None]
    origin, final = dict(a=0.0), dict(a=(9.0, 11.0))
    a = farthest(mean, sd, origin, final, floor, 1)
    hit = [
        np.exp(log_hit(mean, sd, between(origin, final, x)).max()) >= floor
        for x in np.arange(21) / 20
    ]
    assert a == (max(np.flatnonzero(hit)) / 20 if any(hit) else 0)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 3), st.floats(0, 3)), max_size=5),
    st.tuples(st.floats(0, 3), st.floats(0, 3)),
    st.floats(0.05, 1),
)
def test_hypervolume_against_monte_carlo(front, mean, sd):
    draws = np.random.default_rng(0).normal(mean, sd, (4000, 2))

    def area(points):
        p = np.array(points).reshape(-1, 2).clip(0)
        p = p[np.argsort(-p[:, 0])]
        return sum(
            (x - p[i + 1 :, 0].max(initial=0)) * p[: i + 1, 1].max() for i, (x, _) in enumerate(p)
        )

    base = area(front)
    added = [area([*front, d]) - base for d in draws[:400]]
    ours = hypervolume_gain([mean], [[sd, sd]], np.array(front).reshape(-1, 2), [0, 0])[0]
    assert abs(ours - np.mean(added)) < 4 * np.std(added) / 20 + 1e-3


def test_batches_are_unlike_and_whole():
    smiles = ["C" * k + "O" for k in range(4, 12)] + ["c1ccsc1", "Nc1ccncc1"]
    mean, sd = np.zeros((10, 1)), np.ones((10, 1))
    picked = most_probable(smiles, mean, sd, dict(a=(-1, 1)), 4)
    assert {8, 9} <= set(picked) and len(set(picked)) == 4
    assert len(most_probable(smiles[:2], mean[:2], sd[:2], dict(a=(-1, 1)), 4)) == 2, (
        "no more than there are"
    )
    assert (
        len(
            set(
                largest_gain(
                    np.random.default_rng(0).random((6, 2)), np.full((6, 2), 0.1), [], [0, 0], 9
                )
            )
        )
        == 6
    )


def test_alpha_counts_from_the_front_of_what_is_known():
    one = run(loop(front=2, alpha=0.5).fit(oracle(START)))
    for done in one.rounds_:
        before = pd.concat(
            [one.start_, *(r.batch[["logp", "tpsa"]] for r in one.rounds_ if r.step < done.step)]
        )
        # by hand: the distance to the box FINAL, the two nearest, half of the way from their mean
        beyond = [
            np.hypot(max(-2 - row.logp, 0, row.logp + 1), max(9 - row.tpsa, 0, row.tpsa - 11))
            for row in before.itertuples()
        ]
        assert np.allclose(beyond, outside(before, FINAL))
        two = before.iloc[np.argsort(beyond, kind="stable")[:2]].mean()
        assert np.allclose(np.mean(done.region["logp"]), (two.logp - 1.5) / 2)
        assert np.allclose(np.mean(done.region["tpsa"]), (two.tpsa + 10) / 2)


def test_a_loop_with_a_front_goes_on_as_it_was(tmp_path):
    settings_ = dict(front=3, alpha=0.5, path=tmp_path / "state.json")
    whole = run(loop(front=3, alpha=0.5).fit(oracle(START)))
    first = loop(**settings_).fit(oracle(START)).run()
    next(first)
    again = run(loop(**settings_).fit(oracle(START)))
    assert again.calculated().equals(whole.calculated())
    with pytest.raises(ValueError, match="front"):
        loop(alpha=0.5, path=tmp_path / "state.json").fit(oracle(START))
