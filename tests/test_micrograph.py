"""Micrograph generators where a notebook cannot go.

Saved and loaded, damaged, killed and gone on, bad rows each named, the same image everywhere.
"""

import json
import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st
import mdp.generate.micrograph as m
from mdp.core.errors import BadInput
from mdp.core.profiles import spawn_seeds
from mdp.generate.micrograph import MicrographGAN, MicrographVAE
from mdp.represent.micrograph import errors, kid, nearest, phases, ruler, scattering
from mdp.represent.process import SPUTTERING, design

TABLE = design(6, random_state=3)
IMAGES = np.random.default_rng(0).integers(0, 256, (6, 128, 64)).astype(np.uint8)
quick = settings(max_examples=20, deadline=None)


@pytest.fixture(scope="module")
def trained():
    return MicrographGAN(steps=2, batch=4).fit(IMAGES, TABLE), MicrographVAE(steps=2, batch=4).fit(
        IMAGES
    )


@pytest.fixture(scope="module")
def shipped():
    return MicrographGAN.load(), MicrographVAE.load()


def films(n, seed=0):
    "Stripes of grains with pores: cheap films."
    rng = np.random.default_rng(seed)
    x = np.repeat(rng.integers(110, 240, (n, 1, 16)), 8, 2).repeat(128, 1)
    x[:, :, ::8] = 40 + 30
    x[rng.random(x.shape) < 0.02] = 10
    return x.astype(np.uint8)


# ---- the weights that ship


def test_shipped_weights(shipped):
    gan, vae = shipped
    folder = m.Path(m.__file__).parent.parent / "weights" / "micrograph"
    assert sum(p.stat().st_size for p in folder.iterdir()) <= 8 * 2**20 and {
        p.suffix for p in folder.iterdir()
    } <= {".safetensors", ".json"}
    for model in shipped:
        assert {"data", "command", "metrics", "machine"} <= set(
            model.card_
        ) and "random_state" in model.card_["parameters"]
    process = design(3, gan.variables, random_state=1)
    a = gan.generate(process, random_state=5)
    assert (
        a.shape == (3, 128, 128) and a.dtype == np.uint8 and a[:, :8].mean() < a[:, 60:].mean()
    ), "empty above, film below"
    assert (
        (a == gan.generate(process, random_state=5)).all()
        and (a != gan.generate(process, random_state=6)).any()
        and (a[1] == gan.generate(dict(process.loc[1]), random_state=[spawn_seeds(5, 3)[1]])).all()
    )
    assert np.isfinite(vae.encode(a)).all() and vae.decode(vae.encode(a)).shape == (3, 128, 128)


def test_global_state_is_left_alone(shipped):
    torch.manual_seed(0)
    state = torch.get_rng_state()
    shipped[0].generate(design(1, shipped[0].variables), random_state=1)
    MicrographGAN(steps=1, batch=2).fit(IMAGES, TABLE)
    assert (torch.get_rng_state() == state).all()


# ---- saved, loaded, damaged


def test_save_and_load(trained, tmp_path):
    gan, vae = trained
    gan.save(tmp_path, data="noise")
    vae.save(tmp_path)
    again, other = MicrographGAN.load(tmp_path), MicrographVAE.load(tmp_path)
    assert (
        again.card_["data"] == "noise"
        and again.variables == SPUTTERING
        and again.get_params() == gan.get_params()
    )
    assert (
        np.abs(
            again.generate(TABLE, random_state=1, width=64).astype(int)
            - gan.generate(TABLE, random_state=1, width=64)
        ).mean()
        < 0.5
    )
    assert np.allclose(other.encode(IMAGES), vae.encode(IMAGES), atol=0.02)
    assert not list(tmp_path.glob("*.pkl")) and sorted(p.name for p in tmp_path.iterdir()) == [
        "gan.json",
        "gan.safetensors",
        "vae.json",
        "vae.safetensors",
    ]


