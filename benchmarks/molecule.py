"""Fingerprints and RDKitDescriptors compared with XenonPy's: are the bits equal, and how many times
faster? Both in one run, one thread each.

usage: python benchmarks/molecule.py     (makes XenonPy's environment on the first run: some minutes
and 5 GB)
"""

import json
import tempfile
from pathlib import Path
from _common import cpu, machine, run_peer, write_report  # first: it sets one thread
import numpy as np
import pandas as pd
from mdp.core.profiles import versions
from mdp.data import load
from mdp.represent.molecule import Fingerprints, RDKitDescriptors

HERE = Path(__file__).parent
N, FEW = 2_000, 300  # molecules; for the descriptors
PEER = dict(
    RDKit="RDKitFP",
    AtomPair="AtomPairFP",
    Torsion="TopologicalTorsionFP",
    MACCS="MACCS",
    ECFP="ECFP",
    FCFP="FCFP",
    Pattern="PatternFP",
    Layered="LayeredFP",
    MHFP="MHFP",
)
COUNTED = ("RDKit", "AtomPair", "Torsion", "ECFP", "FCFP")

IODINE = ", all with iodine, which the two versions of RDKit code otherwise"


def main():
    every = load("organic_logp").smiles.tolist() + load("freesolv").smiles.tolist()
    smiles = pd.Series(every).drop_duplicates().sample(N, random_state=0).tolist()
    runs = (
        {k: (c, {}, N) for k, c in PEER.items()}
        | {f"{k}, counts": (PEER[k], {"counting": True}, N) for k in COUNTED}
        | {"RDKit's descriptors": ("DescriptorFeature", {}, FEW)}
    )
    series = pd.Series(smiles)

    def ours(label):
        kind, _, counts = label.partition(", ")
        return (
            Fingerprints(kind, counts=bool(counts), workers=1)
            if kind in PEER
            else RDKitDescriptors(workers=1, on_error="nan")
        )

    with tempfile.TemporaryDirectory() as tmp:
        tmp = Path(tmp)
        (tmp / "job.json").write_text(json.dumps(dict(smiles=smiles, runs=runs)))
        ours("ECFP").transform(series[:10])
        before = {k: cpu(lambda: ours(k).transform(series[:n]), 3) for k, (_, _, n) in runs.items()}
        run_peer("xenonpy", "peer_xenonpy_molecule.py", tmp / "job.json", tmp / "out.npz", home=tmp)
        after = {k: cpu(lambda: ours(k).transform(series[:n]), 3) for k, (_, _, n) in runs.items()}
        theirs = dict(np.load(tmp / "out.npz"))

    lines = [
        "# Molecular fingerprints and descriptors compared with XenonPy",
        "",
        (
            f"From SMILES to a DataFrame, {N:,} molecules of logP and hydration tables ({FEW} "
            "for the descriptors), CPU seconds, one thread."
        ),
        "",
        "| what | columns | rows that differ | XenonPy (s) | mdp (s) | ratio | mdp, molecules/s |",
        "|---|---|---|---|---|---|---|",
    ]
    notes = []
    for k, (_, _, n) in runs.items():
        X = ours(k).transform(series[:n])
        if k in PEER or ", " in k:
            assert list(X.columns) == theirs[f"{k} names"].tolist()
            differ = (X.to_numpy() != theirs[k]).any(1)
            if differ.any():
                iodine = series[:n][differ].str.contains("I").all()
                notes.append(
                    (
                        f"{k}: {differ.sum()} of {n:,} rows "
                        f"differ{IODINE if iodine else ''}; "
                        f"the first is `{series[:n][differ].iloc[0]}`."
                    )
                )
            shown = int(differ.sum())
        else:
            shared = [c for c in X.columns if c in set(theirs[f"{k} names"])]
            T = pd.DataFrame(theirs[k], columns=theirs[f"{k} names"])[shared]
            off = ~np.isclose(X[shared], T, rtol=1e-6, atol=1e-9, equal_nan=True) & np.isfinite(
                T.to_numpy()
            )
            shown = int(off.any(1).sum())
            notes += [
                (
                    f"Descriptors: {len(shared)} of ours and XenonPy's {T.shape[1]} are "
                    "shared; new in RDKit since: "
                    f"{', '.join(sorted(set(X.columns) - set(shared)))}."
                ),
                "Defined otherwise in the newer RDKit (rows that differ): "
                + ", ".join(f"{c} {int(v)}" for c, v in zip(shared, off.sum(0)) if v)
                + ".",
            ]
        t = (before[k] + after[k]) / 2
        s = float(theirs[f"{k} seconds"])
        lines.append(
            (
                f"| {k} | {X.shape[1]:,} | {shown or 'none'} | {s:.2f} | {t:.3f} | "
                f"**{s / t:.1f}** | {n / t:,.0f} |"
            )
        )
    lines += [
        "",
        *[f"- {n}" for n in notes],
        "",
        (
            "Where RDKit itself is slow (MACCS, Layered, MHFP, the descriptors) both sides "
            "wait for it, each in its own version: no wrapping "
            "can help, and the newer version may be the slower one. Threads and processes are "
            "left out here."
        ),
        (
            "MHFP hashes the SMILES of fragments, which RDKit writes otherwise from version to "
            "version."
        ),
        "",
        (
            f"Ours: {versions('rdkit', 'numpy', 'pandas')}; mean of the medians of three calls "
            f"before and after XenonPy's run. "
            f"XenonPy 0.6.7 with RDKit {theirs['rdkit']}, n_jobs=1. "
            f"Machine: {machine()}."
        ),
        "",
    ]
    write_report("molecule", lines)


if __name__ == "__main__":
    main()
