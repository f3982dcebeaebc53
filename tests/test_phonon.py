"Phonons: what cannot be used, what does not converge, and rows that survive a kill."

import numpy as np
import pandas as pd
import pytest
from pymatgen.core import Lattice, Structure
from mdp.core.errors import BadInput
from mdp.data.fetch import facts
from mdp.data import load
from mdp.generate.prototypes import build, candidates, describe, geometry, prototypes
from mdp.simulate import phonon
from mdp.simulate.potential import NotConverged, relax
from mdp.simulate.phonon import Phonons, conductivity, phase_space, third_order

SI = build("diamond", ["Si"])
BAD = {
    "disordered": (
        Structure(Lattice.cubic(5.6), [{"Na": 0.5, "K": 0.5}, "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]]),
        "disordered",
    ),
    "overlapping": (build("zincblende", ["Ga", "As"], scale=0.3), "overlap"),
    "molecular": (
        Structure.from_spacegroup(205, Lattice.cubic(5.66), ["N"], [[0.054, 0.054, 0.054]]),
        "molecular",
    ),
    "metallic": (build("CsCl", ["Al", "Ni"]), "metals only"),
    "unknown": (build("rocksalt", ["Mg", "O"]).copy(), "does not know"),
    "nothing": (Structure(Lattice.cubic(4), [], []), "no atoms"),
    "not finite": (Structure(Lattice.cubic(4), ["Si"], [[np.nan, 0, 0]]), "not finite"),
    "text": ("Si", "no Structure"),
    "none": (None, "no Structure"),
}
BAD["unknown"][0].replace(0, "Ra")


@pytest.mark.parametrize("run", [phase_space, conductivity])
def test_every_bad_structure_is_named(run, tmp_path):
    "One error, with the caller's index and a reason for each row; nothing is computed."
    rows = pd.Series({k: s for k, (s, _) in BAD.items()} | {"good": SI}, dtype=object)
    with pytest.raises(BadInput) as e:
        run(rows, cache=tmp_path)
    assert {i: True for i, *_ in e.value.rows} == {k: True for k in BAD} and e.value.of == len(rows)
    for i, _, why in e.value.rows:
        assert BAD[i][1] in why
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("run", [phase_space, conductivity])
def test_containers_of_structures(run, tmp_path):
    """A lone value that is no structure, and the sites of one, are refused.

    An empty list gives an empty table.
    """
    for lone in ("Si", None, 3.0, SI):
        with pytest.raises(TypeError, match="give a list"):
            run(lone, cache=tmp_path)
    with pytest.raises(ValueError, match="give a list of structures"):
        run(list(SI), cache=tmp_path)
    assert len(run([], cache=tmp_path)) == 0


@pytest.mark.parametrize(
    "run, wrong",
    [
        (phase_space, dict(length=-1)),
        (phase_space, dict(total=0)),
        (phase_space, dict(length="8")),
        (conductivity, dict(temperature=-10)),
        (conductivity, dict(temperature=0)),
        (conductivity, dict(temperature=np.nan)),
        (conductivity, dict(cutoff=0)),
        (conductivity, dict(total=np.inf)),
        (conductivity, dict(length=None)),
    ],
    ids=lambda x: getattr(x, "__name__", str(x)),
)
def test_numbers_are_checked(run, wrong, tmp_path):
    (name,) = wrong
    with pytest.raises(ValueError, match=f"^{name}="):
        run([SI], cache=tmp_path, **wrong)


def test_flags_instead_of_errors(tmp_path):
    "on_error='nan' keeps the rows in order and has no number where there is a flag."
    rows = [BAD["disordered"][0], SI, BAD["metallic"][0]]
    t = phase_space(rows, on_error="nan", cache=tmp_path)
    assert t.p3.notna().tolist() == [False, True, False] and (t.flag != "").tolist() == [
        True,
        False,
        True,
    ]
    with pytest.raises(ValueError, match="on_error"):
        phase_space(rows, on_error="ignore")


def test_a_cell_is_a_cell(tmp_path):
    "Conventional, primitive, shifted and strained cells of silicon are one crystal."
    conventional = SI.to_conventional()
    shifted = conventional.copy()
    shifted.translate_sites(range(len(shifted)), [0.13, 0.2, 0.3])
    cells = [SI, conventional, shifted, build("diamond", ["Si"], scale=1.1)]
    p = phase_space(cells, cache=tmp_path).p3
    assert np.ptp(p) / p[0] < 0.02


def test_relaxation_that_fails_is_said():
    with pytest.raises(NotConverged):
        relax(build("zincblende", ["Ga", "As"], scale=1.3), steps=1)


def test_an_atom_without_neighbours_is_flagged(tmp_path):
    """A small atom in a cage of large ones moves freely.

    No phase space, though no mode is imaginary.
    """
    assert (
        "within the potential's reach"
        in phase_space(
            [build("CaAl2Si2", ["Be", "Cs", "Te"], scale=1.05)], on_error="nan", cache=tmp_path
        ).flag[0]
    )


def test_imaginary_modes_give_no_conductivity(tmp_path):
    "Gallium arsenide as CsCl does not stand: an error, or a flag and no number."
    s = build("CsCl", ["Ga", "As"])
    assert phase_space([s], on_error="nan", cache=tmp_path, metals=True).flag[0] != ""
    with pytest.raises(BadInput):
        phase_space([s], cache=tmp_path)


def test_underdetermined_fit_is_refused():
    with pytest.raises(NotConverged, match="equations"):
        third_order(Phonons(build("zincblende", ["B", "As"])), equations=0.5)


def test_rows_survive_a_kill(tmp_path, monkeypatch):
    "What was finished before the interruption is not computed again, and a torn file is."
    done = []

    def work(s, length, total):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(s.formula)
        return dict(p3=1.0, flag="")

    monkeypatch.setattr(phonon, "_p3", work)
    rows = [build("rocksalt", [a, "F"]) for a in ("Li", "Na", "K", "Rb")]
    with pytest.raises(KeyboardInterrupt):
        phase_space(rows, cache=tmp_path)
    assert len(list(tmp_path.glob("*.json"))) == 2 and not list(tmp_path.glob("*.tmp"))

    def work(s, length, total):
        done.append(s.formula)
        return dict(p3=2.0, flag="")

    monkeypatch.setattr(phonon, "_p3", work)
    t = phase_space(rows, on_error="nan", cache=tmp_path)
    assert t.p3.tolist() == [1.0, 1.0, 2.0, 2.0] and len(done) == 4
    next(tmp_path.glob("*.json")).write_text('{"p3": 1.0, "fl')
    assert phase_space(rows, on_error="nan", cache=tmp_path).p3.notna().all()


def test_the_key_knows_structure_and_settings():
    key = phonon._key(SI, "p3", dict(total=1))
    assert key == phonon._key(SI.copy(), "p3", dict(total=1))
    assert key != phonon._key(SI, "p3", dict(total=2))
    assert key != phonon._key(build("diamond", ["Ge"]), "p3", dict(total=1))
    assert key != phonon._key(SI, "kappa", dict(total=1))


def test_weights_are_read_without_running_code():
    "The checkpoint holds nothing but tensors, NumPy arrays and plain containers."
    import sevenn
    import torch
    from pathlib import Path

    path = (
        Path(sevenn.__file__).parent
        / "pretrained_potentials"
        / "SevenNet_0__11Jul2024"
        / "checkpoint_sevennet_0.pth"
    )
    assert set(torch.serialization.get_unsafe_globals_in_checkpoint(path)) <= {
        "numpy.core.multiarray._reconstruct",
        "numpy.ndarray",
        "numpy.dtype",
    }


def test_names_of_prototypes():
    assert candidates([]).empty and list(candidates([])) == list(candidates(["diamond"]))
    assert candidates(iter(["diamond"])).equals(candidates(pd.Series(["diamond"])))
    with pytest.raises(TypeError, match="give a list"):
        candidates("diamond")
    with pytest.raises(ValueError, match="no prototype dimond; there are diamond"):
        candidates(["dimond"])


def test_prototypes_say_what_is_wrong():
    with pytest.raises(BadInput, match="no such prototype"):
        build("perovskit", ["Sr", "Ti", "O"])
    with pytest.raises(BadInput, match="kinds of sites"):
        build("zincblende", ["Ga"])


def test_descriptors_keep_rows_and_index():
    c = candidates(["zincblende", "chalcopyrite"]).sample(40, random_state=0)
    d = describe(c)
    assert d.index.equals(c.index) and np.isfinite(d).all().all()
    assert np.allclose(geometry(c.iloc[::-1]).iloc[::-1], geometry(c))


def test_shipped_phase_spaces_hold_no_number_with_a_flag():
    from mdp.cases.lattice_thermal_conductivity import targets

    s = load("phase_space")
    assert (
        (s.p3.notna() == (s.flag == "")).all()
        and (s.p3.dropna() > 0).all()
        and s.p3.notna().sum() >= 1000
        and not s.duplicated(["prototype", "elements"]).any()
        and set(s.prototype) <= set(prototypes().index)
    )
    t = targets(dft=False)
    assert (
        (t.reference.str.len() > 10).all()
        and (t.kappa > 0).all()
        and not t.duplicated(["prototype", "elements"]).any()
    )
    m = pd.read_csv(facts("crystal_conductivity.csv"))
    assert (m.checked.fillna("").str.len() > 0).all() and (
        (m.low <= m.conductivity) & (m.conductivity <= m.high)
    ).all()


def test_a_potential_that_is_not_there():
    with pytest.raises(ValueError, match="no potential 'nequip'; there are sevennet-0, nequix"):
        relax(SI, potential="nequip")


def test_nequix_turns_with_the_crystal():
    "Energy does not change, forces turn, and forces are the slope of the energy."
    from mdp.simulate.potential import forces

    rng = np.random.default_rng(1)
    crystal = build("zincblende", ["Ga", "As"])
    cell, z = crystal.lattice.matrix, crystal.atomic_numbers
    place = crystal.cart_coords + 0.1 * rng.normal(size=(2, 3))
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    step = np.zeros((2, 3))
    step[0, 1] = 0.01
    places = [place, place @ turn, place + step, place - step]
    cells = [cell, cell @ turn, cell, cell]
    energy, force, _ = forces(cells, places, [z] * 4, potential="nequix")
    assert abs(energy[0] - energy[1]) < 1e-3
    assert np.allclose(force[0] @ turn, force[1], atol=1e-3)
    assert np.isclose(-(energy[2] - energy[3]) / 0.02, force[0][0, 1], atol=0.02)


def test_drawn_candidates_are_new_and_targets_stand_once():
    from mdp.cases.lattice_thermal_conductivity import targets
    from mdp.matter.formula import reduced_formula

    drawn = pd.read_csv(facts("crystal_test_draw.csv"), keep_default_na=False)
    assert not set(reduced_formula(drawn.formula)) & set(
        reduced_formula(load("phase_space").formula)
    )
    assert not drawn.formula.duplicated().any()
    t = targets()
    assert ((t.prototype == "zincblende") & (t.formula == "SiC")).sum() == 1
