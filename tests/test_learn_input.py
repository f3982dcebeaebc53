"""What the learn layer is given: containers, labels, spellings, numbers of columns."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from mdp.core.errors import BadInput
from mdp.learn.library import Library
from mdp.represent.kinds import describe
from mdp.learn.models import baselines
from mdp.learn.shotgun import Shotgun
from mdp.learn.transfer import PropertyDescriptor


@pytest.fixture(scope="module")
def library():
    return Library.open()


@pytest.fixture(scope="module")
def boiling(library):
    return PropertyDescriptor("molecule", library, ["organic_tb"]).fit()


@pytest.mark.parametrize(
    "container",
    [
        list,
        tuple,
        np.array,
        pd.Series,
        lambda rows: pd.DataFrame({"C": rows}),
        lambda rows: pd.Series(rows, dtype="category"),
        iter,
    ],
)
def test_containers_are_read_by_their_values(boiling, container):
    rows = ["CCO", "CCCCN"]
    expected = boiling.transform(rows).to_numpy()
    assert np.allclose(boiling.transform(container(rows)), expected)


def test_the_baselines_read_an_iterator_once():
    rows = ["CCO", "CCCCN", "CC(C)O"]
    for name, (X, _) in baselines(iter(rows), "molecule").items():
        assert np.array_equal(X, baselines(rows, "molecule")[name][0])


def test_one_string_is_refused_and_labels_are_the_callers(boiling):
    with pytest.raises(TypeError):
        boiling.transform("CCO")
    with pytest.raises(BadInput) as caught:
        boiling.transform(pd.Series(["CCO", "C1CC", "CC("], index=["a", "b", "c"]))
    assert [label for label, *_ in caught.value.rows] == ["b", "c"]


def test_no_rows_give_an_empty_frame(boiling):
    empty = boiling.transform([])
    assert empty.shape == (0, 1) and list(empty.columns) == ["organic_tb"]


def test_one_material_has_one_answer_in_every_spelling(library):
    descriptor = PropertyDescriptor("inorganic", library, ["density_measured", "mp_gap"])
    if "mp_gap" not in set(library.index.task):
        descriptor.tasks = ["density_measured"]
    values = descriptor.fit().transform(["Fe2O3", "Fe4O6", "Fe40O60", "Fe0.4O0.6", "O3Fe2"])
    # a row's place in a batch may change the last digits of 32-bit sums, by processor
    assert np.allclose(values, values.iloc[0], rtol=1e-6)
    models = library.index.query("task == 'density_measured' and descriptor == 'composition'").id
    network = library.models[models.iloc[0]]
    first, second = (
        network.predict(describe([f], "inorganic", "composition")) for f in ("Fe2O3", "Fe4O6")
    )
    assert np.array_equal(first, second)


@pytest.mark.parametrize(
    "spellings",
    [
        ["Al62.93Cu25.07Fe12", "Al6293Cu2507Fe1200", "Al0.6293Cu0.2507Fe0.12"],
        ["La1.8543Sr0.1457CuO4", "La18543Sr1457Cu10000O40000"],
        [{"Al": 6.29317e-9, "Cu": 2.50683e-9, "Fe": 1.2e-9}, "Al62.9317Cu25.0683Fe12"],
    ],
    ids=["alloy", "oxide", "tiny amounts"],
)
def test_what_cannot_be_made_whole_has_one_answer_too(library, spellings):
    values = PropertyDescriptor("inorganic", library).fit().transform(spellings)
    assert np.allclose(values, values.iloc[0], rtol=1e-4)


def test_a_formula_far_larger_than_those_of_training_is_told_apart(library):
    descriptor = PropertyDescriptor("inorganic", library, ["density_measured"]).fit()
    rows = ["Al63Cu25Fe12", "Al6.3Cu2.5Fe1.2", "SiO2"]
    alloy, same_alloy, quartz = descriptor.transform(rows).iloc[:, 0]
    assert (
        np.isclose(alloy, same_alloy) and 3500 < alloy < 5700
    )  # its elements, mixed by volume: 4,440 kg/m3
    assert 1500 < quartz < 4000  # quartz: 2,650 kg/m3
    assert descriptor.domain(rows).iloc[:, 0].tolist() == [False, False, True]


def test_ordinary_formulas_are_answered_for_every_task(library):
    "One task with few and small formulas, such as the lattice conductivity of AB, refuses no row."
    descriptor = PropertyDescriptor("inorganic", library).fit()
    rows = ["Fe2O3", "Si3N4", "BaTiO3", "Mg3Al2Si3O12", "Al63Cu25Fe12"]
    assert np.isfinite(descriptor.transform(rows)).all(axis=None)
    assert not descriptor.domain(rows).conductivity["Fe2O3" == np.array(rows)].any()


def test_unreadable_rows_are_empty_and_outside_only_where_asked(library):
    rows = pd.Series(["SiO2", "Xx2"], index=["a", "b"])
    descriptor = PropertyDescriptor("inorganic", library, ["density_measured"]).fit()
    with pytest.raises(BadInput) as caught:
        descriptor.domain(rows)
    assert [label for label, *_ in caught.value.rows] == ["b"]
    descriptor.set_params(on_error="nan")
    assert descriptor.transform(rows).notna().iloc[:, 0].tolist() == [True, False]
    assert descriptor.domain(rows).iloc[:, 0].tolist() == [True, False]


def test_logarithms_are_undone(library):
    tasks = ["polymer_conductivity", "polymer_conductivity_2"]
    descriptor = PropertyDescriptor("polymer", library, tasks).fit()
    values = descriptor.transform(["*CC(*)c1ccccc1"])
    assert ((values > 0.1) & (values < 0.4)).all(axis=None)
    assert set(descriptor.units) == {"W/(m K)"}


@pytest.mark.parametrize(
    "settings, error, message",
    [
        (dict(tasks="organic_tb"), TypeError, "give a list, even of one task"),
        (dict(tasks=[]), ValueError, "no network is left"),
        (dict(tasks=["organic_boiling"]), ValueError, "no network for organic_boiling"),
        (dict(best=0), ValueError, "best=0"),
        (dict(on_error="skip"), ValueError, "on_error='skip'"),
        (dict(kind="salt"), ValueError, "kind='salt'"),
    ],
    ids=str,
)
def test_settings_that_make_no_sense(library, settings, error, message):
    with pytest.raises(error, match=message):
        PropertyDescriptor(**{"kind": "molecule", "library": library, **settings}).fit()


@pytest.mark.parametrize(
    "ask",
    [
        lambda unfitted: unfitted.transform(["CCO"]),
        lambda unfitted: unfitted.domain(["CCO"]),
        lambda unfitted: unfitted.units,
        lambda unfitted: unfitted.get_feature_names_out(),
    ],
)
def test_what_is_not_fitted_says_so(ask):
    with pytest.raises(NotFittedError):
        ask(PropertyDescriptor("molecule"))


@pytest.fixture(scope="module")
def shotgun(library):
    networks = library.query("task == 'organic_tb'").id
    alcohols = ["CO", "CCO", "CCCO", "CCCCO", "CCCCCO", "CC(C)O"]
    boiling_points = [337.8, 351.4, 370.3, 390.9, 411.1, 355.4]  # K
    return Shotgun("molecule", library, networks, blocks=0).fit(alcohols, boiling_points)


@pytest.mark.parametrize(
    "container",
    [
        tuple,
        np.array,
        lambda rows: pd.Series(rows, list("abcd")[: len(rows)]),
        lambda rows: pd.DataFrame({"C": rows}),
        iter,
    ],
)
def test_the_shotgun_reads_containers_by_their_values(shotgun, container):
    rows = ["CCO", "CCN", "CCCO"]
    assert np.allclose(shotgun.predict(container(rows)), shotgun.predict(rows))
    fitted = clone(shotgun).fit(container([*rows, "CO"]), [351.4, 289.7, 370.3, 337.8])
    assert fitted.predict(rows).shape == (3,)


def test_the_shotgun_refuses_and_names(shotgun):
    for ask in (shotgun.predict, lambda rows: clone(shotgun).fit(rows, [1.0, 2, 3, 4])):
        with pytest.raises(TypeError, match="give a list"):
            ask("CCCO")
        with pytest.raises(BadInput) as caught:
            ask(pd.Series(["CO", "C1CC", "CCO", "CN"], list("abcd")))
        assert [label for label, *_ in caught.value.rows] == ["b"]
    assert shotgun.predict([]).shape == (0,)
    with pytest.raises(NotFittedError):
        Shotgun("molecule").predict(["CO"])
    with pytest.raises(ValueError, match="no network 'nosuch'"):
        clone(shotgun).set_params(ids=["nosuch"]).fit(["C", "CC", "CCC", "CO"], range(4))
    with pytest.raises(BadInput) as caught:
        clone(shotgun).fit(["C", "CC", "CCC", "CO"], pd.Series([1, 2, np.nan, 3], list("abcd")))
    assert caught.value.rows[0][0] == "c"
