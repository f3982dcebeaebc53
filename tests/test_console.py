"""The console in earnest: what an interrupted run leaves behind."""

import os
import signal
import subprocess
import sys
import time
import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook

SLEEPER = """
from joblib import Parallel, delayed
import pathlib, time
pathlib.Path("started").touch()
Parallel(n_jobs=2)(delayed(time.sleep)(600) for _ in range(2))
"""
RUN = (
    "import sys; from pathlib import Path; from mdp import console; "
    "console.cases = lambda root=None: {'sleeper': Path('sleeper.ipynb')}; "
    "sys.exit(console.main(['run']))"
)


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_no_process(sent, tmp_path):
    nbformat.write(new_notebook(cells=[new_code_cell(SLEEPER)]), tmp_path / "sleeper.ipynb")
    program = subprocess.Popen(
        [sys.executable, "-c", RUN],
        cwd=tmp_path,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not (tmp_path / "started").exists():
        assert program.poll() is None, program.stderr.read()
        time.sleep(0.2)
    processes = psutil.Process(program.pid).children(recursive=True)
    while len(processes) < 3:  # the kernel and its two workers
        time.sleep(0.2)
        processes = psutil.Process(program.pid).children(recursive=True)
    os.kill(program.pid, sent)
    assert program.wait(timeout=300) == 130
    assert "interrupted" in program.stderr.read()
    _, alive = psutil.wait_procs(processes, timeout=60)
    assert not alive, f"still running: {alive}"
    assert not (tmp_path / "_report" / "index.html").exists(), (
        "no report of a run that was not finished"
    )
