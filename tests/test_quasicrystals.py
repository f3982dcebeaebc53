"""What the case does not show: bad input, random alloys, weights that stand for every crystal."""

import hashlib
import json

import nbformat
import numpy as np
import pandas as pd
import pytest
from mdp.cases import quasicrystals as case
from mdp.console import cases
from mdp.core.errors import BadInput
from mdp.data.fetch import facts
from sklearn.model_selection import StratifiedGroupKFold


@pytest.mark.parametrize(
    "elements, bad",
    [
        (["Al", "Al", "Xx"], [(2, "Xx"), (1, "Al")]),
        (["Al", "Cu"], [(0, ["Al", "Cu"])]),
        ([], [(0, [])]),
    ],
)
def test_triangle_names_every_bad_element(elements, bad):
    with pytest.raises(BadInput) as error:
        case.triangle(elements)
    assert [(row, value) for row, value, _ in error.value.rows] == bad


@pytest.mark.parametrize("container", [list, tuple, np.array, pd.Series, iter])
def test_triangle_takes_any_container(container):
    T = case.triangle(container(["Al", "Cu", "Fe"]), 0.1)
    assert len(T) == 66
    assert np.allclose(T.sum(1), 1)
    assert len(np.unique(T.round(6), axis=0)) == 66


def random_alloys(n):
    "Atomic fractions of alloys of one to five elements, one row each."
    rng = np.random.default_rng(0)
    F = np.zeros((n, 94))
    for row in F:
        row[rng.choice(94, rng.integers(1, 6), replace=False)] = rng.random() + 0.01
    return F / F.sum(1, keepdims=True)


def test_features_of_random_alloys():
    X = case.features(random_alloys(300))
    assert np.isfinite(X.to_numpy()).all()
    assert X.columns.is_unique and X.columns.str.contains(":").all()
    classes = X[[column for column in X if column.startswith("class:")]].sum(axis=1)
    assert np.allclose(classes, 1, atol=1e-5)  # every element is in one class, in no other
    assert (X["size:smallest/largest"] <= 1).all()
    assert (X["mixing:entropy"] <= np.log(X["mixing:elements"]) + 1e-6).all()


def test_distance_is_a_metric_of_exchanged_atoms():
    F = case.fractions(["Al63Cu25Fe12", "Al65Cu20Fe15", "Zn60Mg30Y10"])
    assert np.isclose(case.distance(F[:1], F[1:2])[0], 0.05)
    assert np.isclose(case.distance(F[:1], F[2:])[0], 1)
    assert case.distance(F[:1], F)[0] == 0


def test_candidates_keep_the_base_and_the_step():
    F, system = case.candidates("Al", ["Cu", "Fe", "Ni"], 0.1, 0.4)
    assert set(system) == {"Al-Cu-Fe", "Al-Cu-Ni", "Al-Fe-Ni"}
    assert np.allclose(F.sum(1), 1, atol=1e-6)
    assert F[:, 12].min() >= 0.4 - 1e-6
    assert ((F > 0).sum(1) == 3).all()


class Recorder:
    "An estimator that keeps what it is given."

    def fit(self, X, y, sample_weight):
        self.X = X
        self.y = y
        self.weight = sample_weight
        return self


def test_the_sample_stands_for_every_crystal():
    table = pd.DataFrame(
        dict(
            label=["QC", "AC"] + ["crystal"] * 98,
            system=["a", "b"] + ["a"] * 8 + ["c"] * 90,
            doubtful=[False] * 9 + [True] + [False] * 90,
        )
    )
    recorder = case.fit(Recorder(), np.arange(100.0)[:, None], table, np.arange(100), n=10)
    assert len(recorder.y) == 2 + 7 + 10
    assert np.isclose(recorder.weight.sum(), 99)  # the doubtful row 9 is left out, the rest stand
    assert 9 not in recorder.X


def test_fewer_positives_keeps_every_crystal():
    labels = np.array(["QC"] * 228 + ["AC"] * 137 + ["crystal"] * 1000)
    rows = case.fewer_positives(labels, 0)
    assert pd.Series(labels[rows]).value_counts().to_dict() == {"crystal": 1000, "QC": 80, "AC": 78}
    assert len(np.unique(rows)) == len(rows)
    assert not np.array_equal(rows, case.fewer_positives(labels, 1))


def test_recall_at_a_precision_by_hand():
    truth = np.array([1, 1, 0, 1, 0, 0, 0, 0])
    score = np.arange(8)[::-1]
    assert np.isclose(case.recall_at(truth, score, 0.85), 2 / 3)  # two right, none wrong
    assert np.isclose(case.recall_at(truth, score, 0.75), 1)  # three right, one wrong


def test_by_system_counts_a_system_once():
    table = pd.DataFrame(
        dict(label=["QC", "crystal", "crystal"], system=["a", "a", "b"], doubtful=False)
    )
    P = np.array([[0, 0.9, 0.1], [0, 0.95, 0.05], [0, 0.92, 0.08]])
    assert case.by_system(P, table) == {"QC systems": 1, "AP": 1, "recall at 0.85": 1}


def test_headlines_claim_nothing_beside_the_paper():
    "The paper's test is another one: no headline shows its number, and at most five come first."
    source = "\n".join(
        cell.source
        for cell in nbformat.read(cases()["quasicrystals"], as_version=4).cells
        if cell.cell_type == "code"
    )
    assert "paper=" not in source
    assert 1 <= source.count("top=True") <= 5


def sha256_of_lines(lines):
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def test_the_hard_test_is_the_one_that_was_frozen():
    "Rows, folds and negatives are those written down before any work on the goal."
    frozen = json.loads(facts("quasicrystal_frozen.json").read_text())
    written = pd.read_csv(facts("quasicrystal_frozen.csv"), dtype=str)
    table, F = case.alloys()
    spelled = [f"{label}|{formula}" for label, formula in zip(table.label, table.formula)]
    rows = np.array([hashlib.sha256(row.encode()).hexdigest()[:12] for row in spelled])
    scored = ~(table.late | table.doubtful).to_numpy()
    negative = scored & (table.label != "QC").to_numpy()
    assert list(rows) == list(written.row)
    assert sha256_of_lines(rows) == frozen["rows_sha256"]
    assert sha256_of_lines(rows[scored]) == frozen["scored_sha256"]
    assert sha256_of_lines(rows[negative]) == frozen["negatives_sha256"]
    assert sha256_of_lines(written.folds) == frozen["folds_sha256"]
    digits = np.ascontiguousarray(F.round(6)).astype("<f8").tobytes()
    assert hashlib.sha256(digits).hexdigest() == frozen["fractions_sha256"]
    early = np.flatnonzero(~table.late)
    parts = StratifiedGroupKFold(5, shuffle=True, random_state=0).split(
        early, table.label.iloc[early], table.system.iloc[early]
    )
    for fold, (_, test) in enumerate(parts):
        assert set(written.folds.str[0].iloc[early[test]]) == {str(fold)}
