"""The grain generator where its notebook cannot go: damaged files, bad rows, invariants."""

import json
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from scipy.spatial import cKDTree
from mdp.core.errors import BadInput
from mdp.core.profiles import spawn_seeds
from mdp.generate.grains import GrainGenerator, tessellate
from mdp.represent.microstructure import draw_section
from mdp.represent.process import design


@pytest.fixture(scope="module")
def shipped():
    return GrainGenerator.load()


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 30), st.integers(0, 1000), st.integers(20, 60))
def test_equal_seeds_are_the_nearest_seeds(number, seed, width):
    seeds = np.random.default_rng(seed).random((number, 2)) * (25, width)
    pixels = np.argwhere(np.ones((25, width)))
    nearest = cKDTree(seeds, boxsize=(1000, width)).query(pixels)[1].reshape(25, width)
    assert (tessellate((25, width), seeds) == nearest).all()
    # a common start and a common speed change nothing
    assert (tessellate((25, width), seeds, start=3.0, speed=0.5) == nearest).all()


@pytest.mark.parametrize(
    "wrong",
    [dict(seeds=[]), dict(seeds=[[0, 99]]), dict(speed=0), dict(stretch=0), dict(seeds=[[-1, 0]])],
)
def test_bad_seeds_are_refused(wrong):
    with pytest.raises(ValueError):
        tessellate((10, 10), **{"seeds": [[1, 1]]} | wrong)


def test_films_are_films(shipped):
    process = design(6, shipped.variables, random_state=3)
    maps = shipped.generate(process, random_state=5)
    assert (maps[:, -1] > 0).all() and not maps[:, 0].any(), "a substrate below, free space above"
    for grains in maps:
        assert set(np.unique(grains)) == set(range(grains.max() + 1)), "numbers without gaps"
    seed = spawn_seeds(5, 6)[4]
    assert (shipped.generate(dict(process.iloc[4]), random_state=[seed]) == maps[4]).all()
    assert (shipped.generate(process, random_state=6) != maps).any()


def test_other_widths(shipped):
    process = dict(design(1, shipped.variables).iloc[0])
    assert shipped.generate(process, width=200).shape == (128, 200)
    for wrong in (16, 64.5):
        with pytest.raises(ValueError, match="width"):
            shipped.generate(process, width=wrong)


def test_bad_rows_are_named(shipped):
    process = design(3, shipped.variables).set_axis(list("abc"))
    process.loc["b", "pressure"] = -1
    with pytest.raises(BadInput) as caught:
        shipped.generate(process)
    assert [label for label, *_ in caught.value.rows] == ["b"]


@pytest.mark.parametrize("how", ["cut", "no weights", "not json", "other model", "lacks an array"])
def test_damage_is_refused(shipped, tmp_path, how):
    shipped.save(tmp_path)
    weights, card = tmp_path / "grains.safetensors", tmp_path / "grains.json"
    if how == "cut":
        weights.write_bytes(weights.read_bytes()[:1000])
    if how == "no weights":
        weights.unlink()
    if how == "not json":
        card.write_text("{")
    if how == "other model":
        card.write_text(json.dumps(json.loads(card.read_text()) | {"model": "MicrographGAN"}))
    if how == "lacks an array":
        broken = GrainGenerator.load(tmp_path)
        del broken.tables_["law.seen"]
        broken.save(tmp_path)
    with pytest.raises(OSError):
        GrainGenerator.load(tmp_path)


def test_saved_as_it_was(shipped, tmp_path):
    again = GrainGenerator.load(shipped.save(tmp_path, data="x") and tmp_path)
    process = design(2, shipped.variables)
    assert (again.generate(process) == shipped.generate(process)).all()
    assert again.card_["data"] == "x" and not list(tmp_path.glob("*.pkl"))


def test_untrained_and_unfit():
    with pytest.raises(ValueError, match="not trained"):
        GrainGenerator().generate(design(1))
    with pytest.raises(BadInput, match="substrate"):
        GrainGenerator().fit(np.zeros((3, 32, 32), int), design(3))
    with pytest.raises(ValueError, match="20 films"):
        GrainGenerator(onset=1.0).fit(np.ones((3, 32, 32), int), design(3))


def test_pictures_of_maps():
    grains = np.repeat([[1, 1, 2, 2]], 4, axis=0).repeat(4, axis=0).repeat(4, axis=1)
    one, two = draw_section(np.stack([grains, grains]), random_state=[3, 3])
    assert one.dtype == np.uint8 and (one == two).all()
    assert (draw_section(grains, 3) == one).all()
    for wrong in (grains - 5, grains.astype(float), pd.Series([1, 2])):
        with pytest.raises(ValueError, match="grain numbers"):
            draw_section(wrong)
