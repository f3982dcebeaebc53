"""A campaign through a kill and a bad row, and what it answers to bad input."""

import json
import signal
import subprocess
import sys
import warnings
import numpy as np
import pandas as pd
import pytest
from mdp.console import main
from mdp.core.errors import BadInput
from mdp.generate.experiment import Campaign, Choice, Mixture, Number, Space

SPACE = [
    Number("temperature", 300, 900, "K"),
    Number("layers", 1, 8, whole=True),
    Choice("solvent", ("water", "ethanol")),
    Mixture(("Cs", "FA", "MA"), total=100, unit="%"),
]
GOAL = {"life (h)": "maximise"}
CONDITION = "temperature + 20 * layers <= 900"
GOOD = {
    "temperature (K)": 500.0,
    "layers": 2,
    "solvent": "water",
    "Cs (%)": 20,
    "FA (%)": 70,
    "MA (%)": 10,
}

# suggests, says so, and is killed before anything was told
PROGRAM = """
import sys, time
from mdp.generate.experiment import Campaign, Number
campaign = Campaign([Number("x", 0, 1, "mm")], {"y": "maximise"}, path=sys.argv[1])
campaign.suggest(3)
print("suggested", flush=True)
time.sleep(600)
"""


def life(samples):
    "A known optimum: 500 K, 3 layers, water, 20 % Cs."
    value = -(((samples["temperature (K)"] - 500) / 100) ** 2) - (samples["layers"] - 3) ** 2
    return value + (samples["solvent"] == "water") - ((samples["Cs (%)"] - 20) / 10) ** 2


def films(path=None, **settings):
    return Campaign(SPACE, GOAL, [CONDITION], path=path, **settings)


def row(**changes):
    return pd.DataFrame([{**GOOD, "life (h)": 1.0, **changes}], index=["mine"])


def test_a_campaign_lives_through_a_kill_and_a_bad_row(tmp_path):
    table = tmp_path / "my.csv"
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(table)], stdout=subprocess.PIPE, text=True
    )
    assert program.stdout.readline() == "suggested\n"
    program.send_signal(signal.SIGKILL)
    program.wait()
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["my.csv", "my.json"]
    lines = table.read_text().splitlines()
    assert lines[0] == "sample,x (mm),y" and len(lines) == 4
    # a person fills in two results, one of them wrongly, and adds a row outside the space
    lines[1] += "0.25"
    lines[2] += "0,5"
    table.write_text("\n".join([*lines, "mine,7,0.5"]) + "\n")
    with pytest.warns(UserWarning, match="set aside") as caught:
        campaign = Campaign.open(table)
    said = str(caught[0].message)
    assert "['s2']" in said and "['mine']" in said and "outside the space, 0 to 1 mm" in said
    assert list(campaign.measured["y"]) == [0.25] and list(campaign.waiting.index) == ["s3"]
    # the campaign goes on, and the wrong rows stay in the file as they are
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        campaign.tell(pd.DataFrame({"y": [0.75]}, ["s3"]))
        following = campaign.suggest(2)
    assert list(campaign.measured["y"]) == [0.25, 0.75] and len(following) == 2
    text = table.read_text()
    assert "mine,7,0.5" in text and lines[2].split(",")[1] in text
    assert len(text.splitlines()) == 7


def test_the_console_asks_a_campaign(tmp_path, capsys):
    table = tmp_path / "films.csv"
    campaign = films(table)
    first = campaign.suggest(3)
    campaign.tell(first.assign(**{"life (h)": life(first)}))
    with open(table, "a") as file:
        file.write("odd,100,2,water,20,70,10,3\n")
    assert main(["campaign", "suggest", str(table), "--n", "2"]) == 0
    shown = capsys.readouterr()
    assert "s5" in shown.out and "fill in life (h)" in shown.out and "['odd']" in shown.err
    assert len(table.read_text().splitlines()) == 7
    assert main(["campaign", "suggest", str(tmp_path / "none.csv")]) == 2
    assert "is missing" in capsys.readouterr().err


