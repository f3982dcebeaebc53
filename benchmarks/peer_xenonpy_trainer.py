"""Runs in XenonPy's own environment, one thread: its Trainer on one network after another, for
benchmarks/library.py.

usage: peer_xenonpy_trainer.py JOB.npz OUT.npz
"""

import sys
import time
import warnings

warnings.simplefilter("ignore")
import numpy as np
import torch
from torch.utils.data import DataLoader
from xenonpy.model import SequentialLinear
from xenonpy.model.training import Adam, MSELoss, Trainer
from xenonpy.model.training.dataset import ArrayDataset
from xenonpy.model.training.extension import TensorConverter, Validator
from xenonpy.model.utils import regression_metrics

torch.set_num_threads(1)
job, out = sys.argv[1:]
d = dict(np.load(job))
epochs = int(d["epochs"])
batch = int(d["batch"])
hidden = tuple(int(h) for h in d["hidden"])


def train(seed, validator):
    """CPU seconds and test predictions of one network; `validator`.

    None, or how often the validation rows are looked at.
    """
    torch.manual_seed(seed)

    def loader(part, **kw):
        return DataLoader(
            ArrayDataset(d[f"X_{part}"], d[f"y_{part}"][:, None]), batch_size=batch, **kw
        )

    t = time.process_time()
    trainer = Trainer(optimizer=Adam(lr=0.01), loss_func=MSELoss(), epochs=epochs)
    trainer.extend(TensorConverter())
    if validator:
        trainer.extend(
            Validator(
                metrics_func=regression_metrics,
                trace_order=5,
                mae=0.0,
                pearsonr=1.0,
                each_iteration=validator == "step",
            )
        )
    trainer.reset(to=SequentialLinear(d["X_train"].shape[1], 1, h_neurons=hidden))
    trainer.fit(
        training_dataset=loader("train", shuffle=True),
        validation_dataset=loader("valid") if validator else None,
        progress_bar=None,
    )
    seconds = time.process_time() - t
    assert trainer.total_iterations == epochs * -(-len(d["X_train"]) // batch)
    x = torch.tensor(d["X_test"], dtype=torch.float32)
    return seconds, np.ravel(trainer.predict(x, checkpoint="mae_1" if validator else None))


result = {
    "versions": f"python {sys.version.split()[0]}, torch {torch.__version__}, numpy "
    f"{np.__version__}"
}
for name, validator, runs in (("none", None, 2), ("epoch", "epoch", 3), ("step", "step", 1)):
    seconds, pred = zip(*(train(s, validator) for s in range(runs)))
    result[f"{name}_seconds"], result[f"{name}_pred"] = np.array(seconds), np.array(pred)
np.savez(out, **result)
