"""The registry of kinds: every kind reads its rows, groups near copies, and describes them."""

import numpy as np
import pandas as pd
import pytest
from ase import Atoms
from ase.build import bulk
from ase.cluster import Icosahedron, Octahedron
from pymatgen.core import Lattice, Structure
from mdp.core.errors import BadInput
from mdp.represent.composite import Composite
from mdp.represent.kinds import KINDS, Kind, describe, group_labels, process_kind, readable
from mdp.represent.microstructure import Micrograph
from mdp.represent.process import SPUTTERING, Variable, design

SALT = bulk("NaCl", "rocksalt", a=5.64, cubic=True)
STRIPES = np.repeat([True, False], [8, 24])[:, None] & np.ones(32, bool)
BLOCK = np.zeros((32, 32), bool)
BLOCK[4:14, 4:20] = True
FILM = design(1).iloc[0].to_dict()
ROCKSALT = Structure.from_spacegroup(
    225, Lattice.cubic(5.64), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]
)
# kind -> two near copies, one that is none, one that cannot be read
ROWS = {
    "molecule": ["Cc1ccccc1", "Oc1ccccc1", "CCc1ccccc1", "C(C"],
    "polymer": ["*CC*", "*CCCC*", "*CC(*)C", "CC"],
    "inorganic": ["Fe2O3", "FeO", "Fe2SiO4", "Xx"],
    "amorphous": [SALT, SALT * (1, 1, 2), bulk("Cu", cubic=True), Icosahedron("Cu", 2)],
    "nanostructure": [Icosahedron("Cu", 2), Octahedron("Cu", 3, 1), Icosahedron("Cu", 3), SALT],
    "microstructure": [STRIPES, np.roll(STRIPES, 5, 0), BLOCK, "text"],
    "composite": [
        Composite(STRIPES, (0.2, 10.0)),
        Composite(np.roll(STRIPES, 5, 0), (0.2, 10.0)),
        Composite(BLOCK, (0.2, 10.0)),
        STRIPES,
    ],
    "process": [
        FILM | {"batch": "June"},
        FILM | {"batch": "June", "O": 1.0},
        FILM | {"batch": "July", "O": 2.0},
        FILM | {"O": 99.0},
    ],
    "reaction": ["CBr.N>>CN", "CI.N>>CN", "CBr.O>>CO", "CBr.N"],
}
# `composition` of an organic kind sees the formula alone, so that its near copies are others
OTHERS = {
    ("molecule", "composition"): ["CCO", "COC", "CCN"],
    ("inorganic", "rdf"): [
        ROCKSALT,
        ROCKSALT * 2,
        Structure(Lattice.cubic(3), ["Po"], [[0, 0, 0]]),
    ],
}
CASES = [(kind, name) for kind in KINDS for name in KINDS[kind].descriptors]


def column(kind):
    "The four rows of a kind, as a Series."
    return pd.Series(dict(zip(["copy", "its copy", "another", "bad"], ROWS[kind])), dtype=object)


def test_there_are_nine_kinds_and_an_example_of_each():
    assert list(KINDS) == list(ROWS) and len(KINDS) == 9


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_reads_its_rows(kind):
    assert readable(column(kind), kind).tolist() == [True, True, True, False]
    objects, failures = KINDS[kind].read(column(kind))
    assert list(failures) == [3] and len(objects) == 4 and isinstance(failures[3], str)


@pytest.mark.parametrize("kind, descriptor", CASES)
def test_a_descriptor_describes_and_groups(kind, descriptor):
    rows = OTHERS.get((kind, descriptor), ROWS[kind][:3])
    numbers = describe(rows, kind, descriptor)
    assert numbers.dtype == float and np.isfinite(numbers).all()
    assert not np.array_equal(numbers[0], numbers[2])
    one, copy, another = group_labels(rows, kind, descriptor)
    assert one == copy != another


