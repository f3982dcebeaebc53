"""Runs in PyMKS's own environment, one thread: two-point statistics of the given images and their
CPU seconds, for benchmarks/microstructure.py.

usage: peer_pymks.py IMAGES.npz OUT.npz
"""

import json
import sys
import time
import warnings

warnings.simplefilter("ignore")
import dask
import numpy as np
import pymks
import scipy
from pymks.fmks.pair_correlations import paircorr_from_twopoint

dask.config.set(scheduler="single-threaded")
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
    x, few = stack.astype(float), 31 if stack.shape[-1] <= 128 else 5
    one = x[:1]

    def stats(a, b, periodic):
        return pymks.two_point_stats(a, b, periodic_boundary=periodic)

    def ring(a, periodic):
        return paircorr_from_twopoint(stats(a, a, periodic))

    for periodic in (True, False):
        tag = f"{name}_{'periodic' if periodic else 'open'}"
        out |= {tag: stats(one, one, periodic)[0], tag + "_cross": stats(one, 1 - one, periodic)[0]}
        times[tag] = dict(
            map=cpu(lambda: stats(one, one, periodic), few),
            cross=cpu(lambda: stats(one, 1 - one, periodic), few),
            ring=cpu(lambda: ring(one, periodic), few),
            batch=cpu(lambda: stats(x, x, periodic), 3) / len(x),
        )
versions = {
    "python": sys.version.split()[0],
    "pymks": pymks.__version__,
    **{m.__name__: m.__version__ for m in (dask, np, scipy)},
}
np.savez(sys.argv[2], about=json.dumps(dict(times=times, versions=versions)), **out)
