"""The console in earnest: what an interrupted run leaves behind, and how mistakes are answered."""

import contextlib
import argparse
import os
import signal
import subprocess
import sys
import time
import nbformat
import psutil
import pytest
from mdp import console
from mdp.console import _parser, main
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


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["run", "nosuchcase"], "no case 'nosuchcase'. The cases are polymer_thermal_conductivity"),
        (["run", "Quasicrystals"], "Did you mean quasicrystals"),
        (["run", "53_quasicrystals"], "Did you mean quasicrystals"),
        (["run", ""], "no case ''"),
        (
            ["run", "quasicrystals", "--out", "a_file"],
            "a_file is a file: the report needs a folder",
        ),
        (["data", "fetch", "nope"], "no dataset 'nope'; `mdp data list` lists them"),
        (
            ["data", "fetch", "elements", "MP_GAP", "nope"],
            "(did you mean mp_gap?); no dataset 'nope'",
        ),
        (["data", "verify", "nope"], "no dataset 'nope'"),
        (["library", "ask", "tsk == 'x'"], "name 'tsk' is not defined. The columns are"),
        (["library", "predict", "beauty", "CC"], "no task 'beauty'"),
        (["library", "ask", "r2"], "'r2' is no condition: compare columns"),
        (["library", "ask", "r2 >"], "the condition 'r2 >' cannot be used"),
        (["library", "ask", "r2 > 0", "--path", "nowhere"], "no library is here"),
        (["library", "verify", "--path", "nowhere"], "no library is here"),
        (["library", "ship", "--path", "nowhere", "--to", "x"], "no library is here"),
        (["library", "build", "--path", "x", "--device", "gpu"], "device='gpu' cannot be used"),
    ],
    ids=" ".join,
)
def test_a_mistake_is_answered_in_one_line(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a_file").touch()
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("mdp: ") and err.count("\n") == 1 and message in err
    assert [path.name for path in tmp_path.iterdir()] == ["a_file"], "nothing is left behind"


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["nosuch"], "invalid choice: 'nosuch'"),
        (["data"], "arguments are required: list | fetch | verify"),
        (["data", "fetch"], "arguments are required: NAME"),
        (["library", "build"], "arguments are required: --path"),
        (["run", "--profile", "huge"], "invalid choice: 'huge'"),
        (["run", "--jobs", "0"], "'0': a whole number from 1 on is needed"),
        (["run", "--jobs", "two"], "'two': a whole number from 1 on is needed"),
        (["library", "build", "--path", "x", "--shards", "0"], "from 1 on is needed"),
        (["library", "build", "--path", "x", "--hidden", "8", "0"], "from 1 on is needed"),
    ],
    ids=" ".join,
)
def test_a_wrong_option_is_answered_with_the_usage(arguments, message, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    _, err = capsys.readouterr()
    assert ended.value.code == 2 and message in err and err.startswith("usage: mdp")


def commands(parser, so_far=()):
    "Every command with its parser, the console itself first."
    yield so_far, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                yield from commands(below, (*so_far, name))


EVERY = dict(commands(_parser()))


@pytest.mark.parametrize("command", EVERY, ids=" ".join)
def test_help_says_what_each_command_and_option_is_for(command, capsys):
    assert EVERY[command].description
    for action in EVERY[command]._actions:
        assert action.help or isinstance(action, argparse._SubParsersAction), action
    with pytest.raises(SystemExit) as ended:
        main([*command, "--help"])
    assert ended.value.code == 0 and "usage: mdp" in capsys.readouterr().out


def test_without_a_command_the_help_is_shown(capsys):
    assert main([]) == 0
    assert "mdp run" in capsys.readouterr().out


def test_an_install_without_notebooks_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(console, "ROOT", tmp_path)
    monkeypatch.setattr(console.cases, "__defaults__", (tmp_path,))
    monkeypatch.setattr(console.run, "__defaults__", (*console.run.__defaults__[:-1], tmp_path))
    for arguments in (["run"], ["run", "quasicrystals"], ["lab"]):
        assert main(arguments) == 2
        assert "use the mdp of a checkout of the project" in capsys.readouterr().err
    assert "It needs a checkout" in dict(commands(_parser()))[("run",)].description


def test_no_network_that_fulfils_a_condition(capsys):
    assert main(["library", "ask", "task == 'nosuch'"]) == 0
    assert capsys.readouterr().out.startswith("None of the ")


def test_names_of_cases_come_in_a_list():
    with pytest.raises(TypeError, match="give a list"):
        console.run("quasicrystals")


class DyingClient:
    "A notebook client whose first kernels end before they have answered."

    starts = 0

    def __init__(self, deaths, words):
        self.deaths, self.words = deaths, words

    def execute(self, **_):
        DyingClient.starts += 1
        if DyingClient.starts <= self.deaths:
            raise RuntimeError(self.words)


@pytest.mark.parametrize("deaths, starts", [(0, 1), (2, 3), (9, 3)])
def test_a_kernel_that_ends_at_once_is_started_again(deaths, starts, monkeypatch):
    monkeypatch.setattr(DyingClient, "starts", 0)
    words = "Kernel died before replying to kernel_info"
    failure = pytest.raises(RuntimeError) if deaths >= 3 else contextlib.nullcontext()
    with failure:
        console._run_cells(lambda: DyingClient(deaths, words), {})
    assert DyingClient.starts == starts


def test_a_kernel_that_dies_later_is_not_started_again(monkeypatch):
    monkeypatch.setattr(DyingClient, "starts", 0)
    with pytest.raises(RuntimeError):
        console._run_cells(lambda: DyingClient(1, "Kernel died"), {})
    assert DyingClient.starts == 1
