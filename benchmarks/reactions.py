"""Retrosynthesis on USPTO-50k: what does Bayes' rule add to the inverse model, and to templates?

usage: python benchmarks/reactions.py [TARGETS]     (500; 50 is a fast look)

Needs the mirror. Answers of the two networks are kept under the cache folder, so that a run that
was cut off goes on where it stopped.
"""

import hashlib
import json
import math
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from _common import machine, run_peer, write_report  # first: it sets one thread
import mdp
import numpy as np
import pandas as pd
from rdkit import Chem, rdBase
from mdp.core.profiles import versions
from mdp.core.store import atomic_write, kept
from mdp.data.fetch import SOURCES, cache_dir, get
from mdp.data.reactions import _MAPPED, _US, _written, kept_out, product_keys, two_step_pairs
from mdp.generate.forward import ReactionModel, map_reactions
from mdp.generate.inverse import InverseModel
from mdp.generate.retrosynthesis import Retrosynthesis, Stock
from mdp.learn.validation import interval
from mdp.matter.molecule import unmapped
from mdp.matter.reaction import apply_edits

FOLDER = cache_dir() / "benchmarks"
WIDTH, CALLS, BEAM = 50, 24, 5
TOPS = (1, 3, 5, 10)
POWERS = (0.0, 0.15, 0.3, 0.6, 1.0)
CHOOSE = 60  # targets of the validation part by which the power is chosen
PAIRS = 100  # targets that need two reactions
PRECEDENTS = 100  # most similar training products, whose templates are applied to a target
STOCKS = {
    "a": "the reactants of USPTO-50k",
    "b": "all molecules left of an arrow in the mirror's files",
    "c": "none: any compound",
}


# ---- data


def canonical(smiles):
    "Canonical SMILES, None where RDKit refuses it."
    with rdBase.BlockLogs():
        mol = Chem.MolFromSmiles(smiles)
        return Chem.MolToSmiles(mol) if mol is not None and mol.GetNumAtoms() else None


def rows_of(part):
    "(product, reactants) of a part of USPTO-50k, as written in the file."
    return _written(get(SOURCES[f"{_US}{part}.smi"]))


def is_target(smiles):
    "Is it one neutral molecule?"
    return "." not in smiles and Chem.GetFormalCharge(Chem.MolFromSmiles(smiles)) == 0


def drawn(part, number):
    "A random draw of rows whose product is one neutral molecule: product, sorted reactants."
    rows = rows_of(part)
    order = np.random.default_rng(0).permutation(len(rows))
    found = []
    for place in order:
        product, reactants = rows[place]
        product = canonical(product)
        truth = tuple(sorted(map(canonical, reactants.split("."))))
        if product and is_target(product) and None not in truth and product not in truth:
            found.append((product, truth))
        if len(found) == number:
            return found
    return found


def pieces_of(texts):
    "Distinct canonical molecules of SMILES with dots, with the number of texts that hold each."
    counts = Counter()
    for text in texts:
        counts.update(set(text.split(".")))
    found = Counter()
    for smiles, count in counts.items():
        name = canonical(smiles)
        if name:
            found[name] += count
    return dict(found)


def used():
    "Compound -> number of training reactions of USPTO-50k that use it."
    return kept(FOLDER, "used", lambda: pieces_of(r for _, r in rows_of("train")), "used")


def listed(name):
    "The compounds of stock a or b."

    def small():
        return sorted(pieces_of(r for part in ("train", "valid", "test") for _, r in rows_of(part)))

    def large():
        texts = []
        for file in ("uspto_mit", "uspto_full_valid", "uspto_full_test"):
            path, pairs = _MAPPED[file]
            texts += [unmapped(left) for left, _ in pairs(get(SOURCES[path]))]
        return sorted(pieces_of(texts).keys() | set(listed("a")))

    return kept(FOLDER, f"stock {name}", small if name == "a" else large, f"stock_{name}")


