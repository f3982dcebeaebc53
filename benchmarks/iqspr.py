"""ChemicalLanguage and IQSPR compared with XenonPy's NGram and IQSPR: the same next tokens? How
many times faster? Both in one run, one thread each.

usage: python benchmarks/iqspr.py     (makes XenonPy's environment on the first run: some minutes
and 5 GB)
"""

import json
import tempfile
import time
from pathlib import Path
from _common import cpu, machine, run_peer, write_report  # first: it sets one thread
import numpy as np
import pandas as pd
from sklearn.linear_model import BayesianRidge
from mdp.core.profiles import versions
from mdp.data import load
from mdp.generate.iqspr import IQSPR
from mdp.generate.language import ChemicalLanguage, to_tokens
from mdp.represent.molecule import Fingerprints

HERE = Path(__file__).parent
TRAIN = 200
PARENTS = 100
FEW = 50
MANY = 1_000
STEPS = 10
REGIONS = {"index": (1.56, 1.64), "density": (0.90, 1.05)}


def main():
    data = pd.DataFrame(
        {
            k: load(f"organic_{n}").drop_duplicates("smiles").set_index("smiles").value
            for k, n in (("index", "refractive_index"), ("density", "density"))
        }
    ).dropna()
    data["density"] /= 1000
    data = data[~data.index.str.contains(r"[-=#/\\]\d|%|\.|@|/|\\")].sample(
        frac=1, random_state=0
    )  # XenonPy cuts a bond before a ring's digit otherwise
    smiles, known = data.index.tolist(), data.iloc[:500]
    train, parents = smiles[:TRAIN], smiles[:PARENTS]
    prefixes = [
        dict(smiles=s, n=n)
        for s in train[:150]
        for t in [to_tokens(s)]
        if len(t) > 14
        for n in (len(t) - 2, len(t) - 3)
        if not ({"(", ")"} & set(t[:n]))
    ][:60]
    job = dict(
        train=train,
        parents=parents,
        prefixes=prefixes,
        regions=REGIONS,
        known=known.index.tolist(),
        y={k: known[k].tolist() for k in known},
        start=smiles[:FEW],
        betas=[0.1, 0.2, 0.3],
    )
    with tempfile.TemporaryDirectory() as tmp:
        tmp = Path(tmp)
        (tmp / "job.json").write_text(json.dumps(job))

        def ours():
            return ChemicalLanguage(ring_size=False, tries=1)

        ours().fit(train).propose(parents[:10])
        fit, propose = (
            cpu(lambda: ours().fit(train), 5),
            cpu(lambda m=ours().fit(train): m.propose(parents), 5),
        )
        run_peer("xenonpy", "peer_xenonpy_iqspr.py", tmp / "job.json", tmp / "out.json", home=tmp)
        fit, propose = (
            (fit + cpu(lambda: ours().fit(train), 5)) / 2,
            (propose + cpu(lambda m=ours().fit(train): m.propose(parents), 5)) / 2,
        )
        theirs = json.loads((tmp / "out.json").read_text())

    table = ours().fit(train)
    worst = 0.0
    for p, q in zip(prefixes, theirs["next"]):
        c = table._chain(to_tokens(p["smiles"])[: p["n"]])
        path = table.table_.path(c, c.state(False))
        worst = max(
            worst, *(abs(table.table_.prob(path, table._code[w], 0.0) - x) for w, x in q.items())
        )
    table.fit(smiles)
    first = table.propose(smiles[:1_000])
    better = ChemicalLanguage(tries=1).fit(smiles).propose(smiles[:1_000])

    features = Fingerprints(["ECFP", "MACCS"], workers=1)
    X = features.transform(known.index)
    models = {k: BayesianRidge().fit(X, known[k]) for k in known}
    particles = pd.Series(smiles).sample(MANY, replace=True, random_state=0)
    sampler = IQSPR(ChemicalLanguage(ring_size=False).fit(train), models, REGIONS, features)
    run = sampler.run(particles, np.linspace(0.1, 1, STEPS))
    next(run)
    t = time.process_time()
    for _ in run:
        pass
    step = (time.process_time() - t) / STEPS
    grown = sampler.calls_
    big = ChemicalLanguage(ring_size=False)
    zinc = load("zinc250k").smiles[:20_000]
    large = cpu(lambda: big.fit(zinc), 1)

    peer_step = theirs["step"] * MANY / FEW
    text = "\n".join(
        [
            "# ChemicalLanguage and IQSPR compared with XenonPy",
            "",
            (
                "Organic liquids with a measured refractive index and density; order 10; CPU "
                f"seconds, one thread. XenonPy's step was timed with {FEW} particles (two "
                f"steps) and is scaled by {MANY // FEW}; it works particle by particle."
            ),
            "",
            "| work | XenonPy | mdp | ratio |",
            "|---|---|---|---|",
            (
                f"| fit, {TRAIN} SMILES | {theirs['fit'] / TRAIN * 1e3:.0f} ms a SMILES | "
                f"{fit / TRAIN * 1e3:.3f} ms | **{theirs['fit'] / fit:,.0f}** |"
            ),
            (
                "| propose, half of them written from another atom first | "
                f"{theirs['propose'] / PARENTS * 1e3:.1f} ms each | "
                f"{propose / PARENTS * 1e3:.3f} ms | **{theirs['propose'] / propose:.0f}** |"
            ),
            (
                f"| SMC step, {MANY:,} particles, ECFP + MACCS, two BayesianRidge | "
                f"{peer_step:.1f} s | {step:.2f} s | **{peer_step / step:.0f}** |"
            ),
            "",
            (
                f"- The same counts: for {len(prefixes)} beginnings of training strings longer "
                "than the order, unbranched, the probabilities of every next token differ "
                f"by at most {worst:.1e} (with `ring_size=False`, the published table)."
            ),
            (
                "- XenonPy's fit gets slower as its tables grow, ours does not: "
                f"{large / len(zinc) * 1e3:.3f} ms a SMILES on {len(zinc):,} of ZINC."
            ),
            (
                f"- Growths that are molecules, of {PARENTS} parents by a table of {TRAIN} "
                f"SMILES: XenonPy {theirs['valid']:.1%} (a failure silently hands back the "
                f"parent; {theirs['unchanged']:.0%} of its answers are the parent). "
                f"Ours with a table of {len(smiles):,}, one try, 1,000 parents: "
                f"{first.smiles.notna().mean():.1%}; with the size of the open "
                f"ring in the context {better.smiles.notna().mean():.1%}."
            ),
            (
                f"- Our steps evaluated {grown:,} different molecules in {STEPS} steps; what "
                "was seen before is not evaluated again. XenonPy evaluates each "
                "population's different strings."
            ),
            "",
            (
                f"Ours: {versions('rdkit', 'numpy', 'scikit-learn')}; fit and propose: mean of "
                "the medians of five calls before and after XenonPy's run. XenonPy 0.6.7, "
                f"n_jobs=1. Machine: {machine()}, "
                "shared with other work."
            ),
            "",
        ]
    )
    write_report("iqspr", text.split("\n"))


if __name__ == "__main__":
    main()
