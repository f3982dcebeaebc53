"""Runs in freud's own environment, one thread: its numbers of a cell of atoms and their CPU
seconds, for benchmarks/matter.py.

usage: peer_freud.py CELL.npz OUT.npz
"""

import json
import sys
import time
import freud
import numpy as np

freud.parallel.set_num_threads(1)
given = dict(np.load(sys.argv[1]))
box = freud.box.Box.cube(float(given["edge"]))
points = box.wrap(given["positions"] - given["edge"] / 2)
cutoff = float(given["cutoff"])
system = box, points
near = {"r_max": cutoff, "exclude_ii": True}


def pair_distribution():
    "g(r) in 60 shells."
    return freud.density.RDF(60, float(given["r_max"])).compute(system).rdf


def steinhardt(average):
    "q6 of each atom."
    order = freud.order.Steinhardt(6, average=average)
    return order.compute(system, neighbors=near).particle_order


def cpu(function, repeats=21):
    "Median CPU seconds of a call; the first is not counted."
    function()
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        function()
        seconds.append(time.process_time() - start)
    return float(np.median(seconds))


functions = {
    "g": pair_distribution,
    "q6": lambda: steinhardt(False),
    "averaged q6": lambda: steinhardt(True),
}
times = {name: cpu(function) for name, function in functions.items()}
about = {"times": times, "versions": {"freud": freud.__version__, "numpy": np.__version__}}
results = {name: np.asarray(function()) for name, function in functions.items()}
np.savez(sys.argv[2], about=json.dumps(about), **results)