@pytest.mark.parametrize(
    "how",
    [
        "cut",
        "flipped",
        "empty",
        "no weights",
        "no card",
        "not json",
        "other model",
        "other sizes",
        "lies",
    ],
)
def test_damage_is_refused(trained, tmp_path, how):
    trained[0].save(tmp_path)
    weights, card = tmp_path / "gan.safetensors", tmp_path / "gan.json"
    data, about = weights.read_bytes(), json.loads(card.read_text())
    if how == "cut":
        weights.write_bytes(data[: len(data) // 2])
    if how == "flipped":
        weights.write_bytes(data[:-9] + bytes([data[-9] ^ 1]) + data[-8:])
    if how == "empty":
        weights.write_bytes(b"")
    if how == "no weights":
        weights.unlink()
    if how == "no card":
        card.unlink()
    if how == "not json":
        card.write_text("{")
    if how == "other model":
        card.write_text(json.dumps(about | {"model": "MicrographVAE"}))
    if how == "other sizes":
        card.write_text(
            json.dumps(
                about
                | {
                    "parameters": about["parameters"]
                    | {"variables": about["parameters"]["variables"][:3]}
                }
            )
        )
    if how == "lies":
        card.write_text(
            json.dumps(about | {"parameters": about["parameters"] | {"colour": "blue"}})
        )
    with pytest.raises(OSError):
        MicrographGAN.load(tmp_path)


def test_a_stopped_training_ends_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(m, "_EVERY", 2)

    def make():
        return MicrographGAN(steps=5, batch=4)

    whole = make().fit(IMAGES, TABLE)
    descend, calls = m.descend, []

    def stop(*a):
        calls.append(0)
        if len(calls) == 6:
            raise KeyboardInterrupt
        descend(*a)

    monkeypatch.setattr(m, "descend", stop)
    with pytest.raises(KeyboardInterrupt):
        make().fit(IMAGES, TABLE, checkpoint=tmp_path / "c")
    monkeypatch.setattr(m, "descend", descend)
    again = make().fit(IMAGES, TABLE, checkpoint=tmp_path / "c")
    assert list(again.log_.index) == [2, 3, 4]
    assert all(
        torch.allclose(a, b, atol=1e-5)
        for a, b in zip(
            whole.generator_.state_dict().values(), again.generator_.state_dict().values()
        )
    )


# ---- what cannot be used


@quick
@given(st.lists(st.sampled_from(["good", "nan", "low", "word"]), min_size=1, max_size=6))
def test_bad_processes_are_named(trained, kinds):
    X = design(len(kinds)).astype(object).set_axis([f"film {i}" for i in range(len(kinds))])
    for i, k in enumerate(kinds):
        if k != "good":
            X.loc[f"film {i}", "pressure"] = dict(nan=np.nan, low=1e-9, word="some")[k]
    bad = [f"film {i}" for i, k in enumerate(kinds) if k != "good"]
    if not bad:
        return
    with pytest.raises(BadInput) as e:
        trained[0].generate(X, width=64)
    assert [r[0] for r in e.value.rows] == bad


def test_bad_calls(trained, tmp_path):
    gan, vae = trained
    for call, why in (
        (lambda: MicrographGAN().generate(TABLE), "not trained"),
        (lambda: MicrographVAE().encode(IMAGES), "not trained"),
        (lambda: gan.generate(TABLE, width=70), "multiple of 16"),
        (lambda: gan.generate(TABLE, random_state=[1, 2]), "2 seeds for 6"),
        (lambda: gan.generate(TABLE.drop(columns="O")), "'O'"),
        (lambda: gan.fit(IMAGES, TABLE[:5]), "6 images, 5 processes"),
        (lambda: gan.fit(IMAGES[:, :100], TABLE), "128"),
        (lambda: vae.decode(np.zeros((1, 3))), "needs finite"),
        (lambda: vae.decode(np.full((1, vae.latent), np.nan)), "needs finite"),
        (lambda: ruler(np.full((2, 9, 9), -1.0)), "outside 0 to 255"),
        (lambda: phases(np.zeros(3)), "needs"),
        (lambda: scattering(np.full((1, 32, 32), np.nan)), "outside 0 to 255"),
    ):
        with pytest.raises(ValueError, match=why):
            call()
    with pytest.raises(OSError, match="holds no films"):
        m.films(tmp_path)


# ---- the rulers


@quick
@given(st.integers(2, 24), st.integers(0, 40))
def test_ruler_reads_stripes(period, shift):
    x = np.full((1, 128, 24 * period), 200, np.uint8)
    x[..., ::period] = 60
    x = np.roll(x, shift, -1)
    got = ruler(x).loc[0]
    if period > 3:
        assert got.porosity == 0 and abs(got.width - (period - 1)) < 0.35 * period


def test_errors_and_distances():
    a, b = films(12).reshape(4, 3, 128, 128), films(12, 1).reshape(4, 3, 128, 128)
    assert (
        (errors(a, a) == 0).all(axis=None)
        and (errors(a, b) >= 0).all(axis=None)
        and len(errors(a, b[:, :2])) == 4
    )
    fa = scattering(a.reshape(-1, 128, 128))
    assert np.isfinite(fa).all() and kid(fa, scattering(IMAGES.repeat(2, 2))) > 10 * abs(
        kid(fa, scattering(b.reshape(-1, 128, 128)))
    )


@quick
@given(st.integers(0, 11), st.integers(0, 127), st.booleans())
def test_a_copy_is_found(i, shift, mirrored):
    train = films(12)
    x = np.roll(train[i], shift, -1)
    found = nearest((x[:, ::-1] if mirrored else x)[None], train).loc[0]
    assert found.correlation > 0.999 and found.training == i
