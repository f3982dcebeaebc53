"""Which monomers of known polymers are found again by `mdp.generate.monomers`?

SMiPoly's polymers (the pair of monomers is known) and PolyInfo's (only the unit is known). Needs
the files of the mirror. Writes monomers.md here, and facts/monomers_found.csv.
"""

import os
import pandas as pd
from _common import machine, write_report
from rdkit import rdBase
from scipy.stats import binomtest
from mdp.core.parallel import progress
from mdp.data import load
from mdp.data.fetch import cache_dir, facts
from mdp.generate.monomers import found_again, monomers

EACH = 286  # of each of the seven classes of SMiPoly: 2,002 in all
POLYINFO = 150
SEED = 2026
BLOCK = 25


def by_blocks(name, rows, judge):
    """What `judge` says of some rows, the classes in turn, kept in a file as it goes.

    A run that is interrupted goes on from there; with `MDP_STOP` set, only what is done is told.
    """
    file = cache_dir() / f"{name}.csv"
    done = pd.read_csv(file, index_col=0) if file.exists() else pd.DataFrame()
    in_turn = rows.groupby("polymer_class").cumcount().sort_values(kind="stable").index
    left = in_turn.difference(done.index, sort=False)
    if "MDP_STOP" in os.environ:
        left = left[:0]
    for start in progress(range(0, len(left), BLOCK), desc=name):
        block = judge(rows.loc[left[start : start + BLOCK]])
        done = pd.concat([done, block])
        done.to_csv(file)
    return rows.join(done, how="inner")


def share(hits, n):
    "A share and its 95 % interval (Wilson)."
    interval = binomtest(int(hits), int(n)).proportion_ci(method="wilson")
    return dict(asked=n, found=hits, share=hits / n, low=interval.low, high=interval.high)


def anything(rows):
    "For how many units is there an answer?"
    answered = set(monomers(rows.smiles).row)
    return pd.DataFrame({"found": rows.index.isin(answered)}, index=rows.index)


def smipoly():
    "A line a class: how many pairs of monomers are among the answers."
    table = load("smipoly")
    linear = table[table.repeat_unit.str.count(r"\*") == 2]
    sample = linear.groupby("polymer_class").sample(EACH, random_state=SEED)
    judged = by_blocks("monomers_smipoly", sample, found_again)
    lines = []
    for name, rows in judged.groupby("polymer_class"):
        of_class = table.polymer_class == name
        counts = dict(polymers=of_class.sum(), linear=(linear.polymer_class == name).sum())
        lines.append(dict(polymer_class=name) | counts | share(rows.found.sum(), len(rows)))
    return pd.DataFrame(lines), judged


def polyinfo():
    "A line a class of PolyInfo, and one for all."
    table = load("polyinfo")
    sample = table.sample(POLYINFO, random_state=SEED)
    judged = by_blocks("monomers_polyinfo", sample, anything)
    lines = [dict(polymer_class="all") | share(judged.found.sum(), len(judged))]
    for name, rows in judged.groupby("polymer_class"):
        if len(rows) >= 15:
            lines.append(dict(polymer_class=name) | share(rows.found.sum(), len(rows)))
    return pd.DataFrame(lines), judged


def main():
    rdBase.DisableLog("rdApp.*")
    of_smipoly, judged = smipoly()
    of_polyinfo, sample = polyinfo()
    stored = pd.concat([of_smipoly.assign(source="SMiPoly"), of_polyinfo.assign(source="PolyInfo")])
    stored.round(3).to_csv(facts("monomers_found.csv"), index=False)
    weights = of_smipoly.linear / of_smipoly.linear.sum()
    whole, low, high = ((weights * of_smipoly[name]).sum() for name in ("share", "low", "high"))
    planned = EACH * len(of_smipoly)
    lost = judged[~judged.found.astype(bool)]
    lines = [
        "# Monomers of known polymers",
        "",
        f"`python benchmarks/monomers.py` on {machine()}.",
        "",
        f"SMiPoly: {len(judged)} units with two ends of the {planned:,} planned ({EACH} of each "
        f"class, seed {SEED}); where fewer were asked, time ran out. Within a class the order is "
        "random, so that the part that was asked is a random sample too. "
        "Found: the known pair is among the answers, without counter-ions and stereochemistry.",
        "",
        of_smipoly.round(3).to_markdown(index=False),
        "",
        f"Weighted by the size of the classes: {whole:.2f}; with every class at the lower or upper "
        f"end of its interval {low:.2f} to {high:.2f}. "
        f"Answers a unit: {judged.answers.mean():.1f} on average.",
        "",
        f"{len(lost)} pairs are lost. Their first monomers:",
        "",
        lost.groupby(["polymer_class", "monomer_1"])
        .size()
        .reset_index(name="lost")
        .to_markdown(index=False),
        "",
        f"PolyInfo: {len(sample)} units drawn with the same seed. Found: there is an answer, which "
        "the forward reaction confirms; whether it is how the polymer was made is not known.",
        "",
        of_polyinfo.round(3).to_markdown(index=False),
    ]
    write_report("monomers", lines)


if __name__ == "__main__":
    main()
