"""Compositions beside XenonPy's: are the numbers equal, and how many times faster? Both in one run,
one thread each.

usage: python benchmarks/composition.py     (makes XenonPy's environment on the first run: some
minutes and 5 GB)
"""

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

for v in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[v] = "1"
import numpy as np
import pandas as pd
from mdp.core.store import atomic_write
from mdp.core.profiles import versions
from mdp.data.fetch import cache_dir
from mdp.data import load
from mdp.represent.composition import Compositions

HERE = Path(__file__).parent
SIZES = (100, 1_000, 10_000)


def peer(requirements, python="3.11"):
    """The Python of an environment that holds `requirements`.

    Made when it is missing, made again when they change.
    """
    env = (
        cache_dir()
        / "peers"
        / f"{requirements.stem}-{hashlib.sha256(requirements.read_bytes()).hexdigest()[:8]}"
    )
    exe = env / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if (env / "ready").exists():
        return exe
    shutil.rmtree(env, ignore_errors=True)
    print(f"making the environment of {requirements.stem} (once)", flush=True)
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    if uv:
        steps = [
            [uv, "venv", "-q", "--python", python, env],
            [uv, "pip", "install", "-q", "--python", exe, "-r", requirements],
        ]
    elif platform.python_version().startswith(python + "."):
        steps = [
            [sys.executable, "-m", "venv", env],
            [exe, "-m", "pip", "install", "-q", "-r", requirements],
        ]
    else:
        sys.exit(
            (
                f"{requirements.stem} needs Python {python}: install uv (pip install uv), "
                f"which can fetch it, or run this with Python {python}"
            )
        )
    for step in steps:
        subprocess.run(step, check=True)
    (env / "ready").touch()
    return exe


def cpu(fn, repeats):
    "Median CPU seconds of a call."
    seconds = []
    for _ in range(repeats):
        t = time.process_time()
        fn()
        seconds.append(time.process_time() - t)
    return float(np.median(seconds))


def deviation(ours, theirs, names, stats):
    """For columns of these statistics.

    How many, the largest relative deviation where theirs is finite, and in how many only one of the
    two is NaN.
    """
    column = {c: i for i, c in enumerate(names)}
    at = [i for c, i in column.items() if c.split(":")[0] in stats]
    floor = np.full(ours.shape, 1e-300)
    for c, i in column.items():  # a variance that is zero but for rounding: measured against x^2
        if c.startswith("var:"):
            floor[:, i] = (
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
    floor = floor[:, at]
    both = np.isfinite(b)
    return (
        a.size,
        float((np.abs(a - b)[both] / np.maximum(np.abs(b), floor)[both]).max()),
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
                rng.integers(0, 9, k) + (i % 2) * rng.random(k),
            )
        }
        for i, k in enumerate(rng.integers(1, 9, 2_000))
    ]
    dicts = [d for d in dicts if sum(d.values()) > 0]
    with tempfile.TemporaryDirectory() as tmp:
        tmp = Path(tmp)
        (tmp / "job.json").write_text(
            json.dumps(dict(formulas=formulas, dicts=dicts, sizes=SIZES + (len(formulas),)))
        )
        elements.to_csv(tmp / "elements.csv")
        exe = peer(HERE / "xenonpy.txt")
        home = {
            "HOME": str(tmp),
            "USERPROFILE": str(tmp),
            "MPLCONFIGDIR": str(tmp),
            "MPLBACKEND": "agg",
        }  # XenonPy writes to the home folder when it is imported
        ours = Compositions()
        series = pd.Series(formulas)
        ours.transform(series)
        before = {n: cpu(lambda: ours.transform(series[:n]), 9) for n in SIZES}
        subprocess.run(
            [
                exe,
                HERE / "peer_xenonpy.py",
                tmp / "job.json",
                tmp / "elements.csv",
                tmp / "out.npz",
            ],
            check=True,
            env={**os.environ, **home},
        )
        after = {n: cpu(lambda: ours.transform(series[:n]), 9) for n in SIZES}
        theirs = dict(np.load(tmp / "out.npz"))

    lines = ["# Composition descriptors beside XenonPy", ""]
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
            f"{len(A):,} random dicts of 1 to 8 elements, zeros and fractions among them",
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
            "`hmean`: an element of zero amount whose property is zero makes 0/0 in XenonPy; "
            "here it does not count. `counting`: XenonPy cuts fractions off, here they stay."
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
    cpu_name = (
        next(
            (l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")),
            platform.machine(),
        )
        if Path("/proc/cpuinfo").exists()
        else platform.machine()
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
            f"n_jobs=1, one pass. Machine: {cpu_name}, {os.cpu_count()} cores, "
            f"{platform.system()}."
        ),
        "",
    ]
    text = "\n".join(lines)
    with atomic_write(HERE / "composition.md") as p:
        p.write_text(text)
    print(text)


if __name__ == "__main__":
    main()
