"""The model library: training compared with XenonPy's trainer, how near the stack is to the
machine's limit, and the shotgun at the size of XenonPy.MDL.

usage: python benchmarks/library.py     (makes XenonPy's environment on the first run; needs 5 GB of
disk for a temporary library; 10 minutes on idle cores)
"""

import os
import tempfile
import time
from pathlib import Path
from _common import cpu, machine, run_peer, write_report  # first: it sets one thread
import numpy as np
import pandas as pd
import torch
from safetensors.torch import save_file
from mdp.core.profiles import versions
from mdp.learn.library import Library, _crc, _named
from mdp.learn.stack import Adam, Stack, initial_layers
from mdp.learn.tasks import fold, source, task_rows, tasks
from mdp.learn.shotgun import Shotgun

HERE = Path(__file__).parent
SIZES = (290, 100, 50, 1)
BATCH = 256
EPOCHS = 100
M = 64
STEPS = EPOCHS * -(-5_000 // BATCH)
MDL = 140_000
SHARD = 500
SMALL = (290, 48, 24, 1)


def rows():
    """5,000 training rows, validation rows and test rows of the computed gap, no element system in
    two parts.
    """
    X, y, keys = source("gap", "composition", limit=10_000)()
    part = fold(keys)
    train = np.flatnonzero(part > 1)[:5_000]
    parts = dict(train=train, valid=np.flatnonzero(part == 1)[:500], test=np.flatnonzero(part == 0))
    assert len(train) == 5_000
    mean, sd = X[train].mean(0), X[train].std(0)
    Z = (X - mean) / np.where(sd < 1e-12, 1, sd)
    return {f"X_{k}": Z[i].astype(np.float32) for k, i in parts.items()} | {
        f"y_{k}": ((y[i] - y[train].mean()) / y[train].std()).astype(np.float32)
        for k, i in parts.items()
    }, y[train].std()


def plain(d, seed):
    "CPU seconds and test predictions of one network by the loop one would write in torch."
    torch.manual_seed(seed)
    X, y, Xv, yv = (torch.tensor(d[k]) for k in ("X_train", "y_train", "X_valid", "y_valid"))
    t = time.process_time()
    layers = [torch.nn.Linear(i, o) for i, o in zip(SIZES, SIZES[1:])]
    net = torch.nn.Sequential(
        *[m for layer in layers[:-1] for m in (layer, torch.nn.ReLU())], layers[-1]
    )
    adam = torch.optim.AdamW(net.parameters(), 3e-3, weight_decay=1e-4)
    best = np.inf
    kept = None
    step = 0
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, STEPS)
    for _ in range(EPOCHS):
        for now in torch.randperm(len(X)).split(BATCH):
            adam.zero_grad()
            ((net(X[now])[:, 0] - y[now]) ** 2).mean().backward()
            adam.step()
            schedule.step()
            step += 1
            if step % 100 == 0:
                with torch.no_grad():
                    error = ((net(Xv)[:, 0] - yv) ** 2).mean().item()
                if error < best:
                    best, kept = error, {k: v.clone() for k, v in net.state_dict().items()}
    seconds = time.process_time() - t
    net.load_state_dict(kept)
    with torch.no_grad():
        return seconds, net(torch.tensor(d["X_test"]))[:, 0].numpy()


def stacked(d, seeds):
    "CPU seconds and test predictions (len(seeds), n) of a stack."
    X = np.concatenate([d["X_train"], d["X_valid"]])
    y = np.concatenate([d["y_train"], d["y_valid"]])
    train = np.arange(len(X)) < len(d["X_train"])
    t = time.process_time()
    stack = Stack(
        pd.DataFrame(dict(seed=seeds)), hidden=SIZES[1:-1], steps=STEPS, batch=BATCH, patience=STEPS
    ).fit(X, y, train, ~train)
    return time.process_time() - t, stack.predict(d["X_test"])


