"""Reactions: roles, edits, arrays, what is kept apart, and the network that proposes edits."""

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import Stopped, stopped_lessons
from mdp.core.errors import BadInput
from mdp.data import reactions as data
from mdp.data.fetch import SOURCES, get, mirror_dir
from mdp.generate import forward
from mdp.data.reactions import joined
from mdp.generate.forward import ReactionModel, map_reactions
from mdp.matter import reaction
from mdp.matter.reaction import (
    EditError,
    apply_edits,
    find_edits,
    labelled,
    named_reactions,
    read_reaction,
)
from rdkit import Chem

needs_mirror = pytest.mark.skipif(
    mirror_dir() is None or not (mirror_dir() / "held_out_products.txt").is_file(),
    reason="needs the files of the mirror",
)


# ---- reading and edits


def test_roles():
    maps = "O.[CH3:1][Br:2].[NH3:3]>[Na+].[Cl-]>[CH3:1][NH2:3]"
    read = read_reaction(maps)
    assert read.reactants == ("CBr", "N") and set(read.reagents) == {"O", "[Na+]", "[Cl-]"}
    assert read.products == ("CN",)
    assert str(read_reaction("CCO.[Pd]>>CC=O")) == "CCO.[Pd]>>CC=O"
    assert read_reaction(maps, keep_maps=True).reactants[0] == "[CH3:1][Br:2]"


@pytest.mark.parametrize(
    "text, why",
    [
        ("CCO", "0 `>`"),
        ("CCO>>", "nothing right"),
        (">>CC", "nothing left"),
        ("A>B>C>D", "3 `>`"),
        ("C..C>>CC", "two dots"),
        ("c1ccccc>>CC", "c1ccccc"),
        ("CC>>[CH3:9]C", "no atom of the product"),
        ("", "0 `>`"),
        (None, "missing"),
        (float("nan"), "missing"),
        ("CC >> CO", "a blank inside"),
        (3.5, "float"),
    ],
)
def test_reactions_that_cannot_be_read(text, why):
    with pytest.raises(ValueError, match=why):
        read_reaction(text)


@pytest.mark.parametrize(
    "left, right, why",
    [
        ("[CH3:1][CH3:1]", "[CH3:1][OH:2]", "twice in the reactants"),
        ("[CH3:1][Br:2]", "[CH3:1][OH:3]", "no partner"),
        ("[CH3:1][Br:2]", "[CH3:1][OH:2]", "an element changes"),
        ("[CH3:1][OH:2].O", "[CH3:1][OH:2]", "nothing changes"),
        ("[CH3:1][OH:2].[CH2:3]=O", "[CH3:1][OH:2].[CH4:3]", "nothing changes"),
        ("c1ccc", "C", "cannot read the reactants"),
        ("C", "c1ccc", "cannot read the product"),
        ("[CH3:1][N:2]([CH3:3])[CH3:4]", "[CH3:1][N+3:2]([CH3:3])[CH3:4]", "RDKit cannot read"),
    ],
)
def test_reactions_without_edits_say_why(left, right, why):
    with pytest.raises(EditError, match=why):
        labelled(left, right)


def test_edits_that_lead_nowhere_say_why():
    mol = Chem.MolFromSmiles("CBr.N")
    for edits, why in [
        ([], "no edits"),
        ([(0, 2, reaction.BREAK)], "no bond to break"),
        ([(0, 0, reaction.SINGLE)], "to itself"),
        ([(0, 1, reaction.PLUS)], "on two atoms"),
        ([(0, 1, reaction.TRIPLE)], "no molecule"),
    ]:
        with pytest.raises(EditError, match=why):
            apply_edits(mol, edits)


def test_aspirin_by_hand():
    "Two arrows of a textbook: the phenol's oxygen to the acetyl, and the acetate leaves."
    left = Chem.MolFromSmiles("[OH:1][c:2]1ccccc1.[CH3:11][C:12](=[O:13])[O:14][C:15](=O)C")
    right = Chem.MolFromSmiles("[O:1]([c:2]1ccccc1)[C:12](=[O:13])[CH3:11]")
    with pytest.raises(EditError, match="no partner"):
        find_edits(left, right)  # carbons without a map
    left = "[OH:1][CH3:2].[CH3:3][C:4](=[O:5])[O:6]C(=O)C"
    right = "[O:1]([CH3:2])[C:4](=[O:5])[CH3:3]"
    edits = find_edits(Chem.MolFromSmiles(left), Chem.MolFromSmiles(right))
    assert edits == [(0, 3, reaction.SINGLE), (3, 5, reaction.BREAK)]


