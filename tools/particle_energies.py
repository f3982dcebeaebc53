"""Energies of copper particles and of bulk copper by SevenNet-0: mdp/facts/copper_particles.csv.

usage: python tools/particle_energies.py OUT.csv     (some minutes of processor time; what is in the
file already is kept)
"""

import sys
from pathlib import Path
import numpy as np
import pandas as pd
from ase.build import bulk
from mdp.matter.crystal import _room_around
from mdp.represent.nanostructure import copper_particles
from mdp.simulate.potential import forces

SCALES = (0.97, 0.99, 1.01)
LARGEST = 150  # atoms
EMPTY = 12.0  # Å around a particle; the potential ends at 5 Å


def energies(boxes, positions):
    "Energies an atom (eV) of copper structures."
    numbers = [np.full(len(part), 29) for part in positions]
    found, _, _ = forces(boxes, positions, numbers)
    return found / [len(part) for part in positions]


def lowest(box, positions):
    "The lowest energy an atom (eV) over a common scale of all bonds, by a parabola, and the scale."
    along = energies([box * scale for scale in SCALES], [positions * scale for scale in SCALES])
    square, slope, _ = np.polyfit(SCALES, along, 2)
    scale = -slope / (2 * square)
    best = energies([box * scale], [positions * scale])[0]
    return min((best, scale), *zip(along, SCALES))


def main(path):
    cell = bulk("Cu", a=3.61)
    todo = {"bulk": (cell.cell.array, cell.positions)}
    for name, particle in copper_particles(LARGEST)[["name", "particle"]].itertuples(index=False):
        todo[name] = _room_around(particle.positions, EMPTY), particle.positions
    columns = ["name", "atoms", "energy", "scale"]
    known = pd.read_csv(path) if Path(path).exists() else pd.DataFrame(columns=columns)
    rows = known.to_numpy().tolist()
    for name, (box, positions) in todo.items():
        if name not in set(known["name"]):
            energy, scale = lowest(box, positions)
            rows.append((name, len(positions), round(energy, 5), round(scale, 4)))
            pd.DataFrame(rows, columns=columns).to_csv(path, index=False)


if __name__ == "__main__":
    main(sys.argv[1])
