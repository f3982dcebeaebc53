"""Every library notebook runs to its end in the fast profile, each in a kernel of its own.

The case notebooks are in test_cases.py.
"""

from pathlib import Path
import pytest
from mdp.console import cases, execute, notebooks

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = [path for path in notebooks() if path not in cases().values()]
LIMIT = 1800  # s a cell, against a notebook that hangs; no test depends on how fast a machine is


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_notebook_runs(path):
    _, _, error = execute(path, "fast", timeout=LIMIT)
    assert error is None, f"{path.relative_to(ROOT)} fails:\n{error}"