@pytest.mark.parametrize("kind, descriptor", CASES)
def test_a_bad_row_is_named_or_left_empty(kind, descriptor):
    rows = column(kind)[["copy", "bad"]]
    if (kind, descriptor) in OTHERS:
        rows["copy"] = OTHERS[kind, descriptor][0]
    for function in (describe, group_labels):
        with pytest.raises(BadInput) as caught:
            function(rows, kind, descriptor)
        assert [label for label, *_ in caught.value.rows] == ["bad"]
    kept = describe(rows, kind, descriptor, on_error="nan")
    assert np.isfinite(kept[0]).all() and np.isnan(kept[1]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_descriptor_is_refused_with_the_list(kind):
    with pytest.raises(
        ValueError, match=f"for the kind {kind} one of {next(iter(KINDS[kind].descriptors))}"
    ):
        describe(ROWS[kind][:1], kind, "colour")


def test_processes_may_be_a_frame():
    films = design(5).set_axis(list("abcde"))
    dicts = films.to_dict("records")
    assert np.array_equal(
        describe(films, "process", "conditions"), describe(dicts, "process", "conditions")
    )
    labels = group_labels(films, "process", "conditions")
    assert labels.tolist() == group_labels(dicts, "process", "conditions").tolist()
    films.loc[["b", "d"], "O"] = 99
    assert readable(films, "process").tolist() == [True, False, True, False, True]
    with pytest.raises(BadInput) as caught:
        describe(films, "process", "conditions")
    assert [label for label, *_ in caught.value.rows] == ["b", "d"]


def test_a_frame_that_lacks_a_condition_names_it():
    with pytest.raises(BadInput, match="pressure = None"):
        describe(design(2).drop(columns="pressure"), "process", "conditions")


def test_a_frame_of_one_column_may_hold_dicts():
    frame = pd.DataFrame({"film": [FILM, FILM]}, [7, 8])
    assert describe(frame, "process", "conditions").shape == (2, len(SPUTTERING))


def test_a_process_of_one_variable_may_be_a_frame(monkeypatch):
    oven = process_kind((Variable("heat", "K", 300.0, 500.0),), "oven")
    assert isinstance(oven, Kind)
    monkeypatch.setitem(KINDS, "oven", oven)
    frame = pd.DataFrame({"heat": [300.0, 400.0]})
    assert describe(frame, "oven", "conditions").ravel().tolist() == [0.0, 0.5]


def test_frames_of_other_kinds_are_refused():
    with pytest.raises(ValueError, match="a frame of 2 columns"):
        describe(pd.DataFrame({"a": ["CCO"], "b": ["CC"]}), "molecule", "ecfp")


def test_the_name_of_an_image_is_its_label():
    named = [Micrograph(STRIPES, "film 3"), Micrograph(BLOCK, "film 3"), BLOCK]
    labels = group_labels(named, "microstructure", "statistics")
    assert labels[0] == labels[1] == "film 3" != labels[2]


# the six kinds of bad input of amorphous, composite, microstructure and nanostructure
IMAGE = np.ones((64, 64))
SIX = {
    "an empty structure": ("amorphous", Atoms(cell=[9, 9, 9], pbc=True), "no atoms"),
    "an empty particle": ("nanostructure", Atoms(), "no atoms"),
    "one atom": ("amorphous", bulk("Cu"), "one atom; at least two"),
    "a particle of one atom": ("nanostructure", Atoms("Cu"), "one atom; at least two"),
    "a cell without volume": (
        "amorphous",
        Atoms("Cu2", [[0, 0, 0], [2, 0, 0]], cell=[9, 9, 0], pbc=True),
        "volume is 0",
    ),
    "a composite of one phase": ("composite", Composite(IMAGE, (0.2, 10.0)), "one phase only"),
    "an image of one phase": ("microstructure", IMAGE, "one phase only"),
    "overlapping atoms": (
        "amorphous",
        Atoms("Cu2", [[0, 0, 0], [0.1, 0, 0]], cell=[9, 9, 9], pbc=True),
        "0.1 Å apart",
    ),
    "overlapping atoms of a particle": (
        "nanostructure",
        Atoms("Cu2", [[0, 0, 0], [0.1, 0, 0]]),
        "0.1 Å apart",
    ),
    "a periodic structure where a cluster is meant": ("nanostructure", SALT, "repeats along a, b"),
    "a cluster where a cell is meant": ("amorphous", Icosahedron("Cu", 2), "does not repeat"),
}


@pytest.mark.parametrize("name", SIX)
def test_each_bad_input_has_one_clear_error(name):
    kind, row, words = SIX[name]
    rows = pd.Series({"good": ROWS[kind][0], name: row}, dtype=object)
    for descriptor in KINDS[kind].descriptors:
        with pytest.raises(BadInput, match=words) as caught:
            describe(rows, kind, descriptor)
        assert [label for label, *_ in caught.value.rows] == [name]
        assert str(caught.value).count("\n") == 1
