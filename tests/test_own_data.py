"""A user's own table: what is refused, and what the command line answers."""

import pandas as pd
import pytest
from mdp.console import main
from mdp.data import load
from mdp.learn.own_data import TEMPLATES, evaluate, usable_rows
from mdp.represent.kinds import kind_of


@pytest.mark.parametrize("kind", TEMPLATES)
def test_templates_can_be_read(kind, capsys, tmp_path):
    assert main(["evaluate", "--kind", kind, "--template"]) == 0
    (tmp_path / "template.csv").write_text(capsys.readouterr().out)
    table = pd.read_csv(tmp_path / "template.csv")
    _, failures = kind_of(kind).read(table.iloc[:, 0])
    assert len(table) == 3 and not failures


def test_refused_rows_are_written_even_where_too_few_are_left(tmp_path, capsys):
    path = tmp_path / "mine.csv"
    path.write_text("formula,gap\nXx,1\nNaCl,8.5\nKCl,\n", encoding="utf-8-sig")
    call = ["evaluate", str(path), "--kind", "inorganic", "--rows", "formula", "--value", "gap"]
    assert main(call) == 2
    assert "1 of 3 rows can be used" in capsys.readouterr().err
    refused = pd.read_csv(tmp_path / "mine_refused.csv")
    assert refused["line"].tolist() == [2, 4]
    assert refused["reason"].tolist() == ["no element 'Xx'", "gap is missing"]


def test_columns_are_named_where_one_is_missing():
    table = pd.DataFrame({"formula": ["NaCl"], "gap": [8.5]})
    with pytest.raises(ValueError, match="no column 'band gap'; the columns are formula, gap"):
        usable_rows(table, "inorganic", "formula", "band gap")


def test_labels_that_stand_twice_are_refused():
    table = pd.DataFrame({"formula": ["NaCl", "KCl"], "gap": [8.5, 8.7]}, index=[3, 3])
    with pytest.raises(ValueError, match="the label 3 stands more than once"):
        usable_rows(table, "inorganic", "formula", "gap")


def test_a_row_predicts_no_row_of_its_own_system():
    "Rows of one element system share their group, so a copy cannot help."
    table = load("crystal_conductivity")[["formula", "conductivity"]].drop_duplicates("formula")
    copies = table.assign(formula=table.formula.map(lambda text: f"({text})2"))
    both = pd.concat([table, copies], ignore_index=True)
    alone = evaluate(table, "inorganic", "formula", "conductivity", log=True, folds=3)
    twice = evaluate(both, "inorganic", "formula", "conductivity", log=True, folds=3)
    mean = "mean of the training rows"
    assert twice.errors["MAE"].min() > 0.7 * alone.errors["MAE"].min()
    assert abs(twice.errors.loc[mean, "MAE"] - alone.errors.loc[mean, "MAE"]) < 0.1