def test_the_spelling_makes_no_difference():
    "Atoms of the same mapped reaction in another order: the same kind of reaction and product."
    for text in reaction.named_reactions().reaction:
        left, right = text.split(">>")
        known = labelled(left, right)
        mol = Chem.MolFromSmiles(left)
        order = np.random.default_rng(0).permutation(mol.GetNumAtoms()).tolist()
        other = labelled(Chem.MolToSmiles(Chem.RenumberAtoms(mol, order), canonical=False), right)
        assert (other.reactants, other.product) == (known.reactants, known.product)
        kinds = [sorted(change for _, _, change in row.edits) for row in (known, other)]
        assert kinds[0] == kinds[1]


# ---- the shipped reactions


@pytest.fixture(scope="module")
def shipped():
    return data.read_reactions()


def test_shipped_reactions_are_rebuilt(shipped):
    "200 of them: the edits give the product, and no atom comes from nowhere."
    assert len(shipped) == 8000
    for row in range(0, 8000, 40):
        mol = Chem.MolFromSmiles(shipped.reactants[row])
        made = apply_edits(mol, shipped.edits_of(row).tolist())
        flat = [reaction.product_smiles(made, False)]
        flat += [reaction.product_smiles(Chem.MolFromSmiles(shipped.products[row]), False)]
        assert flat[0] == flat[1]
        for atom in made.GetAtoms():
            mine = sum(a.GetAtomicNum() == atom.GetAtomicNum() for a in made.GetAtoms())
            theirs = sum(a.GetAtomicNum() == atom.GetAtomicNum() for a in mol.GetAtoms())
            assert mine <= theirs


def test_arrays_are_those_of_the_molecules(shipped, tmp_path):
    some = shipped.take([5, 3, 5])
    assert len(some) == 3 and some.sizes[0] == some.sizes[2]
    mol = Chem.MolFromSmiles(some.reactants[1])
    for ours, theirs in zip(some.graph_of(1), reaction.graph(mol)):
        assert np.array_equal(ours, theirs)
    for graphs in (True, False):
        data.save_reactions(some, tmp_path / "x.safetensors", graphs)
        again = data.read_reactions(tmp_path / "x.safetensors")
        assert again.reactants == some.reactants and again.templates == some.templates
        assert np.array_equal(again.atoms, some.atoms) and np.array_equal(again.key, some.key)


def test_damaged_arrays(tmp_path):
    path = tmp_path / "x.safetensors"
    path.write_bytes(b"no reactions")
    with pytest.raises(OSError, match="holds no reactions"):
        data.read_reactions(path)


# ---- what is kept apart


def test_one_row_that_is_kept_apart_is_found():
    held = set(data.product_keys("C[C@H](O)c1ccccc1"))
    data.check_apart(["CCO", "CCC"], held)
    for same in ("C[C@H](O)c1ccccc1", "CC(O)c1ccccc1", "C[C@@H](O)c1ccccc1.Cl"):
        with pytest.raises(BadInput, match="1 of 3"):
            data.check_apart(["CCO", same, "CCC"], held)


@needs_mirror
def test_shipped_reactions_are_apart(shipped):
    "And one row of USPTO-50k's test or validation part, put among them, is found."
    held = data.kept_out()
    assert not {f"{key:016x}" for key in shipped.key.tolist()} & held
    sample = shipped.products[::20]
    data.check_apart(sample, held)
    for part in ("test", "valid"):
        line = get(SOURCES[f"bigchem/retrosynthesis/data/retrosynthesis-{part}.smi"])
        product = line.read_text().splitlines()[7].split(" >> ")[0]
        with pytest.raises(BadInput, match="kept apart"):
            data.check_apart([*sample, product], held)


@needs_mirror
def test_both_steps_of_a_route_are_kept_out(shipped):
    "Target and intermediate; and a training set that holds one of them is refused."
    held = data.kept_out()
    routes = data.two_step_pairs()
    assert len(routes) == 100 and not routes.target.duplicated().any()
    for route in routes.itertuples():
        assert route.intermediate in route.reactants.split(".")
        assert set(data.product_keys(route.target)) <= held
        assert set(data.product_keys(route.intermediate)) <= held
    for product in (routes.target[0], routes.intermediate[0]):
        with pytest.raises(BadInput, match="1 of 2 reactions"):
            data.check_apart([shipped.products[0], product], held)