def training():
    "Lines of the report; CPU seconds a network in the stack."
    d, unit = rows()

    def mae(preds):
        return float(np.median([np.abs(p - d["y_test"]).mean() for p in preds]) * unit)

    with tempfile.TemporaryDirectory() as tmp:
        tmp = Path(tmp)
        np.savez(tmp / "job.npz", epochs=EPOCHS, batch=BATCH, hidden=SIZES[1:-1], **d)
        plain(d, 9)
        before, pred_plain = zip(*(plain(d, s) for s in range(2)))
        seconds, pred = stacked(d, range(M))
        run_peer("xenonpy", "peer_xenonpy_trainer.py", tmp / "job.npz", tmp / "out.npz", home=tmp)
        theirs = dict(np.load(tmp / "out.npz"))
        after, pred_after = zip(*(plain(d, s) for s in range(2, 4)))
        single, pred_single = zip(*(stacked(d, [s]) for s in range(3)))
    each = seconds / M
    table = [
        (
            "XenonPy's Trainer, validation every step (its default)",
            1,
            theirs["step_seconds"],
            theirs["step_pred"],
        ),
        (
            "XenonPy's Trainer, validation once an epoch",
            3,
            theirs["epoch_seconds"],
            theirs["epoch_pred"],
        ),
        ("XenonPy's Trainer, no validation", 2, theirs["none_seconds"], theirs["none_pred"]),
        ("a plain loop in torch", 4, before + after, pred_plain + pred_after),
        ("`Stack` of one, one after another", 3, single, [p[0] for p in pred_single]),
    ]
    lines = [
        "## Training, one thread",
        "",
        (
            f"Networks of shape {'-'.join(map(str, SIZES))} on the computed gap: 5,000 "
            f"training rows, {len(d['y_valid'])} for validation, {len(d['y_test']):,} test "
            f"rows with no element system in common; {EPOCHS} epochs in batches of "
            f"{BATCH}, {STEPS:,} steps of Adam, nobody stops early."
        ),
        "CPU seconds a network (median), and the MAE on the test rows (median over the networks).",
        "",
        "| how | networks | CPU s a network | stack is faster by | test MAE (eV) |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {k} | {np.median(s):.2f} | **{np.median(s) / each:.1f}** | {mae(p):.3f} |"
        for name, k, s, p in table
    ]
    lines += [
        f"| `Stack` of {M} | {M} | {each:.2f} | | {mae(pred):.3f} |",
        "",
        "XenonPy as in its tutorial: `SequentialLinear` with its batch normalisation, "
        "`Adam(lr=0.01)`, `DataLoader(ArrayDataset)`, `TensorConverter`, "
        "`Validator(mae, pearsonr)`, without `Persist`, which would write to disk; "
        "its best network by validation MAE is tested, where it validates. "
        "Ours and the plain loop: AdamW, 0.003 falling along a cosine, validation every "
        "100 steps, the best kept. Standardised by the training rows, all alike.",
        f"XenonPy 0.6.7 with {theirs['versions']}; ours with {versions('torch')}.",
        "",
    ]
    return lines, each


