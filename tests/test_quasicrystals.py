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


def test_hard_crystals_stand_for_themselves():
    "Crystals like positives are taken before others, with weight 1; weights sum to all rows."
    rng = np.random.default_rng(0)
    label = np.array(["QC"] * 20 + ["AC"] * 20 + ["crystal"] * 400)
    X = rng.normal(size=(440, 3)) + 3 * (label != "crystal")[:, None]
    X[40:50] += 3  # ten crystals among the positives
    system = np.array([f"p{i}" for i in range(40)] + [f"c{i}" for i in range(400)])
    table = pd.DataFrame(dict(label=label, system=system, doubtful=False))
    recorder = case.fit(Recorder(), X, table, np.arange(440), n=50, hard=20)
    taken = {tuple(row) for row in recorder.X}
    # by chance one or two of the ten; those that the first model was trained on stay crystals to it
    assert len({tuple(row) for row in X[40:50]} & taken) >= 5
    assert len(recorder.y) == 40 + 50
    assert np.isclose(recorder.weight.sum(), 440)
    assert (np.sort(recorder.weight)[:60] == 1).all()


def test_features_without_roles_do_not_jump_where_the_majority_changes():
    either_side = case.fractions(["Cd45.01Mg44.99Yb10", "Cd44.99Mg45.01Yb10"])
    spread = case.features(case.fractions(["Cd80Mg5Yb15", "Cd20Mg65Yb15"])).std()
    step = {
        roles: case.features(either_side, roles).diff().iloc[1].abs() for roles in (True, False)
    }
    assert (step[True] > 0.1 * spread[step[True].index]).any()
    assert (step[False] < 0.02 * spread[step[False].index] + 1e-3).all()


def test_regions_of_the_literature_by_hand():
    regions = pd.read_csv(case.REGIONS)
    assert regions.checked.str.len().min() > 5 and regions.reference.notna().all()
    region = regions[(regions.system == "Al-Co-Ni")].iloc[0]
    F = case.fractions(["Al70Co16Ni14", "Al70Co14Ni16", "Al72Co15Ni13", "Al60Co20Ni20"])
    assert case.inside_region(F, region).tolist() == [True, False, True, False]
    point = regions[regions.system == "Al-Pd-Sc"].iloc[0]
    F = case.fractions(["Al54Pd30Sc16", "Al56Pd28Sc16", "Al60Pd26Sc14"])
    assert case.inside_region(F, point).tolist() == [True, True, False]


def test_every_region_is_mapped_and_no_map_is_made_up():
    "The stored maps cover each system on the whole grid, and reading one gives fractions."
    maps = pd.read_csv(case.MAPS)
    regions = pd.read_csv(case.REGIONS)
    assert set(maps.system) == set(regions.system)
    assert (maps.groupby("system").size() == 861).all()
    F, rows = case.read_map(maps, "Al-Co-Ni")
    assert np.allclose(F.sum(1), 1) and rows.QC.between(0, 1).all()


def test_the_curated_rows_say_what_was_read():
    rows = case.load("quasicrystals")
    assert set(rows.read) == {"composition", "system", "file"}
    assert rows.checked[rows.read == "file"].str.contains("mirror").all()
    assert set(rows.symmetry[rows.label == "QC"]) == {
        "icosahedral",
        "decagonal",
        "dodecagonal",
        "octagonal",
    }
    assert set(rows.order[rows.order != ""]) == {"1/0", "1/1", "2/1", "3/2-2/1-2/1"}


def test_paired_intervals_take_only_the_rows_that_are_tested():
    "Eight alloys of each of six kinds; what is not tested counts for nothing."
    label = np.repeat(["QC", "QC", "crystal", "crystal", "QC", "crystal"], 8)
    table = pd.DataFrame(dict(label=label, system=np.arange(48).astype(str), doubtful=False))
    both = np.full((1, 2, 48), np.nan)
    both[0, 0, :32] = np.repeat([0.9, 0.1, 0.5, 0.0], 8)  # precision 1 at recall 0.5, then 2/3
    both[0, 1, :32] = np.repeat([0.9, 0.6, 0.5, 0.0], 8)  # all quasicrystals first
    got = {name: metrics for name, _, metrics in case.paired_intervals(both, table, "x")}
    assert np.isclose(got["x, baseline"]["recall at 0.85: value"], 0.5)
    assert [got["x, chosen"][f"recall at 0.85: {end}"] for end in ("value", "low", "high")] == [
        1
    ] * 3
    assert np.isclose(got["x, rise"]["recall at 0.85: value"], 0.5)
    both[0, :, 32:] = 0.3
    first = next(metrics for _, _, metrics in case.paired_intervals(both, table, "x"))
    assert np.isclose(first["AP: value"], (1 + 1 / 2 + 3 / 5) / 3)
