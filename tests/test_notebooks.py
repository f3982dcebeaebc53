"""Every notebook runs to its end in the fast profile, each in a kernel of its own, side by side."""
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import pytest
from mdp.console import execute, notebooks
from mdp.core import cores

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = notebooks()
LIMIT = 300   # s; the house aims at 60

@pytest.fixture(scope="module")
def runs():
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    pool = ThreadPoolExecutor(cores())
    yield {p: pool.submit(execute, p, "fast", timeout=LIMIT) for p in NOTEBOOKS}
    pool.shutdown(cancel_futures=True)

@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: str(p.relative_to(ROOT)))
def test_notebook_runs(runs, path, capsys):
    _, seconds, error = runs[path].result()
    with capsys.disabled(): print(f"  {seconds:5.1f} s  {path.relative_to(ROOT)}", flush=True)
    assert error is None, f"{path.relative_to(ROOT)} fails:\n{error}"