def stocks_of(name):
    """A stock with two priors: counts, and flat.

    Counts are uses in training reactions, and one more, so that no test row is counted.
    """
    counts = used()
    names = list(counts) if name == "c" else listed(name)
    settings = dict(novel=float(name == "c"), canonical=True)
    return {
        "counts": Stock(names, [counts.get(n, 0) + 1 for n in names], **settings),
        "flat": Stock(names, **settings),
    }


# ---- the two networks, with their answers kept


class Kept:
    """A model whose answers are kept in a file; it counts processor seconds of new answers.

    model : has `predict(list, top)`
    """

    def __init__(self, model, name, top):
        self.model, self.top = model, top
        self.path = FOLDER / f"{name}.json"
        self.known = json.loads(self.path.read_text()) if self.path.exists() else {}
        self.seconds, self.asked = 0.0, 0

    def predict(self, column, top=10):
        texts = list(column)
        new = [text for text in dict.fromkeys(texts) if text not in self.known]
        if new:
            start = time.process_time()
            answers = {text: [] for text in new}
            table = self.model.predict(new, top=self.top)
            for row, *answer in zip(table["row"], table["smiles"], table["probability"]):
                answers[new[row]].append(answer)
            self.known |= answers
            self.seconds += time.process_time() - start
            self.asked += len(new)
        labels = column.index if isinstance(column, pd.Series) else range(len(texts))
        lines = []
        for label, text in zip(labels, texts):
            for rank, answer in enumerate(self.known[text][:top], 1):
                lines.append((label, rank, *answer))
        return pd.DataFrame(lines, columns=["row", "rank", "smiles", "probability"])

    def save(self):
        with atomic_write(self.path) as path:
            Path(path).write_text(json.dumps(self.known))


def networks():
    "The shipped models, each with the answers kept for its weights."
    models = []
    for name, model, top in (
        ("forward", ReactionModel.open(), 10),
        ("inverse", InverseModel.open(), WIDTH),
    ):
        weights = Path(mdp.__file__).parent / "weights" / "reactions" / f"{name}.safetensors"
        digest = hashlib.sha256(weights.read_bytes()).hexdigest()[:8]
        model.beam = BEAM if name == "forward" else WIDTH
        models.append(Kept(model, f"{name}-{digest}", top))
    return models


# ---- methods


def planner(stock, forward, inverse, power, **settings):
    "The sampler with the benchmark's settings."
    settings = dict(particles=50, width=WIDTH, explore=0.0, swap=0.0, make_sold=True) | settings
    return Retrosynthesis(stock, forward, inverse, power=power, **settings)


def answers_of(search, target, **arguments):
    "Sets in order of their probability, as tuples, and whether the first one's product is right."
    table = search.predict(target, top=50, calls=CALLS, **arguments)
    sets = [tuple(sorted(text.split("."))) for text in table.reactants]
    return sets, bool(len(table)) and bool(table.round_trip[0])


def inverse_alone(stock, inverse, target):
    "Sets of the inverse model that can be bought, in its order."
    table = inverse.predict([target], top=WIDTH)
    sets = [tuple(sorted(text.split("."))) for text in table.smiles]
    return [one for one in sets if all(map(stock.sold, one)) and target not in one]


def rank_of(truth, sets):
    "From 1; 0 where it is not among them."
    return sets.index(truth) + 1 if truth in sets else 0


def ranks(targets, stocks, forward, inverse, ways):
    """One row a target and method: rank of the truth, round trip of the first answer.

    stocks : as `stocks_of` returns them
    ways : (prior, power) pairs
    """
    lines = []
    for number, (target, truth) in enumerate(targets):
        sets = inverse_alone(stocks["flat"], inverse, target)
        first = forward.predict([".".join(sets[0])], top=1).smiles.tolist() if sets else []
        lines.append((number, "inverse", rank_of(truth, sets), first == [target]))
        for prior, power in ways:
            search = planner(stocks[prior], forward, inverse, power)
            found, right = answers_of(search, target)
            lines.append((number, f"{prior} {power:g}", rank_of(truth, found), right))
        if number % 20 == 19:
            forward.save()
            inverse.save()
            print(f"{number + 1} of {len(targets)} targets", flush=True)
    forward.save()
    inverse.save()
    return pd.DataFrame(lines, columns=["target", "method", "rank", "round_trip"])


