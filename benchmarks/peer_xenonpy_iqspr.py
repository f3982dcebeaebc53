"""Runs in XenonPy's own environment, one thread: its NGram and IQSPR, for benchmarks/iqspr.py.

usage: peer_xenonpy_iqspr.py JOB.json OUT.json
"""

import json
import sys
import time
import warnings

warnings.simplefilter("ignore")
import numpy as np
import pandas as pd
from rdkit import Chem, RDLogger

RDLogger.DisableLog("rdApp.*")
from xenonpy.descriptor import ECFP, MACCS
from xenonpy.descriptor.base import BaseDescriptor
from xenonpy.inverse.iqspr import IQSPR, GaussianLogLikelihood, NGram


class Both(BaseDescriptor):
    def __init__(self):
        super().__init__()
        self.fp = ECFP(1, input_type="smiles", on_errors="nan")
        self.fp = MACCS(1, input_type="smiles", on_errors="nan")


job = json.load(open(sys.argv[1]))
np.random.seed(0)
out = {}
gram = NGram(sample_order=10, reorder_prob=0.5, del_range=(1, 10))
t = time.process_time()
gram.fit(job["train"], train_order=10)
out["fit"] = time.process_time() - t

out["next"] = []
for tokens in job["prefixes"]:  # what follows a beginning: the oracle for our table
    rows = gram.smi2esmi("".join(tokens["smiles"])).iloc[: tokens["n"]]
    words, p = gram.get_prob(
        rows["substr"].iloc[-1], rows["n_br"].iloc[-1] > 0, rows["n_ring"].iloc[-1]
    )
    out["next"].append({str(w): float(x) for w, x in zip(words, p) if x > 0})

t = time.process_time()
new = gram.proposal(job["parents"])
out["propose"] = time.process_time() - t
out["unchanged"] = float(
    np.mean([Chem.CanonSmiles(a) == Chem.CanonSmiles(b) for a, b in zip(job["parents"], new)])
)
gram.on_errors = lambda e: None  # it would hand back the parent of a failed one
out["valid"] = float(np.mean([s is not None for s in gram.proposal(job["parents"])]))
del gram.on_errors

model = GaussianLogLikelihood(Both(), targets={k: tuple(v) for k, v in job["regions"].items()})
model.fit(pd.Series(job["known"]), pd.DataFrame(job["y"]))
steps = IQSPR(estimator=model, modifier=gram)(
    pd.Series(job["start"]), beta=job["betas"], yield_lpf=True
)
next(steps)
t = time.process_time()
for _ in steps:
    pass
out["step"] = (time.process_time() - t) / (len(job["betas"]) - 1)
json.dump(out, open(sys.argv[2], "w"))
