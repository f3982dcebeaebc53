"""Scharber's model: levels matched by label, every number of the model checked, containers."""

import numpy as np
import pandas as pd
import pytest
from mdp.core.errors import BadInput
from mdp.simulate.solar import efficiency_map, optimum, photocurrent, scharber

HOMO = pd.Series([-5.2, -5.4, -5.6], ["b", "a", "c"])
LUMO = pd.Series([-3.7, -3.6, -3.5], ["c", "a", "b"])


def test_series_are_matched_by_label():
    together = scharber(HOMO, LUMO)
    assert list(together.index) == ["b", "a", "c"]
    for label in HOMO.index:
        assert together.pce[label] == scharber(HOMO[label], LUMO[label]).pce
    frames = scharber(HOMO.to_frame("homo"), LUMO.to_frame("lumo"))
    assert frames.equals(together)


@pytest.mark.parametrize(
    "lumo, message",
    [
        (LUMO.rename({"c": "d"}), "lumo lacks 'c'; only lumo has 'd'"),
        (LUMO.drop("c"), "lumo lacks 'c'"),
        (LUMO[["c", "a", "b", "b"]], "'b' stands more than once"),
        (LUMO.reset_index(drop=True), "lumo lacks 'b', 'a', 'c'; only lumo has 0, 1, 2"),
    ],
    ids=["another label", "one fewer", "twice", "no labels"],
)
def test_labels_that_do_not_match(lumo, message):
    with pytest.raises(
        ValueError, match="^(the indices do not match|lumo cannot be aligned)"
    ) as error:
        scharber(HOMO, lumo)
    assert message in str(error.value)


def test_equal_labels_that_stand_twice_are_rows():
    index = ["a", "a"]
    cells = scharber(pd.Series([-5.2, -5.4], index), pd.Series([-3.5, -3.6], index))
    assert cells.pce.tolist() == [scharber(-5.2, -3.5).pce, scharber(-5.4, -3.6).pce]


def test_a_series_and_another_container():
    assert scharber(HOMO, -3.6).index.equals(HOMO.index)
    assert scharber(HOMO, [-3.6] * 3).equals(scharber(HOMO, -3.6))
    with pytest.raises(ValueError):
        scharber(HOMO, [-3.6] * 2)
    with pytest.raises(ValueError, match="one level a row"):
        scharber(HOMO, np.full((2, 3), -3.6))


@pytest.mark.parametrize(
    "homo, kind, message",
    [
        (
            pd.DataFrame({"homo": [-5.2, -5.4], "x": [1, 2]}),
            ValueError,
            "homo: a frame of 2 columns",
        ),
        ({"a": -5.4}, TypeError, "homo: a dict was given"),
        ([-5.4, -5.2, -5.3], ValueError, r"homo has the shape \(3,\), lumo \(2,\)"),
        ([-5400, -5.2], BadInput, "are the energies in eV"),
        ([-521, -5.2], BadInput, "are the energies in eV"),
    ],
    ids=["two columns", "a dict", "another length", "meV", "kJ/mol"],
)
def test_what_is_no_column_of_levels(homo, kind, message):
    with pytest.raises(kind, match=message):
        scharber(homo, [-3.6, -3.5])


@pytest.mark.parametrize(
    "wrong",
    [
        dict(eqe=65),
        dict(eqe=-0.1),
        dict(ff=65),
        dict(acceptor=4.3),
        dict(acceptor=np.nan),
        dict(acceptor="PCBM"),
        dict(loss=-1),
        dict(loss=300),
        dict(offset=None),
        dict(offset=np.inf),
        dict(ff=True),
    ],
    ids=str,
)
def test_numbers_of_the_model_are_checked(wrong):
    (name,) = wrong
    for call in (
        lambda: scharber(-5.4, -3.6, **wrong),
        lambda: optimum(**wrong),
        lambda: efficiency_map(**wrong),
    ):
        with pytest.raises(ValueError, match=f"^{name}="):
            call()


def test_bad_rows_are_named():
    homo = pd.Series(["-5.4", "n.a.", None, "5.4"], list("abcd"), dtype=object)
    with pytest.raises(BadInput) as error:
        scharber(homo, -3.6)
    assert [row[0] for row in error.value.rows] == ["b", "c", "d"]
    with pytest.raises(BadInput) as error:
        scharber(5.4, -3.6)
    assert error.value.rows[0][0] == 0
    with pytest.raises(BadInput) as error:
        scharber([[-5.4], [5.4]], [-3.6, -3.5])
    assert [row[0] for row in error.value.rows] == [(1, 0), (1, 1)]
    assert scharber(pd.Series([], dtype=float), -3.6).shape == (0, 3)


@pytest.mark.parametrize("gap", [-1, np.nan, [1.4, -0.1]], ids=str)
def test_a_gap_below_0_has_no_current(gap):
    with pytest.raises(BadInput, match="from 0 eV on"):
        photocurrent(gap)


def test_gaps_keep_their_labels():
    gaps = pd.Series([1.12, 1.42], ["Si", "GaAs"])
    assert np.array_equal(photocurrent(gaps), photocurrent([1.12, 1.42]))
    assert list(photocurrent(gaps).index) == ["Si", "GaAs"]
    with pytest.raises(BadInput) as error:
        photocurrent(-gaps)
    assert [row[0] for row in error.value.rows] == ["Si", "GaAs"]
