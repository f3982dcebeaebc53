"""The examples (`>>>`) of the docstrings of mdp print what they say.

An example without an expected output is left alone: it shows a call that needs data or time.
"""

import doctest
import importlib
import pkgutil
import numpy as np
import pandas as pd
import pytest
from pymatgen.core import Lattice, Structure
import mdp

OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
SALT = Structure.from_spacegroup(
    "Fm-3m", Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]
)
# what an example may use without importing it; `structure` is any crystal
GIVEN = {"np": np, "pd": pd, "Lattice": Lattice, "Structure": Structure, "structure": SALT}


def modules():
    "The names of all modules of mdp that can be imported."
    names = [module.name for module in pkgutil.walk_packages(mdp.__path__, "mdp.")]
    return sorted(set(names))


def checked(test):
    """The examples of a docstring that are run: those with an expected output, and the statements
    before them that give it its names."""
    last = max((place for place, example in enumerate(test.examples) if example.want), default=-1)
    return test.examples[: last + 1]


def examples(module):
    "The docstrings of a module that have an example with an expected output."
    found = doctest.DocTestFinder(exclude_empty=True).find(module, extraglobs=GIVEN)
    for test in found:
        test.examples = checked(test)
    return [test for test in found if test.examples]


@pytest.mark.parametrize("name", modules())
def test_examples(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # an example may write a file
    monkeypatch.delenv("MDP_PROFILE", raising=False)
    runner = doctest.DocTestRunner(optionflags=OPTIONS, verbose=False)
    report = []
    for test in examples(importlib.import_module(name)):
        runner.run(test, out=report.append)
    assert not runner.failures, "".join(report)


def test_there_are_examples():
    "A broken finder would find none and pass."
    found = examples(importlib.import_module("mdp.core.errors"))
    assert any(test.name == "mdp.core.errors.in_range" for test in found)
