"""THIRD_PARTY.md: whose data and code the project uses, under which licence; from the registry."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from mdp.data import datasets

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "THIRD_PARTY.md"

HEAD = """# Third-party notices

Made by `python tools/notices.py` from the registry of data sets; a test holds the two equal. The
code of this project is under the MIT licence (LICENSE). The packages that it needs are listed with
their versions in requirements.txt and keep their own licences; none of their code is copied here.

## Data sets

Files are downloaded to the user's cache, or read from a folder that the user names; none of them is
part of this project. "No" in the fourth column means that the source states no licence or forbids
it; only models and scores made from such a set are part of this project.

| data set | source | licence | rows may be passed on | reference |
|---|---|---|---|---|
"""

TAIL = """
## What is part of this project

| what | made from | licence |
|---|---|---|
| mdp/weights/library | data sets above (CARDS.md there) | MIT |
| mdp/weights/micrograph | films simulated by this project | MIT |
| mdp/weights/nequix | Nequix, github.com/atomicarchitects/nequix (CARD.md there) | CC-BY 4.0 |
| mdp/weights/reactions | US patents, text-mined by D. Lowe (CC0) | MIT; the 8,000 reactions CC0 |
| mdp/facts | literature, a reference on every row, or computed here | MIT |
"""


def notices():
    "The text that THIRD_PARTY.md must hold."
    rows = []
    for row in datasets().itertuples():
        may = "yes" if row.redistributable else "no"
        citation = row.citation.replace("|", "/")
        rows.append(f"| {row.name} | {row.source} | {row.licence} | {may} | {citation} |")
    return HEAD + "\n".join(rows) + "\n" + TAIL


if __name__ == "__main__":
    OUT.write_text(notices(), encoding="utf-8")
