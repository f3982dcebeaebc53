"""Runs in XenonPy's own environment, one thread: features and CPU seconds of its Compositions, for
benchmarks/composition.py.

usage: peer_xenonpy.py JOB.json ELEMENTS.csv OUT.npz
"""

import json
import sys
import time
import warnings

warnings.simplefilter("ignore")
import numpy as np
import pandas as pd
from pymatgen.core import Composition
from xenonpy.datatools.preset import Preset
from xenonpy.descriptor import Compositions

job, elements, out = sys.argv[1:]
table = pd.read_csv(elements, index_col=0, keep_default_na=False).astype(float)
Preset.elements_completed = property(
    lambda self: table
)  # XenonPy would download this very table; `Counting` reads it even when one is given
job = json.load(open(job))
result = {
    "versions": json.dumps(
        {"python": sys.version.split()[0], **{m.__name__: m.__version__ for m in (np, pd)}}
    )
}

classic = Compositions(n_jobs=1)
classic.transform([Composition("Fe2O3")])
for n in job["sizes"]:
    t = time.process_time()
    comps = [Composition(f) for f in job["formulas"][:n]]
    parse = time.process_time() - t
    t = time.process_time()
    X = classic.transform(comps)
    mix = time.process_time() - t
    result[f"seconds_{n}"] = np.array([parse, mix])
result["classic"], result["names"] = X.to_numpy(float), np.array(X.columns.tolist())

everything = Compositions(n_jobs=1, featurizers="all").transform(job["dicts"])
result["all"], result["names_all"] = (
    everything.to_numpy(float),
    np.array(everything.columns.tolist()),
)

holes = table.iloc[:, :12].copy()
holes[holes > holes.quantile(0.9)] = np.nan  # a custom table with missing values
result["custom"] = (
    Compositions(n_jobs=1, elemental_info=holes).transform(job["dicts"]).to_numpy(float)
)
np.savez(out, **result)