@pytest.mark.parametrize(
    "changes, reason",
    [
        ({"temperature (K)": 1200}, "temperature = 1200 is outside the space, 300 to 900 K"),
        ({"temperature (K)": None}, "temperature is missing"),
        ({"temperature (K)": "hot"}, "temperature = 'hot' is no number"),
        ({"temperature (K)": np.inf}, "no finite number"),
        ({"layers": 2.5}, "layers = 2.5 is no whole number"),
        ({"solvent": "brine"}, "solvent = 'brine' is none of water, ethanol"),
        ({"MA (%)": 40}, "Cs + FA + MA = 130, and the total is 100"),
        ({"temperature (K)": 890.0}, f"breaks the constraint {CONDITION}"),
        ({"life (h)": None}, "life is missing"),
        ({"life (h)": "broke"}, "life = 'broke' is no number"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(changes, reason):
    campaign = films()
    table = pd.concat([row(), row(**changes)], keys=["good", "bad"])
    table.index = ["good", "bad"]
    with pytest.raises(BadInput, match="1 of 2 rows") as caught:
        campaign.tell(table)
    ((label, _, why),) = caught.value.rows
    assert label == "bad" and reason in why
    assert campaign.measured.empty, "a table is told as a whole or not at all"


def test_units_that_do_not_fit():
    campaign = films()
    with pytest.raises(ValueError, match=r"units that do not fit: 'temperature \(°C\)'"):
        campaign.tell(row().rename(columns={"temperature (K)": "temperature (°C)"}))
    with pytest.raises(ValueError, match=r"'life \(d\)'"):
        campaign.tell(row().rename(columns={"life (h)": "life (d)"}))
    bare = row().rename(columns={"temperature (K)": "temperature", "life (h)": "life"})
    assert len(campaign.tell(bare).measured) == 1, "a name alone is understood"


def test_repeats_with_other_values_are_kept_and_teach_the_noise():
    rng = np.random.default_rng(0)
    campaign = Campaign([Number("x", 0, 1)], {"y": "maximise"})
    spots = np.repeat(np.linspace(0, 1, 8), 3)
    campaign.tell(pd.DataFrame({"x": spots, "y": np.sin(3 * spots) + 0.2 * rng.normal(size=24)}))
    assert len(campaign.measured) == 24
    size = campaign.measured["y"].std()
    noise = float(campaign.model().likelihood.noise.sqrt().detach()) * size
    assert 0.1 < noise < 0.3
    assert len(campaign.best(8)) == 8, "repeats are averaged"


@pytest.mark.parametrize(
    "space, constraints, message",
    [
        (SPACE, ["temperature >= 1000"], "no point of the space fulfils"),
        (SPACE, ["Cs + FA <= 10", "MA <= 50"], "no point of the space fulfils"),
        (SPACE, ["temperature * layers <= 3"], "sums of temperature"),
        (SPACE, ["temperature < 500"], "one <= or >= is needed"),
        (SPACE, ["heat <= 500"], "it has to name some of"),
        ([], [], "one variable at least"),
        ([Number("x", 0, 1), Number("x", 0, 2)], [], "stand twice"),
    ],
)
def test_a_space_that_makes_no_sense(space, constraints, message):
    with pytest.raises(ValueError, match=message):
        Space(space, constraints)


def test_parts_that_make_no_sense():
    for make, message in [
        (lambda: Number("x", 2, 1), "is no range"),
        (lambda: Number("x", 0, 1, log=True), "logarithm"),
        (lambda: Number("n", 0.5, 3, whole=True), "no whole numbers"),
        (lambda: Choice("c", ("a",)), "two or more options"),
        (lambda: Choice("c", ("Fe2O3", "Xx"), kind="inorganic"), "Xx"),
        (lambda: Mixture(("a", "b"), low=(0.6, 0.6)), "do not allow a sum"),
        (lambda: Campaign(SPACE, {"y": "best"}), "is no goal"),
        (lambda: Campaign(SPACE, {}), "one objective at least"),
    ]:
        with pytest.raises(ValueError, match=message):
            make()


def test_an_empty_table():
    campaign = films()
    with pytest.raises(ValueError, match="nothing to tell"):
        campaign.tell(row().iloc[:0])
    with pytest.raises(ValueError, match="several|two different values|needed"):
        campaign.model()
    assert len(campaign.suggest(3).drop_duplicates()) == 3, "the first samples are spread"


def test_an_empty_file_is_a_new_campaign(tmp_path):
    films(tmp_path / "my.csv")
    (tmp_path / "my.csv").write_text("")
    assert len(Campaign.open(tmp_path / "my.csv").suggest(2)) == 2


def test_files_that_are_damaged_or_of_another_campaign(tmp_path):
    table = tmp_path / "my.csv"
    films(table).suggest(1)
    with pytest.raises(ValueError, match="another constraints"):
        Campaign(SPACE, GOAL, path=table)
    settings = json.loads((tmp_path / "my.json").read_text())
    (tmp_path / "my.json").write_text("{")
    with pytest.raises(ValueError, match="is no JSON"):
        Campaign.open(table)
    settings["space"][0]["type"] = "weather"
    (tmp_path / "my.json").write_text(json.dumps(settings))
    with pytest.raises(ValueError, match="weather"):
        Campaign.open(table)
    table.write_text("sample,layers\n")
    with pytest.raises(ValueError, match="are missing"):
        films(tmp_path / "other.csv")
        (tmp_path / "other.csv").write_text("sample,layers\n")
        Campaign.open(tmp_path / "other.csv")


def test_suggestions_keep_every_condition():
    campaign = films(random_state=3)
    batch = campaign.suggest(5)
    for _ in range(2):
        campaign.tell(batch.assign(**{"life (h)": life(batch)}))
        batch = campaign.suggest(4)
        assert (batch["temperature (K)"] + 20 * batch["layers"] <= 900 + 1e-3).all()
        assert batch["temperature (K)"].between(300, 900).all()
        assert batch["layers"].isin(range(1, 9)).all()
        assert np.allclose(batch[["Cs (%)", "FA (%)", "MA (%)"]].sum(axis=1), 100, atol=1e-9)
        assert len(batch.drop_duplicates()) == 4


def test_candidates_are_taken_once():
    offered = pd.DataFrame({"x": [0.1, 0.2, 0.3, 0.4]})
    campaign = Campaign([Number("x", 0, 1)], {"y": "minimise"}, candidates=offered)
    first = campaign.suggest(2)
    rest = campaign.tell(first.assign(y=first.x)).suggest(2)
    assert sorted([*first.x, *rest.x]) == [0.1, 0.2, 0.3, 0.4]
    with pytest.raises(ValueError, match="0 candidates are left, and 1 are asked for"):
        campaign.suggest(1)
    with pytest.raises(BadInput, match="outside the space"):
        Campaign([Number("x", 0, 1)], {"y": "minimise"}, candidates=offered + 0.9)


def test_settings_come_back_as_they_were(tmp_path):
    prior = pd.Series
    campaign = films(tmp_path / "my.csv", candidates=pd.DataFrame([GOOD]))
    again = Campaign.open(tmp_path / "my.csv")
    assert again.settings() == campaign.settings()
    Campaign([Number("x", 0, 1)], {"y": "maximise"}, path=tmp_path / "p.csv", prior=prior)
    with pytest.raises(ValueError, match="has a prior"):
        Campaign.open(tmp_path / "p.csv")
