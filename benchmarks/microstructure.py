"""Image statistics compared with PoreSpy's, scikit-image's and PyMKS's: are the numbers equal, and
how many times faster? All in one run, one thread each.

usage: python benchmarks/microstructure.py     (makes the peers' environments on the first run: a
minute and 1 GB)
"""

import json
import tempfile
from pathlib import Path
from _common import cpu, machine, run_peer, write_report  # first: it sets one thread
import numpy as np
import scipy.fft
from scipy.ndimage import gaussian_filter
from mdp.core.profiles import versions
from mdp.represent.microstructure import chord_length, feret, lineal_path, radial, two_point

HERE = Path(__file__).parent


def ours(stack):
    "Median CPU seconds of each statistic, under the names the tables use."
    im, k = stack[0], 101 if stack.shape[-1] <= 128 else 9
    t = {}
    for tag, periodic in (("periodic", True), ("open", False)):
        t[tag] = dict(
            map=cpu(lambda: two_point(im, periodic=periodic), k),
            cross=cpu(lambda: two_point(im, ~im, periodic), k),
            ring=cpu(lambda: radial(two_point(im, periodic=periodic)), k),
            batch=cpu(lambda: two_point(stack, periodic=periodic), 5) / len(stack),
            ring_batch=cpu(lambda: radial(two_point(stack, periodic=periodic)), 5) / len(stack),
        )
    return t | dict(
        path=cpu(lambda: lineal_path(im), k),
        chords=cpu(lambda: chord_length(im[::2]), k),
        feret=cpu(lambda: feret(im), k),
    )