@needs_mirror
def test_a_held_out_row_is_refused_while_reading():
    line = get(SOURCES["bigchem/retrosynthesis/data/retrosynthesis-test.smi"])
    product = line.read_text().splitlines()[7].split(" >> ")[0]
    mol = Chem.MolFromSmiles(product)
    for atom in mol.GetAtoms():
        atom.SetAtomMapNum(atom.GetIdx() + 1)
    broken = Chem.RWMol(mol)
    bond = next(b for b in broken.GetBonds() if not b.IsInRing() and not b.GetIsAromatic())
    broken.RemoveBond(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())
    left = Chem.MolToSmiles(broken)
    part = data._label_part([(left, Chem.MolToSmiles(mol))], data.kept_out())
    assert part["rows"] == [] and part["refused"] == {"product that is kept apart": 1}
    part = data._label_part([(left, Chem.MolToSmiles(mol))], set())
    assert len(part["rows"]) == 1


def test_judged_products_leave_the_training_set():
    "By hand: a product of the judge that a second file makes as well is for nothing."
    source = np.array([1, 1, 1, 2, 2, 0])  # one row to choose by, one to judge by
    key = np.array([30, 10, 20, 10, 99, 77], np.uint64)
    names = ["uspto_15k", "uspto_mit", "uspto_full_valid"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data, "_MAPPED", dict.fromkeys(names))
        held = {"choose": ("uspto_mit", 1), "judge": ("uspto_mit", 1)}
        patch.setattr(data, "_HELD_ROWS", held)
        purpose = data._purposes(source, key)
    assert purpose.tolist() == [0, 1, 2, -1, 0, 0]


# ---- the network


@pytest.fixture(scope="module")
def small(shipped):
    torch.manual_seed(0)
    model = ReactionModel(width=16, plan="MA", steps=3, batch_size=16, beam=5)
    return model.fit(shipped.take(np.arange(64)))


def test_padding_makes_no_difference(small, shipped):
    "A reaction alone and beside a larger one: the same loss."
    rows = [0, int(np.argmax(shipped.sizes[:200]))]
    graphs = [shipped.graph_of(row) for row in rows]
    edits = [shipped.edits_of(row) for row in rows]
    with torch.no_grad():
        together = forward._edit_loss(small.network_, forward._batch(graphs, edits))
        alone = [
            forward._edit_loss(small.network_, forward._batch([g], [e]))
            for g, e in zip(graphs, edits)
        ]
    assert torch.isclose(together, sum(alone) / 2, rtol=1e-4)


def test_search_and_training_agree(small, shipped):
    "The score of a list of edits in the search is minus its loss in training."
    graphs = [shipped.graph_of(3)]
    lists = forward._search(small.network_, forward._batch(graphs), 5)[0]
    assert len(lists) == 5 and lists == sorted(lists, reverse=True)
    for score, edits in lists:
        with torch.no_grad():
            loss = forward._edit_loss(small.network_, forward._batch(graphs, [list(edits)]))
        assert abs(score + loss.item()) < 1e-3


def test_another_spelling_the_same_prediction(small):
    one = small.predict("CC(=O)Cl.NCc1ccccc1", top=3)
    other = small.predict("c1ccc(CN)cc1.ClC(C)=O", top=3)
    assert one.smiles.tolist() == other.smiles.tolist()
    assert np.allclose(one.probability, other.probability, rtol=1e-3)


def test_shape_of_predictions(small):
    column = pd.Series(["CC(=O)Cl.CN", "CCO.CC(=O)O"], index=["a", "b"])
    table = small.predict(column, top=2)
    assert list(table) == ["row", "rank", "smiles", "probability"]
    assert set(table.row) == {"a", "b"} and set(table["rank"]) == {1, 2}
    best = table[table["rank"] == 1].set_index("row")
    for label, line in best.iterrows():
        value = small.log_prob(column.loc[[label]], line.smiles)[label]
        assert np.isclose(value, np.log(line.probability), rtol=1e-4)
    assert small.log_prob(column, "CCCCCCCC").eq(-np.inf).all()
    assert small.predict([]).empty


def test_bad_flasks(small):
    column = pd.Series(["CCO", "c1ccc", "C" * 200, None], index=list("abcd"))
    with pytest.raises(BadInput) as error:
        small.predict(column)
    assert [label for label, *_ in error.value.rows] == ["b", "c", "d"]
    with pytest.raises(BadInput, match="2 molecules"):
        small.log_prob(["CCO"], "CC.O")
    with pytest.raises(ValueError, match="2 rows of reactants, 1 products"):
        small.log_prob(["CCO", "CC"], ["CC"])
    with pytest.raises(ValueError, match="top=0"):
        small.predict("CCO", top=0)


def test_a_flask_in_which_nothing_happens(small, monkeypatch):
    "No list of edits that leads to a molecule: no line, and the row is named."
    monkeypatch.setattr(forward, "_products", lambda mol, lists: {})
    table = small.predict(pd.Series(["CCO"], index=["x"]))
    assert table.empty and table.attrs["without"] == ["x"]
    assert small.log_prob(["CCO"], "CC=O").eq(-np.inf).all()


