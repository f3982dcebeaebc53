"""Runs in XenonPy's own environment, one process: its fingerprints and RDKit descriptors, for
benchmarks/molecule.py.

usage: peer_xenonpy_molecule.py JOB.json OUT.npz
"""

import json
import sys
import time
import warnings

warnings.simplefilter("ignore")
import numpy as np
import rdkit
from rdkit import RDLogger

RDLogger.DisableLog("rdApp.*")
from xenonpy.descriptor import fingerprint

job, out = json.load(open(sys.argv[1])), sys.argv[2]
result = {"rdkit": rdkit.__version__}
for label, (name, options, n) in job["runs"].items():
    f = getattr(fingerprint, name)(n_jobs=1, input_type="smiles", return_type="df", **options)
    f.transform(job["smiles"][:2])
    t = time.process_time()
    X = f.transform(job["smiles"][:n])
    result[f"{label} seconds"], result[label], result[f"{label} names"] = (
        time.process_time() - t,
        X.to_numpy(float),
        np.array(X.columns.tolist()),
    )
np.savez(out, **result)