def limit(each):
    "What a step of the stack must compute and move, against what this core can."
    a, b = torch.randn(2, 2048, 2048)
    peak = 2 * 2048**3 / cpu(lambda: torch.mm(a, b), 7) / 1e9
    x, z = torch.zeros(2, 64 * 2**20)
    rate = 2 * x.nbytes / cpu(lambda: z.copy_(x), 7) / 1e9
    pairs = list(zip(SIZES, SIZES[1:]))
    weights = sum(i * o for i, o in pairs)
    own = sum(i * o + o for i, o in pairs)
    units = sum(SIZES[1:])
    flops = (
        M * BATCH * (6 * weights - 2 * SIZES[0] * SIZES[1])
    )  # forward, and backward to weights and inputs; the first layer's inputs need none
    adam_bytes = 28 * own * M
    gradients = 12 * own * M
    activations = 4 * 8 * units * BATCH * M
    params = [
        p.requires_grad_() for layer in initial_layers(SIZES, range(M), [1.0] * M) for p in layer
    ]
    adam = Adam(params, torch.full((M,), 3e-3), torch.full((M,), 1e-4))

    def step():
        for p in params:
            p.grad = p.detach()
        adam.step()

    step()
    taken, measured = each * M / STEPS, cpu(step, 15)
    compute, traffic = flops / peak / 1e9, (adam_bytes + gradients + activations) / rate / 1e9
    return [
        "## How near the limit, one thread",
        "",
        f"One step of the stack of {M}: {weights:,} weights a network, {BATCH} rows.",
        "",
        "| what | amount | at this core's rate (ms) |",
        "|---|---|---|",
        (
            f"| products, 6 x weights x rows (first layer: 4) | {flops / 1e9:.2f} GFLOP | "
            f"{1e3 * compute:.1f} at {peak:.0f} GFLOP/s |"
        ),
        (
            "| AdamW, 28 bytes a weight (weight, two moments read and written, gradient read) "
            f"| {adam_bytes / 1e6:.0f} MB | {1e3 * adam_bytes / rate / 1e9:.1f} at "
            f"{rate:.1f} GB/s |"
        ),
        (
            "| gradient written, weights read twice, 12 bytes a weight | "
            f"{gradients / 1e6:.0f} MB | {1e3 * gradients / rate / 1e9:.1f} |"
        ),
        (
            f"| activations, 8 passes over each unit and row | {activations / 1e6:.0f} MB | "
            f"{1e3 * activations / rate / 1e9:.1f} |"
        ),
        f"| sum, nothing overlapping | | {1e3 * (compute + traffic):.1f} |",
        (
            f"| **the step as it is, validation included** | | **{1e3 * taken:.1f}**, of which "
            f"AdamW {1e3 * measured:.1f} |"
        ),
        "",
        (
            f"So {flops / taken / 1e9:.0f} GFLOP/s, {100 * flops / taken / 1e9 / peak:.0f} % "
            "of what `torch.mm` of 2,048 x 2,048 matrices reaches here, and "
            f"{100 * (compute + traffic) / taken:.0f} % of the limit that counts the "
            "traffic too. AdamW alone takes "
            f"{measured / (adam_bytes / rate / 1e9):.1f} times its traffic: it "
            "is several passes, not one."
        ),
        "",
        "**On a GPU** the run of 140,000 networks has not been made: none was at hand. "
        "Known is a feasibility probe on random data on one H100, 2,000 steps in "
        "batches of 256: 7.4 minutes for 140,000 networks of this shape with "
        "products in bfloat16, and 163 hours one after another at 2.1 ms a step. "
        "At the rate above 140,000 networks of this shape would take "
        f"{140_000 * each / 3600:.0f} core hours.",
        "",
    ]