def training_reactions():
    """USPTO-50k's training reactions as mapped SMILES.

    The file has no atom maps; the forward model finds them (`map_reactions`). Its validation and
    test part make none of these products.
    """

    def read():
        held = kept_out()
        model = ReactionModel.open()
        model.beam = BEAM
        rows = [(r, p) for p, r in rows_of("train") if not set(product_keys(p)) & held]
        found = map_reactions(model, *zip(*rows))
        return [mapped(found.reactants[row], found.edits_of(row)) for row in range(len(found))]

    return kept(FOLDER, "training reactions, product atoms mapped", read, "mapped")


def mapped(reactants, edits):
    "Reactants and what the edits make of them; atoms of the product have maps, others none."
    mol = Chem.MolFromSmiles(reactants)
    for atom in mol.GetAtoms():
        atom.SetAtomMapNum(atom.GetIdx() + 1)
    made = apply_edits(mol, edits.tolist())
    left = {atom.GetAtomMapNum() for atom in made.GetAtoms()}
    for atom in mol.GetAtoms():
        if atom.GetAtomMapNum() not in left:
            atom.SetAtomMapNum(0)
    return f"{Chem.MolToSmiles(mol)}>>{Chem.MolToSmiles(made)}"


def by_precedent(targets):
    "For each target the sets that templates of its most similar training reactions give."
    names = [target for target, _ in targets]

    def ask():
        with tempfile.TemporaryDirectory() as folder:
            source, result = Path(folder) / "in.json", Path(folder) / "out.json"
            given = dict(reactions=training_reactions(), targets=names, number=PRECEDENTS)
            source.write_text(json.dumps(given))
            run_peer("rdchiral", "peer_rdchiral.py", source, result, home=folder)
            return json.loads(result.read_text())

    key = ["precedents, product atoms mapped", names, PRECEDENTS]
    answers = kept(FOLDER, key, ask, "precedents")
    return [[tuple(name.split(".")) for _, name in some] for some in answers]


class Templates:
    "91 published reaction templates run backwards; sets that can be bought, by the stock's prior."

    def __init__(self):
        self.reactions = []
        for line in get(SOURCES["wenhao-gao/SynNet/data/assets/reaction-templates/hb.txt"]).open():
            left, arrow, right = line.strip().partition(">>")
            if not arrow:
                continue
            reaction = Chem.rdChemReactions.ReactionFromSmarts(f"{right}>>{left}")
            self.reactions.append(reaction)

    def __call__(self, target, stock):
        mol = Chem.MolFromSmiles(target)
        found = {}
        with rdBase.BlockLogs():
            for reaction in self.reactions:
                for products in reaction.RunReactants([mol], 50):
                    one = [canonical(Chem.MolToSmiles(product)) for product in products]
                    if None not in one and all(map(stock.sold, one)):
                        found[tuple(sorted(one))] = stock.log_prior(tuple(sorted(one)))
        found.pop((target,), None)
        return sorted(found, key=found.get, reverse=True)


def with_forward(sets, target, stock, forward):
    "The first CALLS sets again, by likelihood times prior."
    scores = {}
    table = forward.predict([".".join(one) for one in sets[:CALLS]], top=10)
    right = table[table.smiles == target].set_index("row").probability
    for place, one in enumerate(sets[:CALLS]):
        likelihood = right.get(place, 0.0)
        scores[one] = math.log(likelihood or 1e-12) + stock.log_prior(one)
    return sorted(scores, key=scores.get, reverse=True) + sets[CALLS:]