def test_models_that_make_no_sense(shipped, tmp_path):
    some = shipped.take([0, 1])
    for wrong in (dict(width=20), dict(plan="MX"), dict(steps=0), dict(borrow=2), dict(rate=-1)):
        with pytest.raises(ValueError):
            ReactionModel(**wrong).fit(some)
    with pytest.raises(TypeError, match="a list was given"):
        ReactionModel().fit(["CCO>>CC=O"])
    with pytest.raises(ValueError, match="no reactions"):
        ReactionModel().fit(shipped.take([]))
    with pytest.raises(ValueError, match="not trained"):
        ReactionModel().predict("CCO")
    with pytest.raises(OSError, match="no weights"):
        ReactionModel.open(tmp_path / "none")
    (tmp_path / "x").write_bytes(b"x" * 100)
    with pytest.raises(OSError, match="no reaction model"):
        ReactionModel.open(tmp_path / "x")


def test_training_goes_on_where_it_stopped(shipped, tmp_path):
    some = shipped.take(np.arange(40))
    settings = dict(width=16, plan="MA", batch_size=8, every=3)
    reagents = np.arange(40) < 20
    whole = ReactionModel(steps=6, **settings).fit(some, reagents)

    path = tmp_path / "checkpoint.safetensors"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(forward, "_Lessons", stopped_lessons(5))
        with pytest.raises(Stopped):
            ReactionModel(steps=6, checkpoint=path, **settings).fit(some, reagents)
    resumed = ReactionModel(steps=6, checkpoint=path, **settings).fit(some, reagents)
    assert len(resumed.losses_) == 3
    for one, other in zip(whole.network_.parameters(), resumed.network_.parameters()):
        assert torch.equal(one, other)


def test_borrowed_reagents_stand_apart(shipped):
    "The edits keep their atoms, and the reagents are molecules of their own."
    rows = np.arange(200)
    half = rows < 100
    lessons = forward._Lessons(shipped.take(rows), half, 32, 1, 1.0, 0)
    random = np.random.default_rng(0)
    borrowed = 0
    for row in rows[100:]:
        own = lessons.reactions.graph_of(row)
        one = lessons._graph(row, random)
        assert np.array_equal(one.atoms[: len(own.atoms)], own.atoms)
        more = one.molecule[len(own.atoms) :]
        borrowed += len(more) > 0
        assert not set(more) & set(own.molecule)
    assert borrowed > 10


def test_weights_in_a_file(small, tmp_path):
    path = tmp_path / "model.safetensors"
    small.save(path)
    again = ReactionModel.open(path)
    one, other = (model.predict("CC(=O)Cl.CN") for model in (small, again))
    # a file holds 16-bit numbers: products of nearly equal probability may change places
    both = one.merge(other, on="smiles", suffixes=("", "_again"))
    assert len(both) >= 3
    assert np.allclose(both.probability, both.probability_again, rtol=0.02)


def test_joined_reactions_stand_one_after_another(shipped):
    first, second = shipped.take(range(0, 5)), shipped.take(range(5, 9))
    both = joined(first, second)
    for row in range(9):
        assert both.reactants[row] == shipped.reactants[row]
        assert both.edits_of(row).tolist() == shipped.edits_of(row).tolist()
        for mine, theirs in zip(both.graph_of(row), shipped.graph_of(row)):
            assert np.array_equal(mine, theirs)


def test_named_reactions_are_mapped_without_their_maps():
    named = named_reactions().set_index("name").reaction
    for name in ("Fischer esterification", "Suzuki coupling", "Grignard addition"):
        row = labelled(*named[name].split(">>"))
        mapped = map_reactions(ReactionModel.open(), [row.reactants], [row.product])
        assert mapped.reactants == [row.reactants]
        mol = Chem.MolFromSmiles(row.reactants)
        wanted = sorted(reaction.template(mol, row.edits).split(", "))
        assert sorted(mapped.templates[0].split(", ")) == wanted


def test_reactions_that_cannot_be_mapped():
    model = ReactionModel.open()
    assert not len(map_reactions(model, ["CCO"], ["c1ccccc1"]))  # the edits cannot be found
    with pytest.raises(BadInput, match="1 of 2"):
        map_reactions(model, pd.Series(["CCO", "C(("], index=["a", "b"]), ["CC=O", "CC=O"])
    with pytest.raises(ValueError, match="1 rows of reactants, 2 products"):
        map_reactions(model, ["CCO"], ["CC=O", "CC=O"])
