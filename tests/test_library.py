"""What a notebook cannot hold.

A build killed twenty times, a build on a Dask cluster that loses a worker, damaged files of a
packed library.
"""

import os
import subprocess
import sys
import textwrap
import threading
import time
import numpy as np
import pytest
import torch
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from mdp.learn.contest import TREES, model_arrays, predict_arrays
from mdp.learn.library import Library

HOW = dict(shards=3, size=4, hidden=(16, 8), steps=200, batch=32)


def sources(n=3):
    "Made-up tasks; defined inside, so that they travel to other processes by value."

    def made_up(seed):
        def get():
            import numpy as np

            rng = np.random.default_rng(seed)
            X = rng.normal(size=(300, 6))
            return (
                X,
                X[:, 0] + seed * X[:, 1] * X[:, 2] + 0.1 * rng.normal(size=300),
                rng.integers(0, 60, 300).astype(str),
            )

        return get

    return {(f"made_up{i}", "six"): made_up(i) for i in range(n)}


def test_twenty_kills_lose_nothing(tmp_path):
    """Each build is killed at a random moment.

    A shard that stood before still stands after, and the end is the library of an undisturbed
    build.
    """
    program = textwrap.dedent(f"""
        import os, random, signal, sys, time
        sys.path.insert(0, {str(os.path.dirname(__file__))!r})
        import torch
        from pathlib import Path
        from test_library import HOW, sources
        from mdp.learn.library import Library
        here, rng, kills = Path(sys.argv[1]), random.Random(0), 0
        while kills < 20:
            before = {{p.name: p.read_bytes() for p in here.glob("*.csv")}}
            child = os.fork()
            if child == 0:
                torch.set_num_threads(1)
                try: Library.build(here, sources(), workers=1, **HOW)
                finally: os._exit(0)
            time.sleep(rng.uniform(0.02, 0.4))
            os.kill(child, signal.SIGKILL)
            killed = os.waitpid(child, 0)[1] == signal.SIGKILL
            after = {{p.name: p.read_bytes() for p in here.glob("*.csv")}}
            assert all(after.get(n) == b for n, b in before.items()), "a shard was lost"
            kills += killed
            if not killed:  # done: take some away and go on
                for p in list(here.iterdir())[::2]:
                    p.unlink()
        print(kills)
    """)
    (tmp_path / "killed").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "killed")], capture_output=True, text=True
    )
    assert done.stdout.strip() == "20", done.stderr[-2000:]
    undisturbed, again = (
        Library.build(tmp_path / name, sources(), workers=1, **HOW) for name in ("whole", "killed")
    )
    assert again.index.equals(undisturbed.index) and (again.verify().status == "good").all()
    next(
        (tmp_path / "killed").glob("*.safetensors")
    ).unlink()  # weights gone, their table still there
    again = Library.build(tmp_path / "killed", sources(), workers=1, **HOW)
    assert again.index.equals(undisturbed.index) and (again.verify().status == "good").all()


def test_a_cluster_that_loses_a_worker(tmp_path):
    from distributed import Client, LocalCluster

    how = {**HOW, "steps": 300}
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        pids = client.run(os.getpid)

        def murder():
            while not list((tmp_path / "dask").glob("*.csv")):
                time.sleep(0.02)
            os.kill(next(iter(pids.values())), 9)

        assassin = threading.Thread(target=murder)
        assassin.start()
        library = Library.build(tmp_path / "dask", sources(4), **how)
        assassin.join()
        assert set(client.run(os.getpid).values()) != set(pids.values()), (
            "the worker was killed, another took its place"
        )
    assert library.index.equals(
        Library.build(tmp_path / "alone", sources(4), workers=1, **how).index
    )


@pytest.fixture
def packed(tmp_path):
    torch.set_num_threads(1)
    return Library.build(tmp_path / "all", sources(), workers=1, **HOW).pack(
        tmp_path / "packed",
        [f"made_up{i}.six.00{k}.00{m}" for i in range(3) for k in range(3) for m in (0, 2)],
    )


@pytest.mark.parametrize(
    "damage",
    [lambda b: b[:-500], lambda b: b[:-40] + bytes([b[-40] ^ 1]) + b[-39:], lambda b: b"", None],
    ids=["cut short", "one bit", "empty", "missing"],
)
def test_a_damaged_file_is_named_and_refused(packed, damage):
    file = packed.path / packed.index.file.iloc[0]
    whole = file.read_bytes()
    file.unlink() if damage is None else file.write_bytes(damage(whole))
    assert packed.verify().status.iloc[0] == ("missing" if damage is None else "wrong")
    with pytest.raises(OSError, match=file.name):
        list(packed.stacks())


def test_a_network_is_the_same_packed_or_not(packed):
    X, y, groups = sources()["made_up1", "six"]()
    large = Library.open(packed.path.parent / "all")
    for i in packed:
        assert np.array_equal(packed.models[i].predict(X), large.models[i].predict(X))
    assert [i for ids, _ in packed.stacks() for i in ids] == list(packed)


@pytest.mark.parametrize("scale", [1e-3, 1, 1e6])
def test_arrays_answer_as_scikit_learn(scale):
    "Rows next to every threshold too: the largest single-precision number below it, and above."
    rng = np.random.default_rng(0)
    X = (scale * rng.normal(size=(300, 5))).astype(np.float32)
    y = X[:, 0] / scale + (X[:, 1] > X[:, 2])
    trees = HistGradientBoostingRegressor(**TREES).fit(X, y)
    arrays = model_arrays(trees)
    near = np.repeat(X[:1], len(arrays["column"]), axis=0)
    near[np.arange(len(near)), arrays["column"]] = arrays["threshold"]
    rows = np.concatenate([X, near, np.nextafter(near, np.float32(np.inf))])
    assert np.allclose(predict_arrays(arrays, rows), trees.predict(rows), atol=1e-5)
    ridge = make_pipeline(StandardScaler(), RidgeCV()).fit(X, y)
    assert np.allclose(predict_arrays(model_arrays(ridge), X), ridge.predict(X), atol=1e-6)
