"""Runs in a peer's own environment, one thread: RDF and OFM of each structure and CPU seconds, for
benchmarks/crystal.py.

usage: peer_crystal.py xenonpy|matminer STRUCTURES.json OUT.npz
"""

import json
import re
import sys
import time
import warnings

warnings.simplefilter("ignore")
import numpy as np
import pymatgen.core
from pymatgen.core import Element, Structure

name, given, out = sys.argv[1:]
structures = [Structure.from_dict(d) for d in json.load(open(given))]
ORBITALS = [
    f"{shell}{n}" for shell, most in zip("spdf", (2, 6, 10, 14)) for n in range(1, most + 1)
]

if name == "xenonpy":
    import xenonpy
    from xenonpy.descriptor import OrbitalFieldMatrix, RadialDistributionFunction

    about = f"XenonPy {xenonpy.__version__}"
    rdf = RadialDistributionFunction(n_jobs=1).featurize
    broken = OrbitalFieldMatrix(n_jobs=1).featurize(structures[0])

    def representation(
        symbol,
    ):  # the repair: pymatgen stopped writing HTML, so XenonPy finds no subshell
        shells = (
            ["s1"]
            if symbol == "H"
            else ["s2"]
            if symbol == "He"
            else [
                "".join(x)
                for x in re.findall(r"\.\d([spdf])(\d+)", Element(symbol).electronic_structure)
            ]
        )
        return np.array([float(o in shells) for o in ORBITALS])

    OrbitalFieldMatrix.get_element_representation = staticmethod(representation)
    ofm = OrbitalFieldMatrix(n_jobs=1).featurize
else:
    import importlib.metadata
    from matminer.featurizers.structure import OrbitalFieldMatrix, RadialDistributionFunction

    about, broken = f"matminer {importlib.metadata.version('matminer')}", np.zeros(1)
    rdf = RadialDistributionFunction(cutoff=20.0, bin_size=0.1).featurize
    table = OrbitalFieldMatrix(period_tag=False)

    def ofm(s):
        return np.asarray(table.featurize(s)).ravel()


def all_of(fn, most):
    rows, seconds = [], []
    for s in structures:
        if len(s) > most:
            rows.append(np.full_like(rows[0], np.nan))
            seconds.append(np.nan)
            continue
        t = time.process_time()
        try:
            rows.append(np.asarray(fn(s), float))
            seconds.append(time.process_time() - t)
        except KeyError:
            rows.append(np.full_like(rows[0], np.nan))
            seconds.append(np.nan)  # matminer knows no Cf
    return np.array(rows), np.array(seconds)


rdf(structures[0])
ofm(structures[0])
result = {}
for k, fn in (("rdf", rdf), ("ofm", ofm)):
    result[k], result[k + "_seconds"] = all_of(
        fn, 8 if (name, k) == ("matminer", "ofm") else np.inf
    )  # its 3 x 3 x 3 supercells take minutes
np.savez(
    out,
    about=f"{about} (Python {sys.version.split()[0]}, pymatgen {pymatgen.core.__version__}, "
    f"numpy {np.__version__})",
    broken=broken,
    **result,
)