def baselines(targets, stock, forward):
    """Ranks of templates, with and without the forward model, at equal calls of it.

    "precedents": learned from the training reactions and ordered by similarity; "templates": 91
    published ones, ordered by the prior.
    """
    templates = Templates()
    lines = []
    for number, ((target, truth), sets) in enumerate(zip(targets, by_precedent(targets))):
        sold = [one for one in sets if all(map(stock.sold, one)) and target not in one]
        for name, some in (("precedents", sold), ("templates", templates(target, stock))):
            lines.append((number, name, rank_of(truth, some), False))
            better = with_forward(some, target, stock, forward) if some else []
            lines.append((number, f"{name}, forward", rank_of(truth, better), False))
    forward.save()
    return pd.DataFrame(lines, columns=["target", "method", "rank", "round_trip"])


# ---- two reactions


def route_of(row):
    "A route of the two-step set, written as `Retrosynthesis` writes it."
    first, second = (".".join(sorted(side.split("."))) for side in (row.made_of, row.reactants))
    return f"{first}>>{row.intermediate} then {second}>>{row.target}"


def two_steps(pairs, forward, inverse, power, calls=40):
    """For each target: the rank of the patents' route, and whether any route among the first ten is
    one that the forward model confirms in each reaction.
    """
    names = sorted(set(listed("a")) - set(pairs.intermediate))
    counts = used()
    stock = Stock(names, [counts.get(n, 0) + 1 for n in names], canonical=True)
    search = planner(stock, forward, inverse, power)
    lines = []
    for number, row in enumerate(pairs.itertuples()):
        table = search.predict(row.target, top=10, calls=calls, reactions=2)
        routes = table.route.tolist()
        rank = routes.index(route_of(row)) + 1 if route_of(row) in routes else 0
        lines.append((number, "two reactions", rank, bool(table.round_trip.any())))
    forward.save()
    inverse.save()
    return pd.DataFrame(lines, columns=["target", "method", "rank", "round_trip"])


# ---- the report


def share(values):
    "A share in percent with its 95 % interval over targets."
    value, low, high = (100 * v for v in interval(np.mean, np.asarray(values, float)))
    return f"{value:.1f} ({low:.1f} to {high:.1f})"


def table_of(ranked, names):
    "Lines of a table: methods against the k of top-k."
    lines = ["| method | " + " | ".join(f"top-{k}" for k in TOPS) + " | round trip of the first |"]
    lines.append("|---" * (len(TOPS) + 2) + "|")
    for method, name in names.items():
        rows = ranked[ranked.method == method]
        if not len(rows):
            continue
        hits = [share((rows["rank"] > 0) & (rows["rank"] <= k)) for k in TOPS]
        trip = share(rows.round_trip) if method not in NO_TRIP else ""
        lines.append(f"| {name} | " + " | ".join(hits) + f" | {trip} |")
    return lines


NO_TRIP = ("precedents", "precedents, forward", "templates", "templates, forward")


def choose_way(forward, inverse):
    "The prior and power that put most truths first on the validation part, without a stock."
    ways = [(prior, power) for prior in ("counts", "flat") for power in POWERS]
    ranked = ranks(drawn("valid", CHOOSE), stocks_of("c"), forward, inverse, ways)
    ranked.to_csv(FOLDER / "chosen_by.csv", index=False)
    first = ranked[ranked["rank"] == 1].groupby("method").size()
    scores = {way: int(first.get(f"{way[0]} {way[1]:g}", 0)) for way in ways}
    return max(scores, key=scores.get), scores