def make(path):
    "A library of the size of XenonPy.MDL, random weights: for timing only."
    t = tasks()[(tasks().kind == "inorganic") & (tasks().dataset != "")].task.tolist()
    X = source("gap", "composition", limit=10_000)()[0].astype(float)
    g = torch.Generator().manual_seed(0)
    rng = np.random.default_rng(0)
    index = []
    scales = dict(
        x_mean=torch.tensor(X.mean(0)).float(),
        x_sd=torch.tensor(X.std(0).clip(1e-6)).float(),
        y_mean=torch.zeros(SHARD),
        y_sd=torch.ones(SHARD),
    )
    for s in range(MDL // SHARD):
        name, state = f"{t[s % len(t)]}.composition.{s // len(t):03d}", dict(scales)
        for layer, (i, o) in enumerate(zip(SMALL, SMALL[1:]), 1):
            state |= {
                f"W{layer}": ((2 * torch.rand(SHARD, o, i, generator=g) - 1) / i**0.5).half(),
                f"b{layer}": ((2 * torch.rand(SHARD, o, 1, generator=g) - 1) / i**0.5).half(),
            }
        save_file(_named(name, state), path / f"{name}.safetensors")
        index.append(
            pd.DataFrame(
                dict(
                    id=[f"{name}.{m:03d}" for m in range(SHARD)],
                    task=t[s % len(t)],
                    descriptor="composition",
                    shape="-".join(map(str, SMALL)),
                    seed=rng.integers(2**31, size=SHARD),
                    lr=3e-3,
                    weight_decay=1e-4,
                    width=1.0,
                    fold=s // len(t) % 5,
                    n_train=5_000,
                    n_test=1_000,
                    steps=2_000,
                    mae=rng.random(SHARD),
                    r2=rng.random(SHARD),
                    spearman=rng.random(SHARD),
                    crc=[_crc(state, m) for m in range(SHARD)],
                    file=f"{name}.safetensors",
                    shard=name,
                    row=range(SHARD),
                    sha256="",
                )
            )
        )
    pd.concat(index).to_csv(path / "index.csv", index=False)


def forget(path):
    "Write a folder's files to disk and drop them from the page cache; how many bytes."
    files = list(path.glob("*.safetensors"))
    for p in files:
        with open(p, "rb+") as f:
            os.fsync(f.fileno())
            os.posix_fadvise(f.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return sum(p.stat().st_size for p in files)


def clock(fn, repeats=1):
    "Median wall and CPU seconds of a call."
    out = []
    for _ in range(repeats):
        w, c = time.perf_counter(), time.process_time()
        fn()
        out.append((time.perf_counter() - w, time.process_time() - c))
    return np.median(out, 0)


def shotgun():
    few = task_rows("gap_measured").sample(50, random_state=0)
    with tempfile.TemporaryDirectory() as tmp:
        path = Path(tmp)
        make(path)
        opening = clock(lambda: Library.open(path))
        library = Library.open(path)

        def fire(ids=None):
            return Shotgun("inorganic", library=library, ids=ids, blocks=10).fit(
                few.row.tolist(), few.value.to_numpy()
            )

        torch.set_num_threads(2)
        fire(library.index.id[::1000])  # compiles
        size = forget(path)
        cold, warm = clock(fire), clock(fire)
        busy = os.getloadavg()[0]
        torch.set_num_threads(1)
        query = clock(lambda: library.query("task == 'gap' and r2 > 0.8"), 15)
        forget(path)
        ids = np.random.default_rng(0).choice(library.index.id, 30, replace=False)
        one, again = (
            np.median([clock(lambda: library.models[i]) for i in ids], 0) for _ in range(2)
        )
    lines = [
        "## The shotgun at the size of XenonPy.MDL, two threads",
        "",
        (
            f"A library of {MDL:,} networks {'-'.join(map(str, SMALL))} in {MDL // SHARD} "
            f"shards, {size / 1e9:.1f} GB; **random weights, for timing only**. "
            '`Shotgun("inorganic", blocks=10).fit` on 50 rows of the measured gap '
            "tries them all, both hidden layers, six ridges and ten blocks each, "
            "every network's checksum tested."
        ),
        "",
        "| what | wall (s) | CPU (s) |",
        "|---|---|---|",
        f"| all {MDL:,} as sources, page cache dropped | **{cold[0]:.0f}** | {cold[1]:.0f} |",
        f"| the same, files in the page cache | {warm[0]:.0f} | {warm[1]:.0f} |",
        f"| `Library.open` | {opening[0]:.2f} | {opening[1]:.2f} |",
        (
            f"| `query(\"task == 'gap' and r2 > 0.8\")` on {MDL:,} rows, median of 15 | "
            f"{query[0]:.4f} | {query[1]:.4f} |"
        ),
        (
            "| one network loaded, its shard not in the page cache, median of 30 | "
            f"{one[0]:.4f} | {one[1]:.4f} |"
        ),
        f"| the same once more | {again[0]:.4f} | {again[1]:.4f} |",
        "",
        f"Load while it fired: {busy:.1f}, its own two threads among them.",
        "",
    ]
    return lines


def main():
    load = os.getloadavg()[0]
    lines, each = training()
    lines = ["# The model library", "", *lines, *limit(each), *shotgun()]
    lines += [
        (
            f"Machine: {machine()}. Load when it began "
            f"{load:.1f}, when it ended {os.getloadavg()[0]:.1f}: above {os.cpu_count()} "
            "others had a share of the cores, and wall time is longer than it need be."
        ),
        "",
    ]
    write_report("library", lines)


if __name__ == "__main__":
    main()