def main():
    rng = np.random.default_rng(0)
    images = {
        n: np.stack(
            [gaussian_filter(rng.normal(size=(n, n)), 3, mode="wrap") > 0.2 for _ in range(k)]
        )
        for n, k in ((128, 64), (512, 4))
    }
    with tempfile.TemporaryDirectory() as tmp:
        tmp = Path(tmp)
        np.savez(tmp / "images.npz", **{str(n): x for n, x in images.items()})
        for x in images.values():
            ours(x)  # compiles
        got, times = {}, {n: [ours(x)] for n, x in images.items()}
        for name in ("porespy", "pymks"):
            run_peer(
                name,
                f"peer_{name}.py",
                tmp / "images.npz",
                tmp / f"{name}.npz",
                home=tmp,
            )
            got[name] = dict(np.load(tmp / f"{name}.npz"))
            for n, x in images.items():
                times[n].append(ours(x))
    about = {name: json.loads(str(g["about"])) for name, g in got.items()}
    P, K = got["porespy"], got["pymks"]

    def mine(n, *path):
        "Ours, the median of the runs before, between and after the peers."

        def get(t):
            for p in path:
                t = t[p]
            return t

        return float(np.median([get(t) for t in times[n]]))

    lines = [
        "# Image statistics compared with PoreSpy, scikit-image and PyMKS",
        "",
        "## Equal?",
        "",
        "The same image (random blobs, about 0.4 of it filled) by both.",
        "",
        "| statistic | peer | pixels | largest difference |",
        "|---|---|---|---|",
    ]
    for n, x in images.items():
        im = x[0]
        for tag, periodic in (("periodic", True), ("open", False)):
            for cross, b in (("", None), ("_cross", ~im)):
                S = two_point(im, b, periodic, reach=(n - 1) // 2)
                theirs = K[f"{n}_{tag}{cross}"][..., : S.shape[-2], : S.shape[-1]]
                lines.append(
                    (
                        f"| two-point map, {tag}{', cross' if cross else ''}, `two_point` | "
                        f"PyMKS | {n} | "
                        f"{np.abs(S - theirs).max():.0e} |"
                    )
                )
        lines.append(
            (
                f"| two-point, rings, open, `radial` | PoreSpy | {n} | "
                f"{np.abs(radial(two_point(im)) - P[f'{n}_S2']).max():.0e} |"
            )
        )
        L = lineal_path(im)
        ahead = [(P[f"{n}_ahead"] >= z + 1).sum() / (n * (n - z)) for z in range(len(L))]
        lines.append(
            (
                "| `lineal_path` (PoreSpy gives the distance ahead of each pixel; counted) | "
                f"PoreSpy | {n} | {np.abs(L - ahead).max():.0e} |"
            )
        )
        lines.append(
            (
                f"| `chord_length`, every second row, chords | PoreSpy | {n} | "
                f"{np.abs(chord_length(im[::2]) - P[f'{n}_chords']).max()} |"
            )
        )
        f, g = feret(im).sort_values(["area", "max"]), P[f"{n}_feret"]
        g = g[np.lexsort(g.T[::-1])]
        assert (f.area.to_numpy() == g[:, 0]).all()
        lines.append(
            (
                "| `feret`, max, pixels (scikit-image measures to the middle of the pixels' "
                f"edges, we to their corners: at most 1 more) | scikit-image | {n} | "
                f"{(f['max'].to_numpy() - g[:, 1]).min():.2f} to "
                f"{(f['max'].to_numpy() - g[:, 1]).max():.2f} |"
            )
        )

    lines += [
        "",
        "## How fast?",
        "",
        "CPU milliseconds of one call on one image, or per image of a stack; one thread.",
        "",
        "| statistic | pixels | peer | peer (ms) | mdp (ms) | ratio |",
        "|---|---|---|---|---|---|",
    ]

    def row(what, n, name, theirs, t):
        lines.append(
            (
                f"| {what} | {n} | {name} | {1e3 * theirs:.3g} | {1e3 * t:.3g} | "
                f"**{theirs / t:,.0f}** |"
            )
        )

    for n, x in images.items():
        T = about["porespy"]["times"][str(n)]
        U = {tag: about["pymks"]["times"][f"{n}_{tag}"] for tag in ("periodic", "open")}
        row("two-point, rings, open", n, "PoreSpy", T["S2"], mine(n, "open", "ring"))
        row(
            f"two-point, rings, open, stack of {len(x)}",
            n,
            "PoreSpy",
            T["S2_batch"],
            mine(n, "open", "ring_batch"),
        )
        for tag in U:
            row(f"two-point, map, {tag}", n, "PyMKS", U[tag]["map"], mine(n, tag, "map"))
            row(f"two-point, map, {tag}, cross", n, "PyMKS", U[tag]["cross"], mine(n, tag, "cross"))
            row(f"two-point, rings, {tag}", n, "PyMKS", U[tag]["ring"], mine(n, tag, "ring"))
            row(
                f"two-point, map, {tag}, stack of {len(x)}",
                n,
                "PyMKS",
                U[tag]["batch"],
                mine(n, tag, "batch"),
            )
        row("lineal path", n, "PoreSpy", T["path"], mine(n, "path"))
        row("chords, every second row", n, "PoreSpy", T["chords"], mine(n, "chords"))
        row(
            "Feret (scikit-image: max; mdp: mean, max, min)",
            n,
            "scikit-image",
            T["feret"],
            mine(n, "feret"),
        )
    x = images[128][0].astype("f4")
    limit = cpu(lambda: scipy.fft.irfft2(scipy.fft.rfft2(x)), 101)
    lines += [
        "",
        (
            "Under every two-point number lies a Fourier transform: there and back alone take "
            f"{1e3 * limit:.2g} ms at 128 pixels (scipy, single precision). "
            "In a stack PyMKS spreads its overhead, and that limit sets the ratio."
        ),
    ]
    lines += [
        "",
        (
            f"Ours: {versions('numpy', 'scipy', 'numba')}; median of calls before, between and "
            "after the peers; compilation (kept on disk) is not counted."
        ),
        *(
            f"{name}: {', '.join(f'{k} {v}' for k, v in a['versions'].items())}."
            for name, a in (("PoreSpy", about["porespy"]), ("PyMKS", about["pymks"]))
        ),
        "PoreSpy and dask are told to use one thread; their first call is not counted either.",
        f"Machine: {machine()}.",
        "",
    ]
    write_report("microstructure", lines)


if __name__ == "__main__":
    main()
