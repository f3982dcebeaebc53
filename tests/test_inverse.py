"""The inverse model: labels, search, training, input."""

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import Stopped, stopped_lessons
from mdp.core.errors import BadInput
from mdp.data.reactions import read_reactions
from mdp.generate import forward, inverse
from mdp.generate.inverse import (
    ATTACH,
    Disconnections,
    InverseModel,
    disconnections,
    reactant_set,
    take_apart,
)
from mdp.matter.molecule import read
from mdp.matter.reaction import Edit, EditError


@pytest.fixture(scope="module")
def shipped():
    return read_reactions().take(np.arange(120))


@pytest.fixture(scope="module")
def some(shipped):
    return disconnections(shipped)


@pytest.fixture(scope="module")
def small(some):
    model = InverseModel(width=16, plan="MA", steps=3, batch_size=16, groups=20, beam=50)
    return model.fit(some)


def edits_of(some, row):
    "The edits of one row, leaving groups by their SMILES."
    for first, second, change in some.rows.edits_of(row).tolist():
        yield Edit(first, second, change if change <= ATTACH else some.groups[change - ATTACH - 1])


# ---- labels


def test_rows_are_rebuilt_from_the_arrays(some):
    "What is learned, the numbers of leaving groups among it, gives the reactants of the patent."
    assert len(some) > 110
    for row in range(len(some)):
        made = take_apart(read(some.rows.reactants[row]), list(edits_of(some, row)))
        assert reactant_set(made) == some.rows.products[row]


def test_a_group_with_two_open_bonds():
    "A CH2 between the two oxygens of catechol: benzodioxole, by hand."
    mol = read("Oc1ccccc1O")
    made = take_apart(mol, [Edit(0, 0, "*C*"), Edit(7, 7, ATTACH)])
    assert reactant_set(made) == "c1ccc2c(c1)OCO2"


def test_edits_that_make_no_sense():
    mol = read("CC(=O)NC")
    wrong = {
        "no bond to break": [Edit(0, 4, 0)],
        "left open": [Edit(0, 0, "*C*")],
        "no group to attach": [Edit(0, 0, ATTACH)],
        "bound twice": [Edit(0, 0, "*C*"), Edit(0, 0, ATTACH)],
        "no molecule": [Edit(1, 1, "*C")],
    }
    for reason, edits in wrong.items():
        with pytest.raises(EditError, match=reason):
            take_apart(mol, edits)


def test_rare_groups_are_dropped_and_counted(some):
    few = some.within(3)
    assert few.groups == some.groups[:3]
    assert few.dropped["a rare leaving group"] == len(some) - len(few)
    assert few.rows.edits[:, 2].max() <= ATTACH + 3


def test_a_reaction_that_stands_there_twice_is_kept_once(shipped):
    found = disconnections(shipped.take([0, 0, 1]))
    assert len(found) == 2 and found.dropped == {"there twice": 1}


# ---- the network


def test_search_and_training_agree(small, some):
    graphs = [some.rows.graph_of(3)]
    lists = forward._search(small.network_, forward._batch(graphs), 5, small._tried)[0]
    assert len(lists) == 5 and lists == sorted(lists, reverse=True)
    for score, edits in lists:
        with torch.no_grad():
            loss = forward._edit_loss(small.network_, forward._batch(graphs, [list(edits)]))
        assert abs(score + loss.item()) < 1e-3


def test_columns_of_the_second_scores_and_back(small):
    "Each second atom with its change, and each group, has a column of its own."
    size, first = 4, 2
    network = small.network_
    columns = torch.arange(size * network.changes + len(small.groups_))
    second, change = network.second_and_change(columns, torch.full_like(columns, first), size)
    assert torch.equal(network.column(second, change, size), columns)
    assert (second[change >= network.changes] == first).all()


def test_log_prob_is_the_probability_of_predict(small):
    column = pd.Series(["CC(=O)NC", "CCOC(C)=O"], index=["a", "b"])
    table = small.predict(column, top=2)
    assert list(table) == ["row", "rank", "smiles", "probability"] and len(table) == 4
    for line in table.itertuples():
        value = small.log_prob(line.smiles, column.loc[[line.row]])[line.row]
        assert np.isclose(value, np.log(line.probability), rtol=1e-4)
    assert small.log_prob("CCCCCCCC", column).eq(-np.inf).all()


def test_containers(small):
    "A list, Series, one-column frame, array and a lone molecule: the same answers."
    smiles = ["CC(=O)NC", "CCOC(C)=O"]
    first = small.predict(smiles, top=2)
    series = pd.Series(smiles)
    for container in (series, series.to_frame(), np.array(smiles), tuple(smiles)):
        assert small.predict(container, top=2).equals(first)
    assert small.predict(smiles[0], top=2).smiles.tolist() == first.smiles[first.row == 0].tolist()
    assert small.predict([]).empty


def test_rows_that_cannot_be_used(small, shipped):
    column = pd.Series(["CCO", "c1ccc", "C" * 200, None], index=list("abcd"))
    with pytest.raises(BadInput) as error:
        small.predict(column)
    assert [label for label, *_ in error.value.rows] == ["b", "c", "d"]
    with pytest.raises(BadInput, match="2 molecules") as error:
        small.predict(pd.Series(["CCO", "CC.O"], index=["x", "y"]))
    assert [label for label, *_ in error.value.rows] == ["y"]
    with pytest.raises(ValueError, match="2 rows of products, 1 sets of reactants"):
        small.log_prob(["CC"], ["CCO", "CC"])
    with pytest.raises(TypeError, match="see `disconnections`"):
        InverseModel().fit(shipped.take([0]))
    with pytest.raises(ValueError, match="no reactions"):
        InverseModel().fit(disconnections(shipped.take([])))
    with pytest.raises(ValueError, match="InverseModel.open"):
        InverseModel().predict("CCO")


def test_a_file_keeps_the_groups(small, tmp_path):
    path = tmp_path / "inverse.safetensors"
    small.save(path)
    again = InverseModel.open(path)
    assert again.groups_ == small.groups_
    for one, other in zip(small.network_.parameters(), again.network_.parameters()):
        assert torch.equal(one.half(), other.half())  # 16-bit numbers are stored


def test_training_goes_on_where_it_stopped(some, tmp_path):
    settings = dict(width=16, plan="MA", batch_size=8, every=3, groups=20)
    whole = InverseModel(steps=6, **settings).fit(some)

    path = tmp_path / "checkpoint.safetensors"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inverse, "_Lessons", stopped_lessons(5))
        with pytest.raises(Stopped):
            InverseModel(steps=6, checkpoint=path, **settings).fit(some)
    resumed = InverseModel(steps=6, checkpoint=path, **settings).fit(some)
    assert len(resumed.losses_) == 3
    for one, other in zip(whole.network_.parameters(), resumed.network_.parameters()):
        assert torch.equal(one, other)


def test_no_reactions_no_rows(shipped):
    nothing = disconnections(shipped.take([]))
    assert isinstance(nothing, Disconnections) and len(nothing) == 0
