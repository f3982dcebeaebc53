"""Every library notebook runs to its end in the fast profile, each in a process of its own.

Such a process is a copy (fork) of one that has imported the slow packages of others once, which
halves the time of a short notebook; it has imported nothing of `mdp`. The case notebooks run in
kernels, see test_cases.py.
"""

import multiprocessing
import os
import traceback
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
import nbformat
import pytest
from mdp.console import cases, notebooks

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = [path for path in notebooks() if path not in cases().values()]
LIMIT = 1800  # s a notebook, against one that hangs; no test depends on how fast a machine is
SLOW_IMPORTS = [
    "IPython.core.interactiveshell",
    "ipywidgets",
    "matplotlib.pyplot",
    "pandas",
    "pymatgen.core",
    "rdkit.Chem.Draw",
    "scipy.stats",
    "sklearn.ensemble",
    "sklearn.gaussian_process",
    "torch",
]
COPIES = multiprocessing.get_context("forkserver")
COPIES.set_forkserver_preload(SLOW_IMPORTS)


def run(path):
    "Run the cells of a notebook in this process: the error as text, or None."
    from IPython.core.interactiveshell import InteractiveShell

    os.environ.update(MDP_PROFILE="fast", MPLBACKEND="agg")
    os.chdir(path.parent)
    shell = InteractiveShell.instance()
    for number, cell in enumerate(nbformat.read(path, as_version=4).cells):
        if cell.cell_type == "code":
            done = shell.run_cell(cell.source, store_history=True)
            error = done.error_before_exec or done.error_in_exec
            if error:
                return (
                    f"cell {number}:\n{cell.source}\n{''.join(traceback.format_exception(error))}"
                )
    return None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: str(path.relative_to(ROOT)))
def test_notebook_runs(path):
    with ProcessPoolExecutor(1, mp_context=COPIES) as pool:
        error = pool.submit(run, path).result(LIMIT)
    assert error is None, f"{path.relative_to(ROOT)} fails:\n{error}"
