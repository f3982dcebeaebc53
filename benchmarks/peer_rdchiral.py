"""Reactants by precedent: templates of the most similar training reactions, applied to a target.

usage: peer_rdchiral.py INPUT OUTPUT

INPUT, JSON: `reactions` (mapped, reactants>>product), `targets` (SMILES), `number` (precedents).
OUTPUT, JSON: for each target a list of [score, reactants], the best first.

After Coley et al., ACS Cent. Sci. 3, 1237 (2017): the score is the similarity of the products
times the similarity of the reactants. Templates are found and applied by rdchiral.
"""

import contextlib
import io
import json
import sys
from functools import lru_cache
import numpy as np
from rdchiral.initialization import rdchiralReactants, rdchiralReaction
from rdchiral.main import rdchiralRun
from rdchiral.template_extractor import extract_from_reaction
from rdkit import Chem, DataStructs, RDLogger
from rdkit.Chem import rdFingerprintGenerator

RDLogger.DisableLog("rdApp.*")
FEATURES = rdFingerprintGenerator.GetMorganFeatureAtomInvGen()
GENERATOR = rdFingerprintGenerator.GetMorganGenerator(
    radius=2, atomInvariantsGenerator=FEATURES, includeChirality=True
)


@lru_cache(200_000)
def fingerprint(smiles):
    return GENERATOR.GetCountFingerprint(Chem.MolFromSmiles(smiles))


def unmapped(smiles):
    mol = Chem.MolFromSmiles(smiles)
    for atom in mol.GetAtoms():
        atom.SetAtomMapNum(0)
    return Chem.MolToSmiles(mol)


@lru_cache(200_000)
def template(reaction):
    "The reaction backwards, as rdchiral wants it; None where no template is found."
    reactants, product = reaction.split(">>")
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            found = extract_from_reaction(dict(reactants=reactants, products=product, _id=0))
            return rdchiralReaction(found["reaction_smarts"])
        except Exception:  # rdchiral and RDKit raise of every kind; no template then
            return None


def proposals(target, reactions, prints, number):
    "(score, reactants) of a target, the best first."
    mine = fingerprint(target)
    similar = np.array(DataStructs.BulkTanimotoSimilarity(mine, prints))
    reactant = rdchiralReactants(target)
    found = {}
    for row in np.argsort(-similar, kind="stable")[:number]:
        rule = template(reactions[row])
        if rule is None:
            continue
        try:
            outcomes = rdchiralRun(rule, reactant)
        except Exception:  # a rule that cannot be applied
            continue
        precedent = fingerprint(unmapped(reactions[row].split(">>")[0]))
        for outcome in outcomes:
            name = ".".join(sorted(Chem.CanonSmiles(outcome).split(".")))
            likeness = DataStructs.TanimotoSimilarity(fingerprint(name), precedent)
            found[name] = max(found.get(name, 0.0), float(similar[row]) * likeness)
    return sorted(([score, name] for name, score in found.items()), reverse=True)


def main(source, result):
    with open(source) as file:
        given = json.load(file)
    reactions = given["reactions"]
    prints = [fingerprint(unmapped(reaction.split(">>")[1])) for reaction in reactions]
    answers = []
    for number, target in enumerate(given["targets"]):
        answers.append(proposals(target, reactions, prints, given["number"]))
        if number % 50 == 49:
            print(f"{number + 1} of {len(given['targets'])} targets", flush=True)
    with open(result, "w") as file:
        json.dump(answers, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
