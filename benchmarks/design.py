"""The GA criterion (Tripp and Hernandez-Lobato, 2023): at equal oracle calls, does IQSPR find more
than a genetic algorithm? Hits and their diversity, five seeds.

usage: python benchmarks/design.py [BUDGET ...]     (default 2000 10000)
"""

import json
import os
import random
import sys
import time
from pathlib import Path

if os.environ.get("PYTHONHASHSEED") != "0":
    os.execve(
        sys.executable, [sys.executable, *sys.argv], {**os.environ, "PYTHONHASHSEED": "0"}
    )  # mol_ga walks through sets
from _common import machine, write_report  # first: it sets one thread
import numpy as np
import pandas as pd
from rdkit import Chem, RDLogger
from rdkit.Chem.Scaffolds.MurckoScaffold import MurckoScaffoldSmiles
from sklearn.linear_model import BayesianRidge
from mdp.core.store import sha256
from mdp.core.profiles import versions
from mdp.data.fetch import SOURCES, cache_dir, get
from mdp.data import load
from mdp.generate.iqspr import IQSPR
from mdp.generate.moves import GraphMoves
from mdp.generate.rules import rules
from mdp.generate.language import ChemicalLanguage
from mdp.matter.molecule import similarity
from mdp.represent.molecule import Fingerprints

sys.path.insert(0, str(get(SOURCES["mol-ga==0.2.1"])))  # the wheel is pure Python
from mol_ga.preconfigured_gas import default_ga

HERE = Path(__file__).parent
REGIONS = {"index": (1.58, 1.64), "density": (0.90, 1.02)}
START = 500
SEEDS = range(10, 15)


class Spent(Exception):
    pass


def task():
    "Data, models, rule: the oracle is a fixed pair of Bayesian ridges fitted on measured values."
    data = pd.DataFrame(
        {
            k: load(f"organic_{n}").drop_duplicates("smiles").set_index("smiles").value
            for k, n in (("index", "refractive_index"), ("density", "density"))
        }
    ).dropna()
    data["density"] /= 1000
    features, rule = Fingerprints("ECFP", n_bits=1024, workers=1), rules()
    X = features.transform(data.index)
    models = {k: BayesianRidge().fit(X, data[k]) for k in data}
    guess = {k: m.predict(X) for k, m in models.items()}
    out = ~np.logical_and.reduce(
        [(guess[k] > lo) & (guess[k] < up) for k, (lo, up) in REGIONS.items()]
    )
    start = [s for s, o in zip(data.index, out) if o and not rule(Chem.MolFromSmiles(s))]
    return (
        data,
        models,
        features,
        rule,
        pd.Series([Chem.CanonSmiles(s) for s in start]).drop_duplicates(),
    )


