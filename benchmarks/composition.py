"""Compositions compared with XenonPy's: are the numbers equal, and how many times faster? Both in
one run, one thread each.

usage: python benchmarks/composition.py     (makes XenonPy's environment on the first run: some
minutes and 5 GB)
"""

import json
import tempfile
from pathlib import Path
from _common import cpu, machine, run_peer, write_report  # first: it sets one thread
import numpy as np
import pandas as pd
from mdp.core.profiles import versions
from mdp.data import load
from mdp.represent.composition import Compositions

SIZES = (100, 1_000, 10_000)


def deviation(ours, theirs, names, stats):
    """For columns of these statistics.

    How many, the largest relative deviation where theirs is finite, and in how many only one of the
    two is NaN.
    """
    column = {c: i for i, c in enumerate(names)}
    at = [i for c, i in column.items() if c.split(":")[0] in stats]
    least = np.full(ours.shape, 1e-300)
    for c, i in column.items():  # a variance that is zero but for rounding: measured against x^2
        if c.startswith("var:"):
            least[:, i] = (
                1e-12
                * np.nan_to_num(
                    np.fmax(
                        ours[:, column["max" + c[3:]]] ** 2, ours[:, column["min" + c[3:]]] ** 2
                    )
                )
                + 1e-300
            )
    a = ours[:, at]
    b = theirs[:, at]
    least = least[:, at]
    both = np.isfinite(b)
    return (
        a.size,
        float((np.abs(a - b)[both] / np.maximum(np.abs(b), least)[both]).max()),
        int((np.isnan(a) != np.isnan(b)).sum()),
    )


def main():
    elements = load("elements")
    formulas = (
        pd.concat([load("mp_gap").formula, load("expt_gap").formula])
        .drop_duplicates()
        .sample(12_000, random_state=0)
        .tolist()
    )
    rng = np.random.default_rng(0)
    dicts = [
        {
            str(e): float(n)
            for e, n in zip(
                rng.choice(elements.index, k, replace=False),
                rng.integers(1, 9, k) + (i % 2) * rng.random(k),
            )
        }
        for i, k in enumerate(rng.integers(1, 9, 2_000))
    ]
    with tempfile.TemporaryDirectory() as tmp:
        tmp = Path(tmp)
        (tmp / "job.json").write_text(
            json.dumps(dict(formulas=formulas, dicts=dicts, sizes=SIZES + (len(formulas),)))
        )
        elements.to_csv(tmp / "elements.csv")
        ours = Compositions()
        series = pd.Series(formulas)
        ours.transform(series)
        before = {n: cpu(lambda: ours.transform(series[:n]), 9) for n in SIZES}
        run_peer(
            "xenonpy",
            "peer_xenonpy.py",
            tmp / "job.json",
            tmp / "elements.csv",
            tmp / "out.npz",
            home=tmp,
        )
        after = {n: cpu(lambda: ours.transform(series[:n]), 9) for n in SIZES}
        theirs = dict(np.load(tmp / "out.npz"))

    lines = ["# Composition descriptors compared with XenonPy", ""]
    X = ours.transform(series)
    assert list(X.columns) == theirs["names"].tolist()
    lines += [
        "## Equal?",
        "",
        (
            "Largest deviation, relative to XenonPy's number; for a variance below 1e-12 x^2 "
            "(zero but for rounding) relative to that."
        ),
        "",
        "| what | statistic | numbers | deviation | NaN in one only |",
        "|---|---|---|---|---|",
    ]
    A = Compositions("all").set_output(transform="pandas").transform(dicts)
    assert list(A.columns) == theirs["names_all"].tolist()
    holes = elements.iloc[:, :12].astype(float)
    holes = holes.where(~(holes > holes.quantile(0.9)))
    H = Compositions(elements=holes).set_output(transform="pandas").transform(dicts)
    counts = list(elements.index)
    A[counts] = np.trunc(A[counts])  # XenonPy cuts fractions off
    basic = ("ave", "sum", "var", "max", "min")
    worst = 0.0
    for what, ours_, theirs_, stats in [
        (
            f"{len(X):,} formulas of the Materials Project",
            X,
            theirs["classic"],
            [(s,) for s in basic],
        ),
        (
            f"{len(A):,} random dicts of 1 to 8 elements, fractions among them",
            A,
            theirs["all"],
            [(s,) for s in basic + ("gmean", "hmean")] + [tuple(counts)],
        ),
        ("the same, a custom table with missing values", H, theirs["custom"], [basic]),
    ]:
        for stat in stats:
            size, d, nans = deviation(ours_.to_numpy(), theirs_, ours_.columns, stat)
            worst = max(worst, d)
            lines.append(
                (
                    f"| {what} | {'counting' if len(stat) > 9 else ', '.join(stat)} | {size:,} "
                    f"| {d:.1e} | {nans or ''} |"
                )
            )
    assert worst < 1e-9, worst
    lines += [
        "",
        (
            "An element of amount zero counts in XenonPy's largest and smallest values; here it is "
            "absent, so no such row is compared. `counting`: XenonPy cuts fractions off, here they "
            "stay."
        ),
    ]

    lines += [
        "",
        "## How fast?",
        "",
        (
            "From formula strings to a DataFrame of 290 columns, CPU seconds, one thread. "
            "XenonPy reads no strings: pymatgen reads them for it."
        ),
        "",
        (
            "| formulas | XenonPy, reading + mixing (s) | mdp (s) | ratio | ratio, XenonPy's "
            "reading left out | mdp, formulas/s |"
        ),
        "|---|---|---|---|---|---|",
    ]
    for n in SIZES:
        parse, mix = theirs[f"seconds_{n}"]
        t = (before[n] + after[n]) / 2
        lines.append(
            (
                f"| {n:,} | {parse:.3f} + {mix:.3f} | {t:.5f} | **{(parse + mix) / t:,.0f}** | "
                f"{mix / t:,.0f} | {n / t:,.0f} |"
            )
        )
    lines += [
        "",
        (
            f"Ours: {versions('numpy', 'pandas', 'numba')}; median of nine calls before and "
            "nine after XenonPy's run; the one-off compilation (kept on disk) is not counted."
        ),
        (
            "XenonPy: 0.6.7, "
            f"{', '.join(f'{k} {v}' for k, v in json.loads(str(theirs['versions'])).items())}, "
            f"n_jobs=1, one pass. Machine: {machine()}."
        ),
        "",
    ]
    write_report("composition", lines)


if __name__ == "__main__":
    main()
