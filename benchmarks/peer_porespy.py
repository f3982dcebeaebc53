"""Runs in PoreSpy's own environment, one thread: its statistics of the given images and their CPU
seconds, for benchmarks/microstructure.py.

usage: peer_porespy.py IMAGES.npz OUT.npz
"""

import json
import sys
import time
import warnings

warnings.simplefilter("ignore")
import numba
import numpy as np
import porespy as ps
import scipy
import skimage
from skimage.measure import label, regionprops

ps.settings.tqdm["disable"], ps.settings.ncores = True, 1
images = dict(np.load(sys.argv[1]))
out = {}
times = {}


def cpu(fn, repeats):
    fn()
    seconds = []
    for _ in range(repeats):
        t = time.process_time()
        fn()
        seconds.append(time.process_time() - t)
    return float(np.median(seconds))


for name, stack in images.items():
    im = stack[0]
    n = stack.shape[-1]
    few = 31 if stack.shape[-1] <= 128 else 5
    edges = np.arange(n // 2 + 2) - 0.5

    def S2(x):
        return ps.metrics.two_point_correlation(x, bins=edges).probability_scaled

    def ahead(x):
        return ps.filters.distance_transform_lin(x, axis=1, mode="forward")

    def path(x):
        return ps.metrics.lineal_path_distribution(ahead(x), bins=np.arange(n // 2 + 2) + 0.5)

    def chords(x):
        return ps.metrics.chord_counts(
            ps.filters.apply_chords(x, spacing=1, axis=1, trim_edges=False)
        )

    def feret(x):
        return [(p.area, p.feret_diameter_max) for p in regionprops(label(x))]

    out |= {
        f"{name}_S2": S2(im),
        f"{name}_ahead": ahead(im),
        f"{name}_chords": np.bincount(chords(im), minlength=n + 1),
        f"{name}_feret": np.array(feret(im)),
    }
    times[name] = dict(
        S2=cpu(lambda: S2(im), few),
        path=cpu(lambda: path(im), few),
        chords=cpu(lambda: chords(im), few),
        feret=cpu(lambda: feret(im), 9),
        S2_batch=cpu(lambda: [S2(x) for x in stack], 3) / len(stack),
    )
versions = {
    "python": sys.version.split()[0],
    "porespy": ps.__version__,
    "scikit-image": skimage.__version__,
    **{m.__name__: m.__version__ for m in (np, scipy, numba)},
}
np.savez(sys.argv[2], about=json.dumps(dict(times=times, versions=versions)), **out)
