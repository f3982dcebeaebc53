"""The phase space P3 of cubic binaries.

The plain pipeline (sevenn's ASE calculator, ASE's optimiser, phonopy, P3 in NumPy) against
`mdp.simulate.phonon`, same settings, one run, one thread.
"""

import os
import time
import warnings

from _common import processor, write_report  # first: it sets one thread
import numpy as np
from mdp.generate.prototypes import build
from mdp.simulate import phonon

CRYSTALS = [
    ("zincblende", "Ga-As"),
    ("zincblende", "Al-P"),
    ("zincblende", "Zn-Te"),
    ("rocksalt", "Na-Cl"),
    ("rocksalt", "Mg-O"),
    ("rocksalt", "Sr-S"),
]


def plain(s, calculator):
    "P3 (ps) and the seconds of its three parts."
    from ase import Atoms
    from ase.filters import FrechetCellFilter
    from ase.optimize import BFGS
    from phonopy import Phonopy
    from phonopy.structure.atoms import PhonopyAtoms

    t = [time.perf_counter()]
    a = Atoms(
        s.atomic_numbers, s.cart_coords, cell=s.lattice.matrix, pbc=True, calculator=calculator
    )
    BFGS(FrechetCellFilter(a), logfile=None).run(fmax=2e-3, steps=200)
    t.append(time.perf_counter())
    n = np.ceil(8.5 / np.linalg.norm(a.cell, axis=1)).astype(int)
    ph = Phonopy(
        PhonopyAtoms(
            cell=a.cell.array, scaled_positions=a.get_scaled_positions(), numbers=a.numbers
        ),
        np.diag(n),
        primitive_matrix=np.eye(3),
        log_level=0,
    )
    ph.generate_displacements(distance=0.03)
    ph.forces = [
        Atoms(c.numbers, c.positions, cell=c.cell, pbc=True, calculator=calculator).get_forces()
        for c in ph.supercells_with_displacements
    ]
    ph.produce_force_constants()
    ph.symmetrize_force_constants(show_drift=False)
    t.append(time.perf_counter())
    mesh = [11, 11, 11]
    ph.run_mesh(
        mesh,
        is_mesh_symmetry=False,
        is_time_reversal=False,
        with_group_velocities=True,
        is_gamma_center=True,
    )
    d = ph.get_mesh_dict()
    assert len(d["qpoints"]) == np.prod(mesh)
    at = np.rint(d["qpoints"] * mesh).astype(int) % mesh
    row = np.empty(mesh, int)
    row[tuple(at.T)] = np.arange(len(at))
    w, b = 2 * np.pi * d["frequencies"], 2 * np.pi * np.linalg.inv(a.cell.array).T
    step = np.einsum("qjx,ix->qji", d["group_velocities"], b / np.array(mesh)[:, None])
    import spglib

    stands, address = spglib.get_ir_reciprocal_mesh(
        mesh, (a.cell.array, a.get_scaled_positions(), a.numbers), is_shift=[0, 0, 0]
    )
    first, weight = np.unique(stands, return_counts=True)
    low, total = 1e-3 * w.max(), 0.0
    for g, m in zip(address[first] % mesh, weight):
        q, s2 = row[tuple(g)], row[tuple(((at + g) % mesh).T)]
        width = ((step[:, :, None] - step[s2][:, None]) ** 2).sum(-1) * 5 / 12 + 1e-12
        gap = w[s2][:, None] - w[:, :, None]
        fit = (
            np.maximum(0, 1 - (w[q] - gap[..., None]) ** 2 / width[..., None])
            / np.sqrt(width)[..., None]
        )
        total += (
            m
            * (
                fit * (w[q] >= low) * ((w[:, :, None] >= low) & (w[s2][:, None] >= low))[..., None]
            ).sum()
        )
    t.append(time.perf_counter())
    return 0.75 * total / (len(w) ** 2 * w.shape[1] ** 3), np.diff(t)


def ours(s):
    t = [time.perf_counter()]
    r = phonon.relax(s)
    t.append(time.perf_counter())
    p = phonon.Phonons(r, relaxed=True)
    t.append(time.perf_counter())
    p3 = p.phase_space()
    t.append(time.perf_counter())
    return p3, np.diff(t)


def main():
    import torch

    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    from sevenn.calculator import SevenNetCalculator

    calculator = SevenNetCalculator("7net-0", device="cpu")
    structures = [build(p, e.split("-"), scale=1.03) for p, e in CRYSTALS]
    ours(structures[0])
    plain(structures[0], calculator)  # compile and load
    lines = []
    A = []
    B = []
    for (proto, e), s in zip(CRYSTALS, structures):
        (p, a), (q, b) = plain(s, calculator), ours(s)
        A.append(a)
        B.append(b)
        lines.append(
            (
                f"| {e.replace('-', '')} {proto} | {1e3 * p:.3f} | {1e3 * q:.3f} | "
                f"{a.sum():.2f} | {b.sum():.2f} | {a.sum() / b.sum():.1f} |"
            )
        )
    A, B = np.array(A), np.array(B)
    text = [
        "# P3 of cubic binaries, seconds a crystal",
        "",
        __doc__,
        "",
        (
            f"{processor()}, one thread, load average "
            f"{os.getloadavg()[0]:.1f} when it ended (both sides alternate, so both feel it)."
        ),
        "",
        "| crystal | P3 plain (1e-3 ps) | P3 ours | plain (s) | ours (s) | times faster |",
        "|---|---|---|---|---|---|",
        *lines,
        "",
        "| part | plain (s) | ours (s) |",
        "|---|---|---|",
        *[
            f"| {n} | {a:.2f} | {b:.2f} |"
            for n, a, b in zip(
                ("relaxation", "force constants", "mesh and P3"), A.mean(0), B.mean(0)
            )
        ],
        f"| all | {A.sum(1).mean():.2f} | {B.sum(1).mean():.2f} |",
        "",
        f"Faster by {A.sum() / B.sum():.1f} in the sum. The crystals start about 3 % off.",
        "",
    ]
    write_report("phonon", text)


if __name__ == "__main__":
    main()