def iqspr(oracle, start, budget):
    for _ in oracle.run(start, np.r_[np.geomspace(1, 10, 5), np.full(195, 10.0)], n=budget // 20):
        if len(oracle.seen_) - len(start) >= budget:
            break
    return [s for s in oracle.seen_ if s not in set(start)]


def genetic(oracle, start, budget, seed, population):
    order = dict.fromkeys(start)

    def score(smiles):
        smiles = [Chem.CanonSmiles(s) for s in smiles]
        seen = oracle.evaluate(smiles)
        order.update(dict.fromkeys(smiles))
        if len(order) - len(start) >= budget:
            raise Spent
        return [-1e4 if s.why else float(s.log_likelihood.sum()) for s in seen]

    try:
        default_ga(
            start,
            score,
            max_generations=100_000,
            offspring_size=100,
            population_size=population,
            rng=random.Random(seed),
        )
    except Spent:
        pass
    return list(order)[len(start) :]


def at_random(language, start, budget, seed):
    out, known = {}, set(start)
    for i in range(100):
        out.update(
            dict.fromkeys(
                s
                for s in language.generate(budget, random_state=1000 * seed + i).smiles.dropna()
                if s not in known
            )
        )
        if len(out) >= budget:
            break
    return list(out)


def judge(oracle, smiles):
    "Hits, the rest of the counts, and how unlike the hits are."
    seen = oracle.evaluate(smiles)
    lows, ups = (np.array([REGIONS[k][i] for k in oracle.names]) for i in (0, 1))
    hits = [
        s
        for s, k in zip(smiles, seen)
        if not k.why and (k.mean > lows).all() and (k.mean < ups).all()
    ]
    out = dict(
        calls=len(smiles),
        refused=np.mean([bool(k.why) for k in seen]),
        hits=len(hits),
        scaffolds=len({MurckoScaffoldSmiles(s) for s in hits}),
        diversity=np.nan,
        circles=0,
    )
    if len(hits) > 1:
        alike = similarity(hits)
        counted = []  # hits whose Tanimoto similarity to each other is below 0.4
        for i in range(len(hits)):
            if not counted or alike[i, counted].max() < 0.4:
                counted.append(i)
        diversity = 1 - alike[np.triu_indices(len(hits), 1)].mean()
        out.update(diversity=diversity, circles=len(counted))
    return out


def main(budgets):
    RDLogger.DisableLog("rdApp.*")
    data, models, features, rule, pool = task()
    language = ChemicalLanguage(roots=3).fit(pool)
    kept = (
        cache_dir() / "bench" / f"design-{sha256(Path(__file__))[:12]}.jsonl"
    )  # a run that was cut off goes on
    kept.parent.mkdir(parents=True, exist_ok=True)
    rows = [json.loads(x) for x in kept.read_text().splitlines()] if kept.exists() else []
    done = {(r["budget"], r["method"], r["seed"]) for r in rows}
    for budget in budgets:
        for seed in SEEDS:
            start = pool.sample(START, random_state=seed).tolist()

            def fresh(proposal=language, **kw):
                return IQSPR(proposal, models, REGIONS, features, rule, random_state=seed, **kw)

            methods = {
                "random n-gram": lambda: at_random(language, start, budget, seed),
                "mol_ga, population 10,000 (its default)": lambda: genetic(
                    fresh(), start, budget, seed, 10_000
                ),
                "mol_ga, population 200": lambda: genetic(fresh(), start, budget, seed, 200),
                "IQSPR, n-gram": lambda: iqspr(fresh(), start, budget),
                "IQSPR, graph moves": lambda: iqspr(fresh(GraphMoves()), start, budget),
                "IQSPR, graph moves, diversity 1": lambda: iqspr(
                    fresh(GraphMoves(), diversity=1.0), start, budget
                ),
            }
            for k, f in methods.items():
                if (budget, k, seed) in done:
                    continue
                t = time.process_time()
                found = f()[:budget]
                rows.append(
                    dict(
                        budget=budget,
                        method=k,
                        seed=seed,
                        seconds=time.process_time() - t,
                        **judge(fresh(), found),
                    )
                )
                rows[-1] = {
                    a: b if isinstance(b, (str, int)) else float(b) for a, b in rows[-1].items()
                }
                with kept.open("a") as out:
                    out.write(json.dumps(rows[-1]) + "\n")
                print(rows[-1], flush=True)
    d = (
        pd.DataFrame(rows)
        .query("budget in @budgets")
        .sort_values(["budget", "seed"], kind="stable")
    )
    lines = [
        "# The GA criterion",
        "",
        f"Wanted: a refractive index in {REGIONS['index']} and a density in "
        f"{REGIONS['density']} g/cm³, as predicted by two Bayesian ridges fitted on "
        f"measured liquids ({len(data):,}). "
        f"The same {START} molecules to start from for every method and seed (none inside; "
        "not charged), the same rules for all (rings, atoms, unwanted groups, SA score "
        "at most 4.5). "
        "Every different molecule that a method asks about is a call, also when the rules "
        "refuse it. Strings that are no molecule reach no oracle in any method. Mean ± "
        "standard deviation over five seeds.",
        "",
    ]

    def pm(x, f):
        return f"{x.mean():{f}} ± {x.std():{f}}"

    for budget, b in d.groupby("budget"):
        lines += [
            f"## {budget:,} calls",
            "",
            (
                "| method | calls | hits | unlike hits (Tanimoto < 0.4) | scaffolds | mean "
                "distance | refused by the rules | CPU s |"
            ),
            "|---|---|---|---|---|---|---|---|",
        ]
        for k in d.method.unique():
            x = b[b.method == k]
            lines.append(
                (
                    f"| {k} | {x.calls.mean():,.0f} | {pm(x.hits, '.0f')} | "
                    f"{pm(x.circles, '.0f')} | {pm(x.scaffolds, '.0f')} | "
                    f"{pm(x.diversity, '.2f')} | {x.refused.mean():.0%} | "
                    f"{x.seconds.mean():.0f} |"
                )
            )
        lines.append("")
    lines += [
        (
            "Unlike hits: one after the other, a hit counts when its Tanimoto similarity "
            "(ECFP4) to all that were counted is below 0.4. Mean distance: 1 - Tanimoto "
            "over all pairs of hits."
        ),
        "IQSPR: one twentieth of the budget as particles, beta from 1 to 10 in five steps, "
        "then 10 until the calls are spent or 200 steps have gone. mol_ga 0.2.1: its "
        "own graph GA, 100 offspring a generation. "
        "Both were tuned on seeds 0 to 2 at 2,000 calls (IQSPR: schedule, share of "
        "crossover, diversity; mol_ga: populations of 50, 100, 200, 500, 10,000); the "
        f"seeds here, {SEEDS[0]} to {SEEDS[-1]}, are others.",
        "",
        (f"{versions('rdkit', 'scikit-learn', 'numpy')}. {machine()}, one thread."),
        "",
    ]
    write_report("design", lines)


if __name__ == "__main__":
    main([int(a) for a in sys.argv[1:]] or [2_000, 10_000])