def report(results, chosen, scores, number, speed):
    "The lines of reactions.md."
    words = f"{chosen[0]} prior, power {chosen[1]:g}, chosen on validation"
    names = {
        "inverse": "inverse model alone",
        "counts 1": "posterior, prior by counts",
        "flat 1": "posterior, flat prior",
        f"{chosen[0]} {chosen[1]:g}": f"inverse model and posterior together ({words})",
        "precedents": f"templates of the {PRECEDENTS} most similar training reactions",
        "precedents, forward": "the same, by likelihood times prior",
        "templates": "91 published templates, by the prior",
        "templates, forward": "the same, by likelihood times prior",
    }
    lines = [
        "# Retrosynthesis on USPTO-50k",
        "",
        (
            f"{number} products drawn from USPTO-50k's test part (seed 0); none of them was "
            "trained on. Shares in percent with 95 % bootstrap intervals over targets. A set "
            "counts if it is exactly that of the patent, stereochemistry included. The forward "
            "model may be asked "
            f"about {CALLS} sets a target (beam {BEAM}); the inverse model proposes {WIDTH}."
        ),
        "",
        (
            "Counts of the prior are uses in USPTO-50k's training part, plus one for every "
            "compound, so that a true reactant of a test row does not stand out. Sets that the "
            "likelihood refuses stand behind all others, in the order of the inverse model."
        ),
    ]
    for stock, ranked in results.items():
        if stock == "two":
            continue
        size = "" if stock == "c" else f", {len(listed(stock)):,} compounds"
        count = ranked[ranked.method == "inverse"].target.nunique()
        lines += ["", f"## Stock ({stock}): {STOCKS[stock]}{size}; {count} targets", ""]
        lines += table_of(ranked, names)
    first = ", ".join(f"{prior} {power:g}: {count}" for (prior, power), count in scores.items())
    text = f"Truths ranked first of {CHOOSE} validation targets, stock (c), by prior and power: "
    lines += ["", f"{text}{first}."]
    if "two" in results:
        rows = results["two"]
        lines += [
            "",
            "## Two reactions",
            "",
            (
                f"{len(rows)} targets of held-out pairs, stock (a) without their intermediates. "
                "Among the first ten routes is one of which the forward model confirms every "
                "reaction for "
                f"{share(rows.round_trip)} % of the targets, and exactly the patents' route of two "
                f"reactions for {share(rows['rank'] > 0)} %."
            ),
        ]
    lines += ["", *speed, ""]
    lines.append(
        "For orientation, not the same targets and stock: Guo et al. (2020) report 80.3 % top-10 "
        "for one reaction and 50.0 % for two (arXiv; 81.8 and 33.3 % in print), at about six "
        "hours a target; LocalRetro 53.4 and 85.9 % top-1 and top-10 without a stock."
    )
    lines += [
        "",
        f"{versions('torch', 'rdkit')}. Machine: {machine()}, shared with other work.",
        "",
    ]
    return lines


def main(number):
    forward, inverse = networks()
    chosen, scores = choose_way(forward, inverse)
    print(f"{chosen}: {scores}", flush=True)
    targets = drawn("test", number)
    ways = list(dict.fromkeys([("counts", 1.0), ("flat", 1.0), chosen]))
    results = {}
    for name in STOCKS:
        stocks = stocks_of(name)
        ranked = ranks(targets, stocks, forward, inverse, ways)
        others = baselines(targets, stocks["counts"], forward)
        results[name] = pd.concat([ranked, others])
    results["two"] = two_steps(two_step_pairs(PAIRS), forward, inverse, chosen[1])
    speed = [
        speed_line(forward, "forward model, a set"),
        speed_line(inverse, "inverse model, a target"),
    ]
    everything = pd.concat(results, names=["stock"]).reset_index("stock")
    everything["reactions"] = np.where(everything.stock == "two", 2, 1)
    path = Path(mdp.__file__).parent / "facts" / "retrosynthesis_ranks.csv"
    everything.to_csv(path, index=False)
    write_report("reactions", report(results, chosen, scores, number, speed))


def speed_line(model, name):
    "Processor time of the answers that were new in this run."
    if not model.asked:
        return f"{name}: all answers were kept from an earlier run."
    return f"{name}: {1e3 * model.seconds / model.asked:.0f} processor ms ({model.asked:,} new)."


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
