"""Settings for all tests: the same random examples at every run, one thread a process, long tests first."""

import os

os.environ.setdefault(
    "OMP_NUM_THREADS", "1"
)  # tests run side by side: threads would wait for each other

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

LONGEST_FIRST = ("test_cases.py", "test_browser.py", "test_notebooks.py")


def pytest_collection_modifyitems(items):
    "Long tests first, so that no core is idle at the end while the other still runs a long one."

    def rank(item):
        name = item.path.name
        return LONGEST_FIRST.index(name) if name in LONGEST_FIRST else len(LONGEST_FIRST)

    items.sort(key=rank)
