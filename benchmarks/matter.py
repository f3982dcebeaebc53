"""Glasses compared with freud and ASE, particles with plain calls of dscribe and ASE, composites
with plain calls of gudhi: are the numbers equal, and how many times faster? All in one run, one
thread each.

usage: python benchmarks/matter.py     (makes freud's environment on the first run: a minute)
"""

import json
import tempfile
from pathlib import Path
from _common import cpu, machine, run_peer, write_report  # first: it sets one thread
import numpy as np
from ase import Atoms
from ase.build import bulk
from ase.cluster import Icosahedron
from ase.geometry.analysis import Analysis
from ase.neighborlist import neighbor_list
from mdp.core.profiles import versions
from mdp.represent.amorphous import Amorphous, bond_order, pair_distribution
from mdp.represent.composite import Composite, Composites, persistence, signed_distance
from mdp.represent.nanostructure import Nanostructures, averaged_soap, coordination
from scipy.ndimage import gaussian_filter

CUTOFF = 3.4  # Å: between the first two shells of copper
SHELLS = 60


def amorphous(rows):
    "A shaken crystal of 864 atoms of copper: pair distribution and bond order."
    cell = bulk("Cu", cubic=True) * (6, 6, 6)
    cell.rattle(0.15, seed=0)
    edge = cell.cell[0, 0]
    r_max = 0.49 * edge
    box, positions = cell.cell.array, cell.positions
    ours = {
        "g": lambda: pair_distribution(box, positions, r_max, SHELLS)[1],
        "q6": lambda: bond_order(box, positions, CUTOFF, 6)[0],
        "averaged q6": lambda: bond_order(box, positions, CUTOFF, 6)[1],
    }
    results = {name: function() for name, function in ours.items()}
    before = {name: cpu(function, 11) for name, function in ours.items()}
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder) / "cell.npz", Path(folder) / "out.npz"
        np.savez(given, positions=positions, edge=edge, cutoff=CUTOFF, r_max=r_max)
        run_peer("freud", "peer_freud.py", given, out, home=folder)
        theirs = dict(np.load(out))
    about = json.loads(str(theirs["about"]))
    for name, function in ours.items():
        seconds = np.median([before[name], cpu(function, 11)])
        apart = np.abs(results[name] - theirs[name]).max()
        rows.append((f"{name}, 864 atoms", "freud", apart, about["times"][name], seconds))
    analysis = Analysis(cell)
    by_ase = analysis.get_rdf(r_max, SHELLS)[0]
    apart = np.abs(results["g"] - by_ase).max()
    theirs = cpu(lambda: Analysis(cell).get_rdf(r_max, SHELLS), 3)
    rows.append(("g, 864 atoms", "ASE", apart, theirs, cpu(ours["g"], 11)))
    return about["versions"], cpu(lambda: Amorphous().fit_transform([cell[:256]]), 3)


def nanostructure(rows):
    "An icosahedron of 309 atoms of copper: averaged SOAP and coordination numbers."
    from dscribe.descriptors import SOAP

    particle = Icosahedron("Cu", 5)
    positions, symbols = particle.positions, particle.get_chemical_symbols()
    bond = 2.55  # Å
    settings = dict(r_cut=2.5, n_max=5, l_max=6, sigma=0.25, average="outer")

    def plain():
        return SOAP(species=["H"], **settings).create(Atoms("H309", positions / bond))

    apart = np.abs(averaged_soap(positions, bond) - plain()).max()
    ours = cpu(lambda: averaged_soap(positions, bond), 11)
    rows.append(("averaged SOAP, 309 atoms", "dscribe", apart, cpu(plain, 11), ours))

    def by_ase():
        return np.bincount(neighbor_list("i", particle, CUTOFF), minlength=309)

    apart = np.abs(coordination(positions, symbols) - by_ase()).max()
    ours = cpu(lambda: coordination(positions, symbols), 11)
    rows.append(("coordination, 309 atoms", "ASE", apart, cpu(by_ase, 11), ours))
    return cpu(lambda: Nanostructures().fit_transform([particle]), 3)


def composite(rows):
    "A random image of 128 pixels: cubical persistence of the signed distance."
    from gudhi import PeriodicCubicalComplex

    noise = np.random.default_rng(0).normal(size=(128, 128))
    image = gaussian_filter(noise, 3, mode="wrap") > 0
    levels = signed_distance(image)

    def plain():
        torus = [True, True]
        cubes = PeriodicCubicalComplex(top_dimensional_cells=levels, periodic_dimensions=torus)
        return cubes.persistence(homology_coeff_field=2, min_persistence=0)

    pairs = sorted((dimension, *pair) for dimension, pair in plain() if dimension < 2)
    apart = np.abs(np.nan_to_num(persistence(image).to_numpy() - np.array(pairs))).max()
    ours = cpu(lambda: persistence(image), 11)
    rows.append(("persistence, 128 x 128 pixels", "gudhi", apart, cpu(plain, 11), ours))
    one = [Composite(image, (0.2, 10.0))]
    return cpu(lambda: Composites().fit_transform(one), 5)


def main():
    rows = []
    freud, of_glass = amorphous(rows)
    of_particle = nanostructure(rows)
    of_composite = composite(rows)
    lines = [
        "# Glasses, particles and composites compared with freud, ASE, dscribe and gudhi",
        "",
        "CPU milliseconds of one call, one thread; the ratio is peer / mdp, so above 1 we are "
        "faster.",
        "",
        "| number | peer | largest difference | peer (ms) | mdp (ms) | ratio |",
        "|---|---|---|---|---|---|",
    ]
    for name, peer, apart, theirs, ours in rows:
        times = f"{1e3 * theirs:.3g} | {1e3 * ours:.3g} | **{theirs / ours:.2g}**"
        lines.append(f"| {name} | {peer} | {apart:.0e} | {times} |")
    lines += [
        "",
        "freud computes in single precision, hence its differences; its neighbours are found in "
        "compiled code with its sums, ours by a cell list (vesin) and sums in numpy, which lose "
        "against it for bond order. `persistence` computes the "
        "signed distance first and returns a sorted frame, which the plain call of gudhi does "
        "not; `averaged_soap` keeps dscribe's object between calls, and is that library's own "
        "number.",
        "",
        "A whole row of numbers, which no peer gives in one call, takes: "
        f"`Amorphous` {1e3 * of_glass:.3g} ms (256 atoms, most of it the holes), "
        f"`Nanostructures` {1e3 * of_particle:.3g} ms (309 atoms), "
        f"`Composites` {1e3 * of_composite:.3g} ms (128 x 128 pixels).",
        "",
        f"Ours: {versions('ase', 'dscribe', 'gudhi', 'numpy', 'scipy')}; freud in its own "
        f"environment: {', '.join(f'{name} {version}' for name, version in freud.items())}.",
        f"Machine: {machine()}.",
        "",
    ]
    write_report("matter", lines)


if __name__ == "__main__":
    main()
